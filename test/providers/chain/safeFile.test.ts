import { expect } from 'chai';
import { Interface, keccak256, toUtf8Bytes, Wallet } from 'ethers';
import { escrowInitCode } from '../../../scripts/deploy/escrowBuild.ts';
import { connectChain } from '../../../server/providers/chain/connectChain.ts';
import { parseNetworks } from '../../../server/providers/chain/networks.ts';
import { safeFileOf } from '../../../server/providers/chain/safeFile.ts';
import { type ChainWorld, memoryLogger, networkOf, one, openChainWorld, systemClock } from './chainWorld.ts';
import { walletCode, walletInterface } from './contractSeat.ts';

const about = { name: 'Release "1"', description: 'seq 0', createdAtMs: 1_795_262_400_000 };

describe('chain: files for Safe’s Transaction Builder', () => {
  const transaction = { to: `0x${'ab'.repeat(20)}`, data: '0x1234', value: '0', chainId: 56 };

  it('is laid out as the builder reads it, numbers as strings', () => {
    const file = safeFileOf(transaction, about);
    const { checksum, ...meta } = file.meta;
    expect({ ...file, meta }).to.deep.equal({
      version: '1.0',
      chainId: '56',
      createdAt: about.createdAtMs,
      meta: {
        name: about.name,
        description: about.description,
        txBuilderVersion: '1.18.0',
        createdFromSafeAddress: '',
        createdFromOwnerAddress: '',
      },
      transactions: [
        { to: transaction.to, value: '0', data: '0x1234', contractMethod: null, contractInputsValues: null },
      ],
    });
    expect(JSON.parse(JSON.stringify(file))).to.deep.equal(file);
    expect(checksum).to.match(/^0x[0-9a-f]{64}$/);
  });

  it('carries the sum that the builder computes, in which the name does not count', () => {
    // Written out by hand as the builder serialises: keys sorted and listed, each value followed by a comma, the name as null.
    const text =
      '{["chainId","createdAt","meta","transactions","version"]"56",1795262400000,' +
      '{["createdFromOwnerAddress","createdFromSafeAddress","description","name","txBuilderVersion"]"","","seq 0",null,"1.18.0",},' +
      '[{["contractInputsValues","contractMethod","data","to","value"]null,null,"0x1234",' +
      `"${transaction.to}","0",}],"1.0",}`;
    const { meta } = safeFileOf(transaction, about);
    expect(meta.checksum).to.equal(keccak256(toUtf8Bytes(text)));
    expect(safeFileOf(transaction, { ...about, name: 'renamed' }).meta.checksum).to.equal(meta.checksum);
    expect(safeFileOf({ ...transaction, data: '0x1235' }, about).meta.checksum).to.not.equal(meta.checksum);
  });

  describe('for a Safe that is the only signer', () => {
    let world: ChainWorld;
    before(async () => {
      world = await openChainWorld();
    });
    after(() => world.close());

    it('holds a call that needs no signature when this Safe sends it, and that nobody else can send', async () => {
      const { deployment } = world;
      const owner = new Wallet(deployment.buyerKey).address;
      const wallet = await world.send(deployment.minterKey, {
        data: walletCode + new Interface(['constructor(address)']).encodeDeploy([owner]).slice(2),
      });
      const safe = wallet.contractAddress ?? '';
      const { guardian, treasury } = deployment;
      const parameters = { signers: [safe], threshold: 1, guardian, treasury, feeCapBps: 1_000 };
      const deploying = { ...parameters, disputeTimeoutSeconds: 3_888_000 };
      const raw = await world.rpc<string>('eth_sendTransaction', [
        { from: new Wallet(deployment.minterKey).address, data: escrowInitCode(deploying), gas: '0x7a1200' },
      ]);
      await world.mine(1);
      const receipt = await world.rpc<{ contractAddress: string }>('eth_getTransactionReceipt', [raw]);
      const network = networkOf({ ...deployment, escrow: receipt.contractAddress }, [world.url]);
      const { gateway, close } = await connectChain({
        ...{ networks: parseNetworks({ networks: [network] }), logger: memoryLogger(), clock: systemClock },
      });
      try {
        const terms = world.terms();
        const { termsId, vault } = gateway.identify('bsc', terms);
        await world.pay(vault, terms.amount);
        const validUntil = Math.floor(Date.now() / 1_000) + 3_600;
        const settlement = { settleSeq: 0, toSeller: 100n * one, toBuyer: 0n, validUntil };
        const file = gateway.safeFile(gateway.settlementTransaction('bsc', terms, settlement, []), about);
        const [step] = file.transactions;
        if (!step) throw new Error('no transaction');
        expect((await world.send(deployment.sellerKey, step)).status).to.equal(0);
        const data = walletInterface.encodeFunctionData('execute', [step.to, step.value, step.data]);
        expect((await world.send(deployment.sellerKey, { to: safe, data })).status).to.equal(1);
        expect((await gateway.record('bsc', termsId)).status).to.equal('closed');
      } finally {
        close();
      }
    });
  });
});
