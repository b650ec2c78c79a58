// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetTransfer} from "./AssetTransfer.sol";
import {EscrowMessages} from "./EscrowMessages.sol";
import {EscrowPayout} from "./EscrowPayout.sol";
import {PaymentRecord} from "./PaymentRecord.sol";
import {IEscrowControl} from "./interfaces/IEscrowControl.sol";
import {IEscrowCredits} from "./interfaces/IEscrowCredits.sol";

/// @title Money that is out of its payment: fees, credits of the pool and of vaults, refunds after release, strays
abstract contract EscrowWithdrawals is EscrowPayout {
    using EscrowMessages for Terms;
    using PaymentRecord for uint256;

    /// @inheritdoc IEscrowCredits
    function withdrawFees(address token) external guarded {
        (, uint256 fees) = _halves(_books[token].slot);
        if (fees == 0) revert Nothing();
        _books[token].slot -= (fees << 128) | fees;
        _pay(address(this), token, treasury(), fees);
        emit FeesWithdrawn(token, fees);
    }

    /// @inheritdoc IEscrowControl
    function rescue(address token, uint256 amount, uint40 validUntil, bytes calldata signatures) external guarded {
        bytes32 message = _controlHash(EscrowMessages.RESCUE_TYPE, uint160(token), amount, true, validUntil);
        _acceptControl(message, validUntil, signatures);
        if (amount == 0) revert Nothing();
        uint256 coin = address(this).balance;
        if (AssetTransfer.balanceOf(token, address(this)) < _owed(token) + amount) revert NotCovered();
        _pay(address(this), token, treasury(), amount);
        // The token may be another face of the native coin, or take more than it was told.
        if (token != address(0) && address(this).balance != coin) revert NotCovered();
        if (AssetTransfer.balanceOf(token, address(this)) < _owed(token)) revert NotCovered();
        emit Rescued(token, amount);
    }

    /// @inheritdoc IEscrowCredits
    function withdrawCredit(address account, address token) external guarded {
        uint256 amount = credits[account][token];
        if (amount == 0) revert Nothing();
        _payCredit(account, token, account, amount);
    }

    /// @inheritdoc IEscrowCredits
    function redirectCredit(
        address account,
        address token,
        address to,
        uint256 amount,
        uint40 validUntil,
        bytes calldata signatures
    ) external guarded {
        _authorizeRedirect(account, token, to, amount, validUntil, signatures);
        if (amount > credits[account][token]) revert WrongAmount();
        _payCredit(account, token, to, amount);
        emit Redirected(account, token, to, amount);
    }

    /// @inheritdoc IEscrowCredits
    function payVaultCredit(Terms calldata terms) external guarded {
        bytes32 id = idOf(terms);
        bool paid = _payPart(id, terms, terms.sellerOf());
        if (!_payPart(id, terms, terms.refundToOf()) && !paid) revert Nothing();
    }

    /// @inheritdoc IEscrowCredits
    function redirectVaultCredit(
        Terms calldata terms,
        bool sellerShare,
        address to,
        uint256 amount,
        uint40 validUntil,
        bytes calldata signatures
    ) external guarded {
        bytes32 id = idOf(terms);
        address account = sellerShare ? terms.sellerOf() : terms.refundToOf();
        address token = terms.tokenOf();
        _authorizeRedirect(account, token, to, amount, validUntil, signatures);
        uint256 shift = _shareShift(terms, account);
        if (amount > uint128(_vaultCredits[id] >> shift)) revert WrongAmount();
        _vaultCredits[id] -= amount << shift;
        _pay(depositAddress(id), token, to, amount);
        emit VaultCreditPaid(id, account, amount);
        emit Redirected(account, token, to, amount);
    }

    /// @inheritdoc IEscrowCredits
    function refundLater(Terms calldata terms, uint256 amount) external payable guarded {
        bytes32 id = idOf(terms);
        address token = terms.tokenOf();
        address to = terms.refundToOf();
        if (msg.value != (token == address(0) ? amount : 0)) revert WrongValue();
        uint256 sum = refundedLater[id] + amount;
        if (amount == 0 || sum > _records[id].word.released()) revert WrongAmount();
        refundedLater[id] = sum;
        if (token == address(0)) {
            _pay(address(this), token, to, amount);
        } else {
            uint256 before = AssetTransfer.balanceOf(token, to);
            AssetTransfer.pull(token, msg.sender, to, amount);
            if (AssetTransfer.balanceOf(token, to) != before + amount) revert WrongInflow();
        }
        emit RefundedLater(id, msg.sender, amount);
    }

    function _payCredit(address account, address token, address to, uint256 amount) private {
        credits[account][token] -= amount;
        _books[token].slot -= amount << 128;
        _pay(address(this), token, to, amount);
        emit CreditWithdrawn(account, token, amount);
    }

    /// @dev Pays one share as far as the vault's balance goes: after an issuer's burn a whole one could never leave.
    function _payPart(bytes32 id, Terms calldata terms, address to) private returns (bool paid) {
        address token = terms.tokenOf();
        address vault = depositAddress(id);
        uint256 shift = _shareShift(terms, to);
        uint256 amount = uint128(_vaultCredits[id] >> shift);
        uint256 balance = AssetTransfer.balanceOf(token, vault);
        if (balance < amount) amount = balance;
        if (amount == 0) return false;
        uint256 taken = amount << shift;
        _vaultCredits[id] -= taken;
        paid = _pushPart(vault, token, to, amount, balance);
        if (paid) emit VaultCreditPaid(id, to, amount);
        else _vaultCredits[id] += taken;
    }

    /// @dev Gives half of the gas: a receiver for whom a settlement's push is too small has no other exit without an
    /// admin, and the other half is for the other one. A share that fails only stays where it is.
    /// @param balance What the vault holds.
    function _pushPart(
        address vault,
        address token,
        address to,
        uint256 amount,
        uint256 balance
    ) private returns (bool paid) {
        uint256 allowance = gasleft() >> 1;
        uint256 least = VAULT_COIN_ALLOWANCE;
        bool returned;
        if (token == address(0)) {
            (paid, ) = AssetTransfer.pushCoin(vault, to, amount, allowance);
        } else {
            least = TOKEN_ALLOWANCE;
            (paid, returned, ) = AssetTransfer.pushToken(vault, token, to, amount, allowance);
        }
        if (paid) return true;
        // Nobody is refused by less gas than a settlement gives. Half is always there whole: a call can get 63/64.
        if (allowance < least) revert Starved();
        // A token that says no may have moved the money.
        if (returned && AssetTransfer.balanceOf(token, vault) < balance) revert NotCovered();
    }

    /// @dev One signer and the account agree, in this order; the account need not sign its own call. Uses the nonce up.
    function _authorizeRedirect(
        address account,
        address token,
        address to,
        uint256 amount,
        uint256 validUntil,
        bytes calldata signatures
    ) private {
        _requireTimely(validUntil);
        if (to == address(0) || to == address(this)) revert NotAllowed();
        if (amount == 0) revert WrongAmount();
        uint256 nonce = redirectNonce[account];
        redirectNonce[account] = nonce + 1;
        bytes32 digest = _digest(EscrowMessages.hashRedirect(account, token, to, amount, nonce, validUntil));
        (uint256 kinds, uint256 signers) = _signed(_config, digest, signatures, _noTerms(), account);
        // Above the signers only the account can have signed.
        if (signers != 1 || (kinds >> 8 == 0 && msg.sender != account)) revert BadSignature();
    }
}
