// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReturnBomb} from "./ReturnBomb.sol";

/// @title Test token that can misbehave: return false with or without moving, return too little or too much, take a fee,
/// revert, eat all gas, bomb the caller with data, call back
/// @dev The second address of the token is `SecondFace`; `ReturnBomb` builds the bombs.
contract HostileToken {
    error NotFace();
    error Refused();

    /// What a transfer does.
    enum Mode {
        Honest,
        FalseUnmoved,
        FalseMoved,
        ShortReturn,
        LongReturn,
        Generous,
        Reverting,
        ReturnBomb,
        RevertBomb,
        EatsGas,
        Fee
    }

    /// What mode `Fee` keeps of every transfer, in 1/100.
    uint256 private constant FEE_PERCENT = 1;

    Mode public mode;
    address public face;
    address private _target;
    bytes private _call;
    /// The first four bytes of what the last call back reverted with; zero if it succeeded.
    bytes4 public callError;
    mapping(address account => uint256 balance) public balanceOf;

    /// @notice Creates tokens.
    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    /// @notice Chooses what transfers do.
    function setMode(Mode value) external {
        mode = value;
    }

    /// @notice Makes every transfer call a target first.
    function setCall(address target, bytes calldata data) external {
        (_target, _call) = (target, data);
    }

    /// @notice Names the second address of this token.
    function setFace(address value) external {
        face = value;
    }

    /// @notice Moves the caller's tokens, in the chosen way.
    function transfer(address to, uint256 amount) external returns (bool) {
        return _transfer(msg.sender, to, amount);
    }

    /// @notice Moves anybody's tokens, in the chosen way: this test token knows no allowance.
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _transfer(from, to, amount);
    }

    /// @notice Moves tokens on behalf of the second address.
    function moveForFace(address from, address to, uint256 amount) external {
        if (msg.sender != face) revert NotFace();
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }

    function _transfer(address from, address to, uint256 amount) private returns (bool) {
        _callBack();
        Mode chosen = mode;
        if (chosen == Mode.Reverting) revert Refused();
        if (chosen == Mode.EatsGas) ReturnBomb.eatGas();
        if (chosen == Mode.RevertBomb) ReturnBomb.revertWith(ReturnBomb.OF_TOKEN);
        if (chosen != Mode.FalseUnmoved) {
            balanceOf[from] -= amount;
            balanceOf[to] += chosen == Mode.Fee ? amount - (amount * FEE_PERCENT) / 100 : amount;
        }
        if (chosen == Mode.ReturnBomb) ReturnBomb.returnTrue(ReturnBomb.OF_TOKEN);
        if (chosen == Mode.ShortReturn) {
            assembly ("memory-safe") {
                mstore(0, 0)
                return(0, 31)
            }
        }
        if (chosen == Mode.LongReturn) {
            assembly ("memory-safe") {
                let data := mload(0x40)
                mstore(data, 1)
                return(data, 4096)
            }
        }
        if (chosen == Mode.Generous) ++balanceOf[to];
        return chosen == Mode.Honest || chosen == Mode.Generous || chosen == Mode.Fee;
    }

    function _callBack() private {
        if (_target == address(0)) return;
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory data) = _target.call(_call);
        callError = success ? bytes4(0) : bytes4(data);
    }
}
