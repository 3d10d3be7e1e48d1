import type { NetworkRules } from "../acr/network.ts";
import type { Registry, RegistryStore } from "../acr/store.ts";
import type { Cluster } from "../aks/store.ts";
import type { Service } from "../kit/contract.ts";
import type { Rights } from "../rbac/authorization.ts";
import { parseImageName } from "../kubelet/imageName.ts";
import { grantedOf } from "../registry/access.ts";
import { blobHost, type BlobHost } from "../registry/blobs.ts";
import { contentsOf, type Contents } from "../registry/contents.ts";
import { imageLocksOf, type ImageLocks } from "../registry/imageLocks.ts";
import { registryService } from "../registry/index.ts";
import { registryModel } from "../registry/model.ts";
import { processSeal, registryTokens, rsaSeal, type RegistryTokens } from "../registry/tokens.ts";
import type { ArmSideOptions } from "./side.ts";

interface Needs {
  readonly options: ArmSideOptions;
  readonly registries: () => RegistryStore;
  readonly rights: Rights;
  readonly audiences: () => readonly string[];
  readonly networkOf: (registry: Registry) => NetworkRules;
  readonly callerAddress: string;
  /** The cluster whose nodes come from an address. */
  readonly clusterAt: (address: string) => string | undefined;
}

export interface RegistryServices {
  /** The registries, and the host of their blobs. */
  readonly overHttp: readonly Service[];
  /** The same for callers in this process, by host: other tokens, the same contents. */
  readonly inProcess: (host: string) => Service | undefined;
  readonly isRegistry: (host: string) => boolean;
  /** Why a cluster's principal may not pull an image of a registry in its own tenant; undefined where it may, or where there is no such registry. */
  readonly refusedImage: (cluster: Cluster, image: string, objectId: string) => string | undefined;
}

/** What is in one registry, whoever asks. */
interface Inside {
  readonly contents: Contents;
  readonly locks: ImageLocks;
}

export function registryServices(needs: Needs): RegistryServices {
  const { estate, clock, life, registryHost, blobsUrl } = needs.options;
  const byName = new Map(
    estate.registries.map(({ name }): [string, Inside] => {
      const registry = (): Registry => registryNamed(name, needs);
      return [name, { contents: contentsOf(registry, () => clock.now()), locks: imageLocksOf(registry) }];
    }),
  );
  const names = new Map(estate.registries.map(({ name }) => [registryHost(name), name]));
  const tokens = registryTokens(clock, rsaSeal());
  const ownTokens = registryTokens(clock, processSeal());
  const blobs = blobHost({
    life,
    clock,
    url: blobsUrl,
    blob: (registry, repository, digest) => byName.get(registry)?.contents.blob(repository, digest),
    clusterAt: needs.clusterAt,
  });
  return {
    overHttp: [
      ...[...byName].map(([name, inside]) => serviceOf(name, { inside, tokens, blobs, ...needs })),
      blobs.service,
    ],
    inProcess: (host) => {
      if (host === new URL(blobsUrl()).host) return blobs.service;
      const name = names.get(host);
      const inside = name === undefined ? undefined : byName.get(name);
      return name !== undefined && inside ? serviceOf(name, { inside, tokens: ownTokens, blobs, ...needs }) : undefined;
    },
    isRegistry: (host) => names.has(host),
    refusedImage: ({ tenantId }, image, objectId) => {
      const named = parseImageName(image);
      const name = named && names.get(named.host);
      const registry = name === undefined ? undefined : needs.registries().named(name);
      if (!named || registry?.tenantId !== tenantId) return undefined;
      const asked = [{ type: "repository", name: named.repository, actions: ["pull"] }];
      const granted = grantedOf(asked, registry, objectId, needs.rights);
      return granted.length > 0 ? undefined : `UNAUTHORIZED: object id '${objectId}' may not pull ${image}.`;
    },
  };
}

function registryNamed(name: string, { registries }: Needs): Registry {
  const found = registries().named(name);
  if (!found) throw new Error(`no registry ${name}`);
  return found;
}

interface OneNeeds extends Needs {
  readonly inside: Inside;
  readonly tokens: RegistryTokens;
  readonly blobs: BlobHost;
}

function serviceOf(name: string, needs: OneNeeds): Service {
  const { options, rights, audiences, inside, tokens, blobs, networkOf, callerAddress } = needs;
  const registry = (): Registry => registryNamed(name, needs);
  const model = registryModel({
    registry,
    directory: options.directory,
    rights,
    tokens,
    contents: inside.contents,
    locks: inside.locks,
    networkOf,
    callerAddress,
    life: options.life,
    clock: options.clock,
    timings: options.timings,
    loginServer: () => options.registryHost(name),
    armAudiences: audiences,
  });
  return registryService(name, registry, model, blobs.redirect);
}
