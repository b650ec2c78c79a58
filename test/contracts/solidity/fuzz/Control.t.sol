// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Deployer} from "../harness/Deployer.sol";
import {Escrow, Terms} from "../harness/Escrow.sol";
import {Items} from "../harness/Items.sol";
import {Messages} from "../harness/Messages.sol";
import {VM} from "../harness/Vm.sol";
import {Scenes} from "./Scenes.sol";

/// @title The guardian's pause, the seats and their messages, against a plain model
contract ControlFuzzTest is Scenes {
    /// @dev Five signers, so that some can be switched off.
    function setUp() public override {
        super.setUp();
        for (uint256 key = 4; key <= 5; ++key) signerKeys.push(key);
        escrow = deploy(2);
    }

    function testFuzz_C1_aPauseIsNeverLongerThanAWeekNorRenewedWithinOne(uint256 seed) external {
        uint256 until;
        uint256 began;
        uint256 t = START;
        for (uint256 i = 0; i < 12; ++i) {
            t = roll(seed, i) % 3 == 0 ? near(until + 7 days, roll(seed, 20 + i) % 3, t) : t + (roll(seed, 40 + i) % 9 days);
            VM.warp(t);
            bool starts = roll(seed, 60 + i) % 2 == 0;
            bytes4 wanted = starts ? t > until + 7 days ? DONE : Escrow.TooEarly.selector : t <= until ? DONE : Escrow.NotPaused.selector;
            bytes memory data = starts ? abi.encodeCall(Escrow.pause, ()) : abi.encodeCall(Escrow.unpause, ());
            refused(attempt(i % 4 == 3 ? stranger : guardian, 0, data), i % 4 == 3 ? Escrow.NotAllowed.selector : wanted, "pause");
            if (i % 4 != 3 && wanted == DONE) {
                check(!starts || began == 0 || t > until + 7 days, "a week without a pause");
                (began, until) = starts ? (t, t + 7 days) : (began, t);
            }
            (, , , uint40 stored, ) = escrow.config();
            same(stored, until, "pausedUntil");
            check(until <= began + 7 days, "a week at most");
        }
    }

    function testFuzz_C1_aPauseStopsNewMoneyAndTheAdminsOnly(uint256 seed, uint8 verb, bool inVault) external {
        Terms memory terms = anyTerms(seed);
        uint256 kind = verb % 8;
        bring(terms, kind < 2 ? NONE : kind == 2 || kind == 3 ? FUNDED : DELIVERED, inVault, START);
        uint256 t = START + (roll(seed, 20) % 3 days);
        if (t > terms.fundBy) t = terms.fundBy;
        pause();
        VM.warp(t);
        bytes4 got;
        if (kind == 0) got = _tryFund();
        if (kind == 1) got = attempt(buyer, 0, abi.encodeCall(Escrow.sweep, (terms)));
        if (kind == 2) got = trySettle(terms, settlement(terms, 1, 0), byAdmins(terms, settlement(terms, 1, 0)));
        if (kind == 3) got = tryBatch(terms, settlement(terms, 1, 0));
        if (kind == 4) got = attempt(buyer, 0, abi.encodeCall(Escrow.freeze, (terms)));
        if (kind == 5) got = trySettle(terms, settlement(terms, 1, 0), byParties(terms, settlement(terms, 1, 0), true, true));
        if (kind == 6) got = attempt(signer(0), 0, abi.encodeCall(Escrow.bumpSeq, (idOf(terms))));
        if (kind == 7) got = _control(0, 3, address(0xABCD), 3);
        bytes4 open = kind == 4 && t > START + terms.inspection ? Escrow.TooLate.selector : DONE;
        refused(got, kind < 4 ? Escrow.Paused.selector : open, "paused");
    }

    function testFuzz_A23_aRotationTakesTwoDaysAndItsSeatChangesHands(uint256 seed, uint8 seat, bool cancelled) external {
        uint256 index = _seatOf(seat);
        uint256 proposed = START + (roll(seed, 20) % 400 days);
        VM.warp(proposed);
        address account = VM.addr(1000 + (seed % 1000));
        refused(_control(0, index, account, 3), DONE, "proposal");
        uint256 t = near(proposed + 48 hours, roll(seed, 21), proposed);
        VM.warp(t);
        address before = escrow.seat(index);
        if (cancelled) refused(_control(1, index, account, 3), DONE, "cancel");
        bytes4 wanted = cancelled ? Escrow.NotPending.selector : t > proposed + 48 hours ? DONE : Escrow.TooEarly.selector;
        refused(attempt(stranger, 0, abi.encodeCall(Escrow.executeRotation, (uint8(index)))), wanted, "execution");
        check(escrow.seat(index) == (wanted == DONE ? account : before), "holder");
        if (index == 8) check(escrow.guardian() == escrow.seat(8), "guardian");
        if (index == 9) check(escrow.treasury() == escrow.seat(9), "treasury");
    }

    function testFuzz_A10_nobodyEverHoldsTwoSeats(uint256 seed, uint8 seat, uint8 holder) external {
        uint256 index = _seatOf(seat);
        uint256 other = holder % 12;
        address account = other == 10 ? address(0) : other == 11 ? address(escrow) : escrow.seat(other);
        // The seats 5 to 7 have no holder.
        if (other == index) account = VM.addr(1000 + (seed % 1000));
        refused(_control(0, index, account, 3), other == index ? DONE : Escrow.BadSeat.selector, "proposal");
        if (other != index) return;
        // Two pending rotations to one account: the first wins.
        uint256 second = index == 0 ? 1 : 0;
        refused(_control(0, second, account, 3), DONE, "second proposal");
        VM.warp(START + 48 hours + 1);
        must(stranger, abi.encodeCall(Escrow.executeRotation, (uint8(index))), "first");
        bytes4 got = attempt(stranger, 0, abi.encodeCall(Escrow.executeRotation, (uint8(second))));
        refused(got, Escrow.BadSeat.selector, "second");
    }

    function testFuzz_C2_activeSignersStayAtLeastTheThreshold(uint256 seed) external {
        uint256 active = 31;
        for (uint256 i = 0; i < 6; ++i) {
            uint256 index = roll(seed, i) % 6;
            uint256 set = roll(seed, 10 + i) % 32;
            bool passes = _count(set) > 1 && set & active == set && (active >> index) & 1 != 0 && (set >> index) & 1 == 0;
            uint256 pending = roll(seed, 20 + i) % 10;
            if (pending < 5) _control(0, pending, VM.addr(2000 + i), 31 & active);
            bytes4 got = _control(2, index, address(0), set);
            check((got == 0) == passes, passes ? "must pass" : "must not pass");
            if (passes) active ^= 1 << index;
            (uint8 threshold, uint8 bits, , , ) = escrow.config();
            same(bits, active, "active");
            check(_count(active) >= threshold, "the threshold is reachable");
            if (passes && pending < 5) {
                VM.warp(block.timestamp + 3 days);
                got = attempt(stranger, 0, abi.encodeCall(Escrow.executeRotation, (uint8(pending))));
                refused(got, Escrow.NotPending.selector, "all rotations are dropped");
            }
        }
    }

    function testFuzz_C6_aControlMessageCountsOnceAndOnlyWithTheNextNonce(uint256 seed, uint8 kind, uint64 nonce) external {
        uint256 used = roll(seed, 20) % 3;
        for (uint256 i = 0; i < used; ++i) refused(_control(0, 3, VM.addr(3000 + i), 3), DONE, "earlier message");
        refused(_control(0, 4, VM.addr(4000), 3), DONE, "a rotation to cancel");
        uint256 next = used + 1;
        (, , , , uint64 stored) = escrow.config();
        same(stored, next, "nonce");
        Messages.Control memory c = Messages.Control(4, VM.addr(4001), 0, nonce, uint40(block.timestamp + 1));
        if (roll(seed, 21) % 2 == 0) c.nonce = roll(seed, 22) % 4;
        bytes memory data = _controlData(kind % 3, c, 3);
        refused(attempt(stranger, 0, data), c.nonce == next ? DONE : Escrow.BadSignature.selector, "message");
        if (c.nonce == next) refused(attempt(stranger, 0, data), Escrow.BadSignature.selector, "again");
    }

    function testFuzz_A31_aControlMessageIsAcceptedForThirtyDaysAndNoEarlier(uint256 seed, uint8 kind, uint8 bits) external {
        refused(_control(0, 4, VM.addr(4000), 3), DONE, "a rotation to cancel");
        uint256 t = START + (roll(seed, 20) % 1000 days);
        VM.warp(t);
        Messages.Control memory c = Messages.Control(4, VM.addr(4001), 0, 1, 0);
        c.validUntil = uint40(near(roll(seed, 21) % 2 == 0 ? t : t + 30 days, roll(seed, 22), 0));
        bool timely = c.validUntil >= t && c.validUntil - t <= 30 days;
        bool signed = _count(bits % 16) > 1;
        bytes4 got = attempt(stranger, 0, _controlData(kind % 3, c, bits % 16));
        refused(got, !timely ? Escrow.Expired.selector : !signed ? Escrow.BadSignature.selector : DONE, "message");
    }

    function testFuzz_S4_aDeploymentKeepsToItsBounds(uint256 seed, uint16 cap, uint8 needed, uint8 count) external {
        uint256 n = count % 10;
        uint256 timeout = near(roll(seed, 20) % 2 == 0 ? 21 days : 366 days, roll(seed, 21) % 3, 0);
        if (roll(seed, 24) % 2 == 0) timeout = DISPUTE_TIMEOUT;
        Deployer.Options memory o = Deployer.Options(new address[](n), needed % (n + 2), guardian, treasury, cap % 1_100, timeout);
        for (uint256 i = 0; i < n; ++i) o.signers[i] = VM.addr(100 + i);
        uint256 twist = roll(seed, 22) % 10;
        if (n > 1 && twist == 0) o.signers[roll(seed, 23) % (n - 1)] = o.signers[n - 1];
        if (n > 0 && twist == 1) o.signers[roll(seed, 23) % n] = guardian;
        if (n > 0 && twist == 2) o.signers[roll(seed, 23) % n] = address(0);
        if (twist == 3) o.treasury = guardian;
        bool passes = n > 0 && n < 9 && o.threshold > 0 && o.threshold <= n && o.feeCap <= 1_000;
        passes = passes && timeout >= 21 days && timeout <= 366 days && (twist > 3 || (n == 1 && twist == 0));
        bool done;
        try this.deployWith(o) {
            done = true;
        } catch {
            done = false;
        }
        check(done == passes, passes ? "must deploy" : "must not deploy");
    }

    function deployWith(Deployer.Options calldata o) external returns (Escrow) {
        return Deployer.deploy(o);
    }

    function _seatOf(uint8 seat) private pure returns (uint256) {
        uint256 index = seat % 7;
        return index < 5 ? index : index + 3;
    }

    /// @dev Rotate, cancel or switch off, with the next nonce.
    function _control(uint256 kind, uint256 index, address account, uint256 bits) private returns (bytes4) {
        (, , , , uint64 nonce) = escrow.config();
        Messages.Control memory c = Messages.Control(uint8(index), account, 0, nonce, uint40(block.timestamp + 1 days));
        return attempt(stranger, 0, _controlData(kind, c, bits));
    }

    function _controlData(uint256 kind, Messages.Control memory c, uint256 bits) private view returns (bytes memory) {
        bytes32 digest = Messages.signerOff(address(escrow), c);
        if (kind == 0) digest = Messages.rotate(address(escrow), c);
        if (kind == 1) digest = Messages.cancelRotation(address(escrow), c);
        bytes memory items = Items.ofSeats(bits, signerKeys, digest);
        if (kind == 0) return abi.encodeCall(Escrow.rotate, (c.index, c.account, c.validUntil, items));
        if (kind == 1) return abi.encodeCall(Escrow.cancelRotation, (c.index, c.validUntil, items));
        return abi.encodeCall(Escrow.signerOff, (c.index, c.validUntil, items));
    }

    function _tryFund() private returns (bytes4) {
        Terms memory terms = usualTerms(1);
        give(terms.token, buyer, 1);
        VM.prank(buyer);
        token.approve(address(escrow), 1);
        return attempt(buyer, 0, abi.encodeCall(Escrow.fund, (terms)));
    }

    function _count(uint256 set) private pure returns (uint256 count) {
        for (; set != 0; set >>= 1) count += set & 1;
    }
}
