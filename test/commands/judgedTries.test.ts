import { expect } from 'chai';
import { judged, takeTry } from '../../server/commands/rules/tries.ts';
import { AppError } from '../../server/errors.ts';
import type { Attempts } from '../../server/ports/identity.ts';

describe('a counted try at a password or code', () => {
  async function triesLeftBehind(decide: () => Promise<unknown>): Promise<number> {
    let counted = 1;
    const giveBack = async () => {
      counted -= 1;
    };
    await judged(giveBack, decide).catch(() => undefined);
    return counted;
  }
  const refusing = (error: Error) => () => Promise.reject(error);

  for (const code of ['login_refused', 'code_refused'] as const) {
    it(`stays counted when it was wrong (${code})`, async () => {
      expect(await triesLeftBehind(refusing(new AppError(code, 'No.')))).to.equal(1);
    });
  }

  it('is given back when it was right', async () => {
    expect(await triesLeftBehind(async () => 'right')).to.equal(0);
  });

  it('is given back when it could not be decided, so that a busy server locks no owner out', async () => {
    expect(await triesLeftBehind(refusing(new AppError('busy', 'Too many.')))).to.equal(0);
    expect(await triesLeftBehind(refusing(new Error('the database is away')))).to.equal(0);
  });

  it('ends with what it was decided by, also when it cannot be given back', async () => {
    const away = () => Promise.reject(new Error('away'));
    const ended = await judged(away, refusing(new AppError('busy', 'Too many.'))).catch((error: unknown) => error);
    expect(ended).to.be.instanceOf(AppError).with.property('code', 'busy');
  });

  it('counts at no door when one of them is closed, so that strangers use up nothing of an address', async () => {
    const counted: string[] = [];
    const attempts = {
      async take(name: string) {
        if (name === 'closed') return { opensAtMs: 1 };
        counted.push(name);
        return { tryId: `try at ${name}` };
      },
      async giveBack(name: string, tryId: string) {
        expect(tryId).to.equal(`try at ${name}`);
        counted.splice(counted.indexOf(name), 1);
      },
    } as unknown as Attempts;
    const limit = { max: 5, windowMs: 1 };
    const doors = ['own', 'pair', 'closed', 'behind'].map((name) => [name, limit] as const);
    const refusal = await takeTry({ attempts, clock: { now: () => 0 } }, ...doors).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(AppError).with.property('code', 'rate_limited');
    expect(counted).to.deep.equal([]);
  });
});
