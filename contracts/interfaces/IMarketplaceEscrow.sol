// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Escrow for marketplace payments
/// @notice Holds the money of a payment until it goes to the seller or back to `refundTo`, exactly once.
/// A payment is its terms: the EIP-712 digest of the terms is the payment's id, and the id is the CREATE2 salt of the
/// payment's deposit address (its vault). Money is held either by this contract (pool) or by the vault.
/// @dev Amounts are base units. Token zero is the native coin. A day is 86,400 seconds.
interface IMarketplaceEscrow {
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

    /// @notice A record was made and stays open. Source 0: new money in the pool; 1: swept from the vault; 2: opened in
    /// the vault. Only source 0 is new money. Carries the terms, so that both parties can exit without anybody's help.
    event Funded(
        bytes32 indexed id,
        address indexed buyer,
        address indexed seller,
        uint256 amount,
        uint256 source,
        Terms terms
    );

    /// @notice Money left by a settlement or a timer. `toSeller` is gross, the seller got `toSeller - fee`; `seq` is the
    /// stored one before the settlement.
    event Settled(bytes32 indexed id, uint256 seq, uint256 toSeller, uint256 toBuyer, uint256 fee);

    /// @notice Money the payment does not need left its vault. `closed`: the id is dead from now on.
    event Recovered(bytes32 indexed id, address indexed token, address to, uint256 amount, bool closed);

    /// @notice A vault held less than remained when its time was up. Comes before the timer's `Settled`.
    event Shortfall(bytes32 indexed id, uint256 missing);

    /// @notice A signer cancelled the outstanding settlements of a payment; `seq` is the new one.
    event SeqBumped(bytes32 indexed id, uint256 seq);

    /// @notice Accrued fees went to the treasury.
    event FeesWithdrawn(address indexed token, uint256 amount);

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
    /// A payment with milestones can only be settled whole.
    error BadMilestones();
    /// All bumps of this payment are used up.
    error BumpLimit();
    /// There is nothing to move.
    error Nothing();
    /// The vault holds less than the amount.
    error VaultShort();
    /// The receiver or the token refused a payout, or the vault could not be deployed.
    error PushFailed();
    /// A balance does not cover what is owed or needed.
    error NotCovered();
    /// A seat or the threshold breaks a rule.
    error BadSeat();
    /// Called again before the first call ended.
    error Reentered();

    /// @notice Takes the caller's money into the pool, by allowance or as native coin. Anybody may pay.
    /// @param terms Valid terms of an unused id, until `fundBy`.
    function fund(Terms calldata terms) external payable;

    /// @notice Moves exactly `amount` from the payment's vault into the pool. For buyer, seller or a signer, until `deliverBy`.
    /// @param terms Valid terms of an unused id whose vault holds at least `amount`.
    function sweep(Terms calldata terms) external;

    /// @notice Pays seller and `refundTo` by signatures; broadcast by anyone. Opens a vault payment if the vault holds `amount`.
    /// @param terms Terms of the payment.
    /// @param settlement What goes to whom.
    /// @param signatures Items of tag and compact signature over `Settle`, tags rising: 0x00-0x07 the signer with this
    /// index, 0x7e the buyer, 0x7f the seller. Empty: the caller is a signer and the threshold is 1.
    function settle(Terms calldata terms, Settlement calldata settlement, bytes calldata signatures) external;

    /// @notice After `deliverBy`, sends everything of a payment that was not marked delivered to `refundTo`. For anyone.
    /// @param terms Terms of the payment.
    function reclaim(Terms calldata terms) external;

    /// @notice Sends what the payment does not need of an asset from its vault to `refundTo`. For anyone, at any time.
    /// @param terms Terms of the vault; invalid ones are never refused, so that they cannot lock money.
    /// @param asset Token to recover; zero is the native coin.
    function recover(Terms calldata terms, address asset) external;

    /// @notice Cancels the outstanding settlements of a payment. For one signer, at most 7 times a payment.
    /// @param id Id of the payment.
    function bumpSeq(bytes32 id) external;

    /// @notice Pays all accrued fees of a token to the treasury. For anyone.
    /// @param token Token; zero is the native coin.
    function withdrawFees(address token) external;

    /// @notice The id of a payment: the EIP-712 digest of its terms.
    /// @param terms Terms of the payment.
    /// @return id Its id on this chain and for this deployment.
    function idOf(Terms calldata terms) external view returns (bytes32 id);

    /// @notice The deposit address (vault) of a payment, usable before anything is deployed.
    /// @param id Id of the payment.
    /// @return vault CREATE2 address with the id as salt.
    function depositAddress(bytes32 id) external view returns (address vault);

    /// @notice The stored record of a payment.
    /// @param id Id of the payment.
    /// @return record Its slot, unpacked.
    function payment(bytes32 id) external view returns (Payment memory record);

    /// @notice What the pool owes in a token.
    /// @param token Token; zero is the native coin.
    /// @return owed Remaining of open pool payments plus fees.
    /// @return fees Accrued fees.
    function book(address token) external view returns (uint128 owed, uint128 fees);

    /// @notice Whether the pool holds at least what it owes.
    /// @param token Token; zero is the native coin.
    /// @return covered Balance is not below `owed`.
    function solvent(address token) external view returns (bool covered);

    /// @notice The configuration slot.
    /// @return threshold Signers a settlement needs.
    /// @return active Bit i is set if signer i may sign.
    /// @return overrides Bit i is set if seat i is held by another than at deployment.
    /// @return pausedUntil Last second of the pause.
    /// @return nonce Next nonce of a control message.
    function config()
        external
        view
        returns (uint8 threshold, uint8 active, uint16 overrides, uint40 pausedUntil, uint64 nonce);

    /// @notice The holder of a seat.
    /// @param index 0 to 7 a signer, 8 the guardian, 9 the treasury.
    /// @return holder Its address; zero where there is no such seat.
    function seat(uint256 index) external view returns (address holder);

    /// @notice The key that may pause, different from every signer.
    function guardian() external view returns (address);

    /// @notice The receiver of fees.
    function treasury() external view returns (address);

    /// @notice Highest fee that terms may carry, in 1/10,000.
    function feeCap() external view returns (uint256);

    /// @notice Seconds after which an abandoned dispute is resolved by time.
    function disputeTimeout() external view returns (uint256);

    /// @notice Domain separator of every signed message, for the current chain id.
    function domainSeparator() external view returns (bytes32);
}
