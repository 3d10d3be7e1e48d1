import { randomUUID } from "node:crypto";
import { z } from "zod";
import { consistencySchema } from "../consistency/replicas.ts";
import type { Reply, Route } from "../kit/contract.ts";
import { limitsSchema } from "../limits/limits.ts";
import { ok, problem, withBody } from "../kit/answers.ts";
import type { ControlOptions } from "./options.ts";

const advanceSchema = z.strictObject({
  advanceInSeconds: z.coerce
    .number()
    .min(0)
    .max(10 * 365 * 86_400),
});

/** Time, consistency, limits, and moments to come back to. */
export function worldRoutes(options: ControlOptions): Route[] {
  return [...clockRoutes(options), ...settingRoutes(options), ...snapshotRoutes(options)];
}

function clockRoutes({ around: { clock } }: ControlOptions): Route[] {
  const shown = (): Reply =>
    ok({ now: new Date(clock.now()).toISOString(), aheadInSeconds: Math.round(clock.aheadInMs() / 1000) });
  return [
    { method: "GET", path: "/control/clock", operation: "Clock", handle: shown },
    {
      method: "POST",
      path: "/control/clock",
      operation: "AdvanceClock",
      handle: (call) =>
        withBody(call, advanceSchema, async ({ advanceInSeconds }) => {
          await clock.advance(advanceInSeconds * 1000);
          return shown();
        }),
    },
  ];
}

function settingRoutes({ replicas, limits }: ControlOptions): Route[] {
  return [
    {
      method: "PUT",
      path: "/control/consistency",
      operation: "SetConsistency",
      handle: (call) => withBody(call, consistencySchema, (change) => ok(replicas.configure(change))),
    },
    {
      method: "PUT",
      path: "/control/limits",
      operation: "SetLimits",
      handle: (call) => withBody(call, limitsSchema, (change) => ok(limits.configure(change))),
    },
  ];
}

/** Kept in memory, like everything here. */
function snapshotRoutes({ tenants, vaults, resources, replicas }: ControlOptions): Route[] {
  const kept = new Map<string, readonly (() => void)[]>();
  return [
    {
      method: "POST",
      path: "/control/snapshots",
      operation: "Snapshot",
      handle: () => {
        const ofResources = resources.snapshot();
        if (!ofResources) return problem(409, "an operation of a cluster is under way; wait for its end");
        const id = randomUUID();
        kept.set(id, [tenants.snapshot(), vaults.snapshot(), ofResources]);
        return { status: 201, body: { id } };
      },
    },
    {
      method: "POST",
      path: "/control/snapshots/:id/restore",
      operation: "Restore",
      handle: ({ params: { id = "" } }) => {
        const parts = kept.get(id);
        if (!parts) return problem(404, `no snapshot ${id}`);
        for (const putBack of parts) putBack();
        replicas.settle();
        return { status: 204 };
      },
    },
    {
      method: "DELETE",
      path: "/control/snapshots/:id",
      operation: "ForgetSnapshot",
      handle: ({ params: { id = "" } }) => (kept.delete(id) ? { status: 204 } : problem(404, `no snapshot ${id}`)),
    },
  ];
}
