// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EscrowCustody} from "./EscrowCustody.sol";
import {EscrowDelivery} from "./EscrowDelivery.sol";
import {EscrowFunding} from "./EscrowFunding.sol";
import {EscrowRecovery} from "./EscrowRecovery.sol";
import {EscrowSeats} from "./EscrowSeats.sol";
import {EscrowSettlement} from "./EscrowSettlement.sol";
import {EscrowWithdrawals} from "./EscrowWithdrawals.sol";

/// @title MarketplaceEscrow
/// @notice See IMarketplaceEscrow. Singleton, not upgradeable.
/// @dev Foundations, each on the one before: EscrowState (storage), EscrowSeats, EscrowAuthority (signatures),
/// EscrowControl (pause, rotation), EscrowCustody (records, pool, vaults), EscrowPayout (pushes and credits). On them
/// stand the verbs below. Body order everywhere: check, write state, move money, emit; every function that changes state
/// takes the guard.
contract MarketplaceEscrow is EscrowFunding, EscrowSettlement, EscrowDelivery, EscrowWithdrawals, EscrowRecovery {
    /// @param signers The admin signers, 1 to 8.
    /// @param threshold How many of them a settlement needs.
    /// @param guardian_ Key that may pause.
    /// @param treasury_ Receiver of fees.
    /// @param feeCap_ Highest fee that terms may carry, at most 1,000.
    /// @param disputeTimeout_ Seconds after which an abandoned dispute is resolved, 21 to 366 days.
    constructor(
        address[] memory signers,
        uint256 threshold,
        address guardian_,
        address treasury_,
        uint256 feeCap_,
        uint256 disputeTimeout_
    ) EscrowSeats(signers, threshold, guardian_, treasury_) EscrowCustody(feeCap_, disputeTimeout_) {}
}
