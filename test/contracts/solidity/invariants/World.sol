// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Deployer} from "../harness/Deployer.sol";
import {Escrow, Terms} from "../harness/Escrow.sol";
import {FuzzToken} from "../harness/FuzzToken.sol";
import {Messages} from "../harness/Messages.sol";
import {SignedToken} from "../harness/SignedToken.sol";
import {PERMIT2, SpenderFace} from "../harness/SpenderFace.sol";
import {VM} from "../harness/Vm.sol";

// Assets of the world.
uint256 constant COIN = 0;
uint256 constant SIGNED = 1;
uint256 constant SILENT = 2;
uint256 constant ISSUED = 3;
uint256 constant ASSETS = 4;

// Status of a record.
uint8 constant NONE = 0;
uint8 constant FUNDED = 1;
uint8 constant DELIVERED = 2;
uint8 constant FROZEN = 3;
uint8 constant CLOSED = 4;

/// @dev What the tests believe about a payment, kept without reading it from the contract.
struct Ghost {
    Terms terms;
    bytes32 id;
    address vault;
    uint8 e;
    uint8 asset;
    bool valid;
    // The record.
    uint8 status;
    bool inVault;
    bool deployed;
    uint8 bumps;
    uint16 seq;
    uint40 clock;
    uint96 remaining;
    uint96 released;
    uint128 creditSeller;
    uint128 creditRefund;
    // Its money.
    bool recovered;
    bool taken;
    /// Money went to its vault's address under the id of another chain.
    bool abroad;
    uint16 loneSpent;
    uint256 paidOut;
    uint256 shortfall;
    uint256 feeCharged;
    uint256 broughtBack;
    uint256 vaultHolds;
}

