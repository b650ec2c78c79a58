// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetTransfer} from "./AssetTransfer.sol";
import {EscrowCustody} from "./EscrowCustody.sol";
import {EscrowMessages} from "./EscrowMessages.sol";
import {PaymentRecord} from "./PaymentRecord.sol";

/// @title The one way that settlements and timers pay, and what happens to a share that its receiver does not take
/// @notice A share that cannot be pushed becomes a credit, so nobody can block the payout of the others.
abstract contract EscrowPayout is EscrowCustody {
    using EscrowMessages for Terms;
    using PaymentRecord for uint256;

    uint256 internal constant BPS = 10_000;

    /// Gas of a push of tokens; of native coin from the pool; of native coin from a vault, which leaves its receiver
    /// as much as the pool does.
    uint256 internal constant TOKEN_ALLOWANCE = 400_000;
    uint256 private constant POOL_COIN_ALLOWANCE = 50_000;
    uint256 internal constant VAULT_COIN_ALLOWANCE = 90_000;
    /// What the call itself takes beside its allowance: a cold account; from the pool with value, to a new account.
    uint256 private constant CALL_COST = 5_000;
    uint256 private constant COIN_CALL_COST = 40_000;

    /// @dev Pays a settlement or a timer: state first, then fee (vault mode), seller, `refundTo`. The record was open and
    /// held at least the sum. `paid` is the record afterwards, stored by the caller.
    function _payOut(
        bytes32 id,
        uint256 record,
        uint256 paid,
        Terms calldata terms,
        uint256 toSeller,
        uint256 toBuyer
    ) internal {
        uint256 fee = _feeOf(record.released(), paid.released(), terms.feeBpsOf());
        address custodian = address(this);
        uint256 total;
        unchecked {
            total = toSeller + toBuyer;
        }

        if (record & PaymentRecord.IN_VAULT == 0) {
            // The fee stays owed, as a fee.
            Book storage book_ = _books[terms.tokenOf()];
            uint256 slot = book_.slot;
            uint256 out;
            unchecked {
                // Fees are part of owed, and neither share is below its fee.
                slot += fee;
                out = (total - fee) << 128;
            }
            book_.slot = slot - out;
        } else if (total != 0) {
            // A shortfall can leave nothing to push; then the vault stays undeployed.
            if (record & PaymentRecord.VAULT_DEPLOYED == 0) {
                _records[id].word = paid | PaymentRecord.VAULT_DEPLOYED;
                _createVault(id);
            }
            custodian = depositAddress(id);
            if (fee != 0) fee = _payFee(id, custodian, terms.tokenOf(), fee, total);
        }
        unchecked {
            // The fee is part of the seller's share.
            if (toSeller != fee) _payShare(id, custodian, terms, terms.sellerOf(), toSeller - fee, total - fee);
        }
        if (toBuyer != 0) _payShare(id, custodian, terms, terms.refundToOf(), toBuyer, toBuyer);
        emit Settled(id, record.seq(), toSeller, toBuyer, fee);
    }

    /// @dev Both terms round down on the running total, so splitting never changes what is charged.
    function _feeOf(uint256 before, uint256 released, uint256 bps) private pure returns (uint256 fee) {
        unchecked {
            // Amounts have 96 bits and the cap on bps is 1,000.
            fee = (released * bps) / BPS - (before * bps) / BPS;
        }
    }

    /// @dev Pushes a share; one that its receiver does not take becomes a credit, in the custody where the money is.
    function _payShare(
        bytes32 id,
        address custodian,
        Terms calldata terms,
        address to,
        uint256 amount,
        uint256 unpaid
    ) private {
        address token = terms.tokenOf();
        if (_tryPush(id, custodian, token, to, amount, unpaid)) return;
        bool inVault = custodian != address(this);
        if (inVault) {
            _vaultCredits[id] += amount << _shareShift(terms, to);
        } else {
            credits[to][token] += amount;
            _books[token].slot += amount << 128;
        }
        emit Credited(id, to, token, amount, inVault);
    }

    /// @dev The fee of a vault payout must never block it: to the treasury, else into the pool, else it is waived.
    /// @return charged The fee, or zero if the seller gets it.
    function _payFee(
        bytes32 id,
        address vault,
        address token,
        uint256 fee,
        uint256 unpaid
    ) private returns (uint256 charged) {
        if (_tryPush(id, vault, token, treasury(), fee, unpaid)) return fee;
        uint256 before = AssetTransfer.balanceOf(token, address(this));
        _sender = vault;
        if (_tryPush(id, vault, token, address(this), fee, unpaid)) charged = fee;
        _sender = address(0);
        if (charged != 0) {
            // What arrived counts, and never more than the fee: the rest would be somebody's stray.
            uint256 balance = AssetTransfer.balanceOf(token, address(this));
            uint256 arrived = balance > before ? balance - before : 0;
            if (arrived > fee) arrived = fee;
            _books[token].slot += (arrived << 128) | arrived;
        }
    }

    /// @dev Pushes with a fixed allowance, so that a receiver can neither take the caller's gas nor be starved.
    /// @param unpaid This share and what this call still has to push from the same custodian.
    /// @return done False: it can become a credit.
    function _tryPush(
        bytes32 id,
        address custodian,
        address token,
        address to,
        uint256 amount,
        uint256 unpaid
    ) private returns (bool done) {
        uint256 allowance = TOKEN_ALLOWANCE;
        bool returned;
        uint256 gasBefore;
        if (token == address(0)) {
            allowance = custodian == address(this) ? POOL_COIN_ALLOWANCE : VAULT_COIN_ALLOWANCE;
            (done, gasBefore) = AssetTransfer.pushCoin(custodian, to, amount, allowance);
        } else {
            (done, returned, gasBefore) = AssetTransfer.pushToken(custodian, token, to, amount, allowance);
        }
        if (done) return true;
        // A call gets at most 63/64 of the gas: with less than this a relayer could have starved it on purpose.
        uint256 cost = allowance == POOL_COIN_ALLOWANCE ? COIN_CALL_COST : CALL_COST;
        if (gasBefore * 63 < (allowance + cost) * 64) revert Starved();
        if (returned) {
            // A token that says no may have moved the money. Then the custodian does not cover what it still owes.
            uint256 owing = custodian == address(this) ? _owed(token) : _records[id].word.remaining() + _vaultCredit(id);
            if (AssetTransfer.balanceOf(token, custodian) < owing + unpaid) revert NotCovered();
        }
    }

    /// @dev Both shares that stay in a vault.
    function _vaultCredit(bytes32 id) internal view returns (uint256) {
        (uint256 seller, uint256 refundTo) = _halves(_vaultCredits[id]);
        return seller + refundTo;
    }

    /// @dev Seller and `refundTo` of a record are never the same.
    function _shareShift(Terms calldata terms, address to) internal pure returns (uint256) {
        return to == terms.sellerOf() ? 128 : 0;
    }
}
