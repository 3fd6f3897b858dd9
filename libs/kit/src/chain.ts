/** What can be in a chain, in one at a time. A chain alone writes these; undefined at first. */
export interface Linked<T> {
  before: T | undefined;
  after: T | undefined;
}

/**
 * A set of objects in the order in which they were added, for what comes and goes with each request.
 *
 * A `Set` that is added to and deleted from all the time is copied into a new table again and again, and V8 lets each
 * old table point to the next (`OrderedHashTable::Rehash`). Once one of them has grown old, every later one, with all
 * that it holds, outlives the collections of young objects: of what busy requests allocate, a quarter then becomes old
 * garbage. Here what was deleted points to nothing.
 */
export interface Chain<T extends Linked<T>> {
  /** Puts it last. Nothing happens where it is in the chain already. */
  add(item: T): void;
  /** False where it was not in the chain. */
  delete(item: T): boolean;
  readonly size: number;
  /** The one that was just given may be deleted meanwhile; whoever deletes others looks anew. */
  [Symbol.iterator](): Iterator<T>;
}

export function createChain<T extends Linked<T>>(): Chain<T> {
  let first: T | undefined;
  let last: T | undefined;
  let size = 0;
  const has = (item: T) => item === first || item.before !== undefined;
  return {
    add(item) {
      if (has(item)) return;
      item.before = last;
      if (last) last.after = item;
      else first = item;
      last = item;
      size++;
    },
    delete(item) {
      if (!has(item)) return false;
      const { before, after } = item;
      if (before) before.after = after;
      else first = after;
      if (after) after.before = before;
      else last = before;
      item.before = undefined;
      item.after = undefined;
      size--;
      return true;
    },
    get size() {
      return size;
    },
    *[Symbol.iterator]() {
      for (let item = first; item; ) {
        const next: T | undefined = item.after;
        yield item;
        item = next;
      }
    },
  };
}
