// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FuzzToken} from "../harness/FuzzToken.sol";

/// @title The witness transfer of Permit2 for owners with a key, as its documentation words it
contract Permit2Face {
    error Refused();

    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce;
        uint256 deadline;
    }

    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount;
    }

    mapping(address owner => mapping(uint256 nonce => bool used)) public used;

    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata details,
        address owner,
        bytes32 witness,
        string calldata witnessType,
        bytes calldata signature
    ) external {
        if (block.timestamp > permit.deadline || details.requestedAmount > permit.permitted.amount) revert Refused();
        if (used[owner][permit.nonce]) revert Refused();
        used[owner][permit.nonce] = true;
        string memory head = "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,";
        bytes32 digest = digestOf(permit, msg.sender, keccak256(bytes(string.concat(head, witnessType))), witness);
        _requireOwner(owner, digest, signature);
        FuzzToken(permit.permitted.token).transferFrom(owner, details.to, details.requestedAmount);
    }

    /// @notice What the owner signs.
    function digestOf(
        PermitTransferFrom calldata permit,
        address spender,
        bytes32 kind,
        bytes32 witness
    ) public view returns (bytes32) {
        bytes32 permitted = keccak256(
            abi.encode(
                keccak256("TokenPermissions(address token,uint256 amount)"),
                permit.permitted.token,
                permit.permitted.amount
            )
        );
        bytes32 hash = keccak256(abi.encode(kind, permitted, spender, permit.nonce, permit.deadline, witness));
        bytes32 domain = keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
        bytes32 separator = keccak256(abi.encode(domain, keccak256("Permit2"), block.chainid, address(this)));
        return keccak256(bytes.concat(hex"1901", separator, hash));
    }

    function _requireOwner(address owner, bytes32 digest, bytes calldata signature) private pure {
        if (signature.length != 65) revert Refused();
        bytes32 s = bytes32(signature[32:64]);
        if (ecrecover(digest, uint8(signature[64]), bytes32(signature[:32]), s) != owner) revert Refused();
    }
}
