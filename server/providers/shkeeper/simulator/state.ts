import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** One invoice; identity is (externalId, callbackUrl, fiat), coin and address are the current ones. */
export interface Invoice {
  readonly id: number;
  readonly externalId: string;
  readonly callbackUrl: string;
  readonly fiat: string;
  amountFiat: string;
  rate: string;
  coin: string;
  address: string;
}

/** A one-time wallet; its key is derived from the state's seed and this index. */
export interface OneTimeWallet {
  readonly index: number;
  readonly address: string;
  readonly coin: string;
  readonly invoiceId: number;
}

/** A transfer to a one-time wallet, unique on `key`: coin, transaction and invoice, as on the original. */
export interface Received {
  readonly key: string;
  readonly invoiceId: number;
  readonly coin: string;
  readonly address: string;
  readonly txid: string;
  readonly amount: string;
  readonly blockNumber: number;
  readonly createdAtMs: number;
  readonly tick: number;
  confirmed: boolean;
  acknowledged: boolean;
}

export interface Payout {
  readonly id: number;
  readonly externalId: string | null;
  readonly coin: string;
  readonly amount: string;
  readonly destination: string;
  readonly callbackUrl: string | null;
  readonly taskId: string | null;
  readonly createdAtMs: number;
  status: 'IN_PROGRESS' | 'SUCCESS' | 'FAIL';
  txid: string | null;
  callback: 'none' | 'due' | 'ended';
  tries: number;
}

/** A signed transfer, written down before it is broadcast, so that a restart sends the same one again and no second. */
export interface SignedTransfer {
  readonly raw: string;
  readonly hash: string;
  readonly nonce: number;
  held: boolean;
}

export interface Task {
  readonly id: string;
  readonly externalId: string | null;
  readonly coin: string;
  readonly amount: string;
  readonly destination: string;
  status: 'PENDING' | 'SUCCESS' | 'FAILURE';
  error: string | null;
  transfers: SignedTransfer[];
}

export interface Sweep {
  readonly address: string;
  readonly tokenAddress: string;
  phase: 'queued' | 'seeded' | 'sent';
  dueAtMs: number;
  txHash: string | null;
}

/** How many blocks without a payment may be read again after a restart. */
const blocksPerSave = 100;

/** Everything a restart must not lose. */
export interface SimulatorState {
  readonly seed: string;
  tick: number;
  scannedBlock: number;
  readonly invoices: Invoice[];
  readonly wallets: OneTimeWallet[];
  readonly received: Received[];
  readonly payouts: Payout[];
  readonly tasks: Task[];
  sweeps: Sweep[];
}

/** The state with its file. */
export interface Store {
  readonly state: SimulatorState;
  /** Replaces the file at once or not at all; without a file it does nothing. */
  save(): void;
}

const emptyState = (): SimulatorState => ({
  seed: `0x${randomBytes(32).toString('hex')}`,
  tick: 0,
  scannedBlock: -1,
  invoices: [],
  wallets: [],
  received: [],
  payouts: [],
  tasks: [],
  sweeps: [],
});

/** Opens the state file, or starts an empty state that lives in memory alone. */
export function openStore(file: string | undefined): Store {
  const known = file !== undefined && existsSync(file);
  const state = known ? (JSON.parse(readFileSync(file, 'utf8')) as SimulatorState) : emptyState();
  let written = '';
  const save = (): void => {
    if (file === undefined) return;
    // Ticks and blocks alone are not worth a write every second; a restart reads some blocks again.
    const facts = JSON.stringify({ ...state, tick: 0, scannedBlock: Math.floor(state.scannedBlock / blocksPerSave) });
    if (facts === written) return;
    const draft = `${file}.new`;
    const handle = openSync(draft, 'w', 0o600);
    try {
      writeFileSync(handle, JSON.stringify(state));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(draft, file);
    written = facts;
  };
  save();
  return { state, save };
}
