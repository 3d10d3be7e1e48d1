/** The SDK's own replay loop: part of the package, but not of its types. */
declare module "durable-functions/lib/src/util/testingUtils.js" {
  import type { OrchestrationContext, OrchestrationHandler } from "durable-functions";
  export function createOrchestrator(
    run: (context: OrchestrationContext) => ReturnType<OrchestrationHandler>,
  ): (trigger: unknown, context: unknown) => Promise<unknown>;
}
