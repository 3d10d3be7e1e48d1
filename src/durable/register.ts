/** Binds activities and orchestrators to the Functions runtime. Only src/functions/app.ts calls this. */
import type { InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import { StaleOperation, TransientError } from "../domain/errors.ts";
import { isTrouble, type Trouble } from "./answers.ts";
import type { Activity, Gated, JsonObject, Orchestrator, Passed } from "./calls.ts";
import type { Started } from "./carry.ts";
import { durableClient } from "./input.ts";
import { instancesOf, type Instances } from "./instances.ts";

/** An activity that may ask Durable too; the clients come from `connect`, this from the invocation. */
export type AsksDurable = { readonly instances: Instances };

/** Looks at something before an activity runs, in the same call, and may keep it from running. */
export interface Gate<About, Seen, Needs> {
  look(about: About, needs: Needs): Promise<Seen>;
  isOpen(seen: Seen): boolean;
}
type AnyGate<Needs> = Gate<JsonObject, JsonObject, Needs>;

/** `connect` gives the clients; it is first called when an activity first runs, so that starting up stays quick. */
export function registerActivity<Needs extends object>(
  activity: Activity<never, unknown, Needs & AsksDurable>,
  connect: () => Promise<Needs>,
  gate: AnyGate<NoInfer<Needs>>,
): void {
  const { name, options } = activity;
  df.app.activity(name, {
    extraInputs: options.asksDurable ? [durableClient] : [],
    handler: async (input: unknown, context: InvocationContext) =>
      answerOf(
        activity,
        input as never,
        async () => ({ ...(await connect()), instances: instancesOf(context) }),
        gate,
        (message) => {
          context.warn(message);
        },
      ),
  });
}

/** Runs an activity as history is told of it. Also what tests of orchestrators answer with. */
export async function answerOf<Input, Output, Needs>(
  { name, run, options: { limitInSeconds, readsOnly } }: Activity<Input, Output, Needs>,
  input: Input | Gated,
  needs: () => Promise<Needs>,
  gate: AnyGate<NoInfer<Needs>>,
  warn: (message: string) => void = () => undefined,
): Promise<Output | Passed<JsonObject, Output | Trouble | null> | Trouble> {
  const told = async <Result>(work: () => Promise<Result>): Promise<Result | Trouble> => {
    try {
      return await within(limitInSeconds, work(), name);
    } catch (error) {
      const trouble = troubleOf(error);
      warn(`${name}: ${trouble?.message ?? wordsOf(error)}`);
      if (trouble) return trouble;
      throw defect(name, error);
    }
  };
  if (!isGated(input)) return told(async () => run(input, await needs()));
  const ask = (): Promise<Output | Trouble> => told(async () => run(input.input as Input, await needs()));
  const early = readsOnly ? ask() : undefined;
  // Behind a closed gate nobody waits for it.
  early?.catch(() => undefined);
  const seen = await told(async () => gate.look(input.gate, await needs()));
  if (isTrouble(seen)) return seen;
  // What was seen is told also where the activity had no answer.
  return { seen, answer: gate.isOpen(seen) ? await (early ?? ask()) : null };
}

/** No activity has an input of these two names. */
function isGated(input: unknown): input is Gated {
  return typeof input === "object" && input !== null && "gate" in input && "input" in input;
}

function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof TransientError) {
    return { trouble: "transient", message: error.message, retryAfterInSeconds: error.retryAfterInSeconds };
  }
  if (error instanceof StaleOperation) return { trouble: "superseded", message: error.message };
  return undefined;
}

/** What runs on after its time is harmless: everything an activity does is fenced, and may be done twice. */
async function within<Output>(seconds: number, work: Promise<Output>, name: string): Promise<Output> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new TransientError(`${name} did not end within ${seconds} seconds`));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What history keeps of a failure is name and message: errors of SDKs also hold the request, and with it its body.
 * The activity's name in front tells a defect of ours from a failure of the platform.
 */
function defect(name: string, error: unknown): Error {
  const failure = new Error(`${name}: ${wordsOf(error)}`);
  failure.stack = failure.message;
  return failure;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : "something that is no Error was thrown";
}

export function registerOrchestrator<Input, Output>({ name, run }: Orchestrator<Input, Output>): void {
  df.app.orchestration(name, function* (context) {
    const { input, carried } = context.df.getInput<Started<Input>>();
    return yield* run(context, input, carried);
  });
}
