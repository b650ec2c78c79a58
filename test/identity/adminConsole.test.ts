import { expect } from 'chai';
import { runAdmin, UsageError } from '../../scripts/admin/run.ts';
import type { TrailEvent } from '../../server/domain/auditTrail.ts';
import { codeAt, type IdentityWorld, openIdentityWorld, password, refusalOf } from './identityWorld.ts';

describe('npm run admin', () => {
  let world: IdentityWorld;
  before(async () => {
    world = await openIdentityWorld();
  });
  after(() => world.close());

  const trail: TrailEvent[] = [];
  async function run(line: string, typed = password): Promise<string> {
    const said: string[] = [];
    const askPassword = async () => typed;
    await runAdmin(line.split(' '), {
      ...{ admins: world.admins, askPassword, say: (text) => void said.push(text) },
      ...{ trail: async (event) => void trail.push(event), operator: 'root', now: world.clock.now },
    });
    return said.join('\n');
  }
  const addressIn = (text: string) => /otpauth:\/\/\S+/.exec(text)?.[0] ?? '';
  const seedIn = (text: string) => new URL(addressIn(text)).searchParams.get('secret') ?? '';

  it('creates an admin who can log in and confirm what was printed', async () => {
    const said = await run('create --name Carla');
    expect(addressIn(said)).to.include('issuer=Holdfast').and.include('carla');
    expect(said).not.to.include(password);
    const bearer = world.bearerOf((await world.logIn('carla')).access.token);
    expect(bearer.role).to.equal('admin');
    await world.commands.confirmFactor({ bearer, code: codeAt(seedIn(said), world.clock.now()) });
  });

  it('lists who there is, without seeds, hashes or codes', async () => {
    await run('create --name otto --role auditor');
    const rows = JSON.parse(await run('list --json'));
    expect(rows.map((row: { name: string; role: string }) => `${row.name} ${row.role}`)).to.deep.equal([
      'carla admin',
      'otto auditor',
    ]);
    expect(rows[0]).to.include({ hasFactor: true, backupCodesLeft: 10, isDisabled: false });
    const text = JSON.stringify(rows) + (await run('list'));
    expect(text).not.to.include('argon2').and.not.include('v1.k1').and.not.include('passwordHash');
  });

  it('disables and enables', async () => {
    await run('disable --name otto');
    expect(await refusalOf(world.logIn('otto'))).to.equal('login_refused');
    await run('enable --name otto');
    await world.logIn('otto');
  });

  it('resets a lost factor: the old one and its codes are worth nothing', async () => {
    const admin = await world.newAdmin();
    const said = await run(`reset-factor --name ${admin.name}`);
    expect(seedIn(said)).not.to.equal(admin.seed);
    const bearer = world.bearerOf((await world.logIn(admin.name)).access.token);
    expect(await refusalOf(world.commands.stepUp({ bearer, code: admin.backupCodes[0] ?? '' }))).to.equal(
      'second_factor_missing',
    );
    await world.commands.confirmFactor({ bearer, code: codeAt(seedIn(said), world.clock.now()) });
  });

  for (const task of ['disable', 'reset-factor', 'set-password'])
    it(`takes back what somebody approved by ${task}: whoever had his sessions may have approved it`, async () => {
      const [admin, other] = [await world.newUser(), await world.newUser()];
      const { payoutApprovals } = world.opened.store;
      const given = { approvedAtMs: 0, expiresAtMs: 9e12 };
      for (const { id } of [admin, other]) await payoutApprovals.keep({ hash: id, approvedBy: id, ...given }, 0);
      await run(`${task} --name ${admin.name}`, 'another password of tests');
      expect(await payoutApprovals.find(admin.id)).to.equal(null);
      expect(await payoutApprovals.find(other.id)).to.include({ approvedBy: other.id });
    });

  it('sets another password', async () => {
    await run('set-password --name otto', 'another password of tests');
    expect(await refusalOf(world.logIn('otto'))).to.equal('login_refused');
    await world.logIn('otto', { password: 'another password of tests' });
  });

  it('records in the audit trail what was done and what was refused, about whom and by whom, and no secret', async () => {
    trail.length = 0;
    await run('disable --name otto');
    const said = await run('reset-factor --name otto');
    await run('set-password --name otto');
    await refusalOf(run('create --name otto'));
    await run('enable --name otto');
    await run('list');
    expect(trail.map(({ category, actor, action, path, outcome }) => [category, actor, action, path, outcome])).to.eql([
      ['admin', 'console:root', 'admin disable', 'otto', 'done'],
      ['admin', 'console:root', 'admin reset-factor', 'otto', 'done'],
      ['admin', 'console:root', 'admin set-password', 'otto', 'done'],
      ['admin', 'console:root', 'admin create', 'otto', 'validation_failed'],
      ['admin', 'console:root', 'admin enable', 'otto', 'done'],
    ]);
    const text = JSON.stringify(trail);
    for (const secret of [password, seedIn(said)]) expect(text).not.to.include(secret);
  });

  it('refuses a taken name, a strange one, a short password and a name of nobody, with a reason', async () => {
    expect(await refusalOf(run('create --name carla'))).to.equal('validation_failed');
    expect(await refusalOf(run('create --name $ne'))).to.equal('validation_failed');
    expect(await refusalOf(run('create --name dora', 'elevenchars'))).to.equal('validation_failed');
    expect(await refusalOf(run('disable --name nobody'))).to.equal('not_found');
  });

  for (const line of [
    '',
    'dance --name carla',
    'disable',
    'create --name eve --role buyer',
    'list more',
    'list --all',
  ]) {
    it(`says how it is called instead of guessing: ${line || 'nothing'}`, async () => {
      const thrown = await run(line).catch((error: unknown) => error);
      expect(thrown).to.be.instanceOf(UsageError);
    });
  }
});
