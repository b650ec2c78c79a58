// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The deposit address of one payment
/// @notice Builds and finds the vault; AssetTransfer commands it. The vault calls what the escrow commands, directly, and does nothing
/// else: empty calldata and any calldata of others stop with success, so it takes native coin with 2,300 gas.
/// @dev A command is one word `value << 160 | target`, then the call data. No selector the escrow sends to a token can
/// pass as a command: it would become a value above 10^28.
library DepositVault {
    /// 9 bytes of init code (return the 63 bytes after it), then the start of the runtime up to the escrow's address.
    uint256 private constant HEAD = 0x603f8060095f395ff33373 << 168;
    /// `xor`, the last byte of the first word: caller xor escrow.
    uint256 private constant HEAD_END = 0x18;
    /// Jump to the stop if not commanded; copy the call data; call with all gas; revert without data if it failed.
    bytes32 private constant BODY = 0x361517603d5760205f602036038060205f375f5f358060a01c905af16039575f;
    /// End of the revert, return what the target returned, stop.
    uint256 private constant TAIL = 0x5ffd5b3d5ff35b00 << 192;
    /// 9 bytes of init code and 63 of runtime.
    uint256 private constant SIZE = 72;

    /// @notice Hash of the init code, the constant part of every vault's address.
    /// @param escrow The only account whose commands the vault follows.
    /// @return hash keccak256 of the 72 bytes.
    function initCodeHash(address escrow) internal pure returns (bytes32 hash) {
        uint256 code = _writeInitCode(escrow);
        assembly ("memory-safe") {
            hash := keccak256(code, SIZE)
        }
    }

    /// @notice The vault of an id, by CREATE2 from this contract.
    /// @param id Salt: the digest of the full terms, so no other terms share the address.
    /// @param codeHash Result of `initCodeHash`.
    /// @return vault Its address.
    function addressOf(bytes32 id, bytes32 codeHash) internal view returns (address vault) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(add(data, 0x40), codeHash)
            mstore(add(data, 0x20), id)
            mstore(data, or(shl(160, 0xff), address()))
            vault := and(keccak256(add(data, 11), 85), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }

    /// @notice Deploys the vault of an id.
    /// @param id Id of the payment.
    /// @return deployed Whether there is a vault now.
    function deploy(bytes32 id) internal returns (bool deployed) {
        uint256 code = _writeInitCode(address(this));
        assembly ("memory-safe") {
            deployed := iszero(iszero(create2(0, code, SIZE, id)))
        }
    }

    /// @dev Writes the init code behind the free memory pointer, which stays: the caller uses it at once.
    function _writeInitCode(address escrow) private pure returns (uint256 code) {
        assembly ("memory-safe") {
            code := mload(0x40)
            mstore(code, or(or(HEAD, shl(8, escrow)), HEAD_END))
            mstore(add(code, 0x20), BODY)
            mstore(add(code, 0x40), TAIL)
        }
    }
}
