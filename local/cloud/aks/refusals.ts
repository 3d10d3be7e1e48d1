import { Refusal } from "../armKit/refusal.ts";
import type { Cluster, Credential } from "./store.ts";

const mostSecretBytes = 190;

export function refuseWrongState(cluster: Cluster): void {
  const { name, powerState, managedIdentity } = cluster;
  if (managedIdentity !== undefined)
    throw new Refusal(
      "BadRequest",
      "This action cannot be performed on a cluster that is not using a service principal.",
    );
  refuseWhileBusy(cluster);
  if (powerState === "Stopped")
    throw new Refusal(
      "BadRequest",
      `The managed cluster '${name}' is in power state 'Stopped'. Start the cluster before changing its service principal.`,
    );
}

/** One operation at a time, of the cluster or of one of its pools. */
export function refuseWhileBusy({ provisioningState, pools }: Cluster): void {
  const states = [provisioningState, ...pools.map((pool) => pool.provisioningState)];
  const busy = states.find((state) => !["Succeeded", "Failed", "Canceled"].includes(state));
  if (busy !== undefined)
    throw new Refusal(
      "OperationNotAllowed",
      `Operation is not allowed: Another operation (${busy}) is in progress, please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details`,
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
      "BadRequest",
      "The value of parameter servicePrincipalProfile.secret is invalid: it contains invalid characters. Quotes and blanks are not allowed.",
      { target: "servicePrincipalProfile.secret" },
    );
}
