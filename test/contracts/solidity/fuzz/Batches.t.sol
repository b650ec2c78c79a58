// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Settlement, Terms} from "../harness/Escrow.sol";
import {Items, BUYER_TAG} from "../harness/Items.sol";
import {Messages} from "../harness/Messages.sol";
import {Vm, VM} from "../harness/Vm.sol";
import {Scenes} from "./Scenes.sol";

/// @title Batches of random payments, in both variants, with and without a bad item
contract BatchesFuzzTest is Scenes {
    struct Batch {
        Terms[] terms;
        Settlement[] settlements;
    }

    function testFuzz_A27_aBatchEqualsItsItemsOneByOneInBothVariants(uint256 seed, uint8 count) external {
        Batch memory b = _batch(seed, bound(count, 1, 5));
        uint256 before = VM.snapshotState();
        for (uint256 i = 0; i < b.terms.length; ++i) {
            bytes memory signatures = byAdmins(b.terms[i], b.settlements[i]);
            refused(trySettle(b.terms[i], b.settlements[i], signatures), DONE, "alone");
        }
        bytes32 alone = _state(b);
        VM.revertToState(before);
        refused(_all(b), DONE, "batch");
        check(_state(b) == alone, "batch");
        VM.revertToState(before);
        refused(_report(b), DONE, "report");
        check(_state(b) == alone, "report");
        _expectPaid(b, type(uint256).max);
    }

    function testFuzz_C4_oneBadItemUndoesTheWholeBatch(uint256 seed, uint8 count, uint8 place) external {
        Batch memory b = _batch(seed, bound(count, 1, 5));
        bytes4 reason = _spoil(b, place % b.terms.length, roll(seed, 30));
        bytes32 before = _state(b);
        refused(_all(b), reason, "batch");
        check(_state(b) == before, "nothing changed");
    }

    function testFuzz_C4_aReportDoesAllButTheBadItem(uint256 seed, uint8 count, uint8 place) external {
        Batch memory b = _batch(seed, bound(count, 1, 5));
        uint256 bad = place % b.terms.length;
        bytes4 reason = _spoil(b, bad, roll(seed, 30));
        bytes32 before = _own(b.terms[bad]);
        VM.recordLogs();
        refused(_report(b), DONE, "report");
        _expectFailure(idOf(b.terms[bad]), bad, reason);
        check(_own(b.terms[bad]) == before, "the bad item left nothing");
        _expectPaid(b, bad);
    }

    function testFuzz_A27_onlyTheAdminsOverExactlyThisListPass(uint256 seed, uint8 count, bool report) external {
        Batch memory b = _batch(seed, bound(count, 2, 5));
        uint256 kind = roll(seed, 30) % 5;
        uint256 place = roll(seed, 31) % b.terms.length;
        bytes memory signatures = batchItems(b.terms, b.settlements);
        bytes4 wanted = Escrow.BadSignature.selector;
        if (kind == 0) b.settlements[place].toBuyer ^= uint96(bound(roll(seed, 32), 1, type(uint96).max));
        if (kind == 1) b.terms[place].ref = bytes32(roll(seed, 33));
        if (kind == 2) {
            (b.terms[0], b.terms[1]) = (b.terms[1], b.terms[0]);
            (b.settlements[0], b.settlements[1]) = (b.settlements[1], b.settlements[0]);
        }
        if (kind == 3) signatures = _byBuyer(b);
        if (kind == 4) {
            b.settlements = _longer(b.settlements);
            wanted = Escrow.BadBatch.selector;
        }
        refused(_send(b, signatures, report), wanted, "another list");
    }

    function testFuzz_A27_partsOfOnePaymentPassInSeqOrderOnly(uint256 seed, uint8 count, bool swapped) external {
        uint256 number = bound(count, 2, 6);
        Batch memory b = Batch(new Terms[](number), new Settlement[](number));
        Terms memory terms = anyTerms(seed);
        terms.amount = uint96(bound(terms.amount, number, type(uint96).max));
        pay(terms, roll(seed, 20) % 2 == 0);
        for (uint256 i = 0; i < number; ++i) {
            b.terms[i] = terms;
            b.settlements[i] = settlement(terms, i == number - 1 ? terms.amount - (number - 1) : 1, 0);
            b.settlements[i].seq = uint16(i);
        }
        if (swapped) (b.settlements[0], b.settlements[1]) = (b.settlements[1], b.settlements[0]);
        refused(_all(b), swapped ? Escrow.WrongSeq.selector : DONE, "order");
        same(recordOf(terms).seq, swapped ? 0 : number, "seq");
        same(recordOf(terms).released, swapped ? 0 : terms.amount, "released");
    }

    function _batch(uint256 seed, uint256 count) private returns (Batch memory b) {
        b = Batch(new Terms[](count), new Settlement[](count));
        for (uint256 i = 0; i < count; ++i) {
            Terms memory terms = anyTerms(roll(seed, 50 + i));
            // Everybody is paid apart, so that each item can be looked at alone.
            (terms.seller, terms.refundTo) = (address(uint160(0x1000 + i)), address(uint160(0x2000 + i)));
            pay(terms, roll(seed, 60 + i) % 2 == 0);
            uint256 toSeller = bound(roll(seed, 70 + i), 0, terms.amount);
            uint256 toBuyer = bound(roll(seed, 80 + i), toSeller == 0 ? 1 : 0, terms.amount - toSeller);
            (b.terms[i], b.settlements[i]) = (terms, settlement(terms, toSeller, toBuyer));
        }
    }

    /// @return reason What the item must fail with.
    function _spoil(Batch memory b, uint256 place, uint256 seed) private pure returns (bytes4 reason) {
        Settlement memory s = b.settlements[place];
        uint256 kind = seed % 4;
        if (kind == 0) {
            s.seq += uint16(bound(seed >> 8, 1, type(uint16).max));
            return Escrow.WrongSeq.selector;
        }
        if (kind == 1) {
            s.toSeller = b.terms[place].amount;
            s.toBuyer = uint96(bound(seed >> 8, 1, type(uint96).max));
            return Escrow.WrongAmount.selector;
        }
        if (kind == 2) {
            s.validUntil = uint40((seed >> 8) % START);
            return Escrow.Expired.selector;
        }
        // Another id, whose vault is empty.
        b.terms[place].ref = bytes32(seed);
        s.seq = 0;
        return Escrow.VaultShort.selector;
    }

    function _all(Batch memory b) private returns (bytes4) {
        return _send(b, batchItems(b.terms, b.settlements), false);
    }

    function _report(Batch memory b) private returns (bytes4) {
        return _send(b, batchItems(b.terms, b.settlements), true);
    }

    function _send(Batch memory b, bytes memory signatures, bool report) private returns (bytes4) {
        bytes memory data = abi.encodeCall(Escrow.settleBatch, (b.terms, b.settlements, signatures));
        if (report) data = abi.encodeCall(Escrow.settleBatchReport, (b.terms, b.settlements, signatures));
        return attempt(stranger, 0, data);
    }

    /// @dev Each payment's buyer could settle it alone, but not in a batch.
    function _byBuyer(Batch memory b) private view returns (bytes memory) {
        bytes32[] memory ids = new bytes32[](b.terms.length);
        for (uint256 i = 0; i < ids.length; ++i) ids[i] = idOf(b.terms[i]);
        return Items.one(BUYER_TAG, BUYER_KEY, Messages.batch(address(escrow), ids, b.settlements));
    }

    function _longer(Settlement[] memory s) private pure returns (Settlement[] memory longer) {
        longer = new Settlement[](s.length + 1);
        for (uint256 i = 0; i < longer.length; ++i) longer[i] = s[i % s.length];
    }

    /// @dev What belongs to one item alone, while its neighbours share the pool.
    function _own(Terms memory terms) private view returns (bytes32) {
        uint256 got = balance(terms.token, terms.seller) + balance(terms.token, terms.refundTo);
        return keccak256(abi.encode(recordOf(terms), balance(terms.token, vaultOf(terms)), got));
    }

    function _state(Batch memory b) private view returns (bytes32 state) {
        for (uint256 i = 0; i < b.terms.length; ++i) state = keccak256(bytes.concat(state, stateOf(b.terms[i])));
    }

    /// @dev Every item but one paid exactly what it says.
    function _expectPaid(Batch memory b, uint256 except) private view {
        for (uint256 i = 0; i < b.terms.length; ++i) {
            if (i == except) continue;
            (Terms memory terms, Settlement memory s) = (b.terms[i], b.settlements[i]);
            uint256 fee = (uint256(s.toSeller) * terms.feeBps) / BPS;
            same(balance(terms.token, terms.seller), s.toSeller - fee, "seller of an item");
            same(balance(terms.token, terms.refundTo), s.toBuyer, "refundTo of an item");
            same(recordOf(terms).seq, 1, "seq of an item");
        }
    }

    function _expectFailure(bytes32 id, uint256 place, bytes4 reason) private {
        Vm.Log[] memory logs = VM.getRecordedLogs();
        uint256 failures;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics.length == 0 || logs[i].topics[0] != keccak256("ItemFailed(bytes32,uint256,bytes4)")) continue;
            ++failures;
            check(logs[i].topics[1] == id, "id of the failure");
            (uint256 index, bytes4 why) = abi.decode(logs[i].data, (uint256, bytes4));
            same(index, place, "index of the failure");
            refused(why, reason, "reason of the failure");
        }
        same(failures, 1, "failures");
    }
}
