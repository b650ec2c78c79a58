// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Escrow runtime for tests: the escrow's own code, and a `NativeFace` may debit it
/// @dev A test puts this code where the escrow stands, whose real code it keeps at another address and runs on its own
/// storage and balance. So the chain's own debit of native coin is played for the escrow too, as `FacedVault` does for vaults.
contract FacedEscrow {
    error Refused();

    address private immutable _CODE;
    address private immutable _FACE;

    constructor(address code, address face) {
        (_CODE, _FACE) = (code, face);
    }

    /// A debit of the face is one word `value << 160 | receiver`; every other call is the escrow's.
    // solhint-disable-next-line no-complex-fallback
    fallback(bytes calldata input) external payable returns (bytes memory result) {
        bool success;
        if (msg.sender == _FACE) {
            uint256 word = uint256(bytes32(input[:32]));
            // solhint-disable-next-line avoid-low-level-calls
            (success, ) = address(uint160(word)).call{value: word >> 160}("");
            if (!success) revert Refused();
            return "";
        }
        // solhint-disable-next-line avoid-low-level-calls
        (success, result) = _CODE.delegatecall(input);
        if (success) return result;
        assembly ("memory-safe") {
            revert(add(result, 0x20), mload(result))
        }
    }

    /// Native coin: the escrow decides whether it takes it.
    // solhint-disable-next-line no-complex-fallback
    receive() external payable {
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, ) = _CODE.delegatecall("");
        if (!success) revert Refused();
    }
}
