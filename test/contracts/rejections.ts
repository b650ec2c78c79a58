import { expect } from 'chai';
import { id } from 'ethers';

/** What a call reverted with. */
export async function revertData(call: Promise<unknown>): Promise<string> {
  const failure = await call.then(
    () => undefined,
    (reason: { data?: unknown; message: string }) => reason,
  );
  if (failure === undefined) expect.fail('expected a revert, but the call succeeded');
  if (typeof failure.data !== 'string') expect.fail(`expected a revert, but: ${failure.message}`);
  return failure.data;
}

/** Expects a call to revert with the error of another contract than the escrow, e.g. `InvalidNonce()`. */
export async function rejectsWith(call: Promise<unknown>, error: string): Promise<void> {
  expect((await revertData(call)).slice(0, 10), error).to.equal(id(error).slice(0, 10));
}

/** Expects a call to revert without data: a call of no function, of a non-payable one with value, or of no code. */
export async function rejectsWithoutData(call: Promise<unknown>): Promise<void> {
  expect(await revertData(call)).to.equal('0x');
}
