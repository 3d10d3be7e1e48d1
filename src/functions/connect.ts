import type { World } from "../activities/world.ts";
import { connectAzure } from "../azure/index.ts";
import { lazy } from "../azure/lazy.ts";
import { readConfig, type Config } from "../config.ts";
import { connectStore } from "../store/store.ts";
import { connectCallers, type Callers } from "./callers.ts";
import { consentStates } from "./consentStates.ts";

/** Configuration is read, and clients are made, at the first request: starting up stays quick, and a bad setting is told to the caller's log. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

const config = once((): Config => readConfig(process.env));

const wired = once((): World => {
  const settings = config();
  return {
    ...connectAzure(settings),
    ...connectStore({ prefix: settings.tablePrefix, storage: settings.storage }),
    consentStates: consentStates(settings.stateKey),
    settings: { callbackUrl: settings.redirectUri, secretLifetimeInDays: settings.secretLifetimeInDays },
    now: () => new Date(),
  };
});

export async function world(): Promise<World> {
  return wired();
}

export async function connected(): Promise<{ world: World; config: Config }> {
  return { world: wired(), config: config() };
}

/** A first attempt that failed is forgotten: the next request tries again. */
export const callers = lazy((): Promise<Callers> => {
  const { cloud, api } = config();
  return connectCallers({ authorityUrl: cloud.authorityUrl, ...api });
});

/** What GET /api/health asks. */
export async function dependencies() {
  const { cloud, api } = config();
  return { ...wired(), authorityUrl: cloud.authorityUrl, tenantId: api.tenantId };
}
