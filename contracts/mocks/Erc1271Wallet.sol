// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Test wallet with ERC-1271: a contract that signs by its owner's key, or answers as a test chooses
/// @dev As a party it can do what a contract can: call anything, hold native coin and tokens.
contract Erc1271Wallet {
    error Refused();

    /// What `isValidSignature` answers.
    enum Answer {
        OwnersKey,
        Always,
        Never,
        Reverting,
        Garbage,
        DirtyMagic,
        ShortReturn,
        LongReturn,
        EmptyReturn,
        UntilTime,
        Reenters,
        EatsGas
    }

    bytes4 private constant MAGIC = 0x1626ba7e;

    address public owner;
    Answer public answer;
    uint256 public validUntil;
    address private _target;
    bytes private _call;

    constructor(address owner_) {
        owner = owner_;
    }

    /// Takes native coin.
    receive() external payable {}

    /// @notice Chooses what a signature check answers.
    function setAnswer(Answer value) external {
        answer = value;
    }

    /// @notice The answer `UntilTime` changes after this second.
    function setValidUntil(uint256 value) external {
        validUntil = value;
    }

    /// @notice What `Reenters` calls from inside the check; the signature is valid if that call succeeds.
    function setCall(address target, bytes calldata data) external {
        (_target, _call) = (target, data);
    }

    /// @notice Gives the wallet another owner.
    function setOwner(address value) external {
        owner = value;
    }

    /// @notice Calls anything as this wallet; passes a failure on as it came.
    function execute(address target, uint256 value, bytes calldata data) external payable returns (bytes memory result) {
        bool success;
        // solhint-disable-next-line avoid-low-level-calls
        (success, result) = target.call{value: value}(data);
        if (success) return result;
        assembly ("memory-safe") {
            revert(add(result, 0x20), mload(result))
        }
    }

    /// @notice ERC-1271. The owner's key signs the digest as it is: the wallet does not bind it to itself.
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        Answer chosen = answer;
        if (chosen == Answer.OwnersKey) return _bySigner(digest, signature) ? MAGIC : bytes4(0);
        if (chosen == Answer.Never) return bytes4(0);
        if (chosen == Answer.Reverting) revert Refused();
        if (chosen == Answer.Garbage) return 0xdeadbeef;
        if (chosen == Answer.UntilTime) return block.timestamp <= validUntil ? MAGIC : bytes4(0);
        if (chosen == Answer.Reenters) return _reenters() ? MAGIC : bytes4(0);
        if (chosen != Answer.Always) _oddReturn(chosen);
        return MAGIC;
    }

    function _bySigner(bytes32 digest, bytes calldata signature) private view returns (bool) {
        if (signature.length != 65) return false;
        return ecrecover(digest, uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64])) == owner;
    }

    function _reenters() private view returns (bool success) {
        // solhint-disable-next-line avoid-low-level-calls
        (success, ) = _target.staticcall(_call);
    }

    /// @dev Ends the call: the right four bytes with dirt behind them, in 4 bytes, with a second word, not at all.
    function _oddReturn(Answer chosen) private pure {
        bytes32 word = bytes32(MAGIC);
        if (chosen == Answer.DirtyMagic) word = bytes32(uint256(word) | 1);
        uint256 size = 32;
        if (chosen == Answer.ShortReturn) size = 4;
        if (chosen == Answer.LongReturn) size = 64;
        if (chosen == Answer.EmptyReturn) size = 0;
        if (chosen == Answer.EatsGas) size = type(uint256).max;
        assembly {
            mstore(0, word)
            mstore(0x20, 0)
            return(0, size)
        }
    }
}
