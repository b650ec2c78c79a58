// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FuzzToken} from "./FuzzToken.sol";

/// @title A token with EIP-2612 permits and ERC-3009 authorizations, like USDC
contract SignedToken is FuzzToken(false) {
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant RECEIVE =
        keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );

    mapping(address owner => uint256 nonce) public nonces;
    mapping(address owner => mapping(bytes32 nonce => bool used)) public authorizationState;

    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        bytes32 kind = keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
        return keccak256(abi.encode(kind, keccak256("SignedToken"), block.chainid, address(this)));
    }

    /// @notice What the owner signs for a permit with his next nonce.
    function permitDigest(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline
    ) public view returns (bytes32) {
        bytes32 hash = keccak256(abi.encode(PERMIT, owner, spender, value, nonces[owner], deadline));
        return keccak256(bytes.concat(hex"1901", DOMAIN_SEPARATOR(), hash));
    }

    /// @notice What the owner signs for an authorization that is valid for ever.
    function receiveDigest(address from, address to, uint256 value, bytes32 nonce) public view returns (bytes32) {
        bytes32 hash = keccak256(abi.encode(RECEIVE, from, to, value, uint256(0), type(uint256).max, nonce));
        return keccak256(bytes.concat(hex"1901", DOMAIN_SEPARATOR(), hash));
    }

    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        if (block.timestamp > deadline) revert Refused();
        if (ecrecover(permitDigest(owner, spender, value, deadline), v, r, s) != owner) revert Refused();
        ++nonces[owner];
        allowance[owner][spender] = value;
    }

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
        if (msg.sender != to || validAfter != 0 || validBefore != type(uint256).max) revert Refused();
        if (authorizationState[from][nonce]) revert Refused();
        if (ecrecover(receiveDigest(from, to, value, nonce), v, r, s) != from) revert Refused();
        authorizationState[from][nonce] = true;
        _move(from, to, value);
    }
}
