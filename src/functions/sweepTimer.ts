/** What starts the daily sweep: its timer, and any request that finds it late. */
import type { InvocationContext, TimerHandler } from "@azure/functions";
import { sweepRow } from "../activities/sweep.ts";
import type { World } from "../activities/world.ts";
import type { Config } from "../config.ts";
import { sweepHealth, sweepInstance, type SweepInput } from "../domain/sweep.ts";
import type { Instances } from "../durable/instances.ts";
import { sweepRotations } from "../orchestrators/sweepRotations.ts";
import type { InstancesOf } from "./connect.ts";

type Connected = {
  readonly world: Pick<World, "sweeps" | "now">;
  readonly config: Pick<
    Config,
    "waits" | "sweepLimits" | "secretLifetimeInDays" | "rotationFraction" | "maintenanceWindow"
  >;
};

/** At 03:00 UTC, daily. */
export const sweepSchedule = "0 0 3 * * *";

export function sweepTimer(connect: () => Promise<Connected>, instancesOf: InstancesOf): TimerHandler {
  return async (_timer, context) => {
    await start((await connect()).config, instancesOf(context));
  };
}

/** One that runs already is the sweep: two at once do no harm. */
async function start(config: Connected["config"], instances: Instances): Promise<void> {
  const { waits, sweepLimits: limits, secretLifetimeInDays, rotationFraction, maintenanceWindow } = config;
  const defaults = { secretLifetimeInDays, rotationFraction, maintenanceWindow };
  const input: SweepInput = { defaults, waits, limits };
  await instances.start(sweepRotations, sweepInstance, input);
}

const lookEveryInMs = 60_000;
const limitInMs = 3_000;

/** Looks at the clock of the sweep beside a request, without holding it up or ending it. */
export type SecondClock = (context: InvocationContext) => Promise<void>;

/**
 * Platforms have lost all timers of an app after a deployment, for good (Azure/azure-functions-host#11828): any request that
 * finds the sweep late starts it. One look a minute, and never a reason for a request to fail.
 */
export function secondClock(
  connect: () => Promise<Connected>,
  instancesOf: InstancesOf,
  now: () => number = Date.now,
): SecondClock {
  let next = 0;
  return async (context) => {
    if (now() < next) return;
    next = now() + lookEveryInMs;
    try {
      await within(limitInMs, lookAndStart(connect, instancesOf(context)));
    } catch (error) {
      context.warn(`the sweep was not looked at: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
}

async function lookAndStart(connect: () => Promise<Connected>, instances: Instances): Promise<void> {
  const { world, config } = await connect();
  const row = await sweepRow(world);
  if (sweepHealth(row, world.now()).state !== "ok") await start(config, instances);
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
