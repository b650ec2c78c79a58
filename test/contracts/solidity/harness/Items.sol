// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VM} from "./Vm.sol";

uint8 constant ACCOUNT_TAG = 0x7d;
uint8 constant BUYER_TAG = 0x7e;
uint8 constant SELLER_TAG = 0x7f;
uint8 constant CONTRACT_BIT = 0x80;

/// @title Signature items as the specification encodes them
library Items {
    /// @notice Tag, r, then s with the parity in its top bit.
    function one(uint8 tag, uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
        return abi.encodePacked(tag, r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    /// @notice An item that an account with code is asked about.
    function wrapped(uint8 tag, bytes memory signature) internal pure returns (bytes memory) {
        return abi.encodePacked(tag | CONTRACT_BIT, uint16(signature.length), signature);
    }

    /// @notice Items of the seats whose bit is set, in index order; `keys` are those of all seats.
    function ofSeats(uint256 bits, uint256[] memory keys, bytes32 digest) internal pure returns (bytes memory items) {
        for (uint256 i = 0; i < keys.length; ++i) {
            if ((bits >> i) & 1 != 0) items = bytes.concat(items, one(uint8(i), keys[i], digest));
        }
    }
}
