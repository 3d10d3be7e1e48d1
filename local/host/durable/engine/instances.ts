import { randomUUID } from "node:crypto";
import { EventType, historyEvent, type ExecutionStarted, type Parent, type RuntimeStatus } from "../replay/history.ts";

/** What the store keeps of one instance. `input`, `customStatus` and `output` are JSON text; the output of a failure is plain text. */
export interface InstanceState {
  readonly id: string;
  readonly executionId: string;
  readonly name: string;
  readonly version: string;
  readonly input: string | null;
  readonly status: RuntimeStatus;
  readonly customStatus: string | null;
  readonly output: string | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly parent: Parent | null;
  readonly historyLength: number;
  /** How many events of the history an episode has taken; the others are new to the next one. */
  readonly consumed: number;
}

/** An instance of a generation of its own that no episode has seen. */
export function newInstance(
  fields: Pick<InstanceState, "id" | "name" | "version" | "input"> & { readonly parent?: Parent | null },
  now: Date,
): InstanceState {
  const { id, name, version, input, parent = null } = fields;
  return {
    id,
    name,
    version,
    input,
    parent,
    executionId: randomUUID().replaceAll("-", ""),
    status: "Pending",
    customStatus: null,
    output: null,
    createdAt: now.getTime(),
    updatedAt: now.getTime(),
    historyLength: 0,
    consumed: 0,
  };
}

export function startedEvent(instance: InstanceState, input: string | null, now: Date): ExecutionStarted {
  return historyEvent(
    {
      OrchestrationInstance: { InstanceId: instance.id, ExecutionId: instance.executionId },
      EventType: EventType.ExecutionStarted,
      ParentInstance: instance.parent,
      Name: instance.name,
      Version: instance.version,
      Input: input,
      Tags: null,
      ScheduledStartTime: null,
    },
    now,
  ) as ExecutionStarted;
}

/** As much of the store as a new instance needs. */
interface InstanceRows {
  put(instance: InstanceState): void;
  remove(id: string): void;
  send(id: string, executionId: string | null, event: ExecutionStarted): void;
}

/** Writes an instance that starts from nothing, in place of whatever had its id. */
export function createInstance(store: InstanceRows, instance: InstanceState, input: string | null, now: Date): void {
  store.remove(instance.id);
  store.put(instance);
  store.send(instance.id, instance.executionId, startedEvent(instance, input, now));
}
