import { expect } from 'chai';
import { codeAt, type IdentityWorld, openIdentityWorld, password, refusalOf } from './identityWorld.ts';

describe('the second factor of admin users', () => {
  let world: IdentityWorld;
  before(async () => {
    world = await openIdentityWorld();
  });
  after(() => world.close());
  beforeEach(() => world.raw('attempts').deleteMany({}));
  type Admin = Awaited<ReturnType<IdentityWorld['newAdmin']>>;
  const now = () => world.clock.now();
  const stepUp = ({ bearer }: Pick<Admin, 'bearer'>, code: string) => world.commands.stepUp({ bearer, code });

  it('counts only once its first code was confirmed, and ends the sessions that were opened without it', async () => {
    const { name, seed } = await world.newUser();
    const [first, second] = [await world.logIn(name), await world.logIn(name)];
    const bearer = world.bearerOf(first.access.token);
    expect(await refusalOf(world.commands.stepUp({ bearer, code: codeAt(seed, now()) }))).to.equal(
      'second_factor_missing',
    );
    const wrong = codeAt(seed, now() + 600_000);
    expect(await refusalOf(world.commands.confirmFactor({ bearer, code: wrong }))).to.equal('code_refused');
    await world.commands.confirmFactor({ bearer, code: codeAt(seed, now()) });
    expect(await refusalOf(world.commands.refreshSession({ refreshToken: second.refreshToken, client: 'c' }))).to.equal(
      'session_ended',
    );
    await world.commands.refreshSession({ refreshToken: first.refreshToken, client: 'c' });
  });

  it('does not wait for its first code for more than a day', async () => {
    const { name, seed } = await world.newUser();
    world.clock.advance(24 * 3_600_000 + 1_000);
    const bearer = world.bearerOf((await world.logIn(name)).access.token);
    expect(await refusalOf(world.commands.confirmFactor({ bearer, code: codeAt(seed, now()) }))).to.equal(
      'second_factor_missing',
    );
  });

  it('gives a token that carries the time of the proof', async () => {
    const admin = await world.newAdmin();
    const { access, steppedUpUntilMs } = await stepUp(admin, codeAt(admin.seed, now()));
    expect(world.bearerOf(access.token).factorAtMs).to.equal(now());
    expect(steppedUpUntilMs).to.equal(now() + 300_000);
  });

  it('takes codes one step early or late, and none further away', async () => {
    const admin = await world.newAdmin();
    for (const apart of [-2, 2])
      expect(await refusalOf(stepUp(admin, codeAt(admin.seed, now() + apart * 30_000)))).to.equal('code_refused');
    world.clock.advance(60_000);
    for (const apart of [-1, 1]) await stepUp(admin, codeAt(admin.seed, now() + apart * 30_000));
  });

  it('takes the code of a step once, also at the log-in and also from a second session', async () => {
    const admin = await world.newAdmin();
    const code = codeAt(admin.seed, now());
    const other = await world.logIn(admin.name, { code });
    expect(world.bearerOf(other.access.token).factorAtMs).to.equal(now());
    expect(await refusalOf(stepUp(admin, code))).to.equal('code_refused');
    expect(await refusalOf(world.logIn(admin.name, { code }))).to.equal('code_refused');
  });

  it('lets one of many win who use a code at the same time', async () => {
    const admin = await world.newAdmin();
    const code = codeAt(admin.seed, now());
    const tries = await Promise.all(Array.from({ length: 5 }, () => refusalOf(stepUp(admin, code))));
    expect(tries.toSorted()).to.deep.equal([...Array(4).fill('code_refused'), 'nothing']);
  });

  it('takes each backup code once, however it is typed, also when it comes many times at once', async () => {
    const admin = await world.newAdmin();
    const [first = '', second = ''] = admin.backupCodes;
    await stepUp(admin, first.toLowerCase().replaceAll('-', ''));
    expect(await refusalOf(stepUp(admin, first))).to.equal('code_refused');
    const tries = await Promise.all(Array.from({ length: 4 }, () => refusalOf(stepUp(admin, second))));
    expect(tries.toSorted()).to.deep.equal([...Array(3).fill('code_refused'), 'nothing']);
    const other = await world.newAdmin();
    expect(await refusalOf(stepUp(admin, other.backupCodes[0] ?? ''))).to.equal('code_refused');
  });

  it('closes after five wrong codes, also to the right one, until 15 minutes passed', async () => {
    const admin = await world.newAdmin();
    for (let n = 0; n < 5; n += 1) expect(await refusalOf(stepUp(admin, '000000'))).to.equal('code_refused');
    expect(await refusalOf(stepUp(admin, codeAt(admin.seed, now())))).to.equal('rate_limited');
    world.clock.advance(15 * 60_000);
    const { access } = await world.logIn(admin.name, { code: codeAt(admin.seed, now()) });
    expect(world.bearerOf(access.token).factorAtMs).to.equal(now());
  });

  it('closes for the day after twenty wrong codes from anywhere, tells a person, and opens again at the console', async () => {
    const admin = await world.newAdmin();
    const guess = (n: number) => refusalOf(world.logIn(admin.name, { code: '000000', address: `g${n}` }));
    for (let n = 0; n < 20; n += 1) {
      if (n % 5 === 0) world.clock.advance(15 * 60_000);
      expect(await guess(n)).to.equal('code_refused');
    }
    world.clock.advance(15 * 60_000);
    expect(await guess(20)).to.equal('rate_limited');
    expect(await refusalOf(stepUp(admin, admin.backupCodes[0] ?? ''))).to.equal('rate_limited');
    const alarms = (await world.opened.store.audit.list(50)).filter(({ reason }) => reason.includes(admin.id));
    expect(alarms).to.have.length(1);
    expect(alarms[0]).to.include({ category: 'security' });
    const { address } = await world.admins.resetFactor(admin.name);
    const bearer = world.bearerOf((await world.logIn(admin.name)).access.token);
    const seed = new URL(address).searchParams.get('secret') ?? '';
    await world.commands.confirmFactor({ bearer, code: codeAt(seed, now()) });
  });

  it('is asked for at the log-in, so that a password alone opens nothing', async () => {
    const admin = await world.newAdmin();
    expect(await refusalOf(world.logIn(admin.name))).to.equal('code_required');
    expect(await refusalOf(world.logIn(admin.name, { code: '000000' }))).to.equal('code_refused');
  });

  it('comes first from the console alone, so that a password does not buy one', async () => {
    const user = await world.newUser();
    const { access } = await world.logIn(user.name);
    const bearer = world.bearerOf(access.token);
    expect(await refusalOf(world.commands.enrolFactor({ bearer, password }))).to.equal('second_factor_missing');
    await world.commands.confirmFactor({ bearer, code: codeAt(user.seed, now()) });
  });

  it('is replaced only by who shows the old one and the password', async () => {
    const admin = await world.newAdmin();
    const { bearer } = admin;
    expect(await refusalOf(world.commands.enrolFactor({ bearer, password }))).to.equal('step_up_required');
    const { access } = await stepUp(admin, codeAt(admin.seed, now()));
    const fresh = world.bearerOf(access.token);
    expect(await refusalOf(world.commands.enrolFactor({ bearer: fresh, password: 'no' }))).to.equal('login_refused');
    const { secret } = await world.commands.enrolFactor({ bearer: fresh, password });
    world.clock.advance(60_000);
    await stepUp(admin, codeAt(admin.seed, now()));
    await world.commands.confirmFactor({ bearer, code: codeAt(secret, now() + 30_000) });
    world.clock.advance(60_000);
    expect(await refusalOf(stepUp(admin, codeAt(admin.seed, now())))).to.equal('code_refused');
    expect(await refusalOf(stepUp(admin, admin.backupCodes[0] ?? ''))).to.equal('code_refused');
    await stepUp(admin, codeAt(secret, now()));
  });

  it('is kept from who guesses the password of an open session, and from nobody else', async () => {
    const [anna, ben] = [await world.newAdmin(), await world.newAdmin()];
    const freshOf = async (admin: Admin) =>
      world.bearerOf((await stepUp(admin, codeAt(admin.seed, now()))).access.token);
    const [annas, bens] = [await freshOf(anna), await freshOf(ben)];
    const enrol = (bearer: Admin['bearer'], given: string) => world.commands.enrolFactor({ bearer, password: given });
    for (let n = 0; n < 5; n += 1) expect(await refusalOf(enrol(annas, 'a guess'))).to.equal('login_refused');
    expect(await refusalOf(enrol(annas, password))).to.equal('rate_limited');
    await enrol(bens, password);
  });

  it('is not for users of the marketplace, and not for sessions that ended', async () => {
    const theirs = world.bearerOf(world.marketplace.sign({ userId: 'theirs', role: 'admin' }, 600));
    expect(await refusalOf(world.commands.stepUp({ bearer: theirs, code: '123456' }))).to.equal('forbidden');
    const admin = await world.newAdmin();
    await world.commands.endSession({ refreshToken: admin.refreshToken });
    expect(await refusalOf(stepUp(admin, codeAt(admin.seed, now())))).to.equal('session_ended');
  });

  it('keeps seeds sealed and codes hashed, and takes a seed that was moved to another user for broken', async () => {
    const [anna, ben] = [await world.newAdmin(), await world.newAdmin()];
    const rows = await world.raw('admin_users').find().toArray();
    const text = JSON.stringify(rows);
    for (const secret of [anna.seed, password, ...anna.backupCodes]) expect(text).not.to.include(secret);
    const foreign = rows.find(({ _id }) => _id === ben.id) as unknown as { seed: string };
    await world.raw('admin_users').updateOne({ _id: anna.id }, { $set: { seed: foreign.seed } });
    const thrown = await stepUp(anna, codeAt(ben.seed, now())).catch((error: Error) => error.message);
    expect(thrown).to.include('belongs somewhere else');
  });

  it('says no password, code, seed or token to the log, nor in a refusal', async () => {
    const admin = await world.newAdmin();
    const code = codeAt(admin.seed, now());
    const session = await world.logIn(admin.name, { code });
    const said: string[] = [];
    for (const call of [
      () => world.logIn(admin.name, { code }),
      () => world.logIn(password, { password: 'canary-wrong-password' }),
      () => stepUp(admin, 'AAAA-BBBB-CCCC-DDDD'),
      () => world.commands.refreshSession({ refreshToken: session.refreshToken, client: 'x' }),
      () => world.commands.refreshSession({ refreshToken: session.refreshToken, client: 'y' }),
    ])
      await call().catch((error: Error) => said.push(`${error.message} ${error.stack} ${JSON.stringify(error)}`));
    expect(said).to.have.length(4);
    const all = said.join('\n') + JSON.stringify(world.lines);
    const secrets = [password, 'canary', code, admin.seed, 'AAAA-BBBB', session.refreshToken, session.access.token];
    for (const secret of [...secrets, ...admin.backupCodes]) expect(all).not.to.include(secret);
  });
});
