// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The seats of the escrow, its pause, and the messages by which the admins change seats
/// @notice Control messages are signed by at least `threshold` signers over the current config nonce; each accepted one
/// raises the nonce, and a pause never stops them.
interface IEscrowControl {
    /// @notice Stops new funding and settlements by the admins for 7 days. For the guardian, 7 days after the last pause.
    function pause() external;

    /// @notice Ends a running pause. For the guardian.
    function unpause() external;

    /// @notice Proposes a new holder for a seat; replaces an older proposal. Signed by the admins over `Rotate`.
    /// @param index A signer, 8 the guardian, 9 the treasury.
    /// @param account New holder; in no other seat.
    /// @param validUntil Last second of validity; at most 30 days ahead.
    /// @param signatures Items of the admins.
    function rotate(uint8 index, address account, uint40 validUntil, bytes calldata signatures) external;

    /// @notice Seats the proposed holder, 48 hours after the proposal; a signer becomes active. For anyone.
    /// @param index Seat with a pending rotation.
    function executeRotation(uint8 index) external;

    /// @notice Drops a pending rotation. Signed by the admins over `CancelRotation`.
    /// @param index Seat with a pending rotation.
    /// @param validUntil Last second of validity; at most 30 days ahead.
    /// @param signatures Items of the admins.
    function cancelRotation(uint8 index, uint40 validUntil, bytes calldata signatures) external;

    /// @notice Switches a compromised signer off at once and drops all pending rotations. Signed over `SignerOff` by
    /// at least `threshold` other signers, so never below the threshold.
    /// @param index An active signer.
    /// @param validUntil Last second of validity; at most 30 days ahead.
    /// @param signatures Items of the other admins.
    function signerOff(uint8 index, uint40 validUntil, bytes calldata signatures) external;

    /// @notice Sends tokens that nobody is owed to the treasury. Signed by the admins over `Rescue`.
    /// @param token Token; zero is the native coin.
    /// @param amount At most the balance above what is owed.
    /// @param validUntil Last second of validity; at most 30 days ahead.
    /// @param signatures Items of the admins.
    function rescue(address token, uint256 amount, uint40 validUntil, bytes calldata signatures) external;

    /// @notice The configuration slot.
    /// @return threshold Signers a settlement needs.
    /// @return active Bit i is set if signer i may sign.
    /// @return overrides Bit i is set if seat i is held by another than at deployment.
    /// @return pausedUntil Last second of the pause.
    /// @return nonce Next nonce of a control message.
    function config()
        external
        view
        returns (uint8 threshold, uint8 active, uint16 overrides, uint40 pausedUntil, uint64 nonce);

    /// @notice The holder of a seat.
    /// @param index 0 to 7 a signer, 8 the guardian, 9 the treasury.
    /// @return holder Its address; zero where there is no such seat.
    function seat(uint256 index) external view returns (address holder);

    /// @notice The pending rotation of a seat.
    /// @param index 0 to 7 a signer, 8 the guardian, 9 the treasury.
    /// @return account Proposed holder; zero if there is none.
    /// @return readyAt The rotation can be executed after this second.
    function rotation(uint256 index) external view returns (address account, uint40 readyAt);

    /// @notice The key that may pause, different from every signer.
    function guardian() external view returns (address);

    /// @notice The receiver of fees and rescues.
    function treasury() external view returns (address);

    /// @notice Domain separator of every signed message, for the current chain id.
    function domainSeparator() external view returns (bytes32);
}
