// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Payment} from "../harness/Escrow.sol";
import {FuzzToken} from "../harness/FuzzToken.sol";
import {ASSETS, COIN, ISSUED, Ghost, NONE} from "./World.sol";
import {Drain} from "./Drain.sol";

/// @title The world with all its verbs, and what must hold in it after each of them
/// @notice `hold…` looks at everything there is; what only the touched payment can break was compared by the verb itself.
contract Handler is Drain {
    error Broken(uint256 invariant, string what);

    bytes private constant NAMES =
        "fund fundWithAuthorization fundWithPermit fundWithPermit2 transferToVault transferWrongAsset "
        "strayToEscrow sweep settleByAdmins settleByCaller settleByOneParty settleByBothParties "
        "settleMilestone settleForged reuseClosed bumpSeq markDelivered freeze actSigned reclaim claim "
        "forceResolve recover recoverOther recoverForeign passTime settleBatch settleBatchReport "
        "settleWithLittleGas withdrawCredit redirectCredit payVaultCredit redirectVaultCredit withdrawFees "
        "rescue refundLater pause unpause rotate executeRotation cancelRotation signerOff changeRefusal burn "
        "makeGood switchIssuerFee openShort ";

    /// @notice Reverts with the first thing that went wrong for an invariant.
    function requireWhole(uint256 invariant) external view {
        if (bytes(broken[invariant]).length != 0) revert Broken(invariant, broken[invariant]);
    }

    /// @notice Everything that can happen.
    function verbs() external pure returns (bytes4[] memory list) {
        list = new bytes4[](47);
        for (uint256 i = 0; i < list.length; ++i) list[i] = bytes4(keccak256(bytes.concat(_name(i), "(uint256)")));
    }

    function nameOf(uint256 verb) external pure returns (string memory) {
        return string(_name(verb));
    }

    function _name(uint256 index) private pure returns (bytes memory name) {
        bytes memory names = NAMES;
        uint256 start;
        for (uint256 i = 0; i < names.length; ++i) {
            if (names[i] != " ") continue;
            if (index == 0) {
                name = new bytes(i - start);
                for (uint256 j = start; j < i; ++j) name[j - start] = names[j];
                return name;
            }
            (start, index) = (i + 1, index - 1);
        }
    }

    function payments() external view returns (uint256) {
        return ghosts.length;
    }

    function holdSolvent() external {
        for (uint256 e = 0; e < 2; ++e) {
            for (uint256 a = 0; a < ASSETS; ++a) {
                if (!poolTaken[e][a]) _hold(escrows[e].solvent(assets[a]), 1, "a pool does not cover what it owes");
                (uint256 owed, ) = escrows[e].book(assets[a]);
                if (!poolTaken[e][a]) _hold(_balance(a, address(escrows[e])) >= owed, 1, "balance below owed");
            }
        }
    }

    function holdBooks() external {
        uint256[ASSETS][2] memory sums;
        for (uint256 p = 0; p < ghosts.length; ++p) {
            Ghost storage g = ghosts[p];
            Payment memory r = escrows[g.e].payment(g.id);
            if (!r.inVault) sums[g.e][g.asset] += r.remaining;
            if (g.taken) continue;
            (uint256 seller, uint256 refundTo) = escrows[g.e].vaultCredit(g.id);
            uint256 needed = (r.inVault ? r.remaining : 0) + seller + refundTo;
            _hold(_balance(g.asset, g.vault) >= needed, 2, "a vault does not cover its payment");
        }
        for (uint256 e = 0; e < 2; ++e) {
            for (uint256 a = 0; a < ASSETS; ++a) {
                (uint256 owed, uint256 fees) = escrows[e].book(assets[a]);
                uint256 sum = sums[e][a] + fees;
                for (uint256 i = 10; i < 19; ++i) sum += escrows[e].credits(actors[i], assets[a]);
                _same(owed, sum, 2, "owed is not what is owed");
            }
        }
    }

    /// @dev Per id: out, left and missing are the amount. Per custodian: it has what came less what went.
    function holdAccounts() external {
        for (uint256 p = 0; p < ghosts.length; ++p) {
            Ghost storage g = ghosts[p];
            if (g.status == NONE || g.recovered) continue;
            uint256 left = escrows[g.e].payment(g.id).remaining;
            _same(g.paidOut + left + g.shortfall, g.terms.amount, 3, "a payment's money does not add up");
        }
        for (uint256 e = 0; e < 2; ++e) {
            for (uint256 a = 0; a < ASSETS; ++a) {
                _same(_balance(a, address(escrows[e])), poolHolds[e][a], 3, "a pool has not what came less what went");
            }
        }
    }

    function holdRecords() external {
        for (uint256 p = 0; p < ghosts.length; ++p) {
            if (ghosts[p].valid) _compareRecord(p);
        }
    }

    function holdFees() external {
        for (uint256 e = 0; e < 2; ++e) {
            for (uint256 a = 0; a < ASSETS; ++a) {
                if (a == ISSUED && issuerFeeSeen) continue;
                (, uint256 fees) = escrows[e].book(assets[a]);
                uint256 charged = fees + feesReceived[e][a] + feesWaived[e][a];
                _same(charged, feesTrue[e][a], 5, "fees are not those of what was released");
            }
        }
    }

    function holdFeeCap() external {
        for (uint256 p = 0; p < ghosts.length; ++p) {
            Ghost storage g = ghosts[p];
            uint256 released = escrows[g.e].payment(g.id).released;
            _hold(g.feeCharged * BPS <= released * FEE_CAP, 6, "a payment was charged above the cap");
        }
    }

    function holdVaults() external {
        for (uint256 p = 0; p < ghosts.length; ++p) {
            _same(_balance(ghosts[p].asset, ghosts[p].vault), ghosts[p].vaultHolds, 13, "a vault fell without its payment");
        }
    }

    function holdSupply() external {
        for (uint256 a = 0; a < ASSETS; ++a) {
            uint256 sum = _balance(a, address(escrows[0])) + _balance(a, address(escrows[1]));
            for (uint256 i = 0; i < actors.length; ++i) sum += _balance(a, actors[i]);
            for (uint256 p = 0; p < ghosts.length; ++p) sum += _balance(a, ghosts[p].vault);
            for (uint256 i = 0; i < foreignVaults.length; ++i) sum += _balance(a, foreignVaults[i]);
            uint256 supply = a == COIN ? coinMade : FuzzToken(assets[a]).totalSupply();
            _same(sum, supply, 14, "money came from nowhere or went nowhere");
        }
    }

    /// @dev Bumps and milestones are all that one of them alone can do to an open payment's seq.
    function holdGrief() external {
        for (uint256 p = 0; p < ghosts.length; ++p) {
            uint256 steps = ghosts[p].terms.milestonesHash == 0 ? 0 : 3;
            _hold(ghosts[p].loneSpent <= 7 + steps, 18, "one actor alone spent too many numbers");
        }
    }

    function holdSeats() external {
        for (uint256 e = 0; e < 2; ++e) {
            (uint8 threshold, uint8 active, , uint40 until, ) = escrows[e].config();
            _same(threshold, _threshold(e), 20, "the threshold changed");
            _hold(_count(active) >= threshold, 20, "fewer active signers than the threshold");
            _same(active, activeSigners[e], 20, "other signers are active");
            _same(until, pausedUntil[e], 11, "another pause");
            for (uint256 i = 0; i < 10; ++i) {
                address holder = escrows[e].seat(i);
                _same(uint160(holder), uint160(holderOf[e][i]), 20, "another holder of a seat");
                _hold(holder == address(0) || _free(e, i, holder), 20, "one account has two seats");
            }
        }
    }

    /// @dev Probed on one payment at a time, another one after each step.
    function holdOneExit(uint256 turn) external {
        if (ghosts.length == 0) return;
        Ghost storage g = ghosts[turn % ghosts.length];
        _hold(_openExits(g) <= 1, 12, "two exits of time are open at once");
    }

    function _openExits(Ghost storage g) private returns (uint256 count) {
        bytes4[4] memory selectors = [
            Escrow.reclaim.selector,
            Escrow.claim.selector,
            Escrow.forceResolve.selector,
            Escrow.recover.selector
        ];
        uint256 status = escrows[g.e].payment(g.id).status;
        for (uint256 i = 0; i < 4; ++i) {
            // Recovery of everything from None; elsewhere it takes only what is not needed.
            if (i == 3 && (status != NONE || _balance(g.asset, g.vault) == 0)) continue;
            bytes memory data = abi.encodePacked(selectors[i], abi.encode(g.terms));
            if (i == 3) data = abi.encodePacked(data, abi.encode(g.terms.token));
            try this.probe(g.e, data) {} catch (bytes memory answer) {
                if (answer.length == 1) ++count;
            }
        }
    }

    /// @notice Tells by the length of the answer whether a stranger's call would succeed.
    function probe(uint256 e, bytes calldata data) external {
        if (_call(e, stranger, 0, data) != 0) revert();
        assembly ("memory-safe") {
            revert(0, 1)
        }
    }
}
