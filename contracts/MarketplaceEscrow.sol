// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetTransfer} from "./AssetTransfer.sol";
import {EscrowCustody} from "./EscrowCustody.sol";
import {EscrowMessages} from "./EscrowMessages.sol";
import {EscrowSeats} from "./EscrowSeats.sol";
import {PaymentRecord} from "./PaymentRecord.sol";
import {IMarketplaceEscrow} from "./interfaces/IMarketplaceEscrow.sol";

/// @title MarketplaceEscrow
/// @notice See IMarketplaceEscrow. Singleton, not upgradeable.
/// @dev Body order everywhere: check, write state, move money, emit; every function that changes state takes the guard.
contract MarketplaceEscrow is EscrowCustody {
    using EscrowMessages for Terms;
    using PaymentRecord for uint256;

    /// `Funded` sources.
    uint256 private constant SOURCE_NEW = 0;
    uint256 private constant SOURCE_SWEPT = 1;
    uint256 private constant SOURCE_VAULT = 2;

    uint256 private constant FEE_CAP_MAX = 1_000;
    uint256 private constant DISPUTE_TIMEOUT_MIN = 21 days;
    uint256 private constant DISPUTE_TIMEOUT_MAX = 366 days;
    uint256 private constant VALID_AHEAD_MAX = 30 days;
    uint256 private constant BUMPS_MAX = 7;

    /// @inheritdoc IMarketplaceEscrow
    uint256 public immutable feeCap;
    /// @inheritdoc IMarketplaceEscrow
    uint256 public immutable disputeTimeout;

    bytes32 private immutable _DOMAIN;
    uint256 private immutable _DOMAIN_CHAIN;

    /// @param signers The admin signers, 1 to 8.
    /// @param threshold How many of them a settlement needs.
    /// @param guardian_ Key that may pause.
    /// @param treasury_ Receiver of fees.
    /// @param feeCap_ Highest fee that terms may carry, at most 1,000.
    /// @param disputeTimeout_ Seconds after which an abandoned dispute is resolved, 21 to 366 days.
    constructor(
        address[] memory signers,
        uint256 threshold,
        address guardian_,
        address treasury_,
        uint256 feeCap_,
        uint256 disputeTimeout_
    ) EscrowSeats(signers, threshold, guardian_, treasury_) {
        if (feeCap_ > FEE_CAP_MAX) revert WrongAmount();
        if (disputeTimeout_ < DISPUTE_TIMEOUT_MIN || disputeTimeout_ > DISPUTE_TIMEOUT_MAX) revert WrongAmount();

        feeCap = feeCap_;
        disputeTimeout = disputeTimeout_;
        _DOMAIN = EscrowMessages.domain();
        _DOMAIN_CHAIN = block.chainid;
    }

    /// @inheritdoc IMarketplaceEscrow
    function fund(Terms calldata terms) external payable guarded {
        bytes32 id = idOf(terms);
        uint256 record = _unusedRecord(id, terms);
        if (block.timestamp > terms.fundBy) revert TooLate();
        address token = terms.token;
        uint256 amount = terms.amount;
        if (msg.value != (token == address(0) ? amount : 0)) revert WrongValue();

        _records[id] = record.open(amount, PaymentRecord.FUNDED);
        uint256 owed = _raiseOwed(token, amount);

        if (token != address(0)) {
            uint256 before = AssetTransfer.balanceOf(token, address(this));
            if (!AssetTransfer.pull(token, msg.sender, amount)) revert WrongInflow();
            _requireInflow(token, before, amount, owed);
        }
        _emitFunded(id, terms, SOURCE_NEW);
    }

    /// @inheritdoc IMarketplaceEscrow
    function sweep(Terms calldata terms) external guarded {
        bytes32 id = idOf(terms);
        uint256 record = _unusedRecord(id, terms);
        // A stranger must not move a payment from the custody its parties chose.
        if (msg.sender != terms.buyer && msg.sender != terms.seller && !_isSigner(msg.sender)) revert NotAllowed();
        if (block.timestamp > terms.deliverBy) revert TooLate();
        address vault = depositAddress(id);
        address token = terms.token;
        uint256 amount = terms.amount;
        if (AssetTransfer.balanceOf(token, vault) < amount) revert VaultShort();

        record = record.open(amount, PaymentRecord.FUNDED);
        _records[id] = record | PaymentRecord.VAULT_DEPLOYED;
        uint256 owed = _raiseOwed(token, amount);

        uint256 before = AssetTransfer.balanceOf(token, address(this));
        _deployVault(id, record);
        _sender = vault;
        _pushFromVault(vault, token, address(this), amount);
        _sender = address(0);
        _requireInflow(token, before, amount, owed);
        _emitFunded(id, terms, SOURCE_SWEPT);
    }

    /// @inheritdoc IMarketplaceEscrow
    function settle(Terms calldata terms, Settlement calldata settlement, bytes calldata signatures) external guarded {
        bytes32 id = idOf(terms);
        uint256 record = _records[id];
        uint256 validUntil = settlement.validUntil;
        if (block.timestamp > validUntil || validUntil > block.timestamp + VALID_AHEAD_MAX) revert Expired();
        uint256 seq = record.seq();
        if (settlement.seq != seq || seq == PaymentRecord.SEQ_END) revert WrongSeq();
        uint256 toSeller = settlement.toSeller;
        uint256 toBuyer = settlement.toBuyer;
        bytes32 digest = EscrowMessages.digest(domainSeparator(), EscrowMessages.hashSettle(id, settlement));
        uint256 authority = _authority(terms, digest, signatures);

        if (record.status() == PaymentRecord.CLOSED) revert WrongStatus();
        bool opens = record.status() == PaymentRecord.NONE;
        if (opens) {
            // The vault's balance is the evidence, but what opens is the amount, never the balance.
            if (!terms.valid(feeCap)) revert InvalidTerms();
            uint256 amount = terms.amount;
            if (AssetTransfer.balanceOf(terms.token, depositAddress(id)) < amount) revert VaultShort();
            record = record.open(amount, PaymentRecord.FUNDED | PaymentRecord.IN_VAULT);
        }
        uint256 all = record.remaining();
        uint256 total = toSeller + toBuyer;
        if (total == 0 || total > all) revert WrongAmount();
        // One party alone may only give up everything, so that it cannot spend the seq to block the admins.
        if (authority == BUYER && toSeller != all) revert NotAllowed();
        if (authority == SELLER && toBuyer != all) revert NotAllowed();
        if (total != all) {
            if (terms.milestonesHash != 0) revert BadMilestones();
            if (opens) _emitFunded(id, terms, SOURCE_VAULT);
        }
        _payOut(id, record, terms, toSeller, toBuyer, PaymentRecord.ONE_SEQ);
    }

    /// @inheritdoc IMarketplaceEscrow
    function reclaim(Terms calldata terms) external guarded {
        bytes32 id = idOf(terms);
        uint256 record = _records[id];
        if (record.status() != PaymentRecord.FUNDED) revert WrongStatus();
        if (block.timestamp <= terms.deliverBy) revert TooEarly();
        if (record & PaymentRecord.IN_VAULT != 0) record = _lowerToVault(id, record, terms.token);
        _payOut(id, record, terms, 0, record.remaining(), 0);
    }

    /// @inheritdoc IMarketplaceEscrow
    function recover(Terms calldata terms, address asset) external guarded {
        bytes32 id = idOf(terms);
        uint256 record = _records[id];
        address vault = depositAddress(id);
        address own = address(uint160(terms.word(2)));
        uint256 balance = AssetTransfer.balanceOf(asset, vault);
        uint256 ownBefore;
        uint256 needed = _needed(terms, record);
        if (needed != 0) {
            ownBefore = asset == own ? balance : AssetTransfer.balanceOf(own, vault);
            // A signer may end an unpaid payment early.
            if (
                record.status() == PaymentRecord.NONE &&
                ownBefore < needed &&
                block.timestamp > terms.fundBy &&
                _isSigner(msg.sender)
            ) needed = 0;
        }
        uint256 amount = balance;
        if (asset == own) amount = balance > needed ? balance - needed : 0;
        if (amount == 0) revert Nothing();

        bool closes = asset == own && needed == 0 && record.status() == PaymentRecord.NONE;
        uint256 changed = record | PaymentRecord.VAULT_DEPLOYED;
        if (closes) changed = changed.close() | PaymentRecord.IN_VAULT;
        if (changed != record) _records[id] = changed;

        address to = _destination(terms, own);
        _deployVault(id, record);
        _pushFromVault(vault, asset, to, amount);
        // The asset may be the payment's own money under another address.
        if (asset != own && needed != 0) {
            uint256 floor = ownBefore < needed ? ownBefore : needed;
            if (AssetTransfer.balanceOf(own, vault) < floor) revert NotCovered();
        }
        emit Recovered(id, asset, to, amount, closes);
    }

    /// @inheritdoc IMarketplaceEscrow
    function bumpSeq(bytes32 id) external guarded {
        if (!_isSigner(msg.sender)) revert NotAllowed();
        uint256 record = _records[id];
        if (record.status() == PaymentRecord.CLOSED) revert WrongStatus();
        if (record.bumps() == BUMPS_MAX) revert BumpLimit();
        if (record.seq() == PaymentRecord.SEQ_END) revert WrongSeq();
        record += PaymentRecord.ONE_SEQ + PaymentRecord.ONE_BUMP;
        _records[id] = record;
        emit SeqBumped(id, record.seq());
    }

    /// @inheritdoc IMarketplaceEscrow
    function idOf(Terms calldata terms) public view returns (bytes32 id) {
        return EscrowMessages.digest(domainSeparator(), terms.hashTerms());
    }

    /// @inheritdoc IMarketplaceEscrow
    function domainSeparator() public view returns (bytes32) {
        return block.chainid == _DOMAIN_CHAIN ? _DOMAIN : EscrowMessages.domain();
    }

    function _unusedRecord(bytes32 id, Terms calldata terms) private view returns (uint256 record) {
        if (!terms.valid(feeCap)) revert InvalidTerms();
        record = _records[id];
        if (record.status() != PaymentRecord.NONE) revert WrongStatus();
    }

    /// @dev What a vault must keep of the payment's own token; a signer's early end of a short vault is not counted here.
    function _needed(Terms calldata terms, uint256 record) private view returns (uint256) {
        uint256 status = record.status();
        if (status == PaymentRecord.CLOSED) return 0;
        if (status != PaymentRecord.NONE) return record & PaymentRecord.IN_VAULT == 0 ? 0 : record.remaining();
        if (!terms.valid(feeCap)) return 0;
        if (msg.sender == terms.seller || block.timestamp > terms.deliverBy) return 0;
        return terms.amount;
    }

    /// @dev With valid terms always `refundTo`; with invalid ones the first receiver that can have the money.
    function _destination(Terms calldata terms, address own) private view returns (address to) {
        to = address(uint160(terms.word(10)));
        if (to == address(0) || to == address(this) || to == own) to = address(uint160(terms.word(0)));
        if (to == address(0) || to == address(this) || to == own) to = treasury();
    }

    /// @dev By hand: the amount, the source and the twelve words of the terms as they came.
    function _emitFunded(bytes32 id, Terms calldata terms, uint256 source) private {
        bytes32 topic = Funded.selector;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, calldataload(add(terms, 0x60)))
            mstore(add(data, 0x20), source)
            calldatacopy(add(data, 0x40), terms, 384)
            log4(data, 448, topic, id, calldataload(terms), calldataload(add(terms, 0x20)))
        }
    }
}
