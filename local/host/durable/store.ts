import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { HostError, messageOf } from "../errors.ts";
import type { HistoryEvent } from "./history.ts";
import type { InstanceState } from "./payloads.ts";

/** A message to an instance. `executionId` null: whatever generation there is. `event` null: only a reason to look again. */
export interface Message {
  readonly seq: number;
  readonly executionId: string | null;
  readonly event: HistoryEvent | null;
}
export interface ActivityWork {
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly name: string;
  /** JSON text of a one-element array. */
  readonly input: string | null;
}
export interface TimerWork {
  readonly instanceId: string;
  readonly executionId: string;
  readonly timerId: number;
  /** Milliseconds since 1970. */
  readonly fireAt: number;
}

export interface Store {
  /** Runs `change` in one transaction: all of it is kept or none. */
  readonly transaction: <Result>(change: () => Result) => Result;
  readonly instance: (id: string) => InstanceState | undefined;
  readonly instances: () => readonly InstanceState[];
  readonly put: (instance: InstanceState) => void;
  /** Removes the instance and all that belongs to it. */
  readonly remove: (id: string) => void;
  readonly history: (id: string) => HistoryEvent[];
  readonly append: (id: string, from: number, events: readonly HistoryEvent[]) => void;
  readonly clearHistory: (id: string) => void;
  readonly send: (id: string, executionId: string | null, event: HistoryEvent | null) => void;
  readonly inbox: (id: string) => Message[];
  readonly take: (seqs: readonly number[]) => void;
  readonly addActivity: (work: ActivityWork) => void;
  /** False when it is not there (any more). */
  readonly removeActivity: (work: ActivityWork) => boolean;
  readonly addTimer: (work: TimerWork) => void;
  readonly removeTimer: (work: TimerWork) => boolean;
  readonly dropTimers: (id: string) => void;
  /** What a new host has to take up again. */
  readonly pending: () => { activities: ActivityWork[]; timers: TimerWork[]; ids: string[] };
  readonly close: () => void;
}

const applicationId = 0x4675_6e63;
const schemaVersion = 1;
const schema = `
CREATE TABLE instances (id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE history (id TEXT, seq INTEGER, event TEXT NOT NULL, PRIMARY KEY (id, seq)) WITHOUT ROWID;
CREATE TABLE inbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, executionId TEXT, event TEXT);
CREATE INDEX inboxOf ON inbox (id, seq);
CREATE TABLE activities (instanceId TEXT, executionId TEXT, taskId INTEGER, name TEXT, input TEXT,
  PRIMARY KEY (instanceId, executionId, taskId)) WITHOUT ROWID;
CREATE TABLE timers (instanceId TEXT, executionId TEXT, timerId INTEGER, fireAt INTEGER,
  PRIMARY KEY (instanceId, executionId, timerId)) WITHOUT ROWID;
PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${schemaVersion};`;

