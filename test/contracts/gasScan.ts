import { expect } from 'chai';
import type { Terms } from './escrowTerms.ts';
import { type EscrowWorld, roles } from './escrowWorld.ts';
import { eventsOf } from './observed.ts';
import { moneyOf } from './payouts.ts';

/** A call of the escrow whose gas limit is scanned. */
export interface ScannedCall {
  name: string;
  terms: Terms;
  method: string;
  args: unknown[];
  /** What comes with it. */
  value?: bigint;
  /** Between two limits; small beside the allowance of the pushes. */
  step?: bigint;
  /** How far above what it uses the call may still revert. */
  reserve?: bigint;
}

/** Steps of a scan: small beside the allowance of the pushes, 50,000 for native coin and 400,000 for tokens, and no divisor of it. */
export const STEP = { coin: 2_503n, token: 9_973n };
// With less no call comes to a push: 21,000 for the transaction, then its calldata.
const LOWEST = 40_000n;
// What a push keeps back beside what it uses: at most one of 400,000, and 1/64.
const RESERVE = 450_000n;
// So many limits in a row that change nothing: from there on the steps are wide.
const SETTLED = 10;
const WIDE = 10n;

/** Sends a call with plenty of gas, then with each limit from low to high: every one must revert or leave the very same. */
export async function scanGas(world: EscrowWorld, scanned: ScannedCall): Promise<void> {
  const { name, terms, method, args, value = 0n, step = STEP.coin, reserve = RESERVE } = scanned;
  const data = world.escrow.abi.encodeFunctionData(method, args);
  const call = { from: roles.stranger.address, to: world.escrow.address, data, value };
  /** All that a transaction leaves: events, balances, books, credits and record. */
  const outcome = async (gas?: bigint) => {
    const snapshot = await world.chain.snapshot();
    const receipt = await world.chain.send(gas === undefined ? call : { ...call, gas });
    const state = [eventsOf(world, receipt), await moneyOf(world, terms)];
    await world.chain.restore(snapshot);
    return { gasUsed: receipt.gasUsed, state };
  };
  const passes = (gas: bigint) =>
    world.chain.call({ ...call, gas }).then(
      () => true,
      () => false,
    );

  const plenty = await outcome();
  let [reverted, same] = [0, 0];
  for (let gas = LOWEST; gas < plenty.gasUsed + reserve; gas += same > SETTLED ? WIDE * step : step) {
    if (await passes(gas)) {
      expect((await outcome(gas)).state, `${name}, ${gas} gas`).to.deep.equal(plenty.state);
      same += 1;
    } else {
      reverted += 1;
      same = 0;
    }
  }
  expect(reverted > 3 && same > 3, `${name}: ${reverted} limits reverted, the last ${same} did not`).to.equal(true);
}

/**
 * Puts code on an account that refuses every arrival with less gas than this, at almost no cost. One who eats what he gets leaves
 * a starved call too little for a credit; after this one the relayer would have enough.
 */
export async function makeWary(world: EscrowWorld, account: string, gas: number): Promise<void> {
  // push3 need, gas, lt, push1 refuse, jumpi, stop; refuse: jumpdest, push0, push0, revert.
  await world.chain.setCode(account, `0x62${gas.toString(16).padStart(6, '0')}5a10600a57005b5f5ffd`);
}
