import { expect } from 'chai';
import { createVoidSettlements } from '../../server/commands/voidSettlements.ts';
import type { Transition } from '../../server/domain/transition.ts';
import { AppError } from '../../server/errors.ts';
import * as f from '../domain/factories.ts';
import { createTestLogger } from '../support/factories.ts';

const validUntil = f.startMs / 1_000 + 86_400;

describe('voidSettlements', () => {
  it('frees what is proven to be over, and is held up neither by a chain that is away nor by a payment with nothing open', async () => {
    const funded = f.history(f.opened, f.confirmed(100n)).state;
    const open = f.history(f.opened, f.confirmed(100n), f.prepared(100n, 0n, { validUntil })).state;
    const states = new Map([
      ['away', { ...open, id: 'away', termsId: 'away' }],
      ['nothing', { ...funded, id: 'nothing' }],
      ['over', { ...open, id: 'over', termsId: 'over' }],
      ['young', { ...open, id: 'young', termsId: 'young' }],
    ]);
    const told: [string, string][] = [];
    const { logger, lines } = createTestLogger();
    const asked: number[] = [];
    const voidSettlements = createVoidSettlements({
      logger,
      queries: {
        openSettlements: async (limit) => {
          asked.push(limit);
          return [...states.keys(), 'gone'];
        },
      },
      store: {
        claimant: async () => null,
        tail: async (id) => {
          const state = states.get(id);
          return state === undefined ? null : { ...({} as Transition), state };
        },
      },
      gateway: {
        finalRecord: async (_network, termsId) => {
          if (termsId === 'away') throw new AppError('chain_unavailable', 'No node answers.');
          const seconds = termsId === 'young' ? validUntil : validUntil + 1;
          return { status: 'funded', settleSeq: 0, blockTimeMs: seconds * 1_000 };
        },
      },
      coordinator: {
        observe: async (id, { kind }) => {
          told.push([id, kind]);
          return { outcome: 'changed', state: open, seq: 9 };
        },
      },
    });
    expect(await voidSettlements(7)).to.equal(1);
    expect([told, asked]).to.deep.equal([[['over', 'settlementVoided']], [7]]);
    expect(lines.map(({ level, fields }) => [level, 'paymentId' in fields && fields.paymentId])).to.deep.equal([
      ['warn', 'away'],
    ]);
  });
});