/** Opens or makes the state file (or `:memory:`). A file that is not ours, damaged or in use is refused and not touched. */
export function openStore(file: string): Store {
  const database = open(file);
  const prepared = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  const statement = (sql: string): ReturnType<DatabaseSync["prepare"]> => {
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  const change = (sql: string, ...values: SQLInputValue[]): number => Number(statement(sql).run(...values).changes);
  const rows = <Row>(sql: string, ...values: SQLInputValue[]): Row[] => statement(sql).all(...values) as Row[];
  const json = <Value>(text: string): Value => JSON.parse(text) as Value;

  return {
    transaction(action) {
      database.exec("BEGIN IMMEDIATE");
      try {
        const result = action();
        database.exec("COMMIT");
        return result;
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
    instance: (id) =>
      rows<{ state: string }>("SELECT state FROM instances WHERE id = ?", id).map((row) =>
        json<InstanceState>(row.state),
      )[0],
    instances: () =>
      rows<{ state: string }>("SELECT state FROM instances ORDER BY id").map((row) => json<InstanceState>(row.state)),
    put: (instance) => change("INSERT OR REPLACE INTO instances VALUES (?, ?)", instance.id, JSON.stringify(instance)),
    remove(id) {
      for (const table of ["instances", "history", "inbox"]) change(`DELETE FROM ${table} WHERE id = ?`, id);
      for (const table of ["activities", "timers"]) change(`DELETE FROM ${table} WHERE instanceId = ?`, id);
    },
    history: (id) =>
      rows<{ event: string }>("SELECT event FROM history WHERE id = ? ORDER BY seq", id).map((row) =>
        json<HistoryEvent>(row.event),
      ),
    append(id, from, events) {
      events.forEach((event, index) => {
        change("INSERT INTO history VALUES (?, ?, ?)", id, from + index, JSON.stringify(event));
      });
    },
    clearHistory: (id) => change("DELETE FROM history WHERE id = ?", id),
    send: (id, executionId, event) =>
      change(
        "INSERT INTO inbox (id, executionId, event) VALUES (?, ?, ?)",
        id,
        executionId,
        event && JSON.stringify(event),
      ),
    inbox: (id) =>
      rows<{ seq: number; executionId: string | null; event: string | null }>(
        "SELECT seq, executionId, event FROM inbox WHERE id = ? ORDER BY seq",
        id,
      ).map((row) => ({ ...row, event: row.event === null ? null : json<HistoryEvent>(row.event) })),
    take(seqs) {
      for (const seq of seqs) change("DELETE FROM inbox WHERE seq = ?", seq);
    },
    addActivity: (work) =>
      change(
        "INSERT INTO activities VALUES (?, ?, ?, ?, ?)",
        work.instanceId,
        work.executionId,
        work.taskId,
        work.name,
        work.input,
      ),
    removeActivity: ({ instanceId, executionId, taskId }) =>
      change(
        "DELETE FROM activities WHERE instanceId = ? AND executionId = ? AND taskId = ?",
        instanceId,
        executionId,
        taskId,
      ) > 0,
    addTimer: (work) =>
      change("INSERT INTO timers VALUES (?, ?, ?, ?)", work.instanceId, work.executionId, work.timerId, work.fireAt),
    removeTimer: ({ instanceId, executionId, timerId }) =>
      change(
        "DELETE FROM timers WHERE instanceId = ? AND executionId = ? AND timerId = ?",
        instanceId,
        executionId,
        timerId,
      ) > 0,
    dropTimers: (id) => change("DELETE FROM timers WHERE instanceId = ?", id),
    pending: () => ({
      activities: rows<ActivityWork>("SELECT * FROM activities"),
      timers: rows<TimerWork>("SELECT * FROM timers"),
      ids: rows<{ id: string }>("SELECT DISTINCT id FROM inbox ORDER BY seq").map(({ id }) => id),
    }),
    close: () => {
      database.close();
    },
  };
}

function open(file: string): DatabaseSync {
  try {
    if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true });
    const database = new DatabaseSync(file);
    try {
      prepare(database, file);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof HostError) throw error;
    const reason = messageOf(error);
    if (reason.includes("locked")) throw new HostError(`state file ${file} is in use by another running host`);
    throw new HostError(`state file ${file} cannot be used, and was left as it is: ${reason}`);
  }
}

/** Takes the file for this process alone, and looks at it before anything is written. */
function prepare(database: DatabaseSync, file: string): void {
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  const one = (sql: string): unknown => Object.values(database.prepare(sql).get() ?? {})[0];
  const empty = one("SELECT count(*) FROM sqlite_schema") === 0;
  if (!empty && one("PRAGMA application_id") !== applicationId) {
    throw new HostError(`state file ${file} is not a host's state file, and was left as it is`);
  }
  if (!empty && one("PRAGMA user_version") !== schemaVersion) {
    throw new HostError(`state file ${file} was written by another version of the host, and was left as it is`);
  }
  const check = one("PRAGMA quick_check(1)");
  if (check !== "ok") throw new HostError(`state file ${file} is damaged, and was left as it is: ${String(check)}`);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE; COMMIT");
  if (empty) database.exec(`BEGIN; ${schema} COMMIT`);
}
