// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Settlement, Terms} from "../harness/Escrow.sol";
import {FuzzBase} from "../harness/FuzzBase.sol";
import {Items} from "../harness/Items.sol";
import {Messages} from "../harness/Messages.sol";
import {VM} from "../harness/Vm.sol";

/// @title Random terms and times, and payments brought into each status
abstract contract Scenes is FuzzBase {
    uint256 internal constant BPS = 10_000;
    uint256 internal constant NONE = 0;
    uint256 internal constant FUNDED = 1;
    uint256 internal constant DELIVERED = 2;
    uint256 internal constant FROZEN = 3;
    uint256 internal constant CLOSED = 4;
    bytes4 internal constant DONE = 0;

    /// @notice Another independent number out of one seed.
    function roll(uint256 seed, uint256 salt) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt)));
    }

    /// @notice The last second before an edge, the edge, the second after it, or some weeks off; never before `floor`.
    function near(uint256 edge, uint256 seed, uint256 floor) internal pure returns (uint256 t) {
        uint256 kind = seed % 5;
        uint256 far = (seed >> 8) % 60 days;
        t = edge + (kind == 1 ? 1 : kind == 3 ? far : 0) - (kind == 2 ? 1 : kind == 4 ? far : 0);
        if (t < floor) t = floor;
    }

    /// @notice Valid terms of any length, in a token or in native coin.
    function anyTerms(uint256 seed) internal returns (Terms memory terms) {
        terms = usualTerms(bound(roll(seed, 1), 2, type(uint96).max));
        terms.fundBy = uint40(START + (roll(seed, 2) % (366 days + 1)));
        terms.deliverBy = uint40(terms.fundBy + (roll(seed, 3) % (366 days + 1)));
        terms.inspection = uint32(bound(roll(seed, 4), 1 hours, 90 days));
        terms.feeBps = uint16(roll(seed, 5) % (FEE_CAP + 1));
        terms.disputeSellerBps = uint16(roll(seed, 6) % (BPS + 1));
        if (roll(seed, 7) % 2 == 0) terms.token = address(0);
    }

    /// @notice Some second at which the payment can be marked and frozen.
    function inTime(Terms memory terms, uint256 seed) internal pure returns (uint256) {
        return START + (seed % (terms.deliverBy - START + 1));
    }

    /// @notice Pays now and brings the payment into a status at `start`; NONE is a vault that holds the money.
    function bring(Terms memory terms, uint256 status, bool inVault, uint256 start) internal {
        pay(terms, inVault || status == NONE);
        VM.warp(start);
        if (status == FUNDED && inVault) settle(terms, 0, 1);
        if (status == DELIVERED) must(seller, abi.encodeCall(Escrow.markDelivered, (terms)), "mark");
        if (status == FROZEN) must(buyer, abi.encodeCall(Escrow.freeze, (terms)), "freeze");
        if (status == CLOSED) settle(terms, terms.amount, 0);
    }

    /// @notice The timer that ends a status.
    function timerOf(uint256 status, Terms memory terms) internal pure returns (bytes memory) {
        if (status == FUNDED) return abi.encodeCall(Escrow.reclaim, (terms));
        if (status == DELIVERED) return abi.encodeCall(Escrow.claim, (terms));
        return abi.encodeCall(Escrow.forceResolve, (terms));
    }

    /// @notice The last second before that timer, for a status that began at `start`.
    function endOf(uint256 status, Terms memory terms, uint256 start) internal pure returns (uint256) {
        if (status == FUNDED) return terms.deliverBy;
        return start + (status == DELIVERED ? terms.inspection : DISPUTE_TIMEOUT);
    }

    /// @notice What the first two signers sign for a batch.
    function batchItems(Terms[] memory terms, Settlement[] memory s) internal view returns (bytes memory) {
        bytes32[] memory ids = new bytes32[](terms.length);
        for (uint256 i = 0; i < ids.length; ++i) ids[i] = idOf(terms[i]);
        return Items.ofSeats(3, signerKeys, Messages.batch(address(escrow), ids, s));
    }

    /// @notice A batch of one, broadcast by a stranger.
    function tryBatch(Terms memory terms, Settlement memory settlement_) internal returns (bytes4) {
        Terms[] memory list = new Terms[](1);
        Settlement[] memory s = new Settlement[](1);
        (list[0], s[0]) = (terms, settlement_);
        return attempt(stranger, 0, abi.encodeCall(Escrow.settleBatch, (list, s, batchItems(list, s))));
    }

    function signer(uint256 index) internal view returns (address) {
        return VM.addr(signerKeys[index]);
    }

    function must(address from, bytes memory data, string memory what) internal {
        refused(attempt(from, 0, data), DONE, what);
    }

    function pause() internal {
        must(guardian, abi.encodeCall(Escrow.pause, ()), "pause");
    }

    /// @notice Fees that a payment's custody charged so far: booked by the pool, or pushed out of a vault.
    function feesOf(Terms memory terms, bool inVault) internal view returns (uint256 fees) {
        if (inVault) return balance(terms.token, treasury);
        (, fees) = escrow.book(terms.token);
    }

    function owedOf(address asset) internal view returns (uint256 owed) {
        (owed, ) = escrow.book(asset);
    }

    /// @notice A fingerprint of a payment's record, credits and money.
    function stateOf(Terms memory terms) internal view returns (bytes32) {
        return keccak256(bytes.concat(_stored(terms), _held(terms)));
    }

    function _stored(Terms memory terms) private view returns (bytes memory) {
        bytes32 id = idOf(terms);
        (uint256 owed, uint256 fees) = escrow.book(terms.token);
        (uint256 ofSeller, uint256 ofRefundTo) = escrow.vaultCredit(id);
        uint256 inPool = escrow.credits(terms.seller, terms.token);
        uint256 alsoInPool = escrow.credits(terms.refundTo, terms.token);
        return abi.encode(escrow.payment(id), owed, fees, ofSeller, ofRefundTo, inPool, alsoInPool);
    }

    function _held(Terms memory terms) private view returns (bytes memory) {
        return
            abi.encode(
                balance(terms.token, terms.seller),
                balance(terms.token, terms.refundTo),
                balance(terms.token, treasury),
                balance(terms.token, address(escrow)),
                balance(terms.token, vaultOf(terms))
            );
    }
}
