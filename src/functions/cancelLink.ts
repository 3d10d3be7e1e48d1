import type { Store } from "../store/store.ts";
import { InputError } from "../domain/errors.ts";
import { names } from "../domain/ids.ts";
import type { StepName } from "../domain/link.ts";
import { instancesOf } from "../durable/register.ts";
import { cancelRequested } from "../orchestrators/onboarding.ts";
import { json, type Handler } from "./http.ts";
import { currentView } from "./linkView.ts";
import { existing } from "./readLinks.ts";

/** From here on the cluster changes, and going on is safer than stopping. */
const pointOfNoReturn: readonly StepName[] = ["update", "confirm"];

/** POST /api/links/{id}/cancel : 202, and the operation stops at its next wait. */
export function cancelLink(connect: () => Promise<Pick<Store, "links">>): Handler {
  return async (request, context) => {
    const link = await existing(request.params["id"], (await connect()).links);
    const instances = instancesOf(context);
    const view = await currentView(link, instances);
    const step = view.operation.steps.find(({ state }) => state === "running")?.name;
    if (view.status !== "onboarding") throw new InputError("CP-NOT-CANCELLABLE", `link ${link.id} is ${view.status}`);
    if (step && pointOfNoReturn.includes(step))
      throw new InputError("CP-NOT-CANCELLABLE", `link ${link.id} is at the step "${step}"`);
    await instances.raise(names.onboarding(link.id), cancelRequested, { by: "operator" });
    return json(202, view, { location: `/api/links/${link.id}` });
  };
}
