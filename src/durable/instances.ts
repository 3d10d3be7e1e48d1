/** The Durable client of one invocation, with our types. */
import type { InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import { TransientError } from "../domain/errors.ts";
import type { Instant } from "../domain/time.ts";
import type { JsonObject, Startable, Wake } from "./calls.ts";

export type InstanceState = {
  readonly running: boolean;
  /** Running, Pending, Completed, Failed, Terminated, ... */
  readonly runtimeStatus: string;
  /** null for a moment after a start, and after the instance continued as new. */
  readonly customStatus: unknown;
  /** When it last changed; of one that is over, when it ended. */
  readonly changedAt?: Instant | null;
};

export interface Instances {
  /**
   * Starts an instance unless one of that id is running: then that one stands, `started` is false, and `state` says
   * whose run is there (the operation's id is in its custom status).
   */
  start<Input extends JsonObject>(
    of: Startable<Input>,
    id: string,
    input: Input,
  ): Promise<{ readonly started: true } | { readonly started: false; readonly state: InstanceState }>;
  /** undefined when there is none. */
  state(id: string): Promise<InstanceState | undefined>;
  /** Wakes an instance; one that is over, or not there, is left alone. */
  wake(id: string, event: Wake): Promise<void>;
}

const alive = new Set<string>(["Running", "Pending", "ContinuedAsNew", "Suspended"]);

export function instancesOf(context: InvocationContext): Instances {
  const state = async (id: string): Promise<InstanceState | undefined> => {
    try {
      const { runtimeStatus, customStatus, lastUpdatedTime } = await df.getClient(context).getStatus(id);
      return { running: alive.has(runtimeStatus), runtimeStatus, customStatus, changedAt: instant(lastUpdatedTime) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw noAnswer(id);
    }
  };
  return {
    state,
    async start(of, id, input) {
      try {
        await df.getClient(context).startNew(of.name, { instanceId: id, input: { input, carried: {} } });
        return { started: true };
      } catch {
        // A second start of a running id is refused with 409, by older extensions with 500: the instance tells.
        const standing = await state(id);
        if (standing?.running) return { started: false, state: standing };
        throw noAnswer(id);
      }
    },
    async wake(id, event) {
      try {
        await df.getClient(context).raiseEvent(id, event.name, null);
      } catch {
        // What the event is about stands on a row: an instance that is over has nothing left to wake for.
        if (!(await state(id))?.running) return;
        throw noAnswer(id);
      }
    },
  };
}

/** The client says "no such instance" by throwing, in words only. Details of other answers may hold the number too. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && error.message.includes("replied with HTTP 404");
}

/** Durable runs beside us: that it does not answer passes. What the client says may hold the host's key. */
function noAnswer(id: string): TransientError {
  return new TransientError(`Durable Functions gave no usable answer about the instance ${id}`);
}

/** The library promises a date, and hands on what the extension told. */
function instant(told: Date | string | undefined): Instant | null {
  const at = new Date(told ?? Number.NaN);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
