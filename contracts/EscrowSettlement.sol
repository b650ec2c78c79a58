// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EscrowMessages} from "./EscrowMessages.sol";
import {EscrowPayout} from "./EscrowPayout.sol";
import {PaymentRecord} from "./PaymentRecord.sol";
import {IMarketplaceEscrow} from "./interfaces/IMarketplaceEscrow.sol";

/// @title Payouts by signature: one payment, one milestone, or many payments at once
abstract contract EscrowSettlement is EscrowPayout {
    using EscrowMessages for Settlement;
    using EscrowMessages for Terms;
    using PaymentRecord for uint256;

    uint256 private constant BUMPS_MAX = 7;
    uint256 private constant MILESTONES_MAX = 32;
    /// Gas of one item of a report batch, and what must be left before it so that the item gets all of that.
    uint256 private constant ITEM_GAS = 1_100_000;
    uint256 private constant GAS_BEFORE_ITEM = 1_200_000;

    /// @inheritdoc IMarketplaceEscrow
    function settle(Terms calldata terms, Settlement calldata settlement, bytes calldata signatures) external guarded {
        _settleSigned(terms, settlement, signatures);
    }

    /// @inheritdoc IMarketplaceEscrow
    function settleMilestone(
        Terms calldata terms,
        Settlement calldata settlement,
        bytes calldata signatures,
        uint256[] calldata milestones
    ) external guarded {
        uint256 released = _records[idOf(terms)].word.released();
        uint256 next = _nextPrefixSum(terms, milestones, released);
        if (settlement.toBuyer != 0 || released + settlement.toSeller != next) revert BadMilestones();
        _settleSigned(terms, settlement, signatures);
    }

    /// @inheritdoc IMarketplaceEscrow
    function settleBatch(
        Terms[] calldata terms,
        Settlement[] calldata settlements,
        bytes calldata signatures
    ) external guarded {
        (bytes32[] memory ids, uint256 authority) = _authorizeBatch(terms, settlements, signatures);
        for (uint256 i = 0; i < ids.length; ++i) {
            _settle(terms[i], settlements[i], ids[i], authority);
        }
    }

    /// @inheritdoc IMarketplaceEscrow
    function settleBatchReport(
        Terms[] calldata terms,
        Settlement[] calldata settlements,
        bytes calldata signatures
    ) external guarded {
        (bytes32[] memory ids, ) = _authorizeBatch(terms, settlements, signatures);
        for (uint256 i = 0; i < ids.length; ++i) {
            if (gasleft() < GAS_BEFORE_ITEM) revert Starved();
            if (_callItem(terms[i], settlements[i], ids[i])) continue;
            bytes4 reason;
            assembly ("memory-safe") {
                mstore(0, 0)
                if gt(returndatasize(), 3) { returndatacopy(0, 0, 4) }
                reason := mload(0)
            }
            emit ItemFailed(ids[i], i, reason);
        }
    }

    /// @inheritdoc IMarketplaceEscrow
    /// @dev Runs inside the guard of its batch, which has checked the authority.
    function settleItem(Terms calldata terms, Settlement calldata settlement, bytes32 id) external {
        if (msg.sender != address(this)) revert NotAllowed();
        _settle(_anywhere(terms), _anywhere(settlement), id, _asVariable(ADMINS));
    }

    /// @inheritdoc IMarketplaceEscrow
    function bumpSeq(bytes32 id) external guarded {
        if (!_isSigner(msg.sender)) revert NotAllowed();
        uint256 record = _records[id].word;
        if (record.status() == PaymentRecord.CLOSED) revert WrongStatus();
        if (record.bumps() == BUMPS_MAX) revert BumpLimit();
        if (record.seq() == PaymentRecord.SEQ_END) revert WrongSeq();
        record = record.nextSeq() + PaymentRecord.ONE_BUMP;
        _records[id].word = record;
        emit SeqBumped(id, record.seq());
    }

    function _settleSigned(
        Terms calldata terms,
        Settlement calldata settlement,
        bytes calldata signatures
    ) private {
        (terms, settlement) = (_anywhere(terms), _anywhere(settlement));
        bytes32 domain = domainSeparator();
        bytes32 id = EscrowMessages.digest(domain, terms.hashTerms());
        bytes32 digest = EscrowMessages.digest(domain, EscrowMessages.hashSettle(id, settlement));
        _settle(terms, settlement, id, _authority(digest, signatures, terms));
    }

    /// @dev One settlement of any kind; the signatures are checked.
    function _settle(
        Terms calldata terms,
        Settlement calldata settlement,
        bytes32 id,
        uint256 authority
    ) private {
        // Each word is compared with something that is in its range, so no dirty one passes.
        _requireTimely(settlement.word(3));
        Record storage stored = _records[id];
        uint256 record = stored.word;
        uint256 seq = settlement.word(0);
        if (seq != record.seq()) revert WrongSeq();
        if (seq == PaymentRecord.SEQ_END) revert WrongSeq();
        bool opens = !record.isOpen();
        // Refuses a closed payment.
        if (opens) record = _openVault(id, terms);

        uint256 all = record.remaining();
        uint256 toSeller = settlement.word(1);
        uint256 toBuyer = settlement.word(2);
        uint256 total;
        unchecked {
            // Shares in their range cannot overflow, and no share at all wraps to above everything.
            total = toSeller + toBuyer;
            if ((toSeller | toBuyer) >> 96 != 0) revert WrongAmount();
            if (total - 1 >= all) revert WrongAmount();
        }
        // One party alone may only give up everything, so that it cannot spend the seq to block the admins.
        if (authority != ADMINS) {
            if (authority == BUYER && toSeller != all && !_isMilestone()) revert NotAllowed();
            if (authority == SELLER && toBuyer != all) revert NotAllowed();
        }
        if (total != all) {
            if (!_isMilestone() && terms.milestonesHash != 0) revert BadMilestones();
            if (opens) _emitFunded(id, terms, SOURCE_VAULT);
        }
        uint256 paid = record.pay(toSeller, toBuyer).nextSeq();
        stored.word = paid;
        _payOut(id, record, paid, terms, toSeller, toBuyer);
    }

    /// @dev Then it has been checked that the settlement is exactly the next step. Read from the call: a parameter would
    /// make the compiler write `_settle` twice.
    function _isMilestone() private pure returns (bool) {
        return msg.sig == IMarketplaceEscrow.settleMilestone.selector;
    }

    /// @dev The milestones are as promised; finds the sum up to the first one that is not released yet.
    function _nextPrefixSum(
        Terms calldata terms,
        uint256[] calldata milestones,
        uint256 released
    ) private pure returns (uint256 next) {
        bytes32 hash = keccak256(abi.encodePacked(milestones));
        if (hash != terms.milestonesHash || milestones.length > MILESTONES_MAX) revert BadMilestones();
        uint256 sum;
        for (uint256 i = 0; i < milestones.length; ++i) {
            if (milestones[i] == 0) revert BadMilestones();
            sum += milestones[i];
            if (next == 0 && sum > released) next = sum;
        }
        if (sum != terms.amountOf()) revert BadMilestones();
    }

    /// @dev As for the terms, see there.
    function _anywhere(Settlement calldata settlement) private view returns (Settlement calldata same) {
        assembly ("memory-safe") {
            same := add(settlement, callvalue())
        }
    }

    /// @dev As for the terms, see there.
    function _asVariable(uint256 value) private view returns (uint256 same) {
        assembly ("memory-safe") {
            same := add(value, callvalue())
        }
    }

    /// @dev The admins sign the whole list; each item is its own payload, so neither variant is promised to them.
    function _authorizeBatch(
        Terms[] calldata terms,
        Settlement[] calldata settlements,
        bytes calldata signatures
    ) private view returns (bytes32[] memory ids, uint256 authority) {
        uint256 count = terms.length;
        if (count == 0 || count != settlements.length) revert BadBatch();
        ids = new bytes32[](count);
        bytes32[] memory items = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            ids[i] = idOf(terms[i]);
            items[i] = EscrowMessages.hashSettle(ids[i], settlements[i]);
        }
        authority = _authority(_digest(EscrowMessages.hashBatch(items)), signatures, _noTerms());
    }

    /// @dev One item of a report, as a call of this contract by itself: what it did can be undone alone.
    /// @return done The item did not revert.
    function _callItem(
        Terms calldata terms,
        Settlement calldata settlement,
        bytes32 id
    ) private returns (bool done) {
        bytes4 selector = IMarketplaceEscrow.settleItem.selector;
        assembly ("memory-safe") {
            // Selector, twelve words of terms, four of the settlement, the id.
            let data := mload(0x40)
            mstore(data, selector)
            calldatacopy(add(data, 4), terms, 384)
            calldatacopy(add(data, 388), settlement, 128)
            mstore(add(data, 516), id)
            done := call(ITEM_GAS, address(), 0, data, 548, 0, 0)
        }
    }
}
