import type { OnboardInput, OnboardOutput } from "../../src/domain/onboarding.ts";
import type { Step } from "../../src/domain/operation.ts";
import { standardWaits } from "../../src/domain/waits.ts";
import { onboardLink } from "../../src/orchestrators/onboardLink.ts";
import { replay, type Run, type World } from "./replay.ts";

export const born = "2026-01-01T00:00:00.000Z";
const bornAt = Date.parse(born);

export const input: OnboardInput = {
  operationId: "0f-op",
  linkId: "0f-link",
  clusterKey: "0f-key",
  route: "servicePrincipal",
  request: {
    cluster: "/cluster",
    registry: "/registry",
    clusterTenantId: "tenant-a",
    registryTenantId: "tenant-b",
    repositories: [],
    image: "team/app:v1",
    acceptLost: [],
    acceptOldApplication: null,
  },
  preflight: { startedAt: born, finishedAt: born, summary: "10 checks" },
  waits: { ...standardWaits, secretProofs: 3 },
  maintenanceWindow: null,
  notProved: [],
};

export const secret = {
  name: "pull-key",
  version: "v1",
  keyId: "k1",
  createdAt: born,
  expiresAt: "2026-06-30T00:00:00.000Z",
};
export const proof = {
  provedAt: born,
  from: "crosspull",
  image: "team/app:v1",
  digest: "sha256:d",
  blobHost: "blobs",
  methods: ["kubeletBasicAuth"],
  stages: ["entraToken"],
  notProved: [],
} as const;
export const quiet = { cancel: false, isOver: false, answered: null, declined: null, acceptedAt: null };
export const granted = { outcome: "granted", principalId: "sp-b" };
export const noPrincipal = { outcome: "notYet", detail: "AADSTS700016" };

type Activities = World["activities"];

/** AKS accepts the update that it was asked for. */
export function startedWith({ version }: { readonly version: string }, at: Date) {
  return { outcome: "started", version, operation: "{}", since: at.toISOString() };
}

/** A world in which everything works at once, but for what a test changes. */
export function world(changes: Activities = {}, more: Omit<World, "activities"> = {}): World {
  return {
    ...more,
    activities: {
      lookAtOperation: () => quiet,
      endCancel: () => ({ cancelled: false }),
      claimCluster: () => ({ outcome: "claimed" }),
      releaseCluster: () => null,
      ensureIdentity: () => ({ outcome: "ready", appId: "app", principalId: "sp-a", createdAt: born }),
      addSecret: () => ({ outcome: "ready", appId: "app", secret }),
      useSecret: () => null,
      rejectSecret: () => null,
      removeSecrets: () => ({ outcome: "removed" }),
      probeConsent: () => granted,
      prepareConsent: () => ({ url: "https://consent" }),
      recordProgress: () => null,
      grantPull: () => ({
        outcome: "granted",
        wider: null,
        grant: { assignmentId: "a", principalId: "sp-b", role: "AcrPull", condition: null, ours: true },
        loginServer: "r.azurecr.io",
      }),
      provePull: () => ({ outcome: "proved", proof }),
      readRolesPlan: () => ({ outcome: "planned", from: "old", copies: [], homeRegistries: [], left: 0 }),
      carryOverRoles: () => ({ outcome: "copied" }),
      proveHomePull: () => ({ outcome: "proved" }),
      startClusterUpdate: (asked, _call, at) => startedWith(asked, at),
      followClusterUpdate: () => ({ outcome: "succeeded" }),
      recordUpdate: () => null,
      confirmCluster: () => ({ outcome: "confirmed" }),
      revokeGrant: () => ({ outcome: "removed" }),
      removeIdentityIfUnused: () => ({ outcome: "removed" }),
      recordEnding: () => null,
      ...changes,
    },
  };
}

/** A person cancels `seconds` after the start: the row says so first, then an event wakes. */
export function cancelledAfter(seconds: number): { activities: Activities; events: NonNullable<World["events"]> } {
  return {
    activities: {
      lookAtOperation: (_input, _call, at) => ({ ...quiet, cancel: at.getTime() >= bornAt + seconds * 1000 }),
    },
    events: [{ after: seconds, name: "cancelRequested" }],
  };
}

/** The first `calls` answers, then another one. */
export const first = (calls: number, answer: unknown, then: unknown) => (_input: never, call: number) =>
  call < calls ? answer : then;

/** Of every run that is over no step is told as running, and of one that ended well each as done, over however many histories. */
export async function onboard(changes: Partial<OnboardInput>, given: World): Promise<Run<OnboardOutput>> {
  const run = await replay(onboardLink, { ...input, ...changes }, given);
  const open = run.output.state === "ended" ? ["pending", "running"] : ["running"];
  const record = run.inputs.find(({ name }) => name === "recordEnding");
  if (record) expect(ending(run).steps.filter(({ state }) => open.includes(state))).toEqual([]);
  return run;
}

export function callsOf(run: Run<OnboardOutput>, name: string): readonly string[] {
  return run.calls.filter((call) => call.startsWith(`${name}(`));
}

/** Seconds after the start at which an activity was asked, each time. */
export function timesOf(run: Run<OnboardOutput>, name: string): readonly number[] {
  return callsOf(run, name).map((call) => Number(call.slice(name.length + 1, -1)));
}

/** What happened to the world, without the looks at the operation's own row. */
export function acts(run: Run<OnboardOutput>): readonly string[] {
  return run.calls.filter((call) => !/^(lookAtOperation|claimCluster|releaseCluster)\(/.test(call));
}

export function ending(run: Run<OnboardOutput>): { readonly state: string; readonly steps: readonly Step[] } {
  const record = run.inputs.find(({ name }) => name === "recordEnding")?.input;
  return record as { state: string; steps: Step[] };
}
