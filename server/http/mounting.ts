import type { createOpenPayment } from './openPayment.ts';
import type { Presenter } from './present.ts';
import type { Serve } from './serve.ts';
import type { ServeOpen } from './serveOpen.ts';

/** What routes are given that speak both to users and to everybody. */
export interface Mounting {
  readonly serve: Serve;
  readonly serveOpen: ServeOpen;
  readonly present: Presenter;
  readonly open: ReturnType<typeof createOpenPayment>;
}
