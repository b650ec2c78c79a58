// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title ERC-3009: transfers that the payer signs and somebody else broadcasts
abstract contract Authorizations {
    error AuthorizationRefused();

    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);

    bytes32 private constant TRANSFER_TYPE =
        keccak256(
            "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
    bytes32 private constant RECEIVE_TYPE =
        keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
    bytes32 private constant CANCEL_TYPE = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");

    /// Whether an authorization was used or cancelled.
    mapping(address authorizer => mapping(bytes32 nonce => bool used)) public authorizationState;

    /// @notice Moves tokens as their owner signed; anybody may broadcast.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        bytes32 structHash = keccak256(abi.encode(TRANSFER_TYPE, from, to, value, validAfter, validBefore, nonce));
        _requireWindow(validAfter, validBefore);
        _use(from, nonce, structHash, abi.encodePacked(r, s, v));
        emit AuthorizationUsed(from, nonce);
        _move(from, to, value);
    }

    /// @notice The same, but only the receiver may broadcast.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        if (to != msg.sender) revert AuthorizationRefused();
        bytes32 structHash = keccak256(abi.encode(RECEIVE_TYPE, from, to, value, validAfter, validBefore, nonce));
        _requireWindow(validAfter, validBefore);
        _use(from, nonce, structHash, abi.encodePacked(r, s, v));
        emit AuthorizationUsed(from, nonce);
        _move(from, to, value);
    }

    /// @notice Makes an authorization useless.
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        _use(authorizer, nonce, keccak256(abi.encode(CANCEL_TYPE, authorizer, nonce)), abi.encodePacked(r, s, v));
        emit AuthorizationCanceled(authorizer, nonce);
    }

    function _move(address from, address to, uint256 amount) internal virtual;

    function _digest(bytes32 structHash) internal view virtual returns (bytes32);

    /// @dev Both bounds are exclusive, as in USDC.
    function _requireWindow(uint256 validAfter, uint256 validBefore) private view {
        if (block.timestamp <= validAfter || block.timestamp >= validBefore) revert AuthorizationRefused();
    }

    function _use(address authorizer, bytes32 nonce, bytes32 structHash, bytes memory signature) private {
        if (authorizationState[authorizer][nonce]) revert AuthorizationRefused();
        if (ECDSA.recover(_digest(structHash), signature) != authorizer) revert AuthorizationRefused();
        authorizationState[authorizer][nonce] = true;
    }
}
