// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Test token in the style of ERC-777: tells sender and receiver of every transfer, so that they can call back
contract HookToken is ERC20("Hook", "HOOK") {
    /// Which account wants to be told.
    mapping(address account => bool wanted) public hooked;

    /// @notice Creates tokens; nobody is told.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Chooses whether an account is told; it must implement `ITokenHooks`.
    function setHooked(address account, bool value) external {
        hooked[account] = value;
    }

    /// @dev The sender hears of it before the move, the receiver after it; either may revert.
    function _update(address from, address to, uint256 amount) internal override {
        if (from != address(0) && hooked[from]) ITokenHooks(from).tokensToSend(from, to, amount);
        super._update(from, to, amount);
        if (from != address(0) && hooked[to]) ITokenHooks(to).tokensReceived(from, to, amount);
    }
}

/// @title What an account implements to be told of transfers
interface ITokenHooks {
    /// @notice Tokens are about to leave.
    function tokensToSend(address from, address to, uint256 amount) external;

    /// @notice Tokens have arrived.
    function tokensReceived(address from, address to, uint256 amount) external;
}
