// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Moves of the pool's assets
/// @notice Tokens with and without return values, and the native coin as token zero. At most one word of return data is
/// copied, so no token can make a call dear by what it returns.
library AssetTransfer {
    /// @notice Balance of an account; reverts if the token cannot tell.
    /// @param asset Token; zero is the native coin.
    /// @param account Whose balance.
    /// @return balance Base units.
    function balanceOf(address asset, address account) internal view returns (uint256 balance) {
        return asset == address(0) ? account.balance : IERC20(asset).balanceOf(account);
    }

    /// @notice Pays from this contract.
    /// @param asset Token; zero is the native coin.
    /// @param to Receiver.
    /// @param amount Amount.
    /// @return done The call did not revert, and a token with code returned nothing or true.
    function push(address asset, address to, uint256 amount) internal returns (bool done) {
        if (asset == address(0)) {
            assembly ("memory-safe") {
                done := call(gas(), to, amount, 0, 0, 0, 0)
            }
        } else {
            assembly ("memory-safe") {
                let data := mload(0x40)
                mstore(data, shl(224, 0xa9059cbb)) // transfer(address,uint256)
                mstore(add(data, 0x04), to)
                mstore(add(data, 0x24), amount)
                done := call(gas(), asset, 0, data, 0x44, 0, 0x20)
                switch returndatasize()
                case 0 { done := and(done, iszero(iszero(extcodesize(asset)))) }
                default { done := and(done, and(gt(returndatasize(), 0x1f), eq(mload(0), 1))) }
            }
        }
    }

    /// @notice Takes tokens of an account by its allowance into this contract. What arrived is for the caller to
    /// measure: the return value proves nothing.
    /// @param token Token.
    /// @param from Owner of the tokens.
    /// @param amount Amount.
    /// @return done The call did not revert.
    function pull(address token, address from, uint256 amount) internal returns (bool done) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, shl(224, 0x23b872dd)) // transferFrom(address,address,uint256)
            mstore(add(data, 0x04), from)
            mstore(add(data, 0x24), address())
            mstore(add(data, 0x44), amount)
            done := call(gas(), token, 0, data, 0x64, 0, 0)
        }
    }
}
