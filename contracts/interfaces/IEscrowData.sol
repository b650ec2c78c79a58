// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What callers of the escrow hand over and read
interface IEscrowData {
    /// @notice Everything that is agreed about one payment. Never stored: callers bring it, its digest is the id.
    struct Terms {
        /// May release alone, and settle anything together with the seller. Zero: no buyer authority.
        address buyer;
        /// Receives releases; may refund alone.
        address seller;
        /// Token of the payment; zero is the native coin.
        address token;
        /// Exact amount of the payment.
        uint96 amount;
        /// Last second to fund the pool.
        uint40 fundBy;
        /// Last second to mark delivery; after it an undelivered payment can be sent to `refundTo` by anyone.
        uint40 deliverBy;
        /// Seconds between the delivery mark and the automatic release.
        uint32 inspection;
        /// Platform fee on releases, in 1/10,000.
        uint16 feeBps;
        /// Seller's share of an abandoned dispute, in 1/10,000.
        uint16 disputeSellerBps;
        /// keccak256 of the milestone amounts as 32-byte words; zero: none.
        bytes32 milestonesHash;
        /// Receives every refund, surplus and recovery; never the seller.
        address refundTo;
        /// Opaque to the contract; unpredictable, so that nobody else can compute the id.
        bytes32 ref;
    }

    /// @notice Amounts of one signed settlement. Absolute: it cannot change its meaning after a top-up.
    struct Settlement {
        /// Must equal the stored one, so of two settlements prepared at once only the first lands.
        uint16 seq;
        /// Gross share of the seller; the fee is taken out of it.
        uint96 toSeller;
        /// Share of `refundTo`.
        uint96 toBuyer;
        /// Last second of validity; at most 30 days ahead.
        uint40 validUntil;
    }

    /// @notice The one storage slot of a payment, unpacked.
    struct Payment {
        /// Still held for the payment.
        uint96 remaining;
        /// Gross sum that went to the seller so far.
        uint96 released;
        /// Time of delivery, then of the freeze; zero before.
        uint40 clock;
        /// Sequence number the next settlement must carry.
        uint16 seq;
        /// 0 none, 1 funded, 2 delivered, 3 frozen, 4 closed.
        uint8 status;
        /// Whether the money is in the payment's vault (else in the pool). Never changes once the record is made.
        bool inVault;
        /// Whether the vault's code is deployed.
        bool vaultDeployed;
        /// Number of `bumpSeq` so far.
        uint8 bumps;
    }
}
