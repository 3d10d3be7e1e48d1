import { join } from "node:path";
import { simulateOnboarding, type Simulated, type SimulationOptions } from "../../local/simulate/onboarding.ts";

const root = join(import.meta.dirname, "../..");

/** Clusters of two companies, four unless told, onboarded by the built app. */
export function simulated(
  seed: number,
  { clusters = 4, ...options }: Pick<SimulationOptions, "faults" | "people"> & { readonly clusters?: number },
): Promise<Simulated> {
  return simulateOnboarding({
    ...options,
    seed,
    clusters,
    estate: "two-tenants",
    app: root,
    folder: join(root, ".crosspull/test", `simulate-${options.faults}-${seed}-${process.pid}`),
  });
}

/** For one of them, on a busy machine. */
export const limitInMs = 600_000;
