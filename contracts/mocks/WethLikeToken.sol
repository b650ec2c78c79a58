// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Test token like WETH: a fallback takes any call, so a `permit` it does not know succeeds and does nothing
contract WethLikeToken is ERC20("Wrapped Ether", "WETH") {
    error Refused();

    /// Every call that no function takes is a deposit, as in WETH9.
    // solhint-disable-next-line no-complex-fallback
    fallback() external payable {
        deposit();
    }

    /// Plain native coin is a deposit too.
    receive() external payable {
        deposit();
    }

    /// @notice Gives native coin back.
    function withdraw(uint256 amount) external {
        _burn(msg.sender, amount);
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, ) = msg.sender.call{value: amount}("");
        if (!success) revert Refused();
    }

    /// @notice Creates tokens without native coin, for tests that only need a balance.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Wraps the native coin that came.
    function deposit() public payable {
        if (msg.value != 0) _mint(msg.sender, msg.value);
    }
}
