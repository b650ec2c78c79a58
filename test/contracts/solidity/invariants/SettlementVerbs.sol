// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Settlement} from "../harness/Escrow.sol";
import {Items, BUYER_TAG, SELLER_TAG} from "../harness/Items.sol";
import {Messages} from "../harness/Messages.sol";
import {CLOSED, Ghost, NONE} from "./World.sol";
import {FundingVerbs} from "./FundingVerbs.sol";
import {Money} from "./Watched.sol";

/// @title Settlements of every authority: whole, in parts, by milestones, in batches, and those that must not pass
abstract contract SettlementVerbs is FundingVerbs {
    /// @notice The admins release, refund or split, all or a part.
    function settleByAdmins(uint256 seed) external verb(seed) {
        uint256 p = _payable();
        Settlement memory s = _split(p);
        bytes memory data = abi.encodeCall(Escrow.settle, (ghosts[p].terms, s, _bySigners(p, _digest(p, s))));
        bool foreseen = !_paused(ghosts[p].e);
        _settles(p, s, stranger, data, foreseen);
    }

    /// @notice A signer's own call without signatures: where the threshold is one.
    function settleByCaller(uint256 seed) external verb(seed) {
        uint256 p = _payable();
        Ghost storage g = ghosts[p];
        Settlement memory s = _split(p);
        uint256 kind = _rnd(8);
        address caller = kind == 0 ? stranger : holderOf[g.e][kind % 3];
        bool signer = kind != 0 && (activeSigners[g.e] >> (kind % 3)) & 1 != 0;
        bool foreseen = g.e == 1 && signer && !_paused(g.e);
        _settles(p, s, caller, abi.encodeCall(Escrow.settle, (g.terms, s, "")), foreseen);
    }

    /// @notice One party gives everything up, or tries to do less.
    function settleByOneParty(uint256 seed) external verb(seed) {
        uint256 p = _payable();
        Ghost storage g = ghosts[p];
        bool byBuyer = _rnd(2) == 0 && g.terms.buyer != address(0);
        uint256 all = g.status == NONE ? g.terms.amount : g.remaining;
        bool whole = _rnd(4) != 0;
        uint256 amount = whole ? all : _rnd(all);
        Settlement memory s = byBuyer ? _settlement(p, amount, 0) : _settlement(p, 0, amount);
        if (!whole && _rnd(2) == 0) s = _settlement(p, all / 2, all - all / 2);
        bool foreseen = (byBuyer ? s.toSeller : s.toBuyer) == all;
        bytes memory items = Items.one(
            byBuyer ? BUYER_TAG : SELLER_TAG,
            keyOf[byBuyer ? g.terms.buyer : g.terms.seller],
            _digest(p, s)
        );
        if (_settles(p, s, stranger, abi.encodeCall(Escrow.settle, (g.terms, s, items)), foreseen)) {
            _hold(g.status == CLOSED, 9, "one party alone left a payment open");
        }
    }

    function settleByBothParties(uint256 seed) external verb(seed) {
        uint256 p = _payable();
        Ghost storage g = ghosts[p];
        Settlement memory s = _split(p);
        bytes32 digest = _digest(p, s);
        bytes memory items = Items.one(SELLER_TAG, keyOf[g.terms.seller], digest);
        if (g.terms.buyer != address(0)) items = bytes.concat(Items.one(BUYER_TAG, keyOf[g.terms.buyer], digest), items);
        bool foreseen = g.terms.buyer != address(0) || s.toBuyer == (g.status == NONE ? g.terms.amount : g.remaining);
        _settles(p, s, stranger, abi.encodeCall(Escrow.settle, (g.terms, s, items)), foreseen);
    }

    /// @notice The next milestone, by the buyer or the admins; or one that is not the next.
    function settleMilestone(uint256 seed) external verb(seed) {
        uint256 p = _withMilestones();
        Ghost storage g = ghosts[p];
        uint256[] memory steps = _milestones(g.terms.amount);
        uint256 next;
        for (uint256 i = 0; next <= g.released; ++i) next += steps[i];
        bool exact = _rnd(5) != 0;
        Settlement memory s = _settlement(p, next - g.released + (exact ? 0 : 1), 0);
        bool byBuyer = g.terms.buyer != address(0) && _rnd(2) == 0;
        bytes32 digest = _digest(p, s);
        bytes memory items = byBuyer ? Items.one(BUYER_TAG, keyOf[g.terms.buyer], digest) : _bySigners(p, digest);
        bytes memory data = abi.encodeCall(Escrow.settleMilestone, (g.terms, s, items, steps));
        if (_settles(p, s, stranger, data, exact && (byBuyer || !_paused(g.e))) && byBuyer && g.status != CLOSED) ++g.loneSpent;
    }

    /// @notice Too few signers, a signer who is off, a party's key in a signer's seat, another seq, another escrow, too late.
    function settleForged(uint256 seed) external verb(seed) {
        uint256 p = _payable();
        Ghost storage g = ghosts[p];
        uint256 all = g.status == NONE ? g.terms.amount : g.remaining;
        Settlement memory s = _settlement(p, all, 0);
        uint256 kind = _rnd(7);
        if (kind == 0) s.validUntil = uint40(time - 1);
        if (kind == 1) s.validUntil = uint40(time + 30 days + 1);
        if (kind == 2) s.seq += 1;
        bytes32 digest = _digest(p, s);
        if (kind == 3) digest = Messages.settle(address(escrows[1 - g.e]), g.id, s);
        bytes memory items = _bySigners(p, digest);
        if (kind == 4) items = Items.one(0, keyOf[g.terms.seller], digest);
        if (kind == 5) items = Items.one(SELLER_TAG, keyOf[g.terms.seller], digest);
        if (kind == 6) items = _byEverySeat(g.e, digest);
        // Nothing is wrong with the items of all seats while none is off.
        bool foreseen = kind == 6 && activeSigners[g.e] == 7 && !_paused(g.e);
        if (!_settles(p, s, stranger, abi.encodeCall(Escrow.settle, (g.terms, s, items)), foreseen)) ++succeeded[msg.sig];
    }

    /// @notice Whatever a closed payment is asked to do: nothing of it happens.
    function reuseClosed(uint256 seed) external verb(seed) {
        uint256 p = _find(1 << CLOSED);
        if (p >= ghosts.length) return;
        Ghost storage g = ghosts[p];
        uint256 kind = _rnd(6);
        if (kind < 2) _gift(p, g.terms.amount);
        Settlement memory s = _settlement(p, 1, 0);
        bytes4 got;
        if (kind == 0) got = _call(g.e, g.terms.seller, 0, abi.encodeCall(Escrow.sweep, (g.terms)));
        if (kind == 1) got = _call(g.e, g.terms.seller, 0, abi.encodeCall(Escrow.markDelivered, (g.terms)));
        if (kind == 2) got = _fundFrom(p, stranger);
        if (kind == 3) got = _call(g.e, holderOf[g.e][_activeSigner(g.e, 0)], 0, abi.encodeCall(Escrow.bumpSeq, (g.id)));
        if (kind > 3) {
            got = _call(g.e, stranger, 0, abi.encodeCall(Escrow.settle, (g.terms, s, _bySigners(p, _digest(p, s)))));
        }
        _hold(got != 0, 7, "a closed payment did something");
        ++succeeded[msg.sig];
        _compare(p, _money(p));
    }

    function bumpSeq(uint256 seed) external verb(seed) {
        uint256 p = _payable();
        Ghost storage g = ghosts[p];
        address caller = _rnd(4) == 0 ? g.terms.seller : holderOf[g.e][_activeSigner(g.e, _rnd(3))];
        bool foreseen = caller != g.terms.seller && g.bumps < 7;
        bytes4 got = _call(g.e, caller, 0, abi.encodeCall(Escrow.bumpSeq, (g.id)));
        if (_acted(got, foreseen, 4, "bumpSeq")) {
            (g.seq, g.bumps, g.loneSpent) = (g.seq + 1, g.bumps + 1, g.loneSpent + 1);
        }
        _compareRecord(p);
    }

    // Shared with batches

    function _settlement(uint256 p, uint256 toSeller, uint256 toBuyer) internal view returns (Settlement memory) {
        return Settlement(ghosts[p].seq, uint96(toSeller), uint96(toBuyer), _soon());
    }

    /// @dev Any split that the admins may choose: a part only where no milestones were promised.
    function _split(uint256 p) internal returns (Settlement memory) {
        Ghost storage g = ghosts[p];
        uint256 all = g.status == NONE ? g.terms.amount : g.remaining;
        bool part = g.terms.milestonesHash == 0 && all > 1 && _rnd(2) == 0;
        uint256 total = part ? 1 + _rnd(_rnd(3) == 0 ? 2 : all) : all;
        if (total > all) total = all;
        uint256 kind = _rnd(3);
        uint256 toSeller = kind == 0 ? total : kind == 1 ? 0 : _rnd(total + 1);
        return _settlement(p, toSeller, total - toSeller);
    }

    function _digest(uint256 p, Settlement memory s) internal view returns (bytes32) {
        return Messages.settle(address(escrows[ghosts[p].e]), ghosts[p].id, s);
    }

    function _bySigners(uint256 p, bytes32 digest) internal view returns (bytes memory) {
        return _itemsOf(ghosts[p].e, digest, 8);
    }

    /// @dev As many active signers as are needed, in the order of their seats, without one of them.
    function _itemsOf(uint256 e, bytes32 digest, uint256 without) internal view returns (bytes memory items) {
        uint256 needed = _threshold(e);
        for (uint256 i = 0; i < 3 && needed != 0; ++i) {
            if (i == without || (activeSigners[e] >> i) & 1 == 0) continue;
            items = bytes.concat(items, Items.one(uint8(i), keyOf[holderOf[e][i]], digest));
            --needed;
        }
    }

    function _byEverySeat(uint256 e, bytes32 digest) private view returns (bytes memory items) {
        for (uint256 i = 0; i < 3; ++i) {
            items = bytes.concat(items, Items.one(uint8(i), keyOf[holderOf[e][i]], digest));
        }
    }

    function _settles(
        uint256 p,
        Settlement memory s,
        address caller,
        bytes memory data,
        bool foreseen
    ) internal returns (bool) {
        Money memory m = _money(p);
        if (!_acted(_call(ghosts[p].e, caller, 0, data), foreseen, 9, "settlement")) return false;
        _settled(p, m, s);
        _compare(p, m);
        return true;
    }

    function _settled(uint256 p, Money memory m, Settlement memory s) internal {
        if (ghosts[p].status == NONE) _opens(p, true);
        ++ghosts[p].seq;
        _pays(p, m, s.toSeller, s.toBuyer);
    }

    function _withMilestones() private returns (uint256 p) {
        for (uint256 i = 0; i < 4; ++i) {
            p = _payable();
            if (ghosts[p].terms.milestonesHash != 0) return p;
        }
        p = _newPayment(_rnd(2), true);
        Ghost storage g = ghosts[p];
        g.terms.milestonesHash = keccak256(abi.encodePacked(_milestones(g.terms.amount)));
        g.id = escrows[g.e].idOf(g.terms);
        g.vault = escrows[g.e].depositAddress(g.id);
        _gift(p, g.terms.amount);
    }
}
