// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EscrowAuthority} from "./EscrowAuthority.sol";
import {EscrowMessages} from "./EscrowMessages.sol";
import {SignerSet} from "./SignerSet.sol";
import {IEscrowControl} from "./interfaces/IEscrowControl.sol";

/// @title The guardian's pause, and how the admins change the holders of seats
abstract contract EscrowControl is EscrowAuthority {
    /// Length of a pause, and of the rest after it: the guardian can neither extend nor renew it early.
    uint256 private constant PAUSE = 7 days;
    /// Time for the others to see a rotation coming.
    uint256 private constant ROTATION_DELAY = 48 hours;
    /// Signers, guardian and treasury.
    uint256 private constant ALL_SEATS = 10;
    uint256 private constant READY_SHIFT = 160;

    /// @inheritdoc IEscrowControl
    function pause() external guarded {
        if (block.timestamp <= _pausedUntilOfGuardian() + PAUSE) revert TooEarly();
        _setPause(block.timestamp + PAUSE);
    }

    /// @inheritdoc IEscrowControl
    function unpause() external guarded {
        // Ending a pause that is over would move the start of the rest, and so hold the next one off or on for ever.
        if (block.timestamp > _pausedUntilOfGuardian()) revert NotPaused();
        _setPause(block.timestamp);
    }

    /// @inheritdoc IEscrowControl
    function rotate(uint8 index, address account, uint40 validUntil, bytes calldata signatures) external guarded {
        bytes32 message = _controlHash(EscrowMessages.ROTATE_TYPE, index, uint160(account), true, validUntil);
        _acceptControl(message, validUntil, signatures);
        if (index < GUARDIAN_SEAT ? index >= _COUNT : index > TREASURY_SEAT) revert BadSeat();
        _requireFree(index, account);
        uint256 readyAt = block.timestamp + ROTATION_DELAY;
        _rotations[index] = (readyAt << READY_SHIFT) | uint160(account);
        emit RotationProposed(index, account, readyAt);
    }

    /// @inheritdoc IEscrowControl
    function executeRotation(uint8 index) external guarded {
        uint256 slot = _rotations[index];
        if (slot == 0) revert NotPending();
        if (block.timestamp <= slot >> READY_SHIFT) revert TooEarly();
        address account = address(uint160(slot));
        // Another rotation may have seated it since the proposal.
        _requireFree(index, account);
        delete _rotations[index];
        _overrideOf[index] = account;
        _config = SignerSet.withHolder(_config, index);
        emit SignerChanged(index, account, true);
    }

    /// @inheritdoc IEscrowControl
    function cancelRotation(uint8 index, uint40 validUntil, bytes calldata signatures) external guarded {
        bytes32 message = _controlHash(EscrowMessages.CANCEL_ROTATION_TYPE, index, 0, false, validUntil);
        _acceptControl(message, validUntil, signatures);
        if (!_dropRotation(index)) revert NotPending();
    }

    /// @inheritdoc IEscrowControl
    function signerOff(uint8 index, uint40 validUntil, bytes calldata signatures) external guarded {
        bytes32 message = _controlHash(EscrowMessages.SIGNER_OFF_TYPE, index, 0, false, validUntil);
        uint256 kinds = _acceptControl(message, validUntil, signatures);
        uint256 slot = _config;
        if (index >= SignerSet.SEATS || !SignerSet.active(slot, index)) revert BadSeat();
        // The others who signed are active and at least the threshold, so it stays reachable.
        if ((kinds >> index) & 1 != 0) revert BadSignature();
        _config = SignerSet.without(slot, index);
        emit SignerChanged(index, _holder(slot, index), false);
        // Whoever holds the stolen key may have had part in any of them.
        for (uint256 i = 0; i < ALL_SEATS; ++i) _dropRotation(i);
    }

    /// @dev Checks a control message over the current nonce and uses the nonce up. Never takes the direct caller.
    /// @return kinds Which signers signed.
    function _acceptControl(
        bytes32 message,
        uint256 validUntil,
        bytes calldata signatures
    ) internal returns (uint256 kinds) {
        _requireTimely(validUntil);
        uint256 slot = _config;
        uint256 signers;
        (kinds, signers) = _signed(slot, _digest(message), signatures, _noTerms(), _nobody());
        if (signers < SignerSet.threshold(slot)) revert BadSignature();
        _config = SignerSet.withNextNonce(slot);
    }

    /// @dev Struct hash of a control message over the current nonce. `pair`: it has `second`.
    function _controlHash(
        bytes32 typeHash,
        uint256 first,
        uint256 second,
        bool pair,
        uint256 validUntil
    ) internal view returns (bytes32) {
        return EscrowMessages.hashControl(typeHash, first, second, pair, SignerSet.nonce(_config), validUntil);
    }

    function _requireRunning() internal view {
        if (block.timestamp <= SignerSet.pausedUntil(_config)) revert Paused();
    }

    function _pausedUntilOfGuardian() private view returns (uint256) {
        if (msg.sender != guardian()) revert NotAllowed();
        return SignerSet.pausedUntil(_config);
    }

    function _setPause(uint256 until) private {
        _config = SignerSet.withPause(_config, until);
        emit PausedUntil(until);
    }

    /// @dev Nobody holds two seats, active or not: one key must never count twice.
    function _requireFree(uint256 index, address account) private view {
        if (account == address(0) || account == address(this)) revert BadSeat();
        for (uint256 i = 0; i < ALL_SEATS; ++i) {
            if (i != index && seat(i) == account) revert BadSeat();
        }
    }

    function _dropRotation(uint256 index) private returns (bool pending) {
        pending = _rotations[index] != 0;
        if (pending) {
            delete _rotations[index];
            emit RotationCancelled(index);
        }
    }
}
