import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { openAddresses } from "./addresses/addresses.ts";
import { assemble } from "./assemble.ts";
import { replicasOver, type ConsistencyChange } from "./consistency/replicas.ts";
import { loadEstate, type EstateInput } from "./estates/estate.ts";
import { callBook } from "./kit/calls.ts";
import { certificatesIn } from "./kit/certificates.ts";
import { lifelikeTimings, machineClock } from "./kit/clock.ts";
import type { Timings } from "./kit/contract.ts";
import { faultBook, type EveryCall } from "./kit/faults.ts";
import { idMaker } from "./kit/ids.ts";
import { limitsOver, type LimitsChange } from "./limits/limits.ts";
import { followTime } from "./kit/followedTime.ts";
import { lifeFrom, type LifeOptions } from "./life/options.ts";
import { cloudClockOver, type SharedClock } from "./kit/sharedClock.ts";
import { recorderTo } from "./kit/recorder.ts";

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
  /** What goes wrong with calls that no planted fault hits. */
  readonly everyCall?: EveryCall;
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
      faults: faultBook(clock, options.everyCall),
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
