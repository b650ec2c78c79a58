// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetTransfer} from "./AssetTransfer.sol";
import {DepositVault} from "./DepositVault.sol";
import {EscrowSeats} from "./EscrowSeats.sol";
import {PaymentRecord} from "./PaymentRecord.sol";
import {IMarketplaceEscrow} from "./interfaces/IMarketplaceEscrow.sol";

/// @title The part of the escrow that holds money: records, books, vaults, and every way money moves
abstract contract EscrowCustody is EscrowSeats {
    using PaymentRecord for uint256;

    uint256 private constant BPS = 10_000;
    bytes32 private immutable _VAULT_CODE_HASH;

    /// One slot a payment: see PaymentRecord.
    mapping(bytes32 id => uint256 record) internal _records;
    /// One slot a token: owed uint128, then fees uint128. `owed` is what the pool is liable for, fees included.
    mapping(address token => uint256 slot) private _books;
    /// Guard against re-entrancy.
    uint256 transient private _entered;
    /// The vault that this contract commands to send native coin to it at this moment.
    address transient internal _sender;

    modifier guarded() {
        if (_entered != 0) revert Reentered();
        _entered = 1;
        _;
        _entered = 0;
    }

    constructor() {
        _VAULT_CODE_HASH = DepositVault.initCodeHash(address(this));
    }

    /// @notice Native coin comes in by `fund`, or from a vault on this contract's own command.
    receive() external payable {
        if (msg.sender != _sender) revert WrongValue();
    }

    /// @inheritdoc IMarketplaceEscrow
    function withdrawFees(address token) external guarded {
        (uint256 owed, uint256 fees) = book(token);
        if (fees == 0) revert Nothing();
        _books[token] = (owed - fees) << 128;
        if (!AssetTransfer.push(token, treasury(), fees)) revert PushFailed();
        emit FeesWithdrawn(token, fees);
    }

    /// @inheritdoc IMarketplaceEscrow
    function payment(bytes32 id) external view returns (Payment memory record) {
        return _records[id].unpack();
    }

    /// @inheritdoc IMarketplaceEscrow
    function solvent(address token) external view returns (bool covered) {
        return AssetTransfer.balanceOf(token, address(this)) >= _books[token] >> 128;
    }

    /// @inheritdoc IMarketplaceEscrow
    function depositAddress(bytes32 id) public view returns (address vault) {
        return DepositVault.addressOf(id, _VAULT_CODE_HASH);
    }

    /// @inheritdoc IMarketplaceEscrow
    function book(address token) public view returns (uint128 owed, uint128 fees) {
        uint256 slot = _books[token];
        return (uint128(slot >> 128), uint128(slot));
    }

    /// @dev Pays a settlement or a timer: state first, then fee (vault mode), seller, `refundTo`. The record is open and
    /// holds at least the sum. `step` is one seq for a settlement and zero for a timer.
    function _payOut(
        bytes32 id,
        uint256 record,
        Terms calldata terms,
        uint256 toSeller,
        uint256 toBuyer,
        uint256 step
    ) internal {
        address token = terms.token;
        uint256 paid = record.pay(toSeller, toBuyer) + step;
        // Both terms round down on the running total, so splitting never changes what is charged.
        uint256 fee = (paid.released() * terms.feeBps) / BPS - (record.released() * terms.feeBps) / BPS;

        if (record & PaymentRecord.IN_VAULT == 0) {
            _records[id] = paid;
            (uint256 owed, uint256 fees) = book(token);
            _books[token] = ((owed - (toSeller + toBuyer - fee)) << 128) | (fees + fee);
            _pushFromPool(token, terms.seller, toSeller - fee);
            _pushFromPool(token, terms.refundTo, toBuyer);
        } else {
            // A shortfall can leave nothing to push; then the vault stays undeployed.
            bool pays = toSeller + toBuyer != 0;
            _records[id] = pays ? paid | PaymentRecord.VAULT_DEPLOYED : paid;
            if (pays) {
                _deployVault(id, record);
                address vault = depositAddress(id);
                _pushFromVault(vault, token, treasury(), fee);
                _pushFromVault(vault, token, terms.seller, toSeller - fee);
                _pushFromVault(vault, token, terms.refundTo, toBuyer);
            }
        }
        emit Settled(id, record.seq(), toSeller, toBuyer, fee);
    }

    function _pushFromPool(address token, address to, uint256 amount) private {
        if (amount != 0 && !AssetTransfer.push(token, to, amount)) revert PushFailed();
    }

    function _pushFromVault(address vault, address token, address to, uint256 amount) internal {
        if (amount != 0 && !DepositVault.push(vault, token, to, amount)) revert PushFailed();
    }

    /// @dev The stored bit is exact, so CREATE2 never meets an existing vault and burns the gas given to it.
    function _deployVault(bytes32 id, uint256 record) internal {
        if (record & PaymentRecord.VAULT_DEPLOYED == 0 && !DepositVault.deploy(id)) revert PushFailed();
    }

    /// @dev The issuer may have burnt, or the token rebased: a timer pays what is left.
    function _lowerToVault(bytes32 id, uint256 record, address token) internal returns (uint256) {
        uint256 balance = AssetTransfer.balanceOf(token, depositAddress(id));
        uint256 remaining = record.remaining();
        if (balance >= remaining) return record;
        emit Shortfall(id, remaining - balance);
        return record.lower(remaining - balance);
    }

    function _raiseOwed(address token, uint256 amount) internal returns (uint256 owed) {
        (uint256 before, uint256 fees) = book(token);
        owed = before + amount;
        if (owed > type(uint128).max) revert WrongAmount();
        _books[token] = (owed << 128) | fees;
    }

    /// @dev The exact inflow decides, not a return value; and a stray surplus must not hide a shortage.
    function _requireInflow(address token, uint256 before, uint256 amount, uint256 owed) internal view {
        uint256 balance = AssetTransfer.balanceOf(token, address(this));
        if (balance != before + amount) revert WrongInflow();
        if (balance < owed) revert NotCovered();
    }
}
