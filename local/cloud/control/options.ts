import type { Replicas } from "../consistency/replicas.ts";
import type { Tenants } from "../entra/directory.ts";
import type { Estate } from "../estates/estate.ts";
import type { Graph } from "../graph/index.ts";
import type { Timings } from "../kit/contract.ts";
import type { LifeBook } from "../kit/life.ts";
import type { Surroundings } from "../kit/serve.ts";
import type { Truths } from "../kit/truth.ts";
import type { Limits } from "../limits/limits.ts";
import type { ArmSide } from "../resources/side.ts";
import type { Vaults } from "../vault/all.ts";

/** All that the control service looks into and changes. */
export interface ControlOptions {
  readonly estate: Estate;
  /** Changed in place: every service reads it at each use. */
  readonly timings: Timings;
  readonly around: Surroundings;
  readonly life: LifeBook;
  readonly replicas: Replicas;
  readonly limits: Limits;
  readonly tenants: Tenants;
  readonly graph: Graph;
  readonly vaults: Vaults;
  readonly resources: ArmSide;
  readonly env: Readonly<Record<string, string>>;
  /** What each folder says of its operations, by service. */
  readonly truths: Readonly<Record<string, Truths>>;
}
