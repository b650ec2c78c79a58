// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrowData} from "./interfaces/IEscrowData.sol";

/// @title The one storage slot of a payment
/// @notice Highest bits first: remaining uint96, released uint96, clock uint40, seq uint16, flags uint8.
/// Flags: bits 0-2 status, bit 3 vault mode, bit 4 vault deployed, bits 5-7 number of bumps.
/// @dev A used id means status is not NONE, not a slot that is not zero: a bump or an early deployment writes the slot of
/// an unused id.
library PaymentRecord {
    uint256 internal constant NONE = 0;
    uint256 internal constant FUNDED = 1;
    uint256 internal constant DELIVERED = 2;
    uint256 internal constant FROZEN = 3;
    uint256 internal constant CLOSED = 4;
    uint256 internal constant IN_VAULT = 1 << 3;
    uint256 internal constant VAULT_DEPLOYED = 1 << 4;
    uint256 internal constant ONE_BUMP = 1 << 5;
    uint256 internal constant ONE_SEQ = 1 << 8;
    /// Last seq: settlements and bumps stop here, timers do not read it.
    uint256 internal constant SEQ_END = type(uint16).max;

    uint256 private constant STATUS_MASK = 7;
    uint256 private constant REMAINING_SHIFT = 160;
    uint256 private constant RELEASED_SHIFT = 64;
    uint256 private constant CLOCK_SHIFT = 24;

    /// @return The status, one of NONE, FUNDED, DELIVERED, FROZEN, CLOSED.
    function status(uint256 record) internal pure returns (uint256) {
        return record & STATUS_MASK;
    }

    /// @return What is still held for the payment.
    function remaining(uint256 record) internal pure returns (uint256) {
        return record >> REMAINING_SHIFT;
    }

    /// @return Gross sum that went to the seller so far.
    function released(uint256 record) internal pure returns (uint256) {
        return uint96(record >> RELEASED_SHIFT);
    }

    /// @return The seq that the next settlement must carry.
    function seq(uint256 record) internal pure returns (uint256) {
        return uint16(record >> 8);
    }

    /// @return Time of delivery, then of the freeze; zero before.
    function clock(uint256 record) internal pure returns (uint256) {
        return uint40(record >> CLOCK_SHIFT);
    }

    /// @return Whether the record can still pay.
    function isOpen(uint256 record) internal pure returns (bool) {
        unchecked {
            // None wraps to a huge one.
            return status(record) - 1 < FROZEN;
        }
    }

    /// @return Number of bumps so far.
    function bumps(uint256 record) internal pure returns (uint256) {
        return uint8(record) >> 5;
    }

    /// @notice Makes the record of a payment; seq, bumps and the deployed bit of the unused id stay.
    /// @param amount Goes into remaining.
    /// @param flags FUNDED, with IN_VAULT in vault mode.
    function open(uint256 record, uint256 amount, uint256 flags) internal pure returns (uint256) {
        return record | (amount << REMAINING_SHIFT) | flags;
    }

    /// @notice Takes a payout off the record and closes it if nothing remains.
    /// @dev The caller has checked that `toSeller + toBuyer` is at most what remains, so no field can borrow or overflow.
    function pay(uint256 record, uint256 toSeller, uint256 toBuyer) internal pure returns (uint256) {
        unchecked {
            record = record - ((toSeller + toBuyer) << REMAINING_SHIFT) + (toSeller << RELEASED_SHIFT);
        }
        return remaining(record) == 0 ? close(record) : record;
    }

    /// @notice Starts the inspection or the dispute now.
    /// @param next DELIVERED or FROZEN.
    function start(uint256 record, uint256 next) internal view returns (uint256) {
        uint256 cleared = record & ~(STATUS_MASK | (uint256(type(uint40).max) << CLOCK_SHIFT));
        return cleared | (block.timestamp << CLOCK_SHIFT) | next;
    }

    /// @notice Raises seq, which must be below SEQ_END.
    function nextSeq(uint256 record) internal pure returns (uint256) {
        unchecked {
            return record + ONE_SEQ;
        }
    }

    /// @notice Sets the final status.
    function close(uint256 record) internal pure returns (uint256) {
        return (record & ~STATUS_MASK) | CLOSED;
    }

    /// @notice Lowers remaining to what a vault still holds.
    function lower(uint256 record, uint256 missing) internal pure returns (uint256) {
        return record - (missing << REMAINING_SHIFT);
    }

    /// @notice All fields, for the view.
    function unpack(uint256 record) internal pure returns (IEscrowData.Payment memory) {
        return
            IEscrowData.Payment({
                remaining: uint96(record >> REMAINING_SHIFT),
                released: uint96(record >> RELEASED_SHIFT),
                clock: uint40(record >> CLOCK_SHIFT),
                seq: uint16(record >> 8),
                status: uint8(record & STATUS_MASK),
                inVault: record & IN_VAULT != 0,
                vaultDeployed: record & VAULT_DEPLOYED != 0,
                bumps: uint8(record) >> 5
            });
    }
}
