// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Settlement, Terms} from "../harness/Escrow.sol";
import {VM} from "../harness/Vm.sol";
import {Scenes} from "./Scenes.sol";

/// @title A receiver that calls the escrow back when native coin arrives
contract CallingReceiver {
    address private immutable _ESCROW;
    bytes private _data;
    uint256 public calls;
    bytes4 public answer;

    constructor(address escrow, bytes memory data) {
        (_ESCROW, _data) = (escrow, data);
    }

    receive() external payable {
        ++calls;
        // solhint-disable-next-line avoid-low-level-calls
        (bool done, bytes memory answer_) = _ESCROW.call(_data);
        answer = done ? bytes4(0) : bytes4(answer_);
    }
}

/// @title No verb runs inside another one
contract ReentryFuzzTest is Scenes {
    uint256 private constant VERBS = 20;

    function testFuzz_D6_aPayeeCannotCallAnyVerbDuringAnyPayout(uint256 seed, uint8 verb, uint8 payout) external {
        Terms memory other = usualTerms(1e18);
        pay(other, false);
        Terms memory terms = usualTerms(bound(roll(seed, 1), 100, type(uint96).max));
        terms.token = address(0);
        CallingReceiver receiver = new CallingReceiver(address(escrow), _verb(other, verb % VERBS));
        terms.refundTo = address(receiver);
        uint256 kind = payout % 5;
        bool inVault = roll(seed, 2) % 2 == 0;
        bytes32 before = keccak256(abi.encode(recordOf(other), escrow.seat(0), owedOf(other.token)));
        _payOut(terms, kind, inVault);
        same(receiver.calls(), 1, "paid once");
        refused(receiver.answer(), Escrow.Reentered.selector, "inside");
        check(keccak256(abi.encode(recordOf(other), escrow.seat(0), owedOf(other.token))) == before, "nothing changed");
        same(address(receiver).balance, kind == 4 ? 7 : terms.amount, "the receiver keeps its money");
    }

    /// @dev Settle, reclaim, dispute, an early recover of everything, a refund after release.
    function _payOut(Terms memory terms, uint256 kind, bool inVault) private {
        terms.disputeSellerBps = 0;
        // A payment that only its vault holds has no timer.
        pay(terms, kind == 3 || (inVault && kind != 1));
        if (kind == 0) settle(terms, 0, terms.amount);
        if (kind == 2) must(buyer, abi.encodeCall(Escrow.freeze, (terms)), "freeze");
        if (kind == 1 || kind == 2) {
            VM.warp(START + 100 days);
            must(stranger, timerOf(kind == 1 ? FUNDED : FROZEN, terms), "timer");
        }
        if (kind == 3) must(seller, abi.encodeCall(Escrow.recover, (terms, address(0))), "recover");
        if (kind != 4) return;
        settle(terms, terms.amount, 0);
        VM.deal(stranger, 7);
        refused(attempt(stranger, 7, abi.encodeCall(Escrow.refundLater, (terms, 7))), DONE, "refund later");
    }

    function _verb(Terms memory terms, uint256 index) private view returns (bytes memory) {
        bytes memory none;
        Settlement memory s = settlement(terms, 1, 0);
        if (index == 0) return abi.encodeCall(Escrow.fund, (terms));
        if (index == 1) return abi.encodeCall(Escrow.sweep, (terms));
        if (index == 2) return abi.encodeCall(Escrow.settle, (terms, s, byAdmins(terms, s)));
        if (index == 3) return abi.encodeCall(Escrow.bumpSeq, (idOf(terms)));
        if (index == 4) return abi.encodeCall(Escrow.markDelivered, (terms));
        if (index == 5) return abi.encodeCall(Escrow.freeze, (terms));
        if (index == 6) return abi.encodeCall(Escrow.actSigned, (terms, 1, s.validUntil, none));
        if (index == 7) return abi.encodeCall(Escrow.recover, (terms, terms.token));
        if (index == 8) return abi.encodeCall(Escrow.recoverForeign, (terms, terms.token, 1));
        if (index == 9) return abi.encodeCall(Escrow.payVaultCredit, (terms));
        if (index == 10) return abi.encodeCall(Escrow.withdrawCredit, (terms.seller, terms.token));
        if (index == 11) return abi.encodeCall(Escrow.refundLater, (terms, 1));
        if (index == 12) return abi.encodeCall(Escrow.withdrawFees, (terms.token));
        if (index == 13) return abi.encodeCall(Escrow.rescue, (terms.token, 1, s.validUntil, none));
        if (index == 14) return abi.encodeCall(Escrow.pause, ());
        if (index == 15) return abi.encodeCall(Escrow.unpause, ());
        if (index == 16) return abi.encodeCall(Escrow.rotate, (0, stranger, s.validUntil, none));
        if (index == 17) return abi.encodeCall(Escrow.executeRotation, (0));
        if (index == 18) return abi.encodeCall(Escrow.signerOff, (0, s.validUntil, none));
        return timerOf(index % 3 + 1, terms);
    }
}
