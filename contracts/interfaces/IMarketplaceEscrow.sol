// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrowControl} from "./IEscrowControl.sol";
import {IEscrowCredits} from "./IEscrowCredits.sol";
import {IEscrowErrors} from "./IEscrowErrors.sol";
import {IEscrowEvents} from "./IEscrowEvents.sol";

/// @title Escrow for marketplace payments
/// @notice Holds the money of a payment until it goes to the seller or back to `refundTo`, exactly once.
/// A payment is its terms: the EIP-712 digest of the terms is the payment's id, and the id is the CREATE2 salt of the
/// payment's deposit address (its vault). Money is held either by this contract (pool) or by the vault.
/// @dev Amounts are base units. Token zero is the native coin. A day is 86,400 seconds.
interface IMarketplaceEscrow is IEscrowEvents, IEscrowErrors, IEscrowControl, IEscrowCredits {
    /// @notice Takes the caller's money into the pool, by allowance or as native coin. Anybody may pay.
    /// @param terms Valid terms of an unused id, until `fundBy`.
    function fund(Terms calldata terms) external payable;

    /// @notice Takes the buyer's tokens by ERC-3009 `receiveWithAuthorization` with the id as nonce; for anyone.
    /// @param terms Valid terms of an unused id with a buyer and a token, until `fundBy`.
    /// @param validAfter Bound of the authorization.
    /// @param validBefore Bound of the authorization.
    /// @param v Of the buyer's signature.
    /// @param r Of the buyer's signature.
    /// @param s Of the buyer's signature.
    function fundWithAuthorization(
        Terms calldata terms,
        uint256 validAfter,
        uint256 validBefore,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Takes the buyer's tokens by a Permit2 transfer whose witness is the terms; for anyone.
    /// @param terms Valid terms of an unused id with a buyer and a token, until `fundBy`.
    /// @param nonce Permit2 nonce; dense ones are cheaper than hashes.
    /// @param deadline Bound of the permit.
    /// @param signature The buyer's.
    function fundWithPermit2(Terms calldata terms, uint256 nonce, uint256 deadline, bytes calldata signature) external;

    /// @notice Takes the buyer's tokens by allowance after an EIP-2612 permit, which may fail if the allowance is there.
    /// For the buyer, or anyone with his consent: a bare permit does not bind the terms.
    /// @param terms Valid terms of an unused id with a buyer and a token, until `fundBy`.
    /// @param deadline Bound of the permit.
    /// @param v Of the permit.
    /// @param r Of the permit.
    /// @param s Of the permit.
    /// @param consent One item with tag 0x7e or 0xfe over the id itself; ignored if the buyer calls.
    function fundWithPermit(
        Terms calldata terms,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s,
        bytes calldata consent
    ) external;

    /// @notice Moves exactly `amount` from the payment's vault into the pool. For buyer, seller or a signer, until `deliverBy`.
    /// @param terms Valid terms of an unused id whose vault holds at least `amount`.
    function sweep(Terms calldata terms) external;

    /// @notice Pays seller and `refundTo` by signatures; broadcast by anyone. Opens a vault payment if the vault holds `amount`.
    /// @param terms Terms of the payment.
    /// @param settlement What goes to whom.
    /// @param signatures Items with rising low 7 bits of the tag. Tags 0x00-0x07 the signer with this index, 0x7e the
    /// buyer, 0x7f the seller, each before a 64-byte compact signature; with 0x80 added the same by ERC-1271, before a
    /// two-byte length and that many bytes. Either `threshold` signers or parties. Empty: the caller is a signer and the
    /// threshold is 1.
    function settle(Terms calldata terms, Settlement calldata settlement, bytes calldata signatures) external;

    /// @notice Releases exactly the next milestone; authority as in `settle`.
    /// @param terms Terms of the payment.
    /// @param settlement `toSeller` takes what is released to the next prefix sum; `toBuyer` is zero.
    /// @param signatures As in `settle`.
    /// @param milestones All amounts; their hash is in the terms.
    function settleMilestone(
        Terms calldata terms,
        Settlement calldata settlement,
        bytes calldata signatures,
        uint256[] calldata milestones
    ) external;

    /// @notice Settles many payments by one signature set of the admins over `SettleBatch`; all or nothing.
    /// @param terms Terms of each payment.
    /// @param settlements What goes to whom, in the same order.
    /// @param signatures Items of the admins.
    function settleBatch(
        Terms[] calldata terms,
        Settlement[] calldata settlements,
        bytes calldata signatures
    ) external;

    /// @notice The same with the same signatures, item by item: one that fails leaves only `ItemFailed`.
    /// @param terms Terms of each payment.
    /// @param settlements What goes to whom, in the same order.
    /// @param signatures Items of the admins.
    function settleBatchReport(
        Terms[] calldata terms,
        Settlement[] calldata settlements,
        bytes calldata signatures
    ) external;

    /// @notice One item of a report batch; for the escrow itself.
    /// @param terms Terms of the payment.
    /// @param settlement What goes to whom.
    /// @param id Id of the terms.
    function settleItem(Terms calldata terms, Settlement calldata settlement, bytes32 id) external;

    /// @notice Starts the inspection. For the seller, until `deliverBy`; opens a vault payment if the vault holds `amount`.
    /// @param terms Terms of the payment.
    function markDelivered(Terms calldata terms) external;

    /// @notice Starts a dispute. For the buyer or a signer, until `deliverBy` or in the inspection; in the inspection for
    /// the seller too. Opens a vault payment if the vault holds `amount`.
    /// @param terms Terms of the payment.
    function freeze(Terms calldata terms) external;

    /// @notice Does what the party's own `markDelivered` or `freeze` would do, by its signature over `Act`. For anyone.
    /// @param terms Terms of the payment.
    /// @param action 1 mark delivered, 2 freeze.
    /// @param validUntil Last second of validity; at most 30 days ahead.
    /// @param signature Exactly one item, of the buyer or the seller.
    function actSigned(Terms calldata terms, uint8 action, uint40 validUntil, bytes calldata signature) external;

    /// @notice After `deliverBy`, sends everything of a payment that was not marked delivered to `refundTo`. For anyone.
    /// @param terms Terms of the payment.
    function reclaim(Terms calldata terms) external;

    /// @notice After the inspection, sends everything of a delivered payment to the seller, less the fee. For anyone.
    /// @param terms Terms of the payment.
    function claim(Terms calldata terms) external;

    /// @notice After the dispute timeout, splits everything of a frozen payment by `disputeSellerBps`. For anyone.
    /// @param terms Terms of the payment.
    function forceResolve(Terms calldata terms) external;

    /// @notice Sends what the payment does not need of an asset from its vault to `refundTo`. For anyone, at any time.
    /// @param terms Terms of the vault; invalid ones are never refused, so that they cannot lock money.
    /// @param asset Token to recover; zero is the native coin.
    function recover(Terms calldata terms, address asset) external;

    /// @notice Sends money that reached the vault address of another chain's payment on this chain to its `refundTo`. For a
    /// signer; writes no record.
    /// @param terms Terms of the payment on its own chain.
    /// @param asset Token to recover; zero is the native coin.
    /// @param originChainId Chain of the payment, not this one.
    function recoverForeign(Terms calldata terms, address asset, uint256 originChainId) external;

    /// @notice Cancels the outstanding settlements of a payment. For one signer, at most 7 times a payment.
    /// @param id Id of the payment.
    function bumpSeq(bytes32 id) external;

    /// @notice The id of a payment: the EIP-712 digest of its terms.
    /// @param terms Terms of the payment.
    /// @return id Its id on this chain and for this deployment.
    function idOf(Terms calldata terms) external view returns (bytes32 id);

    /// @notice The deposit address (vault) of a payment, usable before anything is deployed.
    /// @param id Id of the payment.
    /// @return vault CREATE2 address with the id as salt.
    function depositAddress(bytes32 id) external view returns (address vault);

    /// @notice The stored record of a payment.
    /// @param id Id of the payment.
    /// @return record Its slot, unpacked.
    function payment(bytes32 id) external view returns (Payment memory record);

    /// @notice What the pool owes in a token.
    /// @param token Token; zero is the native coin.
    /// @return owed Remaining of open pool payments, fees and credits.
    /// @return fees Accrued fees.
    function book(address token) external view returns (uint128 owed, uint128 fees);

    /// @notice Whether the pool holds at least what it owes.
    /// @param token Token; zero is the native coin.
    /// @return covered Balance is not below `owed`.
    function solvent(address token) external view returns (bool covered);

    /// @notice Highest fee that terms may carry, in 1/10,000.
    function feeCap() external view returns (uint256);

    /// @notice Seconds after which an abandoned dispute is resolved by time.
    function disputeTimeout() external view returns (uint256);
}
