import { Refusal } from "../armKit/refusal.ts";
import { inClockMs } from "../kit/clock.ts";
import type { Clock, Directory, SignIn, Timings } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";
import type { Cluster, Credential } from "./store.ts";

export interface ValidityNeeds {
  readonly directory: Directory;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly life: Life;
  /** What was there at this time is known everywhere. */
  readonly settledAt: () => number;
}

/** `laterInvalid`: accepted, but the update ends with it before a node has the credential. */
export type Validity =
  | { readonly outcome: "valid" }
  | { readonly outcome: "laterInvalid"; readonly message: string }
  | {
      readonly outcome: "refused";
      readonly code: "BadRequest" | "ServicePrincipalValidationClientError" | "ServicePrincipalNotFound";
      readonly message: string;
    };

/** What AKS finds when it signs in with what it was given, before it touches a node. */
export function validityOf(cluster: Cluster, credential: Credential, needs: ValidityNeeds): Validity {
  const { directory, life } = needs;
  const signIn = directory.signIn(cluster.tenantId, credential.clientId, credential.secret);
  if (signIn.outcome === "ok") return validityOfYoung(cluster, credential, needs);
  const key = `${cluster.id.toLowerCase()}/${cluster.updates}/wrong`;
  const isOther = life.on("credentialValidation") && life.chance("credentialValidation", key) < 1 / 3;
  if (isOther) life.strike("credentialValidation");
  const code = isOther ? "ServicePrincipalValidationClientError" : "BadRequest";
  return { outcome: "refused", code, message: wordsOf(signIn) };
}

/** So long at most the replicas AKS asks do not know a new principal. */
const longestLagInSeconds = 600;
const shareLagging = 0.5;

/** Half of the new principals are unknown for a while, to each cluster in its own way. */
function validityOfYoung(cluster: Cluster, { clientId }: Credential, needs: ValidityNeeds): Validity {
  const { directory, clock, timings, life, settledAt } = needs;
  const name = "credentialValidation";
  const key = `${cluster.id.toLowerCase()}/${clientId.toLowerCase()}`;
  const since = directory.principalOf(cluster.tenantId, clientId)?.since ?? 0;
  const lagInMs = inClockMs(timings, life.chance(name, `${key}/for`) * longestLagInSeconds);
  const isYoung = since > settledAt() && clock.now() < since + lagInMs;
  if (!life.on(name) || !isYoung || life.chance(name, key) >= shareLagging) return { outcome: "valid" };
  life.strike(name);
  const how = life.chance(name, `${key}/how`);
  const message = unknownWords(cluster, clientId);
  if (how < 1 / 3) return { outcome: "refused", code: "ServicePrincipalNotFound", message };
  if (how < 2 / 3) return { outcome: "refused", code: "ServicePrincipalValidationClientError", message };
  return { outcome: "laterInvalid", message };
}

export function refuseInvalid(validity: Validity): void {
  if (validity.outcome === "refused") throw new Refusal(validity.code, validity.message);
}

function wordsOf({ aadsts, error, message }: Extract<SignIn, { outcome: "refused" }>): string {
  const body = JSON.stringify({ error, error_description: message, error_codes: [aadsts] });
  return `The credentials in ServicePrincipalProfile were invalid. Please see https://aka.ms/aks-sp-help for more details. (Details: adal: Refresh request failed. Status Code = '${error === "invalid_client" ? 401 : 400}'. Response body: ${body})`;
}

function unknownWords({ tenantId }: Cluster, clientId: string): string {
  return `Service principal clientID: ${clientId} not found in Active Directory tenant ${tenantId}. Please see https://aka.ms/aks-sp-help for more details.`;
}
