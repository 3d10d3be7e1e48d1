/** One run for each way through the runbook; their histories stand beside this file. */
import type { OnboardInput } from "../../src/domain/onboarding.ts";
import type { RotateInput } from "../../src/domain/rotation.ts";
import { standardWaits } from "../../src/domain/waits.ts";
import type { Orchestrator } from "../../src/durable/calls.ts";
import { offboardLink } from "../../src/orchestrators/offboardLink.ts";
import { onboardLink } from "../../src/orchestrators/onboardLink.ts";
import { rotateCluster } from "../../src/orchestrators/rotateCluster.ts";
import { rotateScope } from "../../src/orchestrators/rotateScope.ts";
import { offboard, removalWorld, seenRefused, stillPulls, taken } from "../orchestrators/removalWorld.ts";
import { replay, type Run, type World } from "../orchestrators/replay.ts";
import { hurriedFrom, missing, proved, rotate, rotationWorld, type Pull } from "../orchestrators/rotationWorld.ts";
import { scopeInput, turnsOf } from "../orchestrators/scopeWorld.ts";
import {
  cancelledAfter,
  first,
  granted,
  noPrincipal,
  onboard,
  proof,
  quiet,
  secret,
  world,
} from "../orchestrators/world.ts";

export type Path = {
  readonly orchestrator: Orchestrator<never, unknown>;
  readonly run: () => Promise<Run<unknown>>;
};

const waits = { ...standardWaits, secretProofs: 2 };
const problem = { code: "CP-REGISTRY-FORBIDDEN", title: "t", detail: "d", remedy: "r" };
const path = (given: World, changes: Partial<OnboardInput> = {}): Path => ({
  orchestrator: onboardLink,
  run: () => onboard({ waits, ...changes }, given),
});
const rotated = (given: World, changes: Partial<RotateInput> = {}): Path => ({
  orchestrator: rotateCluster,
  run: () => rotate(changes, given),
});
const removed = (given: World): Path => ({ orchestrator: offboardLink, run: () => offboard(given) });
const onlyOldPulls = ({ secret: { version } }: Pull) => (version === "v1" ? proved : missing);
const onlySecondPulls = ({ linkId }: Pull) => (linkId === "11-link" ? missing : proved);
const inTurn = (): Path => ({
  orchestrator: rotateScope,
  run: () => replay(rotateScope, scopeInput, { activities: { takeTurns: turnsOf(900).take } }),
});
const keptByCluster = { outcome: "kept", by: "cluster", detail: "the cluster reports it" };
const cancelled = (seconds: number, changes: World["activities"] = {}): Path => {
  const { activities, events } = cancelledAfter(seconds);
  return path(world({ ...changes, ...activities }, { events }));
};
const second = { ...secret, version: "v2", keyId: "k2", createdAt: "2026-01-01T00:31:00.000Z" };
const credential = (one: typeof secret) => ({ outcome: "ready", appId: "app", secret: one });
const failed = { outcome: "failed", detail: "half of the nodes" };
const plan = {
  outcome: "planned",
  from: "old",
  copies: [{ assignmentId: "/a", scope: "/s", roleDefinitionId: "r", condition: null }],
  homeRegistries: [{ id: "/registries/home", rights: [{ mode: "legacy", condition: null }] }],
  left: 1,
};

