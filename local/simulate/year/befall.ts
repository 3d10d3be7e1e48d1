import type { World } from "../world.ts";
import type { YearPlan } from "./plan.ts";

export interface Befallen {
  /** Does the app run at this moment? */
  isUp(): boolean;
}

const day = 24 * 3_600_000;
const sweepTimer = "rotateSecrets";

/** Puts on the timeline what befalls the app. */
export function befall(world: World, { outage, lostTimer }: YearPlan, begunInMs: number): Befallen {
  const { timeline } = world;
  let isUp = true;
  const stop = async (): Promise<void> => {
    isUp = false;
    await world.stopApp();
  };
  const start = async (lost: readonly string[]): Promise<void> => {
    await world.startApp(lost);
    isUp = true;
  };
  const deploy = async (lost: readonly string[]): Promise<void> => {
    await stop();
    await start(lost);
  };
  const on = (days: number, action: () => Promise<void>): void => timeline.at(begunInMs + days * day, action);
  if (outage) {
    on(outage.from, stop);
    on(outage.to, () => start([]));
  }
  if (lostTimer) {
    on(lostTimer.from, () => deploy([sweepTimer]));
    on(lostTimer.to, () => deploy([]));
  }
  return { isUp: () => isUp };
}
