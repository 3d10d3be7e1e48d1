/** Every activity there is; `src/functions/app.ts` registers them all, and orchestrators can call no other. */
import type { AsksDurable } from "../durable/register.ts";
import type { Activity } from "../durable/calls.ts";
import { addSecret } from "./addSecret.ts";
import { carryOverRoles } from "./carryOverRoles.ts";
import { claimCluster, releaseCluster } from "./claimCluster.ts";
import { confirmCluster } from "./confirmCluster.ts";
import { ensureIdentity } from "./ensureIdentity.ts";
import { followClusterUpdate, recordUpdate } from "./followClusterUpdate.ts";
import { grantPull } from "./grantPull.ts";
import { rejectSecret, removeSecrets, useSecret } from "./judgeSecrets.ts";
import { endCancel, lookAtOperation, recordProgress } from "./operationRow.ts";
import { prepareConsent } from "./prepareConsent.ts";
import { probeConsent } from "./probeConsent.ts";
import { proveRefusal } from "./proveRefusal.ts";
import { proveAtHome } from "./proveAtHome.ts";
import { proveLink } from "./proveLink.ts";
import { proveHomePull } from "./proveHomePull.ts";
import { provePull } from "./provePull.ts";
import { readRotation } from "./readRotation.ts";
import { recordRemoval } from "./recordRemoval.ts";
import { recordRotation } from "./recordRotation.ts";
import { giveUpSecret, lookAtRemoved, removePasswords } from "./retireSecrets.ts";
import { readRolesPlan } from "./readRolesPlan.ts";
import { recordEnding } from "./recordEnding.ts";
import { startClusterUpdate } from "./startClusterUpdate.ts";
import { beginRotations, findDue, recordSweep } from "./sweep.ts";
import { takeLink } from "./takeLink.ts";
import { takeTurns } from "./takeTurns.ts";
import { removeIdentityIfUnused, revokeGrant } from "./withdrawLink.ts";
import type { World } from "./world.ts";

export const activities = [
  addSecret,
  beginRotations,
  carryOverRoles,
  claimCluster,
  confirmCluster,
  endCancel,
  ensureIdentity,
  findDue,
  followClusterUpdate,
  giveUpSecret,
  grantPull,
  lookAtOperation,
  lookAtRemoved,
  prepareConsent,
  probeConsent,
  proveAtHome,
  proveHomePull,
  proveLink,
  provePull,
  proveRefusal,
  readRolesPlan,
  readRotation,
  recordEnding,
  recordProgress,
  recordRemoval,
  recordRotation,
  recordSweep,
  recordUpdate,
  rejectSecret,
  releaseCluster,
  removeIdentityIfUnused,
  removePasswords,
  removeSecrets,
  revokeGrant,
  startClusterUpdate,
  takeLink,
  takeTurns,
  useSecret,
] as const satisfies readonly Activity<never, unknown, World & AsksDurable>[];

export type RegisteredName = (typeof activities)[number]["name"];
