// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Payment, Terms} from "../harness/Escrow.sol";
import {VM} from "../harness/Vm.sol";
import {Scenes} from "./Scenes.sol";

/// @title What each timer pays, after earlier settlements and after an issuer's burn
contract TimersFuzzTest is Scenes {
    /// @dev What a timer finds and whom it has to pay, worked out from the terms alone.
    struct Case {
        uint256 status;
        uint256 part;
        uint256 toSeller;
        uint256 toBuyer;
        uint256 fee;
    }

    function testFuzz_P8_everyTimerPaysItsWholeRestAndTheFeeOfTheTotal(uint256 seed, bool inVault, bool partly) external {
        Terms memory terms = anyTerms(seed);
        Case memory c = _case(seed, terms, partly);
        bring(terms, c.status, inVault, START);
        if (partly) settle(terms, c.part, 0);
        _expect(terms, c, recordOf(terms).remaining);
        uint256 seq = recordOf(terms).seq;
        uint256 before = balance(terms.token, refundTo);
        _runOut(terms, c.status);

        same(balance(terms.token, seller), c.part + c.toSeller - c.fee, "seller");
        same(balance(terms.token, refundTo) - before, c.toBuyer, "refundTo");
        same(feesOf(terms, inVault), c.fee, "fee");
        same(recordOf(terms).seq, seq, "seq");
        same(recordOf(terms).released, c.part + c.toSeller, "released");
        same(recordOf(terms).remaining, 0, "remaining");
        same(owedOf(terms.token), inVault ? 0 : c.fee, "owed");
    }

    function testFuzz_A11_aTimerOfABurntVaultPaysWhatIsLeft(uint256 seed, uint256 burnt, bool credited) external {
        Terms memory terms = anyTerms(seed);
        terms.token = address(token);
        Case memory c = _case(seed, terms, credited);
        bring(terms, c.status, true, START);
        if (credited) {
            // An earlier share stays in the vault and is senior.
            token.setBlacklisted(seller, true);
            settle(terms, c.part, 0);
            token.setBlacklisted(seller, false);
        }
        uint256 held = token.balanceOf(vaultOf(terms));
        uint256 lost = burnt % (held + 1);
        token.burn(vaultOf(terms), lost);
        (uint256 senior, ) = escrow.vaultCredit(idOf(terms));
        uint256 remaining = recordOf(terms).remaining;
        uint256 left = held - lost > senior ? held - lost - senior : 0;
        if (left > remaining) left = remaining;
        _expect(terms, c, left);
        uint256 before = token.balanceOf(refundTo);
        uint256 sellerBefore = token.balanceOf(seller);
        _runOut(terms, c.status);

        same(token.balanceOf(refundTo) - before, c.toBuyer, "refundTo");
        same(token.balanceOf(seller) - sellerBefore + token.balanceOf(treasury), c.toSeller + _feeOf(terms, c.part), "seller and fees");
        (uint256 stays, ) = escrow.vaultCredit(idOf(terms));
        same(stays, senior, "the credit stays");
    }

    function testFuzz_timersOfManyPaymentsLeaveThePoolEmpty(uint256 seed, uint8 count) external {
        uint256 number = bound(count, 1, 5);
        for (uint256 i = 0; i < number; ++i) {
            Terms memory terms = anyTerms(roll(seed, i));
            terms.token = address(token);
            terms.amount = uint96(terms.amount >> 8) + 2;
            Case memory c = _case(roll(seed, i), terms, false);
            VM.warp(START);
            bring(terms, c.status, false, START);
            same(owedOf(address(token)), terms.amount + feesOf(terms, false), "owed while it is open");
            _runOut(terms, c.status);
        }
        same(owedOf(address(token)), token.balanceOf(address(escrow)), "only fees stay");
    }

    function _case(uint256 seed, Terms memory terms, bool partly) private pure returns (Case memory c) {
        c.status = 1 + (roll(seed, 20) % 3);
        // One unit is left at least, and one went out to bring a vault to Funded.
        if (partly && terms.amount > 2) c.part = bound(roll(seed, 21), 1, terms.amount - 2);
        else if (partly) c.part = 1;
    }

    function _expect(Terms memory terms, Case memory c, uint256 left) private pure {
        if (c.status == DELIVERED) c.toSeller = left;
        if (c.status == FROZEN) c.toSeller = (left * terms.disputeSellerBps) / BPS;
        c.toBuyer = left - c.toSeller;
        c.fee = _feeOf(terms, c.part + c.toSeller);
    }

    function _feeOf(Terms memory terms, uint256 released) private pure returns (uint256) {
        return (released * terms.feeBps) / BPS;
    }

    /// @dev Anybody ends the payment in the first second in which it can be ended.
    function _runOut(Terms memory terms, uint256 status) private {
        Payment memory record = recordOf(terms);
        if (record.status == CLOSED) return;
        VM.warp(endOf(status, terms, record.clock) + 1);
        must(stranger, timerOf(status, terms), "timer");
        same(recordOf(terms).status, CLOSED, "closed");
    }
}
