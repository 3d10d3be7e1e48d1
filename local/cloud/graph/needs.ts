import type { Replicas } from "../consistency/replicas.ts";
import type { Tenants } from "../entra/directory.ts";
import type { Clock, Directory, Timings } from "../kit/contract.ts";
import type { IdMaker } from "../kit/ids.ts";
import type { Life } from "../kit/life.ts";
import type { GraphError } from "./errors.ts";

export interface GraphOptions {
  readonly directory: Directory;
  /** As they are; what a caller sees of them: see view.ts. */
  readonly tenants: Tenants;
  readonly replicas: Replicas;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly entraUrl: string;
  readonly graphUrl: string;
  readonly life: Life;
  readonly ids: IdMaker;
}

/** What the next password gets whatever is asked for: Graph has been seen to pass over names and dates. */
export interface PlantedPassword {
  readonly value?: string | undefined;
  /** null: none. */
  readonly displayName?: string | null | undefined;
  readonly endDateTime?: string | undefined;
}

/** What the routes share. */
export interface GraphNeeds extends GraphOptions {
  readonly error: GraphError;
  /** What was planted for the next password; used up by it. */
  takePlanted(): PlantedPassword;
}
