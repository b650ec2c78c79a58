// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Payment, Terms} from "../harness/Escrow.sol";
import {Items, BUYER_TAG, SELLER_TAG} from "../harness/Items.sol";
import {SignedToken} from "../harness/SignedToken.sol";
import {PERMIT2, SpenderFace} from "../harness/SpenderFace.sol";
import {VM} from "../harness/Vm.sol";
import {Scenes} from "./Scenes.sol";

/// @title The four fundings: what they make, what they refuse, and what a buyer's signature binds
contract FundingFuzzTest is Scenes {
    uint256 private constant FUND = 0;
    uint256 private constant AUTHORIZATION = 1;
    uint256 private constant WITNESS = 2;
    uint256 private constant PERMIT = 3;
    bytes32 private constant ANOTHER = keccak256("another");

    SignedToken private _coin;

    function setUp() public override {
        super.setUp();
        _coin = new SignedToken();
        token = _coin;
        VM.etch(PERMIT2, address(new SpenderFace()).code);
        VM.prank(buyer);
        _coin.approve(PERMIT2, type(uint256).max);
    }

    function testFuzz_T1_everyFundingMakesOneRecordUntilFundBy(uint256 seed, uint8 kind, uint96 stray) external {
        Terms memory terms = _terms(seed, kind % 4);
        give(terms.token, address(escrow), stray);
        uint256 t = near(terms.fundBy, roll(seed, 20), START);
        VM.warp(t);
        bytes memory data = _signed(terms, terms, kind % 4, 0);
        bool passes = t <= terms.fundBy;
        refused(_send(terms, kind % 4, data), passes ? DONE : Escrow.TooLate.selector, "funding");
        Payment memory wanted = Payment(passes ? terms.amount : 0, 0, 0, 0, passes ? 1 : 0, false, false, 0);
        check(keccak256(abi.encode(recordOf(terms))) == keccak256(abi.encode(wanted)), "the record");
        same(owedOf(terms.token), wanted.remaining, "owed");
        same(balance(terms.token, address(escrow)), uint256(stray) + wanted.remaining, "exactly the amount came");
        same(balance(terms.token, buyer), terms.amount - wanted.remaining, "the buyer paid");
        if (passes) refused(_send(terms, kind % 4, data), Escrow.WrongStatus.selector, "twice");
    }

    function testFuzz_D2_aSignedFundingBindsEveryWordOfTheTerms(uint256 seed, uint8 kind, uint8 word) external {
        uint256 way = 1 + (kind % 3);
        Terms memory signed = _terms(seed, way);
        Terms memory sent = abi.decode(abi.encode(signed), (Terms));
        _changeWord(sent, word % 11, roll(seed, 20));
        bytes memory data = _signed(sent, signed, way, 0);
        check(attempt(stranger, 0, data) != 0, "other terms");
        same(recordOf(sent).status, NONE, "no record");
        same(balance(address(_coin), buyer), signed.amount, "the buyer keeps his money");
        must(stranger, _signed(signed, signed, way, 0), "the signed terms");
        same(recordOf(signed).remaining, signed.amount, "remaining");
    }

    function testFuzz_A30_aStandingAllowanceNeedsTheBuyersConsent(uint256 seed, uint8 by, uint96 allowance) external {
        Terms memory terms = _terms(seed, PERMIT);
        uint256 granted = roll(seed, 20) % 2 == 0 ? allowance : terms.amount;
        VM.prank(buyer);
        _coin.approve(address(escrow), granted);
        bytes memory consent;
        uint256 who = by % 5;
        if (who == 1) consent = Items.one(BUYER_TAG, BUYER_KEY, idOf(terms));
        if (who == 2) consent = Items.one(SELLER_TAG, SELLER_KEY, idOf(terms));
        if (who == 3) consent = Items.ofSeats(7, signerKeys, idOf(terms));
        if (who == 4) consent = Items.one(BUYER_TAG, SELLER_KEY, idOf(terms));
        address from = roll(seed, 21) % 3 == 0 ? buyer : stranger;
        // The permit itself is used or wrong: the allowance decides.
        bytes memory data = abi.encodeCall(Escrow.fundWithPermit, (terms, 0, 27, ANOTHER, ANOTHER, consent));
        bytes4 wanted = granted < terms.amount ? Escrow.WrongInflow.selector : DONE;
        if (from != buyer && who != 1) wanted = Escrow.BadSignature.selector;
        refused(attempt(from, 0, data), wanted, "consent");
        same(_coin.balanceOf(buyer), wanted == DONE ? 0 : terms.amount, "the buyer's money");
    }

    function testFuzz_D1_aPermitUsedByAFrontRunnerStillFunds(uint256 seed, bool used) external {
        Terms memory terms = _terms(seed, PERMIT);
        (uint8 v, bytes32 r, bytes32 s) = _permit(terms.amount);
        bytes memory consent = Items.one(BUYER_TAG, BUYER_KEY, idOf(terms));
        if (used) {
            VM.prank(stranger);
            _coin.permit(buyer, address(escrow), terms.amount, type(uint256).max, v, r, s);
        }
        must(stranger, abi.encodeCall(Escrow.fundWithPermit, (terms, type(uint256).max, v, r, s, consent)), "funding");
        same(recordOf(terms).remaining, terms.amount, "remaining");
    }

    function testFuzz_A5_fundingTakesExactlyTheValidTerms(uint256 seed, uint96 amount) external {
        Terms memory terms = _terms(seed, FUND);
        terms.amount = amount % 5 == 0 ? 0 : amount;
        address[8] memory actors = [buyer, seller, refundTo, address(0), address(escrow), terms.token, stranger, treasury];
        if (roll(seed, 20) % 3 == 0) terms.buyer = actors[roll(seed, 21) % 8];
        if (roll(seed, 22) % 3 == 0) terms.seller = actors[roll(seed, 23) % 8];
        if (roll(seed, 24) % 3 == 0) terms.refundTo = actors[roll(seed, 25) % 8];
        terms.fundBy = uint40(near(START + 366 days, roll(seed, 26), START));
        terms.deliverBy = uint40(near(terms.fundBy + (roll(seed, 27) % 2) * 366 days, roll(seed, 28), 0));
        terms.inspection = uint32(near(roll(seed, 29) % 2 == 0 ? 1 hours : 90 days, roll(seed, 30) % 3, 0));
        terms.feeBps = uint16(roll(seed, 31) % (FEE_CAP + 100));
        terms.disputeSellerBps = uint16(roll(seed, 32) % (BPS + 1_000));
        give(terms.token, stranger, terms.amount);
        VM.prank(stranger);
        _coin.approve(address(escrow), terms.amount);
        bytes4 got = attempt(stranger, terms.token == address(0) ? terms.amount : 0, abi.encodeCall(Escrow.fund, (terms)));
        refused(got, _valid(terms) ? DONE : Escrow.InvalidTerms.selector, "terms");
    }

    /// @dev The table of valid terms.
    function _valid(Terms memory terms) private view returns (bool) {
        if (terms.seller == address(0) || terms.refundTo == address(0) || terms.amount == 0) return false;
        if (terms.seller == terms.refundTo || terms.seller == terms.buyer) return false;
        address self = address(escrow);
        if (terms.buyer == self || terms.seller == self || terms.refundTo == self) return false;
        if (terms.token == terms.seller || terms.token == terms.refundTo) return false;
        if (terms.fundBy > block.timestamp + 366 days) return false;
        if (terms.deliverBy < terms.fundBy || terms.deliverBy - terms.fundBy > 366 days) return false;
        if (terms.inspection < 3_600 || terms.inspection > 7_776_000) return false;
        return terms.feeBps <= FEE_CAP && terms.disputeSellerBps <= BPS;
    }

    /// @dev A buyer with the money, and the allowance that `fund` needs.
    function _terms(uint256 seed, uint256 way) private returns (Terms memory terms) {
        terms = anyTerms(seed);
        if (way != FUND) terms.token = address(_coin);
        give(terms.token, buyer, terms.amount);
        VM.prank(buyer);
        _coin.approve(address(escrow), way == FUND ? terms.amount : 0);
    }

    function _send(Terms memory terms, uint256 way, bytes memory data) private returns (bytes4) {
        if (way != FUND) return attempt(stranger, 0, data);
        if (terms.token != address(0)) return attempt(buyer, 0, data);
        // Anybody may ask twice, but the second time somebody has to pay again.
        if (buyer.balance < terms.amount) VM.deal(buyer, terms.amount);
        return attempt(buyer, terms.amount, data);
    }

    /// @dev The call for terms `sent` with what the buyer signed for terms `signed`.
    function _signed(Terms memory sent, Terms memory signed, uint256 way, uint256 nonce) private view returns (bytes memory) {
        if (way == FUND) return abi.encodeCall(Escrow.fund, (sent));
        if (way == WITNESS) {
            bytes memory signature = _permit2(signed, nonce);
            return abi.encodeCall(Escrow.fundWithPermit2, (sent, nonce, type(uint256).max, signature));
        }
        if (way == AUTHORIZATION) {
            (uint8 v, bytes32 r, bytes32 s) = VM.sign(
                BUYER_KEY,
                _coin.receiveDigest(buyer, address(escrow), signed.amount, idOf(signed))
            );
            return abi.encodeCall(Escrow.fundWithAuthorization, (sent, 0, type(uint256).max, v, r, s));
        }
        (uint8 pv, bytes32 pr, bytes32 ps) = _permit(signed.amount);
        bytes memory consent = Items.one(BUYER_TAG, BUYER_KEY, idOf(signed));
        return abi.encodeCall(Escrow.fundWithPermit, (sent, type(uint256).max, pv, pr, ps, consent));
    }

    function _permit(uint256 amount) private view returns (uint8 v, bytes32 r, bytes32 s) {
        return VM.sign(BUYER_KEY, _coin.permitDigest(buyer, address(escrow), amount, type(uint256).max));
    }

    function _permit2(Terms memory terms, uint256 nonce) private view returns (bytes memory) {
        bytes32 digest = SpenderFace(PERMIT2).digestFor(address(escrow), terms, nonce, type(uint256).max);
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(BUYER_KEY, digest);
        return abi.encode(r, s, v);
    }

    /// @dev Another valid value in one word; the amount can only fall, since more is not there.
    function _changeWord(Terms memory terms, uint256 word, uint256 seed) private pure {
        if (word == 0) terms.buyer = address(uint160(seed));
        if (word == 1) terms.seller = address(uint160(seed));
        if (word == 2) terms.amount -= uint96(bound(seed, 1, terms.amount - 1));
        if (word == 3) terms.fundBy = terms.fundBy == START ? uint40(START + 1) : terms.fundBy - 1;
        if (word == 3 && terms.deliverBy < terms.fundBy) terms.deliverBy = terms.fundBy;
        if (word == 4) terms.deliverBy = terms.deliverBy == terms.fundBy ? terms.fundBy + 1 : terms.deliverBy - 1;
        if (word == 5) terms.inspection = terms.inspection == 1 hours ? 2 hours : terms.inspection - 1;
        if (word == 6) terms.feeBps = terms.feeBps == 0 ? 1 : terms.feeBps - 1;
        if (word == 7) terms.disputeSellerBps = terms.disputeSellerBps == 0 ? 1 : terms.disputeSellerBps - 1;
        if (word == 8) terms.milestonesHash = bytes32(seed);
        if (word == 9) terms.refundTo = address(uint160(seed));
        if (word == 10) terms.ref = bytes32(seed);
    }
}
