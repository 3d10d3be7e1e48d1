/** What a clock has still to do. */
export interface Due {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly work: () => void | Promise<void>;
}

/** What is due, the soonest first; what is due at the same moment in the order in which it was put in. */
export interface Agenda {
  put(due: Due): void;
  /** Forgets it, if it is still there. */
  drop(due: Due): void;
  soonest(): Due | undefined;
  clear(): void;
}

interface Entry {
  readonly due: Due;
  readonly order: number;
}

/** A binary heap: months of hourly pulls lie in it. What was dropped stays until it comes up. */
export function agenda(): Agenda {
  let heap: Entry[] = [];
  let alive = new Set<Due>();
  let order = 0;
  return {
    put: (due) => {
      alive.add(due);
      heap.push({ due, order: order++ });
      rise(heap, heap.length - 1);
    },
    drop: (due) => void alive.delete(due),
    soonest: () => {
      for (let [first] = heap; first; [first] = heap) {
        if (alive.has(first.due)) return first.due;
        takeFirst(heap);
      }
      return undefined;
    },
    clear: () => {
      heap = [];
      alive = new Set();
    },
  };
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.due.at < other.due.at || (one.due.at === other.due.at && one.order < other.order);
}

function takeFirst(heap: Entry[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  heap[0] = last;
  sink(heap, 0);
}

function rise(heap: Entry[], from: number): void {
  for (let index = from; index > 0;) {
    const above = (index - 1) >> 1;
    if (!swapped(heap, above, index)) return;
    index = above;
  }
}

function sink(heap: Entry[], from: number): void {
  for (let index = from; ;) {
    const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
    if (!left) return;
    const below = right && isBefore(right, left) ? 2 * index + 2 : 2 * index + 1;
    if (!swapped(heap, index, below)) return;
    index = below;
  }
}

/** Puts the two in order; tells whether they were not. */
function swapped(heap: Entry[], above: number, below: number): boolean {
  const [upper, lower] = [heap[above], heap[below]];
  if (!upper || !lower || !isBefore(lower, upper)) return false;
  heap[above] = lower;
  heap[below] = upper;
  return true;
}
