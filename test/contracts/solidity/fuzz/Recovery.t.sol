// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Payment, Terms} from "../harness/Escrow.sol";
import {FuzzToken} from "../harness/FuzzToken.sol";
import {Messages} from "../harness/Messages.sol";
import {VM} from "../harness/Vm.sol";
import {Scenes} from "./Scenes.sol";

/// @title Vaults: what a recover may take in every state, and what opens, sweeps or commands one
contract RecoveryFuzzTest is Scenes {
    function testFuzz_D11_recoverTakesExactlyWhatIsNotNeeded(uint256 seed, uint8 state, bool inVault) external {
        Terms memory terms = anyTerms(seed);
        terms.amount >>= 1;
        if (terms.amount < 2) terms.amount = 2;
        uint256 status = state % 5;
        bring(terms, status, inVault, START);
        bool held = inVault || status == NONE;
        uint256 needed = status == NONE ? terms.amount : held ? recordOf(terms).remaining : 0;
        uint256 surplus = roll(seed, 20) % 3 == 0 ? 0 : roll(seed, 21) % type(uint88).max;
        give(terms.token, vaultOf(terms), surplus);
        Payment memory before = recordOf(terms);
        uint256 refunded = balance(terms.token, refundTo);
        bytes4 got = attempt(stranger, 0, abi.encodeCall(Escrow.recover, (terms, terms.token)));
        refused(got, surplus == 0 ? Escrow.Nothing.selector : DONE, "recover");
        same(balance(terms.token, refundTo) - refunded, surplus, "refundTo");
        same(balance(terms.token, vaultOf(terms)), needed, "the vault");
        if (surplus != 0) before.vaultDeployed = true;
        check(keccak256(abi.encode(before)) == keccak256(abi.encode(recordOf(terms))), "the record");
    }

    function testFuzz_A28_anUnusedVaultIsRecoveredByRoleTimeAndBalance(uint256 seed, uint96 held, uint8 who) external {
        Terms memory terms = anyTerms(seed);
        uint256 have = roll(seed, 20) % 3 == 0 ? terms.amount : held % (uint256(terms.amount) + terms.amount / 4 + 2);
        give(terms.token, vaultOf(terms), have);
        uint256 t = near(roll(seed, 21) % 2 == 0 ? terms.fundBy : terms.deliverBy, roll(seed, 22), START);
        VM.warp(t);
        address[4] memory callers = [seller, signer(1), buyer, stranger];
        bool all = who % 4 == 0 || t > terms.deliverBy || (who % 4 == 1 && t > terms.fundBy && have < terms.amount);
        uint256 taken = all ? have : have > terms.amount ? have - terms.amount : 0;
        bytes memory data = abi.encodeCall(Escrow.recover, (terms, terms.token));
        refused(attempt(callers[who % 4], 0, data), taken == 0 ? Escrow.Nothing.selector : DONE, "recover");
        same(balance(terms.token, refundTo), taken, "refundTo");
        same(recordOf(terms).status, all && taken != 0 ? CLOSED : NONE, "status");
        if (all && taken != 0) _expectDead(terms);
    }

    function testFuzz_A6_invalidTermsAreRecoveredAtOnceToWhoCanHaveThem(uint256 seed, uint8 broken, bool native) external {
        Terms memory terms = anyTerms(seed);
        terms.token = native ? address(0) : address(token);
        address to = _break(terms, broken % 14);
        give(terms.token, vaultOf(terms), terms.amount);
        check(_tryAll(terms) == 0, "no call makes a record");
        uint256 held = balance(terms.token, vaultOf(terms));
        bytes4 got = attempt(stranger, 0, abi.encodeCall(Escrow.recover, (terms, terms.token)));
        refused(got, held == 0 ? Escrow.Nothing.selector : DONE, "recover");
        same(balance(terms.token, to), held, "receiver");
    }

    function testFuzz_D13_anotherAssetLeavesWholeInEveryState(uint256 seed, uint8 state, uint96 stray) external {
        Terms memory terms = anyTerms(seed);
        bring(terms, state % 5, roll(seed, 20) % 2 == 0, START);
        address other = roll(seed, 21) % 2 == 0 && terms.token != address(0) ? address(0) : address(new FuzzToken(true));
        uint256 own = balance(terms.token, vaultOf(terms));
        Payment memory before = recordOf(terms);
        give(other, vaultOf(terms), stray);
        bytes4 got = attempt(stranger, 0, abi.encodeCall(Escrow.recover, (terms, other)));
        refused(got, stray == 0 ? Escrow.Nothing.selector : DONE, "recover");
        same(balance(other, refundTo), stray, "refundTo");
        same(balance(terms.token, vaultOf(terms)), own, "the own token stays");
        if (stray != 0) before.vaultDeployed = true;
        check(keccak256(abi.encode(before)) == keccak256(abi.encode(recordOf(terms))), "the record");
    }

    function testFuzz_A3_onlyASignerRecoversOnlyAnotherChainsVault(
        uint256 seed,
        uint64 chain,
        uint96 amount,
        uint8 who
    ) external {
        Terms memory terms = anyTerms(seed);
        uint256 origin = roll(seed, 20) % 3 == 0 ? block.chainid : bound(chain, 1, type(uint64).max);
        bytes32 id = Messages.digestOn(address(escrow), origin, Messages.termsHash(terms));
        address vault = escrow.depositAddress(id);
        give(terms.token, vault, amount);
        address from = who % 4 < 3 ? signer(who % 4) : who % 8 == 3 ? seller : guardian;
        bytes4 wanted = amount == 0 ? Escrow.Nothing.selector : DONE;
        if (origin == block.chainid) wanted = Escrow.SameChain.selector;
        if (who % 4 == 3) wanted = Escrow.NotAllowed.selector;
        bytes memory data = abi.encodeCall(Escrow.recoverForeign, (terms, terms.token, origin));
        refused(attempt(from, 0, data), wanted, "recover");
        same(balance(terms.token, refundTo), wanted == DONE ? amount : 0, "refundTo");
        same(escrow.payment(id).status, NONE, "no record");
        if (wanted != DONE) return;
        // Also from the deployed one.
        give(terms.token, vault, 1);
        must(from, data, "again");
    }

    function testFuzz_A7_aSweepMovesExactlyTheAmount(uint256 seed, uint96 surplus, uint8 who) external {
        Terms memory terms = anyTerms(seed);
        terms.amount = uint96(bound(terms.amount, 2, type(uint96).max >> 1));
        surplus >>= 1;
        pay(terms, true);
        give(terms.token, vaultOf(terms), surplus);
        bool bumped = roll(seed, 20) % 2 == 0;
        if (bumped) must(signer(0), abi.encodeCall(Escrow.bumpSeq, (idOf(terms))), "bump");
        if (roll(seed, 21) % 2 == 0 && surplus != 0) {
            must(stranger, abi.encodeCall(Escrow.recover, (terms, terms.token)), "early surplus");
            surplus = 0;
        }
        address[6] memory callers = [buyer, seller, signer(0), signer(2), guardian, stranger];
        bool passes = who % 6 < 4;
        bytes4 got = attempt(callers[who % 6], 0, abi.encodeCall(Escrow.sweep, (terms)));
        refused(got, passes ? DONE : Escrow.NotAllowed.selector, "sweep");
        uint256 moved = passes ? terms.amount : 0;
        same(balance(terms.token, vaultOf(terms)), terms.amount - moved + surplus, "the vault");
        same(balance(terms.token, address(escrow)), moved, "the pool");
        same(owedOf(terms.token), moved, "owed");
        same(recordOf(terms).seq, bumped ? 1 : 0, "seq");
        same(recordOf(terms).remaining, moved, "remaining");
        check(!recordOf(terms).inVault, "mode");
    }

    function testFuzz_A2_nothingOpensOnAShortVault(uint256 seed, uint96 held, uint8 verb) external {
        Terms memory terms = anyTerms(seed);
        uint256 have = roll(seed, 20) % 3 == 0 ? terms.amount - 1 : held % uint256(terms.amount);
        if (roll(seed, 21) % 4 == 0) have = terms.amount;
        give(terms.token, vaultOf(terms), have);
        bytes memory data = abi.encodeCall(Escrow.sweep, (terms));
        if (verb % 4 == 1) data = abi.encodeCall(Escrow.markDelivered, (terms));
        if (verb % 4 == 2) data = abi.encodeCall(Escrow.freeze, (terms));
        if (verb % 4 == 3) data = abi.encodeCall(Escrow.settle, (terms, settlement(terms, 1, 0), byAdmins(terms, settlement(terms, 1, 0))));
        bool enough = have == terms.amount;
        refused(attempt(verb % 4 == 1 ? seller : buyer, 0, data), enough ? DONE : Escrow.VaultShort.selector, "verb");
        same(recordOf(terms).status == NONE ? 0 : 1, enough ? 1 : 0, "record");
        same(balance(terms.token, vaultOf(terms)) + balance(terms.token, address(escrow)) + recordOf(terms).released, have, "money");
    }

    function testFuzz_D14_theDeployedBitIsTheVaultsCode(uint256 seed) external {
        Terms memory terms = anyTerms(seed);
        terms.amount = uint96(bound(terms.amount, 100, type(uint96).max >> 2));
        give(terms.token, vaultOf(terms), terms.amount);
        for (uint256 i = 0; i < 6; ++i) {
            uint256 kind = roll(seed, 20 + i) % 7;
            if (kind == 0) give(terms.token, vaultOf(terms), 7);
            if (kind == 1) attempt(stranger, 0, abi.encodeCall(Escrow.recover, (terms, terms.token)));
            if (kind == 2) attempt(seller, 0, abi.encodeCall(Escrow.sweep, (terms)));
            if (kind == 3) attempt(seller, 0, abi.encodeCall(Escrow.markDelivered, (terms)));
            if (kind == 4) attempt(signer(0), 0, abi.encodeCall(Escrow.bumpSeq, (idOf(terms))));
            if (kind == 5) trySettle(terms, settlement(terms, 1, 1), byAdmins(terms, settlement(terms, 1, 1)));
            if (kind == 6) attempt(buyer, 0, abi.encodeCall(Escrow.freeze, (terms)));
            check(recordOf(terms).vaultDeployed == (vaultOf(terms).code.length != 0), "the bit");
        }
        bytes32 hash = vaultOf(terms).codehash;
        if (vaultOf(terms).code.length != 0) check(hash == keccak256(_runtime()), "the code");
    }

    function testFuzz_A20_aVaultObeysTheEscrowAlone(uint256 seed, bytes calldata noise, uint96 value) external {
        Terms memory terms = anyTerms(seed);
        terms.token = address(token);
        terms.amount = uint96(bound(terms.amount, 2, type(uint96).max));
        bring(terms, FUNDED, true, START);
        address vault = vaultOf(terms);
        VM.deal(vault, 1 ether);
        VM.deal(stranger, value);
        bytes memory data = noise;
        // A command as the escrow would send it: all the tokens, or the native coin.
        if (seed % 3 == 0) data = abi.encodePacked(uint256(uint160(address(token))), abi.encodeCall(FuzzToken.transfer, (stranger, 1)));
        if (seed % 3 == 1) data = abi.encodePacked((uint256(1 ether) << 160) | uint160(stranger));
        uint256 held = token.balanceOf(vault);
        VM.prank(stranger);
        // solhint-disable-next-line avoid-low-level-calls
        (bool done, ) = vault.call{value: value, gas: 100_000}(data);
        check(done, "it stops with success");
        same(token.balanceOf(vault), held, "tokens");
        same(vault.balance, 1 ether + uint256(value), "native coin");
    }

    function testFuzz_D9_aVaultTakesNativeCoinWithTheStipendAlone(uint256 seed, uint96 value, bool deployed) external {
        Terms memory terms = anyTerms(seed);
        terms.token = address(token);
        bring(terms, deployed ? FUNDED : NONE, true, START);
        check((vaultOf(terms).code.length != 0) == deployed, "deployed");
        uint256 sent = bound(value, 1, type(uint96).max);
        VM.deal(address(this), sent);
        // What a transfer from an old contract gives: nothing beside the stipend of 2,300.
        // solhint-disable-next-line avoid-low-level-calls
        (bool done, ) = vaultOf(terms).call{value: sent, gas: 0}("");
        check(done, "accepted");
        must(stranger, abi.encodeCall(Escrow.recover, (terms, address(0))), "recover");
        same(refundTo.balance, sent, "and it leaves again");
    }

    function _expectDead(Terms memory terms) private {
        give(terms.token, vaultOf(terms), terms.amount);
        check(_tryAll(terms) == 0, "a recovered id is dead");
        uint256 before = balance(terms.token, refundTo);
        must(stranger, abi.encodeCall(Escrow.recover, (terms, terms.token)), "new money");
        same(balance(terms.token, refundTo) - before, terms.amount, "new money");
    }

    /// @return passed How many of the calls that make a record passed.
    function _tryAll(Terms memory terms) private returns (uint256 passed) {
        if (attempt(terms.buyer, 0, abi.encodeCall(Escrow.freeze, (terms))) == 0) ++passed;
        if (attempt(terms.seller, 0, abi.encodeCall(Escrow.markDelivered, (terms))) == 0) ++passed;
        if (attempt(signer(0), 0, abi.encodeCall(Escrow.sweep, (terms))) == 0) ++passed;
        bytes memory signatures = byAdmins(terms, settlement(terms, 1, 0));
        if (trySettle(terms, settlement(terms, 1, 0), signatures) == 0) ++passed;
        give(terms.token, stranger, terms.amount);
        VM.prank(stranger);
        token.approve(address(escrow), terms.amount);
        uint256 value = terms.token == address(0) ? terms.amount : 0;
        if (attempt(stranger, value, abi.encodeCall(Escrow.fund, (terms))) == 0) ++passed;
    }

    /// @return to Who can have the money of terms with this fault.
    function _break(Terms memory terms, uint256 fault) private view returns (address to) {
        to = refundTo;
        if (fault == 0) terms.seller = address(0);
        if (fault == 1) (terms.refundTo, to) = (address(0), buyer);
        if (fault == 2) (terms.refundTo, terms.buyer, to) = (address(0), address(0), treasury);
        if (fault == 3) terms.amount = 0;
        if (fault == 4) terms.seller = terms.refundTo;
        if (fault == 5) terms.seller = terms.buyer;
        if (fault == 6) (terms.refundTo, to) = (address(escrow), buyer);
        if (fault == 7) terms.seller = address(escrow);
        if (fault == 8) terms.fundBy = terms.deliverBy + 1;
        if (fault == 9) terms.deliverBy = uint40(terms.fundBy + 366 days + 1);
        if (fault == 10) terms.inspection = 1 hours - 1;
        if (fault == 11) terms.inspection = 90 days + 1;
        if (fault == 12) terms.feeBps = uint16(FEE_CAP + 1);
        if (fault == 13) terms.disputeSellerBps = uint16(BPS + 1);
    }

    function _runtime() private view returns (bytes memory) {
        return
            bytes.concat(
                hex"3373",
                bytes20(address(escrow)),
                hex"18361517603d5760205f602036038060205f375f5f358060a01c905af16039575f5ffd5b3d5ff35b00"
            );
    }
}
