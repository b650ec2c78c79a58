// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Payment, Settlement, Terms} from "../harness/Escrow.sol";
import {VM} from "../harness/Vm.sol";
import {Scenes} from "./Scenes.sol";

/// @title The one slot of a payment: every field round trips, and no change of one reaches another
contract RecordsFuzzTest is Scenes {
    uint256 private _records;

    /// @dev Looks where the records are.
    function setUp() public override {
        super.setUp();
        Terms memory terms = usualTerms(1);
        fund(terms);
        while (VM.load(address(escrow), keccak256(abi.encode(idOf(terms), _records))) == 0) ++_records;
    }

    function testFuzz_P6_everyFieldOfARecordRoundTrips(bytes32 id, Payment memory p) external {
        p = _legal(p);
        _write(id, p);
        check(keccak256(abi.encode(escrow.payment(id))) == keccak256(abi.encode(p)), "the record");
    }

    function testFuzz_A15_aBumpChangesSeqAndBumpsAlone(bytes32 id, Payment memory p, uint8 kind) external {
        p = _legal(p);
        if (kind % 4 == 0) p.seq = type(uint16).max;
        if (kind % 4 == 1) p.bumps = 7;
        if (kind % 4 == 2) p.seq = type(uint16).max - 1;
        _write(id, p);
        bytes4 wanted = p.status == CLOSED ? Escrow.WrongStatus.selector : p.bumps == 7
            ? Escrow.BumpLimit.selector
            : p.seq == type(uint16).max ? Escrow.WrongSeq.selector : DONE;
        refused(attempt(signer(2), 0, abi.encodeCall(Escrow.bumpSeq, (id))), wanted, "bump");
        if (wanted == DONE) (p.seq, p.bumps) = (p.seq + 1, p.bumps + 1);
        check(keccak256(abi.encode(escrow.payment(id))) == keccak256(abi.encode(p)), "the record");
    }

    function testFuzz_S11_aSettlementMovesOnlyItsOwnFieldsAndStopsAtTheLastSeq(Payment memory p, uint96 a, uint96 b) external {
        (Terms memory terms, Payment memory record) = _stored(p, b % 4 == 0);
        uint256 toSeller = bound(a, 0, record.remaining);
        uint256 toBuyer = bound(b, toSeller == 0 ? 1 : 0, record.remaining - toSeller);
        Settlement memory s = settlement(terms, toSeller, toBuyer);
        bool passes = record.seq < type(uint16).max;
        refused(trySettle(terms, s, byAdmins(terms, s)), passes ? DONE : Escrow.WrongSeq.selector, "settle");
        if (passes) {
            record.remaining -= uint96(toSeller + toBuyer);
            record.released += uint96(toSeller);
            ++record.seq;
            if (record.remaining == 0) record.status = 4;
        }
        check(keccak256(abi.encode(recordOf(terms))) == keccak256(abi.encode(record)), "the record");
    }

    function testFuzz_S11_noSeqStopsATimer(Payment memory p, bool last) external {
        (Terms memory terms, Payment memory record) = _stored(p, last);
        VM.warp(uint256(type(uint40).max) + 400 days);
        must(stranger, timerOf(record.status, terms), "timer");
        uint256 toSeller = record.status == DELIVERED ? record.remaining : 0;
        if (record.status == FROZEN) toSeller = (uint256(record.remaining) * terms.disputeSellerBps) / BPS;
        record.released += uint96(toSeller);
        (record.remaining, record.status) = (0, 4);
        check(keccak256(abi.encode(recordOf(terms))) == keccak256(abi.encode(record)), "the record");
    }

    function testFuzz_aClockNeverReachesItsNeighbours(Payment memory p, uint40 time, bool frozen) external {
        Terms memory terms = usualTerms(p.remaining);
        p.remaining = terms.amount;
        p.released = 0;
        (p.status, p.inVault, p.clock) = (1, false, 0);
        p.bumps %= 8;
        fund(terms);
        _write(idOf(terms), p);
        uint256 t = bound(time, START, terms.deliverBy);
        VM.warp(t);
        if (frozen) must(buyer, abi.encodeCall(Escrow.freeze, (terms)), "freeze");
        else must(seller, abi.encodeCall(Escrow.markDelivered, (terms)), "mark");
        (p.status, p.clock) = (frozen ? 3 : 2, uint40(t));
        check(keccak256(abi.encode(recordOf(terms))) == keccak256(abi.encode(p)), "the record");
    }

    /// @dev A pool payment whose record is any that its money allows.
    function _stored(Payment memory p, bool lastSeq) private returns (Terms memory terms, Payment memory record) {
        terms = usualTerms(type(uint96).max);
        fund(terms);
        record = _legal(p);
        record.remaining = uint96(bound(record.remaining, 1, type(uint96).max));
        record.released = uint96(bound(record.released, 0, type(uint96).max - record.remaining));
        record.status = uint8(1 + (record.status % 3));
        record.inVault = false;
        if (lastSeq) record.seq = type(uint16).max;
        _write(idOf(terms), record);
    }

    function _legal(Payment memory p) private pure returns (Payment memory) {
        p.status %= 5;
        p.bumps %= 8;
        return p;
    }

    /// @dev remaining, released, clock, seq, flags, highest first; flags are bumps, deployed, mode, status.
    function _write(bytes32 id, Payment memory p) private {
        uint8 flags = (p.bumps << 5) | (p.vaultDeployed ? 16 : 0) | (p.inVault ? 8 : 0) | p.status;
        bytes memory word = abi.encodePacked(p.remaining, p.released, p.clock, p.seq, flags);
        VM.store(address(escrow), keccak256(abi.encode(id, _records)), bytes32(word));
    }
}
