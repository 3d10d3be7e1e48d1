/** A rotation that goes well, and what may be different in it. */
import type { RotateInput, RotateOutput } from "../../src/domain/rotation.ts";
import { standardWaits } from "../../src/domain/waits.ts";
import { rotateCluster } from "../../src/orchestrators/rotateCluster.ts";
import { replay, type Run, type World } from "./replay.ts";
import { born, quiet, secret, world } from "./world.ts";

const input: RotateInput = {
  operationId: "0f-rotation",
  clusterKey: "0f-key",
  cluster: { id: "/cluster", tenantId: "tenant-a" },
  route: "servicePrincipal",
  reason: "asked",
  waits: { ...standardWaits, secretProofs: 3 },
  window: null,
};
export const old = { ...secret, version: "v1", keyId: "k1" };
const fresh = { ...secret, version: "v2", keyId: "k2" };
export const links = [
  { id: "11-link", tenantId: "tenant-b" },
  { id: "22-link", tenantId: "tenant-c" },
];
export const proved = { outcome: "proved", proof: {} };
export const missing = {
  outcome: "refused",
  problem: { code: "CP-PULL-REFUSED", title: "t", detail: "gone", remedy: "r" },
};
export type Pull = { readonly linkId: string; readonly secret: { readonly version: string } };

export function rotationWorld(changes: World["activities"] = {}, more: Omit<World, "activities"> = {}): World {
  return world(
    {
      readRotation: () => ({
        outcome: "found",
        appId: "app",
        createdAt: "2025-01-01T00:00:00.000Z",
        before: old,
        links,
        graceUntil: null,
      }),
      addSecret: () => ({ outcome: "ready", appId: "app", secret: fresh }),
      proveAtHome: () => proved,
      proveLink: () => proved,
      readRolesPlan: () => ({ outcome: "ours" }),
      removePasswords: () => ({ outcome: "removed", secrets: [old] }),
      lookAtRemoved: () => ({ outcome: "refused" }),
      giveUpSecret: () => null,
      recordRotation: () => null,
      ...changes,
    },
    more,
  );
}

/** A leak is told of so many seconds after the start: the row says so first, then an event wakes. */
export function hurriedFrom(seconds: number) {
  const lookAtOperation = (_input: never, _call: number, at: Date) =>
    at.getTime() >= new Date(born).getTime() + seconds * 1000 ? { ...quiet, isHurried: true } : quiet;
  return { activities: { lookAtOperation }, events: [{ after: seconds, name: "cancelRequested" }] };
}

export const rotate = (changes: Partial<RotateInput>, given: World): Promise<Run<RotateOutput>> =>
  replay(rotateCluster, { ...input, ...changes }, given);
