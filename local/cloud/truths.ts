import { acrTruths } from "./acr/truth.ts";
import { aksTruths } from "./aks/truth.ts";
import { armTruths } from "./arm/truth.ts";
import { controlTruths } from "./control/truth.ts";
import { entraTruths } from "./entra/truth.ts";
import { graphTruths } from "./graph/truth.ts";
import { identityTruths } from "./identity/truth.ts";
import type { Truths } from "./kit/truth.ts";
import { rbacTruths } from "./rbac/truth.ts";
import { blobTruths, registryTruths } from "./registry/truth.ts";
import { resourceGraphTruths } from "./resourceGraph/truth.ts";
import { vaultArmTruths, vaultTruths } from "./vault/truth.ts";

/** What each folder says of its operations, by service. */
export const truths: Readonly<Record<string, Truths>> = {
  control: controlTruths,
  entra: entraTruths,
  graph: graphTruths,
  arm: { ...armTruths, ...aksTruths, ...acrTruths, ...rbacTruths, ...resourceGraphTruths, ...vaultArmTruths },
  vault: vaultTruths,
  identity: identityTruths,
  registry: registryTruths,
  blobs: blobTruths,
};
