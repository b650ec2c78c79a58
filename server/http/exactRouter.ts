import { Router } from 'express';

/**
 * A router that answers a path only as it is written: whatever else decides by a path, here or in front of us, then sees the spelling
 * that is answered. A slash at the end is let pass, as clients of the earlier version send it; nothing here decides by it.
 */
export const exactRouter = (): Router => Router({ caseSensitive: true });
