import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Estate } from "../estates/estate.ts";
import type { Certificates } from "../kit/certificates.ts";
import type { Service } from "../kit/contract.ts";
import { firstFree, listen, type Listener } from "../kit/listener.ts";
import { serve, type Surroundings } from "../kit/serve.ts";
import { publicNames } from "./names.ts";
import { openProxy, type Proxy } from "./proxy.ts";

/** Where each service is reached, and the listeners behind it. */
export interface Addresses {
  /** `https://localhost:8441` or `https://management.azure.com`, without a slash at the end. */
  readonly url: (service: string) => string;
  /** `localhost:8446` or `fabrikamprod.azurecr.io`. */
  readonly host: (service: string) => string;
  /** Every service's url by its name. */
  all(): ReadonlyMap<string, string>;
  /** The port on 127.0.0.1 behind a public name; undefined for a name that is not served so. */
  readonly portOf: (host: string) => number | undefined;
  /** What `HTTPS_PROXY` has to say, where there are public names. */
  readonly proxyUrl: string | undefined;
  serve(services: readonly Service[], around: Surroundings): void;
  close(): Promise<void>;
}

export interface AddressOptions {
  readonly port: number;
  readonly estate: Estate;
  readonly certificates: Certificates;
  /** Every service under its public name. Otherwise a port each, and public names for the registries there are too many of. */
  readonly publicNames: boolean;
}

/** More registries than this are not given a port each. */
export const mostRegistriesWithPort = 50;

const plain = ["control", "identity"];

/** Opens everything at the next free ports from `port` on, in the same order at every start. 0: any ports. */
export async function openAddresses(options: AddressOptions): Promise<Addresses> {
  const { port, estate, certificates } = options;
  const own = new Map<string, Listener>();
  const named = namedServices(options);
  let next = port;
  const took = (taken: number): void => void (port !== 0 && (next = taken + 1));
  for (const name of [
    "control",
    "entra",
    "graph",
    "arm",
    "vault",
    "identity",
    ...registryNames(estate),
    ...furtherVaults(estate),
    "blobs",
  ]) {
    if (named.has(name)) continue;
    const listener = await listen(next, plain.includes(name) ? undefined : certificates);
    own.set(name, listener);
    took(listener.port);
  }
  const front = named.size > 0 ? await openFront(next, named, certificates) : undefined;
  return assembled(own, named, front);
}

/** The services reached by public name, with it. */
function namedServices({ estate, publicNames: everything }: AddressOptions): ReadonlyMap<string, string> {
  const all = publicNames(estate);
  if (everything) return all;
  const beyond = registryNames(estate).slice(mostRegistriesWithPort);
  return new Map(beyond.map((name) => [name, all.get(name) ?? ""]));
}

/** All but the first, which has the address clients are told. */
function furtherVaults(estate: Estate): readonly string[] {
  return estate.vaults.slice(1).map(({ name }) => `vault:${name}`);
}

function registryNames(estate: Estate): readonly string[] {
  return estate.registries.map(({ name }) => `registry:${name}`);
}

/** One listener for all public names, and the proxy that leads to it. */
interface Front {
  readonly listener: Listener;
  readonly proxy: Proxy;
  readonly serviceAt: ReadonlyMap<string, string>;
}

async function openFront(port: number, named: ReadonlyMap<string, string>, certificates: Certificates): Promise<Front> {
  const serviceAt = new Map([...named].map(([service, host]) => [host, service]));
  const listener = await listen(port, certificates);
  const portOf = (host: string): number | undefined => (serviceAt.has(host) ? listener.port : undefined);
  const proxy = await openProxy(port === 0 ? 0 : listener.port + 1, portOf, firstFree);
  return { listener, proxy, serviceAt };
}

function assembled(
  own: ReadonlyMap<string, Listener>,
  named: ReadonlyMap<string, string>,
  front: Front | undefined,
): Addresses {
  const url = (service: string): string => {
    const found = own.get(service)?.url ?? (named.has(service) ? `https://${named.get(service)}` : undefined);
    if (found === undefined) throw new Error(`no service named ${service}`);
    return found;
  };
  return {
    url,
    host: (service) => url(service).replace(/^https?:\/\//, ""),
    all: () => new Map([...own.keys(), ...named.keys()].map((service) => [service, url(service)])),
    portOf: (host) => (front?.serviceAt.has(host.toLowerCase()) ? front.listener.port : undefined),
    proxyUrl: front?.proxy.url,
    serve: (services, around) => {
      const byName = new Map(services.map((service) => [service.name, service]));
      for (const [name, listener] of own) {
        const service = byName.get(name);
        if (service) listener.serve(serve(service, listener.url, around));
      }
      front?.listener.serve(byHost(front, byName, around));
    },
    close: async () => {
      await Promise.all([...own.values(), ...(front ? [front.listener, front.proxy] : [])].map((one) => one.close()));
    },
  };
}

/** Handlers are made when a host is first asked for: there may be thousands. */
function byHost({ serviceAt }: Front, services: ReadonlyMap<string, Service>, around: Surroundings): RequestListener {
  const handlers = new Map<string, RequestListener>();
  return (request: IncomingMessage, response: ServerResponse) => {
    const host = (request.headers.host ?? "").toLowerCase().replace(/:443$/, "");
    const service = services.get(serviceAt.get(host) ?? "");
    if (!service) {
      response.writeHead(421, { "content-type": "text/plain" });
      response.end("No service of this cloud has this name.\n");
      return;
    }
    const handler = handlers.get(host) ?? serve(service, `https://${host}`, around);
    handlers.set(host, handler);
    handler(request, response);
  };
}
