// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Payment} from "../harness/Escrow.sol";
import {FuzzToken} from "../harness/FuzzToken.sol";
import {VM} from "../harness/Vm.sol";
import {CLOSED, COIN, FUNDED, Ghost, NONE, SILENT, World} from "./World.sol";

/// @dev Balances of everybody whom a payment concerns, in its own asset; a verb turns them into what they should become.
struct Money {
    uint256 seller;
    uint256 refundTo;
    uint256 treasury;
    uint256 pool;
    uint256 vault;
}

/// @title What a payout should do, worked out beside the contract, and the comparison after each call
abstract contract Watched is World {
    mapping(bytes4 verb => uint256 count) public tried;
    mapping(bytes4 verb => uint256 count) public succeeded;
    mapping(uint256 escrow => mapping(uint256 asset => uint256 sum)) internal poolRemaining;

    uint256 public calls;

    modifier verb(uint256 seed) {
        _begin(seed);
        ++calls;
        ++tried[msg.sig];
        _;
    }

    /// @dev A call of an escrow as anybody; whether it succeeds was foreseen.
    function _call(
        uint256 e,
        address from,
        uint256 value,
        bytes memory data
    ) internal returns (bytes4) {
        VM.prank(from);
        // solhint-disable-next-line avoid-low-level-calls
        (bool done, bytes memory answer) = address(escrows[e]).call{value: value}(data);
        if (done) return 0;
        return answer.length < 4 ? bytes4(0xffffffff) : bytes4(answer);
    }

    /// @dev The verb's own act: it did what was foreseen.
    function _acted(bytes4 got, bool foreseen, uint256 invariant, string memory what) internal returns (bool done) {
        done = got == 0;
        _hold(done == foreseen, invariant, what);
        if (done) ++succeeded[msg.sig];
    }

    function _money(uint256 p) internal view returns (Money memory m) {
        Ghost storage g = ghosts[p];
        m.seller = _balance(g.asset, g.terms.seller);
        m.refundTo = _balance(g.asset, g.terms.refundTo);
        m.treasury = _balance(g.asset, _treasury(g.e));
        m.pool = poolHolds[g.e][g.asset];
        m.vault = g.vaultHolds;
    }

    // What should happen

    function _opens(uint256 p, bool inVault) internal {
        Ghost storage g = ghosts[p];
        (g.status, g.inVault, g.remaining) = (FUNDED, inVault, g.terms.amount);
        if (!inVault) poolRemaining[g.e][g.asset] += g.terms.amount;
        uint256 holds = inVault ? g.vaultHolds : _balance(g.asset, address(escrows[g.e]));
        _hold(holds >= g.terms.amount, 19, "a record opened without its money");
    }

    /// @dev A payout of a settlement or a timer: the model moves, and `m` becomes what should be seen.
    function _pays(uint256 p, Money memory m, uint256 toSeller, uint256 toBuyer) internal {
        Ghost storage g = ghosts[p];
        uint256 fee = _fee(uint256(g.released) + toSeller, g.terms.feeBps) - _fee(g.released, g.terms.feeBps);
        feesTrue[g.e][g.asset] += fee;
        g.remaining -= uint96(toSeller + toBuyer);
        g.released += uint96(toSeller);
        g.paidOut += toSeller + toBuyer;
        if (g.remaining == 0) g.status = CLOSED;
        if (g.inVault) {
            if (toSeller + toBuyer != 0) g.deployed = true;
            fee = _paysFee(g, m, fee);
        } else {
            feesHeld[g.e][g.asset] += fee;
            poolRemaining[g.e][g.asset] -= toSeller + toBuyer;
        }
        g.feeCharged += fee;
        if (_leaves(g, m, g.terms.seller, toSeller - fee)) m.seller += _arrives(g.asset, toSeller - fee);
        if (_leaves(g, m, g.terms.refundTo, toBuyer)) m.refundTo += _arrives(g.asset, toBuyer);
    }

    function _fee(uint256 released, uint256 bps) private pure returns (uint256) {
        return (released * bps) / BPS;
    }

    /// @dev Treasury, else pool, else the seller keeps it.
    function _paysFee(Ghost storage g, Money memory m, uint256 fee) private returns (uint256) {
        if (fee == 0) return 0;
        (uint256 e, uint256 asset) = (g.e, g.asset);
        if (m.vault >= fee && _takes(asset, g.vault, _treasury(e))) {
            m.vault -= fee;
            m.treasury += _arrives(asset, fee);
            feesReceived[e][asset] += fee;
            return fee;
        }
        if (m.vault >= fee && _takes(asset, g.vault, address(escrows[e]))) {
            m.vault -= fee;
            m.pool += _arrives(asset, fee);
            feesHeld[e][asset] += _arrives(asset, fee);
            return fee;
        }
        feesWaived[e][asset] += fee;
        return 0;
    }

    /// @dev Whether a share leaves its custodian; otherwise it becomes a credit.
    function _leaves(Ghost storage g, Money memory m, address to, uint256 amount) private returns (bool) {
        if (amount == 0) return false;
        address custodian = g.inVault ? g.vault : address(escrows[g.e]);
        bool covered = (g.inVault ? m.vault : m.pool) >= amount;
        if (covered && _takes(g.asset, custodian, to)) {
            if (g.inVault) m.vault -= amount;
            else m.pool -= amount;
            return true;
        }
        if (!g.inVault) _credit(g.e, g.asset, to, amount);
        else if (to == g.terms.seller) g.creditSeller += uint128(amount);
        else g.creditRefund += uint128(amount);
        return false;
    }

    function _credit(uint256 e, uint256 asset, address to, uint256 amount) private {
        creditOf[e][to][asset] += amount;
        creditSum[e][asset] += amount;
    }

    function _uncredit(uint256 e, uint256 asset, address account, uint256 amount) internal {
        creditOf[e][account][asset] -= amount;
        creditSum[e][asset] -= amount;
    }

    // What did happen

    /// @dev Everything the payment concerns is as foreseen.
    function _compare(uint256 p, Money memory m) internal {
        Ghost storage g = ghosts[p];
        (poolHolds[g.e][g.asset], g.vaultHolds) = (m.pool, m.vault);
        _same(_balance(g.asset, address(escrows[g.e])), m.pool, 8, "the pool has another balance");
        _same(_balance(g.asset, g.vault), m.vault, 8, "the vault has another balance");
        _same(_balance(g.asset, g.terms.seller), m.seller, 16, "the seller got another sum");
        _same(_balance(g.asset, g.terms.refundTo), m.refundTo, 16, "refundTo got another sum");
        _same(_balance(g.asset, _treasury(g.e)), m.treasury, 5, "the treasury got another sum");
        _compareRecord(p);
        _compareBook(g.e, g.asset);
    }

    function _compareRecord(uint256 p) internal {
        Ghost storage g = ghosts[p];
        Payment memory r = escrows[g.e].payment(g.id);
        _same(r.seq, g.seq, 4, "seq");
        _same(r.bumps, g.bumps, 4, "bumps");
        _same(r.released, g.released, 4, "released");
        _same(r.remaining, g.remaining, 3, "remaining");
        _same(r.status, g.status, 7, "status");
        _hold(r.inVault == g.inVault, 7, "mode");
        _hold(r.vaultDeployed == g.deployed, 7, "deployed bit");
        _same(r.clock, g.clock, 12, "clock");
        (uint256 seller, uint256 refundTo) = escrows[g.e].vaultCredit(g.id);
        _same(seller, g.creditSeller, 16, "the seller's vault credit");
        _same(refundTo, g.creditRefund, 16, "the vault credit of refundTo");
        if (g.status != NONE && !g.recovered) {
            _same(g.paidOut + r.remaining + g.shortfall, g.terms.amount, 3, "out, left and missing are the amount");
        }
    }

    function _compareBook(uint256 e, uint256 asset) internal {
        (uint256 owed, uint256 fees) = escrows[e].book(assets[asset]);
        _same(fees, feesHeld[e][asset], 5, "fees of the book");
        _same(owed, poolRemaining[e][asset] + fees + creditSum[e][asset], 2, "owed");
        if (!poolTaken[e][asset]) _hold(escrows[e].solvent(assets[asset]), 1, "the pool does not cover what it owes");
    }

    /// @dev Money comes to a vault by a plain transfer.
    function _gift(uint256 p, uint256 amount) internal {
        Ghost storage g = ghosts[p];
        if (amount == 0) return;
        _make(g.asset, g.vault, amount);
        g.vaultHolds += amount;
    }

    /// @dev A coin account refuses by code that reverts; the silent token by answering false, the others by reverting.
    function _setRefuses(uint256 asset, address account, bool value) internal {
        refuses[asset][account] = value;
        if (asset == COIN) VM.etch(account, value ? bytes(hex"5f5ffd") : bytes(""));
        else if (asset == SILENT && keyOf[account] != 0) FuzzToken(assets[asset]).setFalseTo(account, value ? 1 : 0);
        else FuzzToken(assets[asset]).setBlacklisted(account, value);
    }

    /// @dev The pool's balance covers what is owed; otherwise nothing may come in.
    function _covered(uint256 e, uint256 asset) internal view returns (bool) {
        return poolHolds[e][asset] >= poolRemaining[e][asset] + feesHeld[e][asset] + creditSum[e][asset];
    }

    /// @dev Money of this asset can come into the pool whole.
    function _comesWhole(uint256 asset, address from, uint256 e, uint256 amount) internal view returns (bool) {
        return
            _takes(asset, from, address(escrows[e])) && _arrives(asset, amount) == amount && _covered(e, asset);
    }
}
