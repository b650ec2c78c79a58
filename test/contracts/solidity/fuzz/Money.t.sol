// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Payment, Settlement, Terms} from "../harness/Escrow.sol";
import {FuzzBase} from "../harness/FuzzBase.sol";
import {VM} from "../harness/Vm.sol";

/// @title Amounts: fees, splits, and what a payout leaves behind
contract MoneyFuzzTest is FuzzBase {
    uint256 private constant BPS = 10_000;

    function _terms(uint256 amount, uint256 feeBps, bool native) private returns (Terms memory terms) {
        terms = usualTerms(amount);
        terms.feeBps = uint16(bound(feeBps, 0, FEE_CAP));
        if (native) terms.token = address(0);
    }

    /// hardhat-config: long.fuzz.runs = 10000
    function testFuzz_P7_feeOfAnyPartitionIsTheFeeOfTheWhole(uint96 amount, uint16 bps, uint256 seed, bool inVault) external {
        Terms memory terms = _terms(amount, bps, false);
        pay(terms, inVault);
        uint256 left = terms.amount;
        for (uint256 i = 0; left != 0; ++i) {
            uint256 part = i == 11 ? left : bound(uint256(keccak256(abi.encode(seed, i))), 1, left);
            settle(terms, part, 0);
            left -= part;
            uint256 soFar = ((terms.amount - left) * terms.feeBps) / BPS;
            same(_fees(), soFar, "fee so far");
        }
        same(balance(terms.token, seller) + _fees(), terms.amount, "seller and fee");
    }

    function testFuzz_P7_dustReleasesPayTheSameFee(uint8 parts, uint16 bps, bool inVault) external {
        uint256 count = bound(parts, 1, 40);
        Terms memory terms = _terms(count, bps, false);
        pay(terms, inVault);
        for (uint256 i = 0; i < count; ++i) settle(terms, 1, 0);
        same(_fees(), (count * terms.feeBps) / BPS, "fee");
    }

    function testFuzz_P8_splitBurnsNothing(uint96 amount, uint96 share, uint16 bps, bool native, bool inVault) external {
        Terms memory terms = _terms(amount, bps, native);
        pay(terms, inVault);
        uint256 toSeller = bound(share, 0, terms.amount);
        settle(terms, toSeller, terms.amount - toSeller);
        uint256 fee = (toSeller * terms.feeBps) / BPS;
        same(balance(terms.token, seller), toSeller - fee, "seller");
        same(balance(terms.token, refundTo), terms.amount - toSeller, "refundTo");
        same(inVault ? balance(terms.token, treasury) : balance(terms.token, address(escrow)), fee, "fee");
        same(recordOf(terms).status, 4, "closed");
    }

    function testFuzz_P6_extremesOfTheAmountSettle(bool largest, bool native, bool inVault) external {
        Terms memory terms = _terms(largest ? type(uint96).max : 1, FEE_CAP, native);
        pay(terms, inVault);
        settle(terms, terms.amount, 0);
        uint256 fee = (uint256(terms.amount) * FEE_CAP) / BPS;
        same(balance(terms.token, seller), terms.amount - fee, "seller");
    }

    function testFuzz_owedFallsByWhatLeft(uint96 amount, uint96 a, uint96 b, uint16 bps) external {
        Terms memory terms = _terms(amount, bps, false);
        pay(terms, false);
        uint256 toSeller = bound(a, 0, terms.amount);
        uint256 toBuyer = bound(b, 0, terms.amount - toSeller);
        VM.assume(toSeller + toBuyer != 0);
        settle(terms, toSeller, toBuyer);
        (uint256 owed, uint256 fees) = escrow.book(terms.token);
        same(owed, balance(terms.token, address(escrow)), "owed is what is there");
        same(owed, recordOf(terms).remaining + fees, "owed is remaining and fees");
    }

    function testFuzz_vaultSettlementLeavesThePoolAlone(uint96 amount, uint96 part, uint16 bps, uint96 other) external {
        Terms memory pooled = _terms(other, bps, false);
        pay(pooled, false);
        Terms memory terms = _terms(amount, bps, false);
        pay(terms, true);
        settle(terms, bound(part, 1, terms.amount), 0);
        (uint256 owed, uint256 fees) = escrow.book(terms.token);
        same(owed, pooled.amount, "owed");
        same(fees, 0, "fees");
    }

    function testFuzz_refundIsNeverCharged(uint96 amount, uint16 bps, bool native, bool inVault) external {
        Terms memory terms = _terms(amount, bps, native);
        pay(terms, inVault);
        settle(terms, 0, terms.amount);
        same(balance(terms.token, refundTo), terms.amount, "refundTo");
        same(balance(terms.token, treasury) + balance(terms.token, address(escrow)), 0, "fee");
    }

    function testFuzz_aboveWhatRemainsIsRefused(uint96 amount, uint96 a, uint96 b, bool inVault) external {
        Terms memory terms = _terms(amount, 0, false);
        VM.assume(uint256(a) + b > terms.amount || uint256(a) + b == 0);
        pay(terms, inVault);
        Settlement memory s = settlement(terms, a, b);
        refused(trySettle(terms, s, byAdmins(terms, s)), Escrow.WrongAmount.selector, "too much");
    }

    function testFuzz_feesGoToTheTreasuryOnce(uint96 amount, uint16 bps, address caller) external {
        VM.assume(caller != address(0) && uint160(caller) > 0xffff);
        Terms memory terms = _terms(amount, bps, false);
        pay(terms, false);
        settle(terms, terms.amount, 0);
        uint256 fee = (uint256(terms.amount) * terms.feeBps) / BPS;
        bytes4 first = attempt(caller, 0, abi.encodeCall(Escrow.withdrawFees, (terms.token)));
        refused(first, fee == 0 ? Escrow.Nothing.selector : bytes4(0), "first");
        same(balance(terms.token, treasury), fee, "treasury");
        bytes4 second = attempt(caller, 0, abi.encodeCall(Escrow.withdrawFees, (terms.token)));
        refused(second, Escrow.Nothing.selector, "second");
    }

    function testFuzz_D5_feeOnTransferNeverEntersThePool(uint96 amount, uint16 rate, bool swept) external {
        Terms memory terms = usualTerms(bound(amount, 10_000, type(uint96).max));
        token.setFeeRate(bound(rate, 1, BPS));
        give(terms.token, swept ? vaultOf(terms) : buyer, terms.amount);
        VM.prank(buyer);
        token.approve(address(escrow), terms.amount);
        bytes memory data = swept ? abi.encodeCall(Escrow.sweep, (terms)) : abi.encodeCall(Escrow.fund, (terms));
        refused(attempt(buyer, 0, data), Escrow.WrongInflow.selector, "inflow");
        same(recordOf(terms).status, 0, "no record");
    }

    function testFuzz_D12_straySurplusHidesNoShortInflow(uint96 amount, uint96 stray, uint16 rate) external {
        Terms memory terms = usualTerms(bound(amount, 10_000, type(uint96).max));
        give(terms.token, address(escrow), stray);
        give(terms.token, buyer, terms.amount);
        token.setFeeRate(bound(rate, 1, BPS));
        VM.prank(buyer);
        token.approve(address(escrow), terms.amount);
        refused(attempt(buyer, 0, abi.encodeCall(Escrow.fund, (terms))), Escrow.WrongInflow.selector, "inflow");
    }

    function testFuzz_D3_aUsedIdIsNeverFundedAgain(uint96 amount, bool inVault, bool closed) external {
        Terms memory terms = usualTerms(bound(amount, 2, type(uint96).max));
        pay(terms, inVault);
        settle(terms, closed ? terms.amount : 1, 0);
        Payment memory before = recordOf(terms);
        give(terms.token, buyer, terms.amount);
        VM.prank(buyer);
        token.approve(address(escrow), terms.amount);
        refused(attempt(buyer, 0, abi.encodeCall(Escrow.fund, (terms))), Escrow.WrongStatus.selector, "fund");
        give(terms.token, vaultOf(terms), terms.amount);
        refused(attempt(buyer, 0, abi.encodeCall(Escrow.sweep, (terms))), Escrow.WrongStatus.selector, "sweep");
        check(keccak256(abi.encode(before)) == keccak256(abi.encode(recordOf(terms))), "the record is the same");
    }

    function testFuzz_D7_nativeValueMustFitTheTerms(uint96 amount, uint96 value, bool native) external {
        Terms memory terms = _terms(amount, 0, native);
        VM.assume(value != (native ? terms.amount : 0));
        VM.deal(buyer, value);
        give(address(token), buyer, terms.amount);
        VM.prank(buyer);
        token.approve(address(escrow), terms.amount);
        refused(attempt(buyer, value, abi.encodeCall(Escrow.fund, (terms))), Escrow.WrongValue.selector, "value");
    }

    function _fees() private view returns (uint256 fees) {
        (, fees) = escrow.book(address(token));
        fees += token.balanceOf(treasury);
    }
}
