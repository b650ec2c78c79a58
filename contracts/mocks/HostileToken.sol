// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Test token that can misbehave: return false with or without moving, return too little or too much, call back
/// @dev The second address of the token is `SecondFace`.
contract HostileToken {
    error NotFace();

    /// What a transfer does.
    enum Mode {
        Honest,
        FalseUnmoved,
        FalseMoved,
        ShortReturn,
        LongReturn,
        Generous
    }

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
        if (mode != Mode.FalseUnmoved) {
            balanceOf[from] -= amount;
            balanceOf[to] += amount;
        }
        if (mode == Mode.ShortReturn) {
            assembly ("memory-safe") {
                mstore(0, 0)
                return(0, 31)
            }
        }
        if (mode == Mode.LongReturn) {
            assembly ("memory-safe") {
                let data := mload(0x40)
                mstore(data, 1)
                return(data, 4096)
            }
        }
        if (mode == Mode.Generous) ++balanceOf[to];
        return mode == Mode.Honest || mode == Mode.Generous;
    }

    function _callBack() private {
        if (_target == address(0)) return;
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory data) = _target.call(_call);
        callError = success ? bytes4(0) : bytes4(data);
    }
}
