/** A world in which the removal of a link works at once, but for what a test changes. */
import type { OffboardInput, OffboardOutput } from "../../src/domain/offboarding.ts";
import { standardWaits } from "../../src/domain/waits.ts";
import { offboardLink } from "../../src/orchestrators/offboardLink.ts";
import { replay, type Run, type World } from "./replay.ts";
import { world } from "./world.ts";

const input: OffboardInput = {
  operationId: "0f-removal",
  linkId: "0f-link",
  clusterKey: "0f-key",
  route: "servicePrincipal",
  cluster: { id: "/cluster", tenantId: "tenant-a" },
  registry: { id: "/registry", tenantId: "tenant-b" },
  waits: standardWaits,
};
export const taken = {
  outcome: "taken",
  appId: "app",
  grant: { assignmentId: "/assignments/ours", ours: true },
  tokensUntil: null,
};
export const seenRefused = { outcome: "refused", by: "registry", words: "200 not allowed" };
export const stillPulls = { outcome: "notYet", detail: "the registry still gives out team/app", pulls: true };
export const gone = { outcome: "removed", vault: { outcome: "purged" } };

export function removalWorld(changes: World["activities"] = {}, more: Omit<World, "activities"> = {}): World {
  return world(
    {
      takeLink: () => taken,
      proveRefusal: () => seenRefused,
      removeIdentityIfUnused: () => gone,
      recordRemoval: () => null,
      ...changes,
    },
    more,
  );
}

export function offboard(given: World, changes: Partial<OffboardInput> = {}): Promise<Run<OffboardOutput>> {
  return replay(offboardLink, { ...input, ...changes }, given);
}
