// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow} from "./Escrow.sol";
import {VM} from "./Vm.sol";

/// @title Deploys the product's own build of the escrow
library Deployer {
    /// The escrow under test; the mutation script builds others under the same name.
    string internal constant ARTIFACT = "MarketplaceEscrow.sol:MarketplaceEscrow";

    error NotDeployed();

    struct Options {
        address[] signers;
        uint256 threshold;
        address guardian;
        address treasury;
        uint256 feeCap;
        uint256 disputeTimeout;
    }

    function deploy(Options memory o) internal returns (Escrow) {
        bytes memory arguments = abi.encode(
            o.signers,
            o.threshold,
            o.guardian,
            o.treasury,
            o.feeCap,
            o.disputeTimeout
        );
        bytes memory code = bytes.concat(VM.getCode(ARTIFACT), arguments);
        address deployed;
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        if (deployed == address(0)) revert NotDeployed();
        return Escrow(deployed);
    }
}
