// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Moves of assets out of the pool and out of vaults
/// @notice Tokens with and without return values, and the native coin as token zero. At most one word of return data is
/// copied, so no token can make a call dear by what it returns.
library AssetTransfer {
    /// @notice Balance of an account; reverts if the token cannot tell.
    /// @param asset Token; zero is the native coin.
    /// @param account Whose balance.
    /// @return held Base units.
    function balanceOf(address asset, address account) internal view returns (uint256 held) {
        if (asset == address(0)) return account.balance;
        assembly ("memory-safe") {
            mstore(0, shl(224, 0x70a08231)) // balanceOf(address)
            mstore(4, account)
            // Without code nothing is returned.
            if iszero(and(gt(returndatasize(), 0x1f), staticcall(gas(), asset, 0, 0x24, 0, 0x20))) { revert(0, 0) }
            held := mload(0)
        }
    }

    /// @notice Pays native coin from this contract, or from a deployed vault by a command (see DepositVault).
    /// @param custodian Who pays: this contract or a vault.
    /// @param to Receiver.
    /// @param amount Amount; above 2^96 - 1 it does not fit a command of a vault.
    /// @param allowance Gas of the call; above what there is: all of it.
    /// @return done The call did not revert.
    /// @return gasBefore Gas immediately before the call: afterwards it says nothing about who ran out.
    function pushCoin(
        address custodian,
        address to,
        uint256 amount,
        uint256 allowance
    ) internal returns (bool done, uint256 gasBefore) {
        bool pool = custodian == address(this);
        if (!pool && amount >> 96 != 0) return (false, 0);
        assembly ("memory-safe") {
            gasBefore := gas()
            switch pool
            case 0 {
                mstore(0, or(shl(160, amount), to))
                done := call(allowance, custodian, 0, 0, 0x20, 0, 0)
            }
            default { done := call(allowance, to, amount, 0, 0, 0, 0) }
        }
    }

    /// @notice Pays tokens from this contract, or from a deployed vault by a command (see DepositVault).
    /// @param custodian Who pays: this contract or a vault.
    /// @param token Token.
    /// @param to Receiver.
    /// @param amount Amount.
    /// @param allowance Gas of the call; above what there is: all of it.
    /// @return done The call did not revert, and a token with code returned nothing or true.
    /// @return returned The call did not revert.
    /// @return gasBefore Gas immediately before the call: afterwards it says nothing about who ran out.
    function pushToken(
        address custodian,
        address token,
        address to,
        uint256 amount,
        uint256 allowance
    ) internal returns (bool done, bool returned, uint256 gasBefore) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, token)
            mstore(add(data, 0x20), shl(224, 0xa9059cbb)) // transfer(address,uint256)
            mstore(add(data, 0x24), to)
            mstore(add(data, 0x44), amount)
            gasBefore := gas()
            switch eq(custodian, address())
            case 0 { returned := call(allowance, custodian, 0, data, 0x64, 0, 0x20) }
            default { returned := call(allowance, token, 0, add(data, 0x20), 0x44, 0, 0x20) }
            switch returndatasize()
            case 0 { done := and(returned, iszero(iszero(extcodesize(token)))) }
            default { done := and(returned, and(gt(returndatasize(), 0x1f), eq(mload(0), 1))) }
        }
    }

    /// @notice Takes tokens of an account by its allowance of this contract. What arrived is for the caller to measure:
    /// neither the return value nor success proves anything.
    /// @param token Token.
    /// @param from Owner of the tokens.
    /// @param to Receiver.
    /// @param amount Amount.
    function pull(address token, address from, address to, uint256 amount) internal {
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, shl(224, 0x23b872dd)) // transferFrom(address,address,uint256)
            mstore(add(data, 0x04), from)
            mstore(add(data, 0x24), to)
            mstore(add(data, 0x44), amount)
            pop(call(gas(), token, 0, data, 0x64, 0, 0))
        }
    }
}
