import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { createStore, type Store } from '../../server/store/createStore.ts';
import { type FaultProxy, startProxy } from '../faults/support/proxy.ts';
import { buildTransition } from '../support/factories.ts';
import { uniqueDatabase } from '../support/services.ts';

describe('the store while no server can be found', () => {
  let proxy: FaultProxy;
  let store: Store;
  before(async () => {
    const { uri } = uniqueDatabase('away');
    const real = new URL(uri);
    proxy = await startProxy(Number(real.port));
    const through = new URL(uri);
    through.port = String(proxy.port);
    through.search = '?directConnection=true';
    store = await createStore({ uri: through.toString() });
    proxy.set({ kind: 'cut' });
    // The driver has to have noticed: from then on it looks for a server and finds none.
    await store.transitions.tail('nobody').catch(() => undefined);
  });
  after(async () => {
    proxy.set({ kind: 'pass' });
    await store.close();
    await proxy.close();
  });

  it('does not know what became of an append, so that its caller reads back and the sender is told to repeat', async () => {
    const [result] = await store.transitions.append([buildTransition()]);
    expect(result?.outcome).to.equal('unknown');
  });

  it('answers every other write with busy, never with an error of ours', async () => {
    const writes = [
      store.idempotency.begin('a-key', 'a-hash', 1),
      store.transitions.project(buildTransition()),
      store.dueWork.schedule('verify', 'a-payment', 1),
    ];
    for (const write of await Promise.allSettled(writes)) {
      expect(write.status === 'rejected' && write.reason)
        .to.be.instanceOf(AppError)
        .with.property('code', 'busy');
    }
  });
});
