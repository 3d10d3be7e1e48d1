import { TransientError } from "../domain/errors.ts";
import type { Operation, Progress } from "../domain/operation.ts";
import type { JsonObject, Startable } from "../durable/calls.ts";
import type { Instances } from "../durable/instances.ts";

/**
 * Starts the instance of an operation that stands on its row. One that runs under the same id is this operation, or an
 * earlier one that has said how it ended and is about to be over: the caller comes again then.
 */
export async function startOperation<Input extends JsonObject>(
  instances: Instances,
  of: Startable<Input>,
  { id, instanceId }: Operation,
  input: Input,
): Promise<void> {
  const started = await instances.start(of, instanceId, input);
  const running = started.started ? undefined : (started.state.customStatus as Progress | null)?.operationId;
  if (running !== undefined && running !== id)
    throw new TransientError(`the earlier operation ${running} of ${instanceId} is not over yet`, 5);
}
