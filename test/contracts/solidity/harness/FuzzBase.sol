// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Deployer} from "./Deployer.sol";
import {Escrow, Payment, Settlement, Terms} from "./Escrow.sol";
import {FuzzToken} from "./FuzzToken.sol";
import {Items, BUYER_TAG, SELLER_TAG} from "./Items.sol";
import {Messages} from "./Messages.sol";
import {VM} from "./Vm.sol";

/// @title One escrow with two of three signers, one token, and the verbs that fuzz tests speak
abstract contract FuzzBase {
    error Assertion(string what);
    error NotEqual(string what, uint256 got, uint256 wanted);

    uint256 internal constant START = 1_800_000_000;
    uint256 internal constant BUYER_KEY = 11;
    uint256 internal constant SELLER_KEY = 12;
    uint256 internal constant DISPUTE_TIMEOUT = 45 days;
    uint256 internal constant FEE_CAP = 1_000;

    Escrow internal escrow;
    FuzzToken internal token;
    uint256[] internal signerKeys = [1, 2, 3];
    address internal buyer = VM.addr(BUYER_KEY);
    address internal seller = VM.addr(SELLER_KEY);
    address internal refundTo = address(0xBEEF);
    address internal guardian = address(0x60A2D1A1);
    address internal treasury = address(0x72EA5);
    address internal stranger = address(0x57A6);
    uint256 private _ref;

    function setUp() public virtual {
        VM.warp(START);
        escrow = deploy(2);
        token = new FuzzToken(false);
    }

    function deploy(uint256 threshold) internal returns (Escrow) {
        address[] memory signers = new address[](signerKeys.length);
        for (uint256 i = 0; i < signers.length; ++i) signers[i] = VM.addr(signerKeys[i]);
        return
            Deployer.deploy(
                Deployer.Options(signers, threshold, guardian, treasury, FEE_CAP, DISPUTE_TIMEOUT)
            );
    }

    // Values

    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        return value >= low && value <= high ? value : low + (value % (high - low + 1));
    }

    function usualTerms(uint256 amount) internal returns (Terms memory) {
        return
            Terms({
                buyer: buyer,
                seller: seller,
                token: address(token),
                amount: uint96(bound(amount, 1, type(uint96).max)),
                fundBy: uint40(START + 1 days),
                deliverBy: uint40(START + 14 days),
                inspection: 3 days,
                feeBps: 100,
                disputeSellerBps: 5_000,
                milestonesHash: 0,
                refundTo: refundTo,
                ref: bytes32(++_ref)
            });
    }

    function idOf(Terms memory terms) internal view returns (bytes32) {
        return Messages.id(address(escrow), terms);
    }

    function vaultOf(Terms memory terms) internal view returns (address) {
        return escrow.depositAddress(idOf(terms));
    }

    function recordOf(Terms memory terms) internal view returns (Payment memory) {
        return escrow.payment(idOf(terms));
    }

    function balance(address asset, address account) internal view returns (uint256) {
        return asset == address(0) ? account.balance : FuzzToken(asset).balanceOf(account);
    }

    // Verbs

    function give(address asset, address to, uint256 amount) internal {
        if (asset == address(0)) VM.deal(to, to.balance + amount);
        else FuzzToken(asset).mint(to, amount);
    }

    /// @notice The usual way of each mode to have a payment that can be settled.
    function pay(Terms memory terms, bool inVault) internal {
        if (inVault) give(terms.token, vaultOf(terms), terms.amount);
        else fund(terms);
    }

    function fund(Terms memory terms) internal {
        give(terms.token, buyer, terms.amount);
        if (terms.token == address(0)) {
            VM.prank(buyer);
            escrow.fund{value: terms.amount}(terms);
        } else {
            VM.prank(buyer);
            FuzzToken(terms.token).approve(address(escrow), terms.amount);
            VM.prank(buyer);
            escrow.fund(terms);
        }
    }

    function settlement(Terms memory terms, uint256 toSeller, uint256 toBuyer) internal view returns (Settlement memory) {
        uint40 validUntil = uint40(block.timestamp + 1 days);
        return Settlement(recordOf(terms).seq, uint96(toSeller), uint96(toBuyer), validUntil);
    }

    function digestOf(Terms memory terms, Settlement memory s) internal view returns (bytes32) {
        return Messages.settle(address(escrow), idOf(terms), s);
    }

    function byAdmins(Terms memory terms, Settlement memory s) internal view returns (bytes memory) {
        return Items.ofSeats(3, signerKeys, digestOf(terms, s));
    }

    function byParties(Terms memory terms, Settlement memory s, bool b, bool c) internal view returns (bytes memory items) {
        bytes32 digest = digestOf(terms, s);
        if (b) items = Items.one(BUYER_TAG, BUYER_KEY, digest);
        if (c) items = bytes.concat(items, Items.one(SELLER_TAG, SELLER_KEY, digest));
    }

    /// @notice A stranger broadcasts a settlement of the first two signers.
    function settle(Terms memory terms, uint256 toSeller, uint256 toBuyer) internal {
        Settlement memory s = settlement(terms, toSeller, toBuyer);
        bytes memory signatures = byAdmins(terms, s);
        VM.prank(stranger);
        escrow.settle(terms, s, signatures);
    }

    function trySettle(Terms memory terms, Settlement memory s, bytes memory signatures) internal returns (bytes4) {
        return attempt(stranger, 0, abi.encodeCall(Escrow.settle, (terms, s, signatures)));
    }

    /// @notice A call of the escrow as anybody; answers the error's selector, zero for success.
    function attempt(address from, uint256 value, bytes memory data) internal returns (bytes4) {
        VM.prank(from);
        // solhint-disable-next-line avoid-low-level-calls
        (bool done, bytes memory answer) = address(escrow).call{value: value}(data);
        if (done) return 0;
        return answer.length < 4 ? bytes4(0xffffffff) : bytes4(answer);
    }

    // Expectations

    function check(bool holds, string memory what) internal pure {
        if (!holds) revert Assertion(what);
    }

    function same(uint256 got, uint256 wanted, string memory what) internal pure {
        if (got != wanted) revert NotEqual(what, got, wanted);
    }

    function refused(bytes4 got, bytes4 wanted, string memory what) internal pure {
        if (got != wanted) revert NotEqual(what, uint32(got), uint32(wanted));
    }
}
