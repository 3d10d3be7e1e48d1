import type { Config } from "../config.ts";
import { TransientError } from "../domain/errors.ts";
import { names } from "../domain/ids.ts";
import type { Link, LinkRequest } from "../domain/link.ts";
import type { OnboardInput } from "../domain/onboarding.ts";
import type { Progress } from "../domain/operation.ts";
import type { Instances } from "../durable/instances.ts";
import { onboardLink } from "../orchestrators/onboardLink.ts";

/** What preflight found. */
export type Prepared = Pick<OnboardInput, "preflight" | "notProved" | "maintenanceWindow">;
type Starting = { readonly instances: Instances; readonly config: Config };

const tries = 10;
const restInMs = 300;

/**
 * Starts the instance of an operation that stands on its rows. One that runs under the same id is an earlier operation of
 * this link that has said how it ended and is about to be over: it is waited for.
 */
export async function startOnboarding(
  { instances, config }: Starting,
  link: Link,
  request: LinkRequest,
  prepared: Prepared,
): Promise<void> {
  const input: OnboardInput = {
    operationId: link.operationId,
    linkId: link.id,
    clusterKey: link.clusterKey,
    route: link.route,
    request,
    ...prepared,
    waits: config.waits,
  };
  for (let tried = 1; tried <= tries; tried += 1) {
    const answered = await instances.start(onboardLink, names.onboarding(link.id), input);
    if (answered.started) return;
    const running = (answered.state.customStatus as Progress | null)?.operationId;
    if (running === undefined || running === link.operationId) return;
    await new Promise((resolve) => setTimeout(resolve, restInMs));
  }
  throw new TransientError(`the instance of an earlier operation of link ${link.id} is not over yet`, 5);
}
