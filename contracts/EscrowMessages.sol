// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrowData} from "./interfaces/IEscrowData.sol";

/// @title The signed messages of the escrow (EIP-712) and the validity of terms
library EscrowMessages {
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant TERMS_TYPE =
        keccak256(
            "Terms(address buyer,address seller,address token,uint96 amount,uint40 fundBy,uint40 deliverBy,uint32 inspection,uint16 feeBps,uint16 disputeSellerBps,bytes32 milestonesHash,address refundTo,bytes32 ref)"
        );
    bytes32 private constant SETTLE_TYPE =
        keccak256("Settle(bytes32 id,uint16 seq,uint96 toSeller,uint96 toBuyer,uint40 validUntil)");

    bytes32 private constant SETTLE_BATCH_TYPE =
        keccak256(
            "SettleBatch(Settle[] items)Settle(bytes32 id,uint16 seq,uint96 toSeller,uint96 toBuyer,uint40 validUntil)"
        );
    bytes32 private constant ACT_TYPE = keccak256("Act(bytes32 id,uint8 action,uint40 validUntil)");
    bytes32 private constant REDIRECT_TYPE =
        keccak256("Redirect(address account,address token,address to,uint256 amount,uint256 nonce,uint40 validUntil)");
    bytes32 internal constant ROTATE_TYPE =
        keccak256("Rotate(uint8 index,address account,uint256 nonce,uint40 validUntil)");
    bytes32 internal constant CANCEL_ROTATION_TYPE =
        keccak256("CancelRotation(uint8 index,uint256 nonce,uint40 validUntil)");
    bytes32 internal constant SIGNER_OFF_TYPE = keccak256("SignerOff(uint8 index,uint256 nonce,uint40 validUntil)");
    bytes32 internal constant RESCUE_TYPE =
        keccak256("Rescue(address token,uint256 amount,uint256 nonce,uint40 validUntil)");
    /// The type-string argument of Permit2: the witness, then all types in alphabetical order.
    string internal constant PERMIT2_WITNESS =
        "Terms witness)Terms(address buyer,address seller,address token,uint96 amount,uint40 fundBy,uint40 deliverBy,uint32 inspection,uint16 feeBps,uint16 disputeSellerBps,bytes32 milestonesHash,address refundTo,bytes32 ref)TokenPermissions(address token,uint256 amount)";

    /// Fund and delivery may each lie this far ahead: one leap year.
    uint256 private constant HORIZON = 366 days;
    uint256 private constant INSPECTION_MIN = 1 hours;
    uint256 private constant INSPECTION_MAX = 90 days;
    uint256 private constant BPS = 10_000;

    /// @notice Domain separator of this contract's address on a chain.
    /// @param chainId The chain.
    function domain(uint256 chainId) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(DOMAIN_TYPE, keccak256("MarketplaceEscrow"), keccak256("1"), chainId, address(this))
            );
    }

    /// @notice Struct hash of terms; they are twelve words of calldata as they are encoded.
    function hashTerms(IEscrowData.Terms calldata terms) internal pure returns (bytes32 hash) {
        bytes32 typeHash = TERMS_TYPE;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, typeHash)
            calldatacopy(add(data, 0x20), terms, 384)
            hash := keccak256(data, 416)
        }
    }

    /// @notice Struct hash of a settlement; the id is not repeated in calldata.
    function hashSettle(
        bytes32 id,
        IEscrowData.Settlement calldata settlement
    ) internal pure returns (bytes32 hash) {
        bytes32 typeHash = SETTLE_TYPE;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, typeHash)
            mstore(add(data, 0x20), id)
            calldatacopy(add(data, 0x40), settlement, 128)
            hash := keccak256(data, 192)
        }
    }

    /// @notice One of the four words of a settlement, unchecked.
    function word(IEscrowData.Settlement calldata settlement, uint256 index) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(settlement, shl(5, index)))
        }
    }

    /// @notice Struct hash of a batch: of the array, the concatenation of the items' struct hashes.
    function hashBatch(bytes32[] memory items) internal pure returns (bytes32 hash) {
        return keccak256(abi.encode(SETTLE_BATCH_TYPE, keccak256(abi.encodePacked(items))));
    }

    /// @notice Struct hash of a party's action.
    function hashAct(bytes32 id, uint256 action, uint256 validUntil) internal pure returns (bytes32 hash) {
        return keccak256(abi.encode(ACT_TYPE, id, action, validUntil));
    }

    /// @notice Struct hash of a control message: type, one or two words, nonce, end of validity.
    /// @param pair Whether the message has `second`.
    function hashControl(
        bytes32 typeHash,
        uint256 first,
        uint256 second,
        bool pair,
        uint256 nonce,
        uint256 validUntil
    ) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, typeHash)
            mstore(add(data, 0x20), first)
            mstore(add(data, 0x40), second)
            let size := add(0x80, shl(5, pair))
            mstore(add(data, sub(size, 0x40)), nonce)
            mstore(add(data, sub(size, 0x20)), validUntil)
            hash := keccak256(data, size)
        }
    }

    /// @notice Struct hash of a redirect.
    function hashRedirect(
        address account,
        address token,
        address to,
        uint256 amount,
        uint256 nonce,
        uint256 validUntil
    ) internal pure returns (bytes32 hash) {
        return keccak256(abi.encode(REDIRECT_TYPE, account, token, to, amount, nonce, validUntil));
    }

    /// @notice What a wallet signs.
    function digest(bytes32 separator, bytes32 structHash) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, shl(240, 0x1901))
            mstore(add(data, 0x02), separator)
            mstore(add(data, 0x22), structHash)
            hash := keccak256(data, 66)
        }
    }

    /// @notice Whether terms may hold a record: every rule, and no dirty upper bits in any word.
    /// @dev Reads words, not fields: a field with dirty bits would revert, but `recover` must not refuse such terms. One rule
    /// a line: joined by `||` each would cost 25 gas more.
    /// @param cap Highest fee.
    function valid(IEscrowData.Terms calldata terms, uint256 cap) internal view returns (bool) {
        uint256 buyer = word(terms, 0);
        uint256 seller = word(terms, 1);
        uint256 token = word(terms, 2);
        uint256 refundTo = word(terms, 10);
        uint256 self = uint160(address(this));
        if ((buyer | seller | token | refundTo) >> 160 != 0) return false;
        if (seller == 0) return false;
        if (refundTo == 0) return false;
        if (seller == refundTo) return false;
        if (seller == buyer) return false;
        if (buyer == self) return false;
        if (seller == self) return false;
        if (refundTo == self) return false;
        if (token == self) return false;
        if (token == seller) return false;
        if (token == refundTo) return false;
        return _validNumbers(terms, cap);
    }

    /// @notice One of the twelve words of terms.
    function word(IEscrowData.Terms calldata terms, uint256 index) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(terms, shl(5, index)))
        }
    }

    // Fields as words: reading `terms.amount` would check it again each time, for 45 gas. Where a record is open, or `valid` has
    // said so, no word is dirty; elsewhere a dirty one can only make a comparison fail.

    /// @return The buyer; zero: no buyer authority.
    function buyerOf(IEscrowData.Terms calldata terms) internal pure returns (address) {
        return address(uint160(word(terms, 0)));
    }

    /// @return Receiver of releases.
    function sellerOf(IEscrowData.Terms calldata terms) internal pure returns (address) {
        return address(uint160(word(terms, 1)));
    }

    /// @return Token; zero is the native coin.
    function tokenOf(IEscrowData.Terms calldata terms) internal pure returns (address) {
        return address(uint160(word(terms, 2)));
    }

    /// @return Amount of the payment.
    function amountOf(IEscrowData.Terms calldata terms) internal pure returns (uint256) {
        return word(terms, 3);
    }

    /// @return Last second to fund the pool.
    function fundByOf(IEscrowData.Terms calldata terms) internal pure returns (uint256) {
        return word(terms, 4);
    }

    /// @return Last second to mark delivery.
    function deliverByOf(IEscrowData.Terms calldata terms) internal pure returns (uint256) {
        return word(terms, 5);
    }

    /// @return Fee of the platform, in 1/10,000.
    function feeBpsOf(IEscrowData.Terms calldata terms) internal pure returns (uint256) {
        return word(terms, 7);
    }

    /// @return Receiver of refunds and recoveries.
    function refundToOf(IEscrowData.Terms calldata terms) internal pure returns (address) {
        return address(uint160(word(terms, 10)));
    }

    function _validNumbers(IEscrowData.Terms calldata terms, uint256 cap) private view returns (bool) {
        uint256 amount = word(terms, 3);
        uint256 fundBy = word(terms, 4);
        uint256 deliverBy = word(terms, 5);
        uint256 inspection = word(terms, 6);
        unchecked {
            // What is below a lower bound wraps to far above the upper one.
            if (amount - 1 >= type(uint96).max) return false;
            if ((fundBy | deliverBy) >> 40 != 0) return false;
            if (fundBy > block.timestamp + HORIZON) return false;
            if (deliverBy - fundBy > HORIZON) return false;
            if (inspection - INSPECTION_MIN > INSPECTION_MAX - INSPECTION_MIN) return false;
        }
        if (word(terms, 7) > cap) return false;
        return word(terms, 8) <= BPS;
    }
}
