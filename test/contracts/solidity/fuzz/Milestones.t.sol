// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Settlement, Terms} from "../harness/Escrow.sol";
import {Scenes} from "./Scenes.sol";

/// @title Milestones: random arrays, released step by step, in order, or closed
contract MilestonesFuzzTest is Scenes {
    uint256 private constant MOST = 32;

    function testFuzz_A25_stepsInOrderReleaseExactlyTheArray(uint256 seed, uint8 count, bool inVault, bool byBuyer) external {
        (Terms memory terms, uint256[] memory steps) = _promise(seed, bound(count, 1, 8));
        pay(terms, inVault);
        uint256 sum;
        for (uint256 i = 0; i < steps.length; ++i) {
            refused(_step(terms, steps[i], byBuyer, steps), DONE, "step");
            sum += steps[i];
            same(recordOf(terms).released, sum, "prefix sum");
            same(feesOf(terms, inVault), (sum * terms.feeBps) / BPS, "fee so far");
            same(balance(terms.token, seller), sum - (sum * terms.feeBps) / BPS, "seller so far");
        }
        same(recordOf(terms).status, CLOSED, "closed by the last one");
        same(recordOf(terms).seq, steps.length, "one seq a step");
    }

    function testFuzz_A25_onlyTheNextStepPasses(uint256 seed, uint8 done, uint96 other, bool byBuyer) external {
        (Terms memory terms, uint256[] memory steps) = _promise(seed, 6);
        pay(terms, roll(seed, 20) % 2 == 0);
        uint256 next = done % 6;
        uint256 remaining = _release(terms, steps, next);
        uint256 kind = roll(seed, 21) % 5;
        uint256 amount = bound(other, 1, remaining);
        if (kind == 0 && next < 5) amount = steps[next] + steps[next + 1];
        if (kind == 1 && steps[next] > 1) amount = steps[next] - 1;
        if (kind == 2) amount = steps[roll(seed, 22) % 6];
        if (kind == 3) amount = steps[next];
        bool passes = amount == steps[next];
        refused(_step(terms, amount, byBuyer, steps), passes ? DONE : Escrow.BadMilestones.selector, "a step");
        same(recordOf(terms).released, terms.amount - remaining + (passes ? amount : 0), "released");
    }

    function testFuzz_A25_anyOtherArrayIsRefused(uint256 seed, uint8 place, uint96 change) external {
        (Terms memory terms, uint256[] memory steps) = _promise(seed, 5);
        pay(terms, false);
        uint256 first = steps[0];
        uint256 kind = roll(seed, 20) % 3;
        uint256[] memory shown = steps;
        if (kind == 0) shown[place % 5] ^= bound(change, 1, type(uint96).max);
        if (kind == 1) shown = _resized(steps, 4);
        if (kind == 2) shown = _resized(steps, 6);
        refused(_step(terms, first, true, shown), Escrow.BadMilestones.selector, "another array");
    }

    function testFuzz_A25_aPromiseThatBreaksTheRulesHasNoSteps(uint256 seed, uint8 broken, uint8 place) external {
        uint256 kind = broken % 4;
        uint256 count = kind == 3 ? bound(seed, MOST - 3, MOST + 4) : 5;
        (Terms memory terms, uint256[] memory steps) = _promise(seed, count);
        if (kind == 0) steps[place % count] = 0;
        // The same sum with a zero entry, which moves the money of one step into another.
        if (kind == 1) (steps[place % 4], steps[4]) = (0, steps[4] + steps[place % 4]);
        if (kind == 2) steps[4] += bound(roll(seed, 20), 1, type(uint96).max);
        terms.milestonesHash = keccak256(abi.encodePacked(steps));
        pay(terms, false);
        uint256 amount = steps[0] == 0 ? steps[1] : steps[0];
        bool passes = kind == 3 && count <= MOST;
        refused(_step(terms, amount, true, steps), passes ? DONE : Escrow.BadMilestones.selector, "promise");
    }

    function testFuzz_A25_everyOtherSettlementMustClose(uint256 seed, uint8 done, uint96 a, bool inBatch) external {
        (Terms memory terms, uint256[] memory steps) = _promise(seed, 4);
        pay(terms, roll(seed, 20) % 2 == 0);
        uint256 remaining = _release(terms, steps, done % 4);
        uint256 toSeller = bound(a, 0, remaining);
        uint256 toBuyer = roll(seed, 21) % 2 == 0 ? remaining - toSeller : bound(roll(seed, 22), 0, remaining - toSeller);
        if (toSeller + toBuyer == 0) toBuyer = 1;
        bytes4 wanted = toSeller + toBuyer == remaining ? DONE : Escrow.BadMilestones.selector;
        Settlement memory s = settlement(terms, toSeller, toBuyer);
        refused(inBatch ? tryBatch(terms, s) : trySettle(terms, s, byAdmins(terms, s)), wanted, "settlement");
    }

    /// @dev Terms that promise `count` random steps.
    function _promise(uint256 seed, uint256 count) private returns (Terms memory terms, uint256[] memory steps) {
        terms = anyTerms(seed);
        steps = new uint256[](count);
        uint256 sum;
        for (uint256 i = 0; i < count; ++i) {
            steps[i] = bound(roll(seed, 100 + i), 1, type(uint96).max / (4 * MOST));
            sum += steps[i];
        }
        terms.amount = uint96(sum);
        terms.milestonesHash = keccak256(abi.encodePacked(steps));
    }

    /// @return remaining What is left after the first `count` steps.
    function _release(Terms memory terms, uint256[] memory steps, uint256 count) private returns (uint256 remaining) {
        remaining = terms.amount;
        for (uint256 i = 0; i < count; ++i) {
            refused(_step(terms, steps[i], false, steps), DONE, "earlier step");
            remaining -= steps[i];
        }
    }

    function _step(Terms memory terms, uint256 amount, bool byBuyer, uint256[] memory steps) private returns (bytes4) {
        Settlement memory s = settlement(terms, amount, 0);
        bytes memory items = byBuyer ? byParties(terms, s, true, false) : byAdmins(terms, s);
        return attempt(stranger, 0, abi.encodeCall(Escrow.settleMilestone, (terms, s, items, steps)));
    }

    function _resized(uint256[] memory steps, uint256 count) private pure returns (uint256[] memory resized) {
        resized = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) resized[i] = i < steps.length ? steps[i] : 1;
    }
}
