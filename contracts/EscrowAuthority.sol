// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EscrowMessages} from "./EscrowMessages.sol";
import {EscrowSeats} from "./EscrowSeats.sol";
import {SignerSet} from "./SignerSet.sol";
import {IEscrowControl} from "./interfaces/IEscrowControl.sol";
import {IMarketplaceEscrow} from "./interfaces/IMarketplaceEscrow.sol";

/// @title The part of the escrow that knows who signed, over which digest, and until when it counts
abstract contract EscrowAuthority is EscrowSeats {
    using EscrowMessages for Terms;

    /// Who signed a settlement: the admin signers, or one or both parties.
    uint256 internal constant ADMINS = 0;
    uint256 internal constant BUYER = 1;
    uint256 internal constant SELLER = 2;

    uint256 private constant VALID_AHEAD_MAX = 30 days;

    bytes32 private immutable _DOMAIN;
    uint256 private immutable _DOMAIN_CHAIN;

    constructor() {
        _DOMAIN = EscrowMessages.domain(block.chainid);
        _DOMAIN_CHAIN = block.chainid;
    }

    /// @inheritdoc IMarketplaceEscrow
    function idOf(Terms calldata terms) public view returns (bytes32 id) {
        return _digest(terms.hashTerms());
    }

    /// @inheritdoc IEscrowControl
    function domainSeparator() public view returns (bytes32) {
        return block.chainid == _DOMAIN_CHAIN ? _DOMAIN : EscrowMessages.domain(block.chainid);
    }

    /// @dev The same pointer (no value comes with these calls), but not a constant to the compiler: it would write a second
    /// copy of the whole payout for the calls whose terms stand at a fixed place.
    function _anywhere(Terms calldata terms) internal view returns (Terms calldata same) {
        assembly ("memory-safe") {
            same := add(terms, callvalue())
        }
    }

    /// @dev Terms of nobody, whose parties cannot sign: behind the end of calldata every word is zero.
    function _noTerms() internal pure returns (Terms calldata none) {
        assembly ("memory-safe") {
            none := calldatasize()
        }
    }

    /// @dev Zero, for the reason of `_anywhere`.
    function _nobody() internal view returns (address nobody) {
        assembly ("memory-safe") {
            nobody := callvalue()
        }
    }

    function _digest(bytes32 structHash) internal view returns (bytes32) {
        return EscrowMessages.digest(domainSeparator(), structHash);
    }

    /// @dev A message is dead after its time, and asleep more than 30 days before it.
    function _requireTimely(uint256 validUntil) internal view {
        unchecked {
            // Before its time the difference wraps to a huge one.
            if (validUntil - block.timestamp > VALID_AHEAD_MAX) revert Expired();
        }
    }

    /// @dev Who signed a settlement: ADMINS, BUYER, SELLER, or both parties (3). The kinds never mix.
    function _authority(
        bytes32 digest,
        bytes calldata signatures,
        Terms calldata terms
    ) internal view returns (uint256 parties) {
        uint256 slot = _config;
        uint256 signers;
        if (signatures.length == 0) {
            if (SignerSet.threshold(slot) != 1 || !_isSignerOf(slot, msg.sender)) revert NotAllowed();
        } else {
            (parties, signers) = _signed(slot, digest, signatures, terms, _nobody());
            parties >>= SignerSet.BUYER_TAG;
            if (parties == 0 ? signers < SignerSet.threshold(slot) : signers != 0) revert BadSignature();
        }
        // A pause stops the admins; the parties can always settle.
        if (parties == ADMINS) {
            if (block.timestamp <= SignerSet.pausedUntil(slot)) revert Paused();
        }
    }

    /// @dev Every item must verify, and their kinds (low 7 bits of the tag) rise strictly. Zero cannot sign.
    /// @param terms Whose buyer and seller may sign.
    /// @param account Who may sign with ACCOUNT_TAG.
    /// @return kinds Bit k is set if there was an item of kind k.
    /// @return signers How many of them were admin signers.
    function _signed(
        uint256 slot,
        bytes32 digest,
        bytes calldata signatures,
        Terms calldata terms,
        address account
    ) internal view returns (uint256 kinds, uint256 signers) {
        (uint256 item, uint256 end) = SignerSet.boundsOf(signatures);
        while (item < end) {
            uint256 kind = SignerSet.kindAt(item);
            if (kinds >> kind != 0) revert BadSignature();
            kinds |= 1 << kind;
            // Stays zero, which nobody can sign for, for every other kind.
            address expected;
            if (kind < SignerSet.SEATS) {
                if (SignerSet.active(slot, kind)) expected = _holder(slot, kind);
                unchecked {
                    ++signers;
                }
            } else if (kind == SignerSet.BUYER_TAG) {
                expected = terms.buyerOf();
            } else if (kind == SignerSet.SELLER_TAG) {
                expected = terms.sellerOf();
            } else if (kind == SignerSet.ACCOUNT_TAG) {
                expected = account;
            }
            item = SignerSet.checkItem(item, digest, expected);
        }
        // The last item must not reach beyond the set.
        if (item != end) revert BadSignature();
    }
}
