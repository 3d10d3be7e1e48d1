import type { Registry, RegistryStore } from "../acr/store.ts";
import type { Cluster } from "../aks/store.ts";
import type { Service } from "../kit/contract.ts";
import type { Rights } from "../rbac/authorization.ts";
import { parseImageName } from "../kubelet/imageName.ts";
import { grantedOf } from "../registry/access.ts";
import { contentsOf, type Contents } from "../registry/contents.ts";
import { registryService } from "../registry/index.ts";
import { registryModel } from "../registry/model.ts";
import { processSeal, registryTokens, rsaSeal, type RegistryTokens } from "../registry/tokens.ts";
import type { ArmSideOptions } from "./side.ts";

interface Needs {
  readonly options: ArmSideOptions;
  readonly registries: () => RegistryStore;
  readonly rights: Rights;
  readonly audiences: () => readonly string[];
}

export interface RegistryServices {
  readonly overHttp: readonly Service[];
  /** The same registries for callers in this process, by host: other tokens, the same contents. */
  readonly inProcess: (host: string) => Service | undefined;
  readonly isRegistry: (host: string) => boolean;
  /** Why a cluster's principal may not pull an image of a registry in its own tenant; undefined where it may, or where there is no such registry. */
  readonly refusedImage: (cluster: Cluster, image: string, objectId: string) => string | undefined;
}

export function registryServices(needs: Needs): RegistryServices {
  const { estate, clock, registryHost } = needs.options;
  const byName = new Map(estate.registries.map(({ name }) => [name, contentsOf(() => registryNamed(name, needs))]));
  const names = new Map(estate.registries.map(({ name }) => [registryHost(name), name]));
  const tokens = registryTokens(clock, rsaSeal());
  const ownTokens = registryTokens(clock, processSeal());
  return {
    overHttp: [...byName].map(([name, contents]) => serviceOf(name, { contents, tokens, ...needs })),
    inProcess: (host) => {
      const name = names.get(host);
      const contents = name === undefined ? undefined : byName.get(name);
      return name !== undefined && contents ? serviceOf(name, { contents, tokens: ownTokens, ...needs }) : undefined;
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

function serviceOf(
  name: string,
  needs: Needs & { readonly contents: Contents; readonly tokens: RegistryTokens },
): Service {
  const { options, rights, audiences, contents, tokens } = needs;
  const registry = (): Registry => registryNamed(name, needs);
  const model = registryModel({
    registry,
    directory: options.directory,
    rights,
    tokens,
    contents,
    loginServer: () => options.registryHost(name),
    armAudiences: audiences,
  });
  return registryService(name, registry, model);
}
