import { randomUUID } from "node:crypto";
import type { AppProcess, Invocation } from "../appProcess.ts";
import { messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import type { FunctionMetadata, InvocationResponse } from "../worker/messages.ts";

export interface Run extends Omit<Invocation, "functionName"> {
  /** Why, as the log says it: `This function was called via HTTP.` */
  readonly reason: string;
}

/** Runs a function as a trigger does: what it gets beside the trigger's own input is added, begin and end are logged. */
export interface Runner {
  /** Rejects as AppProcess.invoke does. */
  readonly run: (metadata: FunctionMetadata, run: Run) => Promise<InvocationResponse>;
}

export function createRunner(
  app: Pick<AppProcess, "invoke">,
  clientInputs: (metadata: FunctionMetadata) => Invocation["inputs"],
  log: Log,
): Runner {
  return {
    async run(metadata, { reason, ...invocation }) {
      const { invocationId = randomUUID() } = invocation;
      const name = `'Functions.${metadata.name}'`;
      const category = `Function.${metadata.name}`;
      const began = performance.now();
      const ended = (outcome: string): string =>
        `Executed ${name} (${outcome}, Id=${invocationId}, Duration=${Math.round(performance.now() - began)}ms)`;
      log.write("information", category, `Executing ${name} (Reason='${reason}', Id=${invocationId})`);
      try {
        const inputs = [...invocation.inputs, ...clientInputs(metadata)];
        const response = await app.invoke({ ...invocation, invocationId, functionName: metadata.id, inputs });
        log.write("information", category, ended("Succeeded"));
        return response;
      } catch (error) {
        log.write("error", category, `${ended("Failed")}: ${messageOf(error)}`);
        throw error;
      }
    },
  };
}
