import { z } from 'zod';
import { settingsSchema } from './settings.ts';
import { startSimulator } from './simulator.ts';

/** Says what is wrong with the one argument and ends with the code of a wrong configuration. */
function readSettings(text: string | undefined) {
  try {
    return settingsSchema.parse(JSON.parse(text ?? ''));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : 'the one argument must be settings as JSON';
    process.stderr.write(`simulator: ${reason}\n`);
    return process.exit(78);
  }
}

const simulator = await startSimulator(readSettings(process.argv[2]));
process.stdout.write(`listening ${simulator.url}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void simulator.stop().then(() => process.exit(0)));
}
