// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Settlement, Terms} from "./Escrow.sol";

/// @title The signed messages in plain Solidity: type strings as written in the specification, `abi.encode`, nothing cached
library Messages {
    string internal constant TERMS =
        "Terms(address buyer,address seller,address token,uint96 amount,uint40 fundBy,uint40 deliverBy,uint32 inspection,uint16 feeBps,uint16 disputeSellerBps,bytes32 milestonesHash,address refundTo,bytes32 ref)";
    string internal constant SETTLE =
        "Settle(bytes32 id,uint16 seq,uint96 toSeller,uint96 toBuyer,uint40 validUntil)";

    function domain(address escrow, uint256 chainId) internal pure returns (bytes32) {
        bytes32 kind = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        );
        return keccak256(abi.encode(kind, keccak256("MarketplaceEscrow"), keccak256("1"), chainId, escrow));
    }

    function digest(address escrow, bytes32 structHash) internal view returns (bytes32) {
        return digestOn(escrow, block.chainid, structHash);
    }

    function digestOn(address escrow, uint256 chainId, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(bytes.concat(hex"1901", domain(escrow, chainId), structHash));
    }

    function termsHash(Terms memory terms) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(bytes(TERMS)), abi.encode(terms)));
    }

    function id(address escrow, Terms memory terms) internal view returns (bytes32) {
        return digest(escrow, termsHash(terms));
    }

    function settleHash(bytes32 paymentId, Settlement memory settlement) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(bytes(SETTLE)), paymentId, abi.encode(settlement)));
    }

    function settle(address escrow, bytes32 paymentId, Settlement memory settlement) internal view returns (bytes32) {
        return digest(escrow, settleHash(paymentId, settlement));
    }

    /// @dev An array is the hash of its members' struct hashes put together.
    function batch(
        address escrow,
        bytes32[] memory ids,
        Settlement[] memory settlements
    ) internal view returns (bytes32) {
        bytes memory members;
        for (uint256 i = 0; i < ids.length; ++i) members = bytes.concat(members, settleHash(ids[i], settlements[i]));
        bytes32 kind = keccak256(bytes(string.concat("SettleBatch(Settle[] items)", SETTLE)));
        return digest(escrow, keccak256(abi.encode(kind, keccak256(members))));
    }

    function act(address escrow, bytes32 paymentId, uint8 action, uint40 validUntil) internal view returns (bytes32) {
        bytes32 kind = keccak256("Act(bytes32 id,uint8 action,uint40 validUntil)");
        return digest(escrow, keccak256(abi.encode(kind, paymentId, action, validUntil)));
    }

    struct Redirect {
        address account;
        address token;
        address to;
        uint256 amount;
        uint256 nonce;
        uint40 validUntil;
    }

    function redirect(address escrow, Redirect memory message) internal view returns (bytes32) {
        bytes32 kind = keccak256(
            "Redirect(address account,address token,address to,uint256 amount,uint256 nonce,uint40 validUntil)"
        );
        return digest(escrow, keccak256(bytes.concat(kind, abi.encode(message))));
    }

    struct Control {
        uint8 index;
        address account;
        uint256 amount;
        uint256 nonce;
        uint40 validUntil;
    }

    function rotate(address escrow, Control memory c) internal view returns (bytes32) {
        bytes32 kind = keccak256("Rotate(uint8 index,address account,uint256 nonce,uint40 validUntil)");
        return digest(escrow, keccak256(abi.encode(kind, c.index, c.account, c.nonce, c.validUntil)));
    }

    function cancelRotation(address escrow, Control memory c) internal view returns (bytes32) {
        bytes32 kind = keccak256("CancelRotation(uint8 index,uint256 nonce,uint40 validUntil)");
        return digest(escrow, keccak256(abi.encode(kind, c.index, c.nonce, c.validUntil)));
    }

    function signerOff(address escrow, Control memory c) internal view returns (bytes32) {
        bytes32 kind = keccak256("SignerOff(uint8 index,uint256 nonce,uint40 validUntil)");
        return digest(escrow, keccak256(abi.encode(kind, c.index, c.nonce, c.validUntil)));
    }

    function rescue(address escrow, Control memory c) internal view returns (bytes32) {
        bytes32 kind = keccak256("Rescue(address token,uint256 amount,uint256 nonce,uint40 validUntil)");
        return digest(escrow, keccak256(abi.encode(kind, c.account, c.amount, c.nonce, c.validUntil)));
    }
}
