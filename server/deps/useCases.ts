import { createAcceptLate } from '../commands/acceptLate.ts';
import { createAcceptOffer } from '../commands/acceptOffer.ts';
import { createAdminPayout } from '../commands/adminPayout.ts';
import { createApprovePayout } from '../commands/approvePayout.ts';
import { createAskAddress } from '../commands/askAddress.ts';
import { createCancelPayment } from '../commands/cancelPayment.ts';
import { createCheckOpenPayments } from '../commands/checkOpenPayments.ts';
import { createConfirmBatch } from '../commands/confirmBatch.ts';
import { createConfirmSettlement } from '../commands/confirmSettlement.ts';
import { createConfirmTransfer } from '../commands/confirmTransfer.ts';
import { createDrivePayout } from '../commands/drivePayout.ts';
import { createExpirePayments } from '../commands/expirePayments.ts';
import { createForwardToVault } from '../commands/forwardToVault.ts';
import { createOpenIntent } from '../commands/openIntent.ts';
import { createOpenPayout } from '../commands/openPayout.ts';
import { createPaySeller } from '../commands/paySeller.ts';
import { createPlaceOffer } from '../commands/placeOffer.ts';
import { createPostRequest } from '../commands/postRequest.ts';
import { createPrepareBatch } from '../commands/prepareBatch.ts';
import { createPrepareSettlement } from '../commands/prepareSettlement.ts';
import { createRecordPayment } from '../commands/recordPayment.ts';
import { createRecordPayoutCallback } from '../commands/recordPayoutCallback.ts';
import { createRecordReport } from '../commands/recordReport.ts';
import { createResolvePayout } from '../commands/resolvePayout.ts';
import { incoming } from '../commands/rules/refusal.ts';
import { createSharedLook } from '../commands/rules/sharedLook.ts';
import { createVerifyPayment } from '../commands/verifyPayment.ts';
import { createVoidSettlements } from '../commands/voidSettlements.ts';
import type { Ports } from './ports.ts';

/** The use cases, wired once; routes, drivers and monitors share them. */
export function useCasesOf(ports: Ports) {
  const askAddress = createAskAddress(ports);
  const verifyPayment = createSharedLook({
    look: createVerifyPayment(ports),
    read: async (paymentId) => incoming((await ports.store.tail(paymentId))?.state),
    clock: ports.clock,
  });
  const openPayout = createOpenPayout(ports);
  const forwardToVault = createForwardToVault(ports);
  const confirmSettlement = createConfirmSettlement(ports);
  const openIntent = createOpenIntent({ ...ports, askAddress });
  const confirmTransfer = createConfirmTransfer({ ...ports, verifyPayment });
  const paySeller = createPaySeller({ ...ports, openPayout });
  return {
    askAddress,
    verifyPayment,
    openPayout,
    postRequest: createPostRequest(ports),
    placeOffer: createPlaceOffer(ports),
    acceptOffer: createAcceptOffer(ports),
    openIntent,
    confirmTransfer,
    recordPayment: createRecordPayment({ ...ports, openIntent, confirmTransfer }),
    verifyOpenPayments: createCheckOpenPayments({ ...ports, verifyPayment }),
    findMissingTransactions: createCheckOpenPayments({ ...ports, verifyPayment }),
    recordReport: createRecordReport(ports),
    recordPayoutCallback: createRecordPayoutCallback(ports),
    prepareSettlement: createPrepareSettlement({ ...ports, openPayout, forwardToVault }),
    confirmSettlement,
    prepareBatch: createPrepareBatch(ports),
    confirmBatch: createConfirmBatch({ ...ports, confirmSettlement }),
    acceptLate: createAcceptLate(ports),
    cancelPayment: createCancelPayment(ports),
    paySeller,
    adminPayout: createAdminPayout({ ...ports, paySeller }),
    forwardToVault,
    drivePayout: createDrivePayout(ports),
    resolvePayout: createResolvePayout(ports),
    approvePayout: createApprovePayout(ports),
    expirePayments: createExpirePayments({ ...ports, verifyPayment }),
    voidSettlements: createVoidSettlements(ports),
  };
}

export type UseCases = ReturnType<typeof useCasesOf>;
