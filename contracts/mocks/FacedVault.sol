// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Vault runtime for tests: obeys the escrow like a real vault, and a `NativeFace` too
/// @dev A test puts this code where a vault stands; so the chain's own debit of native coin is played.
contract FacedVault {
    error Refused();

    address private immutable _ESCROW;
    address private immutable _FACE;

    constructor(address escrow, address face) {
        (_ESCROW, _FACE) = (escrow, face);
    }

    /// A command is one word `value << 160 | target`, then the call data; the answer's first word comes back.
    // solhint-disable-next-line no-complex-fallback
    fallback(bytes calldata input) external payable returns (bytes memory result) {
        if (input.length < 32 || (msg.sender != _ESCROW && msg.sender != _FACE)) return "";
        uint256 word = uint256(bytes32(input[:32]));
        bool success;
        // solhint-disable-next-line avoid-low-level-calls
        (success, result) = address(uint160(word)).call{value: word >> 160}(input[32:]);
        if (!success) revert Refused();
    }

    /// Takes native coin.
    receive() external payable {}
}
