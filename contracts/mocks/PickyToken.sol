// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReturnBomb} from "./ReturnBomb.sol";

/// @title Test token that answers each receiver in its own way, so that one share of a payout can fail without the others
contract PickyToken {
    error Refused();

    /// What a transfer to a receiver does.
    enum Answer {
        Honest,
        Refuses,
        FalseUnmoved,
        FalseMoved,
        EatsGas,
        Toll,
        Bonus,
        Hungry
    }

    /// What `Toll` keeps of a transfer, and what `Bonus` adds to it.
    uint256 private constant SKEW = 1;
    /// Reads of untouched slots by `Hungry`, 2,100 gas each: most of the 400,000 gas that a push of tokens is given.
    uint256 private constant READS = 170;

    mapping(address account => uint256 balance) public balanceOf;
    mapping(address account => Answer answer) public answerTo;
    mapping(uint256 index => uint256 value) private _untouched;

    /// @notice Creates tokens.
    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    /// @notice Destroys tokens of an account.
    function burn(address from, uint256 amount) external {
        balanceOf[from] -= amount;
    }

    /// @notice Chooses what transfers to a receiver do.
    function setAnswer(address to, Answer value) external {
        answerTo[to] = value;
    }

    /// @notice Allows nobody anything: this test token knows no allowance.
    function approve(address, uint256) external pure returns (bool) {
        return true;
    }

    /// @notice Moves the caller's tokens, as the receiver's answer says.
    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    /// @notice Moves anybody's tokens, as the receiver's answer says.
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        Answer answer = answerTo[to];
        if (answer == Answer.Refuses) revert Refused();
        if (answer == Answer.EatsGas) ReturnBomb.eatGas();
        if (answer == Answer.FalseUnmoved) return false;
        uint256 arrives = amount;
        if (answer == Answer.Toll) arrives -= SKEW;
        if (answer == Answer.Bonus) arrives += SKEW;
        if (answer == Answer.Hungry) arrives += _eat();
        balanceOf[from] -= amount;
        balanceOf[to] += arrives;
        return answer != Answer.FalseMoved;
    }

    /// @return nothing Zero, after much gas.
    function _eat() private view returns (uint256 nothing) {
        for (uint256 i = 0; i < READS; ++i) nothing += _untouched[i];
    }
}
