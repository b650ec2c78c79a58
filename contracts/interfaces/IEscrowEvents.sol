// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrowData} from "./IEscrowData.sol";

/// @title What the escrow reports
interface IEscrowEvents is IEscrowData {
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

    /// @notice The seller marked the payment as delivered.
    event Delivered(bytes32 indexed id, uint256 time);

    /// @notice A dispute began. `by` is the party or signer, not who broadcast it.
    event Frozen(bytes32 indexed id, address indexed by, uint256 time);

    /// @notice A share could not be pushed and is kept for the account, in its vault or in the pool. Before its `Settled`.
    event Credited(bytes32 indexed id, address indexed account, address indexed token, uint256 amount, bool inVault);

    /// @notice A credit of the pool was paid, to the account or where its owner redirected it.
    event CreditWithdrawn(address indexed account, address indexed token, uint256 amount);

    /// @notice A share that had stayed in its vault was paid, to the account or where its owner redirected it.
    event VaultCreditPaid(bytes32 indexed id, address indexed account, uint256 amount);

    /// @notice Where a redirected credit went; beside `CreditWithdrawn` or `VaultCreditPaid`.
    event Redirected(address indexed account, address indexed token, address to, uint256 amount);

    /// @notice A vault held less than remained when its time was up. Comes before the timer's `Settled`.
    event Shortfall(bytes32 indexed id, uint256 missing);

    /// @notice A signer cancelled the outstanding settlements of a payment; `seq` is the new one.
    event SeqBumped(bytes32 indexed id, uint256 seq);

    /// @notice Accrued fees went to the treasury.
    event FeesWithdrawn(address indexed token, uint256 amount);

    /// @notice Somebody brought money back to `refundTo` after a release.
    event RefundedLater(bytes32 indexed id, address indexed payer, uint256 amount);

    /// @notice An item of a report batch left nothing behind. `reason` is the error's selector, zero when it ran out of gas.
    event ItemFailed(bytes32 indexed id, uint256 index, bytes4 reason);

    /// @notice Tokens that nobody is owed went to the treasury.
    event Rescued(address indexed token, uint256 amount);

    /// @notice The admins proposed a new holder for a seat. Index 8 is the guardian, 9 the treasury.
    event RotationProposed(uint256 indexed index, address account, uint256 readyAt);

    /// @notice A pending rotation was dropped.
    event RotationCancelled(uint256 indexed index);

    /// @notice A seat has a new holder (`active`), or its signer was switched off.
    event SignerChanged(uint256 indexed index, address account, bool active);

    /// @notice The guardian paused until a time, or ended the pause at it.
    event PausedUntil(uint256 until);
}
