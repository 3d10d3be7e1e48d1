import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { generateClusters } from "./generate.ts";
import { generateCustomers } from "./generateCustomers.ts";
import { generateRegistries } from "./generateRegistries.ts";
import { digestOf } from "../kit/chance.ts";
import { guidFrom } from "../kit/ids.ts";
import { danglingReferences } from "./references.ts";
import { estateSchema } from "./schema.ts";
import type { Estate, EstateCluster, EstateInput } from "./types.ts";

export type {
  Estate,
  EstateApplication,
  EstateCluster,
  EstateGroup,
  EstateInput,
  EstateRegistry,
  EstateRoleAssignment,
  EstateRoleDefinition,
  EstateVault,
} from "./types.ts";
import { messageOf } from "../kit/texts.ts";

/** How much of what an estate file asks for is made, and how chance falls. */
export interface Making {
  /** How many clusters its `generate` makes, instead of the number in it. */
  readonly clusters?: number | undefined;
  /** Same seed, same estate; default 1. */
  readonly seed?: number | undefined;
}

/** Checks and completes an estate; throws an Error that lists every fault with its path. */
export function parseEstate(input: unknown, { clusters, seed = 1 }: Making = {}): Estate {
  const parsed = estateSchema.safeParse(input);
  if (!parsed.success) throw new Error(`not a valid estate:\n${z.prettifyError(parsed.error)}`);
  const asked = parsed.data.generate;
  const knobs = asked && { ...asked, clusters: clusters ?? asked.clusters };
  const estate = generateCustomers(generateRegistries(generateClusters(parsed.data, knobs), seed), seed);
  const dangling = danglingReferences(estate);
  if (dangling.length > 0) throw new Error(`not a valid estate:\n${dangling.join("\n")}`);
  return estate;
}

/** `source`: an estate, a file, or the name of one that comes with the cloud: `many-registries`. */
export function loadEstate(source: string | EstateInput = "two-tenants", making: Making = {}): Estate {
  if (typeof source !== "string") return parseEstate(source, making);
  return parseEstate(readEstate(shipped(source) ?? source), making);
}

/** The file of an estate that comes with the cloud. */
function shipped(name: string): string | undefined {
  const file = join(import.meta.dirname, `${name}.json`);
  return /^[\w-]+$/.test(name) && existsSync(file) ? file : undefined;
}

/** Names of those that come with the cloud. */
function allShipped(): readonly string[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".json") && !file.endsWith(".schema.json"))
    .map((file) => basename(file, ".json"))
    .sort();
}

/** The file, with what it extends. `from`: the files that led to it. */
function readEstate(file: string, from: readonly string[] = []): unknown {
  if (from.includes(file)) throw new Error(`the estate ${file} extends itself: ${[...from, file].join(" -> ")}`);
  const read = readJson(file);
  if (typeof read !== "object" || read === null || !("extends" in read) || typeof read.extends !== "string")
    return read;
  const beside = join(dirname(file), `${read.extends}.json`);
  const extended = existsSync(beside) ? beside : (shipped(read.extends) ?? beside);
  const base = readEstate(extended, [...from, file]) as Readonly<Record<string, unknown>>;
  const merged = Object.entries(read).map(([key, value]: [string, unknown]) => {
    const inherited = base[key];
    return [
      key,
      Array.isArray(inherited) && Array.isArray(value) ? [...(inherited as unknown[]), ...(value as unknown[])] : value,
    ];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const names = allShipped().join(", ");
    throw new Error(`no estate "${file}": give the path of a file (${messageOf(error)}), or one of ${names}`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`the estate ${file} is no JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** `/subscriptions/.../providers/Microsoft.ContainerService/managedClusters/<name>` and the like. */
export function resourceId(
  type:
    | "Microsoft.ContainerService/managedClusters"
    | "Microsoft.ContainerRegistry/registries"
    | "Microsoft.KeyVault/vaults",
  resource: { readonly subscriptionId: string; readonly resourceGroup: string; readonly name: string },
): string {
  const { subscriptionId, resourceGroup, name } = resource;
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${type}/${name}`;
}

/** Client id and secret that the cluster's nodes start with; undefined for a managed identity. */
export function startingCredential(
  estate: Estate,
  cluster: EstateCluster,
): { readonly clientId: string; readonly secret: string } | undefined {
  const { identity } = cluster;
  if (identity.kind !== "servicePrincipal") return undefined;
  const application = estate.applications.find(({ key }) => key === identity.application);
  const secret = application?.secrets[0];
  return application && secret && { clientId: application.appId, secret: secret.value };
}

export function nodeResourceGroupOf({ nodeResourceGroup, resourceGroup, name, location }: EstateCluster): string {
  return nodeResourceGroup ?? `MC_${resourceGroup}_${name}_${location}`;
}

export interface KubeletIdentity {
  readonly resourceId: string;
  readonly clientId: string;
  readonly objectId: string;
}

/** What the nodes of a cluster with a managed identity sign in as; AKS makes it beside the nodes. */
export function kubeletIdentityOf(cluster: EstateCluster): KubeletIdentity | undefined {
  if (cluster.identity.kind !== "managedIdentity") return undefined;
  const id = resourceId("Microsoft.ContainerService/managedClusters", cluster).toLowerCase();
  const group = `/subscriptions/${cluster.subscriptionId}/resourcegroups/${nodeResourceGroupOf(cluster)}`;
  return {
    resourceId: `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${cluster.name}-agentpool`,
    clientId: guidFrom(digestOf(["kubelet's client id", id])),
    objectId: guidFrom(digestOf(["kubelet's object id", id])),
  };
}

export function requireOne<Item>(items: readonly Item[], what: string): Item {
  const [first] = items;
  if (!first) throw new Error(`the estate has no ${what}`);
  return first;
}
