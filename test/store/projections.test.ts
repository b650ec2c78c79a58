import { expect } from 'chai';
import type { Collection, Document } from 'mongodb';
import { createProjections } from '../../server/store/projections.ts';
import { buildTransition } from '../support/factories.ts';

describe('the copies that are on their way', () => {
  it('are waited for although a later one was refused, because a list must not miss what its reader was answered', async () => {
    const written = Promise.withResolvers<void>();
    const payments = { bulkWrite: () => written.promise } as unknown as Collection<Document & { _id: string }>;
    const projections = createProjections(payments);
    const transition = buildTransition();
    const copies = Array.from({ length: 5_000 }, () => projections.project(transition));
    const refused = await Promise.any(
      copies.map((copy) =>
        copy.then(
          () => Promise.reject(),
          (error: Error) => error,
        ),
      ),
    );
    expect(refused.message).to.match(/too many calls wait/i);
    let isOver = false;
    const waiting = projections.written().then(() => {
      isOver = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).to.equal(false);
    written.resolve();
    await Promise.allSettled([waiting, ...copies]);
    expect(isOver).to.equal(true);
  });
});
