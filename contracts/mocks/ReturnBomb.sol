// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a hostile callee does to its caller besides a plain revert
library ReturnBomb {
    /// Costs 149,000 gas to build and as much to copy: fits the 400,000 gas that a token is given.
    uint256 internal constant OF_TOKEN = 256_000;
    /// Costs 27,000 gas: fits the 50,000 gas that a receiver of native coin is given.
    uint256 internal constant OF_RECEIVER = 96_000;

    /// @notice Ends the call with success: true, and a flood of zeros behind it.
    function returnTrue(uint256 size) internal pure {
        assembly {
            mstore(0, 1)
            return(0, size)
        }
    }

    /// @notice Ends the call with a revert and a flood of zeros.
    function revertWith(uint256 size) internal pure {
        assembly {
            revert(0, size)
        }
    }

    /// @notice Ends the call with a revert after all its gas is gone.
    function eatGas() internal pure {
        assembly {
            invalid()
        }
    }
}
