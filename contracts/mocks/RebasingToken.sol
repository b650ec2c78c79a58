// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Test token that rebases: balances are shares of a supply that its issuer scales up and down
contract RebasingToken {
    event Transfer(address indexed from, address indexed to, uint256 value);

    uint256 private constant ONE = 10_000;

    /// Tokens of one share, in 1/10,000.
    uint256 public scale = ONE;
    mapping(address account => uint256 shares) private _shares;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;

    /// @notice Creates tokens.
    function mint(address to, uint256 amount) external {
        _shares[to] += (amount * ONE) / scale;
    }

    /// @notice Changes all balances at once: 9,000 leaves nine tenths of the first ones, 11,000 adds a tenth to them.
    function setScale(uint256 value) external {
        scale = value;
    }

    /// @notice Allows a spender.
    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    /// @notice Moves the caller's tokens.
    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    /// @notice Moves tokens by allowance.
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        return _move(from, to, amount);
    }

    /// @notice Shares as tokens of today, rounded down.
    function balanceOf(address account) external view returns (uint256) {
        return (_shares[account] * scale) / ONE;
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        uint256 shares = (amount * ONE) / scale;
        _shares[from] -= shares;
        _shares[to] += shares;
        emit Transfer(from, to, amount);
        return true;
    }
}
