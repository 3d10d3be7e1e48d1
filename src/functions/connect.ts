import type { InvocationContext } from "@azure/functions";
import type { World } from "../activities/world.ts";
import { connectAzure } from "../azure/index.ts";
import { lazy } from "../azure/lazy.ts";
import { readConfig, type Config } from "../config.ts";
import type { Instances } from "../durable/instances.ts";
import { connectStore } from "../store/store.ts";
import { connectCallers, type Callers } from "./callers.ts";
import { consentStates } from "./consentStates.ts";

export type InstancesOf = (context: InvocationContext) => Instances;

/** The only place that reads the process's environment. */
export const environment = process.env;

/** Settings are read, and clients are made, at the first request: starting up stays quick. One that failed is tried again. */
export const connections = lazy(async (): Promise<{ readonly world: World; readonly config: Config }> => {
  const config = readConfig(environment);
  const world: World = {
    ...connectAzure(config),
    ...connectStore({ prefix: config.tablePrefix, storage: config.storage }),
    consentStates: consentStates(config.stateKey),
    settings: { callbackUrl: config.redirectUri, secretLifetimeInDays: config.secretLifetimeInDays },
    now: () => new Date(),
  };
  return { world, config };
});

export async function world(): Promise<World> {
  return (await connections()).world;
}

export const callers = lazy(async (): Promise<Callers> => {
  const { cloud, api } = (await connections()).config;
  return connectCallers({ authorityUrl: cloud.authorityUrl, ...api });
});

/** What GET /api/health asks. */
export async function dependencies() {
  const { world: reached, config } = await connections();
  return {
    ...reached,
    authorityUrl: config.cloud.authorityUrl,
    tenantId: config.api.tenantId,
    unknownSettings: config.unknownSettings,
  };
}
