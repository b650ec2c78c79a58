// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Why the escrow refuses. Errors carry no arguments.
interface IEscrowErrors {
    /// The terms break a rule, or a word of them has dirty upper bits.
    error InvalidTerms();
    /// The payment's status does not allow this.
    error WrongStatus();
    /// The time for this has not come.
    error TooEarly();
    /// The time for this is over.
    error TooLate();
    /// `validUntil` has passed, or lies more than 30 days ahead.
    error Expired();
    /// The settlement's seq is not the stored one, or the numbers are used up.
    error WrongSeq();
    /// An amount is zero, above what there is, or outside its bounds.
    error WrongAmount();
    /// The native coin sent does not fit the terms, or nobody expects it.
    error WrongValue();
    /// Not exactly the amount arrived.
    error WrongInflow();
    /// The caller, or the party that signed, may not do this.
    error NotAllowed();
    /// The signatures are malformed, out of order, too few, or not by whom they name.
    error BadSignature();
    /// The milestones are not the promised ones, or the amounts are neither the next step nor a closing settlement.
    error BadMilestones();
    /// A batch is empty, or its lists differ in length.
    error BadBatch();
    /// All bumps of this payment are used up.
    error BumpLimit();
    /// The guardian has stopped new funding and settlements by the admins.
    error Paused();
    /// There is no pause to end.
    error NotPaused();
    /// There is nothing to move.
    error Nothing();
    /// The vault holds less than the amount.
    error VaultShort();
    /// The receiver or the token refused money, or the vault could not be deployed.
    error PushFailed();
    /// Too little gas to tell a receiver that refuses from one that was starved.
    error Starved();
    /// A balance does not cover what is owed or needed.
    error NotCovered();
    /// Money of this chain's payments leaves by `recover`, not as another chain's.
    error SameChain();
    /// A seat or the threshold breaks a rule.
    error BadSeat();
    /// The seat has no pending rotation.
    error NotPending();
    /// Called again before the first call ended.
    error Reentered();
}
