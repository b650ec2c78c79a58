import type { SecretPlace } from '../../ports/identity.ts';

/** Where the secret of a key lies; a ciphertext of another key is refused there. */
export const secretPlaceOf = (id: string): SecretPlace => ({ collection: 'api_keys', id, field: 'sealedSecret' });
