import { z } from "zod";
import { coverageDocument, coverageOf } from "../offers/table.ts";
import { decideConsent } from "../entra/consent.ts";
import type { Call, Route, Service } from "../kit/contract.ts";
import { faultSchema } from "../kit/faults.ts";
import { ok, problem, withBody } from "../kit/answers.ts";
import { overviewPage } from "./overview.ts";
import { directoryDump } from "./dump.ts";
import type { ControlOptions } from "./options.ts";
import { lifeRoutes } from "./life.ts";
import { worldRoutes } from "./world.ts";

/** Plain HTTP on 127.0.0.1: what tests and people need and Azure does not have. See README.md. */
export function createControl(options: ControlOptions): Service {
  return {
    name: "control",
    routes: [
      ...pages(options),
      ...callRoutes(options),
      ...changes(options),
      ...worldRoutes(options),
      ...lifeRoutes(options.life),
      ...options.resources.controlRoutes,
    ],
    authenticate: async (call) => (isLocal(call) ? call : problem(403, "only for callers on this machine")),
    bodyLimitInBytes: 1024 * 1024,
    unknown: ({ method, url }) => problem(404, `nothing here answers ${method} ${url.pathname}; see GET /`),
    broken: () => problem(500, "a defect of the simulator; its log says more"),
  };
}

function pages(options: ControlOptions): Route[] {
  const { estate, tenants, vaults, resources, around, timings, replicas, limits, life } = options;
  const state = (): object => ({
    entra: directoryDump(tenants, replicas, life),
    vault: vaults.dump()[0],
    vaults: vaults.dump(),
    arm: resources.dump(),
    callerAddress: estate.callerAddress,
    timings,
    consistency: replicas.settings(),
    limits: limits.settings(),
    faults: around.faults.list(),
  });
  return [
    { method: "GET", path: "/", operation: "Overview", handle: () => overviewPage(options) },
    { method: "GET", path: "/control/state", operation: "State", handle: () => ok(state()) },
  ];
}

function callRoutes({ around, truths, tenants }: ControlOptions): Route[] {
  const { calls, faults } = around;
  return [
    {
      method: "GET",
      path: "/control/calls",
      operation: "Calls",
      handle: () => ok({ counts: calls.counts(), byCaller: calls.countsByCaller(), last: calls.last() }),
    },
    {
      method: "DELETE",
      path: "/control/calls",
      operation: "ForgetCalls",
      handle: () => {
        calls.clear();
        return { status: 204 };
      },
    },
    {
      method: "GET",
      path: "/control/offers",
      operation: "Offers",
      handle: (call) => {
        const covered = coverageOf(calls.offers(), truths);
        if (call.query("format") !== "markdown") return ok(covered);
        const headers = { "content-type": "text/markdown; charset=utf-8" };
        return { status: 200, headers, body: coverageDocument(covered) };
      },
    },
    {
      method: "GET",
      path: "/control/faults",
      operation: "Faults",
      handle: () => ok(faults.list()),
    },
    {
      method: "POST",
      path: "/control/faults",
      operation: "PlantFault",
      handle: (call) =>
        withBody(call, faultSchema, (fault) => {
          // A password names an application and no principal.
          const principal = fault.caller === undefined ? undefined : tenants.principalById(fault.caller);
          return { status: 201, body: { id: faults.plant(fault, principal) } };
        }),
    },
    {
      method: "DELETE",
      path: "/control/faults",
      operation: "ClearFaults",
      handle: () => {
        faults.clear();
        return { status: 204 };
      },
    },
  ];
}

const consentSchema = z.strictObject({
  tenantId: z.string().min(1),
  clientId: z.string().min(1),
  accept: z.union([z.boolean(), z.stringbool()]).default(true),
});
const seconds = z.number().min(0).max(1_000_000);
const timingsSchema = z.strictObject({
  speed: z.number().positive().optional(),
  reimagePerNodeInSeconds: seconds.optional(),
  rolePropagationInSeconds: seconds.optional(),
  secretReplicationInSeconds: seconds.optional(),
  principalReplicationInSeconds: seconds.optional(),
});
const nextPasswordSchema = z
  .strictObject({
    value: z.string().min(16).max(64).optional(),
    displayName: z.string().max(120).nullable().optional(),
    endDateTime: z.iso.datetime({ offset: true }).optional(),
  })
  .refine((planted) => Object.keys(planted).length > 0, "value, displayName or endDateTime has to be given");

function changes(options: ControlOptions): Route[] {
  const { timings, tenants, graph, vaults, resources, around, life, replicas } = options;
  return [
    {
      method: "POST",
      path: "/control/consent",
      operation: "Consent",
      handle: (call) =>
        withBody(call, consentSchema, ({ tenantId, clientId, accept }) => {
          const decided = decideConsent(tenants, tenantId, clientId, accept);
          return "outcome" in decided ? problem(400, decided.message) : ok(decided);
        }),
    },
    {
      method: "PUT",
      path: "/control/timings",
      operation: "SetTimings",
      handle: (call) => withBody(call, timingsSchema, (given) => ok(Object.assign(timings, given))),
    },
    {
      method: "POST",
      path: "/control/next-password",
      operation: "NextPassword",
      handle: (call) =>
        withBody(call, nextPasswordSchema, (planted) => {
          graph.nextPassword(planted);
          return { status: 204 };
        }),
    },
    {
      method: "POST",
      path: "/control/reset",
      operation: "Reset",
      handle: () => {
        around.faults.clear();
        around.calls.clear();
        life.forgetStrikes();
        for (const part of [tenants, graph, vaults, resources]) part.reset();
        replicas.settle();
        return { status: 204 };
      },
    },
  ];
}

/** A page elsewhere that names this address (DNS rebinding) or posts to it from a browser is turned away. */
function isLocal(call: Call): boolean {
  const host = call.header("host")?.replace(/:\d+$/, "");
  const origin = call.header("origin");
  const names = ["127.0.0.1", "localhost"];
  return names.includes(host ?? "") && (origin === undefined || names.includes(URL.parse(origin)?.hostname ?? ""));
}
