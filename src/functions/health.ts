import type { World } from "../activities/world.ts";
import manifest from "../../package.json" with { type: "json" };
import { ConfigError } from "../config.ts";
import { json, type Handler } from "./http.ts";

type Dependencies = Pick<World, "links" | "vault"> & {
  readonly authorityUrl: string;
  readonly tenantId: string;
  readonly unknownSettings: readonly string[];
};
type Answer = "reachable" | "unreachable" | "unknown";
type Health = {
  readonly dependencies: Readonly<Record<string, Answer>>;
  readonly settings: readonly string[];
  readonly unknownSettings: readonly string[];
};

const timeLimitInMs = 5_000;
/** The route is anonymous: however often it is asked, each dependency is asked at most this often. */
const keptForInMs = 10_000;

/** GET /api/health : the version, and whether each dependency answers. Anonymous, so it names settings but no addresses. */
export function health(connect: () => Promise<Dependencies>, now: () => number = Date.now): Handler {
  let kept: { readonly until: number; readonly found: Promise<Health> } | undefined;
  return async () => {
    if (!kept || kept.until <= now()) kept = { until: now() + keptForInMs, found: look(connect) };
    const { dependencies, settings, unknownSettings } = await kept.found;
    const healthy = settings.length === 0 && Object.values(dependencies).every((answer) => answer === "reachable");
    return json(
      healthy ? 200 : 503,
      { status: healthy ? "healthy" : "unhealthy", version: manifest.version, dependencies, settings, unknownSettings },
      healthy ? {} : { "retry-after": String(keptForInMs / 1000) },
    );
  };
}

const looks: Readonly<Record<string, (dependencies: Dependencies) => Promise<boolean>>> = {
  storage: async ({ links }) => (await links.read("0".repeat(16)), true),
  vault: ({ vault }) => vault.reachable(),
  entra: async ({ authorityUrl, tenantId }) => {
    const address = `${authorityUrl.replace(/\/$/, "")}/${tenantId}/v2.0/.well-known/openid-configuration`;
    return (await fetch(address, { signal: AbortSignal.timeout(timeLimitInMs) })).ok;
  },
};

async function look(connect: () => Promise<Dependencies>): Promise<Health> {
  try {
    const dependencies = await connect();
    const found = await Promise.all(
      Object.entries(looks).map(
        async ([name, ask]) => [name, (await within(ask(dependencies))) ? "reachable" : "unreachable"] as const,
      ),
    );
    return { dependencies: Object.fromEntries(found), settings: [], unknownSettings: dependencies.unknownSettings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // Nobody can be asked with settings that cannot be read.
    const unknown = Object.keys(looks).map((name) => [name, "unknown" as const]);
    return {
      dependencies: Object.fromEntries(unknown) as Health["dependencies"],
      settings: error.settings,
      unknownSettings: [],
    };
  }
}

async function within(answer: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeLimitInMs);
  });
  try {
    return await Promise.race([answer, late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
