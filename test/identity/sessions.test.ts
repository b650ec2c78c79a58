import { expect } from 'chai';
import { createOpenSession } from '../../server/commands/openSession.ts';
import { accountDoor } from '../../server/commands/rules/tries.ts';
import { client, from, type IdentityWorld, openIdentityWorld, password, refusalOf } from './identityWorld.ts';

const quarter = 15 * 60_000;
const week = 7 * 24 * 3_600_000;

describe('sessions of admin users', () => {
  let world: IdentityWorld;
  before(async () => {
    world = await openIdentityWorld();
  });
  after(() => world.close());
  beforeEach(() => world.raw('attempts').deleteMany({}));
  const wrong = (name: string, address: string) =>
    refusalOf(world.logIn(name, { password: 'not the password', address }));
  const wordsOf = (call: Promise<unknown>) =>
    call.then(
      () => 'nothing',
      (error: Error) => error.message,
    );
  const refresh = (refreshToken: string, by = client) => world.commands.refreshSession({ refreshToken, client: by });

  describe('log-in', () => {
    it('opens a session whose token says who it is, for 15 minutes', async () => {
      const { id, name } = await world.newUser();
      const { access, hasFactor, refreshUntilMs } = await world.logIn(name.toUpperCase());
      const bearer = world.bearerOf(access.token);
      expect(bearer).to.include({ userId: id, role: 'admin' }).and.not.have.property('factorAtMs');
      expect([access.expiresAtMs, refreshUntilMs, hasFactor]).to.deep.equal([
        world.clock.now() + quarter,
        world.clock.now() + week,
        false,
      ]);
      world.clock.advance(quarter);
      expect(() => world.bearerOf(access.token)).to.throw('session token');
    });

    it('says the same of a wrong password, an unknown name and a disabled user, after the same work', async () => {
      const [anna, ben] = [await world.newUser(), await world.newUser()];
      await world.admins.disable(ben.name);
      const asked: (string | null)[] = [];
      const passwords = {
        ...world.parts.passwords,
        matches: (hash: string | null, given: string) => {
          asked.push(hash === null ? null : 'hash');
          return world.parts.passwords.matches(hash, given);
        },
      };
      const openSession = createOpenSession({ ...world.parts, passwords });
      const tries = [
        openSession({ name: anna.name, password: 'not it', address: 'a1' }),
        openSession({ name: 'nobody', password, address: 'a2' }),
        openSession({ name: ben.name, password, address: 'a3' }),
      ];
      expect(await Promise.all(tries.map(refusalOf))).to.deep.equal(Array(3).fill('login_refused'));
      expect(asked.toSorted()).to.deep.equal(['hash', null, null]);
    });

    it('closes an account to an address after five failures there, also to the right password, until 15 minutes passed', async () => {
      const { name } = await world.newUser();
      for (let n = 0; n < 5; n += 1) expect(await wrong(name, 'b1')).to.equal('login_refused');
      expect(await wrong(name, 'b1')).to.equal('rate_limited');
      expect(await refusalOf(world.logIn(name, { address: 'b1' }))).to.equal('rate_limited');
      await world.logIn((await world.newUser()).name, { address: 'b1' });
      await world.logIn(name, { address: 'b2' });
      world.clock.advance(quarter);
      await world.logIn(name, { address: 'b1' });
    });

    it('leaves the owner in from where he logged in before, however many strangers fail under his name', async () => {
      const { name } = await world.newUser();
      await world.logIn(name, { address: 'home' });
      for (let n = 0; n < 15; n += 1) await wrong(name, `f${n}`);
      expect(await wrong(name, 'f15')).to.equal('rate_limited');
      await world.logIn(name, { address: 'home' });
      for (let n = 0; n < 5; n += 1) expect(await wrong(name, 'home')).to.equal('login_refused');
      expect(await refusalOf(world.logIn(name, { address: 'home' }))).to.equal('rate_limited');
      world.clock.advance(31 * 24 * 3_600_000);
      for (let n = 0; n < 10; n += 1) await wrong(name, `g${n}`);
      expect(await refusalOf(world.logIn(name, { address: 'home' }))).to.equal('rate_limited');
    });

    it('bounds the guesses at one account to 113 in a day from however many addresses, by a pause that grows', async () => {
      const { attempts } = world.parts;
      const door = accountDoor(world.parts.hiddenTexts, `someone-${world.clock.now()}`);
      const begun = world.clock.now();
      const day = 24 * 3_600_000;
      const guess = async (ms: number) => 'tryId' in (await attempts.take(...door, begun + ms));
      let [ms, guesses] = [0, 0];
      while (ms < day) {
        expect(await guess(ms), `guess ${guesses + 1}`).to.equal(true);
        guesses += 1;
        const pause = guesses < 10 ? 1_000 : Math.min(quarter, 2_000 * 2 ** (guesses - 10));
        if (guesses >= 10 && guesses < 23) expect(await guess(ms + pause - 1), `after ${guesses}`).to.equal(false);
        ms += pause;
      }
      expect(guesses).to.equal(113);
    });

    it('says how long the door stays closed, and no longer, so that nobody waits for nothing', async () => {
      const { name } = await world.newUser();
      for (let n = 0; n < 10; n += 1) await wrong(name, `i${n}`);
      expect(await wordsOf(world.logIn(name, { address: 'i' }))).to.include('wait 2 seconds and');
      world.clock.advance(1_000);
      expect(await wordsOf(world.logIn(name, { address: 'i' }))).to.include('wait 1 second and');
      world.clock.advance(1_000);
      expect(await wrong(name, 'i0')).to.equal('login_refused');
      expect(await wordsOf(world.logIn(name, { address: 'i' }))).to.include('wait 4 seconds and');
      for (let n = 1; n < 4; n += 1) {
        world.clock.advance(60_000);
        expect(await wrong(name, 'i0')).to.equal('login_refused');
      }
      expect(await wordsOf(world.logIn(name, { address: 'i0' }))).to.include('wait 12 minutes and');
    });

    it('opens again exactly when it said, also where failures of the day before are forgotten meanwhile', async () => {
      const { attempts } = world.parts;
      const limit = { max: 4, windowMs: 1_000, growing: { free: 2, firstMs: 300, longestMs: 700 } };
      const name = `door-${world.clock.now()}`;
      const take = (ms: number) => attempts.take(name, limit, 1_000_000 + ms);
      const opensAt = async (ms: number) => {
        const taken = await take(ms);
        return 'opensAtMs' in taken ? taken.opensAtMs - 1_000_000 : null;
      };
      expect([await opensAt(0), await opensAt(100)]).to.deep.equal([null, null]);
      expect(await opensAt(399)).to.equal(400);
      expect(await opensAt(400)).to.equal(null);
      expect(await opensAt(999)).to.equal(1_000);
      expect(await opensAt(1_000)).to.equal(null);
      expect(await opensAt(1_001)).to.equal(1_300);
      expect(await opensAt(1_300)).to.equal(null);
    });

    it('closes an address after twenty failures over any names, and no other address', async () => {
      const { name } = await world.newUser();
      for (let n = 0; n < 20; n += 1) expect(await wrong(`nobody-${n}`, 'c1')).to.equal('login_refused');
      expect(await refusalOf(world.logIn(name, { address: 'c1' }))).to.equal('rate_limited');
      await world.logIn(name, { address: 'c2' });
    });

    it('opens an account to strangers’ addresses again when its password is set at the console', async () => {
      const { name } = await world.newUser();
      for (let n = 0; n < 10; n += 1) await wrong(name, `h${n}`);
      expect(await refusalOf(world.logIn(name, { address: 'h' }))).to.equal('rate_limited');
      await world.admins.setPassword(name, password);
      await world.logIn(name, { address: 'h' });
    });

    it('counts failures only: who logs in often stays welcome', async () => {
      const { name } = await world.newUser();
      for (let n = 0; n < 7; n += 1) await world.logIn(name);
    });

    it('lets five of many tries at once through, so that haste does not help', async () => {
      const { name } = await world.newUser();
      const tries = await Promise.all(Array.from({ length: 12 }, () => wrong(name, 'd1')));
      expect(tries.filter((code) => code === 'login_refused')).to.have.length(5);
      expect(tries.filter((code) => code === 'rate_limited')).to.have.length(7);
    });

    it('stays closed while tries cannot be counted', async () => {
      const { name } = await world.newUser();
      const fault = { mode: 'alwaysOn', data: { failCommands: ['findAndModify'], errorCode: 91 } };
      const code = await world.opened.failing(fault, () => refusalOf(world.logIn(name)));
      expect(code).to.equal('busy');
    });

    it('keeps no name and no address in clear in its counters', async () => {
      const { name } = await world.newUser();
      await wrong(name, '192.0.2.77');
      const rows = await world.raw('attempts').find().toArray();
      expect(JSON.stringify(rows)).not.to.include(name);
    });
  });

  describe('refresh', () => {
    it('gives new tokens each time and keeps none of them, until the week of the log-in is over', async () => {
      const { name } = await world.newUser();
      const first = await world.logIn(name);
      let token = first.refreshToken;
      for (let day = 0; day < 6; day += 1) {
        world.clock.advance(24 * 3_600_000);
        const next = await refresh(token);
        expect(next.refreshToken).not.to.equal(token);
        expect(next.refreshUntilMs).to.equal(first.refreshUntilMs);
        token = next.refreshToken;
      }
      const kept = JSON.stringify(await world.raw('refresh_tokens').find().toArray());
      expect(kept).not.to.include(token).and.not.include(first.refreshToken);
      world.clock.advance(24 * 3_600_000);
      expect(await refusalOf(refresh(token))).to.equal('session_ended');
    });

    it('ends the whole session when a token comes a second time: thief and owner are both out, and a person hears of it', async () => {
      const { name, id } = await world.newUser();
      const { refreshToken } = await world.logIn(name);
      const stolen = await refresh(refreshToken);
      const further = await refresh(stolen.refreshToken);
      world.clock.advance(10_001);
      expect(await refusalOf(refresh(refreshToken))).to.equal('session_ended');
      expect(await refusalOf(refresh(further.refreshToken))).to.equal('session_ended');
      const alarms = (await world.opened.store.audit.list(50)).filter(({ reason }) => reason.includes(id));
      expect(alarms).to.have.length(1);
      expect(alarms[0]).to.include({ category: 'security' });
      const bearer = world.bearerOf(further.access.token);
      expect(await refusalOf(world.identity.demandOpenSession(bearer.sessionId ?? ''))).to.equal('session_ended');
    });

    it('answers the same client the same for 10 seconds, since its answer may have been lost', async () => {
      const { refreshToken } = await world.logIn((await world.newUser()).name);
      const first = await refresh(refreshToken);
      world.clock.advance(10_000);
      expect((await refresh(refreshToken)).refreshToken).to.equal(first.refreshToken);
      await refresh(first.refreshToken);
    });

    it('gives another client no grace at all', async () => {
      const { refreshToken } = await world.logIn((await world.newUser()).name);
      const first = await refresh(refreshToken);
      expect(await refusalOf(refresh(refreshToken, 'another'))).to.equal('session_ended');
      expect(await refusalOf(refresh(first.refreshToken))).to.equal('session_ended');
    });

    it('gives one client that asks many times at once one and the same next token', async () => {
      const { refreshToken } = await world.logIn((await world.newUser()).name);
      const all = await Promise.all(Array.from({ length: 6 }, () => refresh(refreshToken)));
      expect(new Set(all.map((one) => one.refreshToken)).size).to.equal(1);
    });

    it('knows nothing of tokens that were never given', async () => {
      expect(await refusalOf(refresh('A'.repeat(43)))).to.equal('session_ended');
    });
  });

  describe('the end', () => {
    it('ends a session by any of its tokens, and is silent about what is none', async () => {
      const { refreshToken } = await world.logIn((await world.newUser()).name);
      const next = await refresh(refreshToken);
      await world.commands.endSession({ refreshToken });
      expect(await refusalOf(refresh(next.refreshToken))).to.equal('session_ended');
      await world.commands.endSession({ refreshToken });
      await world.commands.endSession({ refreshToken: 'B'.repeat(43) });
    });

    it('ends every session of a user who is disabled, or whose password or factor is changed, and no one else’s', async () => {
      const [anna, ben] = [await world.newUser(), await world.newUser()];
      const other = await world.logIn(ben.name);
      for (const change of [
        () => world.admins.disable(anna.name),
        () => world.admins.setPassword(anna.name, password),
        () => world.admins.resetFactor(anna.name),
      ]) {
        await world.admins.enable(anna.name);
        const { refreshToken } = await world.logIn(anna.name);
        await change();
        expect(await refusalOf(refresh(refreshToken))).to.equal('session_ended');
      }
      await refresh(other.refreshToken);
    });

    it('takes the marketplace’s tokens beside its own, each by its own key alone', async () => {
      const theirs = world.marketplace.sign({ userId: 'theirs', role: 'admin' }, 600);
      expect(world.bearerOf(theirs)).to.include({ userId: 'theirs' }).and.not.have.property('sessionId');
      const ours = (await world.logIn((await world.newUser()).name, from)).access.token;
      expect(() => world.marketplace.verify(ours)).to.throw();
      const [head, , tail] = ours.split('.');
      const claims = JSON.parse(Buffer.from(ours.split('.')[1] ?? '', 'base64url').toString());
      const forged = Buffer.from(JSON.stringify({ ...claims, factor_time: claims.iat })).toString('base64url');
      expect(() => world.bearerOf([head, forged, tail].join('.'))).to.throw();
    });
  });
});
