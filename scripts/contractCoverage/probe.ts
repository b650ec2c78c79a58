/** Where the simulated chain listens for probes: whatever is called there is reported as covered. */
const LISTENER = '0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE';
/** Memory that no call of the escrow reaches. */
const FAR = 0x8000;
/** More return data than any code of the escrow looks at. */
const KEPT = 0x100;

/**
 * Reports a probe and leaves memory and return data as they were, so that it may stand between a call and the code that
 * reads what the call returned. The call of address 4 (identity) restores the return data.
 */
const REPORT = `let size := returndatasize()
  if gt(size, ${KEPT}) { size := ${KEPT} }
  returndatacopy(${FAR + 32}, 0, size)
  mstore(${FAR}, id)
  pop(staticcall(gas(), ${LISTENER}, ${FAR}, 32, 0, 0))
  pop(staticcall(gas(), 4, ${FAR + 32}, size, 0, 0))`;

/** The file with the probes of Solidity code: a statement was reached; a condition came out false (id) or true (id + 1). */
export const PROBE_FILE = 'CoverageProbe.sol';

export const PROBE_SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

function __hit(uint256 id) view {
    assembly ("memory-safe") {
  ${REPORT}
    }
}

function __cond(bool value, uint256 id) view returns (bool) {
    __hit(value ? id + 1 : id);
    return value;
}
`;

/** The same probes inside a block of assembly, on one line, so that no line number changes. */
export const ASSEMBLY_PROBES = ` function __yulHit(id) { ${REPORT.replaceAll('\n', ' ')} } function __yulCond(value, id) -> same { same := value __yulHit(add(id, iszero(iszero(value)))) } `;
