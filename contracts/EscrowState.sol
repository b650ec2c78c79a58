// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PaymentRecord} from "./PaymentRecord.sol";
import {IEscrowControl} from "./interfaces/IEscrowControl.sol";
import {IEscrowCredits} from "./interfaces/IEscrowCredits.sol";
import {IMarketplaceEscrow} from "./interfaces/IMarketplaceEscrow.sol";

/// @title Everything the escrow stores, in one place, with the guard and the views that only read it
abstract contract EscrowState is IMarketplaceEscrow {
    using PaymentRecord for uint256;

    /// One slot. A struct, as the next one, so that a change finds its place once.
    struct Record {
        uint256 word;
    }

    /// One slot: owed uint128, then fees uint128. `owed` is remaining of open pool payments, fees and credits.
    struct Book {
        uint256 slot;
    }

    /// Threshold, active signers, overrides, pause and nonce: see SignerSet.
    uint256 internal _config;
    /// One slot a payment: see PaymentRecord.
    mapping(bytes32 id => Record record) internal _records;
    /// What the pool is liable for in a token.
    mapping(address token => Book book) internal _books;
    /// One slot a payment: the seller's uint128, then that of `refundTo`. Stays in the vault, so not part of `owed`.
    mapping(bytes32 id => uint256 slot) internal _vaultCredits;
    /// Holder of a seat whose override bit is set.
    mapping(uint256 index => address account) internal _overrideOf;
    /// Pending rotation of a seat: readyAt uint40, then account uint160.
    mapping(uint256 index => uint256 slot) internal _rotations;
    /// @inheritdoc IEscrowCredits
    mapping(address account => mapping(address token => uint256 amount)) public credits;
    /// @inheritdoc IEscrowCredits
    mapping(bytes32 id => uint256 amount) public refundedLater;
    /// @inheritdoc IEscrowCredits
    mapping(address account => uint256 nonce) public redirectNonce;

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

    /// @inheritdoc IEscrowControl
    function config()
        external
        view
        returns (uint8 threshold, uint8 active, uint16 overrides, uint40 pausedUntil, uint64 nonce)
    {
        uint256 slot = _config;
        return (uint8(slot), uint8(slot >> 8), uint16(slot >> 16), uint40(slot >> 32), uint64(slot >> 72));
    }

    /// @inheritdoc IEscrowControl
    function rotation(uint256 index) external view returns (address account, uint40 readyAt) {
        uint256 slot = _rotations[index];
        return (address(uint160(slot)), uint40(slot >> 160));
    }

    /// @inheritdoc IMarketplaceEscrow
    function payment(bytes32 id) external view returns (Payment memory record) {
        return _records[id].word.unpack();
    }

    /// @inheritdoc IEscrowCredits
    function vaultCredit(bytes32 id) external view returns (uint128 seller, uint128 refundTo) {
        return _halves(_vaultCredits[id]);
    }

    /// @inheritdoc IMarketplaceEscrow
    function book(address token) external view returns (uint128 owed, uint128 fees) {
        return _halves(_books[token].slot);
    }

    function _halves(uint256 slot) internal pure returns (uint128 high, uint128 low) {
        return (uint128(slot >> 128), uint128(slot));
    }
}
