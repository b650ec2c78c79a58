// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Settlement} from "../harness/Escrow.sol";
import {FuzzToken} from "../harness/FuzzToken.sol";
import {Items, ACCOUNT_TAG, SELLER_TAG} from "../harness/Items.sol";
import {Messages} from "../harness/Messages.sol";
import {VM} from "../harness/Vm.sol";
import {ASSETS, COIN, Ghost} from "./World.sol";
import {BatchVerbs} from "./BatchVerbs.sol";
import {Money} from "./Watched.sol";

/// @title Money that is out of its payment: credits, redirects, fees, strays, refunds after a release
abstract contract CreditVerbs is BatchVerbs {
    function withdrawCredit(uint256 seed) external verb(seed) {
        (uint256 e, address account, uint256 asset) = _creditor();
        uint256 amount = creditOf[e][account][asset];
        uint256 had = _balance(asset, account);
        bool foreseen = amount != 0 && _poolPays(e, asset, account, amount);
        bytes memory data = abi.encodeCall(Escrow.withdrawCredit, (account, assets[asset]));
        if (!_acted(_call(e, stranger, 0, data), foreseen, 10, "withdrawCredit")) return;
        _uncredit(e, asset, account, amount);
        poolHolds[e][asset] -= amount;
        _same(_balance(asset, account), had + _arrives(asset, amount), 8, "a credit went elsewhere");
        _compareBook(e, asset);
    }

    /// @notice With the signatures of one signer and of the account; or without one of them.
    function redirectCredit(uint256 seed) external verb(seed) {
        (uint256 e, address account, uint256 asset) = _creditor();
        uint256 credit = creditOf[e][account][asset];
        if (credit == 0) return;
        Messages.Redirect memory r = _redirect(e, account, asset, 1 + _rnd(credit));
        (bytes memory items, bool agreed) = _agreement(e, r);
        uint256 had = _balance(asset, r.to);
        bool foreseen = agreed && _poolPays(e, asset, r.to, r.amount);
        bytes memory data = abi.encodeCall(
            Escrow.redirectCredit,
            (account, r.token, r.to, r.amount, r.validUntil, items)
        );
        if (!_acted(_call(e, stranger, 0, data), foreseen, 8, "redirectCredit")) return;
        _uncredit(e, asset, account, r.amount);
        poolHolds[e][asset] -= r.amount;
        _same(_balance(asset, r.to), had + _arrives(asset, r.amount), 8, "a redirected credit went elsewhere");
        _hold(_call(e, stranger, 0, data) != 0, 9, "a redirect worked twice");
        _compareBook(e, asset);
    }

    function payVaultCredit(uint256 seed) external verb(seed) {
        uint256 p = _withVaultCredit();
        if (p >= ghosts.length) return;
        Ghost storage g = ghosts[p];
        Money memory m = _money(p);
        (uint256 toSeller, uint256 toRefund) = (_part(p, m, g.terms.seller, g.creditSeller), 0);
        m.vault -= toSeller;
        toRefund = _part(p, m, g.terms.refundTo, g.creditRefund);
        m.vault -= toRefund;
        bool foreseen = toSeller + toRefund != 0;
        bytes4 got = _call(g.e, stranger, 0, abi.encodeCall(Escrow.payVaultCredit, (g.terms)));
        if (!_acted(got, foreseen, 10, "payVaultCredit")) return;
        (g.creditSeller, g.creditRefund) = (g.creditSeller - uint128(toSeller), g.creditRefund - uint128(toRefund));
        m.seller += _arrives(g.asset, toSeller);
        m.refundTo += _arrives(g.asset, toRefund);
        _compare(p, m);
    }

    function redirectVaultCredit(uint256 seed) external verb(seed) {
        uint256 p = _withVaultCredit();
        if (p >= ghosts.length) return;
        Ghost storage g = ghosts[p];
        bool share = g.creditSeller != 0;
        uint256 credit = share ? g.creditSeller : g.creditRefund;
        address account = share ? g.terms.seller : g.terms.refundTo;
        Messages.Redirect memory r = _redirect(g.e, account, g.asset, 1 + _rnd(credit));
        (bytes memory items, bool agreed) = _agreement(g.e, r);
        uint256 had = _balance(g.asset, r.to);
        Money memory m = _money(p);
        bool foreseen = agreed && m.vault >= r.amount && _takes(g.asset, g.vault, r.to);
        bytes memory data = abi.encodeCall(
            Escrow.redirectVaultCredit,
            (g.terms, share, r.to, r.amount, r.validUntil, items)
        );
        if (!_acted(_call(g.e, stranger, 0, data), foreseen, 8, "redirectVaultCredit")) return;
        if (share) g.creditSeller -= uint128(r.amount);
        else g.creditRefund -= uint128(r.amount);
        m.vault -= r.amount;
        _same(_balance(g.asset, r.to), had + _arrives(g.asset, r.amount), 8, "a redirected share went elsewhere");
        _compare(p, m);
    }

    function withdrawFees(uint256 seed) external verb(seed) {
        (uint256 e, uint256 asset) = (_rnd(2), _rnd(ASSETS));
        for (uint256 i = 0; i < 8 && feesHeld[e][asset] == 0; ++i) (e, asset) = (i & 1, i >> 1);
        uint256 fees = feesHeld[e][asset];
        uint256 had = _balance(asset, _treasury(e));
        bool foreseen = fees != 0 && _poolPays(e, asset, _treasury(e), fees);
        bytes4 got = _call(e, stranger, 0, abi.encodeCall(Escrow.withdrawFees, (assets[asset])));
        if (!_acted(got, foreseen, 5, "withdrawFees")) return;
        feesHeld[e][asset] = 0;
        feesReceived[e][asset] += fees;
        poolHolds[e][asset] -= fees;
        _same(_balance(asset, _treasury(e)), had + _arrives(asset, fees), 8, "fees went elsewhere");
        _compareBook(e, asset);
    }

    /// @notice All strays, a part of them, or one unit more than there is.
    function rescue(uint256 seed) external verb(seed) {
        (uint256 e, uint256 asset) = (_rnd(2), _rnd(ASSETS));
        if (_rnd(3) != 0) {
            _make(asset, address(escrows[e]), 1000);
            poolHolds[e][asset] += 1000;
        }
        uint256 owed = poolRemaining[e][asset] + feesHeld[e][asset] + creditSum[e][asset];
        uint256 strays = poolHolds[e][asset] > owed ? poolHolds[e][asset] - owed : 0;
        uint256 kind = _rnd(4);
        uint256 amount = kind == 0 ? strays + 1 : kind == 1 ? 1 + strays / 2 : strays;
        Messages.Control memory c = Messages.Control(0, assets[asset], amount, _nonce(e), _soon());
        bytes memory items = _itemsOf(e, Messages.rescue(address(escrows[e]), c), 8);
        uint256 had = _balance(asset, _treasury(e));
        bool foreseen = amount != 0 && amount <= strays && _poolPays(e, asset, _treasury(e), amount);
        bytes memory data = abi.encodeCall(Escrow.rescue, (assets[asset], amount, _soon(), items));
        if (!_acted(_call(e, stranger, 0, data), foreseen, 1, "rescue")) return;
        poolHolds[e][asset] -= amount;
        _same(_balance(asset, _treasury(e)), had + _arrives(asset, amount), 8, "strays went elsewhere");
        _compareBook(e, asset);
    }

    function refundLater(uint256 seed) external verb(seed) {
        uint256 p = _released();
        if (p >= ghosts.length) return;
        Ghost storage g = ghosts[p];
        uint256 room = g.released - g.broughtBack;
        uint256 amount = 1 + _rnd(_rnd(4) == 0 ? room + 1 : room == 0 ? 1 : room);
        _make(g.asset, stranger, amount);
        if (g.asset != COIN) {
            VM.prank(stranger);
            FuzzToken(g.terms.token).approve(address(escrows[g.e]), amount);
        }
        Money memory m = _money(p);
        bool whole = _takes(g.asset, stranger, g.terms.refundTo) && _arrives(g.asset, amount) == amount;
        bytes memory data = abi.encodeCall(Escrow.refundLater, (g.terms, amount));
        bytes4 got = _call(g.e, stranger, g.asset == COIN ? amount : 0, data);
        if (!_acted(got, whole && amount <= room, 4, "refundLater")) return;
        g.broughtBack += amount;
        m.refundTo += amount;
        _compare(p, m);
        _same(escrows[g.e].refundedLater(g.id), g.broughtBack, 4, "sum brought back");
    }

    function _nonce(uint256 e) internal view returns (uint256 nonce) {
        (, , , , nonce) = escrows[e].config();
    }

    function _poolPays(uint256 e, uint256 asset, address to, uint256 amount) internal view returns (bool) {
        return poolHolds[e][asset] >= amount && _takes(asset, address(escrows[e]), to);
    }

    function _part(uint256 p, Money memory m, address to, uint256 credit) private view returns (uint256) {
        if (!_takes(ghosts[p].asset, ghosts[p].vault, to)) return 0;
        return credit < m.vault ? credit : m.vault;
    }

    /// @dev A refund that its receiver did not take, in pool or vault; mostly he takes it later.
    function _makeCredit(bool inVault) private returns (uint256 p) {
        p = _newPayment(_rnd(2), true);
        Ghost storage g = ghosts[p];
        if (!inVault && _fundable(p, stranger)) {
            _hold(_fundFrom(p, stranger) == 0, 0, "funding that was foreseen");
            _cameIn(p);
        } else {
            _gift(p, g.terms.amount);
        }
        bool refused = refuses[g.asset][g.terms.refundTo];
        _setRefuses(g.asset, g.terms.refundTo, true);
        Settlement memory s = _settlement(p, 0, g.terms.amount);
        bytes memory item = Items.one(SELLER_TAG, keyOf[g.terms.seller], _digest(p, s));
        Money memory m = _money(p);
        _hold(_call(g.e, stranger, 0, abi.encodeCall(Escrow.settle, (g.terms, s, item))) == 0, 16, "a refused refund");
        _settled(p, m, s);
        _compare(p, m);
        if (!refused || _rnd(4) != 0) _setRefuses(g.asset, g.terms.refundTo, false);
    }

    /// @dev An account with a credit, from a place by chance on.
    function _creditor() private returns (uint256 e, address account, uint256 asset) {
        if (_rnd(2) == 0) {
            Ghost storage g = ghosts[_makeCredit(false)];
            if (creditOf[g.e][g.terms.refundTo][g.asset] != 0) return (g.e, g.terms.refundTo, g.asset);
        }
        uint256 start = _rnd(2 * ASSETS * 9);
        for (uint256 i = 0; i < 2 * ASSETS * 9; ++i) {
            uint256 n = (start + i) % (2 * ASSETS * 9);
            (e, asset, account) = (n & 1, (n >> 1) % ASSETS, actors[10 + n / (2 * ASSETS)]);
            if (creditOf[e][account][asset] != 0) break;
        }
    }

    function _withVaultCredit() private returns (uint256 p) {
        if (_rnd(2) == 0) return _makeCredit(true);
        if (ghosts.length == 0) return 0;
        uint256 start = _rnd(ghosts.length);
        for (uint256 i = 0; i < ghosts.length; ++i) {
            p = (start + i) % ghosts.length;
            if (ghosts[p].creditSeller + ghosts[p].creditRefund != 0) return p;
        }
        return ghosts.length;
    }

    function _released() private returns (uint256 p) {
        if (ghosts.length == 0) return 0;
        uint256 start = _rnd(ghosts.length);
        for (uint256 i = 0; i < ghosts.length; ++i) {
            p = (start + i) % ghosts.length;
            if (ghosts[p].released > ghosts[p].broughtBack) return p;
        }
        return ghosts.length;
    }

    function _redirect(
        uint256 e,
        address account,
        uint256 asset,
        uint256 amount
    ) private view returns (Messages.Redirect memory) {
        uint256 nonce = escrows[e].redirectNonce(account);
        return Messages.Redirect(account, assets[asset], actors[19], amount, nonce, _soon());
    }

    function _agreement(uint256 e, Messages.Redirect memory r) private returns (bytes memory items, bool agreed) {
        bytes32 digest = Messages.redirect(address(escrows[e]), r);
        uint256 kind = _rnd(6);
        uint256 index = _activeSigner(e, _rnd(3));
        if (kind != 0) items = Items.one(uint8(index), keyOf[holderOf[e][index]], digest);
        if (kind != 1) items = bytes.concat(items, Items.one(ACCOUNT_TAG, keyOf[r.account], digest));
        agreed = kind > 1;
    }
}
