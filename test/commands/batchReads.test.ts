import { expect } from 'chai';
import { createConfirmBatch } from '../../server/commands/confirmBatch.ts';
import { createConfirmSettlement } from '../../server/commands/confirmSettlement.ts';
import { createPrepareBatch } from '../../server/commands/prepareBatch.ts';
import type { SignatureWords } from '../../server/commands/rules/signatures.ts';
import { seatContract } from '../providers/chain/contractSeat.ts';
import { admin, type CommandsWorld, openCommandsWorld, refused } from './commandsWorld.ts';

describe('what a batch asks the chain', () => {
  let world: CommandsWorld;
  before(async () => {
    world = await openCommandsWorld();
  });
  after(() => world.close());

  it('is the head once for all payments, and each contract once however often its signature is given', async () => {
    const states = [await world.funded(), await world.funded()];
    const seat = await seatContract(world.chain, 2);
    let [heads, checks, proofs] = [0, 0, 0];
    const { chain, gateway } = world.ports;
    const prepareBatch = createPrepareBatch({
      ...world.ports,
      chain: {
        ...chain,
        head: async (network) => {
          heads += 1;
          return chain.head(network);
        },
      },
      gateway: {
        ...gateway,
        finalRecord: async (...given) => {
          proofs += 1;
          return gateway.finalRecord(...given);
        },
        checkContractSignature: async (...given) => {
          checks += 1;
          return gateway.checkContractSignature(...given);
        },
      },
    });
    const ask = (signatures: readonly SignatureWords[]) =>
      prepareBatch({ actor: admin, items: states.map(({ id: paymentId }) => ({ paymentId })), signatures });
    const { digest } = await ask([]);
    // The record of a finalized block comes with a head and a block of its own.
    expect([heads, proofs]).to.deep.equal([1, 0]);
    const own = { signer: seat.signer, data: seat.sign(digest) };
    const { missing, signedBy } = await ask([own, { ...own, signer: gateway.checksum(own.signer) }, own]);
    expect([missing, signedBy, checks]).to.deep.equal([1, [seat.signer], 1]);
  });

  it('is the transaction once, whatever the number of payments that it is to have settled', async () => {
    const states = [await world.funded(), await world.funded()];
    const { hash } = await world.chain.pay(states[0]?.vault ?? '', 1n);
    let reads = 0;
    const gateway: typeof world.ports.gateway = {
      ...world.ports.gateway,
      readOutcomes: async (...given) => {
        reads += 1;
        return world.ports.gateway.readOutcomes(...given);
      },
    };
    const confirmSettlement = createConfirmSettlement({ ...world.ports, gateway });
    const confirmBatch = createConfirmBatch({ ...world.ports, gateway, confirmSettlement });
    const paymentIds = states.map(({ id }) => id);
    await refused(confirmBatch({ actor: admin, paymentIds, txHash: hash }), 'transaction_foreign_contract');
    expect(reads).to.equal(1);
  });
});