/// @title Two escrows, three tokens and the native coin, 24 accounts, a clock, and the payments made so far
/// @notice A broken promise is noted, not reverted: what reverts would be undone and forgotten.
abstract contract World {
    uint256 internal constant PARTIES = 3;
    uint256 internal constant SEATS = 5;
    uint256 internal constant FEE_CAP = 1_000;
    uint256 internal constant DISPUTE_TIMEOUT = 21 days;
    uint256 internal constant BPS = 10_000;
    uint256 private constant START = 1_800_000_000;

    Escrow[2] internal escrows;
    address[ASSETS] internal assets;
    /// Everybody who may hold money, but the escrows and the vaults.
    address[] internal actors;
    address[] internal foreignVaults;
    Ghost[] internal ghosts;
    address internal stranger;
    mapping(address account => uint256 key) internal keyOf;
    mapping(uint256 escrow => mapping(uint256 seat => address holder)) internal holderOf;
    mapping(uint256 escrow => uint256 bits) internal activeSigners;
    mapping(uint256 escrow => uint256 time) internal pausedUntil;

    /// What the escrow should owe and have.
    mapping(uint256 escrow => mapping(uint256 asset => uint256 sum)) internal feesHeld;
    mapping(uint256 escrow => mapping(uint256 asset => uint256 sum)) internal feesReceived;
    mapping(uint256 escrow => mapping(uint256 asset => uint256 sum)) internal feesWaived;
    mapping(uint256 escrow => mapping(uint256 asset => uint256 sum)) internal feesTrue;
    mapping(uint256 escrow => mapping(uint256 asset => uint256 sum)) internal creditSum;
    mapping(uint256 escrow => mapping(address account => mapping(uint256 asset => uint256 sum))) internal creditOf;
    mapping(uint256 escrow => mapping(uint256 asset => uint256 sum)) internal poolHolds;
    /// The issuer took from this pool.
    mapping(uint256 escrow => mapping(uint256 asset => bool)) internal poolTaken;
    /// Cannot send or receive this asset at present.
    mapping(uint256 asset => mapping(address account => bool)) internal refuses;
    uint256 internal issuerFee;
    bool internal issuerFeeSeen;
    uint256 internal coinMade;

    /// First thing that went wrong for each invariant; zero: what the model did not foresee.
    mapping(uint256 invariant => string what) internal broken;
    uint256 internal time = START;
    uint256 private _random;
    uint256 private _steps;

    constructor() {
        VM.warp(START);
        assets = [address(0), address(new SignedToken()), address(new FuzzToken(true)), address(new FuzzToken(false))];
        VM.etch(PERMIT2, address(new SpenderFace()).code);
        for (uint256 key = 1; key <= 24; ++key) _addActor(key);
        stranger = actors[23];
        for (uint256 e = 0; e < 2; ++e) {
            address[] memory signers = new address[](3);
            for (uint256 i = 0; i < 3; ++i) signers[i] = actors[i];
            // The second one lets a signer settle by a call of his own.
            escrows[e] = Deployer.deploy(
                Deployer.Options(signers, 2 - e, actors[3], actors[4], FEE_CAP, DISPUTE_TIMEOUT)
            );
            for (uint256 i = 0; i < 3; ++i) holderOf[e][i] = signers[i];
            (holderOf[e][8], holderOf[e][9]) = (actors[3], actors[4]);
            activeSigners[e] = 7;
        }
    }

    function _addActor(uint256 key) private {
        address account = VM.addr(key);
        keyOf[account] = key;
        actors.push(account);
    }

    // Accounts: 0-2 signers, 3 guardian, 4 treasury, 5-9 next holders, then the parties, 19-23 others

    function _buyer(uint256 i) internal view returns (address) {
        return actors[10 + i];
    }

    function _seller(uint256 i) internal view returns (address) {
        return actors[13 + i];
    }

    function _refundTo(uint256 i) internal view returns (address) {
        return actors[16 + i];
    }

    function _treasury(uint256 e) internal view returns (address) {
        return holderOf[e][9];
    }

    function _threshold(uint256 e) internal pure returns (uint256) {
        return 2 - e;
    }

    function _activeSigner(uint256 e, uint256 skip) internal view returns (uint256 index) {
        for (uint256 i = 0; i < 3; ++i) {
            index = (i + skip) % 3;
            if ((activeSigners[e] >> index) & 1 != 0) return index;
        }
    }

    function _paused(uint256 e) internal view returns (bool) {
        return time <= pausedUntil[e];
    }

    // Chance and time

    function _begin(uint256 seed) internal {
        VM.warp(time);
        _random = uint256(keccak256(abi.encode(seed, ++_steps)));
    }

    function _rnd(uint256 count) internal returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return _random % count;
    }

    function _warp(uint256 to) internal {
        if (to <= time) return;
        time = to;
        VM.warp(to);
    }

    function _soon() internal view returns (uint40) {
        return uint40(time + 1 days);
    }

    // Findings

    function _hold(bool holds, uint256 invariant, string memory what) internal {
        if (!holds && bytes(broken[invariant]).length == 0) broken[invariant] = what;
    }

    function _same(uint256 got, uint256 wanted, uint256 invariant, string memory what) internal {
        _hold(got == wanted, invariant, what);
    }

    // Money

    function _balance(uint256 asset, address account) internal view returns (uint256) {
        return asset == COIN ? account.balance : FuzzToken(assets[asset]).balanceOf(account);
    }

    function _make(uint256 asset, address to, uint256 amount) internal {
        if (asset == COIN) {
            VM.deal(to, to.balance + amount);
            coinMade += amount;
        } else {
            FuzzToken(assets[asset]).mint(to, amount);
        }
    }

    function _takes(uint256 asset, address from, address to) internal view returns (bool) {
        if (refuses[asset][to]) return false;
        // Coin and the silent token are refused by receivers alone; other tokens stop their blacklisted senders too.
        return asset == COIN || (asset == SILENT && keyOf[from] != 0) || !refuses[asset][from];
    }

    /// @dev What a receiver gets of a transfer.
    function _arrives(uint256 asset, uint256 amount) internal view returns (uint256) {
        return asset == ISSUED ? amount - (amount * issuerFee) / BPS : amount;
    }

    // Payments

    function _amount(uint256 asset) private returns (uint96) {
        uint256 kind = _rnd(8);
        if (kind == 0) return uint96(2 + _rnd(50));
        // A vault can pay at most 2^96 - 1 units of native coin at once, so several payments of that size are too many.
        if (kind == 1) return asset == COIN ? type(uint96).max >> 8 : type(uint96).max;
        return uint96(1e3 + _rnd(kind < 5 ? 1e9 : 1e24));
    }

    function _newPayment(uint256 e, bool valid) internal returns (uint256 p) {
        p = ghosts.length;
        Ghost storage g = ghosts.push();
        Terms storage t = g.terms;
        uint256 asset = _rnd(ASSETS);
        (g.e, g.asset, g.valid) = (uint8(e), uint8(asset), valid);
        if (_rnd(8) != 0) t.buyer = _buyer(_rnd(PARTIES));
        t.seller = _seller(_rnd(PARTIES));
        t.refundTo = t.buyer != address(0) && _rnd(2) == 0 ? t.buyer : _refundTo(_rnd(PARTIES));
        t.token = assets[asset];
        t.amount = _amount(asset);
        t.fundBy = uint40(time + 1 days + _rnd(60 days));
        t.deliverBy = uint40(t.fundBy + _rnd(30 days));
        t.inspection = uint32(1 hours + _rnd(10 days));
        t.feeBps = uint16(_rnd(FEE_CAP + 1));
        t.disputeSellerBps = uint16(_rnd(BPS + 1));
        if (_rnd(4) == 0) t.milestonesHash = keccak256(abi.encodePacked(_milestones(t.amount)));
        t.ref = bytes32(p);
        if (!valid) _spoil(t);
        g.id = Messages.id(address(escrows[e]), t);
        g.vault = escrows[e].depositAddress(g.id);
    }

    function _spoil(Terms storage t) private {
        uint256 kind = _rnd(4);
        if (kind == 0) t.refundTo = address(0);
        if (kind == 1) t.feeBps = uint16(FEE_CAP + 1);
        if (kind == 2) t.seller = t.refundTo;
        if (kind == 3) t.inspection = 1;
    }

    /// @dev Always the same array for an amount: three steps, the last one what is left.
    function _milestones(uint96 amount) internal pure returns (uint256[] memory steps) {
        if (amount < 4) {
            steps = new uint256[](1);
            steps[0] = amount;
            return steps;
        }
        steps = new uint256[](3);
        steps[0] = amount / 4;
        steps[1] = amount / 2;
        steps[2] = amount - steps[0] - steps[1];
    }

    /// @dev A payment of one of these statuses (bits), from a place by chance on; the number of payments if there is none.
    function _find(uint256 statuses) internal returns (uint256 p) {
        uint256 count = ghosts.length;
        if (count == 0) return 0;
        uint256 start = _rnd(count);
        for (uint256 i = 0; i < count; ++i) {
            p = (start + i) % count;
            if ((statuses >> ghosts[p].status) & 1 != 0 && ghosts[p].valid) return p;
        }
        return count;
    }
}
