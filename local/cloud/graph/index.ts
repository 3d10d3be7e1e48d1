import type { Tenants } from "../entra/directory.ts";
import { graphAppId } from "../entra/permissions.ts";
import type { Call, Clock, Directory, Reply, Route, Service, Timings } from "../kit/contract.ts";
import type { IdMaker } from "../kit/ids.ts";
import type { Life } from "../kit/life.ts";
import { applicationRoutes } from "./applications.ts";
import { graphErrors, noPrivileges, type GraphError } from "./errors.ts";
import { directoryRoutes, principalRoutes } from "./principals.ts";

export interface GraphOptions {
  readonly directory: Directory;
  readonly tenants: Tenants;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly entraUrl: string;
  readonly graphUrl: string;
  readonly life: Life;
  readonly ids: IdMaker;
}

export interface Graph {
  readonly service: Service;
  /** The value the next addPassword gives out, so that a test can look for it everywhere. */
  nextPassword(value: string): void;
  reset(): void;
}

/** What the routes share. */
export interface GraphNeeds extends GraphOptions {
  readonly error: GraphError;
  /** The planted value if there is one, else a random one. */
  takePassword(): string;
}

export function createGraph(options: GraphOptions): Graph {
  const { directory, clock, entraUrl, graphUrl } = options;
  const error = graphErrors(() => clock.now());
  let planted: string | undefined;
  const takePassword = (): string => {
    const value = planted ?? randomPassword();
    planted = undefined;
    return value;
  };
  const needs: GraphNeeds = { ...options, error, takePassword };

  const authenticate = async (call: Call): Promise<Call | Reply> => {
    const [, token] = /^Bearer (.+)$/i.exec(call.header("authorization") ?? "") ?? [];
    if (!token) return unauthenticated(error, entraUrl, "Access token is empty.");
    const principal = await directory.verify(token, ["https://graph.microsoft.com", graphUrl, graphAppId]);
    if (!principal)
      return unauthenticated(error, entraUrl, "Access token validation failure. Invalid audience or signature.");
    return principal.roles.length > 0 ? { ...call, principal } : noPrivileges(error);
  };

  return {
    nextPassword: (value) => {
      planted = value;
    },
    reset: () => {
      planted = undefined;
    },
    service: {
      name: "graph",
      routes: [...applicationRoutes(needs), ...principalRoutes(needs), ...directoryRoutes(needs), policyRoute(error)],
      authenticate,
      bodyLimitInBytes: 1024 * 1024,
      unknown: (call) => {
        const segment = call.url.pathname.split("/").filter(Boolean)[1] ?? "";
        return error(400, "BadRequest", `Resource not found for the segment '${segment}'.`);
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

/** Every tenant here has the policy no administrator ever touched: nothing is restricted. */
function policyRoute(error: GraphError): Route {
  return {
    method: "GET",
    path: "/v1.0/policies/defaultAppManagementPolicy",
    operation: "tenantAppManagementPolicy_Get",
    handle: ({ principal }) => {
      if (!principal?.roles.includes("Policy.Read.All")) return noPrivileges(error);
      return {
        status: 200,
        body: {
          id: "00000000-0000-0000-0000-000000000000",
          displayName: "Default app management tenant policy",
          description: "Default tenant policy that enforces app management restrictions.",
          isEnabled: false,
          applicationRestrictions: { passwordCredentials: [], keyCredentials: [] },
          servicePrincipalRestrictions: { passwordCredentials: [], keyCredentials: [] },
        },
      };
    },
  };
}

/** 40 characters, as Graph makes them. */
function randomPassword(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(30))).toString("base64url");
}
