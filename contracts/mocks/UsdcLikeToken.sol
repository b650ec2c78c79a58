// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {Authorizations} from "./Authorizations.sol";

/// @title Test token like USDC: returns true, 6 decimals, a pause, a blacklist on both sides, EIP-2612 and ERC-3009
/// @dev The gas ceilings of the escrow were made with a token whose `transfer` is 40,925 gas. This one is 9 above: one check
/// less would be 10 below, and the escrow would look cheaper than it is.
contract UsdcLikeToken is ERC20, ERC20Permit, Authorizations {
    error Refused();

    address public immutable issuer = msg.sender;
    bool public paused;
    mapping(address account => bool listed) public blacklisted;

    modifier onlyIssuer() {
        if (msg.sender != issuer) revert Refused();
        _;
    }

    constructor() ERC20("USD Coin", "USDC") ERC20Permit("USD Coin") {}

    /// @notice Creates tokens.
    function mint(address to, uint256 amount) external onlyIssuer {
        _mint(to, amount);
    }

    /// @notice Destroys tokens of an account.
    function burn(address from, uint256 amount) external onlyIssuer {
        _burn(from, amount);
    }

    /// @notice Stops every transfer.
    function setPaused(bool value) external onlyIssuer {
        paused = value;
    }

    /// @notice Stops an account from sending and receiving.
    function setBlacklisted(address account, bool value) external onlyIssuer {
        blacklisted[account] = value;
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @dev The issuer's own hand is never stopped.
    function _update(address from, address to, uint256 amount) internal override {
        if (from != address(0) && to != address(0)) {
            if (msg.sender == address(0)) revert Refused();
            // The token itself is on the list, as in USDC.
            if (paused || blacklisted[from] || blacklisted[to] || to == address(this) || from == address(this)) revert Refused();
        }
        super._update(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) internal override {
        _transfer(from, to, amount);
    }

    function _digest(bytes32 structHash) internal view override returns (bytes32) {
        return _hashTypedDataV4(structHash);
    }
}
