import { Refusal } from "../armKit/refusal.ts";
import type { Cluster, Credential } from "./store.ts";

const mostSecretBytes = 190;

export function refuseWrongState({ name, provisioningState, powerState, managedIdentity }: Cluster): void {
  if (managedIdentity !== undefined)
    throw new Refusal(
      "BadRequest",
      "This action cannot be performed on a cluster that is not using a service principal.",
    );
  if (powerState === "Stopped")
    throw new Refusal(
      "BadRequest",
      `The managed cluster '${name}' is in power state 'Stopped'. Start the cluster before changing its service principal.`,
    );
  refuseWhileBusy(provisioningState);
}

export function refuseWhileBusy(provisioningState: Cluster["provisioningState"]): void {
  if (!["Succeeded", "Failed", "Canceled"].includes(provisioningState))
    throw new Refusal(
      "OperationNotAllowed",
      `Operation is not allowed: Another operation (${provisioningState}) is in progress, please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details`,
    );
}

/** What can be told from the values alone, before anybody signs in. */
export function refuseMalformed({ clientId, secret }: Credential): void {
  if (clientId === "" || secret === "")
    throw new Refusal(
      "InvalidParameter",
      "The value of parameter servicePrincipalProfile is invalid: 'clientId' and 'secret' are required.",
    );
  if (Buffer.byteLength(secret) > mostSecretBytes)
    throw new Refusal(
      "InvalidParameter",
      `The value of parameter servicePrincipalProfile.secret is invalid: it must not be longer than ${mostSecretBytes} bytes.`,
    );
  if (/["'`\s]/.test(secret))
    throw new Refusal(
      "InvalidParameter",
      "The value of parameter servicePrincipalProfile.secret is invalid: it contains invalid characters. Quotes and blanks are not allowed.",
    );
}
