import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { OnBoundary } from "../../boundaries.ts";
import { RecentLists } from "../../recentLists.ts";
import type { HistoryEvent, RuntimeStatus } from "../replay/history.ts";
import type { InstanceState } from "./instances.ts";
import { openStateFile } from "./stateFile.ts";

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

/** Which instances to read. What is not given does not matter. */
export interface InstanceQuery {
  readonly prefix?: string;
  /** Milliseconds since 1970; when they were created. */
  readonly from?: number;
  readonly to?: number;
  /** Empty: any. */
  readonly statuses?: readonly RuntimeStatus[];
  /** Only ids after this one. */
  readonly after?: string;
  readonly limit?: number;
}

export interface Store {
  /** Runs `change` in one transaction: all of it is kept or none. */
  transaction<Result>(change: () => Result): Result;
  instance(id: string): InstanceState | undefined;
  /** In order of id. */
  instances(query: InstanceQuery): readonly InstanceState[];
  put(instance: InstanceState): void;
  /** Removes the instance and all that belongs to it. */
  remove(id: string): void;
  history(id: string): readonly HistoryEvent[];
  append(id: string, from: number, events: readonly HistoryEvent[]): void;
  clearHistory(id: string): void;
  send(id: string, executionId: string | null, event: HistoryEvent | null): void;
  inbox(id: string): Message[];
  take(seqs: readonly number[]): void;
  addActivity(work: ActivityWork): void;
  /** False when it is not there (any more). */
  removeActivity(work: ActivityWork): boolean;
  addTimer(work: TimerWork): void;
  removeTimer(work: TimerWork): boolean;
  dropTimers(id: string): void;
  /** What a new host has to take up again. */
  pending(): { activities: ActivityWork[]; timers: TimerWork[]; ids: string[] };
  /** When an instance last changed. */
  latestChange(): Date | undefined;
  close(): void;
}

/** Over SQLite; every statement is prepared once. */
export function openStore(file: string, onBoundary: OnBoundary = () => undefined): Store {
  return new SqliteStore(openStateFile(file), onBoundary);
}

const mostEventsKept = 20_000;

