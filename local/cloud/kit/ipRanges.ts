import { BlockList, isIPv4 } from "node:net";

/** `203.0.113.7` or `203.0.113.0/24`, as address rules have them. */
export function isIpRange(text: string): boolean {
  const [address = "", length, ...rest] = text.split("/");
  if (!isIPv4(address) || rest.length > 0) return false;
  return length === undefined || (/^\d{1,2}$/.test(length) && Number(length) <= 32);
}

export function isWithin(address: string, ranges: readonly string[]): boolean {
  const list = new BlockList();
  for (const range of ranges.filter(isIpRange)) {
    const [network = "", length = "32"] = range.split("/");
    list.addSubnet(network, Number(length), "ipv4");
  }
  return list.check(address, "ipv4");
}
