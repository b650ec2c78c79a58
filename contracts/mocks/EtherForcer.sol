// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Forces native coin onto an account that would refuse it
contract EtherForcer {
    error Refused();

    /// @notice Sends what came by the end of a contract that lives for one call, which no receiver can refuse.
    function force(address to) external payable {
        // push20 to, selfdestruct
        bytes memory code = abi.encodePacked(hex"73", to, hex"ff");
        address made;
        assembly ("memory-safe") {
            made := create(callvalue(), add(code, 0x20), mload(code))
        }
        if (made == address(0)) revert Refused();
    }
}
