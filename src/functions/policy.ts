import { createHash } from "node:crypto";
import type { Needs } from "../activities/world.ts";
import { InputError } from "../domain/errors.ts";
import { effectivePolicy, type ClusterPolicy, type PolicyDefaults } from "../domain/policy.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import { judgeWindow } from "../domain/rules/window.ts";
import { json, readJson, refuseChanged, type Handler } from "./http.ts";
import { existingIdentity } from "./identities.ts";
import { policyView } from "./policyView.ts";

type Connected = {
  readonly world: Needs<"identities" | "directory" | "now">;
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
    await refuseTooRare(before, wanted, { world, config });
    const after = await world.identities.update(before.clusterKey, (row) => {
      // Somebody else may have set one meanwhile.
      refuseChanged(wantedTag, etagOf(row, config), "policy");
      return JSON.stringify(row.policy) === JSON.stringify(wanted) ? row : { ...row, policy: wanted };
    });
    if (!after) throw new InputError("CP-IDENTITY-NOT-FOUND", `the pull identity ${before.clusterKey} was removed`);
    return answer(after, config);
  };
}

/** A secret that would live and expire without one opening of the window, as preflight judges it. */
async function refuseTooRare({ tenantId }: PullIdentity, wanted: ClusterPolicy, { world, config }: Connected) {
  const { lifetimeInDays, window } = effectivePolicy(wanted, config);
  const { code, detail } = judgeWindow({
    window,
    at: world.now().toISOString(),
    secretLifetimeInDays: lifetimeInDays,
    credentialPolicy: await world.directory.credentialPolicy(tenantId),
  });
  if (code !== null) throw new InputError(code, detail);
}

function answer(identity: PullIdentity, config: PolicyDefaults) {
  const { clusterKey } = identity;
  return json(200, { clusterKey, ...policyView(identity, config) }, { etag: etagOf(identity, config) });
}

/** Of what is shown, not of the row: that changes with every step of an operation. */
function etagOf(identity: PullIdentity, config: PolicyDefaults): string {
  const shown = JSON.stringify(policyView(identity, config));
  return `"${createHash("sha256").update(shown).digest("hex").slice(0, 32)}"`;
}
