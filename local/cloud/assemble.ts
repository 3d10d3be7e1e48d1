import { readFileSync } from "node:fs";
import type { Addresses } from "./addresses/addresses.ts";
import type { Replicas } from "./consistency/replicas.ts";
import { createControl } from "./control/index.ts";
import { createEntra, type Entra } from "./entra/index.ts";
import { environmentOf } from "./environment.ts";
import type { Estate } from "./estates/estate.ts";
import { createGraph } from "./graph/index.ts";
import { createIdentity } from "./identity/index.ts";
import type { Service, Timings } from "./kit/contract.ts";
import type { IdMaker } from "./kit/ids.ts";
import type { LifeBook } from "./kit/life.ts";
import type { Surroundings } from "./kit/serve.ts";
import type { Limits } from "./limits/limits.ts";
import { createArmSide } from "./resources/index.ts";
import type { ArmSide } from "./resources/side.ts";
import { truths } from "./truths.ts";
import { createVaults } from "./vault/all.ts";
import { serviceOf, vaultStore, type VaultResource, type VaultStore } from "./vault/resource.ts";

/** What the services stand on. */
export interface Parts {
  readonly estate: Estate;
  readonly timings: Timings;
  readonly around: Surroundings;
  readonly life: LifeBook;
  readonly replicas: Replicas;
  readonly limits: Limits;
  readonly ids: IdMaker;
  readonly addresses: Addresses;
  readonly caFile: string;
  readonly folder: string;
}

/** Connects the services. Every address is known by now, so that none has to be found out later. */
export function assemble(parts: Parts): {
  readonly services: readonly Service[];
  readonly env: Readonly<Record<string, string>>;
} {
  const { estate, timings, life, replicas, ids, addresses, around, folder } = parts;
  const { url } = addresses;
  const entraUrl = url("entra");
  const own = { armUrl: url("arm"), graphUrl: url("graph"), vaultUrl: url("vault") };
  const vaultUrl = (vault: VaultResource): string => url(serviceOf(vault));
  const common = { estate, clock: around.clock, timings, life, replicas, ids, entraUrl, own };
  const entra = createEntra({ ...common, folder });
  const { directory, tenants, signer } = entra;
  const vaultResources = vaultStore(estate, life);
  const resources = resourcesOver(parts, entra, vaultResources, vaultUrl);
  const graph = createGraph({ ...common, directory, tenants, graphUrl: own.graphUrl });
  const { authorization } = resources;
  const { callerAddress } = estate;
  const vaults = createVaults({ ...common, vaults: vaultResources, directory, authorization, vaultUrl, callerAddress });
  const identity = createIdentity({ ...common, tenants, signer });
  const env = environmentOf({ ...parts, identityHeader: identity.secretHeader });
  const control = createControl({ ...parts, tenants, graph, vaults, resources, env, truths });
  return {
    services: [control, entra.service, graph.service, ...vaults.services, identity.service, ...resources.services],
    env,
  };
}

function resourcesOver(
  { estate, timings, around, life, replicas, ids, addresses, caFile }: Parts,
  { directory }: Entra,
  vaults: VaultStore,
  vaultUrl: (vault: VaultResource) => string,
): ArmSide {
  const authorityPem = readFileSync(caFile, "utf8");
  return createArmSide({
    estate,
    directory,
    clock: around.clock,
    timings,
    replicas,
    vaults,
    vaultUrl,
    life,
    ids,
    log: (line) => around.log(line),
    armUrl: () => addresses.url("arm"),
    entraUrl: () => addresses.url("entra"),
    registryHost: (name) => addresses.host(`registry:${name}`),
    blobsUrl: () => addresses.url("blobs"),
    localPort: addresses.portOf,
    caBundle: () => authorityPem,
  });
}
