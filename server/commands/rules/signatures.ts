import type { SettlementSignature } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { EscrowGateway } from '../../ports/outside.ts';

/** A signature as clients send it: a wallet's 65 bytes, or `{signer, data}` of a contract that signs (ERC-1271). */
export type SignatureWords = string | { readonly signer: string; readonly data: string };

export type SignatureReader = Pick<
  EscrowGateway,
  'networkNow' | 'recoverSigner' | 'checkContractSignature' | 'parseAddress'
>;

const unknownSigner = () =>
  new AppError('unknown_signer', 'A signature is not of one of the escrow contract’s signers over this payload.');

function readWallet(gateway: SignatureReader, network: string, digest: string, signature: string): SettlementSignature {
  const seat = gateway.recoverSigner(network, digest, signature);
  if (seat === null) throw unknownSigner();
  return { ...seat, signature };
}

async function readContract(
  gateway: SignatureReader,
  network: string,
  digest: string,
  given: { readonly signer: string; readonly data: string },
): Promise<SettlementSignature> {
  const signer = gateway.parseAddress(given.signer);
  if (signer === null) {
    throw new AppError('validation_failed', 'The signer of a signature must be an address.', {
      details: { field: 'signatures' },
    });
  }
  const verdict = await gateway.checkContractSignature(network, digest, { signer, data: given.data });
  if (verdict.outcome === 'unknownSigner') throw unknownSigner();
  if (verdict.outcome === 'refused') {
    throw new AppError(
      'signature_refused',
      'The contract that is to sign does not take this signature of the payload.',
      {
        details: { signer: given.signer },
      },
    );
  }
  return { index: verdict.index, signer: verdict.signer, signature: given.data };
}

/** Signatures are over something that is prepared: else they would prepare, and reserve the money for, what nobody signed. */
export function demandNoSignatures(given: readonly SignatureWords[] | undefined): void {
  if (!given?.length) return;
  throw new AppError('no_open_settlement', 'Nothing is prepared that these signatures could be for.');
}

/** One entry for each contract, the last it gave: each is a question to the chain. */
function withoutRepeats(given: readonly SignatureWords[]): SignatureWords[] {
  const keyOf = (words: SignatureWords) => (typeof words === 'string' ? words : words.signer.toLowerCase());
  return [...new Map(given.map((words) => [keyOf(words), words])).values()];
}

/** Finds out who signed, by the seats as they are now; nothing is taken when one signature is wrong, repeats are dropped. */
export async function readSignatures(
  gateway: SignatureReader,
  network: string,
  digest: string,
  given: readonly SignatureWords[],
): Promise<SettlementSignature[]> {
  if (given.length === 0) return [];
  await gateway.networkNow(network);
  const read = await Promise.all(
    withoutRepeats(given).map((words) =>
      typeof words === 'string'
        ? readWallet(gateway, network, digest, words)
        : readContract(gateway, network, digest, words),
    ),
  );
  return [...new Map(read.map((entry) => [entry.index, entry])).values()];
}
