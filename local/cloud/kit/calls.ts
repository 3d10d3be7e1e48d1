import type { Route } from "./contract.ts";

/** What a service answers to, as its specification names it. */
export type Offer = Pick<Route, "method" | "path" | "operation"> & { readonly service: string };

/** One answered call. The path is without its query; no header, body or token is kept. */
export interface RecordedCall {
  readonly at: string;
  readonly service: string;
  /** As Microsoft's specification spells it; `unknown` where nothing is offered. */
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  /** 0: the connection was cut. */
  readonly status: number;
  readonly durationInMs: number;
  /** Client id and tenant of the caller, once its token was verified. */
  readonly caller?: { readonly appId: string; readonly tenantId: string };
  readonly requestId: string;
  readonly faulted?: true;
}

/** How often one caller called one operation. */
export interface CallCount {
  readonly service: string;
  readonly operation: string;
  /** Its client id; an object id where a registry's own token tells no more; null where it did not say who it is. */
  readonly caller: string | null;
  readonly calls: number;
}

export interface CallBook {
  /** `caller`: who it said it is, verified or not. */
  record(call: RecordedCall, caller?: string): void;
  /** How often each `service operation` was called. */
  counts(): Readonly<Record<string, number>>;
  countsByCaller(): readonly CallCount[];
  /** The newest last. */
  last(): readonly RecordedCall[];
  clear(): void;
  /** Notes what a service answers to. */
  offer(service: string, routes: readonly Route[]): void;
  offers(): readonly Offer[];
}

export function callBook(kept = 1000): CallBook {
  let counts = new Map<string, number>();
  let byCaller = new Map<string, CallCount>();
  let calls: RecordedCall[] = [];
  const offered = new Map<string, readonly Route[]>();
  return {
    record: (call, caller) => {
      const { service, operation } = call;
      const key = `${service} ${operation}`;
      const ofCaller = `${key} ${caller ?? ""}`;
      const before = byCaller.get(ofCaller)?.calls ?? 0;
      byCaller.set(ofCaller, { service, operation, caller: caller ?? null, calls: before + 1 });
      counts.set(key, (counts.get(key) ?? 0) + 1);
      calls.push(call);
      if (calls.length > 2 * kept) calls = calls.slice(-kept);
    },
    counts: () => Object.fromEntries([...counts].sort(([one], [other]) => (one < other ? -1 : 1))),
    countsByCaller: () =>
      [...byCaller.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, count]) => count),
    last: () => calls.slice(-kept),
    clear: () => {
      counts = new Map();
      byCaller = new Map();
      calls = [];
    },
    offer: (service, routes) => void offered.set(service, routes),
    offers: () =>
      [...offered].flatMap(([service, routes]) =>
        routes.map(({ method, path, operation }) => ({ service, method, path, operation })),
      ),
  };
}
