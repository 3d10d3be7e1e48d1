import type { World } from "../activities/world.ts";
import manifest from "../../package.json" with { type: "json" };
import { json, type Handler } from "./http.ts";

type Reached = Pick<World, "links" | "vault"> & { readonly authorityUrl: string; readonly tenantId: string };
const patienceInMs = 5_000;

/** GET /api/health : the version, and whether each dependency answers. Anonymous, so it names no addresses. */
export function health(connect: () => Promise<Reached>): Handler {
  return async () => {
    const looks: Record<string, (reached: Reached) => Promise<boolean>> = {
      storage: async ({ links }) => (await links.read("0".repeat(16)), true),
      vault: ({ vault }) => vault.reachable(),
      entra: async ({ authorityUrl, tenantId }) =>
        (await fetch(`${authorityUrl.replace(/\/$/, "")}/${tenantId}/v2.0/.well-known/openid-configuration`)).ok,
    };
    const reached = connect();
    const answers = await Promise.all(
      Object.entries(looks).map(
        async ([name, look]) => [name, (await within(reached.then(look))) ? "reachable" : "unreachable"] as const,
      ),
    );
    const healthy = answers.every(([, answer]) => answer === "reachable");
    return json(healthy ? 200 : 503, {
      status: healthy ? "healthy" : "unhealthy",
      version: manifest.version,
      dependencies: Object.fromEntries(answers),
    });
  };
}

async function within(look: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patienceInMs);
  });
  try {
    return await Promise.race([look, late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
