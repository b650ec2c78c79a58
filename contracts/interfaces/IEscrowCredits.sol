// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrowData} from "./IEscrowData.sol";

/// @title Money that left a payment but could not be pushed, and money that comes back after a release
interface IEscrowCredits is IEscrowData {
    /// @notice Pays the whole credit of an account to the account itself. For anyone.
    /// @param account Whose credit.
    /// @param token Token; zero is the native coin.
    function withdrawCredit(address account, address token) external;

    /// @notice Pays the shares that stayed in a vault, the seller's first, each as far as the vault's balance goes. For
    /// anyone; a share that fails again stays.
    /// @param terms Terms of the payment.
    function payVaultCredit(Terms calldata terms) external;

    /// @notice Pays a credit of the pool elsewhere. Signed over `Redirect` by one signer (the policy switch for
    /// blacklisted parties) and the account, whose item is left out if it is the caller.
    /// @param account Whose credit.
    /// @param token Token; zero is the native coin.
    /// @param to Receiver.
    /// @param amount At most the credit, so that added dust cannot void the signature.
    /// @param validUntil Last second of validity; at most 30 days ahead.
    /// @param signatures The signer's item, then the account's with tag 0x7d or 0xfd.
    function redirectCredit(
        address account,
        address token,
        address to,
        uint256 amount,
        uint40 validUntil,
        bytes calldata signatures
    ) external;

    /// @notice Pays a share that stayed in a vault elsewhere; signed as `redirectCredit`.
    /// @param terms Terms of the payment.
    /// @param sellerShare Whether it is the seller's share; else that of `refundTo`.
    /// @param to Receiver.
    /// @param amount At most the share.
    /// @param validUntil Last second of validity; at most 30 days ahead.
    /// @param signatures The signer's item, then the account's with tag 0x7d or 0xfd.
    function redirectVaultCredit(
        Terms calldata terms,
        bool sellerShare,
        address to,
        uint256 amount,
        uint40 validUntil,
        bytes calldata signatures
    ) external;

    /// @notice Sends the caller's money to `refundTo` after a release; the payment's record is never touched.
    /// @param terms Terms of the payment.
    /// @param amount Together with what was brought back before at most what was released.
    function refundLater(Terms calldata terms, uint256 amount) external payable;

    /// @notice Pays all accrued fees of a token to the treasury. For anyone.
    /// @param token Token; zero is the native coin.
    function withdrawFees(address token) external;

    /// @notice A share of pool payments whose push failed.
    /// @param account Whose credit.
    /// @param token Token; zero is the native coin.
    /// @return amount Base units, part of `owed`.
    function credits(address account, address token) external view returns (uint256 amount);

    /// @notice Shares whose push failed and that stay in the payment's vault; not part of `owed`.
    /// @param id Id of the payment.
    /// @return seller The seller's.
    /// @return refundTo That of `refundTo`.
    function vaultCredit(bytes32 id) external view returns (uint128 seller, uint128 refundTo);

    /// @notice Sum brought back after a release.
    /// @param id Id of the payment.
    /// @return amount Base units.
    function refundedLater(bytes32 id) external view returns (uint256 amount);

    /// @notice Next nonce of a `Redirect`.
    /// @param account Whose credit is redirected.
    /// @return nonce Counts the redirects so far.
    function redirectNonce(address account) external view returns (uint256 nonce);
}
