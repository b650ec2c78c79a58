// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "../harness/Escrow.sol";
import {FuzzToken} from "../harness/FuzzToken.sol";
import {Messages} from "../harness/Messages.sol";
import {ASSETS, COIN, ISSUED, Ghost} from "./World.sol";
import {CreditVerbs} from "./CreditVerbs.sol";

/// @title The guardian, the seats, and what issuers and receivers do of their own will
abstract contract ControlVerbs is CreditVerbs {
    uint256 private constant PAUSE = 7 days;
    uint256 private constant DELAY = 48 hours;

    mapping(uint256 escrow => mapping(uint256 seat => address account)) private _proposed;
    mapping(uint256 escrow => mapping(uint256 seat => uint256 time)) private _readyAt;

    function pause(uint256 seed) external verb(seed) {
        uint256 e = _rnd(2);
        uint256 free = pausedUntil[e] + PAUSE;
        if (pausedUntil[e] != 0 && _rnd(2) == 0) _warp(free + _rnd(2));
        address by = _rnd(6) == 0 ? stranger : holderOf[e][8];
        bool foreseen = by != stranger && time > free;
        if (_acted(_call(e, by, 0, abi.encodeCall(Escrow.pause, ())), foreseen, 11, "pause")) pausedUntil[e] = time + PAUSE;
    }

    function unpause(uint256 seed) external verb(seed) {
        uint256 e = pausedUntil[0] >= time ? 0 : 1;
        if (time > pausedUntil[e] + PAUSE && _rnd(4) != 0) {
            _hold(_call(e, holderOf[e][8], 0, abi.encodeCall(Escrow.pause, ())) == 0, 11, "a pause after its rest");
            pausedUntil[e] = time + PAUSE;
        }
        address by = _rnd(6) == 0 ? stranger : holderOf[e][8];
        bool foreseen = by != stranger && time <= pausedUntil[e];
        if (_acted(_call(e, by, 0, abi.encodeCall(Escrow.unpause, ())), foreseen, 11, "unpause")) pausedUntil[e] = time;
    }

    /// @notice A free account for a seat, or one that has a seat already.
    function rotate(uint256 seed) external verb(seed) {
        (uint256 e, uint8 index, address account) = (_rnd(2), _seatIndex(), actors[_rnd(10)]);
        (bytes4 got, bytes memory data) = _propose(e, index, account);
        if (!_acted(got, _free(e, index, account), 20, "rotate")) return;
        _hold(_call(e, stranger, 0, data) != 0, 9, "a control message worked twice");
    }

    function executeRotation(uint256 seed) external verb(seed) {
        (uint256 e, uint8 index) = _pending();
        bool pending = _readyAt[e][index] != 0;
        bytes memory data = abi.encodeCall(Escrow.executeRotation, (index));
        if (pending && time <= _readyAt[e][index]) {
            _warp(_readyAt[e][index]);
            _hold(_call(e, stranger, 0, data) != 0, 20, "a rotation took effect early");
            _warp(time + 1);
        }
        address account = _proposed[e][index];
        bool foreseen = pending && _free(e, index, account);
        if (!_acted(_call(e, stranger, 0, data), foreseen, 20, "executeRotation")) return;
        holderOf[e][index] = account;
        if (index < 8) activeSigners[e] |= 1 << index;
        delete _readyAt[e][index];
        _same(uint160(escrows[e].seat(index)), uint160(account), 20, "another holder");
    }

    function cancelRotation(uint256 seed) external verb(seed) {
        (uint256 e, uint8 index) = _pending();
        Messages.Control memory c = Messages.Control(index, address(0), 0, _nonce(e), _soon());
        bytes memory items = _itemsOf(e, Messages.cancelRotation(address(escrows[e]), c), 8);
        bytes memory data = abi.encodeCall(Escrow.cancelRotation, (index, _soon(), items));
        if (_acted(_call(e, stranger, 0, data), _readyAt[e][index] != 0, 20, "cancelRotation")) delete _readyAt[e][index];
    }

    function signerOff(uint256 seed) external verb(seed) {
        uint256 e = _rnd(2);
        uint8 index = uint8(_rnd(3));
        Messages.Control memory c = Messages.Control(index, address(0), 0, _nonce(e), _soon());
        bytes memory items = _itemsOf(e, Messages.signerOff(address(escrows[e]), c), index);
        uint256 others = _count(activeSigners[e] & ~(uint256(1) << index));
        bool foreseen = (activeSigners[e] >> index) & 1 != 0 && others >= _threshold(e);
        bytes memory data = abi.encodeCall(Escrow.signerOff, (index, _soon(), items));
        if (!_acted(_call(e, stranger, 0, data), foreseen, 20, "signerOff")) return;
        activeSigners[e] &= ~(uint256(1) << index);
        for (uint256 i = 0; i < 10; ++i) delete _readyAt[e][i];
    }

    // Issuers and receivers

    /// @notice A party, the treasury or the escrow can no longer send or receive an asset; or can again.
    function changeRefusal(uint256 seed) external verb(seed) {
        uint256 asset = _rnd(ASSETS);
        address account = _rnd(8) == 0 ? actors[4] : actors[10 + _rnd(9)];
        if (asset != COIN && _rnd(6) == 0) account = address(escrows[_rnd(2)]);
        _setRefuses(asset, account, !refuses[asset][account]);
        ++succeeded[msg.sig];
    }

    /// @notice The issuer burns what a vault holds, or a part; seldom what the pool holds.
    function burn(uint256 seed) external verb(seed) {
        uint256 p = _issued();
        if (p >= ghosts.length) return;
        Ghost storage g = ghosts[p];
        FuzzToken token = FuzzToken(assets[ISSUED]);
        uint256 holds = poolHolds[g.e][ISSUED];
        if (_rnd(6) == 0 && holds != 0) {
            uint256 amount = 1 + _rnd(holds);
            token.burn(address(escrows[g.e]), amount);
            poolHolds[g.e][ISSUED] -= amount;
            poolTaken[g.e][ISSUED] = true;
        } else if (g.vaultHolds != 0) {
            uint256 amount = 1 + _rnd(g.vaultHolds);
            token.burn(g.vault, amount);
            g.vaultHolds -= amount;
            g.taken = true;
        }
        ++succeeded[msg.sig];
    }

    /// @notice The issuer gives back what it took from a pool.
    function makeGood(uint256 seed) external verb(seed) {
        uint256 e = _rnd(2);
        _makeGood(e);
        ++succeeded[msg.sig];
    }

    function switchIssuerFee(uint256 seed) external verb(seed) {
        issuerFee = issuerFee == 0 ? 1 + _rnd(500) : 0;
        issuerFeeSeen = true;
        FuzzToken(assets[ISSUED]).setFeeRate(issuerFee);
        ++succeeded[msg.sig];
    }

    function _makeGood(uint256 e) internal {
        uint256 owed = poolRemaining[e][ISSUED] + feesHeld[e][ISSUED] + creditSum[e][ISSUED];
        uint256 holds = poolHolds[e][ISSUED];
        if (holds < owed) {
            FuzzToken(assets[ISSUED]).mint(address(escrows[e]), owed - holds);
            poolHolds[e][ISSUED] = owed;
        }
        poolTaken[e][ISSUED] = false;
    }

    function _issued() private returns (uint256 p) {
        if (ghosts.length == 0) return 0;
        uint256 start = _rnd(ghosts.length);
        for (uint256 i = 0; i < ghosts.length; ++i) {
            p = (start + i) % ghosts.length;
            if (ghosts[p].asset == ISSUED) return p;
        }
        return ghosts.length;
    }

    function _seatIndex() private returns (uint8 index) {
        index = uint8(_rnd(SEATS));
        if (index > 2) index += 5;
    }

    function _propose(uint256 e, uint8 index, address account) private returns (bytes4 got, bytes memory data) {
        Messages.Control memory c = Messages.Control(index, account, 0, _nonce(e), _soon());
        bytes memory items = _itemsOf(e, Messages.rotate(address(escrows[e]), c), 8);
        data = abi.encodeCall(Escrow.rotate, (index, account, _soon(), items));
        got = _call(e, stranger, 0, data);
        if (got == 0) (_proposed[e][index], _readyAt[e][index]) = (account, time + DELAY);
    }

    function _pending() private returns (uint256 e, uint8 index) {
        if (_rnd(2) == 0) {
            (e, index) = (_rnd(2), _seatIndex());
            for (uint256 i = 9; i != 0; --i) {
                if (_free(e, index, actors[i])) {
                    _propose(e, index, actors[i]);
                    return (e, index);
                }
            }
        }
        (e, index) = (_rnd(2), _seatIndex());
        for (uint256 i = 0; i < 20 && _readyAt[e][index] == 0; ++i) (e, index) = (i & 1, uint8(i >> 1));
        if (index > 2 && index < 8) index = 0;
    }

    function _free(uint256 e, uint256 index, address account) internal view returns (bool) {
        for (uint256 i = 0; i < 10; ++i) {
            if (i != index && holderOf[e][i] == account) return false;
        }
        return true;
    }

    function _count(uint256 bits) internal pure returns (uint256 count) {
        for (; bits != 0; bits &= bits - 1) ++count;
    }
}
