import { setImmediate } from 'node:timers/promises';

const counted = ['TCPSocketWrap', 'TCPServerWrap', 'TCPConnectWrap', 'Timeout'];
type Counts = Readonly<Record<string, number>>;

/** How many connections, servers and timers hold this process open. */
export async function openHandles(): Promise<Counts> {
  // a timer still counts while the code it woke runs, and the test runner starts its own after the test began
  await setImmediate();
  const open = process.getActiveResourcesInfo();
  return Object.fromEntries(counted.map((name) => [name, open.filter((entry) => entry === name).length]));
}

/** Whether nothing is open beyond what was open before. */
export async function noMoreOpenThan(before: Counts): Promise<boolean> {
  const now = await openHandles();
  return counted.every((name) => (now[name] ?? 0) <= (before[name] ?? 0));
}
