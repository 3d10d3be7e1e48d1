import { beginRotation, holderOf, refuseNothing, rotationOf, type Rotating } from "../activities/beginRotation.ts";
import type { World } from "../activities/world.ts";
import { InputError } from "../domain/errors.ts";
import { isUnderWay, type Standing } from "../activities/standing.ts";
import { effectivePolicy } from "../domain/policy.ts";
import type { InstancesOf } from "./connect.ts";
import { flag, json, type Handler } from "./http.ts";
import { existingIdentity } from "./identities.ts";
import { operationView } from "./linkView.ts";
import { rotationPlan } from "./rotationPlan.ts";

type Connected = { readonly world: World; readonly config: Rotating["config"] };

/**
 * POST /api/clusters/{id}/rotation : starts one now. While one of this cluster runs or waits, the same request finds it;
 * where another operation holds the cluster it is refused.
 */
export function startRotation(connect: () => Promise<Connected>, instancesOf: InstancesOf): Handler {
  return async (request, context) => {
    const dryRun = flag(request, "dryRun");
    const { world, config } = await connect();
    const identity = await existingIdentity(request.params["id"], world);
    const rotating = { world, config, identity, instances: instancesOf(context) };
    refuseNothing(identity);
    const { window } = effectivePolicy(identity.policy, config);
    if (dryRun) return json(200, await rotationPlan(identity, window, world));
    const standing = await rotationOf(rotating);
    if (isUnderWay(standing)) return answer(standing);
    await refuseIfBusy(rotating);
    return answer(await beginRotation(rotating, "asked"));
  };
}

function answer(standing: Standing) {
  const { id } = standing.operation;
  return json(202, operationView(standing), { location: `/api/operations/${id}` });
}

async function refuseIfBusy(rotating: Rotating): Promise<void> {
  const holder = await holderOf(rotating);
  if (!holder) return;
  const since = rotating.identity.holder?.since ?? "";
  const detail = `operation ${holder.id} of ${holder.subject} has held the cluster since ${since}`;
  throw new InputError("CP-CLUSTER-BUSY", detail);
}
