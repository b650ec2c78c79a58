import type { MongoClient } from 'mongodb';

/** What MongoDB itself is told to do wrong with the commands of the servers under test. */
export interface FailPoint {
  readonly commands: readonly string[];
  /** `times` and `skip` cannot be combined. */
  readonly mode:
    | 'alwaysOn'
    | { readonly times: number }
    | { readonly skip: number }
    | { readonly activationProbability: number };
  /** `errorCode`, `closeConnection`, `writeConcernError`, `blockConnection` with `blockTimeMS`, `errorLabels`. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Which clients are meant; the servers' own by default, so that a test's client is never hit. */
  readonly appName?: string;
}

/** The name that the money path of a server gives itself (server/store/connection.ts). */
const serversName = 'holdfast';

/** Does the work while `failCommand` is on, and turns it off whatever happens; answers how often it struck, too. */
export async function withFailPoint<T>(
  mongo: MongoClient,
  { commands, mode, data, appName = serversName }: FailPoint,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly struck: number }> {
  const admin = mongo.db('admin');
  const configure = (how: object) => admin.command({ configureFailPoint: 'failCommand', ...how });
  const before = await configure({ mode, data: { failCommands: commands, appName, ...data } });
  let result: T;
  try {
    result = await work();
  } finally {
    await configure({ mode: 'off' });
  }
  const after = await configure({ mode: 'off' });
  return { result, struck: Number(after.count) - Number(before.count) };
}
