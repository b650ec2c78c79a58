// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EscrowState} from "./EscrowState.sol";
import {SignerSet} from "./SignerSet.sol";
import {IEscrowControl} from "./interfaces/IEscrowControl.sol";

/// @title The part of the escrow that knows who holds which seat
/// @dev Signers are immutables and a bitmap: a mapping would cost 2,100 gas more a signature. A seat that changed hands
/// is read from storage instead.
abstract contract EscrowSeats is EscrowState {
    uint256 internal constant GUARDIAN_SEAT = 8;
    uint256 internal constant TREASURY_SEAT = 9;

    /// Seats for signers at this deployment; the threshold and this number never change.
    uint256 internal immutable _COUNT;
    address private immutable _SIGNER_0;
    address private immutable _SIGNER_1;
    address private immutable _SIGNER_2;
    address private immutable _SIGNER_3;
    address private immutable _SIGNER_4;
    address private immutable _SIGNER_5;
    address private immutable _SIGNER_6;
    address private immutable _SIGNER_7;
    address private immutable _GUARDIAN;
    address private immutable _TREASURY;

    /// @param signers The admin signers, 1 to 8.
    /// @param threshold How many of them a settlement needs.
    /// @param guardian_ Key that may pause.
    /// @param treasury_ Receiver of fees.
    constructor(address[] memory signers, uint256 threshold, address guardian_, address treasury_) {
        uint256 count = signers.length;
        _config = SignerSet.initial(count, threshold);
        address[] memory holders = new address[](count + 2);
        for (uint256 i = 0; i < count; ++i) holders[i] = signers[i];
        (holders[count], holders[count + 1]) = (guardian_, treasury_);
        SignerSet.requireDistinct(holders);

        _COUNT = count;
        _SIGNER_0 = signers[0];
        _SIGNER_1 = count > 1 ? signers[1] : address(0);
        _SIGNER_2 = count > 2 ? signers[2] : address(0);
        _SIGNER_3 = count > 3 ? signers[3] : address(0);
        _SIGNER_4 = count > 4 ? signers[4] : address(0);
        _SIGNER_5 = count > 5 ? signers[5] : address(0);
        _SIGNER_6 = count > 6 ? signers[6] : address(0);
        _SIGNER_7 = count > 7 ? signers[7] : address(0);
        _GUARDIAN = guardian_;
        _TREASURY = treasury_;
    }

    /// @inheritdoc IEscrowControl
    function guardian() public view returns (address) {
        return seat(GUARDIAN_SEAT);
    }

    /// @inheritdoc IEscrowControl
    function treasury() public view returns (address) {
        return seat(TREASURY_SEAT);
    }

    /// @inheritdoc IEscrowControl
    function seat(uint256 index) public view returns (address holder) {
        return _holder(_config, index);
    }

    function _holder(uint256 slot, uint256 index) internal view returns (address) {
        if (SignerSet.overridden(slot, index)) return _overrideOf[index];
        if (index == 0) return _SIGNER_0;
        if (index == 1) return _SIGNER_1;
        if (index == 2) return _SIGNER_2;
        if (index == 3) return _SIGNER_3;
        if (index == 4) return _SIGNER_4;
        if (index == 5) return _SIGNER_5;
        if (index == 6) return _SIGNER_6;
        if (index == 7) return _SIGNER_7;
        if (index == GUARDIAN_SEAT) return _GUARDIAN;
        if (index == TREASURY_SEAT) return _TREASURY;
        return address(0);
    }

    function _isSigner(address account) internal view returns (bool) {
        return _isSignerOf(_config, account);
    }

    function _isSignerOf(uint256 slot, address account) internal view returns (bool) {
        for (uint256 i = 0; i < SignerSet.SEATS; ++i) {
            if (SignerSet.active(slot, i) && _holder(slot, i) == account) return true;
        }
        return false;
    }
}
