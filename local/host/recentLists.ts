/** Lists by key, up to so many items in all: what was not used for longest is forgotten first. */
export class RecentLists<Item> {
  readonly #lists = new Map<string, readonly Item[]>();
  readonly #mostItems: number;
  #items = 0;

  constructor(mostItems: number) {
    this.#mostItems = mostItems;
  }

  get(key: string): readonly Item[] | undefined {
    const list = this.#lists.get(key);
    if (list) {
      this.#lists.delete(key);
      this.#lists.set(key, list);
    }
    return list;
  }

  /** The newest is kept, however long it is. */
  set(key: string, list: readonly Item[]): void {
    this.forget(key);
    this.#lists.set(key, list);
    this.#items += list.length;
    for (const oldest of this.#lists.keys()) {
      if (this.#items <= this.#mostItems || oldest === key) return;
      this.forget(oldest);
    }
  }

  append(key: string, items: readonly Item[]): void {
    const before = this.#lists.get(key);
    if (before) this.set(key, [...before, ...items]);
  }

  forget(key: string): void {
    this.#items -= this.#lists.get(key)?.length ?? 0;
    this.#lists.delete(key);
  }

  clear(): void {
    this.#lists.clear();
    this.#items = 0;
  }
}
