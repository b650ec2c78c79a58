// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReturnBomb} from "./ReturnBomb.sol";

/// @title Test receiver of native coin: refuses it, eats all gas, bombs the sender with data, or calls a target when it
/// arrives; can also send with 2,300 gas
contract TestReceiver {
    error Refused();

    bool public refuses;
    bool public eatsGas;
    bool public bombs;
    address private _target;
    bytes private _call;
    /// The first four bytes of what the last call back reverted with; zero if it succeeded.
    bytes4 public callError;

    // solhint-disable-next-line no-complex-fallback
    receive() external payable {
        if (refuses) revert Refused();
        if (eatsGas) ReturnBomb.eatGas();
        if (bombs) ReturnBomb.revertWith(ReturnBomb.OF_RECEIVER);
        if (_target == address(0)) return;
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory data) = _target.call(_call);
        callError = success ? bytes4(0) : bytes4(data);
    }

    /// @notice Chooses whether native coin is refused.
    function setRefuses(bool value) external {
        refuses = value;
    }

    /// @notice Chooses whether an arrival burns all gas it is given.
    function setEatsGas(bool value) external {
        eatsGas = value;
    }

    /// @notice Chooses whether native coin is refused with a flood of data.
    function setBombs(bool value) external {
        bombs = value;
    }

    /// @notice Makes every arrival call a target.
    function setCall(address target, bytes calldata data) external {
        (_target, _call) = (target, data);
    }

    /// @notice Passes native coin on with the old stipend of 2,300 gas.
    function sendWithStipend(address payable to) external payable {
        // The stipend is what this function is for.
        (bool success, ) = to.call{value: msg.value, gas: 0}("");
        if (!success) revert Refused();
    }

    /// @notice Calls anything as this contract.
    function callAs(address target, bytes calldata data) external payable returns (bytes memory result) {
        bool success;
        // solhint-disable-next-line avoid-low-level-calls
        (success, result) = target.call{value: msg.value}(data);
        if (!success) revert Refused();
    }
}
