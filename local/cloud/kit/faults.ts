import { z } from "zod";

/** One planned misbehaviour. `service` and `operation` may be `*`; `registry:*` means every registry. */
export const faultSchema = z.strictObject({
  service: z.string().min(1),
  operation: z.string().min(1).default("*"),
  /** The first call it hits, counted from when it was planted; 1 is the next one. */
  nth: z.int().min(1).default(1),
  /** How many calls it hits from there on. */
  times: z.int().min(1).default(1),
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

interface Planted {
  readonly id: number;
  readonly fault: Fault;
  seen: number;
}

/** A fault with neither status nor cut only delays. */
export function answers({ status, cut }: Fault): boolean {
  return cut || status !== undefined;
}

export interface Faults {
  /** The fault that hits this call, if any. Counts the call. */
  next(service: string, operation: string): Fault | undefined;
  plant(fault: Fault): number;
  list(): readonly { readonly id: number; readonly fault: Fault; readonly seen: number }[];
  clear(): void;
}

export function faultBook(): Faults {
  let planted: Planted[] = [];
  let lastId = 0;
  return {
    next: (service, operation) => {
      const hits = planted
        .filter(({ fault }) => matches(fault.service, service) && matches(fault.operation, operation))
        .filter((entry) => {
          entry.seen += 1;
          return entry.seen >= entry.fault.nth && entry.seen < entry.fault.nth + entry.fault.times;
        });
      return hits[0]?.fault;
    },
    plant: (fault) => {
      lastId += 1;
      planted.push({ id: lastId, fault, seen: 0 });
      return lastId;
    },
    list: () => planted,
    clear: () => {
      planted = [];
    },
  };
}

function matches(pattern: string, text: string): boolean {
  if (pattern.endsWith("*")) return text.startsWith(pattern.slice(0, -1));
  return pattern === text;
}
