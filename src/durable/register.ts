/** Binds activities and orchestrators to the Functions runtime. Only src/functions/app.ts calls this. */
import type { InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import type { Activity, ExternalEvent, JsonObject, Orchestrator } from "./calls.ts";

/** `connect` gives the clients; it is first called when an activity first runs, so that starting up stays quick. */
export function registerActivity<Input, Output, Needs>(
  { name, run }: Activity<Input, Output, Needs>,
  connect: () => Promise<Needs>,
): void {
  df.app.activity(name, {
    handler: async (input: Input, context: InvocationContext) => {
      try {
        return await run(input, await connect());
      } catch (error) {
        const failure = withoutRequest(name, error);
        context.warn(failure.message);
        throw failure;
      }
    },
  });
}

/** What history keeps of a failure is name and message: errors of SDKs also hold the request, and with it its body. */
function withoutRequest(name: string, error: unknown): Error {
  const [kind, message] =
    error instanceof Error ? [error.name, error.message] : ["Error", "something that is no Error was thrown"];
  const failure = new Error(`${name}: ${kind}: ${message}`);
  failure.stack = failure.message;
  return failure;
}

export function registerOrchestrator<Input, Output>({ name, run }: Orchestrator<Input, Output>): void {
  df.app.orchestration(name, function* (context) {
    return yield* run(context, context.df.getInput<Input>());
  });
}

export type InstanceState = {
  readonly running: boolean;
  /** Running, Pending, Completed, Failed, Terminated, ... */
  readonly runtimeStatus: string;
  readonly customStatus: unknown;
};

/** The Durable client of one invocation, with our types. */
export interface Instances {
  /** Starts an instance unless one of that id is running: then that one stands, and `started` is false. */
  start<Input extends JsonObject>(
    of: Orchestrator<Input, unknown>,
    id: string,
    input: Input,
  ): Promise<{ started: boolean }>;
  /** undefined when there is none. */
  state(id: string): Promise<InstanceState | undefined>;
  raise<Payload>(id: string, event: ExternalEvent<Payload>, payload: Payload): Promise<void>;
}

const alive = new Set<string>(["Running", "Pending", "ContinuedAsNew", "Suspended"]);

export function instancesOf(context: InvocationContext): Instances {
  const client = df.getClient(context);
  const state = async (id: string): Promise<InstanceState | undefined> => {
    try {
      const { runtimeStatus, customStatus } = await client.getStatus(id);
      return { running: alive.has(runtimeStatus), runtimeStatus, customStatus };
    } catch (error) {
      // The client says "no such instance" by throwing, with the number in its message only.
      if (error instanceof Error && /\b404\b/.test(error.message)) return undefined;
      throw error;
    }
  };
  return {
    state,
    async start(of, id, input) {
      try {
        await client.startNew(of.name, { instanceId: id, input });
        return { started: true };
      } catch (error) {
        // A second start of a running id is refused with 409, by older extensions with 500: the instance tells.
        if ((await state(id))?.running) return { started: false };
        throw error;
      }
    },
    async raise(id, event, payload) {
      await client.raiseEvent(id, event.name, payload);
    },
  };
}
