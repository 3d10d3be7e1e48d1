import type { Filter, Operations, Page, StartOptions } from "../engine/operations.ts";
import { statusAnswer, type InstanceStatus } from "./payloads.ts";

/** "unknown": no such instance; "finished": it has ended, and takes nothing any more. */
export type Asked = "done" | "unknown" | "finished";

/** The instances of a host that runs in this process: what the HTTP management API does, without HTTP. */
export interface Instances {
  /** Starts an orchestrator and answers the instance's id; throws when the id given is one of an instance that runs. */
  readonly start: (name: string, input?: unknown, options?: StartOptions) => string;
  readonly get: (id: string, options?: { readonly history?: boolean }) => InstanceStatus | undefined;
  /** How many events its history has now, the marks of its turns among them. */
  readonly historyLength: (id: string) => number | undefined;
  /** In order of id; all unless `filter` or `page` says less. */
  readonly list: (filter?: Filter, page?: Page) => readonly InstanceStatus[];
  readonly raise: (id: string, event: string, data?: unknown) => Asked;
  readonly terminate: (id: string, reason?: string) => Asked;
}

export function instancesOf(operations: Operations): Instances {
  const json = (value: unknown): string => JSON.stringify(value) ?? "null";
  return {
    start(name, input, options = {}) {
      const { id, inTheWay } = operations.start(name, input === undefined ? null : json(input), options);
      if (inTheWay) throw new Error(`an orchestration with id "${id}" already exists. It is in state ${inTheWay}`);
      return id;
    },
    get(id, { history = false } = {}) {
      const instance = operations.instance(id);
      const view = { showInput: true, showHistoryOutput: true, history: history ? operations.history(id) : undefined };
      return instance && statusAnswer(instance, view);
    },
    historyLength: (id) => operations.instance(id)?.historyLength,
    list: (filter = {}, page = {}) =>
      operations.query(filter, page).map((instance) => statusAnswer(instance, { showInput: true })),
    raise: (id, event, data) => operations.raise(id, event, json(data)),
    terminate: (id, reason) => operations.terminate(id, reason ?? null),
  };
}
