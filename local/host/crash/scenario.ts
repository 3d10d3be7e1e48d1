import { writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { HistoryEvent } from "../durable/replay/history.ts";
import type { InstanceState } from "../durable/engine/instances.ts";

/** What the driver of the scenario does, one after the other. */
export interface Step {
  readonly name: string;
  /** The instance it waits for first, and what for. */
  readonly when?: readonly [id: string, ready: (status: Status) => boolean];
  readonly prepare?: () => void;
  readonly request?: readonly [method: string, path: string, body?: unknown];
  /** Whether the request has taken effect, by the state file of a host that died. */
  readonly done: (file: StateFile) => boolean;
}

export interface Status {
  readonly runtimeStatus: string;
  readonly customStatus: { readonly stage?: string } | null;
}

const ended = ({ runtimeStatus }: Status): boolean => ["Completed", "Failed", "Terminated"].includes(runtimeStatus);
const at = (stage: string) => (status: Status) => status.customStatus?.stage === stage;
const is = (wanted: string) => (status: Status) => status.runtimeStatus === wanted;

/** `url`: of a server that answers GET /slow with 202 and then 200. `fix`: a file whose presence makes an activity work. */
export function scenario(url: string, fix: string): readonly Step[] {
  const start = (id: string, name: string, input: unknown): Step => ({
    name: `start ${id}`,
    request: ["POST", `orchestrators/${name}/${id}`, input],
    done: (file) => file.instance(id) !== undefined,
  });
  const raise = (id: string, event: string, ready: (status: Status) => boolean): Step => ({
    name: `raise ${event}`,
    when: [id, ready],
    request: ["POST", `instances/${id}/raiseEvent/${event}`, { event }],
    done: (file) => file.events(id).some((one) => one.EventType === 15 && one.Name === event),
  });
  const ask = (id: string, verb: string, type: number, ready: (status: Status) => boolean): Step => ({
    name: `${verb} ${id}`,
    when: [id, ready],
    request: ["POST", `instances/${id}/${verb}?reason=${verb}`],
    done: (file) => file.events(id).some(({ EventType }) => EventType === type),
  });
  return [
    start("main", "everything", { url }),
    raise("main", "Go", at("waits")),
    ask("main", "suspend", 19, at("held")),
    raise("main", "Held", is("Suspended")),
    ask("main", "resume", 20, is("Suspended")),
    { name: "main ends", when: ["main", ended], done: () => false },
    start("ended", "waits", null),
    ask("ended", "terminate", 3, at("waits")),
    start("broken", "fixed", fix),
    { name: "broken fails", when: ["broken", is("Failed")], done: () => false },
    {
      ...ask("broken", "rewind", 17, is("Failed")),
      prepare: () => {
        writeFileSync(fix, "");
      },
    },
    { name: "broken works", when: ["broken", is("Completed")], done: () => false },
    start("gone", "counts", 3),
    {
      name: "purge gone",
      when: ["gone", ended],
      request: ["DELETE", "instances/gone"],
      done: (file) => file.instance("gone") === undefined,
    },
  ];
}

/** A state file that no host has open. */
export class StateFile {
  readonly #database: DatabaseSync;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
  }

  instance(id: string): InstanceState | undefined {
    const row = this.#database.prepare("SELECT state FROM instances WHERE id = ?").get(id);
    return row && (JSON.parse(String(row.state)) as InstanceState);
  }
  /** Those in history and those that wait to be taken. */
  events(id: string): HistoryEvent[] {
    const sql =
      "SELECT event FROM history WHERE id = ?1 UNION ALL SELECT event FROM inbox WHERE id = ?1 AND event NOT NULL";
    return this.#database
      .prepare(sql)
      .all(id)
      .map(({ event }) => JSON.parse(String(event)) as HistoryEvent);
  }
  close(): void {
    this.#database.close();
  }
}
