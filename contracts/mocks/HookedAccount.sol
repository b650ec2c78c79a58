// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITokenHooks} from "./HookToken.sol";

/// @title Test account that calls a target whenever a `HookToken` tells it of a transfer
contract HookedAccount is ITokenHooks {
    error Refused();

    bool public refuses;
    address private _target;
    bytes private _call;
    /// How often it was told.
    uint256 public told;
    /// The first four bytes of what the last call back reverted with; zero if it succeeded.
    bytes4 public callError;

    /// Takes native coin.
    receive() external payable {}

    /// @notice Chooses whether transfers are refused.
    function setRefuses(bool value) external {
        refuses = value;
    }

    /// @notice Makes every transfer call a target.
    function setCall(address target, bytes calldata data) external {
        (_target, _call) = (target, data);
    }

    /// @inheritdoc ITokenHooks
    function tokensToSend(address, address, uint256) external {
        _answer();
    }

    /// @inheritdoc ITokenHooks
    function tokensReceived(address, address, uint256) external {
        _answer();
    }

    function _answer() private {
        if (refuses) revert Refused();
        ++told;
        if (_target == address(0)) return;
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory data) = _target.call(_call);
        callError = success ? bytes4(0) : bytes4(data);
    }
}
