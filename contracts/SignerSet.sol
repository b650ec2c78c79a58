// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketplaceEscrow} from "./interfaces/IMarketplaceEscrow.sol";

/// @title The signers of the escrow: their seats, the configuration slot, and the items of a signature set
/// @notice Configuration slot, lowest bits first: threshold (8), active signers (8), overrides (16: indexes 0-7 signers,
/// 8 guardian, 9 treasury), pausedUntil (40), config nonce (64).
library SignerSet {
    /// Seats for signers.
    uint256 internal constant SEATS = 8;
    /// Tag of the buyer's item.
    uint256 internal constant BUYER_TAG = 0x7e;
    /// Tag of the seller's item.
    uint256 internal constant SELLER_TAG = 0x7f;
    /// Tag byte and compact signature (EIP-2098).
    uint256 internal constant ITEM_SIZE = 65;
    /// Half of the curve's order: a larger s is the malleable twin of a signature (EIP-2).
    uint256 private constant S_MAX = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice The configuration of a deployment, with all signers active.
    /// @param count Number of signers.
    /// @param needed Threshold.
    function initial(uint256 count, uint256 needed) internal pure returns (uint256) {
        if (needed == 0 || needed > count || count > SEATS) revert IMarketplaceEscrow.BadSeat();
        return (((1 << count) - 1) << 8) | needed;
    }

    /// @notice Signers a settlement needs.
    function threshold(uint256 config) internal pure returns (uint256) {
        return uint8(config);
    }

    /// @notice Whether the signer with this index may sign.
    function active(uint256 config, uint256 index) internal pure returns (bool) {
        return (config >> (8 + index)) & 1 != 0;
    }

    /// @notice Refuses a list of seats with a zero, this contract, or one account twice.
    /// @param holders The signers, then the guardian and the treasury.
    function requireDistinct(address[] memory holders) internal view {
        for (uint256 i = 0; i < holders.length; ++i) {
            if (holders[i] == address(0) || holders[i] == address(this)) revert IMarketplaceEscrow.BadSeat();
            for (uint256 j = 0; j < i; ++j) {
                if (holders[i] == holders[j]) revert IMarketplaceEscrow.BadSeat();
            }
        }
    }

    /// @notice Reads one item of a signature set.
    /// @param signatures The set.
    /// @param offset Start of the item; a whole item must follow.
    /// @param digest What was signed.
    /// @return tag Whom the item names.
    /// @return signer Who signed; zero if nobody, or if s is in the upper half.
    function recoverItem(
        bytes calldata signatures,
        uint256 offset,
        bytes32 digest
    ) internal view returns (uint256 tag, address signer) {
        assembly ("memory-safe") {
            let item := add(signatures.offset, offset)
            tag := byte(0, calldataload(item))
            let parityAndS := calldataload(add(item, 33))
            let s := shr(1, shl(1, parityAndS))
            if iszero(gt(s, S_MAX)) {
                let data := mload(0x40)
                mstore(data, digest)
                mstore(add(data, 0x20), add(27, shr(255, parityAndS)))
                mstore(add(data, 0x40), calldataload(add(item, 1)))
                mstore(add(data, 0x60), s)
                // ecrecover returns nothing if there is no signer.
                pop(staticcall(gas(), 1, data, 0x80, 0, 0x20))
                signer := mul(mload(0), eq(returndatasize(), 0x20))
            }
        }
    }
}
