// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a receiver or a token does with the gas it is given
library GasUse {
    error Refused();

    uint256 internal constant KINDS = 6;

    /// @return answer False only for kind 5.
    function run(uint256 kind, uint256 need) internal view returns (bool answer) {
        uint256 start = gasleft();
        // 1 works through `need`; 2 looks whether it has `need`; 5 does so too, and answers no instead of reverting.
        if (kind == 1) while (start - gasleft() < need) continue;
        if (kind == 2 && start < need) revert Refused();
        if (kind == 3) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (kind == 4) revert Refused();
        return kind != 5 || start >= need;
    }
}

/// @title A receiver of native coin; its code can be laid on any account
contract GasReceiver {
    uint256 private immutable _KIND;
    uint256 private immutable _NEED;

    constructor(uint256 kind, uint256 need) {
        (_KIND, _NEED) = (kind, need);
    }

    receive() external payable {
        GasUse.run(_KIND, _NEED);
    }
}

/// @title A token whose transfers to some accounts use gas
contract GasToken {
    mapping(address account => uint256 balance) public balanceOf;
    mapping(address account => uint256 kind) public kindOf;
    mapping(address account => uint256 need) public needOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function setUse(address to, uint256 kind, uint256 need) external {
        (kindOf[to], needOf[to]) = (kind, need);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (!GasUse.run(kindOf[to], needOf[to])) return false;
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
        return true;
    }
}
