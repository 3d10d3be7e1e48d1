import { randomUUID } from "node:crypto";
import type { Reply } from "../kit/contract.ts";

/** A sign-in that Entra declines. `message` begins with `AADSTS<number>: `. */
export interface Declined {
  readonly outcome: "refused";
  readonly aadsts: number;
  readonly error: string;
  readonly message: string;
  readonly status: number;
}

function declined(aadsts: number, status: number, error: string, sentence: string): Declined {
  return { outcome: "refused", aadsts, status, error, message: `AADSTS${aadsts}: ${sentence}` };
}

/** Entra's words, statuses and OAuth errors. What could not be confirmed is listed in README.md. */
export const refusal = {
  tenantNotFound: (tenant: string) =>
    declined(
      90002,
      400,
      "invalid_request",
      `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the ` +
        "correct cloud. Check with your subscription administrator, this may happen if there are no active " +
        "subscriptions for the tenant.",
    ),
  unknownApplication: (appId: string, tenant: string) =>
    declined(
      700016,
      400,
      "unauthorized_client",
      `Application with identifier '${appId}' was not found in the directory '${tenant}'. This can happen if the ` +
        "application has not been installed by the administrator of the tenant or consented to by any user in the " +
        "tenant. You may have sent your authentication request to the wrong tenant.",
    ),
  noServicePrincipal: (appId: string, tenantId: string) =>
    declined(
      7000229,
      401,
      "invalid_client",
      `The client application ${appId} is missing service principal in the tenant ${tenantId}. See instructions here: ` +
        "https://go.microsoft.com/fwlink/?linkid=2225119",
    ),
  disabled: (appId: string) => declined(7000112, 401, "unauthorized_client", `Application '${appId}' is disabled.`),
  wrongSecret: (appId: string) =>
    declined(
      7000215,
      401,
      "invalid_client",
      "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not " +
        `the client secret ID, for a secret added to app '${appId}'.`,
    ),
  expiredSecret: (appId: string) =>
    declined(
      7000222,
      401,
      "invalid_client",
      `The provided client secret keys for app '${appId}' are expired. Visit the Azure portal to create new keys for ` +
        "your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: " +
        "https://aka.ms/certCreds.",
    ),
  noCredential: () =>
    declined(
      7000218,
      401,
      "invalid_client",
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
  missingParameter: (name: string) =>
    declined(900144, 400, "invalid_request", `The request body must contain the following parameter: '${name}'.`),
  unsupportedGrant: (grant: string) =>
    declined(70003, 400, "unsupported_grant_type", `The app requested an unsupported grant type '${grant}'.`),
  unsupportedResponse: (type: string) =>
    declined(700054, 400, "unsupported_response_type", `response_type '${type}' is not enabled for the application.`),
  tenantDenied: (tenant: string) =>
    declined(500021, 400, "access_denied", `Access to '${tenant}' tenant is denied by the tenant restrictions here.`),
  scopeNotDefault: (scope: string) =>
    declined(
      1002012,
      400,
      "invalid_scope",
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with ` +
        "/.default suffixed to the resource identifier (application ID URI).",
    ),
  unknownResource: (resource: string, tenant: string) =>
    declined(
      500011,
      400,
      "invalid_resource",
      `The resource principal named ${resource} was not found in the tenant named ${tenant}. This can happen if the ` +
        "application has not been installed by the administrator of the tenant or consented to by any user in the " +
        "tenant. You might have sent your authentication request to the wrong tenant.",
    ),
  badAssertion: () => declined(50027, 400, "invalid_request", "JWT token is invalid or malformed."),
  assertionExpired: () =>
    declined(700024, 401, "invalid_client", "Client assertion is not within its valid time range."),
  badSignature: () => declined(700027, 401, "invalid_client", "Client assertion contains an invalid signature."),
  noTrustedIssuer: (issuer: string) =>
    declined(
      700211,
      401,
      "invalid_client",
      `No matching federated identity record found for presented assertion issuer '${issuer}'. Check your federated ` +
        "identity credential Subject, Audience and Issuer against the presented assertion. " +
        "https://docs.microsoft.com/azure/active-directory/develop/workload-identity-federation",
    ),
  noTrustedSubject: (subject: string) =>
    declined(
      700213,
      401,
      "invalid_client",
      `No matching federated identity record found for presented assertion subject '${subject}'. Check your federated ` +
        "identity credential Subject, Audience and Issuer against the presented assertion. " +
        "https://docs.microsoft.com/azure/active-directory/develop/workload-identity-federation",
    ),
  noTrustedAudience: (audience: string) =>
    declined(
      700212,
      401,
      "invalid_client",
      `No matching federated identity record found for presented assertion audience '${audience}'. Check your ` +
        "federated identity credential Subject, Audience and Issuer against the presented assertion. " +
        "https://docs.microsoft.com/azure/active-directory/develop/workload-identity-federation",
    ),
  wrongRedirect: (redirect: string, appId: string) =>
    declined(
      50011,
      400,
      "invalid_request",
      `The redirect URI '${redirect}' specified in the request does not match the redirect URIs configured for the ` +
        `application '${appId}'. Make sure the redirect URI sent in the request matches one added to your ` +
        "application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how " +
        "to troubleshoot this error.",
    ),
  notMultitenant: (appId: string) =>
    declined(
      50194,
      400,
      "invalid_request",
      `Application '${appId}' is not configured as a multi-tenant application. Usage of the /common endpoint is not ` +
        "supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the " +
        "application to be multi-tenant.",
    ),
};

/** The OAuth error document, with a trace id, correlation id and time as Entra appends them. */
export function declinedReply(
  { aadsts, error, message, status }: Omit<Declined, "outcome">,
  now: number,
  clientRequestId: string | undefined,
): Reply {
  const traceId = randomUUID();
  const correlationId = clientRequestId && isGuid(clientRequestId) ? clientRequestId : randomUUID();
  const timestamp = `${new Date(now).toISOString().slice(0, 19).replace("T", " ")}Z`;
  return {
    status,
    headers: { "cache-control": "no-store, no-cache" },
    body: {
      error,
      error_description: `${message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
      error_codes: [aadsts],
      timestamp,
      trace_id: traceId,
      correlation_id: correlationId,
      error_uri: `https://login.microsoftonline.com/error?code=${aadsts}`,
    },
  };
}

export function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
