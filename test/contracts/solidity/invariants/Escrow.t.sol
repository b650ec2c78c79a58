// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VM} from "../harness/Vm.sol";
import {Handler} from "./Handler.sol";

/// @dev The runner knows only the contracts of its test files by name.
contract EscrowWorld is Handler {}

/// @title The invariants of the escrow, each in its own campaign of calls by chance
/// @notice Every sequence ends with all of them, and with every unit leaving.
/// hardhat-config: invariant.failOnRevert = true
contract EscrowInvariantsTest {
    error Dead(string what, uint256 tried, uint256 succeeded);

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    error Stopped(string verb, uint256 walk, uint256 step, bytes answer);

    uint256 private constant WALKS = 8;
    uint256 private constant DEPTH = 128;

    EscrowWorld private _world;

    function setUp() external {
        _world = new EscrowWorld();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_world);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_world), _world.verbs());
    }

    function invariant_01_thePoolCoversWhatItOwes() external {
        _world.holdSolvent();
        _world.requireWhole(1);
    }

    function invariant_02_owedIsWhatIsOwedAndVaultsCoverTheirPayments() external {
        _world.holdBooks();
        _world.requireWhole(2);
    }

    function invariant_03_outAndLeftAndMissingAreTheAmount() external {
        _world.holdAccounts();
        _world.requireWhole(3);
    }

    function invariant_04_releasedNeverFallsAndSeqRisesByOne() external {
        _world.holdRecords();
        _world.requireWhole(4);
    }

    function invariant_05_feesAreThoseOfWhatWasReleased() external {
        _world.holdFees();
        _world.requireWhole(5);
    }

    function invariant_06_noFeeAboveTheCap() external {
        _world.holdFeeCap();
        _world.requireWhole(6);
    }

    function invariant_07_aUsedIdIsNeverUsedAgain() external view {
        _world.requireWhole(7);
    }

    function invariant_08_moneyLeavesOnlyToWhomItBelongs() external view {
        _world.requireWhole(8);
    }

    function invariant_09_nothingSettlesWithoutAuthority() external view {
        _world.requireWhole(9);
    }

    function invariant_10_afterAllTimersEverythingLeavesWithoutAdmins() external {
        _drainNowAndThen(false);
        _world.requireWhole(10);
    }

    function invariant_11_aPauseStopsNoExit() external {
        _drainNowAndThen(true);
        _world.requireWhole(11);
    }

    function invariant_12_atMostOneExitIsOpen() external {
        _world.holdOneExit(_world.calls());
        _world.requireWhole(12);
    }

    function invariant_13_aVaultKeepsWhatItsPaymentNeeds() external {
        _world.holdVaults();
        _world.requireWhole(13);
    }

    function invariant_14_moneyIsConserved() external {
        _world.holdSupply();
        _world.requireWhole(14);
    }

    function invariant_15_aBatchEqualsItsSettlementsOneByOne() external view {
        _world.requireWhole(15);
    }

    function invariant_16_aRefusalChangesOnlyCredits() external view {
        _world.requireWhole(16);
    }

    function invariant_17_lessGasEndsInTheSameState() external view {
        _world.requireWhole(17);
    }

    function invariant_18_nobodyAloneBlocksTheAdminsForLong() external {
        _world.holdGrief();
        _world.requireWhole(18);
    }

    function invariant_19_aRecordOpensOnlyWithItsMoney() external view {
        _world.requireWhole(19);
    }

    function invariant_20_activeSignersAreDistinctAndEnough() external {
        _world.holdSeats();
        _world.requireWhole(20);
    }

    function invariant_21_foreignRecoveryNeverTouchesAVaultOfThisChain() external view {
        _world.requireWhole(21);
    }

    function invariant_liveness_everyUnitLeavesAlsoWhilePaused() external {
        if (_world.calls() % 32 == 0) _leaveTwice();
    }

    /// @notice Every sequence ends with everything, and with every unit out.
    function afterInvariant() external {
        _world.holdSolvent();
        _world.holdBooks();
        _world.holdAccounts();
        _world.holdRecords();
        _world.holdFees();
        _world.holdFeeCap();
        _world.holdVaults();
        _world.holdSupply();
        _world.holdGrief();
        _world.holdSeats();
        for (uint256 i = 0; i <= 21; ++i) _world.requireWhole(i);
        _leave(_world.calls() % 2 == 0);
    }

    function _drainNowAndThen(bool paused) private {
        if (_world.calls() % 32 == 0) _leave(paused);
    }

    function _leaveTwice() private {
        _leave(false);
        _leave(true);
    }

    /// @dev What leaves comes back: a look, not a step.
    function _leave(bool paused) private {
        uint256 before = VM.snapshotState();
        _world.drain(paused);
        _world.requireWhole(10);
        _world.requireWhole(11);
        VM.revertToState(before);
    }

    /// @notice The same worlds by a fixed chance: every verb succeeds in them, and how often is printed.
    function test_everyVerbSucceedsNowAndThen() external {
        bytes4[] memory list = _world.verbs();
        uint256[] memory tried = new uint256[](list.length);
        uint256[] memory succeeded = new uint256[](list.length);
        for (uint256 i = 0; i < WALKS; ++i) {
            uint256 before = VM.snapshotState();
            _walk(list, i);
            for (uint256 v = 0; v < list.length; ++v) {
                tried[v] += _world.tried(list[v]);
                succeeded[v] += _world.succeeded(list[v]);
            }
            VM.revertToState(before);
        }
        for (uint256 v = 0; v < list.length; ++v) {
            _print(_world.nameOf(v), succeeded[v], tried[v]);
            if (succeeded[v] * 8 < tried[v] || succeeded[v] == 0) revert Dead(_world.nameOf(v), tried[v], succeeded[v]);
        }
    }

    function _walk(bytes4[] memory list, uint256 salt) private {
        uint256 chance = salt;
        for (uint256 i = 0; i < DEPTH; ++i) {
            chance = uint256(keccak256(abi.encode(chance)));
            uint256 verb = chance % list.length;
            (bool done, bytes memory answer) = address(_world).call(abi.encodeWithSelector(list[verb], chance));
            if (!done) revert Stopped(_world.nameOf(verb), salt, i, answer);
        }
        for (uint256 n = 0; n <= 21; ++n) _world.requireWhole(n);
    }

    /// @dev `console.log(string,uint256,uint256)`, as the runner prints it.
    function _print(string memory what, uint256 a, uint256 b) private view {
        bytes memory data = abi.encodeWithSignature("log(string,uint256,uint256)", what, a, b);
        // solhint-disable-next-line avoid-low-level-calls
        (bool done, ) = 0x000000000000000000636F6e736F6c652e6c6f67.staticcall(data);
        assert(done);
    }
}
