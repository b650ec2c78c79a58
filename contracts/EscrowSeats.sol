// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SignerSet} from "./SignerSet.sol";
import {IMarketplaceEscrow} from "./interfaces/IMarketplaceEscrow.sol";

/// @title The part of the escrow that knows who holds which seat, and who signed
/// @dev Signers are immutables and a bitmap: a mapping would cost 2,100 gas more a signature.
abstract contract EscrowSeats is IMarketplaceEscrow {
    /// Who signed a settlement: the admin signers, or one or both parties.
    uint256 internal constant ADMINS = 0;
    uint256 internal constant BUYER = 1;
    uint256 internal constant SELLER = 2;

    uint256 private constant GUARDIAN_SEAT = 8;
    uint256 private constant TREASURY_SEAT = 9;

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

    /// See SignerSet.
    uint256 private _config;

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

    /// @inheritdoc IMarketplaceEscrow
    function config()
        external
        view
        returns (uint8 threshold, uint8 active, uint16 overrides, uint40 pausedUntil, uint64 nonce)
    {
        uint256 slot = _config;
        return (uint8(slot), uint8(slot >> 8), uint16(slot >> 16), uint40(slot >> 32), uint64(slot >> 72));
    }

    /// @inheritdoc IMarketplaceEscrow
    function guardian() external view returns (address) {
        return _GUARDIAN;
    }

    /// @inheritdoc IMarketplaceEscrow
    function treasury() public view returns (address) {
        return _TREASURY;
    }

    /// @inheritdoc IMarketplaceEscrow
    function seat(uint256 index) public view returns (address holder) {
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

    /// @dev Who signed: ADMINS, BUYER, SELLER, or both parties (3). Every item must verify; the kinds never mix.
    function _authority(
        Terms calldata terms,
        bytes32 digest,
        bytes calldata signatures
    ) internal view returns (uint256 parties) {
        uint256 slot = _config;
        if (signatures.length == 0) {
            if (SignerSet.threshold(slot) != 1 || !_isSigner(msg.sender)) revert NotAllowed();
            return ADMINS;
        }
        uint256 signers;
        uint256 lowest;
        for (uint256 offset = 0; offset < signatures.length; offset += SignerSet.ITEM_SIZE) {
            if (signatures.length - offset < SignerSet.ITEM_SIZE) revert BadSignature();
            (uint256 tag, address signer) = SignerSet.recoverItem(signatures, offset, digest);
            if (tag < lowest) revert BadSignature();
            lowest = tag + 1;
            // Stays zero for every other tag.
            address expected;
            if (tag < SignerSet.SEATS) {
                if (!SignerSet.active(slot, tag)) revert BadSignature();
                expected = seat(tag);
                ++signers;
            } else if (tag == SignerSet.BUYER_TAG) {
                expected = terms.buyer;
                parties |= BUYER;
            } else if (tag == SignerSet.SELLER_TAG) {
                expected = terms.seller;
                parties |= SELLER;
            }
            if (signer == address(0) || signer != expected) revert BadSignature();
        }
        if (parties == 0 ? signers < SignerSet.threshold(slot) : signers != 0) revert BadSignature();
    }

    function _isSigner(address account) internal view returns (bool) {
        uint256 slot = _config;
        for (uint256 i = 0; i < SignerSet.SEATS; ++i) {
            if (SignerSet.active(slot, i) && seat(i) == account) return true;
        }
        return false;
    }
}
