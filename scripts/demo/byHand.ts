import { readFileSync } from 'node:fs';
import { runningSandbox } from '../sandbox.ts';
import { createWallets, type ReadyTransaction } from './wallets.ts';

// Lessons 5 and 7 of CONTRIBUTING.md: what wallets do with the answers of a release or a batch, for somebody who has only a terminal.
const [verb, file] = process.argv.slice(2);
const sandbox = await runningSandbox();
if (!sandbox || !file || (verb !== 'sign' && verb !== 'broadcast')) {
  process.stderr.write(
    'usage, while npm start runs: node scripts/demo/byHand.ts sign|broadcast <answer of the release, a file>\n',
  );
  process.exit(64); // EX_USAGE of sysexits.h
}
const { data } = JSON.parse(readFileSync(file, 'utf8')) as {
  data: {
    typedData: { domain: object; types: object; message: object };
    transaction?: ReadyTransaction | null;
    transactions?: { settleBatch: ReadyTransaction } | null;
  };
};
const { deployment, chainUrl } = sandbox;
const wallets = createWallets(chainUrl, deployment.token);
try {
  if (verb === 'sign') {
    const keys = deployment.signerKeys.slice(0, 2);
    const signatures = await Promise.all(keys.map((key) => wallets.sign(key, data.typedData)));
    console.log(JSON.stringify({ signatures }));
  } else {
    const transaction = data.transaction ?? data.transactions?.settleBatch;
    if (!transaction) throw new Error(`${file} holds no transaction: send the signatures first`);
    console.log(JSON.stringify({ txHash: await wallets.broadcast(deployment.buyerKey, transaction) }));
  }
} finally {
  wallets.close();
}
