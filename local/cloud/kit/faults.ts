import { z } from "zod";
import type { Aim } from "./aim.ts";
import type { Clock } from "./contract.ts";

/** One planned misbehaviour. `service` and `operation` may be `*`; `registry:*` means every registry. */
export const faultSchema = z.strictObject({
  service: z.string().min(1),
  operation: z.string().min(1).default("*"),
  /** Only calls of this tenant: its tokens, and what is in it. */
  tenantId: z.string().min(1).optional(),
  /** Only calls to what has this ARM id, or is below it; case does not matter. */
  resource: z.string().startsWith("/").optional(),
  /** Only calls of this application or service principal: a client id or an object id. */
  caller: z.string().min(1).optional(),
  /** The first call it hits, counted from when it was planted; 1 is the next one. */
  nth: z.int().min(1).default(1),
  /** How many calls it hits from there on; 1 where neither this nor `until` is given. */
  times: z.int().min(1).optional(),
  /** By the cloud's clock; from then on it hits no more. */
  until: z.iso.datetime({ offset: true }).optional(),
  /** `before`: the call has no effect. `after`: it has, and its answer is lost. */
  effect: z.enum(["before", "after"]).default("before"),
  status: z.int().min(200).max(599).optional(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.unknown().optional(),
  delayInMs: z.number().min(0).max(600_000).default(0),
  /** Closes the connection instead of answering. */
  cut: z.boolean().default(false),
});
export type Fault = z.output<typeof faultSchema>;

/** A call as faults see it. `aim` is asked for only where a fault is aimed. */
export interface Struck {
  readonly service: string;
  readonly operation: string;
  readonly aim: () => Aim;
}

/** Another way in which a caller may name itself: as an application in one tenant. */
export interface Alias {
  readonly appId: string;
  readonly tenantId: string;
}

interface Planted {
  readonly id: number;
  readonly fault: Fault;
  readonly alias: Alias | undefined;
  seen: number;
}

/** A fault with neither status nor cut only delays. */
export function answers({ status, cut }: Fault): boolean {
  return cut || status !== undefined;
}

export interface Faults {
  /** The fault that hits this call, if any. Counts the call. */
  next(call: Struck): Fault | undefined;
  /** `alias`: who the fault's `caller` is besides, where that is an object id. */
  plant(fault: Fault, alias?: Alias): number;
  list(): readonly { readonly id: number; readonly fault: Fault; readonly seen: number }[];
  clear(): void;
}

/** Asked about every call that no planted fault hits. */
export type EveryCall = (call: Struck) => Fault | undefined;

export function faultBook(clock: Clock, everyCall: EveryCall = () => undefined): Faults {
  let planted: Planted[] = [];
  let lastId = 0;
  return {
    next: (call) => {
      const hits = planted
        .filter((entry) => isFor(entry, call))
        .filter((entry) => {
          entry.seen += 1;
          return isDue(entry, clock.now());
        });
      return hits[0]?.fault ?? everyCall(call);
    },
    plant: (fault, alias) => {
      lastId += 1;
      planted.push({ id: lastId, fault, alias, seen: 0 });
      return lastId;
    },
    list: () => planted.map(({ id, fault, seen }) => ({ id, fault, seen })),
    clear: () => {
      planted = [];
    },
  };
}

function isFor({ fault, alias }: Planted, { service, operation, aim }: Struck): boolean {
  if (!matches(fault.service, service) || !matches(fault.operation, operation)) return false;
  const { tenantId, resource, caller } = fault;
  if (tenantId !== undefined && !aim().tenantIds.includes(tenantId.toLowerCase())) return false;
  if (resource !== undefined && !isWithin(resource, aim().resource)) return false;
  return caller === undefined || isOf(caller, alias, aim());
}

function isDue({ fault: { nth, times, until }, seen }: Planted, now: number): boolean {
  if (seen < nth) return false;
  if (until !== undefined && now >= Date.parse(until)) return false;
  const most = times ?? (until === undefined ? 1 : Infinity);
  return seen < nth + most;
}

function isWithin(outer: string, inner: string | undefined): boolean {
  const [above, below] = [outer.toLowerCase().replace(/\/+$/, ""), inner?.toLowerCase()];
  return below !== undefined && (below === above || below.startsWith(`${above}/`));
}

function isOf(caller: string, alias: Alias | undefined, { callers, tenantIds }: Aim): boolean {
  if (callers.includes(caller.toLowerCase())) return true;
  return alias !== undefined && callers.includes(alias.appId) && tenantIds.includes(alias.tenantId);
}

function matches(pattern: string, text: string): boolean {
  if (pattern.endsWith("*")) return text.startsWith(pattern.slice(0, -1));
  return pattern === text;
}
