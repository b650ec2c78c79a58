// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev The escrow as its specification words it. The tests import no source of the product: they call the compiled
/// contract through this second, independent wording, so that a change of its ABI is seen here.

struct Terms {
    address buyer;
    address seller;
    address token;
    uint96 amount;
    uint40 fundBy;
    uint40 deliverBy;
    uint32 inspection;
    uint16 feeBps;
    uint16 disputeSellerBps;
    bytes32 milestonesHash;
    address refundTo;
    bytes32 ref;
}

struct Settlement {
    uint16 seq;
    uint96 toSeller;
    uint96 toBuyer;
    uint40 validUntil;
}

struct Payment {
    uint96 remaining;
    uint96 released;
    uint40 clock;
    uint16 seq;
    uint8 status;
    bool inVault;
    bool vaultDeployed;
    uint8 bumps;
}

interface Escrow {
    error InvalidTerms();
    error WrongStatus();
    error TooEarly();
    error TooLate();
    error Expired();
    error WrongSeq();
    error WrongAmount();
    error WrongValue();
    error WrongInflow();
    error NotAllowed();
    error BadSignature();
    error BadMilestones();
    error BadBatch();
    error BumpLimit();
    error Paused();
    error NotPaused();
    error Nothing();
    error VaultShort();
    error PushFailed();
    error Starved();
    error NotCovered();
    error SameChain();
    error BadSeat();
    error NotPending();
    error Reentered();

    function fund(Terms calldata terms) external payable;
    function fundWithAuthorization(
        Terms calldata terms,
        uint256 validAfter,
        uint256 validBefore,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;
    function fundWithPermit2(Terms calldata terms, uint256 nonce, uint256 deadline, bytes calldata signature) external;
    function fundWithPermit(
        Terms calldata terms,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s,
        bytes calldata consent
    ) external;
    function sweep(Terms calldata terms) external;
    function settle(Terms calldata terms, Settlement calldata settlement, bytes calldata signatures) external;
    function settleMilestone(
        Terms calldata terms,
        Settlement calldata settlement,
        bytes calldata signatures,
        uint256[] calldata milestones
    ) external;
    function settleBatch(Terms[] calldata terms, Settlement[] calldata settlements, bytes calldata signatures) external;
    function settleBatchReport(
        Terms[] calldata terms,
        Settlement[] calldata settlements,
        bytes calldata signatures
    ) external;
    function settleItem(Terms calldata terms, Settlement calldata settlement, bytes32 id) external;
    function bumpSeq(bytes32 id) external;
    function markDelivered(Terms calldata terms) external;
    function freeze(Terms calldata terms) external;
    function actSigned(Terms calldata terms, uint8 action, uint40 validUntil, bytes calldata signature) external;
    function reclaim(Terms calldata terms) external;
    function claim(Terms calldata terms) external;
    function forceResolve(Terms calldata terms) external;
    function recover(Terms calldata terms, address asset) external;
    function recoverForeign(Terms calldata terms, address asset, uint256 originChainId) external;
    function payVaultCredit(Terms calldata terms) external;
    function withdrawCredit(address account, address token) external;
    function redirectCredit(
        address account,
        address token,
        address to,
        uint256 amount,
        uint40 validUntil,
        bytes calldata signatures
    ) external;
    function redirectVaultCredit(
        Terms calldata terms,
        bool sellerShare,
        address to,
        uint256 amount,
        uint40 validUntil,
        bytes calldata signatures
    ) external;
    function refundLater(Terms calldata terms, uint256 amount) external payable;
    function withdrawFees(address token) external;
    function rescue(address token, uint256 amount, uint40 validUntil, bytes calldata signatures) external;
    function pause() external;
    function unpause() external;
    function rotate(uint8 index, address account, uint40 validUntil, bytes calldata signatures) external;
    function executeRotation(uint8 index) external;
    function cancelRotation(uint8 index, uint40 validUntil, bytes calldata signatures) external;
    function signerOff(uint8 index, uint40 validUntil, bytes calldata signatures) external;

    function idOf(Terms calldata terms) external view returns (bytes32 id);
    function depositAddress(bytes32 id) external view returns (address vault);
    function payment(bytes32 id) external view returns (Payment memory record);
    function book(address token) external view returns (uint128 owed, uint128 fees);
    function credits(address account, address token) external view returns (uint256 amount);
    function vaultCredit(bytes32 id) external view returns (uint128 seller, uint128 refundTo);
    function refundedLater(bytes32 id) external view returns (uint256 amount);
    function redirectNonce(address account) external view returns (uint256 nonce);
    function solvent(address token) external view returns (bool covered);
    function config()
        external
        view
        returns (uint8 threshold, uint8 active, uint16 overrides, uint40 pausedUntil, uint64 nonce);
    function seat(uint256 index) external view returns (address holder);
    function guardian() external view returns (address);
    function treasury() external view returns (address);
    function feeCap() external view returns (uint256);
    function disputeTimeout() external view returns (uint256);
    function domainSeparator() external view returns (bytes32);
}
