/** Where a secret lies; a ciphertext that was moved to another place is refused. */
export interface SecretPlace {
  readonly collection: string;
  readonly id: string;
  readonly field: string;
}

/** Encryption at rest. */
export interface SecretBox {
  /** Throws `AppError('not_ready')` when no key is configured. */
  seal(place: SecretPlace, secret: string): string;
  /** Throws `SealBroken` when the text was changed, cut, moved, or sealed under a key that is not configured. */
  open(place: SecretPlace, sealed: string): string;
  /** Whether the text is sealed under the key that seals now. */
  isCurrent(sealed: string): boolean;
}

/** Sealed fields of the whole database, for the change of keys. */
export interface SealedFields {
  /** Fields that are not sealed under the key of this name, in pages by place. */
  page(kid: string, after: SecretPlace | null, limit: number): Promise<readonly SealedField[]>;
  /** False when the field holds something else by now. */
  replace(field: SealedField, sealed: string): Promise<boolean>;
}
export interface SealedField extends SecretPlace {
  readonly sealed: string;
}
