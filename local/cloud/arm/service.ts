import type { Call, Directory, Reply, Service } from "../kit/contract.ts";
import { guarded, type ArmRoute, type Guards } from "../armKit/guard.ts";
import type { Catalog } from "../armKit/catalog.ts";
import { subscriptionOf, tidyScope } from "../armKit/scope.ts";
import { errorReply } from "../armKit/replies.ts";

interface Needs extends Guards {
  readonly directory: Directory;
  readonly audiences: () => readonly string[];
  readonly entraUrl: () => string;
}

export function armService(routes: readonly ArmRoute[], needs: Needs): Service {
  return {
    name: "arm",
    routes: routes.map((route) => guarded(route, needs)),
    about: ({ url }) => {
      const { pathname } = url;
      return { tenantId: tenantIn(pathname, needs.catalog), resource: idIn(pathname) };
    },
    authenticate: (call) => authenticated(call, needs),
    unknown: (call) => unknown(call, routes),
    tooLarge: () =>
      errorReply(413, "RequestContentTooLarge", "The size of the request content exceeds the maximum size of 4 MB."),
    broken: () => errorReply(500, "InternalServerError", "Encountered internal server error."),
  };
}

async function authenticated(call: Call, { directory, audiences, entraUrl, catalog }: Needs): Promise<Call | Reply> {
  const header = call.header("authorization");
  const tenant = tenantIn(call.url.pathname, catalog) ?? "common";
  const authority = `Bearer authorization_uri="${entraUrl()}/${tenant}"`;
  if (!header)
    return errorReply(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.", {
      "www-authenticate": authority,
    });
  const token = /^Bearer\s+(\S+)$/i.exec(header)?.[1];
  const principal = token && (await directory.verify(token, audiences()));
  if (principal) return { ...call, principal };
  const reason = token ? "The access token is invalid." : "The authentication scheme is not supported.";
  return errorReply(401, "InvalidAuthenticationToken", reason, {
    "www-authenticate": `${authority}, error="invalid_token", error_description="${reason}"`,
  });
}

function tenantIn(pathname: string, catalog: Catalog): string | undefined {
  const subscription = subscriptionOf(pathname);
  return subscription === undefined ? undefined : catalog.subscription(subscription)?.tenantId;
}

/** A path of Resource Manager begins with the id of what it acts on. */
function idIn(pathname: string): string {
  try {
    return tidyScope(decodeURIComponent(pathname));
  } catch {
    return pathname; // A stray percent sign: found nowhere.
  }
}

const knownNamespaces = [
  "microsoft.authorization",
  "microsoft.containerregistry",
  "microsoft.containerservice",
  "microsoft.keyvault",
  "microsoft.resourcegraph",
];

/** Azure's words for what is not there: another method, another type, another provider, or nothing at all. */
function unknown(call: Call, routes: readonly ArmRoute[]): Reply {
  const { pathname } = call.url;
  const last = /^.*\/providers\/([^/]+)\/([^/]+)/i.exec(pathname.replace(/\/{2,}/g, "/"));
  const [namespace, type] = [last?.[1], last?.[2]];
  if (namespace === undefined)
    return errorReply(404, "NotFound", `No HTTP resource was found that matches the request URI '${pathname}'.`);
  if (!knownNamespaces.includes(namespace.toLowerCase()))
    return errorReply(404, "InvalidResourceNamespace", `The resource namespace '${namespace}' is invalid.`);
  const offered = routes.some(({ path }) => path.toLowerCase().includes(`/${namespace}/${type}`.toLowerCase()));
  if (offered)
    return errorReply(
      405,
      "HttpMethodNotAllowed",
      `The HTTP method '${call.method}' is not supported for the resource type '${type}'.`,
    );
  return errorReply(
    404,
    "InvalidResourceType",
    `The resource type '${type}' could not be found in the namespace '${namespace}' for api version '${call.query("api-version") ?? ""}'.`,
  );
}
