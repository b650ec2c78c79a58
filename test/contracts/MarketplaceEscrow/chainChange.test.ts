import { expect } from 'chai';
import { TypedDataEncoder, toBeHex } from 'ethers';
import { network } from 'hardhat';
import { domainOf, idOf } from '../escrowTerms.ts';
import { type EscrowWorld, roles, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { RELEASE } from '../payouts.ts';

/** The id that the chain takes. */
const NEW_ID = 424_242n;
/** Threshold, signers and pause. */
const CONFIG_SLOT = toBeHex(0, 32);

/** The escrow, its code and configuration as they are, on a chain that has another id now. */
async function openChanged(world: EscrowWorld) {
  const { address, abi } = world.escrow;
  const connection = await network.create({ override: { chainId: Number(NEW_ID) } });
  const { provider } = connection;
  const code = await world.chain.codeAt(address);
  await provider.request({ method: 'hardhat_setCode', params: [address, code] });
  const config = await world.chain.storageAt(address, CONFIG_SLOT);
  await provider.request({ method: 'hardhat_setStorageAt', params: [address, CONFIG_SLOT, config] });
  const call = (method: string, args: unknown[]): Promise<unknown> =>
    provider.request({
      method: 'eth_call',
      params: [{ from: roles.stranger.address, to: address, data: abi.encodeFunctionData(method, args) }, 'latest'],
    });
  return { call, close: () => connection.close() };
}

describe('MarketplaceEscrow on a chain that changed its id', () => {
  const world = useEscrowWorld();
  let changed: Awaited<ReturnType<typeof openChanged>>;
  beforeEach(async () => {
    changed = await openChanged(world());
  });
  afterEach(() => changed.close());

  it('S1: takes the new id into the domain at once, although the old one is cached', async () => {
    const { escrow, chain } = world();
    const domain = (chainId: bigint) => TypedDataEncoder.hashDomain(domainOf(escrow.address, chainId));
    expect(await changed.call('domainSeparator', [])).to.equal(domain(NEW_ID));
    expect((await world().read(escrow, 'domainSeparator'))[0]).to.equal(domain(chain.chainId));
  });

  it('S1: gives the same terms another id, so that no record of before is found', async () => {
    const terms = await world().terms();
    expect(await changed.call('idOf', [terms])).to.equal(idOf(terms, world().escrow.address, NEW_ID));
  });

  it('S1: refuses what was signed for the old id and judges what was signed for the new one', async () => {
    const terms = await world().terms({ token: ZERO_ADDRESS });
    const old = await world().settlement(terms, RELEASE);
    const fresh = { ...old, id: idOf(terms, world().escrow.address, NEW_ID) };
    const settle = (signed: typeof old, chainId: bigint) =>
      changed.call('settle', [terms, signed, world().sign(signed, undefined, chainId)]);
    await world().rejects(settle(old, world().chain.chainId), 'BadSignature');
    await world().rejects(settle(fresh, world().chain.chainId), 'BadSignature');
    // Signed well: what stops it is that its vault, of the new id, is empty.
    await world().rejects(settle(fresh, NEW_ID), 'VaultShort');
  });
});
