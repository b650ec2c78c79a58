// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../harness/Escrow.sol";
import {ASSETS, DELIVERED, FROZEN, FUNDED, ISSUED, Ghost} from "./World.sol";
import {ControlVerbs} from "./ControlVerbs.sol";

/// @title Every unit out, by calls of a stranger alone
/// @notice Reads the contract, not the model, for what is left. The caller undoes what it does.
abstract contract Drain is ControlVerbs {
    /// Longer than every timer of every payment in a row.
    uint256 private constant ALL_TIMERS = 5 * 366 days;

    /// @notice After all timers everything leaves; with `paused` while both guardians hold a pause for as long as they can.
    /// First with those who refuse money as they are (their credit, or the recovery that they refuse, counts as reached),
    /// then once they take it: then nothing is left.
    function drain(bool paused) external {
        uint256 invariant = paused ? 11 : 10;
        _warp(time + ALL_TIMERS);
        for (uint256 e = 0; paused && e < 2; ++e) {
            bool done = _call(e, holderOf[e][8], 0, abi.encodeCall(Escrow.pause, ())) == 0;
            _hold(done, 11, "a pause after a long rest");
        }
        _leave(invariant, false);
        for (uint256 i = 4; i < 19; ++i) {
            for (uint256 asset = 0; asset < ASSETS; ++asset) {
                if (refuses[asset][actors[i]]) _setRefuses(asset, actors[i], false);
            }
        }
        for (uint256 e = 0; e < 2; ++e) {
            for (uint256 asset = 1; asset < ASSETS; ++asset) {
                if (refuses[asset][address(escrows[e])]) _setRefuses(asset, address(escrows[e]), false);
            }
        }
        _giveBack();
        _leave(invariant, true);
        for (uint256 e = 0; e < 2; ++e) {
            for (uint256 asset = 0; asset < ASSETS; ++asset) {
                (uint256 owed, ) = escrows[e].book(assets[asset]);
                _same(owed, 0, invariant, "an escrow still owes after everybody left");
            }
        }
    }

    function _leave(uint256 invariant, bool all) private {
        for (uint256 p = 0; p < ghosts.length; ++p) _leavePayment(p, invariant, all);
        for (uint256 e = 0; e < 2; ++e) {
            for (uint256 asset = 0; asset < ASSETS; ++asset) _leavePool(e, asset, invariant, all);
        }
    }

    function _leavePayment(uint256 p, uint256 invariant, bool all) private {
        Ghost storage g = ghosts[p];
        Escrow escrow = escrows[g.e];
        uint256 status = escrow.payment(g.id).status;
        bytes4 selector;
        if (status == FUNDED) selector = Escrow.reclaim.selector;
        if (status == DELIVERED) selector = Escrow.claim.selector;
        if (status == FROZEN) selector = Escrow.forceResolve.selector;
        if (selector != 0) {
            bytes4 got = _call(g.e, stranger, 0, abi.encodePacked(selector, abi.encode(g.terms)));
            _hold(got == 0, invariant, "an exit did not open after its time");
        }
        (uint256 seller, uint256 refundTo) = escrow.vaultCredit(g.id);
        if (seller + refundTo != 0 && _balance(g.asset, g.vault) != 0) {
            bytes4 got = _call(g.e, stranger, 0, abi.encodeCall(Escrow.payVaultCredit, (g.terms)));
            bool reached = refuses[g.asset][g.terms.seller] || refuses[g.asset][g.terms.refundTo];
            _hold(got == 0 || reached, invariant, "credits of a vault could not be paid");
        }
        for (uint256 asset = 0; asset < ASSETS; ++asset) _leaveVault(p, asset, invariant, all);
    }

    function _leaveVault(uint256 p, uint256 asset, uint256 invariant, bool all) private {
        Ghost storage g = ghosts[p];
        uint256 held = _balance(asset, g.vault);
        if (held == 0) return;
        (uint256 seller, uint256 refundTo) = escrows[g.e].vaultCredit(g.id);
        if (asset == g.asset && held <= seller + refundTo && !all) return;
        bytes4 got = _call(g.e, stranger, 0, abi.encodeCall(Escrow.recover, (g.terms, assets[asset])));
        address to = _destination(p);
        _hold(got == 0 || refuses[asset][to], invariant, "a vault could not be emptied");
        if (all) _same(_balance(asset, g.vault), 0, invariant, "something stays in a vault");
    }

    function _leavePool(uint256 e, uint256 asset, uint256 invariant, bool all) private {
        address token = assets[asset];
        bool blocked = refuses[asset][address(escrows[e])] || (poolTaken[e][asset] && !all);
        for (uint256 i = 10; i < 19; ++i) {
            address account = actors[i];
            if (escrows[e].credits(account, token) == 0) continue;
            bytes4 got = _call(e, stranger, 0, abi.encodeCall(Escrow.withdrawCredit, (account, token)));
            _hold(got == 0 || blocked || refuses[asset][account], invariant, "a credit could not be paid");
        }
        (, uint256 fees) = escrows[e].book(token);
        if (fees == 0) return;
        bytes4 paid = _call(e, stranger, 0, abi.encodeCall(Escrow.withdrawFees, (token)));
        _hold(paid == 0 || blocked || refuses[asset][_treasury(e)], invariant, "fees could not be paid");
    }

    /// @dev What an issuer took from a pool is nobody's to pay out; the model no longer follows, so by the book.
    function _giveBack() private {
        for (uint256 e = 0; e < 2; ++e) {
            (uint256 owed, ) = escrows[e].book(assets[ISSUED]);
            uint256 held = _balance(ISSUED, address(escrows[e]));
            if (poolTaken[e][ISSUED] && held < owed) _make(ISSUED, address(escrows[e]), owed - held);
        }
    }
}
