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

export interface CallBook {
  record(call: RecordedCall): void;
  /** How often each `service operation` was called. */
  counts(): Readonly<Record<string, number>>;
  /** The newest last. */
  last(): readonly RecordedCall[];
  clear(): void;
  /** Notes what a service answers to. */
  offer(service: string, routes: readonly Route[]): void;
  offers(): readonly Offer[];
}

export function callBook(kept = 1000): CallBook {
  let counts = new Map<string, number>();
  let calls: RecordedCall[] = [];
  const offered = new Map<string, readonly Route[]>();
  return {
    record: (call) => {
      const key = `${call.service} ${call.operation}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      calls.push(call);
      if (calls.length > 2 * kept) calls = calls.slice(-kept);
    },
    counts: () => Object.fromEntries([...counts].sort(([one], [other]) => (one < other ? -1 : 1))),
    last: () => calls.slice(-kept),
    clear: () => {
      counts = new Map();
      calls = [];
    },
    offer: (service, routes) => void offered.set(service, routes),
    offers: () =>
      [...offered].flatMap(([service, routes]) =>
        routes.map(({ method, path, operation }) => ({ service, method, path, operation })),
      ),
  };
}
