import { graphAppId } from "../entra/permissions.ts";
import type { Call, Reply, Route, Service } from "../kit/contract.ts";
import { applicationRoutes } from "./applications.ts";
import { deletedItemRoutes } from "./deletedItems.ts";
import { directoryObjectRoutes } from "./directoryObjects.ts";
import { graphErrors, noPrivileges, type GraphError } from "./errors.ts";
import { groupRoutes } from "./groups.ts";
import { membershipRoutes } from "./memberships.ts";
import { challenged, hasEnded } from "./continuousAccess.ts";
import type { GraphNeeds, GraphOptions, PlantedPassword } from "./needs.ts";
import { ownedObjectRoutes } from "./ownedObjects.ts";
import { policyRoutes } from "./policies.ts";
import { principalRoutes } from "./principals.ts";

export type { GraphOptions } from "./needs.ts";

export interface Graph {
  readonly service: Service;
  /** What the next addPassword gives out, whatever is asked for. */
  nextPassword(planted: PlantedPassword): void;
  reset(): void;
}

export function createGraph(options: GraphOptions): Graph {
  const { directory, clock, entraUrl, graphUrl } = options;
  const error = graphErrors(() => clock.now());
  let planted: PlantedPassword = {};
  const takePlanted = (): PlantedPassword => {
    const taken = planted;
    planted = {};
    return taken;
  };
  const needs: GraphNeeds = { ...options, error, takePlanted };

  const authenticate = async (call: Call): Promise<Call | Reply> => {
    const [, token] = /^Bearer (.+)$/i.exec(call.header("authorization") ?? "") ?? [];
    if (!token) return unauthenticated(error, entraUrl, "Access token is empty.");
    const principal = await directory.verify(token, ["https://graph.microsoft.com", graphUrl, graphAppId]);
    if (!principal)
      return unauthenticated(error, entraUrl, "Access token validation failure. Invalid audience or signature.");
    if (hasEnded(principal, needs)) return challenged(needs);
    return principal.roles.length > 0 ? { ...call, principal } : noPrivileges(error);
  };

  return {
    nextPassword: (next) => {
      planted = next;
    },
    reset: () => {
      planted = {};
    },
    service: {
      name: "graph",
      routes: routesOver(needs),
      authenticate,
      bodyLimitInBytes: 1024 * 1024,
      unknown: (call) => {
        const segment = unknownSegment(call.url.pathname);
        return segment === "me"
          ? error(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
          : error(400, "BadRequest", `Resource not found for the segment '${segment}'.`);
      },
      tooLarge: () => error(413, "RequestEntityTooLarge", "The request body is larger than the service allows."),
      broken: () => error(500, "InternalServerError", "An internal server error occurred."),
    },
  };
}

function unauthenticated(error: GraphError, entraUrl: string, message: string): Reply {
  const refused = error(401, "InvalidAuthenticationToken", message);
  const challenge = `Bearer realm="", authorization_uri="${entraUrl}/common/oauth2/authorize", client_id="${graphAppId}"`;
  return { ...refused, headers: { ...refused.headers, "www-authenticate": challenge } };
}

function routesOver(needs: GraphNeeds): Route[] {
  return [
    ...applicationRoutes(needs),
    ...principalRoutes(needs),
    ...membershipRoutes(needs),
    ...ownedObjectRoutes(needs),
    ...groupRoutes(needs),
    ...directoryObjectRoutes(needs),
    ...deletedItemRoutes(needs),
    ...policyRoutes(needs),
  ];
}

const collections = ["applications", "servicePrincipals", "groups", "directory", "directoryObjects", "policies"];

/** Of `/v1.0/applications/<id>/owners` the last one: what is below a known collection's object. */
function unknownSegment(pathname: string): string {
  const [, collection = "", ...rest] = pathname.split("/").filter(Boolean);
  const [name = ""] = collection.split("(");
  if (!collections.includes(name)) return collection;
  const below = name === collection ? rest.slice(1) : rest;
  return below[0] ?? rest[0] ?? collection;
}
