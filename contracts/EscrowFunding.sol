// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {AssetTransfer} from "./AssetTransfer.sol";
import {EscrowCustody} from "./EscrowCustody.sol";
import {EscrowMessages} from "./EscrowMessages.sol";
import {PaymentRecord} from "./PaymentRecord.sol";
import {SignerSet} from "./SignerSet.sol";
import {IMarketplaceEscrow} from "./interfaces/IMarketplaceEscrow.sol";
import {IPermit2} from "./interfaces/IPermit2.sol";

/// @title How money gets into the pool: four fundings with one core, and the sweep of a vault
/// @dev The record is written before the token is called; what arrived decides whether the call stands.
abstract contract EscrowFunding is EscrowCustody {
    using EscrowMessages for Terms;
    using PaymentRecord for uint256;

    IPermit2 private constant PERMIT2 = IPermit2(0x000000000022D473030F116dDEE9F6B43aC78BA3);

    /// @inheritdoc IMarketplaceEscrow
    function fund(Terms calldata terms) external payable guarded {
        (bytes32 id, uint256 before) = _beginFunding(terms);
        address token = terms.tokenOf();
        if (token == address(0)) {
            if (msg.value != terms.amountOf()) revert WrongValue();
        } else {
            if (msg.value != 0) revert WrongValue();
            AssetTransfer.pull(token, msg.sender, address(this), terms.amountOf());
        }
        _finishFunding(id, terms, before, SOURCE_NEW);
    }

    /// @inheritdoc IMarketplaceEscrow
    function fundWithAuthorization(
        Terms calldata terms,
        uint256 validAfter,
        uint256 validBefore,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external guarded {
        (bytes32 id, uint256 before) = _beginSigned(terms);
        // The id as nonce binds the terms: no other payment can use the authorization.
        IERC3009(terms.tokenOf()).receiveWithAuthorization(
            terms.buyerOf(),
            address(this),
            terms.amountOf(),
            validAfter,
            validBefore,
            id,
            v,
            r,
            s
        );
        _finishFunding(id, terms, before, SOURCE_NEW);
    }

    /// @inheritdoc IMarketplaceEscrow
    function fundWithPermit2(
        Terms calldata terms,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external guarded {
        (bytes32 id, uint256 before) = _beginSigned(terms);
        uint256 amount = terms.amountOf();
        // The witness binds the terms, and the owner is always their buyer.
        PERMIT2.permitWitnessTransferFrom(
            IPermit2.PermitTransferFrom(IPermit2.TokenPermissions(terms.tokenOf(), amount), nonce, deadline),
            IPermit2.SignatureTransferDetails(address(this), amount),
            terms.buyerOf(),
            EscrowMessages.hashTerms(terms),
            EscrowMessages.PERMIT2_WITNESS,
            signature
        );
        _finishFunding(id, terms, before, SOURCE_NEW);
    }

    /// @inheritdoc IMarketplaceEscrow
    function fundWithPermit(
        Terms calldata terms,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s,
        bytes calldata consent
    ) external guarded {
        (bytes32 id, uint256 before) = _beginSigned(terms);
        address buyer = terms.buyerOf();
        // A bare permit does not bind the terms, and some tokens swallow an unknown call: a standing allowance must not
        // be drained into terms of a stranger.
        if (msg.sender != buyer) {
            (uint256 kinds, ) = _signed(_config, id, consent, terms, _nobody());
            if (kinds != 1 << SignerSet.BUYER_TAG) revert BadSignature();
        }
        // Somebody may have used the permit already: then the allowance is there.
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(terms.tokenOf()).permit(buyer, address(this), terms.amountOf(), deadline, v, r, s) {} catch {}
        AssetTransfer.pull(terms.tokenOf(), buyer, address(this), terms.amountOf());
        _finishFunding(id, terms, before, SOURCE_NEW);
    }

    /// @inheritdoc IMarketplaceEscrow
    function sweep(Terms calldata terms) external guarded {
        _requireRunning();
        bytes32 id = idOf(terms);
        uint256 record = _unusedRecord(id, terms);
        // A stranger must not move a payment from the custody its parties chose.
        if (msg.sender != terms.buyerOf() && msg.sender != terms.sellerOf() && !_isSigner(msg.sender)) revert NotAllowed();
        if (block.timestamp > terms.deliverByOf()) revert TooLate();
        address vault = depositAddress(id);
        if (AssetTransfer.balanceOf(terms.tokenOf(), vault) < terms.amountOf()) revert VaultShort();

        uint256 before = _openPool(id, record, terms, PaymentRecord.FUNDED | PaymentRecord.VAULT_DEPLOYED);
        _deployVault(id, record);
        _sender = vault;
        _pay(vault, terms.tokenOf(), address(this), terms.amountOf());
        _sender = address(0);
        _finishFunding(id, terms, before, SOURCE_SWEPT);
    }

    function _beginSigned(Terms calldata terms) private returns (bytes32 id, uint256 before) {
        if (terms.buyerOf() == address(0) || terms.tokenOf() == address(0)) revert InvalidTerms();
        return _beginFunding(terms);
    }

    function _beginFunding(Terms calldata terms) private returns (bytes32 id, uint256 before) {
        _requireRunning();
        id = idOf(terms);
        uint256 record = _unusedRecord(id, terms);
        if (block.timestamp > terms.fundByOf()) revert TooLate();
        before = _openPool(id, record, terms, PaymentRecord.FUNDED);
    }
}
