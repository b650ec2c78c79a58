import { concat, dataLength, getBytes, hexlify, toBeHex, zeroPadValue } from 'ethers';

// Opcodes by the Yellow Paper's numbers, as far as the two tiny programs below need them.
const copyAndReturn = (length: number) => concat(['0x60', toBeHex(length, 1), '0x8060095f395ff3']);
const wordBytes = 32;

/**
 * Init code of a contract that emits whatever it is told to: the first `topics` words of its calldata are the topics, the
 * rest is the data. It stands for every contract that pretends to be a token or an escrow.
 */
export function logEmitterCode(topics: 2 | 3 | 4): string {
  const head = toBeHex(topics * wordBytes, 1);
  const loads = Array.from({ length: topics }, (_, n) => topics - 1 - n).map((n) =>
    n === 0 ? '0x5f35' : concat(['0x60', toBeHex(n * wordBytes, 1), '0x35']),
  );
  const log = concat([toBeHex(0x80 + topics, 1), '0x5f', toBeHex(0xa0 + topics, 1), '0x00']);
  const runtime = concat(['0x60', head, '0x360380', '0x60', head, '0x5f37', ...loads, log]);
  return concat([copyAndReturn(dataLength(runtime)), runtime]);
}

/** Init code that makes several calls in one transaction and reverts when one of them fails; they come from the created address. */
export function batchCode(calls: readonly { readonly to: string; readonly data: string }[]): string {
  const parts: string[] = [];
  let length = 0;
  const add = (...codes: string[]) => {
    parts.push(...codes);
    length += codes.reduce((sum, code) => sum + dataLength(code), 0);
  };
  for (const { to, data } of calls) {
    const bytes = getBytes(data);
    for (let offset = 0; offset < bytes.length; offset += wordBytes) {
      const word = hexlify(bytes.slice(offset, offset + wordBytes))
        .slice(2)
        .padEnd(wordBytes * 2, '0');
      add(`0x7f${word}`, '0x61', toBeHex(offset, 2), '0x52');
    }
    // no return data, no value: call(gas, to, 0, 0, size, 0, 0)
    add('0x5f5f61', toBeHex(bytes.length, 2), '0x5f5f73', to, '0x5af1');
    // jump over a revert when the call succeeded
    const over = length + 8;
    add('0x61', toBeHex(over, 2), '0x57', '0x5f5ffd', '0x00', '0x5b');
  }
  add('0x5f5ff3');
  return concat(parts);
}

/** Runtime code that writes as many three-topic logs as its calldata says: topic, receiver, count; the senders are 1, 2, 3 … */
export const floodCode = '0x60015f526040355b602035815f3560205fa3600190038060075700';

/** A value as one 32-byte word. */
export const word = (value: string) => zeroPadValue(value, wordBytes);
