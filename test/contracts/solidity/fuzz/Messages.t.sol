// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Escrow, Settlement, Terms} from "../harness/Escrow.sol";
import {FuzzBase} from "../harness/FuzzBase.sol";
import {Items, BUYER_TAG, SELLER_TAG} from "../harness/Items.sol";
import {Messages} from "../harness/Messages.sol";
import {VM} from "../harness/Vm.sol";

/// @title Ids, vault addresses and signatures equal a plain reference, and nothing else passes
contract MessagesFuzzTest is FuzzBase {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function testFuzz_S7_idEqualsTheReference(Terms calldata terms, uint64 chain) external {
        VM.chainId(bound(chain, 1, type(uint64).max));
        check(escrow.idOf(terms) == Messages.id(address(escrow), terms), "id");
    }

    function testFuzz_S7_domainFollowsTheChain(uint64 chain) external {
        uint256 id = bound(chain, 1, type(uint64).max);
        VM.chainId(id);
        check(escrow.domainSeparator() == Messages.domain(address(escrow), id), "domain");
    }

    function testFuzz_D4_everyWordOfTheTermsMovesTheVault(Terms memory terms, uint8 word, uint256 change) external view {
        bytes32 id = escrow.idOf(terms);
        uint256[12] memory widths = [uint256(160), 160, 160, 96, 40, 40, 32, 16, 16, 256, 160, 256];
        uint256 index = word % 12;
        uint256 delta = change & (type(uint256).max >> (256 - widths[index]));
        VM.assume(delta != 0);
        assembly ("memory-safe") {
            let field := add(terms, mul(0x20, index))
            mstore(field, xor(mload(field), delta))
        }
        check(escrow.idOf(terms) != id, "id");
        check(escrow.depositAddress(escrow.idOf(terms)) != escrow.depositAddress(id), "vault");
    }

    function testFuzz_vaultAddressEqualsTheReference(bytes32 id) external view {
        bytes memory code = bytes.concat(
            hex"603f8060095f395ff3",
            hex"3373",
            bytes20(address(escrow)),
            hex"18361517603d5760205f602036038060205f375f5f358060a01c905af16039575f5ffd5b3d5ff35b00"
        );
        bytes32 hash = keccak256(abi.encodePacked(bytes1(0xff), address(escrow), id, keccak256(code)));
        check(escrow.depositAddress(id) == address(uint160(uint256(hash))), "vault");
    }

    function testFuzz_S1_aSignatureOfAnotherChainOrEscrowIsRefused(uint64 chain, address other, bool byChain) external {
        Terms memory terms = usualTerms(1e18);
        pay(terms, false);
        Settlement memory s = settlement(terms, 1e18, 0);
        uint256 foreign = bound(chain, 1, type(uint64).max);
        VM.assume(byChain ? foreign != block.chainid : other != address(escrow));
        bytes32 digest = Messages.digestOn(
            byChain ? address(escrow) : other,
            byChain ? foreign : block.chainid,
            Messages.settleHash(idOf(terms), s)
        );
        refused(trySettle(terms, s, Items.ofSeats(3, signerKeys, digest)), Escrow.BadSignature.selector, "replay");
    }

    function testFuzz_S1_aSignatureOfAnotherPaymentIsRefused(bytes32 ref) external {
        Terms memory terms = usualTerms(1e18);
        Terms memory other = usualTerms(1e18);
        VM.assume(ref != terms.ref);
        other.ref = ref;
        pay(terms, false);
        Settlement memory s = settlement(terms, 1e18, 0);
        refused(trySettle(terms, s, byAdmins(other, s)), Escrow.BadSignature.selector, "other payment");
    }

    function testFuzz_S2_theMalleableTwinIsRefused(uint96 amount, uint8 which) external {
        Terms memory terms = usualTerms(amount);
        pay(terms, false);
        Settlement memory s = settlement(terms, terms.amount, 0);
        bytes memory items = byAdmins(terms, s);
        uint256 offset = (which % 2) * 65 + 0x20 + 33;
        assembly ("memory-safe") {
            let place := add(items, offset)
            let old := mload(place)
            let flipped := sub(ORDER, shr(1, shl(1, old)))
            mstore(place, or(flipped, and(not(old), shl(255, 1))))
        }
        refused(trySettle(terms, s, items), Escrow.BadSignature.selector, "high s");
    }

    function testFuzz_S2_anyChangedBitOfASignatureIsRefused(uint16 bit) external {
        Terms memory terms = usualTerms(1e18);
        pay(terms, false);
        Settlement memory s = settlement(terms, 1e18, 0);
        bytes memory items = byAdmins(terms, s);
        uint256 place = bit % (items.length * 8);
        items[place / 8] ^= bytes1(uint8(1 << (place % 8)));
        check(trySettle(terms, s, items) != 0, "a changed bit");
    }

    function testFuzz_A19_onlyTheRightTagsPass(uint8[4] calldata tags, uint8 count) external {
        Terms memory terms = usualTerms(1e18);
        pay(terms, true);
        Settlement memory s = settlement(terms, 1e18, 0);
        bytes memory items;
        uint256 number = count % 5;
        for (uint256 i = 0; i < number; ++i) items = bytes.concat(items, Items.one(_tag(tags[i]), _key(_tag(tags[i])), digestOf(terms, s)));
        bool passes = _accepted(tags, number, s.toBuyer == 0);
        check((trySettle(terms, s, items) == 0) == passes, passes ? "must pass" : "must not pass");
    }

    function testFuzz_A19_trailingOrMissingBytesAreRefused(uint8 cut, bytes calldata tail) external {
        Terms memory terms = usualTerms(1e18);
        pay(terms, false);
        Settlement memory s = settlement(terms, 1e18, 0);
        bytes memory items = byAdmins(terms, s);
        if (tail.length != 0) {
            check(trySettle(terms, s, bytes.concat(items, tail)) != 0, "trailing");
        } else {
            uint256 length = items.length - bound(cut, 1, 129);
            assembly ("memory-safe") {
                mstore(items, length)
            }
            check(trySettle(terms, s, items) != 0, "missing");
        }
    }

    function testFuzz_A19_randomBytesNeverPass(bytes calldata noise) external {
        Terms memory terms = usualTerms(1e18);
        pay(terms, false);
        check(trySettle(terms, settlement(terms, 1e18, 0), noise) != 0, "noise");
    }

    function testFuzz_A26_emptySignaturesNeedThresholdOneAndASigner(uint8 threshold, uint8 caller) external {
        escrow = deploy(bound(threshold, 1, 3));
        Terms memory terms = usualTerms(1e18);
        pay(terms, false);
        bool isSigner = caller % 5 < 3;
        address from = isSigner ? VM.addr(signerKeys[caller % 5]) : caller % 5 == 3 ? buyer : stranger;
        bytes memory data = abi.encodeCall(Escrow.settle, (terms, settlement(terms, 1e18, 0), ""));
        bool passes = bound(threshold, 1, 3) == 1 && isSigner;
        check((attempt(from, 0, data) == 0) == passes, "empty");
    }

    function testFuzz_S10_dirtyWordsMakeNoRecord(uint8 word, uint256 dirt, bool ofSettlement) external {
        Terms memory terms = usualTerms(1e18);
        pay(terms, true);
        Settlement memory s = settlement(terms, 1e18, 0);
        bytes memory data = abi.encodeCall(Escrow.settle, (terms, s, byAdmins(terms, s)));
        uint256[12] memory widths = [uint256(160), 160, 160, 96, 40, 40, 32, 16, 16, 0, 160, 0];
        uint256[4] memory settlementWidths = [uint256(16), 96, 96, 40];
        uint256 index = ofSettlement ? word % 4 : word % 12;
        uint256 width = ofSettlement ? settlementWidths[index] : widths[index];
        VM.assume(width != 0 && dirt >> width != 0);
        uint256 place = 0x24 + 0x20 * (ofSettlement ? 12 + index : index);
        assembly ("memory-safe") {
            let field := add(data, place)
            mstore(field, or(mload(field), shl(width, shr(width, dirt))))
        }
        check(attempt(stranger, 0, data) != 0, "dirty");
        same(recordOf(terms).status, 0, "no record");
    }

    function _tag(uint8 raw) private pure returns (uint8) {
        uint8[8] memory usual = [0, 1, 2, 3, 7, 0x7d, BUYER_TAG, SELLER_TAG];
        return usual[raw % 8];
    }

    function _key(uint8 tag) private pure returns (uint256) {
        return tag == BUYER_TAG ? BUYER_KEY : tag == SELLER_TAG ? SELLER_KEY : uint256(tag) + 1;
    }

    /// @dev The table of the specification: rising tags, and one of its two sets; the seller alone may only refund.
    function _accepted(uint8[4] calldata tags, uint256 number, bool release) private pure returns (bool) {
        uint256 signers;
        uint256 parties;
        uint256 next;
        for (uint256 i = 0; i < number; ++i) {
            uint8 tag = _tag(tags[i]);
            if (tag < next) return false;
            next = uint256(tag) + 1;
            if (tag < 3) ++signers;
            else if (tag >= BUYER_TAG) parties |= tag == BUYER_TAG ? 1 : 2;
            else return false;
        }
        if (parties == 0) return signers >= 2;
        return signers == 0 && (parties == 3 || (parties == 1 && release));
    }
}
