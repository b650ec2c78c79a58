// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Settlement, Terms} from "../harness/Escrow.sol";
import {Items, BUYER_TAG, SELLER_TAG} from "../harness/Items.sol";
import {Messages} from "../harness/Messages.sol";
import {CLOSED, DELIVERED, FROZEN, FUNDED, Ghost, NONE} from "./World.sol";
import {Money} from "./Watched.sol";
import {SettlementVerbs} from "./SettlementVerbs.sol";

/// @title Delivery, dispute, the exits of time with their last and first second, and what leaves a vault beside a payment
abstract contract ExitVerbs is SettlementVerbs {
    function markDelivered(uint256 seed) external verb(seed) {
        uint256 p = _in(FUNDED);
        Ghost storage g = ghosts[p];
        _maybeWarpTo(g.terms.deliverBy);
        address by = _rnd(5) == 0 ? stranger : g.terms.seller;
        bool foreseen = by == g.terms.seller && g.status <= FUNDED && time <= g.terms.deliverBy;
        bytes4 got = _call(g.e, by, 0, abi.encodeCall(Escrow.markDelivered, (g.terms)));
        if (_acted(got, foreseen, 12, "markDelivered")) _starts(p, DELIVERED);
    }

    function freeze(uint256 seed) external verb(seed) {
        uint256 p = _in(_rnd(2) == 0 ? FUNDED : DELIVERED);
        Ghost storage g = ghosts[p];
        _maybeWarpTo(_actEnd(p));
        address[5] memory who = [
            g.terms.buyer,
            g.terms.seller,
            holderOf[g.e][_activeSigner(g.e, _rnd(3))],
            g.terms.buyer,
            stranger
        ];
        address by = who[_rnd(5)];
        if (by == address(0)) by = who[2];
        bool may = by == g.terms.seller ? g.status == DELIVERED : by != stranger;
        bool foreseen = may && g.status <= DELIVERED && time <= _actEnd(p);
        bytes4 got = _call(g.e, by, 0, abi.encodeCall(Escrow.freeze, (g.terms)));
        if (_acted(got, foreseen, 12, "freeze")) _starts(p, FROZEN);
    }

    /// @notice A party's mark or freeze, broadcast by a stranger.
    function actSigned(uint256 seed) external verb(seed) {
        uint256 p = _in(_rnd(2) == 0 ? FUNDED : DELIVERED);
        Ghost storage g = ghosts[p];
        uint8 action = uint8(1 + _rnd(2));
        bool byBuyer = g.terms.buyer != address(0) && (action == 2 ? _rnd(4) != 0 : _rnd(4) == 0);
        bytes32 digest = Messages.act(address(escrows[g.e]), g.id, action, _soon());
        bytes memory item = Items.one(
            byBuyer ? BUYER_TAG : SELLER_TAG,
            keyOf[byBuyer ? g.terms.buyer : g.terms.seller],
            digest
        );
        bool may = action == 1 ? !byBuyer && g.status <= FUNDED : byBuyer || g.status == DELIVERED;
        bool foreseen = may && g.status <= DELIVERED && time <= _actEnd(p);
        bytes4 got = _call(g.e, stranger, 0, abi.encodeCall(Escrow.actSigned, (g.terms, action, _soon(), item)));
        if (_acted(got, foreseen, 9, "actSigned")) _starts(p, action == 1 ? DELIVERED : FROZEN);
    }

    /// @notice Whatever would open a record, on a vault that does not hold enough.
    function openShort(uint256 seed) external verb(seed) {
        uint256 p = _newPayment(_rnd(2), true);
        Ghost storage g = ghosts[p];
        _gift(p, _rnd(g.terms.amount));
        uint256 kind = _rnd(4);
        Settlement memory s = _settlement(p, 1, 0);
        bytes memory data = abi.encodeCall(Escrow.settle, (g.terms, s, _bySigners(p, _digest(p, s))));
        if (kind == 0) data = abi.encodeCall(Escrow.markDelivered, (g.terms));
        if (kind == 1) data = abi.encodeCall(Escrow.sweep, (g.terms));
        address by = g.terms.seller;
        if (kind == 2) (data, by) = (abi.encodeCall(Escrow.freeze, (g.terms)), holderOf[g.e][_activeSigner(g.e, 0)]);
        _hold(_call(g.e, by, 0, data) != 0, 19, "a record opened on a short vault");
        ++succeeded[msg.sig];
        _compareRecord(p);
    }

    function reclaim(uint256 seed) external verb(seed) {
        uint256 p = _openFunded();
        if (p < ghosts.length) _exit(p, FUNDED, Escrow.reclaim.selector);
    }

    function claim(uint256 seed) external verb(seed) {
        _exit(_in(DELIVERED), DELIVERED, Escrow.claim.selector);
    }

    function forceResolve(uint256 seed) external verb(seed) {
        _exit(_in(FROZEN), FROZEN, Escrow.forceResolve.selector);
    }

    /// @notice The payment's own asset: surplus, or everything where that is allowed.
    function recover(uint256 seed) external verb(seed) {
        uint256 p = _rnd(3) == 0 ? _paidVault() : _find(31);
        if (p >= ghosts.length) p = _newPayment(_rnd(2), false);
        uint256 kind = _rnd(3);
        if (kind == 0) p = _invalid(p);
        if (kind == 1) p = _credited(p);
        Ghost storage g = ghosts[p];
        if (_rnd(2) == 0) _gift(p, 1 + _rnd(1e6));
        address by = _rnd(3) == 0 ? g.terms.seller : _rnd(3) == 0 ? holderOf[g.e][_activeSigner(g.e, 0)] : stranger;
        uint256 needed = _needed(p, by);
        Money memory m = _money(p);
        address to = _destination(p);
        bool foreseen = m.vault > needed && _takes(g.asset, g.vault, to);
        uint256 had = _balance(g.asset, to);
        bytes4 got = _call(g.e, by, 0, abi.encodeCall(Escrow.recover, (g.terms, g.terms.token)));
        if (!_acted(got, foreseen, 13, "recover")) return;
        uint256 amount = m.vault - needed;
        m.vault = needed;
        if (g.valid) m.refundTo += _arrives(g.asset, amount);
        g.deployed = true;
        if (g.status == NONE && needed == 0) (g.status, g.inVault, g.recovered) = (CLOSED, true, true);
        _same(_balance(g.asset, to), had + _arrives(g.asset, amount), 8, "a recovery went elsewhere");
        if (g.valid) _compare(p, m);
        else g.vaultHolds = needed;
        _same(_balance(g.asset, g.vault), needed, 13, "recover left another sum");
    }

    /// @notice Anything else that came to a vault, by anyone at any time.
    function recoverOther(uint256 seed) external verb(seed) {
        uint256 p = _find(31);
        if (p >= ghosts.length) p = _newPayment(_rnd(2), true);
        Ghost storage g = ghosts[p];
        uint256 asset = (g.asset + 1 + _rnd(3)) % 4;
        if (_balance(asset, g.vault) == 0) _make(asset, g.vault, 1 + _rnd(1e9));
        uint256 amount = _balance(asset, g.vault);
        address to = _destination(p);
        uint256 had = _balance(asset, to);
        bytes4 got = _call(g.e, stranger, 0, abi.encodeCall(Escrow.recover, (g.terms, assets[asset])));
        if (!_acted(got, _takes(asset, g.vault, to), 13, "recover of another asset")) return;
        g.deployed = true;
        _same(_balance(asset, to), had + _arrives(asset, amount), 8, "another asset went elsewhere");
        _same(_balance(g.asset, g.vault), g.vaultHolds, 13, "recover of another asset took the payment's own");
        _compareRecord(p);
    }

    /// @notice Terms of another chain: with this chain's id refused, with another one only its own vault moves.
    function recoverForeign(uint256 seed) external verb(seed) {
        uint256 p = _payable();
        Ghost storage g = ghosts[p];
        address signer = holderOf[g.e][_activeSigner(g.e, _rnd(3))];
        bytes memory same = abi.encodeCall(Escrow.recoverForeign, (g.terms, g.terms.token, block.chainid));
        _hold(_call(g.e, signer, 0, same) != 0, 21, "recoverForeign took an id of this chain");
        bytes32 id = Messages.digestOn(address(escrows[g.e]), 56, Messages.termsHash(g.terms));
        address vault = escrows[g.e].depositAddress(id);
        if (!g.abroad) foreignVaults.push(vault);
        g.abroad = true;
        uint256 amount = 1 + _rnd(1e9);
        _make(g.asset, vault, amount);
        amount = _balance(g.asset, vault);
        Money memory m = _money(p);
        address by = _rnd(4) == 0 ? stranger : signer;
        bool foreseen = by == signer && _takes(g.asset, vault, g.terms.refundTo);
        bytes memory data = abi.encodeCall(Escrow.recoverForeign, (g.terms, g.terms.token, 56));
        if (_acted(_call(g.e, by, 0, data), foreseen, 21, "recoverForeign")) m.refundTo += _arrives(g.asset, amount);
        _same(_balance(g.asset, g.vault), m.vault, 21, "recoverForeign touched a vault of this chain");
        _compare(p, m);
    }

    // The clock

    function passTime(uint256 seed) external verb(seed) {
        uint256 kind = _rnd(3);
        _warp(time + 1 + _rnd(kind == 0 ? 1 hours : kind == 1 ? 1 days : 12 days));
        ++succeeded[msg.sig];
    }

    /// @dev Now and then to the last second of a window, or to the first one after it.
    function _maybeWarpTo(uint256 end) private {
        if (_rnd(6) == 0) _warp(end + _rnd(2));
    }

    function _actEnd(uint256 p) private view returns (uint256) {
        Ghost storage g = ghosts[p];
        return g.status == DELIVERED ? uint256(g.clock) + g.terms.inspection : g.terms.deliverBy;
    }

    function _starts(uint256 p, uint8 status) private {
        Ghost storage g = ghosts[p];
        if (g.status == NONE) _opens(p, true);
        (g.status, g.clock) = (status, uint40(time));
        _compare(p, _money(p));
    }

    function _openFunded() private returns (uint256 p) {
        p = _find(1 << FUNDED);
        if (p < ghosts.length) return p;
        p = _payable();
        if (ghosts[p].status != FUNDED) return ghosts.length;
    }

    /// @dev Refused in the last second of waiting, open in the next one, whoever calls, paused or not.
    function _exit(uint256 p, uint8 status, bytes4 selector) private {
        Ghost storage g = ghosts[p];
        bytes memory data = abi.encodePacked(selector, abi.encode(g.terms));
        uint256 end = g.terms.deliverBy;
        if (g.status == DELIVERED) end = uint256(g.clock) + g.terms.inspection;
        if (g.status == FROZEN) end = uint256(g.clock) + DISPUTE_TIMEOUT;
        if (time <= end) {
            _warp(end);
            _hold(_call(g.e, stranger, 0, data) != 0, 12, "an exit was open in the last second of waiting");
            _warp(end + 1);
        }
        Money memory m = _money(p);
        if (!_acted(_call(g.e, stranger, 0, data), g.status == status, 10, "exit of time")) return;
        if (g.inVault) _lower(g);
        uint256 toSeller = status == DELIVERED ? g.remaining : 0;
        if (status == FROZEN) toSeller = (uint256(g.remaining) * g.terms.disputeSellerBps) / BPS;
        _pays(p, m, toSeller, g.remaining - toSeller);
        _compare(p, m);
    }

    function _lower(Ghost storage g) private {
        uint256 senior = uint256(g.creditSeller) + g.creditRefund;
        uint256 left = g.vaultHolds > senior ? g.vaultHolds - senior : 0;
        if (left >= g.remaining) return;
        _hold(g.taken, 2, "a vault holds too little although nobody took from it");
        g.shortfall += g.remaining - left;
        g.remaining = uint96(left);
    }

    /// @dev A payment whose terms are invalid, if there is one.
    function _invalid(uint256 p) private view returns (uint256) {
        for (uint256 i = 0; i < ghosts.length; ++i) if (!ghosts[i].valid) return i;
        return p;
    }

    /// @dev A payment whose vault keeps a share that somebody refused, if there is one.
    function _credited(uint256 p) private view returns (uint256) {
        for (uint256 i = ghosts.length; i != 0; --i) {
            if (ghosts[i - 1].creditSeller + ghosts[i - 1].creditRefund != 0) return i - 1;
        }
        return p;
    }

    /// @dev What a vault must keep of its own asset, row by row of the specification.
    function _needed(uint256 p, address by) private view returns (uint256) {
        Ghost storage g = ghosts[p];
        if (g.status == CLOSED) return g.inVault ? uint256(g.creditSeller) + g.creditRefund : 0;
        if (g.status != NONE) return g.inVault ? uint256(g.remaining) + g.creditSeller + g.creditRefund : 0;
        if (!g.valid || by == g.terms.seller || time > g.terms.deliverBy) return 0;
        bool signer = by != stranger;
        if (signer && time > g.terms.fundBy && g.vaultHolds < g.terms.amount) return 0;
        return g.terms.amount;
    }

    function _destination(uint256 p) internal view returns (address) {
        Terms storage t = ghosts[p].terms;
        if (t.refundTo != address(0)) return t.refundTo;
        return t.buyer != address(0) ? t.buyer : _treasury(ghosts[p].e);
    }
}
