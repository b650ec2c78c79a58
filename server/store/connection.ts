import { type Db, MongoClient, type MongoClientOptions, ReadConcern } from 'mongodb';
import mongoose, { type Connection } from 'mongoose';

/**
 * Time limits in milliseconds. The driver repeats a write once, so a lost reply costs twice the socket's limit;
 * `timeoutMS` is ignored by driver 7.8 and not set. The heartbeat bounds how long a restarted server stays unseen.
 */
const limits = {
  socketTimeoutMS: 2_000,
  serverSelectionTimeoutMS: 2_000,
  connectTimeoutMS: 2_000,
  waitQueueTimeoutMS: 2_000,
  heartbeatFrequencyMS: 1_000,
};

/** A query by a field that no schema knows is a mistake, which otherwise finds nothing for ever. No projection is a user’s. */
mongoose.set({ strictQuery: 'throw', sanitizeProjection: true });

/** Longest a read may run inside the server. */
export const readLimitMs = 2_000;

const settings = {
  ...limits,
  appName: 'holdfast',
  ignoreUndefined: true,
  readPreference: 'primary',
  readConcern: new ReadConcern('majority'),
  retryWrites: true,
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: 2_000 },
} satisfies MongoClientOptions;

/** Both ways into one database: the driver for the money path, Mongoose for everything that has a schema of ours. */
export interface StoreConnection {
  readonly client: MongoClient;
  readonly database: Db;
  readonly mongoose: Connection;
  close(): Promise<void>;
}

/** Where the database is; `appName` tells fault injection which process is meant. */
export interface ConnectionOptions {
  readonly uri: string;
  readonly databaseName?: string | undefined;
  readonly appName?: string | undefined;
}

/** Connects and makes sure that majority reads and writes mean something on this server. */
export async function connect(options: ConnectionOptions): Promise<StoreConnection> {
  const appName = options.appName ?? settings.appName;
  const client = new MongoClient(options.uri, { ...settings, appName });
  await client.connect();
  try {
    const database = client.db(options.databaseName);
    await refuseStandalone(database);
    const connection = await mongoose
      .createConnection(options.uri, {
        ...settings,
        appName,
        dbName: database.databaseName,
        autoIndex: false,
        autoCreate: false,
        bufferCommands: false,
      })
      .asPromise();
    const close = async () => {
      await Promise.all([connection.close(), client.close()]);
    };
    return { client, database, mongoose: connection, close };
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** Building an index may take this long. */
const setupLimitMs = 600_000;

/** A client without the money path's short limits, to set the database up before anything else runs. */
export async function connectForSetup(options: ConnectionOptions) {
  const limitsOfSetup = { socketTimeoutMS: setupLimitMs, writeConcern: { w: 'majority', journal: true } } as const;
  const client = new MongoClient(options.uri, { ...settings, ...limitsOfSetup, appName: `${settings.appName}-setup` });
  await client.connect();
  return { database: client.db(options.databaseName), close: () => client.close() };
}

/** Longest that a report may take altogether, a little more than its sums may run inside the server. */
const reportSocketLimitMs = 930_000;
/** Reports at a time; they read everything and must leave the disk to the money path. */
const reportsAtOnce = 2;

/** A client for sums over the whole log, whose sockets wait longer than the money path's may; it connects when it is first used. */
export function connectForReports(options: ConnectionOptions) {
  const limitsOfReports = { socketTimeoutMS: reportSocketLimitMs, maxPoolSize: reportsAtOnce, minPoolSize: 0 };
  const client = new MongoClient(options.uri, {
    ...settings,
    ...limitsOfReports,
    appName: options.appName ?? settings.appName,
  });
  return { database: client.db(options.databaseName), close: () => client.close(true) };
}

async function refuseStandalone(database: Db): Promise<void> {
  const hello = await database.command({ hello: 1 });
  if (typeof hello.setName === 'string') return;
  throw new Error(
    'MongoDB must run as a replica set (one member is enough): a standalone server cannot promise that an acknowledged write survives. ' +
      'Start mongod with --replSet rs0 and run rs.initiate() once.',
  );
}
