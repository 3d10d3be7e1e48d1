import type { NetworkDump } from "./dump.ts";

/** Does a registry let an IPv4 address in? */
export function admits(network: NetworkDump, address: string): boolean {
  if (network.privateEndpoints.some(({ addresses }) => addresses.includes(address))) return true;
  if (network.publicNetworkAccess === "Disabled") return false;
  return network.defaultAction === "Allow" || network.ipRules.some((rule) => isInRange(address, rule));
}

/** `203.0.113.0/24`, or one address. */
function isInRange(address: string, range: string): boolean {
  const [base = "", bits = "32"] = range.split("/");
  const shift = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(address) / shift) === Math.floor(numberOf(base) / shift);
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