export const paths: Readonly<Record<string, Path>> = {
  ready: path(world()),
  readyAfterConsent: path(
    world({ probeConsent: first(30, noPrincipal, granted) }, { events: [{ after: 4, name: "consentAnswered" }] }),
  ),
  readyInWindow: path(world({ readRolesPlan: () => plan }), {
    maintenanceWindow: { zone: "Europe/Paris", days: [6], startMinute: 60, endMinute: 300 },
  }),
  readyAfterOutage: path(
    world({
      grantPull: (_input, call) =>
        call < 3
          ? { trouble: "transient", message: "no answer", retryAfterInSeconds: call * 40 }
          : world().activities["grantPull"]?.(_input, call, new Date(0)),
      ensureIdentity: (_input, call, at) =>
        call < 2
          ? { trouble: "transient", message: "no answer", retryAfterInSeconds: null }
          : world().activities["ensureIdentity"]?.(_input, call, at),
    }),
  ),
  readyAfterBusyCluster: path(
    world({
      claimCluster: first(2, { outcome: "busy", holder: "other" }, { outcome: "claimed" }),
      startClusterUpdate: first(2, { outcome: "busy", detail: "Upgrading" }, { outcome: "held" }),
    }),
  ),
  readyWithReplacedSecret: path(
    world({
      addSecret: (_input: never, call: number) => credential(call < 2 ? secret : second),
      startClusterUpdate: first(1, { outcome: "secretRefused", detail: "AADSTS7000215" }, { outcome: "held" }),
    }),
  ),
  readyAfterFailedUpdate: path(world({ followClusterUpdate: first(1, failed, { outcome: "succeeded" }) })),
  readyAfterLongUpdate: path(
    world({
      followClusterUpdate: first(30, { outcome: "running", detail: "AKS re-images" }, { outcome: "succeeded" }),
    }),
  ),
  readyAfterSecretLostAtTheEnd: path(
    world({
      addSecret: (_input: never, call: number) => credential(call < 2 ? secret : second),
      provePull: (_input: never, call: number) =>
        call === 2 ? { outcome: "secretLost", detail: "gone" } : { outcome: "proved", proof },
    }),
  ),
  cancelledInConsent: cancelled(20, { probeConsent: () => noPrincipal }),
  cancelledAtRest: cancelled(1000),
  cancelledAtThePointOfNoReturn: path(world({ startClusterUpdate: () => ({ outcome: "cancelled" }) })),
  expired: path(world({ probeConsent: () => noPrincipal }), { waits: { ...waits, consentDeadlineInSeconds: 900 } }),
  declined: path(
    world({ probeConsent: () => noPrincipal, lookAtOperation: () => ({ ...quiet, declined: "declined" }) }),
    {
      waits: { ...waits, consentDeadlineInSeconds: 60 },
    },
  ),
  refused: path(world({ grantPull: () => ({ outcome: "refused", problem }) })),
  superseded: path(world({ grantPull: () => ({ trouble: "superseded", message: "the link names operation x" }) })),
  updateFailed: path(world({ followClusterUpdate: () => failed })),
  rotated: rotated(rotationWorld()),
  rotatedAfterLeak: rotated(rotationWorld(), { reason: "leak" }),
  rotatedInWindow: rotated(rotationWorld(), { window: { zone: "UTC", days: [0], startMinute: 60, endMinute: 180 } }),
  rotatedWithDeadLink: rotated(rotationWorld({ proveLink: onlySecondPulls })),
  rotatedWithoutGraceOnceLeaked: rotated(rotationWorld(hurriedFrom(7200).activities, hurriedFrom(7200))),
  rotatedInTurn: inTurn(),
  rotationGivenUp: rotated(rotationWorld({ proveLink: onlyOldPulls })),
  removed: removed(removalWorld({ proveRefusal: first(2, stillPulls, seenRefused) })),
  removedAfterCancel: removed(
    removalWorld({ takeLink: first(2, { outcome: "notYet", detail: "cancelled first" }, taken) }),
  ),
  removedWithoutRole: removed(removalWorld({ takeLink: () => ({ ...taken, appId: null, grant: null }) })),
  removedButForTheIdentity: removed(
    removalWorld({ removeIdentityIfUnused: first(1, { outcome: "notYet", detail: "still listed" }, keptByCluster) }),
  ),
  neverRefused: removed(removalWorld({ proveRefusal: () => stillPulls })),
  nothingToRotate: rotated(rotationWorld({ readRotation: () => ({ outcome: "nothing" }) })),
};
