import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Config } from '../../server/config.ts';
import { trailOf } from '../../server/deps/trail.ts';
import { nextRecord } from '../../server/domain/auditTrail.ts';
import type { Store } from '../../server/store/createStore.ts';
import { createTestLogger } from '../support/factories.ts';

describe('a record of the audit trail whose anchor cannot be written', () => {
  it('is in the log with its place and hash all the same, beside the failure', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-trail-'));
    try {
      const file = join(folder, 'no-folder');
      writeFileSync(file, '');
      const event = {
        ...{ atMs: 1, category: 'admin' as const, actor: 'adm-1', role: 'admin', action: 'POST /x', path: '/x' },
        ...{ outcome: '200', requestId: 'r1', address: '' },
      };
      const record = nextRecord(null, event);
      const { logger, lines } = createTestLogger();
      const config = { TRAIL_SIGNING_KEY: null, TERMS_ARCHIVE: file } as Config;
      const store = { trail: { append: async () => record } } as unknown as Store;
      await trailOf({ config, store, logger })(event);
      const told = lines.slice(1).map(({ level, message, fields }) => [level, message, Reflect.get(fields, 'seq')]);
      expect(told).to.deep.equal([
        ['error', 'the anchor of an audit record was not kept', 1],
        ['info', 'audit trail', 1],
      ]);
      expect(lines.at(-1)?.fields).to.include({ hash: record.hash, anchor: null });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
