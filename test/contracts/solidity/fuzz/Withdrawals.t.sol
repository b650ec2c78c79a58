// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Payment, Terms} from "../harness/Escrow.sol";
import {Items} from "../harness/Items.sol";
import {Messages} from "../harness/Messages.sol";
import {VM} from "../harness/Vm.sol";
import {Scenes} from "./Scenes.sol";

/// @title Refunds after release, strays, and native coin that nobody asked for
contract WithdrawalsFuzzTest is Scenes {
    function testFuzz_A29_whatIsBroughtBackNeverExceedsWhatWasReleased(uint256 seed, uint8 state, bool inVault) external {
        Terms memory terms = anyTerms(seed);
        terms.amount = uint96(bound(terms.amount, 2, type(uint96).max >> 1));
        pay(terms, inVault);
        uint256 released = state % 4 == 0 ? 0 : bound(roll(seed, 20), 1, terms.amount);
        if (released != 0) settle(terms, released, 0);
        Payment memory before = recordOf(terms);
        uint256 sum;
        for (uint256 i = 0; i < 4; ++i) {
            uint256 amount = roll(seed, 30 + i) % 3 == 0 ? released - sum : bound(roll(seed, 40 + i), 0, released + 1);
            bool passes = amount != 0 && amount <= released - sum;
            refused(_bring(terms, amount), passes ? DONE : Escrow.WrongAmount.selector, "brought back");
            if (passes) sum += amount;
            same(escrow.refundedLater(idOf(terms)), sum, "sum");
            same(balance(terms.token, refundTo), sum, "refundTo");
        }
        check(keccak256(abi.encode(before)) == keccak256(abi.encode(recordOf(terms))), "the record never changes");
    }

    function testFuzz_D7_refundLaterTakesExactNativeValue(uint256 seed, uint96 amount, uint96 value) external {
        Terms memory terms = anyTerms(seed);
        bring(terms, CLOSED, false, START);
        bool native = terms.token == address(0);
        uint256 asked = bound(amount, 1, terms.amount);
        uint256 sent = roll(seed, 20) % 2 == 0 ? native ? asked : 0 : value;
        give(address(token), stranger, asked);
        VM.prank(stranger);
        token.approve(address(escrow), asked);
        VM.deal(stranger, sent);
        bool passes = sent == (native ? asked : 0);
        bytes4 got = attempt(stranger, sent, abi.encodeCall(Escrow.refundLater, (terms, asked)));
        refused(got, passes ? DONE : Escrow.WrongValue.selector, "value");
        same(stranger.balance, passes && native ? 0 : sent, "native coin of the payer");
    }

    function testFuzz_C3_rescueTakesAtMostWhatIsNotOwed(uint256 seed, uint96 stray, uint96 amount, bool native) external {
        address asset = native ? address(0) : address(token);
        uint256 owed = _oweSomething(seed, asset);
        give(asset, address(escrow), stray);
        uint256 asked = roll(seed, 20) % 3 == 0 ? uint256(stray) + roll(seed, 21) % 2 : amount;
        bytes4 wanted = asked == 0 ? Escrow.Nothing.selector : asked <= stray ? DONE : Escrow.NotCovered.selector;
        uint256 before = balance(asset, treasury);
        refused(_rescue(asset, asked), wanted, "rescue");
        uint256 taken = wanted == DONE ? asked : 0;
        same(balance(asset, treasury) - before, taken, "treasury");
        same(balance(asset, address(escrow)), owed + stray - taken, "what stays");
        same(owedOf(asset), owed, "owed");
        check(escrow.solvent(asset), "solvent");
    }

    function testFuzz_C3_rescueOfAShortPoolIsRefused(uint256 seed, uint96 burnt, uint96 amount) external {
        uint256 owed = _oweSomething(seed, address(token));
        uint256 lost = bound(burnt, 0, owed);
        token.burn(address(escrow), lost);
        refused(_rescue(address(token), bound(amount, 1, type(uint96).max)), Escrow.NotCovered.selector, "rescue");
        check(escrow.solvent(address(token)) == (lost == 0), "solvent");
    }

    function testFuzz_A35_nativeCoinOfStrangersIsRefusedAndForcedCoinIsStray(uint256 seed, uint96 value, bytes calldata noise) external {
        uint256 owed = _oweSomething(seed, address(0));
        uint256 sent = bound(value, 1, type(uint96).max);
        address from = roll(seed, 20) % 2 == 0 ? stranger : vaultOf(usualTerms(1));
        VM.deal(from, sent);
        check(attempt(from, sent, noise.length < 4 ? bytes("") : noise) != 0, "refused");
        same(from.balance, sent, "the sender keeps it");
        // Forced in by the end of a contract or a block.
        VM.deal(address(escrow), address(escrow).balance + sent);
        same(owedOf(address(0)), owed, "owed");
        Terms memory terms = usualTerms(sent);
        terms.token = address(0);
        refused(attempt(stranger, 0, abi.encodeCall(Escrow.fund, (terms))), Escrow.WrongValue.selector, "it funds nothing");
        refused(_rescue(address(0), sent), DONE, "rescue");
        same(address(escrow).balance, owed, "what is owed stays");
    }

    function testFuzz_I5_feesOfManyPaymentsLeaveOnceAndWhole(uint256 seed, uint8 count) external {
        uint256 number = bound(count, 1, 5);
        uint256 fees;
        for (uint256 i = 0; i < number; ++i) {
            Terms memory terms = anyTerms(roll(seed, i));
            terms.token = address(token);
            pay(terms, false);
            uint256 part = bound(roll(seed, 20 + i), 1, terms.amount);
            settle(terms, part, 0);
            fees += (part * terms.feeBps) / BPS;
            if (roll(seed, 40 + i) % 2 == 0) attempt(stranger, 0, abi.encodeCall(Escrow.withdrawFees, (address(token))));
            (uint256 owed, uint256 stored) = escrow.book(address(token));
            same(stored + token.balanceOf(treasury), fees, "fees");
            same(owed, token.balanceOf(address(escrow)), "owed");
        }
    }

    /// @dev An open payment, fees, and for a token a credit.
    function _oweSomething(uint256 seed, address asset) private returns (uint256 owed) {
        Terms memory terms = anyTerms(roll(seed, 90));
        terms.token = asset;
        terms.amount = uint96(bound(terms.amount, 10_000, type(uint96).max >> 1));
        pay(terms, false);
        if (asset != address(0)) token.setBlacklisted(seller, true);
        uint256 part = bound(roll(seed, 91), 1, terms.amount - 1);
        settle(terms, part, 0);
        if (asset != address(0)) return terms.amount;
        return terms.amount - part + (part * terms.feeBps) / BPS;
    }

    function _rescue(address asset, uint256 amount) private returns (bytes4) {
        (, , , , uint64 nonce) = escrow.config();
        Messages.Control memory c = Messages.Control(0, asset, amount, nonce, uint40(block.timestamp + 1 days));
        bytes memory items = Items.ofSeats(6, signerKeys, Messages.rescue(address(escrow), c));
        return attempt(stranger, 0, abi.encodeCall(Escrow.rescue, (asset, amount, c.validUntil, items)));
    }

    /// @dev A stranger brings the money himself.
    function _bring(Terms memory terms, uint256 amount) private returns (bytes4) {
        give(terms.token, stranger, amount);
        VM.prank(stranger);
        token.approve(address(escrow), amount);
        uint256 value = terms.token == address(0) ? amount : 0;
        return attempt(stranger, value, abi.encodeCall(Escrow.refundLater, (terms, amount)));
    }
}
