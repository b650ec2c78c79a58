import { expect } from 'chai';
import { createResealSecrets } from '../../server/commands/resealSecrets.ts';
import { secretPlaceOf } from '../../server/commands/rules/apiKeySecret.ts';
import { loadConfig } from '../../server/config.ts';
import { createSecretBox } from '../../server/providers/identity/secretBox.ts';
import { codeAt, encryptionKeys, type IdentityWorld, newKey, openIdentityWorld } from './identityWorld.ts';

const keys = `${newKey('k2')},${encryptionKeys}`;
const boxOf = (text: string) =>
  createSecretBox(loadConfig({ JWT_SECRET: 'j'.repeat(32), ENCRYPTION_KEYS: text }).ENCRYPTION_KEYS);

describe('a change of encryption keys', () => {
  let world: IdentityWorld;
  beforeEach(async () => {
    world = await openIdentityWorld();
  });
  afterEach(() => world.close());
  const reseal = (text: string) =>
    createResealSecrets({ fields: world.opened.store.identity.sealedFields, box: boxOf(text) })();
  const seedOf = async (id: string) => {
    const row = await world.raw('admin_users').findOne({ _id: id });
    return String(row && 'seed' in row ? row.seed : '');
  };

  it('seals every secret under the first key, factors and pending ones, and finds nothing to do the second time', async () => {
    const [confirmed, pending] = [await world.newAdmin(), await world.newUser()];
    expect(await reseal(keys)).to.deep.equal({ looked: 2, resealed: 2, overtaken: 0, broken: [] });
    expect(await reseal(keys)).to.deep.equal({ looked: 2, resealed: 0, overtaken: 0, broken: [] });
    const { commands } = world.withKeys(keys.split(',')[0] ?? '');
    await commands.stepUp({ bearer: confirmed.bearer, code: codeAt(confirmed.seed, world.clock.now()) });
    const bearer = world.bearerOf((await world.logIn(pending.name)).access.token);
    await commands.confirmFactor({ bearer, code: codeAt(pending.seed, world.clock.now()) });
  });

  it('seals the secrets of servers’ keys anew as well', async () => {
    const place = secretPlaceOf('hfk_1');
    await world
      .raw(place.collection)
      .insertOne({ _id: place.id, [place.field]: boxOf(encryptionKeys).seal(place, 'x') });
    expect(await reseal(keys)).to.include({ looked: 1, resealed: 1 });
    const row = await world.raw(place.collection).findOne({ _id: place.id });
    expect(boxOf(keys.split(',')[0] ?? '').open(place, String(Reflect.get(row ?? {}, place.field)))).to.equal('x');
  });

  it('walks over more than a page', async () => {
    const box = boxOf(encryptionKeys);
    const rows = Array.from({ length: 230 }, (_, n) => {
      const place = { collection: 'admin_users', id: `u-${n}`, field: 'seed' };
      return { _id: place.id, name: place.id, seed: box.seal(place, `seed ${n}`) };
    });
    await world.raw('admin_users').insertMany(rows);
    expect(await reseal(keys)).to.include({ looked: 230, resealed: 230 });
  });

  it('happens by itself when a secret is read', async () => {
    const admin = await world.newAdmin();
    expect(await seedOf(admin.id)).to.match(/^v1\.k1\./);
    const { commands } = world.withKeys(keys);
    await commands.stepUp({ bearer: admin.bearer, code: codeAt(admin.seed, world.clock.now()) });
    expect(await seedOf(admin.id)).to.match(/^v1\.k2\./);
  });

  it('names what it cannot open, leaves it as it is, and goes on', async () => {
    const [lost, fine] = [await world.newAdmin(), await world.newAdmin()];
    const foreign = await seedOf(fine.id);
    await world.raw('admin_users').updateOne({ _id: lost.id }, { $set: { seed: foreign } });
    const { broken, resealed } = await reseal(keys);
    expect(resealed).to.equal(1);
    expect(broken).to.have.length(1);
    expect(broken[0]?.place).to.equal(`admin_users/${lost.id}/seed`);
    expect(await seedOf(lost.id)).to.equal(foreign);
  });

  it('loses nothing while people use and replace their factors: the newer seed stays', async () => {
    const admins = [];
    for (let n = 0; n < 4; n += 1) admins.push(await world.newAdmin());
    const both = world.withKeys(keys);
    const work = admins.map(async (admin, n) => {
      if (n % 2 === 0)
        return both.commands.stepUp({ bearer: admin.bearer, code: codeAt(admin.seed, world.clock.now()) });
      return world.admins.resetFactor(admin.name);
    });
    const runs = await Promise.all([reseal(keys), reseal(keys), ...work]);
    expect(runs).to.have.length(6);
    const last = await reseal(keys);
    expect(last.broken).to.deep.equal([]);
    expect(last.looked).to.equal(4);
    world.clock.advance(60_000);
    for (const admin of admins.filter((_, n) => n % 2 === 0)) {
      const code = codeAt(admin.seed, world.clock.now());
      await world.withKeys(keys.split(',')[0] ?? '').commands.stepUp({ bearer: admin.bearer, code });
    }
  });
});
