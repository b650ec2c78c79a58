// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Settlement, Terms} from "../harness/Escrow.sol";
import {VM} from "../harness/Vm.sol";
import {GasReceiver, GasToken, GasUse} from "./GasActors.sol";
import {Scenes} from "./Scenes.sol";

/// @title A relayer chooses the gas: each limit ends in a revert or in the same state as plenty of gas
contract GasFuzzTest is Scenes {
    uint256 private constant PLENTY = 8_000_000;
    GasToken private _gasToken;

    function setUp() public override {
        super.setUp();
        _gasToken = new GasToken();
    }

    function testFuzz_A18_aSettlementIsTheSameWithAnyGas(uint256 seed, bool inVault, bool native) external {
        Terms memory terms = _terms(seed, native);
        _start(terms, inVault);
        Settlement memory s = settlement(terms, terms.amount / 3 + 1, terms.amount / 3);
        _scan(terms, abi.encodeCall(Escrow.settle, (terms, s, byAdmins(terms, s))), seed, 1);
    }

    function testFuzz_A18_aTimerIsTheSameWithAnyGas(uint256 seed, bool inVault, bool native) external {
        Terms memory terms = _terms(seed, native);
        _start(terms, inVault);
        must(buyer, abi.encodeCall(Escrow.freeze, (terms)), "freeze");
        VM.warp(START + DISPUTE_TIMEOUT + 1);
        _scan(terms, timerOf(FROZEN, terms), seed, 1);
    }

    function testFuzz_A18_aPaidVaultCreditIsTheSameWithAnyGas(uint256 seed, bool native) external {
        Terms memory terms = _credited(seed, native);
        // Receivers for whom a settlement's push is enough, or who never take anything.
        _useRandom(terms, seed, native ? 45_000 : 340_000);
        _scan(terms, abi.encodeCall(Escrow.payVaultCredit, (terms)), seed, 2);
    }

    function testFuzz_A18_aVaultCreditIsPaidWholeOrKeptWholeWithAnyGas(uint256 seed, bool native) external {
        Terms memory terms = _credited(seed, native);
        _useRandom(terms, seed, 2_000_000);
        (uint256 ofSeller, uint256 ofRefundTo) = escrow.vaultCredit(idOf(terms));
        uint256 seller_ = balance(terms.token, terms.seller);
        uint256 refundTo_ = balance(terms.token, terms.refundTo);
        // The second call may pay what the first one kept.
        for (uint256 i = 0; i < 2; ++i) {
            _call(abi.encodeCall(Escrow.payVaultCredit, (terms)), 50_000 + (roll(seed, 50 + i) % PLENTY));
            (uint256 a, uint256 b) = escrow.vaultCredit(idOf(terms));
            check(a == 0 || a == ofSeller, "a part of the seller's share");
            check(b == 0 || b == ofRefundTo, "a part of refundTo's share");
            same(balance(terms.token, terms.seller) - seller_, ofSeller - a, "seller");
            same(balance(terms.token, terms.refundTo) - refundTo_, ofRefundTo - b, "refundTo");
            same(balance(terms.token, vaultOf(terms)), a + b + recordOf(terms).remaining, "the vault keeps the rest");
        }
    }

    function testFuzz_A18_aReportIsTheSameWithAnyGas(uint256 seed, bool inVault, bool native) external {
        Terms[] memory list = new Terms[](2);
        Settlement[] memory s = new Settlement[](2);
        for (uint256 i = 0; i < 2; ++i) {
            list[i] = _terms(seed, native);
            _start(list[i], inVault);
            s[i] = settlement(list[i], list[i].amount / 3 + 1, list[i].amount / 3);
        }
        bytes memory data = abi.encodeCall(Escrow.settleBatchReport, (list, s, batchItems(list, s)));
        bytes32 wanted;
        uint256 before = VM.snapshotState();
        for (uint256 i = 0; i < 4; ++i) {
            // The first with plenty; the others about the point where an item begins.
            bool done = _call(data, i == 0 ? PLENTY : 1_200_000 + (roll(seed, 60 + i) % 2_500_000));
            bytes32 state = keccak256(bytes.concat(stateOf(list[0]), stateOf(list[1])));
            if (i == 0) wanted = state;
            else if (done) check(state == wanted, "another state with less gas");
            VM.revertToState(before);
        }
    }

    /// @dev Amounts that leave a fee, both shares and a rest.
    function _terms(uint256 seed, bool native) private returns (Terms memory terms) {
        terms = usualTerms(bound(roll(seed, 1), 100_000, type(uint96).max));
        terms.token = native ? address(0) : address(_gasToken);
        terms.disputeSellerBps = 3_000;
        // Below, about and above what a push is given.
        _useRandom(terms, seed, native ? 60_000 : 450_000);
    }

    /// @dev A payment of which both shares stayed in the vault.
    function _credited(uint256 seed, bool native) private returns (Terms memory terms) {
        terms = _terms(seed, native);
        _start(terms, true);
        _use(terms.seller, native, 4, 0);
        _use(terms.refundTo, native, 4, 0);
        settle(terms, terms.amount / 2 + 1, terms.amount / 2 - 1);
    }

    /// @dev The pool is filled by a sweep: this token knows no allowances.
    function _start(Terms memory terms, bool inVault) private {
        pay(terms, true);
        if (!inVault) must(buyer, abi.encodeCall(Escrow.sweep, (terms)), "sweep");
    }

    /// @dev Each receiver has its own habit and its own need.
    function _useRandom(Terms memory terms, uint256 seed, uint256 most) private {
        bool native = terms.token == address(0);
        address[3] memory receivers = [terms.seller, terms.refundTo, treasury];
        for (uint256 i = 0; i < 3; ++i) {
            _use(receivers[i], native, roll(seed, 30 + i) % GasUse.KINDS, roll(seed, 40 + i) % most);
        }
    }

    function _use(address receiver, bool native, uint256 kind, uint256 need) private {
        if (native) VM.etch(receiver, address(new GasReceiver(kind, need)).code);
        else _gasToken.setUse(receiver, kind, need);
    }

    /// @param widths Of the limits that are tried: one is enough for the pushes of a settlement, two for their doubles.
    function _scan(Terms memory terms, bytes memory data, uint256 seed, uint256 widths) private {
        uint256 before = VM.snapshotState();
        bool works = _call(data, PLENTY);
        bytes32 wanted = stateOf(terms);
        VM.revertToState(before);
        for (uint256 i = 0; i < 6; ++i) {
            uint256 range = widths * (terms.token == address(0) ? 400_000 : 1_400_000);
            bool done = _call(data, 50_000 + (roll(seed, 50 + i) % range));
            check(works || !done, "it works with less gas only");
            if (done) check(stateOf(terms) == wanted, "another state with less gas");
            VM.revertToState(before);
        }
    }

    function _call(bytes memory data, uint256 limit) private returns (bool done) {
        VM.prank(stranger);
        // solhint-disable-next-line avoid-low-level-calls
        (done, ) = address(escrow).call{gas: limit}(data);
    }
}
