// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The cheatcodes these tests use, as every Solidity test runner offers them
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function warp(uint256 time) external;
    function chainId(uint256 id) external;
    function deal(address account, uint256 balance) external;
    function etch(address target, bytes calldata code) external;
    function prank(address sender) external;
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 key) external pure returns (address account);
    function getCode(string calldata artifact) external view returns (bytes memory code);
    function load(address target, bytes32 slot) external view returns (bytes32 value);
    function store(address target, bytes32 slot, bytes32 value) external;
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool done);
    function assume(bool condition) external pure;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory logs);
}

// Last 20 bytes of keccak256("hevm cheat code").
Vm constant VM = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
