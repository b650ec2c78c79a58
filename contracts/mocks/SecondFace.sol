// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HostileToken} from "./HostileToken.sol";

/// @title Second address of a test token: the same balances under another address
contract SecondFace {
    HostileToken private immutable _TOKEN;

    constructor(HostileToken token) {
        _TOKEN = token;
    }

    /// @notice The balance in the token itself.
    function balanceOf(address account) external view returns (uint256) {
        return _TOKEN.balanceOf(account);
    }

    /// @notice Moves the caller's tokens in the token itself.
    function transfer(address to, uint256 amount) external returns (bool) {
        _TOKEN.moveForFace(msg.sender, to, amount);
        return true;
    }
}
