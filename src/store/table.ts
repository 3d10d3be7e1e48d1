/** What every store of rows can do; Azure Tables in production, memory in tests. */
import { TransientError } from "../domain/errors.ts";

export type Row<T> = { readonly value: T; readonly etag: string };
export type Page<T> = { readonly items: readonly T[]; readonly next: string | null };

/** A column is compared with a text: `eq` by itself, or ISO 8601 instants by `le` and `ge`. All terms must hold. */
export type Term = string | { readonly le: string } | { readonly ge: string };
export type Filter = Readonly<Record<string, Term>>;
export type Columns = Readonly<Record<string, string>>;

/** What became of a write that only one operation may do. */
export type Fenced<T> =
  | { readonly outcome: "written"; readonly value: T }
  /** The row names another operation by now, or is gone. Nothing was written. */
  | { readonly outcome: "stale"; readonly owner: string | null };

/** One table of values by id. Ids begin with two hex digits, which spread them over 256 partitions. */
export interface Table<T> {
  read(id: string): Promise<Row<T> | undefined>;
  /** False when the id exists. */
  insert(id: string, value: T): Promise<boolean>;
  /** False when the row has changed or gone since `etag`. */
  replace(id: string, value: T, etag: string): Promise<boolean>;
  /** Reads, changes, replaces, and does it again when somebody else was faster. undefined when there is no such row. */
  update(id: string, change: (value: T) => T): Promise<T | undefined>;
  /** The same, for the operation that the row names as its owner, and for no other. */
  updateFor(operationId: string, id: string, change: (value: T) => T): Promise<Fenced<T>>;
  /** Already gone is success. */
  remove(id: string): Promise<void>;
  /** The same, for the operation that the row names as its owner, and for no other. */
  removeFor(operationId: string, id: string): Promise<Fenced<null>>;
  /** `size` is at most 1,000; `token` is the `next` of the page before. A page may be short, or empty, and not the last. */
  page(filter: Filter, size: number, token: string | undefined): Promise<Page<T>>;
}

/** What a table has to know of its rows. */
export type Shape<T> = {
  /** Copied out of the value, so that lists can filter by them. */
  readonly columns: (value: T) => Columns;
  /** The operation that may write the row; null when nobody may. */
  readonly owner: (value: T) => string | null;
  /** Written on each row. */
  readonly version: number;
  /** Makes a row of any earlier version one of today's. */
  readonly upgrade: (json: unknown, version: number) => T;
};

const tries = 8;
/** Of each table: those that the operations under way write again and again. */
const mostRemembered = 500;

/** What a kind of storage has to offer. A write answers the row's new ETag ("": not told), or undefined where it was not done. */
export interface RawTable<T> extends Pick<Table<T>, "read" | "page"> {
  /** With an ETag only the row that has it. False where it has another by now, or is gone. */
  remove(id: string, etag?: string): Promise<boolean>;
  insert(id: string, value: T): Promise<string | undefined>;
  replace(id: string, value: T, etag: string): Promise<string | undefined>;
}

/** The plain operations, and each row as this process saw it last. */
type Remembering<T> = Pick<Table<T>, "read" | "insert" | "replace" | "page"> &
  Pick<RawTable<T>, "remove"> & { readonly known: (id: string) => Row<T> | undefined };

function remembering<T>(raw: RawTable<T>): Remembering<T> {
  const seen = new Map<string, Row<T>>();
  const remember = (id: string, row: Row<T> | undefined): void => {
    seen.delete(id);
    if (!row) return;
    seen.set(id, row);
    const [oldest] = seen.keys();
    if (seen.size > mostRemembered && oldest !== undefined) seen.delete(oldest);
  };
  const written = async (id: string, value: T, write: Promise<string | undefined>): Promise<boolean> => {
    // Also when it fails: nobody knows then what is there.
    seen.delete(id);
    const etag = await write;
    if (etag) remember(id, { value, etag });
    return etag !== undefined;
  };
  return {
    known: (id) => seen.get(id),
    page: raw.page,
    async read(id) {
      const row = await raw.read(id);
      remember(id, row);
      return row;
    },
    insert: (id, value) => written(id, value, raw.insert(id, value)),
    replace: (id, value, etag) => written(id, value, raw.replace(id, value, etag)),
    async remove(id, etag) {
      seen.delete(id);
      return raw.remove(id, etag);
    },
  };
}

/**
 * Adds the read-change-replace loops to a table that has the plain operations. They begin with the row as this process
 * saw it last, so that most writes need no read: its ETag refuses the write where the row has changed since, and whatever
 * is decided without a write is decided by a row that was read now.
 */
export function withUpdates<T>(name: string, raw: RawTable<T>, owner: Shape<T>["owner"]): Table<T> {
  const { known, ...rows } = remembering(raw);
  const attempt = async (id: string, decide: (value: T) => Decision<T>): Promise<Fenced<T>> => {
    for (let tried = 1; tried <= tries; tried += 1) {
      const last = known(id);
      const row = last && isWrite(last.value, decide(last.value)) ? last : await rows.read(id);
      if (!row) return { outcome: "stale", owner: null };
      const decision = decide(row.value);
      if ("ownedBy" in decision) return { outcome: "stale", owner: decision.ownedBy };
      if (!isWrite(row.value, decision)) return { outcome: "written", value: row.value };
      if (await rows.replace(id, decision.next, row.etag)) return { outcome: "written", value: decision.next };
    }
    throw overtaken(name, id);
  };
  return {
    read: rows.read,
    insert: rows.insert,
    replace: rows.replace,
    page: rows.page,
    async remove(id) {
      await rows.remove(id);
    },
    async removeFor(operationId, id) {
      return removeFor(name, rows, owner, { operationId, id });
    },
    async update(id, change) {
      const result = await attempt(id, (value) => ({ next: change(value) }));
      return result.outcome === "written" ? result.value : undefined;
    },
    async updateFor(operationId, id, change) {
      return attempt(id, (value) => {
        const ownedBy = owner(value);
        return ownedBy === operationId ? { next: change(value) } : { ownedBy };
      });
    },
  };
}

async function removeFor<T>(
  name: string,
  rows: Pick<RawTable<T>, "read" | "remove">,
  owner: Shape<T>["owner"],
  { operationId, id }: { readonly operationId: string; readonly id: string },
): Promise<Fenced<null>> {
  for (let tried = 1; tried <= tries; tried += 1) {
    const row = await rows.read(id);
    if (!row) return { outcome: "written", value: null };
    const ownedBy = owner(row.value);
    if (ownedBy !== operationId) return { outcome: "stale", owner: ownedBy };
    if (await rows.remove(id, row.etag)) return { outcome: "written", value: null };
  }
  throw overtaken(name, id);
}

/** Not a defect: others write the same row, and are done soon. */
function overtaken(name: string, id: string): TransientError {
  return new TransientError(`row ${id} of table ${name} kept changing: ${tries} attempts to write it were overtaken`);
}

type Decision<T> = { readonly next: T } | { readonly ownedBy: string | null };

function isWrite<T>(value: T, decision: Decision<T>): boolean {
  return "next" in decision && decision.next !== value;
}
