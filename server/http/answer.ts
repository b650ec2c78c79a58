import type { Response } from 'express';

/** An answer that is more than one JSON body: it writes itself. */
export class Answer {
  readonly send: (response: Response) => void | Promise<void>;

  constructor(send: (response: Response) => void | Promise<void>) {
    this.send = send;
  }
}
