// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Terms} from "./Escrow.sol";
import {FuzzToken} from "./FuzzToken.sol";
import {Messages} from "./Messages.sol";

// The address Permit2 has on every chain.
address constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;

/// @title Stands at the address of Permit2: the witness transfer with its hash in plain words, and unordered nonces
/// @dev The Mocha tests use the real one; its compiler is another, so the Solidity tests cannot build it.
contract SpenderFace {
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

    string private constant WITNESS_HEAD =
        "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,";

    mapping(address owner => mapping(uint256 nonce => bool used)) private _used;

    function permitWitnessTransferFrom(
        PermitTransferFrom memory permit,
        SignatureTransferDetails calldata details,
        address owner,
        bytes32 witness,
        string calldata witnessType,
        bytes calldata signature
    ) external {
        if (block.timestamp > permit.deadline || details.requestedAmount > permit.permitted.amount) revert Refused();
        if (_used[owner][permit.nonce]) revert Refused();
        _used[owner][permit.nonce] = true;
        bytes32 digest = _digest(permit, msg.sender, witness, witnessType);
        (bytes32 r, bytes32 s, uint8 v) = abi.decode(signature, (bytes32, bytes32, uint8));
        if (ecrecover(digest, v, r, s) != owner) revert Refused();
        FuzzToken(permit.permitted.token).transferFrom(owner, details.to, details.requestedAmount);
    }

    /// @notice What the owner of the tokens signs to let an escrow take the amount of the terms.
    function digestFor(
        address escrow,
        Terms calldata terms,
        uint256 nonce,
        uint256 deadline
    ) external view returns (bytes32) {
        PermitTransferFrom memory permit = PermitTransferFrom(
            TokenPermissions(terms.token, terms.amount),
            nonce,
            deadline
        );
        string memory witnessType = string.concat(
            "Terms witness)",
            Messages.TERMS,
            "TokenPermissions(address token,uint256 amount)"
        );
        return _digest(permit, escrow, Messages.termsHash(terms), witnessType);
    }

    function _digest(
        PermitTransferFrom memory permit,
        address spender,
        bytes32 witness,
        string memory witnessType
    ) private view returns (bytes32) {
        bytes32 permitted = keccak256(
            abi.encode(keccak256("TokenPermissions(address token,uint256 amount)"), permit.permitted)
        );
        bytes32 kind = keccak256(bytes(string.concat(WITNESS_HEAD, witnessType)));
        bytes32 hash = keccak256(
            abi.encode(kind, permitted, spender, permit.nonce, permit.deadline, witness)
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
                keccak256("Permit2"),
                block.chainid,
                address(this)
            )
        );
        return keccak256(bytes.concat(hex"1901", domain, hash));
    }
}
