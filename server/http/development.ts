/** What came back when a delivery was posted to our own webhook. */
export interface PostedDelivery {
  readonly status: number;
  readonly body: string;
}

/** What the development routes reach outside of this process; never there in production. */
export interface DevelopmentTools {
  /** Coins that the provider offers now, straight from its API. */
  listCoins(): Promise<readonly string[]>;
  /** Posts bytes to our own invoice webhook as the provider would; throws when nobody answers in time. */
  deliver(rawBody: Buffer, headers: Readonly<Record<string, string>>): Promise<PostedDelivery>;
}
