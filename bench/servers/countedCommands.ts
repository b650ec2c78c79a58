import { MongoClient } from 'mongodb';

/** What the driver told of the commands of this process so far. */
export interface CommandCounts {
  /** Answered by the database. */
  answered: number;
  /** Transitions that were sent to be inserted, whatever became of them. */
  appends: number;
}

const quiet = new Set(['hello', 'ping', 'endSessions', 'isMaster']);

/** Makes every client that this process connects tell of its commands; only for counting, since telling takes time. */
export function countCommands(): CommandCounts {
  const counts = { answered: 0, appends: 0 };
  const connect = MongoClient.prototype.connect;
  MongoClient.prototype.connect = function connectAndTell() {
    // the driver's own switch, which its types do not show
    Object.assign(this, { monitorCommands: true });
    this.on('commandStarted', ({ command }) => {
      if (command.insert === 'payment_transitions') counts.appends += command.documents?.length ?? 1;
    });
    const answered = ({ commandName }: { commandName: string }) => {
      if (!quiet.has(commandName)) counts.answered += 1;
    };
    this.on('commandSucceeded', answered);
    this.on('commandFailed', answered);
    return connect.call(this);
  };
  return counts;
}
