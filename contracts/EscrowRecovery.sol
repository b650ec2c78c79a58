// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetTransfer} from "./AssetTransfer.sol";
import {EscrowMessages} from "./EscrowMessages.sol";
import {EscrowPayout} from "./EscrowPayout.sol";
import {PaymentRecord} from "./PaymentRecord.sol";
import {IMarketplaceEscrow} from "./interfaces/IMarketplaceEscrow.sol";

/// @title What a vault holds and its payment does not need: surplus, wrong assets, money on the wrong chain
/// @dev Never refuses terms: invalid ones must not lock a vault. So it reads words, not fields that could revert.
abstract contract EscrowRecovery is EscrowPayout {
    using EscrowMessages for Terms;
    using PaymentRecord for uint256;

    /// @inheritdoc IMarketplaceEscrow
    function recover(Terms calldata terms, address asset) external guarded {
        bytes32 id = idOf(terms);
        uint256 record = _records[id].word;
        address vault = depositAddress(id);
        address own = terms.tokenOf();
        uint256 amount = AssetTransfer.balanceOf(asset, vault);
        uint256 needed = _needed(id, terms, record);
        uint256 ownBefore;
        if (needed != 0) {
            ownBefore = asset == own ? amount : AssetTransfer.balanceOf(own, vault);
            if (_mayEndEarly(terms, record, ownBefore)) needed = 0;
        }
        if (asset == own) amount = amount > needed ? amount - needed : 0;
        if (amount == 0) revert Nothing();

        // Closed before the push: the id must be dead when the receiver is called.
        bool closes = asset == own && needed == 0 && record.status() == PaymentRecord.NONE;
        uint256 changed = record | PaymentRecord.VAULT_DEPLOYED;
        if (closes) changed = changed.close() | PaymentRecord.IN_VAULT;
        if (changed != record) _records[id].word = changed;

        address to = _destination(terms, own);
        _deployVault(id, record);
        _pay(vault, asset, to, amount);
        // The asset may be the payment's own money under another address, or charge the vault for the transfer.
        if (needed != 0) {
            uint256 floor = ownBefore < needed ? ownBefore : needed;
            if (AssetTransfer.balanceOf(own, vault) < floor) revert NotCovered();
        }
        emit Recovered(id, asset, to, amount, closes);
    }

    /// @inheritdoc IMarketplaceEscrow
    function recoverForeign(Terms calldata terms, address asset, uint256 originChainId) external guarded {
        if (!_isSigner(msg.sender)) revert NotAllowed();
        // An id of this chain has a record, and a vault that may be needed.
        if (originChainId == block.chainid) revert SameChain();
        bytes32 id = EscrowMessages.digest(EscrowMessages.domain(originChainId), terms.hashTerms());
        address vault = depositAddress(id);
        uint256 amount = AssetTransfer.balanceOf(asset, vault);
        if (amount == 0) revert Nothing();
        // Foreign ids have no record here, so only their code tells.
        if (vault.code.length == 0) _createVault(id);
        address to = _destination(terms, terms.tokenOf());
        _pay(vault, asset, to, amount);
        emit Recovered(id, asset, to, amount, false);
    }

    /// @dev A signer may end an unpaid or short payment once it can no longer be funded.
    function _mayEndEarly(Terms calldata terms, uint256 record, uint256 balance) private view returns (bool) {
        return
            record.status() == PaymentRecord.NONE &&
            balance < terms.amountOf() &&
            block.timestamp > terms.fundByOf() &&
            _isSigner(msg.sender);
    }

    /// @dev What a vault must keep of the payment's own token; a signer's early end of a short vault is not counted here.
    function _needed(bytes32 id, Terms calldata terms, uint256 record) private view returns (uint256) {
        if (record.status() != PaymentRecord.NONE) {
            // Of a closed record nothing remains; a pool record has nothing in its vault.
            return record & PaymentRecord.IN_VAULT == 0 ? 0 : record.remaining() + _vaultCredit(id);
        }
        if (!terms.valid(feeCap)) return 0;
        if (msg.sender == terms.sellerOf() || block.timestamp > terms.deliverByOf()) return 0;
        return terms.amountOf();
    }

    /// @dev With valid terms always `refundTo`; with invalid ones the first receiver that can have the money.
    function _destination(Terms calldata terms, address own) private view returns (address to) {
        to = terms.refundToOf();
        if (to == address(0) || to == address(this) || to == own) to = terms.buyerOf();
        if (to == address(0) || to == address(this) || to == own) to = treasury();
    }
}
