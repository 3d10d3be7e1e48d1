import { placeRotation, type Rotating } from "../activities/beginRotation.ts";
import type { World } from "../activities/world.ts";
import { isOver, type Operation, type Waiting } from "../domain/operation.ts";
import { noLessUrgent, type AskedRotation } from "../domain/rotationScope.ts";
import type { Instant } from "../domain/time.ts";
import type { Instances } from "../durable/instances.ts";
import { isCovered, type Planned } from "./rotationsPlan.ts";

type Place = {
  readonly instanceId: string;
  readonly position: number;
  readonly of: number;
  readonly maxConcurrent: number;
  readonly until: Instant;
};
export type Enlisted = {
  readonly operationId: string;
  /** It is begun in its turn; else it runs already. */
  readonly isNew: boolean;
};
type Asked = { readonly world: World; readonly config: Rotating["config"]; readonly instances: Instances };

/** Writes down the rotation of one cluster, to be begun when it is its turn. */
export async function enlist(plan: Planned, place: Place, asked: Asked): Promise<Enlisted> {
  const { identity, standing, wanted } = plan;
  const { instanceId, position, of } = place;
  const rotation: AskedRotation = { ...wanted, turn: { instanceId, position, of } };
  const isAnswered = isCovered(plan) || (standing?.life === "alive" && !isReplaced(plan, standing.operation));
  if (standing && isAnswered) return { operationId: standing.operation.id, isNew: false };
  // On its row, and not begun: it is begun as what is asked for now.
  if (standing?.life === "unheard" || standing?.life === "queued")
    return adopt(standing.operation, rotation, place, asked);
  const placed = await placeRotation({ ...asked, identity }, standing, rotation, waitingFor(place));
  return { operationId: placed.operation.id, isNew: placed.isOurs };
}

/** After a leak nothing is too late: the one that runs is brought to its end, and another follows. */
function isReplaced({ wanted }: Planned, { cancel }: Operation): boolean {
  return wanted.reason === "leak" || cancel === "open";
}

async function adopt({ id }: Operation, rotation: AskedRotation, place: Place, { world }: Asked): Promise<Enlisted> {
  await world.operations.update(id, (row) => {
    if (isOver(row)) return row;
    return { ...row, state: "waiting", waitingFor: waitingFor(place), rotation: noLessUrgent(rotation, row.rotation) };
  });
  return { operationId: id, isNew: true };
}

function waitingFor({ position, of, maxConcurrent, until }: Place): Waiting {
  const turn = `it is number ${position.toString()} of ${of.toString()} in turn, ${maxConcurrent.toString()} at once`;
  return { on: "turn", what: turn, who: "nobody", url: null, until };
}
