import { isWithin } from "../kit/ipRanges.ts";
import type { Life } from "../kit/life.ts";

/** A private endpoint, and the addresses of those who reach the registry through it. */
export interface PrivateEndpoint {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** From where a registry may be reached. */
export interface NetworkRules {
  readonly publicNetworkAccess: "Enabled" | "Disabled";
  readonly defaultAction: "Allow" | "Deny";
  /** Addresses and ranges that may in spite of `Deny`. */
  readonly ipRules: readonly string[];
  readonly privateEndpoints: readonly PrivateEndpoint[];
  /** The switch that made them so, if one did. */
  readonly madeBy?: string;
}

/** A registry, as far as its network goes. */
interface Ruled {
  readonly id: string;
  readonly network: NetworkRules;
  /** Did the estate or somebody since say what they are? */
  readonly isNetworkSet: boolean;
}

export const firewalls = "registryFirewalls";
export const privateRegistries = "privateRegistries";

interface Needs {
  readonly life: Life;
  /** The address of everybody who is no node. */
  readonly callerAddress: string;
  /** Of all clusters. */
  readonly nodeAddresses: () => readonly string[];
}

/** The rules somebody set; on a registry a switch fell on, and whose rules nobody set, those of the switch. */
export function networkOf(registry: Ruled, { life, callerAddress, nodeAddresses }: Needs): NetworkRules {
  const { id, network } = registry;
  if (registry.isNetworkSet) return network;
  if (life.struckBy(privateRegistries, id))
    return {
      ...network,
      publicNetworkAccess: "Disabled",
      privateEndpoints: [{ name: "pe-clusters", addresses: nodeAddresses() }],
      madeBy: privateRegistries,
    };
  if (!life.struckBy(firewalls, id)) return network;
  const ipRules = allowedBy(life.chance(firewalls, id), callerAddress, nodeAddresses());
  return { ...network, defaultAction: "Deny", ipRules, madeBy: firewalls };
}

/** Most firewalls know the nodes and not us, some the other way round, some neither. */
function allowedBy(chance: number, callerAddress: string, nodeAddresses: readonly string[]): readonly string[] {
  const office = "192.0.2.10";
  if (chance < 0.6) return [office, ...nodeAddresses];
  return chance < 0.8 ? [office, callerAddress] : [office];
}

export function admits(rules: NetworkRules, address: string): boolean {
  const { publicNetworkAccess, defaultAction, ipRules, privateEndpoints } = rules;
  if (privateEndpoints.some(({ addresses }) => isWithin(address, addresses))) return true;
  if (publicNetworkAccess === "Disabled") return false;
  return defaultAction === "Allow" || isWithin(address, ipRules);
}
