import { playDemo } from './demo/play.ts';
import { runningSandbox, startSandbox } from './sandbox.ts';
import { refuseUnknown } from './services/refuseUnknown.ts';

const json = process.argv.includes('--json');
refuseUnknown(process.argv.slice(2), ['--json']);

function createSteps() {
  const begun = performance.now();
  let last = begun;
  return (step: string, facts: Record<string, unknown>) => {
    const now = performance.now();
    const ms = Math.round(now - last);
    last = now;
    const total = Math.round(now - begun);
    if (json) console.log(JSON.stringify({ step, ...facts, ms: step === 'done' ? total : ms }));
    else
      console.log(
        `${String(ms).padStart(6)} ms  ${step.padEnd(26)} ${Object.entries(facts)
          .map(([name, value]) => `${name}=${value}`)
          .join('  ')}`,
      );
  };
}

const running = await runningSandbox();
if (running) {
  await playDemo(running, createSteps());
} else {
  const sandbox = await startSandbox({ quiet: json });
  try {
    await playDemo(sandbox.info, createSteps());
  } finally {
    await sandbox.stop();
  }
}
