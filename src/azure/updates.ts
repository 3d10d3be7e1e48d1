import type { UpdateProgress, UpdateStarted } from "./clients.ts";
import { aadstsIn, failureFrom, isDenied, isForbidden, refused, type Failure } from "./errors.ts";
import type { RestAnswer } from "./rest.ts";

/** AKS could not sign in with the secret: wrong, too young for the replica it asked, or expired. */
const secretCodes = new Set(["AADSTS7000215", "AADSTS7000222"]);
/** AKS, or the directory it asked, does not know the application or its service principal (yet). */
const principalCodes = new Set(["AADSTS700016", "AADSTS7000229", "ServicePrincipalNotFound", "PrincipalNotFound"]);
const principalNoun = String.raw`\b(?:service ?principal|principal|client(?!'s| certificate| secret)|application with identifier)\b`;
/** The same said in words, under a code that may mean anything: it "was not found", or somebody "cannot find" it. */
const principalWords = new RegExp(
  String.raw`${principalNoun}.{0,120}(?:not|n['’]t) (?:yet )?(?:be )?(?:found|located|exist|present|available)\b` +
    String.raw`|\b(?:cannot|can['’]t|could not|couldn['’]t|unable to|failed to) (?:find|locate|resolve) (?:the |a )?${principalNoun}` +
    String.raw`|\bno ${principalNoun}.{0,60}\b(?:found|exists?)\b|${principalNoun}.{0,80}\bis missing (?:in|from)\b`,
  "i",
);
/** Another operation runs, or the cluster is between two states. Everything else that is 409 needs a person. */
const busyCodes = /InProgress|Preempted|ConflictingOperation|ConcurrentOperation|EtagMismatch|HeavyUsage/i;
const busyWords =
  /another operation|operation .{0,60}(in progress|is running)|in progress|preempted|provisioning state\W+(creating|updating|upgrading|scaling|starting|deleting|reconcilingclusteretcdcertificates|rotating\w*)|currently being/i;
/** What AKS is short of while others use it. */
const shortageWords =
  /quota|SubnetIsFull|InsufficientSubnetSize|PodDrainFailure|AllocationFailed|AllocationRequest|sufficient .{0,20}capacity/i;
/** We lack the right, on the cluster or on what it names; policies and deny assignments have codes of their own. */
const rightsCodes = /^(Linked)?AuthorizationFailed$/;
const stoppedWords = /\bstopped\b|power state|deallocated/i;

/** Why AKS did not take the update; undefined for what nobody foresaw. */
export function startRefusal(failure: Failure): UpdateStarted | undefined {
  const { status, code } = failure;
  if (status < 400) return undefined;
  if (isForbidden(failure) && rightsCodes.test(code) && !isDenied(failure)) return refused("forbidden", failure);
  const byCredential = credentialRefusal(failure);
  if (byCredential) return byCredential;
  if (code === "ScopeLocked" || failure.cause === "ScopeLocked") return refused("locked", failure);
  if (status === 409 && isBusy(failure)) return refused("busy", failure);
  if (shortageWords.test(`${code} ${failure.cause} ${failure.detail}`)) return refused("cannotNow", failure);
  return refused("refused", failure);
}

/** A stopped cluster answers 409 as a busy one does, but waiting does not start it; a quota or a budget likewise. */
function isBusy({ code, cause, detail }: Failure): boolean {
  if (stoppedWords.test(detail)) return false;
  return busyCodes.test(`${code} ${cause}`) || busyWords.test(detail);
}

type CredentialRefusal = Extract<UpdateStarted, { outcome: "credentialRefused" | "principalUnknown" }>;

function credentialRefusal({ code, cause, detail }: Failure): CredentialRefusal | undefined {
  const word = aadstsIn(detail);
  const known = [word, cause ?? undefined, code].filter((one) => one !== undefined);
  const secret = known.find((one) => secretCodes.has(one));
  if (secret) return refused("credentialRefused", { code: secret, detail });
  const principal = known.find((one) => principalCodes.has(one));
  if (principal) return refused("principalUnknown", { code: principal, detail });
  if (word === undefined && principalWords.test(detail)) return { outcome: "principalUnknown", code, detail };
  // AKS' own check of the credential. Without a number of Entra it may be either; a principal unknown heals by waiting.
  if (word !== undefined || !known.includes("ServicePrincipalValidationClientError")) return undefined;
  return { outcome: "principalUnknown", code: "ServicePrincipalValidationClientError", detail };
}

/** ARM did not understand the look itself. */
const lookCodes = new Set(["NoRegisteredProviderFound", "InvalidApiVersionParameter", "MissingApiVersionParameter"]);

type Monitor = { readonly status?: unknown; readonly error?: unknown; readonly properties?: Resource | null };
type Resource = { readonly provisioningState?: unknown; readonly error?: unknown };

/** What an operation's address says: a status monitor's body, the cluster itself, or the mere HTTP status of `operationresults`. */
export function progressOf({ status, body }: RestAnswer): UpdateProgress {
  const monitor = (typeof body === "object" && body !== null ? body : {}) as Monitor;
  const word = monitor.status ?? monitor.properties?.provisioningState;
  if (typeof word !== "string") return { outcome: status === 202 ? "running" : "succeeded" };
  const said = word.toLowerCase();
  // An error may stand there in any state (`NotLatestOperation`); only with these words is it why it ended.
  if (said === "succeeded") return { outcome: "succeeded" };
  if (said !== "failed" && said !== "canceled" && said !== "cancelled") return { outcome: "running" };
  const told = monitor.error ?? monitor.properties?.error;
  const error = typeof told === "string" ? { message: told } : told;
  const failure = failureFrom({ status: 400, body: { error }, headers: new Headers() });
  if (failure.code !== "HTTP 400") return failed(failure);
  return failed({ ...failure, code: "OperationFailed", detail: failure.detail === "HTTP 400" ? said : failure.detail });
}

function failed(failure: Failure): UpdateProgress {
  const { code, cause, detail } = failure;
  return credentialRefusal(failure) ?? refused("failed", { code: cause ?? code, detail });
}

/**
 * A look that was refused says nothing of the update: operations are forgotten, are not seen by every replica, and
 * rights come and go. Only `operationresults` answers a failed operation by 400 or 409 with its error.
 */
export function lostBy(failure: Failure): UpdateProgress | undefined {
  const { status, code, detail } = failure;
  if (status < 300) return undefined;
  const isLost = isForbidden(failure) || status === 404 || status === 410 || status < 400;
  const isWordless = /^HTTP \d+$/.test(code) || lookCodes.has(code);
  return isLost || isWordless ? { outcome: "lost", code, detail } : failed(failure);
}
