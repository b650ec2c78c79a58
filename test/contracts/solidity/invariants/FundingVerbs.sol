// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Terms} from "../harness/Escrow.sol";
import {FuzzToken} from "../harness/FuzzToken.sol";
import {Items, BUYER_TAG} from "../harness/Items.sol";
import {SignedToken} from "../harness/SignedToken.sol";
import {PERMIT2, SpenderFace} from "../harness/SpenderFace.sol";
import {VM} from "../harness/Vm.sol";
import {COIN, DELIVERED, FUNDED, Ghost, NONE, SIGNED} from "./World.sol";
import {Money, Watched} from "./Watched.sol";

/// @title How money comes: the four fundings, plain transfers to vaults, and the sweep
abstract contract FundingVerbs is Watched {
    function fund(uint256 seed) external verb(seed) {
        uint256 p = _newPayment(_rnd(2), true);
        if (_rnd(6) == 0) _warp(ghosts[p].terms.fundBy + _rnd(2));
        bool foreseen = _fundable(p, stranger);
        if (_acted(_fundFrom(p, stranger), foreseen, 0, "fund")) _cameIn(p);
    }

    function fundWithAuthorization(uint256 seed) external verb(seed) {
        uint256 p = _signedPayment(SIGNED);
        Terms memory t = ghosts[p].terms;
        _make(SIGNED, t.buyer, t.amount);
        SignedToken token = SignedToken(t.token);
        bytes32 digest = token.receiveDigest(t.buyer, address(escrows[ghosts[p].e]), t.amount, ghosts[p].id);
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(keyOf[t.buyer], digest);
        bytes memory data = abi.encodeCall(Escrow.fundWithAuthorization, (t, 0, type(uint256).max, v, r, s));
        bool foreseen = _fundable(p, t.buyer);
        if (_acted(_call(ghosts[p].e, stranger, 0, data), foreseen, 0, "fundWithAuthorization")) _cameIn(p);
    }

    function fundWithPermit(uint256 seed) external verb(seed) {
        uint256 p = _signedPayment(SIGNED);
        Terms memory t = ghosts[p].terms;
        _make(SIGNED, t.buyer, t.amount);
        bytes32 digest = SignedToken(t.token).permitDigest(t.buyer, address(escrows[ghosts[p].e]), t.amount, _soon());
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(keyOf[t.buyer], digest);
        bool consents = _rnd(4) != 0;
        bytes memory consent = Items.one(BUYER_TAG, consents ? keyOf[t.buyer] : keyOf[stranger], ghosts[p].id);
        bytes memory data = abi.encodeCall(Escrow.fundWithPermit, (t, _soon(), v, r, s, consent));
        bool foreseen = consents && _fundable(p, t.buyer);
        if (_acted(_call(ghosts[p].e, stranger, 0, data), foreseen, 9, "fundWithPermit")) _cameIn(p);
    }

    function fundWithPermit2(uint256 seed) external verb(seed) {
        uint256 p = _signedPayment(1 + _rnd(3));
        Ghost storage g = ghosts[p];
        Terms memory t = g.terms;
        _make(g.asset, t.buyer, t.amount);
        VM.prank(t.buyer);
        FuzzToken(t.token).approve(PERMIT2, t.amount);
        bytes32 digest = SpenderFace(PERMIT2).digestFor(address(escrows[g.e]), t, p, _soon());
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(keyOf[t.buyer], digest);
        bytes memory data = abi.encodeCall(Escrow.fundWithPermit2, (t, p, _soon(), abi.encode(r, s, v)));
        bool foreseen = _fundable(p, t.buyer);
        if (_acted(_call(g.e, stranger, 0, data), foreseen, 0, "fundWithPermit2")) _cameIn(p);
    }

    /// @notice Exact, short, late, double, dust: whatever a payer may send.
    function transferToVault(uint256 seed) external verb(seed) {
        bool fresh = _rnd(2) == 0;
        uint256 p = fresh ? _newPayment(_rnd(2), _rnd(6) != 0) : _find(31);
        if (p >= ghosts.length) return;
        uint256 kind = _rnd(4);
        uint256 amount = ghosts[p].terms.amount;
        if (kind == 0) amount = 1 + _rnd(amount);
        if (kind == 1) amount += 1 + _rnd(1e6);
        _gift(p, amount);
        ++succeeded[msg.sig];
    }

    /// @notice Another asset than the payment's own, native coin among them.
    function transferWrongAsset(uint256 seed) external verb(seed) {
        uint256 p = _find(31);
        if (p >= ghosts.length) p = _newPayment(_rnd(2), true);
        uint256 asset = (ghosts[p].asset + 1 + _rnd(3)) % 4;
        _make(asset, ghosts[p].vault, 1 + _rnd(1e9));
        ++succeeded[msg.sig];
    }

    /// @notice Tokens sent to the escrow itself, and forced native coin: strays.
    function strayToEscrow(uint256 seed) external verb(seed) {
        (uint256 e, uint256 asset, uint256 amount) = (_rnd(2), _rnd(4), 1 + _rnd(1e9));
        _make(asset, address(escrows[e]), amount);
        poolHolds[e][asset] += amount;
        ++succeeded[msg.sig];
    }

    function sweep(uint256 seed) external verb(seed) {
        uint256 p = _paidVault();
        Ghost storage g = ghosts[p];
        address[4] memory callers = [g.terms.seller, g.terms.buyer, holderOf[g.e][_activeSigner(g.e, _rnd(3))], stranger];
        address caller = callers[_rnd(8) % (_rnd(2) == 0 ? 4 : 3)];
        if (caller == address(0)) caller = g.terms.seller;
        bool foreseen = caller != stranger &&
            !_paused(g.e) &&
            time <= g.terms.deliverBy &&
            _comesWhole(g.asset, g.vault, g.e, g.terms.amount);
        Money memory m = _money(p);
        if (!_acted(_call(g.e, caller, 0, abi.encodeCall(Escrow.sweep, (g.terms))), foreseen, 9, "sweep")) return;
        m.vault -= g.terms.amount;
        m.pool += g.terms.amount;
        g.deployed = true;
        _opens(p, false);
        _compare(p, m);
    }

    function _signedPayment(uint256 asset) private returns (uint256 p) {
        p = _newPayment(_rnd(2), true);
        Ghost storage g = ghosts[p];
        if (g.terms.buyer == address(0)) g.terms.buyer = _buyer(_rnd(PARTIES));
        (g.terms.token, g.asset) = (assets[asset], uint8(asset));
        g.id = escrows[g.e].idOf(g.terms);
        g.vault = escrows[g.e].depositAddress(g.id);
    }

    function _fundable(uint256 p, address from) internal view returns (bool) {
        Ghost storage g = ghosts[p];
        if (_paused(g.e) || !g.valid || g.status != NONE || time > g.terms.fundBy) return false;
        return g.asset == COIN || _comesWhole(g.asset, from, g.e, g.terms.amount);
    }

    function _fundFrom(uint256 p, address from) internal returns (bytes4) {
        Ghost storage g = ghosts[p];
        _make(g.asset, from, g.terms.amount);
        if (g.asset != COIN) {
            VM.prank(from);
            FuzzToken(g.terms.token).approve(address(escrows[g.e]), g.terms.amount);
        }
        return _call(g.e, from, g.asset == COIN ? g.terms.amount : 0, abi.encodeCall(Escrow.fund, (g.terms)));
    }

    function _cameIn(uint256 p) internal {
        Ghost storage g = ghosts[p];
        Money memory m = _money(p);
        m.pool += g.terms.amount;
        _opens(p, false);
        _compare(p, m);
    }

    /// @dev A payment without a record whose vault holds enough; a new one if there is none.
    function _paidVault() internal returns (uint256 p) {
        p = _rnd(2) == 0 ? _find(1) : ghosts.length;
        if (p == ghosts.length) p = _newPayment(_rnd(2), true);
        uint256 holds = ghosts[p].vaultHolds;
        if (holds < ghosts[p].terms.amount) _gift(p, ghosts[p].terms.amount - holds);
    }

    /// @dev An open payment in pool or vault, or one that a settlement can open.
    function _payable() internal returns (uint256 p) {
        if (_rnd(4) != 0) {
            p = _find(14);
            if (p < ghosts.length) return p;
        }
        p = _newPayment(_rnd(2), true);
        if (_rnd(2) == 0 && _fundable(p, stranger)) {
            if (_fundFrom(p, stranger) == 0) _cameIn(p);
            else _hold(false, 0, "funding that was foreseen");
        } else {
            _gift(p, ghosts[p].terms.amount);
        }
    }

    /// @dev A payment in exactly this status, made if there is none; a vault that is paid counts as funded.
    function _in(uint8 status) internal returns (uint256 p) {
        p = _find(1 << status);
        if (p < ghosts.length) return p;
        p = _payable();
        if (ghosts[p].status != NONE && ghosts[p].status != FUNDED) p = _paidVault();
        if (status == FUNDED || status == NONE) return p;
        Ghost storage g = ghosts[p];
        if (time > g.terms.deliverBy) return p;
        bytes memory data = status == DELIVERED
            ? abi.encodeCall(Escrow.markDelivered, (g.terms))
            : abi.encodeCall(Escrow.freeze, (g.terms));
        address caller = status == DELIVERED ? g.terms.seller : holderOf[g.e][_activeSigner(g.e, 0)];
        Money memory m = _money(p);
        _hold(_call(g.e, caller, 0, data) == 0, 0, "mark or freeze that was foreseen");
        if (g.status == NONE) _opens(p, true);
        (g.status, g.clock) = (status, uint40(time));
        _compare(p, m);
    }
}
