// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ERC-20 face of the native coin: its balances are the accounts' native balances
/// @dev Real ones (Celo, Polygon's first) are backed by the chain itself. In Solidity tests the cheat code `deal` plays that
/// part; elsewhere only an account that takes commands of the face, like `FacedVault`, can be debited.
contract NativeFace {
    error Refused();

    /// keccak256("hevm cheat code") as an address: where test runners keep their cheat codes.
    address private constant CHEATS = 0x7109709ECfa91a80626fF3989D68f67F5b1DD12D;

    /// @notice The native balance.
    function balanceOf(address account) external view returns (uint256) {
        return account.balance;
    }

    /// @notice Moves native coin of the caller.
    function transfer(address to, uint256 amount) external returns (bool) {
        if (msg.sender.balance < amount) revert Refused();
        if (CHEATS.code.length != 0) {
            _deal(msg.sender, msg.sender.balance - amount);
            _deal(to, to.balance + amount);
            return true;
        }
        // The command of a vault: value above the target.
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, ) = msg.sender.call(abi.encode((amount << 160) | uint160(to)));
        return success;
    }

    function _deal(address account, uint256 balance) private {
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, ) = CHEATS.call(abi.encodeWithSignature("deal(address,uint256)", account, balance));
        if (!success) revert Refused();
    }
}
