// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Test token like USDT: no return values, a pause, a blacklist on the sender, a fee that can be switched on, no
/// change of an allowance that is not zero, and an issuer who may destroy money
/// @dev The gas ceilings of the escrow were made with a token whose `transfer` is 43,112 gas and whose `transferFrom` is
/// 45,862. The checks of these two are written so that this token weighs the same, to one unit: `npm run gas` prints it.
contract UsdtLikeToken {
    error Refused();

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    uint256 private constant BPS = 10_000;

    // The names of getters that callers expect.
    // solhint-disable const-name-snakecase
    string public constant name = "Tether USD";
    string public constant symbol = "USDT";
    uint8 public constant decimals = 6;
    // solhint-enable const-name-snakecase

    uint256 public totalSupply;
    uint256 public feeRate;
    /// As in USDT, no fee is above this.
    uint256 public maximumFee = type(uint256).max;
    bool public paused;
    address public immutable issuer = msg.sender;
    mapping(address account => uint256 balance) public balanceOf;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;
    mapping(address account => bool listed) public blacklisted;

    modifier onlyIssuer() {
        if (msg.sender != issuer) revert Refused();
        _;
    }

    /// @notice Creates tokens.
    function mint(address to, uint256 amount) external onlyIssuer {
        totalSupply += amount;
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    /// @notice Destroys all tokens of an account.
    function destroyFunds(address account) external onlyIssuer {
        totalSupply -= balanceOf[account];
        emit Transfer(account, address(0), balanceOf[account]);
        balanceOf[account] = 0;
    }

    /// @notice Sets the fee of every transfer, in 1/10,000.
    function setFeeRate(uint256 rate) external onlyIssuer {
        feeRate = rate;
    }

    /// @notice Sets what no fee is above.
    function setMaximumFee(uint256 value) external onlyIssuer {
        maximumFee = value;
    }

    /// @notice Stops every transfer.
    function setPaused(bool value) external onlyIssuer {
        paused = value;
    }

    /// @notice Stops an account from sending.
    function setBlacklisted(address account, bool value) external onlyIssuer {
        blacklisted[account] = value;
    }

    /// @notice Allows a spender; refuses to change an allowance that is not zero.
    function approve(address spender, uint256 amount) external {
        if (amount != 0 && allowance[msg.sender][spender] != 0) revert Refused();
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
    }

    /// @notice Moves the caller's tokens; returns nothing.
    function transfer(address to, uint256 amount) external {
        // As in USDT: selector and two words, no short address.
        if (msg.data.length < 68) revert Refused();
        _move(msg.sender, to, amount);
    }

    /// @notice Moves tokens by allowance; returns nothing.
    function transferFrom(address from, address to, uint256 amount) external {
        if (allowance[from][msg.sender] < amount) revert Refused();
        if (allowance[from][msg.sender] != type(uint256).max) allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        if (to == address(this) || paused || blacklisted[from]) revert Refused();
        uint256 fee = (amount * feeRate) / BPS;
        if (fee >= maximumFee) fee = maximumFee;
        balanceOf[from] -= amount;
        balanceOf[to] += amount - fee;
        emit Transfer(from, to, amount - fee);
        if (fee != 0) {
            balanceOf[issuer] += fee;
            emit Transfer(from, issuer, fee);
        }
    }
}
