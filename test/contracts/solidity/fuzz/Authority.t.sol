// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Settlement, Terms} from "../harness/Escrow.sol";
import {Items, BUYER_TAG, SELLER_TAG} from "../harness/Items.sol";
import {Messages} from "../harness/Messages.sol";
import {VM} from "../harness/Vm.sol";
import {Scenes} from "./Scenes.sol";

/// @title A wallet that answers every signature check with the bytes it was given
contract AnsweringWallet {
    bytes private _answer;
    bool private _reverts;

    constructor(bytes memory answer, bool reverts) {
        (_answer, _reverts) = (answer, reverts);
    }

    // solhint-disable-next-line no-complex-fallback
    fallback() external {
        bytes memory answer = _answer;
        bool reverts = _reverts;
        assembly ("memory-safe") {
            if reverts { revert(add(answer, 0x20), mload(answer)) }
            return(add(answer, 0x20), mload(answer))
        }
    }
}

/// @title Who may settle what, with which seq, until when
contract AuthorityFuzzTest is Scenes {
    bytes32 private constant MAGIC = bytes32(bytes4(0x1626ba7e));

    function testFuzz_S9_everyBumpAndSettlementUsesUpOneSeq(uint256 seed, bool inVault) external {
        Terms memory terms = anyTerms(seed);
        terms.amount = uint96(bound(terms.amount, 100, type(uint96).max));
        bool paid;
        uint256 bumps;
        uint256 seq;
        for (uint256 i = 0; i < 14; ++i) {
            uint256 kind = roll(seed, 20 + i) % 3;
            Settlement memory old = settlement(terms, 1, 0);
            same(old.seq, seq, "stored seq");
            if (kind == 0 && paid) {
                settle(terms, 1, 1);
                ++seq;
            } else if (kind == 1 && !paid) {
                pay(terms, inVault);
                paid = true;
                continue;
            } else {
                bytes4 got = attempt(signer(i % 3), 0, abi.encodeCall(Escrow.bumpSeq, (idOf(terms))));
                refused(got, bumps == 7 ? Escrow.BumpLimit.selector : DONE, "bump");
                if (bumps == 7) continue;
                (++bumps, ++seq);
            }
            refused(trySettle(terms, old, byAdmins(terms, old)), Escrow.WrongSeq.selector, "the payload before it");
            same(recordOf(terms).bumps, bumps, "bumps");
        }
    }

    function testFuzz_S8_onlyTheStoredSeqSettles(uint256 seed, uint16 seq, uint8 settled) external {
        Terms memory terms = anyTerms(seed);
        terms.amount = uint96(bound(terms.amount, 100, type(uint96).max));
        pay(terms, roll(seed, 20) % 2 == 0);
        uint256 done = settled % 4;
        for (uint256 i = 0; i < done; ++i) settle(terms, 1, 0);
        Settlement memory s = settlement(terms, 1, 1);
        s.seq = roll(seed, 21) % 2 == 0 ? seq : uint16(roll(seed, 22) % 5);
        refused(trySettle(terms, s, byAdmins(terms, s)), s.seq == done ? DONE : Escrow.WrongSeq.selector, "seq");
    }

    function testFuzz_A1_onePartyAloneGivesUpEverythingOrNothing(uint256 seed, uint8 state, bool paused) external {
        Terms memory terms = anyTerms(seed);
        uint256 status = state % 4;
        bring(terms, status, roll(seed, 20) % 2 == 0, START);
        if (paused) pause();
        uint256 all = status == NONE ? terms.amount : recordOf(terms).remaining;
        uint256 toSeller = _oneOf(roll(seed, 21), all);
        uint256 toBuyer = _oneOf(roll(seed, 22), all - toSeller);
        // 1 the buyer, 2 the seller, 3 both, 0 the admins.
        uint256 who = roll(seed, 23) % 4;
        Settlement memory s = settlement(terms, toSeller, toBuyer);
        bytes memory items = who == 0 ? byAdmins(terms, s) : byParties(terms, s, who & 1 != 0, who & 2 != 0);
        bool passes = toSeller + toBuyer != 0;
        if (who == 0 && paused) passes = false;
        if (who == 1) passes = toSeller == all;
        if (who == 2) passes = toBuyer == all;
        check((trySettle(terms, s, items) == 0) == passes, passes ? "must pass" : "must not pass");
        bool closes = passes && toSeller + toBuyer == all;
        if (!passes) same(recordOf(terms).status, status, "status");
        else same(recordOf(terms).status, closes ? CLOSED : status == NONE ? FUNDED : status, "status after it");
    }

    /// @dev An act as it is broadcast, and what was signed instead.
    struct Act {
        Terms terms;
        bytes32 signedId;
        uint8 action;
        uint8 signedAction;
        uint40 validUntil;
        bool delivered;
    }

    function testFuzz_A17_anActCountsForItsPartyActionPaymentAndTime(uint256 seed, uint8 action, bool ofSeller) external {
        Act memory a;
        a.terms = anyTerms(seed);
        a.delivered = roll(seed, 20) % 2 == 0;
        bring(a.terms, a.delivered ? DELIVERED : NONE, roll(seed, 21) % 2 == 0, START);
        a.validUntil = uint40(near(START + (roll(seed, 22) % 2) * 30 days, roll(seed, 23), START - 1));
        a.signedId = idOf(roll(seed, 24) % 4 == 0 ? usualTerms(1) : a.terms);
        a.action = action % 4;
        a.signedAction = roll(seed, 25) % 4 == 0 ? 3 - a.action : a.action;
        bytes32 digest = Messages.act(address(escrow), a.signedId, a.signedAction, a.validUntil);
        bytes memory item = Items.one(ofSeller ? SELLER_TAG : BUYER_TAG, ofSeller ? SELLER_KEY : BUYER_KEY, digest);
        bytes memory data = abi.encodeCall(Escrow.actSigned, (a.terms, a.action, a.validUntil, item));
        bool passes = _counts(a, ofSeller);
        check((attempt(stranger, 0, data) == 0) == passes, passes ? "must pass" : "must not pass");
        if (passes) check(attempt(stranger, 0, data) != 0, "never twice");
    }

    /// @dev A mark is the seller's and comes first; a freeze is the buyer's, and after the mark the seller's too.
    function _counts(Act memory a, bool ofSeller) private view returns (bool) {
        if (a.signedId != idOf(a.terms) || a.signedAction != a.action) return false;
        if (a.validUntil < START || a.validUntil > START + 30 days) return false;
        if (a.action == 1) return ofSeller && !a.delivered;
        return a.action == 2 && (!ofSeller || a.delivered);
    }

    function testFuzz_S5_onlyTheMagicWordOfAWalletCounts(uint256 seed, bytes32 word, bool reverts) external {
        uint256 kind = roll(seed, 20) % 4;
        bytes32 first = kind < 2 ? MAGIC : kind == 2 ? MAGIC | (word >> 32) : word;
        uint256 size = roll(seed, 21) % 2 == 0 ? 32 : roll(seed, 22) % 100;
        bytes memory answer = new bytes(size);
        for (uint256 i = 0; i < size; ++i) answer[i] = i < 32 ? first[i] : bytes1(uint8(seed));
        seller = address(new AnsweringWallet(answer, reverts));
        Terms memory terms = anyTerms(seed);
        pay(terms, false);
        Settlement memory s = settlement(terms, 0, terms.amount);
        bytes4 got = trySettle(terms, s, Items.wrapped(SELLER_TAG, abi.encodePacked(seed)));
        bool passes = !reverts && size > 31 && first == MAGIC;
        refused(got, passes ? DONE : Escrow.BadSignature.selector, "answer");
    }

    function testFuzz_S3_onlySignersThatAreOnCount(uint256 seed, uint8 bits, uint8 off) external {
        for (uint256 key = 4; key <= 5; ++key) signerKeys.push(key);
        escrow = deploy(2);
        Terms memory terms = anyTerms(seed);
        pay(terms, roll(seed, 20) % 2 == 0);
        uint256 index = off % 5;
        Messages.Control memory c = Messages.Control(uint8(index), address(0), 0, 0, uint40(START + 1));
        bytes memory items = Items.ofSeats(31 ^ (1 << index), signerKeys, Messages.signerOff(address(escrow), c));
        must(stranger, abi.encodeCall(Escrow.signerOff, (c.index, c.validUntil, items)), "off");
        Settlement memory s = settlement(terms, 1, 1);
        uint256 set = bits % 32;
        bool passes = set & (1 << index) == 0 && _count(set) > 1;
        bytes4 got = trySettle(terms, s, Items.ofSeats(set, signerKeys, digestOf(terms, s)));
        check((got == 0) == passes, passes ? "must pass" : "must not pass");
    }

    function testFuzz_A31_aSettlementIsAcceptedForThirtyDaysAndNoEarlier(uint256 seed, uint40 validUntil, bool batch) external {
        Terms memory terms = anyTerms(seed);
        pay(terms, roll(seed, 20) % 2 == 0);
        uint256 t = START + (roll(seed, 21) % 1000 days);
        VM.warp(t);
        Settlement memory s = settlement(terms, 1, 0);
        uint256 kind = roll(seed, 22) % 4;
        s.validUntil = kind == 0 ? validUntil : uint40(near(kind == 1 ? t : t + 30 days, roll(seed, 23), 0));
        bool passes = s.validUntil >= t && s.validUntil - t <= 30 days;
        bytes4 got = batch ? tryBatch(terms, s) : trySettle(terms, s, byAdmins(terms, s));
        refused(got, passes ? DONE : Escrow.Expired.selector, "time");
    }

    /// @dev Often an edge of what is left, else anything.
    function _oneOf(uint256 seed, uint256 all) private pure returns (uint256) {
        uint256 kind = seed % 5;
        if (kind == 0 || all == 0) return 0;
        if (kind == 1) return all;
        if (kind == 2) return all - 1;
        return kind == 3 ? 1 : (seed >> 8) % (all + 1);
    }

    function _count(uint256 set) private pure returns (uint256 count) {
        for (; set != 0; set >>= 1) count += set & 1;
    }
}
