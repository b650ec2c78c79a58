// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetTransfer} from "./AssetTransfer.sol";
import {DepositVault} from "./DepositVault.sol";
import {EscrowControl} from "./EscrowControl.sol";
import {EscrowMessages} from "./EscrowMessages.sol";
import {PaymentRecord} from "./PaymentRecord.sol";
import {IMarketplaceEscrow} from "./interfaces/IMarketplaceEscrow.sol";

/// @title The part of the escrow that holds money: making records, the pool's book, the vaults, and whole payments out
abstract contract EscrowCustody is EscrowControl {
    using EscrowMessages for Terms;
    using PaymentRecord for uint256;

    /// `Funded` sources.
    uint256 internal constant SOURCE_NEW = 0;
    uint256 internal constant SOURCE_SWEPT = 1;
    uint256 internal constant SOURCE_VAULT = 2;

    uint256 private constant FEE_CAP_MAX = 1_000;
    uint256 private constant DISPUTE_TIMEOUT_MIN = 21 days;
    uint256 private constant DISPUTE_TIMEOUT_MAX = 366 days;

    /// @inheritdoc IMarketplaceEscrow
    uint256 public immutable feeCap;
    /// @inheritdoc IMarketplaceEscrow
    uint256 public immutable disputeTimeout;
    bytes32 private immutable _VAULT_CODE_HASH;

    /// @param feeCap_ Highest fee that terms may carry, at most 1,000.
    /// @param disputeTimeout_ Seconds after which an abandoned dispute is resolved, 21 to 366 days.
    constructor(uint256 feeCap_, uint256 disputeTimeout_) {
        if (feeCap_ > FEE_CAP_MAX) revert WrongAmount();
        if (disputeTimeout_ < DISPUTE_TIMEOUT_MIN || disputeTimeout_ > DISPUTE_TIMEOUT_MAX) revert WrongAmount();
        feeCap = feeCap_;
        disputeTimeout = disputeTimeout_;
        _VAULT_CODE_HASH = DepositVault.initCodeHash(address(this));
    }

    /// @notice Native coin comes in by `fund`, or from a vault on this contract's own command.
    receive() external payable {
        if (msg.sender != _sender) revert WrongValue();
    }

    /// @inheritdoc IMarketplaceEscrow
    function solvent(address token) external view returns (bool covered) {
        return AssetTransfer.balanceOf(token, address(this)) >= _owed(token);
    }

    /// @inheritdoc IMarketplaceEscrow
    function depositAddress(bytes32 id) public view returns (address vault) {
        return DepositVault.addressOf(id, _VAULT_CODE_HASH);
    }

    /// @dev The record of an id that may get one: valid terms, not used before.
    function _unusedRecord(bytes32 id, Terms calldata terms) internal view returns (uint256 record) {
        record = _records[id].word;
        if (record.status() != PaymentRecord.NONE) revert WrongStatus();
        if (!terms.valid(feeCap)) revert InvalidTerms();
    }

    /// @dev Opens an unused record on what its vault holds: the balance is the evidence, but what opens is the amount,
    /// never the balance. The caller stores the record, and emits `Funded` if it stays open.
    function _openVault(bytes32 id, Terms calldata terms) internal view returns (uint256 record) {
        record = _unusedRecord(id, terms);
        uint256 amount = terms.amountOf();
        if (AssetTransfer.balanceOf(terms.tokenOf(), depositAddress(id)) < amount) revert VaultShort();
        record = record.open(amount, PaymentRecord.FUNDED | PaymentRecord.IN_VAULT);
    }

    /// @dev Books an unused record in the pool; the money has to come next. `flags` is FUNDED, and VAULT_DEPLOYED by a sweep.
    /// @return before The pool's balance without this payment.
    function _openPool(bytes32 id, uint256 record, Terms calldata terms, uint256 flags) internal returns (uint256 before) {
        address token = terms.tokenOf();
        uint256 amount = terms.amountOf();
        _records[id].word = record.open(amount, flags);
        _books[token].slot += amount << 128;
        before = AssetTransfer.balanceOf(token, address(this));
        // Native coin of this call is there already.
        if (token == address(0)) before -= msg.value;
    }

    /// @dev The exact inflow decides, not a return value; and a stray surplus must not hide a shortage.
    function _finishFunding(bytes32 id, Terms calldata terms, uint256 before, uint256 source) internal {
        address token = terms.tokenOf();
        uint256 balance = AssetTransfer.balanceOf(token, address(this));
        if (balance != before + terms.amountOf()) revert WrongInflow();
        if (balance < _owed(token)) revert NotCovered();
        _emitFunded(id, terms, source);
    }

    /// @dev By hand: the amount, the source and the twelve words of the terms as they came.
    function _emitFunded(bytes32 id, Terms calldata terms, uint256 source) internal {
        bytes32 topic = Funded.selector;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, calldataload(add(terms, 0x60)))
            mstore(add(data, 0x20), source)
            calldatacopy(add(data, 0x40), terms, 384)
            log4(data, 448, topic, id, calldataload(terms), calldataload(add(terms, 0x20)))
        }
    }

    /// @dev The stored bit is exact, so CREATE2 never meets an existing vault and burns the gas given to it.
    function _deployVault(bytes32 id, uint256 record) internal {
        if (record & PaymentRecord.VAULT_DEPLOYED == 0) _createVault(id);
    }

    function _createVault(bytes32 id) internal {
        if (!DepositVault.deploy(id)) revert PushFailed();
    }

    /// @dev Pays with all gas, from the pool (this contract) or a deployed vault; a refusal reverts.
    function _pay(address custodian, address token, address to, uint256 amount) internal {
        bool done;
        if (token == address(0)) (done, ) = AssetTransfer.pushCoin(custodian, to, amount, gasleft());
        else (done, , ) = AssetTransfer.pushToken(custodian, token, to, amount, gasleft());
        if (!done) revert PushFailed();
    }

    function _owed(address token) internal view returns (uint256) {
        return _books[token].slot >> 128;
    }
}
