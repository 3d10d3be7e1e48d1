import { createHash } from "node:crypto";
import { inTenant, type Needs } from "../activities/world.ts";
import { InputError } from "../domain/errors.ts";
import { lifetimeUnder } from "../domain/expiry.ts";
import { effectivePolicy, type ClusterPolicy, type PolicyDefaults } from "../domain/policy.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import { judgeSchedules, judgeWindow } from "../domain/rules/window.ts";
import { json, readJson, refuseChanged, type Handler } from "./http.ts";
import { existingIdentity } from "./identities.ts";
import { policyView } from "./policyView.ts";

type Connected = {
  readonly world: Needs<"identities" | "directory" | "clusters" | "now">;
  readonly config: PolicyDefaults;
};

/** GET /api/clusters/{id}/policy : what holds, and what of it was set for this cluster; with an `ETag` for `If-Match`. */
export function getPolicy(connect: () => Promise<Connected>): Handler {
  return async (request) => {
    const { world, config } = await connect();
    return answer(await existingIdentity(request.params["id"], world), config);
  };
}

/** PUT /api/clusters/{id}/policy : what is left out is as the configuration says. Operations that run keep what they began with. */
export function putPolicy(connect: () => Promise<Connected>): Handler {
  return async (request) => {
    const { parsePolicy } = await import("./policyRequest.ts");
    const wanted = parsePolicy(await readJson(request));
    const { world, config } = await connect();
    const before = await existingIdentity(request.params["id"], world);
    const wantedTag = request.headers.get("if-match");
    refuseChanged(wantedTag, etagOf(before, config), "policy");
    const warnings = await judged(before, wanted, { world, config });
    const after = await world.identities.update(before.clusterKey, (row) => {
      // Somebody else may have set one meanwhile.
      refuseChanged(wantedTag, etagOf(row, config), "policy");
      return JSON.stringify(row.policy) === JSON.stringify(wanted) ? row : { ...row, policy: wanted };
    });
    if (!after) throw new InputError("CP-IDENTITY-NOT-FOUND", `the pull identity ${before.clusterKey} was removed`);
    return answer(after, config, { warnings });
  };
}

/** As preflight judges it. Refused where a secret would live and expire without one opening; what is odd besides, in words. */
async function judged(identity: PullIdentity, wanted: ClusterPolicy, { world, config }: Connected) {
  const { tenantId, clusterId, lifetimeCap } = identity;
  const { lifetimeInDays, window } = effectivePolicy(wanted, config);
  const secretLifetimeInDays = lifetimeUnder(lifetimeCap, lifetimeInDays, world.now());
  const [credentialPolicy, aksSchedules] = await Promise.all([
    world.directory.credentialPolicy(tenantId),
    window === null ? null : world.clusters.schedules(inTenant({ id: clusterId, tenantId })),
  ]);
  const at = world.now().toISOString();
  const life = judgeWindow({ window, at, secretLifetimeInDays, credentialPolicy });
  if (life.code !== null) throw new InputError(life.code, life.detail);
  const schedules = judgeSchedules({ window, at, aksSchedules });
  return [life, schedules].flatMap((verdict) => (verdict?.verdict === "warn" ? verdict.detail : []));
}

function answer(identity: PullIdentity, config: PolicyDefaults, more: { readonly warnings?: readonly string[] } = {}) {
  const { clusterKey } = identity;
  const body = { clusterKey, ...policyView(identity, config), ...more };
  return json(200, body, { etag: etagOf(identity, config) });
}

/** Of what is shown, not of the row: that changes with every step of an operation. */
function etagOf(identity: PullIdentity, config: PolicyDefaults): string {
  const shown = JSON.stringify(policyView(identity, config));
  return `"${createHash("sha256").update(shown).digest("hex").slice(0, 32)}"`;
}
