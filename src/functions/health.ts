import type { World } from "../activities/world.ts";
import { sweepRow } from "../activities/sweep.ts";
import manifest from "../../package.json" with { type: "json" };
import { ConfigError } from "../config.ts";
import { sweepHealth, type SweepHealth } from "../domain/sweep.ts";
import { json, type Handler } from "./http.ts";

type Dependencies = Pick<World, "links" | "vault" | "sweeps" | "now"> & {
  readonly authorityUrl: string;
  readonly tenantId: string;
  readonly unknownSettings: readonly string[];
};
type Answer = "reachable" | "unreachable" | "unknown";
type Health = {
  readonly dependencies: Readonly<Record<string, Answer>>;
  readonly settings: readonly string[];
  readonly unknownSettings: readonly string[];
  /** null where storage does not answer. */
  readonly sweep: SweepHealth | null;
};

const timeLimitInMs = 5_000;
/** The route is anonymous: however often it is asked, each dependency is asked at most this often. */
const keptForInMs = 10_000;

/**
 * GET /api/health : the version, whether each dependency answers, and the age of the last sweep. Anonymous, so it names
 * settings but no addresses. `?live` asks whether this process serves, and nobody else: what a platform restarts by.
 */
export function health(connect: () => Promise<Dependencies>, now: () => number = Date.now): Handler {
  let kept: { readonly until: number; readonly found: Promise<Health> } | undefined;
  return async (request) => {
    if (request.query.has("live")) return json(200, { status: "alive", version: manifest.version });
    if (!kept || kept.until <= now()) kept = { until: now() + keptForInMs, found: look(connect) };
    const found = await kept.found;
    const isReached = Object.values(found.dependencies).every((answer) => answer === "reachable");
    const healthy = found.settings.length === 0 && isReached && found.sweep?.state !== "red";
    return json(
      healthy ? 200 : 503,
      { status: healthy ? "healthy" : "unhealthy", version: manifest.version, ...found },
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
    const row = within(sweepRow(dependencies));
    const found = await Promise.all(
      Object.entries(looks).map(
        async ([name, ask]) =>
          [name, (await within(ask(dependencies))) === true ? "reachable" : "unreachable"] as const,
      ),
    );
    const sweep = await row;
    return {
      dependencies: Object.fromEntries(found),
      settings: [],
      unknownSettings: dependencies.unknownSettings,
      sweep: sweep && sweepHealth(sweep, dependencies.now()),
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // Nobody can be asked with settings that cannot be read.
    const unknown = Object.keys(looks).map((name) => [name, "unknown" as const]);
    return {
      dependencies: Object.fromEntries(unknown) as Health["dependencies"],
      settings: error.settings,
      unknownSettings: [],
      sweep: null,
    };
  }
}

/** null: no answer, or none in time. */
async function within<Answered>(answer: Promise<Answered>): Promise<Answered | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), timeLimitInMs);
  });
  try {
    return await Promise.race([answer, late]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
