import type { Router } from 'express';
import { AppError } from '../../errors.ts';
import type { PageWanted } from '../../ports/pages.ts';
import type { Actor } from '../../ports.ts';
import type { AppDeps } from '../appDeps.ts';
import { decentralizedHistory, decentralizedReceiver, decentralizedStatus } from '../endpoints/decentralizedReads.ts';
import { exactRouter } from '../exactRouter.ts';
import { answerList } from '../lists.ts';
import type { Mounting } from '../mounting.ts';
import { incomingOnly, ownPayment } from '../ownership.ts';
import { partyNamed } from '../paymentScope.ts';

const creditsNothing =
  'A bare transfer to this contract pays no payment. Pay to the address of a payment: its intent, its document and this route with paymentId name it.';
const paysThis = 'Transfers of this token to this address pay this payment and no other.';

/** Where a wallet pays to, how far its payment has come, and what a user paid. */
export function decentralizedReadRoutes(deps: AppDeps, { serve, serveOpen, present, open }: Mounting): Router {
  const { gateway, queries } = deps;
  const router = exactRouter();

  /** The contract of each network; a transfer to it credits nothing, so no amount stands beside it. */
  function contracts(wanted: string | undefined) {
    const networks = gateway
      .networks()
      .filter(({ name }) => wanted === undefined || name === wanted)
      .map(({ name, chainId, escrow }) => {
        return { network: name, chainId, receiver: gateway.checksum(escrow), perPayment: false };
      });
    const [first] = networks;
    if (first === undefined) {
      throw new AppError('network_not_supported', `The network ${wanted ?? ''} is not offered.`);
    }
    return { success: true, ...first, networks, message: creditsNothing };
  }

  /** The vault of a payment that still takes money. */
  async function vaultOf(actor: Actor | null, paymentId: string, wanted: string | undefined) {
    if (actor === null) {
      throw new AppError('not_authenticated', 'The receiver of a payment is told to its parties; send a bearer token.');
    }
    const { state } = incomingOnly(await ownPayment(deps, actor, paymentId));
    const { network, chainId, token, tokenAddress } = state.asset;
    if (wanted !== undefined && wanted !== network) {
      throw new AppError('network_not_supported', `This payment is paid on ${network}, not on ${wanted}.`);
    }
    if (state.status !== 'pending' && state.status !== 'processing') {
      throw new AppError('already_final', `This payment is ${state.status} and takes no more money.`);
    }
    return {
      ...{ success: true, receiver: gateway.checksum(state.vault), perPayment: true, network, chainId },
      ...{ paymentId, token, tokenAddress: gateway.checksum(tokenAddress), message: paysThis },
    };
  }

  serveOpen(router, decentralizedReceiver, async ({ actor, query: { network, paymentId } }) =>
    paymentId === undefined ? contracts(network) : vaultOf(actor, paymentId, network),
  );

  serveOpen(router, decentralizedStatus, async ({ actor, params: { paymentId } }) => {
    return { success: true, ...(await open.show(actor, await open.read(paymentId))) };
  });

  serve(router, decentralizedHistory, async (call) => {
    const own = { ...partyNamed(call.actor, call.params.userId), direction: 'in' } as const;
    const read = (page: PageWanted) => queries.payments(own, page);
    return answerList(decentralizedHistory.operation, call, read, (item) => present.any(item, call.actor));
  });

  return router;
}
