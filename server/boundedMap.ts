/**
 * A map of at most `max` entries: beyond it the one that was written longest ago is forgotten. For what a process remembers to save work, and
 * may forget at any time.
 */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #max: number;

  constructor(max: number) {
    super();
    this.#max = max;
  }

  override set(key: K, value: V): this {
    // A map keeps the order of insertion, so what is written again has to go to the end.
    this.delete(key);
    super.set(key, value);
    for (const oldest of this.keys()) {
      if (this.size <= this.#max) break;
      this.delete(oldest);
    }
    return this;
  }
}
