import { getAddress } from 'ethers';
import { BoundedMap } from '../../boundedMap.ts';

/** Addresses whose spelling is remembered, some megabytes; a page of payments names hundreds. */
const remembered = 20_000;

/** Spells addresses as EIP-55 has it. The hash behind a spelling costs more than the rest of what is shown about a payment, so it is made once. */
export function createSpelling(): (address: string) => string {
  const known = new BoundedMap<string, string>(remembered);
  return (address) => {
    const before = known.get(address);
    if (before !== undefined) return before;
    const spelled = getAddress(address);
    known.set(address, spelled);
    return spelled;
  };
}
