/** Which passwords of a pull identity are ours. Pure. Nothing is ever removed that is not proved ours here. */
import { names } from "./ids.ts";
import { keptSecrets, type AddingSecret, type PullIdentity } from "./pullIdentity.ts";
import { secondsBetween, type Instant } from "./time.ts";

/** A password as the directory lists it, without its value. */
export type Password = {
  /** In lower case. */
  readonly keyId: string;
  /** "": it has none. */
  readonly displayName: string;
  /** When it was added, by the directory's clock, unless whoever added it asked for another start. */
  readonly startsAt: Instant | null;
  readonly expiresAt: Instant;
};

/** A password of ours is made within this time of its intent: a call ends within a minute, and clocks differ a little. */
const makingInSeconds = 300;
/** An orphan may be of somebody whom a replica has not shown us yet: it is left alone for so long. */
const orphanInSeconds = 3600;

/** Does the row say that it is ours? */
function isOnRow(identity: PullIdentity, { keyId }: Password): boolean {
  return keptSecrets(identity).some((secret) => secret.keyId.toLowerCase() === keyId);
}

/**
 * Made for an intent that nobody has settled, and its value perhaps lost: it bears the intent's name, or none, was not there
 * before, and is as old as the intent. A new one with another name is somebody else's.
 */
export function isOfIntent(identity: PullIdentity, password: Password): boolean {
  return (
    !isOnRow(identity, password) &&
    identity.secrets.some((secret) => secret.state === "adding" && isMadeFor(secret, password))
  );
}

function isMadeFor({ by, since, seen }: AddingSecret, { keyId, displayName, startsAt }: Password): boolean {
  if (displayName === names.password(by)) return true;
  const isNew = seen !== null && !seen.includes(keyId);
  return (
    displayName === "" && isNew && startsAt !== null && Math.abs(secondsBetween(since, startsAt)) <= makingInSeconds
  );
}

/** Of our kind of name, and neither the row nor an intent knows it. */
export function isOrphan(identity: PullIdentity, password: Password): boolean {
  return password.displayName.startsWith(names.password("")) && !isKnown(identity, password);
}

function isKnown(identity: PullIdentity, password: Password): boolean {
  return isOnRow(identity, password) || isOfIntent(identity, password);
}

/** Orphans that this operation made itself, or that are old enough to be nobody's. `at`: by the directory's clock. */
export function isToSweep(identity: PullIdentity, password: Password, operationId: string, at: Instant): boolean {
  if (!isOrphan(identity, password)) return false;
  const { displayName, startsAt } = password;
  const isOld = startsAt !== null && secondsBetween(startsAt, at) > orphanInSeconds;
  return displayName === names.password(operationId) || isOld;
}

/** A password of somebody else: listed and told, never removed, never counted. */
export function isForeign(identity: PullIdentity, password: Password): boolean {
  return !isKnown(identity, password) && !isOrphan(identity, password);
}
