// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The one function of Permit2 that the escrow calls
interface IPermit2 {
    /// @notice What the owner signed away.
    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    /// @notice What the owner signed.
    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce;
        uint256 deadline;
    }

    /// @notice What the spender asks for.
    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount;
    }

    /// @notice Moves the owner's tokens by a signature over the permit and a witness.
    /// @param permit What the owner signed.
    /// @param transferDetails What the spender asks for.
    /// @param owner Owner of the tokens.
    /// @param witness Struct hash of the witness.
    /// @param witnessTypeString Its type, as Permit2 appends it to its own.
    /// @param signature The owner's.
    function permitWitnessTransferFrom(
        PermitTransferFrom memory permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external;
}
