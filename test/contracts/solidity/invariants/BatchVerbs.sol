// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Settlement, Terms} from "../harness/Escrow.sol";
import {Messages} from "../harness/Messages.sol";
import {VM} from "../harness/Vm.sol";
import {Ghost} from "./World.sol";
import {ExitVerbs} from "./ExitVerbs.sol";
import {Money} from "./Watched.sol";

/// @title Batches beside the same settlements one by one, and calls with little gas beside the same with plenty
abstract contract BatchVerbs is ExitVerbs {
    error Outcome(bool done, bytes32 state);

    /// @notice All or nothing; with one bad item nothing.
    function settleBatch(uint256 seed) external verb(seed) {
        (uint256[] memory ps, Settlement[] memory ss) = _items();
        bool bad = _rnd(4) == 0;
        if (bad) ss[_rnd(ss.length)].seq += 1;
        bool foreseen = !bad && !_paused(ghosts[ps[0]].e);
        bytes memory data = _batch(Escrow.settleBatch.selector, ps, ss);
        bytes32 singly = foreseen ? _singly(ps, ss) : bytes32(0);
        if (!_acted(_call(ghosts[ps[0]].e, stranger, 0, data), foreseen, 15, "settleBatch")) return;
        _hold(_stateOf(ps) == singly, 15, "a batch differs from its settlements one by one");
        for (uint256 i = 0; i < ps.length; ++i) _follow(ps[i], ss[i]);
        for (uint256 i = 0; i < ps.length; ++i) _compare(ps[i], _money(ps[i]));
    }

    /// @notice Item by item: a bad one leaves nothing, the others are paid.
    function settleBatchReport(uint256 seed) external verb(seed) {
        (uint256[] memory ps, Settlement[] memory ss) = _items();
        uint256 bad = _rnd(ps.length + 2);
        if (bad < ps.length) ss[bad].seq += 1;
        bytes memory data = _batch(Escrow.settleBatchReport.selector, ps, ss);
        bool foreseen = !_paused(ghosts[ps[0]].e);
        if (!_acted(_call(ghosts[ps[0]].e, stranger, 0, data), foreseen, 15, "settleBatchReport")) return;
        for (uint256 i = 0; i < ps.length; ++i) {
            if (i != bad) _follow(ps[i], ss[i]);
        }
        for (uint256 i = 0; i < ps.length; ++i) _compare(ps[i], _money(ps[i]));
    }

    /// @notice The admins' settlement with less and less gas: refused, or the same state as with plenty.
    function settleWithLittleGas(uint256 seed) external verb(seed) {
        uint256 p = _payable();
        Ghost storage g = ghosts[p];
        if (_paused(g.e)) return;
        Settlement memory s = _split(p);
        bytes memory data = abi.encodeCall(Escrow.settle, (g.terms, s, _bySigners(p, _digest(p, s))));
        uint256[] memory ps = new uint256[](1);
        ps[0] = p;
        (bool plenty, bytes32 full) = _try(ps, data, 5_000_000);
        _hold(plenty, 9, "settlement with plenty of gas");
        for (uint256 i = 0; i < 3; ++i) {
            (bool done, bytes32 state) = _try(ps, data, 60_000 + _rnd(700_000));
            _hold(!done || state == full, 17, "less gas ended in another state");
        }
        ++succeeded[msg.sig];
    }

    /// @notice Does a call, tells how the state is then, and undoes it.
    function tryOut(uint256[] calldata ps, bytes calldata data, uint256 limit) external {
        VM.prank(stranger);
        // solhint-disable-next-line avoid-low-level-calls
        (bool done, ) = address(escrows[ghosts[ps[0]].e]).call{gas: limit}(data);
        revert Outcome(done, _stateOf(ps));
    }

    /// @notice Does settlements one by one, the last one first, tells how the state is then, and undoes them.
    function trySingly(uint256[] calldata ps, Settlement[] calldata ss) external {
        bool all = true;
        for (uint256 i = ps.length; i != 0; --i) {
            (uint256 p, Settlement memory s) = (ps[i - 1], ss[i - 1]);
            bytes memory data = abi.encodeCall(Escrow.settle, (ghosts[p].terms, s, _bySigners(p, _digest(p, s))));
            all = _call(ghosts[p].e, stranger, 0, data) == 0 && all;
        }
        revert Outcome(all, _stateOf(ps));
    }

    function _try(uint256[] memory ps, bytes memory data, uint256 limit) private returns (bool done, bytes32 state) {
        try this.tryOut(ps, data, limit) {} catch (bytes memory answer) {
            (done, state) = _outcome(answer);
        }
    }

    function _singly(uint256[] memory ps, Settlement[] memory ss) private returns (bytes32 state) {
        bool done;
        try this.trySingly(ps, ss) {} catch (bytes memory answer) {
            (done, state) = _outcome(answer);
        }
        _hold(done, 15, "a settlement of a good batch did not pass alone");
    }

    function _outcome(bytes memory answer) private pure returns (bool done, bytes32 state) {
        assembly ("memory-safe") {
            done := mload(add(answer, 0x24))
            state := mload(add(answer, 0x44))
        }
    }

    /// @dev Records, credits, books and balances around some payments, as one hash.
    function _stateOf(uint256[] memory ps) private view returns (bytes32 state) {
        for (uint256 i = 0; i < ps.length; ++i) {
            Ghost storage g = ghosts[ps[i]];
            Escrow e = escrows[g.e];
            address t = g.terms.token;
            (uint256 owed, uint256 fees) = e.book(t);
            (uint256 creditSeller, uint256 creditRefund) = e.vaultCredit(g.id);
            bytes memory credited = abi.encode(e.credits(g.terms.seller, t), e.credits(g.terms.refundTo, t));
            bytes memory held = abi.encode(
                _balance(g.asset, address(e)),
                _balance(g.asset, g.vault),
                _balance(g.asset, g.terms.seller),
                _balance(g.asset, g.terms.refundTo),
                _balance(g.asset, _treasury(g.e))
            );
            bytes32 record = keccak256(abi.encode(e.payment(g.id)));
            state = keccak256(abi.encode(state, record, owed, fees, creditSeller, creditRefund, credited, held));
        }
    }

    /// @dev Two to four different payments of one escrow; the tokens whose pool the issuer emptied stay away, where the
    /// order of payouts matters.
    function _items() private returns (uint256[] memory ps, Settlement[] memory ss) {
        uint256 count = 2 + _rnd(3);
        ps = new uint256[](count);
        ss = new Settlement[](count);
        uint256 e = _rnd(2);
        for (uint256 i = 0; i < count; ++i) {
            uint256 p = _find(14);
            for (uint256 j = 0; p < ghosts.length && j < i; ++j) if (ps[j] == p) p = ghosts.length;
            if (p >= ghosts.length || ghosts[p].e != e || poolTaken[e][ghosts[p].asset]) {
                p = _newPayment(e, true);
                _gift(p, ghosts[p].terms.amount);
            }
            (ps[i], ss[i]) = (p, _split(p));
        }
    }

    function _batch(
        bytes4 selector,
        uint256[] memory ps,
        Settlement[] memory ss
    ) private view returns (bytes memory) {
        Terms[] memory terms = new Terms[](ps.length);
        bytes32[] memory ids = new bytes32[](ps.length);
        for (uint256 i = 0; i < ps.length; ++i) (terms[i], ids[i]) = (ghosts[ps[i]].terms, ghosts[ps[i]].id);
        uint256 e = ghosts[ps[0]].e;
        bytes32 digest = Messages.batch(address(escrows[e]), ids, ss);
        return abi.encodeWithSelector(selector, terms, ss, _itemsOf(e, digest, 8));
    }

    /// @dev The model of one item. What others of the batch did to the same accounts is in their real balances already, so
    /// only the custody is worked out here; the comparison with single settlements covers the receivers.
    function _follow(uint256 p, Settlement memory s) private {
        Money memory m = _money(p);
        _settled(p, m, s);
        (poolHolds[ghosts[p].e][ghosts[p].asset], ghosts[p].vaultHolds) = (m.pool, m.vault);
    }
}
