import type { Service } from "../kit/contract.ts";
import { inProcess } from "../kit/inProcess.ts";
import { addressHeader } from "../kit/request.ts";
import type { Exchange } from "./exchange.ts";

/** `serviceAt`: who answers at a host; a host without one is like a name that no name server knows. */
export function withoutSockets(serviceAt: (host: string) => Service | undefined): (address: string) => Exchange {
  const made = new Map<string, ReturnType<typeof inProcess>>();
  const at = (host: string): ReturnType<typeof inProcess> => {
    const known = made.get(host);
    if (known) return known;
    const service = serviceAt(host);
    if (!service) throw new Error(`getaddrinfo ENOTFOUND ${host}`);
    const answering = inProcess(service);
    made.set(host, answering);
    return answering;
  };
  return (address) =>
    async ({ method, url, headers = {}, body }) => {
      const there = new URL(url);
      const lowerCased = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
      const asked = { ...Object.fromEntries(lowerCased), host: there.host, [addressHeader]: address };
      return at(there.host)({ method, url: there, headers: asked, body });
    };
}