class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();
  /** Those read or written lately, as they are in the state file. */
  readonly #histories = new RecentLists<HistoryEvent>(mostEventsKept);
  readonly #onBoundary: OnBoundary;

  constructor(database: DatabaseSync, onBoundary: OnBoundary) {
    this.#database = database;
    this.#onBoundary = onBoundary;
  }

  transaction<Result>(change: () => Result): Result {
    this.#change("BEGIN IMMEDIATE");
    try {
      const result = change();
      this.#onBoundary("before commit");
      this.#change("COMMIT");
      this.#onBoundary("after commit");
      return result;
    } catch (error) {
      this.#change("ROLLBACK");
      this.#histories.clear();
      throw error;
    }
  }

  instance(id: string): InstanceState | undefined {
    const [row] = this.#rows<{ state: string }>("SELECT state FROM instances WHERE id = ?", id);
    return row && json<InstanceState>(row.state);
  }
  instances({ prefix = "", from, to, statuses = [], after = "", limit = -1 }: InstanceQuery): InstanceState[] {
    const sql = `SELECT state FROM instances
      WHERE id > ?1 AND id >= ?2 AND substr(id, 1, length(?2)) = ?2
        AND (?3 IS NULL OR state ->> 'createdAt' >= ?3) AND (?4 IS NULL OR state ->> 'createdAt' <= ?4)
        AND (?5 = '[]' OR state ->> 'status' IN (SELECT value FROM json_each(?5)))
      ORDER BY id LIMIT ?6`;
    const values = [after, prefix, from ?? null, to ?? null, JSON.stringify(statuses), limit];
    return this.#rows<{ state: string }>(sql, ...values).map(({ state }) => json(state));
  }
  put(instance: InstanceState): void {
    this.#change("INSERT OR REPLACE INTO instances VALUES (?, ?)", instance.id, JSON.stringify(instance));
  }
  remove(id: string): void {
    this.#histories.forget(id);
    for (const table of ["instances", "history", "inbox"]) this.#change(`DELETE FROM ${table} WHERE id = ?`, id);
    for (const table of ["activities", "timers"]) this.#change(`DELETE FROM ${table} WHERE instanceId = ?`, id);
  }

  history(id: string): readonly HistoryEvent[] {
    const known = this.#histories.get(id);
    if (known) return known;
    const sql = "SELECT event FROM history WHERE id = ? ORDER BY seq";
    const events = this.#rows<{ event: string }>(sql, id).map(({ event }) => json<HistoryEvent>(event));
    this.#histories.set(id, events);
    return events;
  }
  append(id: string, from: number, events: readonly HistoryEvent[]): void {
    for (const [index, event] of events.entries()) {
      this.#change("INSERT INTO history VALUES (?, ?, ?)", id, from + index, JSON.stringify(event));
    }
    this.#histories.append(id, events);
  }
  clearHistory(id: string): void {
    this.#histories.forget(id);
    this.#change("DELETE FROM history WHERE id = ?", id);
  }

  send(id: string, executionId: string | null, event: HistoryEvent | null): void {
    const sql = "INSERT INTO inbox (id, executionId, event) VALUES (?, ?, ?)";
    this.#change(sql, id, executionId, event && JSON.stringify(event));
  }
  inbox(id: string): Message[] {
    const sql = "SELECT seq, executionId, event FROM inbox WHERE id = ? ORDER BY seq";
    const rows = this.#rows<{ seq: number; executionId: string | null; event: string | null }>(sql, id);
    return rows.map((row) => ({ ...row, event: row.event === null ? null : json<HistoryEvent>(row.event) }));
  }
  take(seqs: readonly number[]): void {
    for (const seq of seqs) this.#change("DELETE FROM inbox WHERE seq = ?", seq);
  }

  addActivity({ instanceId, executionId, taskId, name, input }: ActivityWork): void {
    this.#change("INSERT INTO activities VALUES (?, ?, ?, ?, ?)", instanceId, executionId, taskId, name, input);
  }
  removeActivity({ instanceId, executionId, taskId }: ActivityWork): boolean {
    const sql = "DELETE FROM activities WHERE instanceId = ? AND executionId = ? AND taskId = ?";
    return this.#change(sql, instanceId, executionId, taskId) > 0;
  }
  addTimer({ instanceId, executionId, timerId, fireAt }: TimerWork): void {
    this.#change("INSERT INTO timers VALUES (?, ?, ?, ?)", instanceId, executionId, timerId, fireAt);
  }
  removeTimer({ instanceId, executionId, timerId }: TimerWork): boolean {
    const sql = "DELETE FROM timers WHERE instanceId = ? AND executionId = ? AND timerId = ?";
    return this.#change(sql, instanceId, executionId, timerId) > 0;
  }
  dropTimers(id: string): void {
    this.#change("DELETE FROM timers WHERE instanceId = ?", id);
  }

  pending(): { activities: ActivityWork[]; timers: TimerWork[]; ids: string[] } {
    return {
      activities: this.#rows<ActivityWork>("SELECT * FROM activities"),
      timers: this.#rows<TimerWork>("SELECT * FROM timers"),
      ids: this.#rows<{ id: string }>("SELECT id FROM inbox GROUP BY id ORDER BY min(seq)").map(({ id }) => id),
    };
  }
  latestChange(): Date | undefined {
    const [row] = this.#rows<{ at: number | null }>("SELECT max(state ->> 'updatedAt') AS at FROM instances");
    return row?.at ? new Date(row.at) : undefined;
  }
  close(): void {
    this.#database.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#prepared.get(sql) ?? this.#database.prepare(sql);
    this.#prepared.set(sql, known);
    return known;
  }
  #change(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }
  #rows<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }
}

function json<Value>(text: string): Value {
  return JSON.parse(text) as Value;
}
