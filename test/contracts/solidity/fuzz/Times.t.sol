// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Payment, Terms} from "../harness/Escrow.sol";
import {Items, BUYER_TAG, SELLER_TAG} from "../harness/Items.sol";
import {Messages} from "../harness/Messages.sol";
import {VM} from "../harness/Vm.sol";
import {Scenes} from "./Scenes.sol";

/// @title The time table: every window, its last second and the first one after it, for payments of any length
contract TimesFuzzTest is Scenes {
    function testFuzz_T1_deliverByIsTheLastSecondOfSweepMarkAndFreeze(uint256 seed, bool opened, bool inVault) external {
        Terms memory terms = anyTerms(seed);
        uint256 status = 1 + (roll(seed, 20) % 3);
        // A sweep makes a record, so it needs an unused id.
        bring(terms, opened && status != FUNDED ? FUNDED : NONE, inVault, START);
        uint256 t = near(terms.deliverBy, roll(seed, 21), START);
        VM.warp(t);
        bytes memory data = abi.encodeCall(Escrow.sweep, (terms));
        if (status == DELIVERED) data = abi.encodeCall(Escrow.markDelivered, (terms));
        if (status == FROZEN) data = abi.encodeCall(Escrow.freeze, (terms));
        bool open = t <= terms.deliverBy;
        refused(attempt(status == DELIVERED ? seller : buyer, 0, data), open ? DONE : Escrow.TooLate.selector, "window");
        if (!open) return;
        same(recordOf(terms).status, status, "status");
        same(recordOf(terms).clock, status == FUNDED ? 0 : t, "clock");
    }

    function testFuzz_T1_eachTimerOpensOneSecondAfterItsEnd(uint256 seed, bool inVault) external {
        Terms memory terms = anyTerms(seed);
        uint256 status = 1 + (roll(seed, 20) % 3);
        uint256 start = inTime(terms, roll(seed, 21));
        bring(terms, status, inVault, start);
        uint256 end = endOf(status, terms, start);
        uint256 t = near(end, roll(seed, 22), start);
        VM.warp(t);
        for (uint256 other = FUNDED; other <= FROZEN; ++other) {
            if (other == status) continue;
            refused(attempt(stranger, 0, timerOf(other, terms)), Escrow.WrongStatus.selector, "another timer");
        }
        refused(attempt(stranger, 0, timerOf(status, terms)), t > end ? DONE : Escrow.TooEarly.selector, "timer");
        same(recordOf(terms).status, t > end ? CLOSED : status, "status");
    }

    function testFuzz_A4_aDeliveredPaymentIsFrozenWithinTheInspectionOnly(uint256 seed, bool inVault, bool paused) external {
        Terms memory terms = anyTerms(seed);
        uint256 start = inTime(terms, roll(seed, 20));
        bring(terms, DELIVERED, inVault, start);
        uint256 end = start + terms.inspection;
        uint256 t = near(end, roll(seed, 21), start);
        VM.warp(t);
        if (paused) pause();
        uint256 who = roll(seed, 22) % 5;
        address from = who == 0 ? buyer : who == 1 ? seller : signer(who - 2);
        bytes4 got = attempt(from, 0, abi.encodeCall(Escrow.freeze, (terms)));
        refused(got, t <= end ? DONE : Escrow.TooLate.selector, "freeze");
        same(recordOf(terms).clock, t <= end ? t : start, "clock");
    }

    function testFuzz_T2_noTwoTimerExitsAreOpenAtOnce(uint256 seed, uint8 state, bool inVault) external {
        Terms memory terms = anyTerms(seed);
        uint256 status = state % 4;
        uint256 start = inTime(terms, roll(seed, 20));
        bring(terms, status, inVault, start);
        // One of all the edges of this payment, not only of its own timer.
        uint256 edge = endOf(1 + (roll(seed, 21) % 3), terms, start);
        uint256 t = near(edge, roll(seed, 22), start);
        uint256 wanted = t > endOf(status == NONE ? FUNDED : status, terms, start) ? 1 << status : 0;
        uint256 open;
        for (uint256 exit = NONE; exit <= FROZEN; ++exit) {
            bytes memory data = exit == NONE ? abi.encodeCall(Escrow.recover, (terms, terms.token)) : timerOf(exit, terms);
            uint256 before = VM.snapshotState();
            VM.warp(t);
            if (attempt(stranger, 0, data) == 0) open |= 1 << exit;
            VM.revertToState(before);
        }
        same(open, wanted, "open exits");
    }

    function testFuzz_T4_aPauseMovesNoTimer(uint256 seed, bool inVault) external {
        Terms memory terms = anyTerms(seed);
        uint256 status = 1 + (roll(seed, 20) % 3);
        uint256 start = inTime(terms, roll(seed, 21));
        bring(terms, status, inVault, start);
        uint256 end = endOf(status, terms, start);
        uint256 t = near(end, roll(seed, 22) % 3, start);
        uint256 since = roll(seed, 23) % 7 days;
        VM.warp(t < start + since ? start : t - since);
        pause();
        VM.warp(t);
        refused(attempt(stranger, 0, timerOf(status, terms)), t > end ? DONE : Escrow.TooEarly.selector, "timer");
    }

    function testFuzz_T5_timesNearTheTypeLimitNeverWrap(uint256 seed, bool inVault, bool frozen) external {
        uint256 last = type(uint40).max;
        uint256 start = last - (roll(seed, 20) % 366 days);
        VM.warp(start);
        Terms memory terms = anyTerms(seed);
        terms.fundBy = uint40(start + (roll(seed, 21) % (last - start + 1)));
        terms.deliverBy = uint40(terms.fundBy + (roll(seed, 22) % (last - terms.fundBy + 1)));
        uint256 status = frozen ? FROZEN : DELIVERED;
        bring(terms, status, inVault, start);
        same(recordOf(terms).clock, start, "clock");
        uint256 end = endOf(status, terms, start);
        uint256 t = near(end, roll(seed, 23), start);
        VM.warp(t);
        refused(attempt(stranger, 0, timerOf(status, terms)), t > end ? DONE : Escrow.TooEarly.selector, "timer");
        same(recordOf(terms).released + uint256(recordOf(terms).remaining) <= terms.amount ? 1 : 0, 1, "amounts");
    }

    function testFuzz_T6_aSettlementOpensAVaultAtAnyTimeAndReclaimKeepsItsOwn(uint256 seed) external {
        Terms memory terms = anyTerms(seed);
        pay(terms, true);
        uint256 t = near(terms.deliverBy, roll(seed, 20), START);
        VM.warp(t);
        uint256 part = bound(roll(seed, 21), 1, terms.amount);
        settle(terms, part, 0);
        Payment memory record = recordOf(terms);
        check(record.inVault, "mode");
        same(record.remaining, terms.amount - part, "remaining");
        same(record.status, part == terms.amount ? CLOSED : FUNDED, "status");
        if (part == terms.amount) return;
        bytes4 got = attempt(stranger, 0, abi.encodeCall(Escrow.reclaim, (terms)));
        refused(got, t > terms.deliverBy ? DONE : Escrow.TooEarly.selector, "reclaim at once");
        same(balance(terms.token, refundTo), t > terms.deliverBy ? terms.amount - part : 0, "refundTo");
    }

    function testFuzz_A32_onlyTheRightOnesMarkAndFreezeByCallOrSignature(uint256 seed, uint8 state, bool mark) external {
        Terms memory terms = anyTerms(seed);
        uint256 status = state % 5;
        bring(terms, status, roll(seed, 20) % 2 == 0, START);
        uint256 who = roll(seed, 21) % 6;
        bool signed = roll(seed, 22) % 2 == 0;
        bool passes;
        if (mark) passes = status < DELIVERED && who == 1;
        else if (status < FROZEN) passes = who == 0 || (who == 1 && status == DELIVERED) || (who < 4 && who > 1 && !signed);
        bytes4 got = signed ? _bySignature(terms, who, mark ? 1 : 2) : _byCall(terms, who, mark);
        check((got == 0) == passes, passes ? "must pass" : "must not pass");
        same(recordOf(terms).status, passes ? mark ? DELIVERED : FROZEN : status, "status");
    }

    /// @dev Buyer, seller, two signers, guardian, stranger.
    function _byCall(Terms memory terms, uint256 who, bool mark) private returns (bytes4) {
        address[6] memory callers = [buyer, seller, signer(0), signer(2), guardian, stranger];
        bytes memory data = mark ? abi.encodeCall(Escrow.markDelivered, (terms)) : abi.encodeCall(Escrow.freeze, (terms));
        return attempt(callers[who], 0, data);
    }

    /// @dev The same six keys, each under the tag it would be looked for first.
    function _bySignature(Terms memory terms, uint256 who, uint8 action) private returns (bytes4) {
        uint8[6] memory tags = [BUYER_TAG, SELLER_TAG, 0, 2, BUYER_TAG, SELLER_TAG];
        uint256[6] memory keys = [BUYER_KEY, SELLER_KEY, 1, 3, 77, 78];
        uint40 validUntil = uint40(block.timestamp + 1 days);
        bytes32 digest = Messages.act(address(escrow), idOf(terms), action, validUntil);
        bytes memory item = Items.one(tags[who], keys[who], digest);
        return attempt(stranger, 0, abi.encodeCall(Escrow.actSigned, (terms, action, validUntil, item)));
    }
}
