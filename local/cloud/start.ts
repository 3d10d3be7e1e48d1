import { mkdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { openAddresses, type Addresses } from "./addresses/addresses.ts";
import { replicasOver, type ConsistencyChange, type Replicas } from "./consistency/replicas.ts";
import { createControl } from "./control/index.ts";
import { createEntra } from "./entra/index.ts";
import { environmentOf } from "./environment.ts";
import { loadEstate, type Estate, type EstateInput } from "./estates/estate.ts";
import { createGraph } from "./graph/index.ts";
import { createIdentity } from "./identity/index.ts";
import { callBook } from "./kit/calls.ts";
import { certificatesIn } from "./kit/certificates.ts";
import { lifelikeTimings, machineClock } from "./kit/clock.ts";
import type { Service, Timings } from "./kit/contract.ts";
import { faultBook } from "./kit/faults.ts";
import { idMaker, type IdMaker } from "./kit/ids.ts";
import type { LifeBook } from "./kit/life.ts";
import { limitsOver, type Limits, type LimitsChange } from "./limits/limits.ts";
import { followTime } from "./kit/followedTime.ts";
import { lifeFrom, type LifeOptions } from "./life/options.ts";
import { cloudClockOver, type SharedClock } from "./kit/sharedClock.ts";
import { recorderTo } from "./kit/recorder.ts";
import type { Surroundings } from "./kit/serve.ts";
import { truths } from "./truths.ts";
import { createVaults } from "./vault/all.ts";
import { serviceOf, vaultStore, type VaultResource } from "./vault/resource.ts";
import { createArmSide } from "./resources/index.ts";

export interface CloudOptions {
  /** Keeps the certificate authority and the token key; made if absent. */
  readonly folder: string;
  /** The first port tried, default 8440; each service takes the next free one. 0: any free ports. */
  readonly port?: number;
  /** A file, the name of one in estates/, or an estate; default: two-tenants. */
  readonly estate?: string | EstateInput;
  /** How many clusters the estate's `generate` makes, instead of the number in it. */
  readonly clusters?: number;
  /** How chance falls in what the estate generates, among replicas, in ids and in life; default 1. */
  readonly seed?: number;
  /**
   * Every service under its name in the public cloud, on one listener behind a proxy on loopback (`HTTPS_PROXY` in the
   * environment), instead of a port each.
   */
  readonly publicNames?: boolean;
  /** Divides all timings; default 1. */
  readonly speed?: number;
  readonly timings?: Partial<Timings>;
  /** One JSON object a line, without tokens or secrets; default: nowhere. */
  readonly log?: (line: string) => void;
  /** `http://localhost:7071`: the cloud's time follows that local Functions host's. */
  readonly virtualTime?: string;
  /** As harsh as Azure is, or in part; without it nothing is. See LIFE.md. */
  readonly life?: LifeOptions;
  /** A clock shared in this process, instead of the machine's: both see one time, to the millisecond. */
  readonly clock?: SharedClock;
  /** Replicas that disagree for a while; off unless `enabled`. See consistency/replicas.ts. */
  readonly consistency?: ConsistencyChange;
  /** The services' own throttling; off unless `enabled`. See limits/limits.ts. */
  readonly limits?: LimitsChange;
  /** A file that gets every exchange whole, secrets included: see kit/recorder.ts. */
  readonly recordTo?: string | undefined;
}

export interface Cloud {
  /** What a client needs to know: see README.md. */
  readonly env: Readonly<Record<string, string>>;
  /** `http://127.0.0.1:8440` */
  readonly controlUrl: string;
  /** PEM file of the authority to trust. */
  readonly caFile: string;
  close(): Promise<void>;
}

/** Starts every service on 127.0.0.1; resolves when all answer. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const { seed, clusters } = options;
  const estate = loadEstate(options.estate, { clusters, seed });
  const folder = resolve(options.folder);
  mkdirSync(folder, { recursive: true });
  const certificates = await certificatesIn(folder);
  const { port = defaultPort, publicNames = false } = options;
  const addresses = await openAddresses({ port, estate, certificates, publicNames });
  const clock = options.clock ? cloudClockOver(options.clock) : machineClock();
  const close = async (): Promise<void> => {
    clock.stop();
    await addresses.close();
  };
  try {
    const record = options.recordTo ? recorderTo(options.recordTo, addresses.all()) : undefined;
    const timings = { ...lifelikeTimings, ...options.timings, ...(options.speed && { speed: options.speed }) };
    const chance = options.life?.seed ?? seed ?? 1;
    const life = lifeFrom(options.life ?? { switches: "none" }, estate, chance);
    const replicas = replicasOver(clock, timings, life, { seed: chance, ...options.consistency });
    const limits = limitsOver(clock, timings, life, options.limits);
    const ids = idMaker(chance);
    const around = {
      clock,
      record,
      faults: faultBook(clock),
      calls: callBook(),
      log: options.log ?? (() => undefined),
      limits,
      follow: options.virtualTime ? followTime(clock, options.virtualTime) : undefined,
    };
    const { caFile } = certificates;
    const made = assemble({ estate, timings, around, life, replicas, limits, ids, addresses, caFile, folder });
    replicas.settle();
    addresses.serve(made.services, around);
    return { env: made.env, controlUrl: addresses.url("control"), caFile, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const defaultPort = 8440;

interface Parts {
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
function assemble({ around, limits, addresses, caFile, folder, ...parts }: Parts): {
  readonly services: readonly Service[];
  readonly env: Readonly<Record<string, string>>;
} {
  const { url } = addresses;
  const { estate, timings, life, replicas, ids } = parts;
  const { clock } = around;
  const entraUrl = url("entra");
  const own = { armUrl: url("arm"), graphUrl: url("graph"), vaultUrl: url("vault") };
  const vaultResources = vaultStore(estate, life);
  const vaultUrl = (vault: VaultResource): string => url(serviceOf(vault));
  const entra = createEntra({ estate, clock, timings, folder, entraUrl, own, replicas, life, ids });
  const { directory, tenants, signer } = entra;
  const authorityPem = readFileSync(caFile, "utf8");
  const resources = createArmSide({
    estate,
    directory,
    clock,
    timings,
    replicas,
    vaults: vaultResources,
    vaultUrl,
    life,
    ids,
    log: (line) => around.log(line),
    armUrl: () => own.armUrl,
    entraUrl: () => entraUrl,
    registryHost: (name) => addresses.host(`registry:${name}`),
    blobsUrl: () => addresses.url("blobs"),
    localPort: addresses.portOf,
    caBundle: () => authorityPem,
  });
  const graph = createGraph({
    directory,
    tenants,
    replicas,
    clock,
    timings,
    entraUrl,
    graphUrl: own.graphUrl,
    life,
    ids,
  });
  const vaults = createVaults({
    vaults: vaultResources,
    directory,
    authorization: resources.authorization,
    clock,
    timings,
    entraUrl,
    vaultUrl,
    callerAddress: estate.callerAddress,
    life,
    ids,
  });
  const identity = createIdentity({ tenants, replicas, signer, clock, entraUrl, own, life, ids });
  const env = environmentOf({ estate, caFile, folder, addresses, identityHeader: identity.secretHeader });
  const control = createControl({ ...parts, around, limits, tenants, graph, vaults, resources, env, truths });
  return {
    services: [control, entra.service, graph.service, ...vaults.services, identity.service, ...resources.services],
    env,
  };
}
