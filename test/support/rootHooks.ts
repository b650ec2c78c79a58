/** What every object had before the first test. */
const known = new Set(Reflect.ownKeys(Object.prototype));

/** Keys that something put on every object of this process since the run began. */
export const strangeKeys = () => Reflect.ownKeys(Object.prototype).filter((key) => !known.has(key));

/** Fails a run that ends with a polluted prototype, whichever test or library did it. */
export const mochaHooks = {
  afterAll() {
    const strange = strangeKeys().map(String);
    if (strange.length > 0) throw new Error(`Object.prototype has new keys: ${strange.join(', ')}`);
  },
};
