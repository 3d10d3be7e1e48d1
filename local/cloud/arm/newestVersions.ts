import type { Estate } from "../estates/estate.ts";
import type { Life } from "../kit/life.ts";
import { resourceIn } from "../armKit/scope.ts";
import { unregisteredVersion, type ResourceType } from "../armKit/versions.ts";

export const newestVersionMissing = "newestVersionMissing";

export interface NewestVersions {
  /** Throws Refusal where a version has not come to this resource's region or cloud yet. */
  refuse(type: ResourceType, version: string, scope: string): void;
}

/** The estate says what the newest version of a type is in its cloud; the switch takes the newest away from resources. */
export function newestVersions(estate: Estate, life: Life): NewestVersions {
  const known = new Map(
    Object.entries(estate.newestApiVersions).map(([type, version]) => [type.toLowerCase(), version]),
  );
  return {
    refuse: (type, version, scope) => {
      const { namespace, type: name, versions } = type;
      const newest = known.get(`${namespace}/${name}`.toLowerCase());
      if (newest !== undefined && version.slice(0, 10) > newest.slice(0, 10))
        throw unregisteredVersion(
          type,
          version,
          versions.filter((one) => one.slice(0, 10) <= newest.slice(0, 10)),
        );
      const stable = versions.filter((one) => !one.endsWith("-preview"));
      if (version !== stable[0] || !life.struckBy(newestVersionMissing, resourceIn(scope))) return;
      life.strike(newestVersionMissing);
      throw unregisteredVersion(
        type,
        version,
        versions.filter((one) => one !== version),
      );
    },
  };
}
