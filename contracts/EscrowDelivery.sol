// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EscrowMessages} from "./EscrowMessages.sol";
import {EscrowPayout} from "./EscrowPayout.sol";
import {AssetTransfer} from "./AssetTransfer.sol";
import {PaymentRecord} from "./PaymentRecord.sol";
import {SignerSet} from "./SignerSet.sol";
import {IMarketplaceEscrow} from "./interfaces/IMarketplaceEscrow.sol";

/// @title The life of a payment by the clock: delivery mark and dispute, and the three exits that time opens
/// @notice A pause stops none of it. No two of the exits are ever open at once.
abstract contract EscrowDelivery is EscrowPayout {
    using EscrowMessages for Terms;
    using PaymentRecord for uint256;

    /// Actions that a party can sign.
    uint256 private constant MARK = 1;
    uint256 private constant FREEZE = 2;

    /// @inheritdoc IMarketplaceEscrow
    function markDelivered(Terms calldata terms) external guarded {
        _act(idOf(terms), terms, _actionCalled(), msg.sender);
    }

    /// @inheritdoc IMarketplaceEscrow
    function freeze(Terms calldata terms) external guarded {
        _act(idOf(terms), terms, _actionCalled(), msg.sender);
    }

    /// @inheritdoc IMarketplaceEscrow
    function actSigned(
        Terms calldata terms,
        uint8 action,
        uint40 validUntil,
        bytes calldata signature
    ) external guarded {
        _requireTimely(validUntil);
        if (action != MARK && action != FREEZE) revert NotAllowed();
        bytes32 id = idOf(terms);
        bytes32 digest = _digest(EscrowMessages.hashAct(id, action, validUntil));
        (uint256 kinds, ) = _signed(_config, digest, signature, terms, _nobody());
        address by = terms.buyerOf();
        if (kinds == 1 << SignerSet.SELLER_TAG) by = terms.sellerOf();
        else if (kinds != 1 << SignerSet.BUYER_TAG) revert BadSignature();
        _act(id, terms, action, by);
    }

    /// @inheritdoc IMarketplaceEscrow
    function reclaim(Terms calldata terms) external guarded {
        _timeOut(terms);
    }

    /// @inheritdoc IMarketplaceEscrow
    function claim(Terms calldata terms) external guarded {
        _timeOut(terms);
    }

    /// @inheritdoc IMarketplaceEscrow
    function forceResolve(Terms calldata terms) external guarded {
        _timeOut(terms);
    }

    /// @dev Marks or freezes for `by`, who called or signed. Starts a clock, so the money must be there.
    function _act(bytes32 id, Terms calldata terms, uint256 action, address by) private {
        uint256 record = _records[id].word;
        uint256 status = record.status();
        if (status == PaymentRecord.FROZEN || (action == MARK && status == PaymentRecord.DELIVERED)) {
            revert WrongStatus();
        }
        bool delivered = status == PaymentRecord.DELIVERED;
        uint256 end = delivered ? record.clock() + terms.inspection : terms.deliverByOf();
        if (block.timestamp > end) revert TooLate();
        if (!_mayAct(terms, action, by, delivered)) revert NotAllowed();

        if (!record.isOpen()) {
            // Refuses a closed payment.
            record = _openVault(id, terms);
            _emitFunded(id, terms, SOURCE_VAULT);
        }
        if (action == MARK) {
            _records[id].word = record.start(PaymentRecord.DELIVERED);
            emit Delivered(id, block.timestamp);
        } else {
            _records[id].word = record.start(PaymentRecord.FROZEN);
            emit Frozen(id, by, block.timestamp);
        }
    }

    /// @dev The seller freezes only after delivery: before it he has the mark. A signer, who is the brake for a buyer
    /// without a wallet, freezes by a call of his own.
    function _mayAct(Terms calldata terms, uint256 action, address by, bool delivered) private view returns (bool) {
        if (by == terms.sellerOf() && (action == MARK || delivered)) return true;
        return action == FREEZE && (by == terms.buyerOf() || (by == msg.sender && _isSigner(by)));
    }

    /// @dev Which of the two was called. Read from the call: a constant would make the compiler write `_act` twice.
    function _actionCalled() private pure returns (uint256) {
        return msg.sig == IMarketplaceEscrow.markDelivered.selector ? MARK : FREEZE;
    }

    /// @dev The status that the called exit ends; read from the call for the same reason.
    function _statusCalled() private pure returns (uint256) {
        if (msg.sig == IMarketplaceEscrow.reclaim.selector) return PaymentRecord.FUNDED;
        return msg.sig == IMarketplaceEscrow.claim.selector ? PaymentRecord.DELIVERED : PaymentRecord.FROZEN;
    }

    /// @dev Ends a payment when its time is up. Never looks at seq.
    function _timeOut(Terms calldata terms) private {
        terms = _anywhere(terms);
        uint256 status = _statusCalled();
        bytes32 id = idOf(terms);
        uint256 record = _records[id].word;
        if (record.status() != status) revert WrongStatus();
        uint256 end = terms.deliverByOf();
        if (status != PaymentRecord.FUNDED) {
            end = record.clock() + (status == PaymentRecord.DELIVERED ? terms.inspection : disputeTimeout);
        }
        if (block.timestamp <= end) revert TooEarly();

        if (record & PaymentRecord.IN_VAULT != 0) record = _lowerToVault(id, record, terms.tokenOf());
        uint256 all = record.remaining();
        uint256 toSeller;
        if (status == PaymentRecord.DELIVERED) toSeller = all;
        if (status == PaymentRecord.FROZEN) toSeller = (all * terms.disputeSellerBps) / BPS;
        uint256 paid = record.pay(toSeller, all - toSeller);
        _records[id].word = paid;
        _payOut(id, record, paid, terms, toSeller, all - toSeller);
    }

    /// @dev The issuer may have burnt, or the token rebased: a timer pays what earlier credits leave of the balance.
    function _lowerToVault(bytes32 id, uint256 record, address token) private returns (uint256) {
        uint256 balance = AssetTransfer.balanceOf(token, depositAddress(id));
        uint256 senior = _vaultCredit(id);
        uint256 left = balance > senior ? balance - senior : 0;
        uint256 remaining = record.remaining();
        if (left >= remaining) return record;
        emit Shortfall(id, remaining - left);
        return record.lower(remaining - left);
    }
}
