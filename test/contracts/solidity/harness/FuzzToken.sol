// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A token whose issuer can do everything an issuer can do
contract FuzzToken {
    error Refused();

    /// Answers nothing, like USDT; else true.
    bool public immutable SILENT;
    uint256 public totalSupply;
    /// Taken from each transfer, in 1/10,000.
    uint256 public feeRate;
    mapping(address account => uint256 balance) public balanceOf;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;
    mapping(address account => bool listed) public blacklisted;
    /// A transfer to such an account answers false: 1 without moving, 2 after it moved.
    mapping(address account => uint256 kind) public falseTo;

    constructor(bool silent) {
        SILENT = silent;
    }

    function mint(address to, uint256 amount) external {
        totalSupply += amount;
        balanceOf[to] += amount;
    }

    function burn(address from, uint256 amount) external {
        totalSupply -= amount;
        balanceOf[from] -= amount;
    }

    function setBlacklisted(address account, bool value) external {
        blacklisted[account] = value;
    }

    function setFalseTo(address account, uint256 kind) external {
        falseTo[account] = kind;
    }

    function setFeeRate(uint256 rate) external {
        feeRate = rate;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
        _answer(true);
    }

    function transfer(address to, uint256 amount) external {
        _answer(_move(msg.sender, to, amount));
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        _answer(_move(from, to, amount));
    }

    function _move(address from, address to, uint256 amount) internal returns (bool) {
        if (blacklisted[from] || blacklisted[to]) revert Refused();
        uint256 kind = falseTo[to];
        if (kind != 1) {
            balanceOf[from] -= amount;
            balanceOf[to] += amount - (amount * feeRate) / 10_000;
            totalSupply -= (amount * feeRate) / 10_000;
        }
        return kind == 0;
    }

    /// @dev Ends the call.
    function _answer(bool answer) internal view {
        bool silent = SILENT && answer;
        assembly ("memory-safe") {
            mstore(0, answer)
            return(0, mul(0x20, iszero(silent)))
        }
    }
}
