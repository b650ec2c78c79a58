// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrowErrors} from "./interfaces/IEscrowErrors.sol";

/// @title The signers of the escrow: their seats, the configuration slot, and the items of a signature set
/// @notice Configuration slot, lowest bits first: threshold (8), active signers (8), overrides (16: indexes 0-7 signers,
/// 8 guardian, 9 treasury), pausedUntil (40), config nonce (64).
library SignerSet {
    /// Seats for signers.
    uint256 internal constant SEATS = 8;
    /// Low 7 bits of the tag of the account of a redirect.
    uint256 internal constant ACCOUNT_TAG = 0x7d;
    /// Low 7 bits of the tag of the buyer.
    uint256 internal constant BUYER_TAG = 0x7e;
    /// Low 7 bits of the tag of the seller, the last one.
    uint256 internal constant SELLER_TAG = 0x7f;
    /// Tag byte and compact signature (EIP-2098).
    uint256 private constant ITEM_SIZE = 65;
    /// Tag byte and length, before the signature for an ERC-1271 wallet.
    uint256 private constant WALLET_HEAD = 3;
    /// `isValidSignature(bytes32,bytes)`: selector and answer of ERC-1271, followed by zeros.
    uint256 private constant MAGIC = 0x1626ba7e << 224;
    uint256 private constant ACTIVE_SHIFT = 8;
    uint256 private constant OVERRIDES_SHIFT = 16;
    uint256 private constant PAUSED_SHIFT = 32;
    uint256 private constant NONCE_SHIFT = 72;
    /// Half of the curve's order: a larger s is the malleable twin of a signature (EIP-2).
    uint256 private constant S_MAX = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice The configuration of a deployment, with all signers active.
    /// @param count Number of signers.
    /// @param needed Threshold.
    function initial(uint256 count, uint256 needed) internal pure returns (uint256) {
        if (needed == 0 || needed > count || count > SEATS) revert IEscrowErrors.BadSeat();
        return (((1 << count) - 1) << 8) | needed;
    }

    /// @notice Signers a settlement needs.
    function threshold(uint256 config) internal pure returns (uint256) {
        return uint8(config);
    }

    /// @notice Whether the signer with this index may sign.
    function active(uint256 config, uint256 index) internal pure returns (bool) {
        return ((config >> ACTIVE_SHIFT) >> index) & 1 != 0;
    }

    /// @notice Whether the seat is held by another than at deployment.
    function overridden(uint256 config, uint256 index) internal pure returns (bool) {
        return ((config >> OVERRIDES_SHIFT) >> index) & 1 != 0;
    }

    /// @notice Last second of the pause.
    function pausedUntil(uint256 config) internal pure returns (uint256) {
        return uint40(config >> PAUSED_SHIFT);
    }

    /// @notice Sets the last second of the pause.
    function withPause(uint256 config, uint256 until) internal pure returns (uint256) {
        return (config & ~(uint256(type(uint40).max) << PAUSED_SHIFT)) | (until << PAUSED_SHIFT);
    }

    /// @notice Next nonce of a control message.
    function nonce(uint256 config) internal pure returns (uint256) {
        return uint64(config >> NONCE_SHIFT);
    }

    /// @notice Uses the nonce up.
    function withNextNonce(uint256 config) internal pure returns (uint256) {
        return config + (1 << NONCE_SHIFT);
    }

    /// @notice Marks a seat as held by another; a signer becomes active.
    function withHolder(uint256 config, uint256 index) internal pure returns (uint256) {
        config |= (1 << OVERRIDES_SHIFT) << index;
        return index < SEATS ? config | ((1 << ACTIVE_SHIFT) << index) : config;
    }

    /// @notice Switches a signer off.
    function without(uint256 config, uint256 index) internal pure returns (uint256) {
        return config & ~((1 << ACTIVE_SHIFT) << index);
    }

    /// @notice Refuses a list of seats with a zero, this contract, or one account twice.
    /// @param holders The signers, then the guardian and the treasury.
    function requireDistinct(address[] memory holders) internal view {
        for (uint256 i = 0; i < holders.length; ++i) {
            if (holders[i] == address(0) || holders[i] == address(this)) revert IEscrowErrors.BadSeat();
            for (uint256 j = 0; j < i; ++j) {
                if (holders[i] == holders[j]) revert IEscrowErrors.BadSeat();
            }
        }
    }

    /// @notice Places in calldata of the first item and behind the last one: to walk by place is cheaper than by offset and
    /// length of the slice.
    function boundsOf(bytes calldata signatures) internal pure returns (uint256 item, uint256 end) {
        assembly ("memory-safe") {
            item := signatures.offset
            end := add(item, signatures.length)
        }
    }

    /// @notice Low 7 bits of the tag of an item.
    function kindAt(uint256 item) internal pure returns (uint256 kind) {
        assembly ("memory-safe") {
            kind := and(byte(0, calldataload(item)), 0x7f)
        }
    }

    /// @notice Checks one item of a signature set.
    /// @param item Its place in calldata.
    /// @param digest What was signed.
    /// @param expected Who must have signed; zero: nobody can.
    /// @return next Where the next item starts.
    function checkItem(uint256 item, bytes32 digest, address expected) internal view returns (uint256 next) {
        bool signed;
        assembly ("memory-safe") {
            let data := mload(0x40)
            let head := calldataload(item)
            switch shr(255, head)
            case 0 {
                // The tag alone decides: an account with code (EIP-7702) signs like any other.
                next := add(item, ITEM_SIZE)
                let parityAndS := calldataload(add(item, 33))
                let s := shr(1, shl(1, parityAndS))
                mstore(data, digest)
                mstore(add(data, 0x20), add(27, shr(255, parityAndS)))
                mstore(add(data, 0x40), calldataload(add(item, 1)))
                mstore(add(data, 0x60), s)
                // ecrecover returns nothing if there is no signer; where it returns a zero instead, that is nobody either.
                mstore(0, 0)
                pop(staticcall(gas(), 1, data, 0x80, 0, 0x20))
                signed := and(eq(mload(0), expected), iszero(or(gt(s, S_MAX), iszero(expected))))
            }
            default {
                let size := and(shr(232, head), 0xffff)
                next := add(item, add(size, WALLET_HEAD))
                mstore(data, MAGIC)
                mstore(add(data, 0x04), digest)
                mstore(add(data, 0x24), 0x40)
                mstore(add(data, 0x44), size)
                calldatacopy(add(data, 0x64), add(item, WALLET_HEAD), size)
                // Zeros up to the next word.
                mstore(add(add(data, 0x64), size), 0)
                let padded := and(add(size, 0x1f), not(0x1f))
                signed := staticcall(gas(), expected, data, add(padded, 0x64), 0, 0x20)
                signed := and(and(signed, gt(returndatasize(), 0x1f)), eq(mload(0), MAGIC))
            }
        }
        if (!signed) revert IEscrowErrors.BadSignature();
    }
}
