// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Terms} from "../harness/Escrow.sol";
import {Items, ACCOUNT_TAG} from "../harness/Items.sol";
import {Messages} from "../harness/Messages.sol";
import {VM} from "../harness/Vm.sol";
import {Scenes} from "./Scenes.sol";

/// @title Credits: random sets of accounts that cannot receive, and every way their money leaves in the end
contract CreditsFuzzTest is Scenes {
    uint256 private constant SELLER = 1;
    uint256 private constant REFUND_TO = 2;
    uint256 private constant TREASURY = 4;
    uint256 private constant ESCROW = 8;
    uint256 private constant REFUND_KEY = 13;

    function setUp() public override {
        super.setUp();
        refundTo = VM.addr(REFUND_KEY);
    }

    function testFuzz_A16_aBlacklistChangesCreditsAndNobodyElsesPayout(uint256 seed, uint8 listed, bool inVault) external {
        Terms memory terms = _terms(seed);
        pay(terms, inVault);
        uint256 mask = listed % 16;
        _list(mask, true);
        uint256 toSeller = bound(roll(seed, 20), 0, terms.amount);
        settle(terms, toSeller, terms.amount - toSeller);

        uint256 fee = (toSeller * terms.feeBps) / BPS;
        bool stuck = !inVault && mask & ESCROW != 0;
        if (inVault && mask & TREASURY != 0 && mask & ESCROW != 0) fee = 0;
        bool sellerPaid = mask & SELLER == 0 && !stuck;
        bool refundPaid = mask & REFUND_TO == 0 && !stuck;
        same(token.balanceOf(seller), sellerPaid ? toSeller - fee : 0, "seller");
        same(token.balanceOf(refundTo), refundPaid ? terms.amount - toSeller : 0, "refundTo");
        same(token.balanceOf(treasury), inVault && mask & TREASURY == 0 ? fee : 0, "treasury");
        (uint256 ofSeller, uint256 ofRefundTo) = _credits(terms, inVault);
        same(ofSeller, sellerPaid ? 0 : toSeller - fee, "seller's credit");
        same(ofRefundTo, refundPaid ? 0 : terms.amount - toSeller, "refundTo's credit");
        // What the pool holds is what it owes: fees, and in pool mode credits.
        same(owedOf(terms.token), token.balanceOf(address(escrow)), "owed");
        if (inVault) same(token.balanceOf(vaultOf(terms)), ofSeller + ofRefundTo, "the vault keeps its credits");
    }

    function testFuzz_A24_aCreditGoesWholeAndOnceToItsAccount(uint256 seed, address caller, bool ofSeller) external {
        VM.assume(uint160(caller) > 0xffff && caller != address(VM));
        Terms memory terms = _terms(seed);
        pay(terms, false);
        _list(SELLER | REFUND_TO, true);
        uint256 toSeller = bound(roll(seed, 20), 1, terms.amount - 1);
        settle(terms, toSeller, terms.amount - toSeller);
        address account = ofSeller ? seller : refundTo;
        uint256 credit = ofSeller ? toSeller - (toSeller * terms.feeBps) / BPS : terms.amount - toSeller;
        bytes memory data = abi.encodeCall(Escrow.withdrawCredit, (account, terms.token));
        refused(attempt(caller, 0, data), Escrow.PushFailed.selector, "still listed");
        same(escrow.credits(account, terms.token), credit, "the credit stays");
        token.setBlacklisted(account, false);
        must(caller, data, "withdraw");
        same(token.balanceOf(account), credit, "account");
        refused(attempt(caller, 0, data), Escrow.Nothing.selector, "twice");
        same(owedOf(terms.token), terms.amount - credit, "owed");
    }

    function testFuzz_A24_aRedirectNeedsOneSignerAndTheAccount(uint256 seed, bool inVault, bool ofSeller) external {
        Terms memory terms = _terms(seed);
        uint256 credit = _creditBoth(terms, inVault, ofSeller, roll(seed, 20));
        // Signers' bits, the account's signature, the account as caller.
        uint256 bits = roll(seed, 21) % 8;
        uint256 by = roll(seed, 22) % 3;
        uint256 amount = bound(roll(seed, 23), 0, credit + (credit >> 2) + 1);
        bool agreed = (bits == 1 || bits == 2 || bits == 4) && by != 0;
        bool passes = agreed && amount != 0 && amount <= credit;
        Messages.Redirect memory m = _redirect(terms, ofSeller, amount);
        bytes4 got = _send(terms, inVault, m, bits | (by == 1 ? 8 : 0), by == 2);
        check((got == 0) == passes, passes ? "must pass" : "must not pass");
        same(token.balanceOf(m.to), passes ? amount : 0, "redirected");
        same(escrow.redirectNonce(m.account), passes ? 1 : 0, "nonce");
        (uint256 a, uint256 b) = _credits(terms, inVault);
        same(ofSeller ? a : b, passes ? credit - amount : credit, "credit");
    }

    function testFuzz_S12_aRedirectWorksOnceForEitherKindAndOneMessage(uint256 seed, bool firstVault, bool ofSeller) external {
        Terms memory terms = _terms(seed);
        uint256 credit = _creditBoth(terms, true, ofSeller, roll(seed, 20));
        Terms memory other = _terms(seed);
        uint256 second = _creditBoth(other, false, ofSeller, roll(seed, 20));
        Messages.Redirect memory m = _redirect(terms, ofSeller, bound(roll(seed, 21), 1, credit < second ? credit : second));
        m.amount = m.amount / 2 + m.amount % 2;
        bytes memory signed = _items(m, 9);
        uint256 kind = roll(seed, 22) % 3;
        Messages.Redirect memory changed = Messages.Redirect(m.account, m.token, m.to, m.amount, m.nonce, m.validUntil);
        if (kind == 0) changed.amount = m.amount + 1;
        if (kind == 1) changed.to = address(0xD15);
        if (kind == 2) changed.validUntil = m.validUntil + 1;
        refused(_sendSigned(terms, firstVault, changed, signed), Escrow.BadSignature.selector, "another message");
        refused(_sendSigned(terms, firstVault, m, signed), DONE, "the message");
        refused(_sendSigned(terms, firstVault, m, signed), Escrow.BadSignature.selector, "again");
        refused(_sendSigned(terms, !firstVault, m, signed), Escrow.BadSignature.selector, "for the other kind");
        same(token.balanceOf(m.to), m.amount, "once");
    }

    function testFuzz_P11_aBurntVaultPaysItsCreditsSellerFirst(uint256 seed, uint256 burnt, uint8 stillListed) external {
        Terms memory terms = _terms(seed);
        _creditBoth(terms, true, true, roll(seed, 20));
        (uint256 ofSeller, uint256 ofRefundTo) = escrow.vaultCredit(idOf(terms));
        token.burn(vaultOf(terms), burnt % (token.balanceOf(vaultOf(terms)) + 1));
        uint256 held = token.balanceOf(vaultOf(terms));
        uint256 mask = stillListed % 4;
        _list(SELLER | REFUND_TO, false);
        _list(mask, true);
        uint256 first = mask & SELLER != 0 ? 0 : ofSeller < held ? ofSeller : held;
        uint256 second = mask & REFUND_TO != 0 ? 0 : ofRefundTo < held - first ? ofRefundTo : held - first;
        bytes4 got = attempt(stranger, 0, abi.encodeCall(Escrow.payVaultCredit, (terms)));
        refused(got, first + second == 0 ? Escrow.Nothing.selector : DONE, "pay");
        same(token.balanceOf(seller), first, "seller");
        same(token.balanceOf(refundTo), second, "refundTo");
        (uint256 a, uint256 b) = escrow.vaultCredit(idOf(terms));
        same(a, ofSeller - first, "seller's rest");
        same(b, ofRefundTo - second, "refundTo's rest");
    }

    function testFuzz_I2_creditsAndRemainingNeverExceedTheirCustodian(uint256 seed, bool inVault) external {
        Terms memory terms = _terms(seed);
        terms.feeBps = 0;
        pay(terms, inVault);
        uint256 left = terms.amount;
        uint256[2] memory credit;
        for (uint256 i = 0; i < 5 && left != 0; ++i) {
            uint256 mask = roll(seed, 30 + i) % 4;
            _list(SELLER | REFUND_TO, false);
            _list(mask, true);
            uint256 toSeller = bound(roll(seed, 40 + i), 0, left);
            uint256 toBuyer = bound(roll(seed, 50 + i), toSeller == 0 ? 1 : 0, left - toSeller);
            settle(terms, toSeller, toBuyer);
            left -= toSeller + toBuyer;
            if (mask & SELLER != 0) credit[0] += toSeller;
            if (mask & REFUND_TO != 0) credit[1] += toBuyer;
            (uint256 a, uint256 b) = _credits(terms, inVault);
            same(a, credit[0], "seller's credit");
            same(b, credit[1], "refundTo's credit");
            address custodian = inVault ? vaultOf(terms) : address(escrow);
            same(token.balanceOf(custodian), left + a + b, "the custodian holds exactly that");
            same(owedOf(terms.token), inVault ? 0 : left + a + b, "owed");
        }
        _list(SELLER | REFUND_TO, false);
        _expectOnlySurplusRecovered(terms);
    }

    /// @dev A recover leaves what is still to be paid and what is credited.
    function _expectOnlySurplusRecovered(Terms memory terms) private {
        bytes memory data = abi.encodeCall(Escrow.recover, (terms, terms.token));
        refused(attempt(stranger, 0, data), Escrow.Nothing.selector, "nothing to recover");
        uint256 before = token.balanceOf(refundTo);
        give(terms.token, vaultOf(terms), 5);
        must(stranger, data, "surplus");
        same(token.balanceOf(refundTo), before + 5, "the surplus alone");
    }

    function testFuzz_A9_aTokenThatAnswersFalseNeverHidesAMove(
        uint256 seed,
        uint8 ofSeller,
        uint8 ofRefundTo,
        bool inVault
    ) external {
        Terms memory terms = _terms(seed);
        terms.feeBps = 0;
        pay(terms, inVault);
        (uint256 kindA, uint256 kindB) = (ofSeller % 3, ofRefundTo % 3);
        token.setFalseTo(seller, kindA);
        token.setFalseTo(refundTo, kindB);
        uint256 toSeller = bound(roll(seed, 20), 1, terms.amount - 1);
        bytes memory signatures = byAdmins(terms, settlement(terms, toSeller, terms.amount - toSeller));
        bytes4 got = trySettle(terms, settlement(terms, toSeller, terms.amount - toSeller), signatures);
        bool moved = kindA == 2 || kindB == 2;
        refused(got, moved ? Escrow.NotCovered.selector : DONE, "settle");
        (uint256 a, uint256 b) = _credits(terms, inVault);
        same(a, !moved && kindA == 1 ? toSeller : 0, "seller's credit");
        same(b, !moved && kindB == 1 ? terms.amount - toSeller : 0, "refundTo's credit");
        same(token.balanceOf(seller), moved || kindA == 1 ? 0 : toSeller, "seller");
    }

    function testFuzz_A22_aShortPoolOwesWhatItCannotPay(uint256 seed, uint256 burnt, uint256 share) external {
        Terms memory terms = _terms(seed);
        terms.feeBps = 0;
        pay(terms, false);
        uint256 held = terms.amount - (burnt % (uint256(terms.amount) + 1));
        token.burn(address(escrow), terms.amount - held);
        uint256 toSeller = bound(share, 1, terms.amount - 1);
        uint256 toBuyer = terms.amount - toSeller;
        settle(terms, toSeller, toBuyer);
        uint256 first = toSeller <= held ? toSeller : 0;
        uint256 second = toBuyer <= held - first ? toBuyer : 0;
        same(token.balanceOf(seller), first, "seller");
        same(token.balanceOf(refundTo), second, "refundTo");
        same(escrow.credits(seller, terms.token), toSeller - first, "seller's credit");
        same(escrow.credits(refundTo, terms.token), toBuyer - second, "refundTo's credit");
        same(owedOf(terms.token), terms.amount - first - second, "owed falls by what left");
    }

    function testFuzz_A31_aRedirectIsAcceptedForThirtyDaysAndNoEarlier(uint256 seed, bool inVault, bool ofSeller) external {
        Terms memory terms = _terms(seed);
        _creditBoth(terms, inVault, ofSeller, roll(seed, 20));
        uint256 t = START + (roll(seed, 21) % 1000 days);
        VM.warp(t);
        Messages.Redirect memory m = _redirect(terms, ofSeller, 1);
        m.validUntil = uint40(near(roll(seed, 22) % 2 == 0 ? t : t + 30 days, roll(seed, 23), 0));
        bool passes = m.validUntil >= t && m.validUntil - t <= 30 days;
        refused(_send(terms, inVault, m, 9, false), passes ? DONE : Escrow.Expired.selector, "time");
    }

    function _terms(uint256 seed) private returns (Terms memory terms) {
        terms = anyTerms(seed);
        terms.token = address(token);
        if (terms.amount < 4) terms.amount = 4;
    }

    function _list(uint256 mask, bool value) private {
        if (mask & SELLER != 0) token.setBlacklisted(seller, value);
        if (mask & REFUND_TO != 0) token.setBlacklisted(refundTo, value);
        if (mask & TREASURY != 0) token.setBlacklisted(treasury, value);
        if (mask & ESCROW != 0) token.setBlacklisted(address(escrow), value);
    }

    function _credits(Terms memory terms, bool inVault) private view returns (uint256 ofSeller, uint256 ofRefundTo) {
        if (inVault) return escrow.vaultCredit(idOf(terms));
        return (escrow.credits(seller, terms.token), escrow.credits(refundTo, terms.token));
    }

    /// @dev A split whose two shares both fail.
    function _creditBoth(Terms memory terms, bool inVault, bool ofSeller, uint256 seed) private returns (uint256 credit) {
        _list(SELLER | REFUND_TO, false);
        pay(terms, inVault);
        _list(SELLER | REFUND_TO, true);
        uint256 toSeller = bound(seed, 2, terms.amount - 2);
        settle(terms, toSeller, terms.amount - toSeller);
        return ofSeller ? toSeller - (toSeller * terms.feeBps) / BPS : terms.amount - toSeller;
    }

    function _redirect(Terms memory terms, bool ofSeller, uint256 amount) private view returns (Messages.Redirect memory) {
        address account = ofSeller ? seller : refundTo;
        uint256 nonce = escrow.redirectNonce(account);
        return Messages.Redirect(account, terms.token, address(0x1234), amount, nonce, uint40(block.timestamp + 1 days));
    }

    /// @dev Bits 0 to 2 the signers, bit 3 the account.
    function _items(Messages.Redirect memory m, uint256 bits) private view returns (bytes memory items) {
        bytes32 digest = Messages.redirect(address(escrow), m);
        items = Items.ofSeats(bits & 7, signerKeys, digest);
        if (bits & 8 != 0) items = bytes.concat(items, Items.one(ACCOUNT_TAG, _keyOf(m.account), digest));
    }

    function _keyOf(address account) private view returns (uint256) {
        return account == seller ? SELLER_KEY : REFUND_KEY;
    }

    function _send(Terms memory terms, bool inVault, Messages.Redirect memory m, uint256 bits, bool byAccount) private returns (bytes4) {
        return attempt(byAccount ? m.account : stranger, 0, _data(terms, inVault, m, _items(m, bits)));
    }

    function _sendSigned(Terms memory terms, bool inVault, Messages.Redirect memory m, bytes memory items) private returns (bytes4) {
        return attempt(stranger, 0, _data(terms, inVault, m, items));
    }

    function _data(Terms memory terms, bool inVault, Messages.Redirect memory m, bytes memory items) private view returns (bytes memory) {
        if (!inVault) return abi.encodeCall(Escrow.redirectCredit, (m.account, m.token, m.to, m.amount, m.validUntil, items));
        return abi.encodeCall(Escrow.redirectVaultCredit, (terms, m.account == seller, m.to, m.amount, m.validUntil, items));
    }
}
