import { acrLife } from "../acr/life.ts";
import { aksLife } from "../aks/life.ts";
import { armLife } from "../arm/life.ts";
import { consistencyLife } from "../consistency/life.ts";
import { entraLife } from "../entra/life.ts";
import { graphLife } from "../graph/life.ts";
import { identityLife } from "../identity/life.ts";
import type { LifeSwitch } from "../kit/life.ts";
import { kubeletLife } from "../kubelet/life.ts";
import { limitsLife } from "../limits/life.ts";
import { rbacLife } from "../rbac/life.ts";
import { registryLife } from "../registry/life.ts";
import { resourceGraphLife } from "../resourceGraph/life.ts";
import { vaultLife } from "../vault/life.ts";

/** Every switch, in the order in which they are shown. */
export const allSwitches: readonly LifeSwitch[] = [
  ...consistencyLife,
  ...limitsLife,
  ...entraLife,
  ...graphLife,
  ...identityLife,
  ...armLife,
  ...rbacLife,
  ...resourceGraphLife,
  ...vaultLife,
  ...acrLife,
  ...registryLife,
  ...aksLife,
  ...kubeletLife,
];
