import { same } from "../entra/held.ts";
import type { Application } from "../entra/state.ts";
import type { Reply } from "../kit/contract.ts";
import type { ApplicationBody } from "./bodies.ts";
import { badRequest, duplicate } from "./errors.ts";
import type { GraphNeeds } from "./needs.ts";
import { forbidsAudience, policyInForce } from "./policyModel.ts";

/** Why an application may not be made or changed so; undefined where it may. */
export function refusedSettings(needs: GraphNeeds, application: Application, body: ApplicationBody): Reply | undefined {
  return refusedUris(needs, application, body) ?? refusedAudience(needs, application, body) ?? refusedSize(needs, body);
}

function refusedUris(
  { tenants, error }: GraphNeeds,
  application: Application,
  { identifierUris = [] }: ApplicationBody,
): Reply | undefined {
  const { id, appId, tenantId } = application;
  const domain = tenants.tenant(tenantId)?.domain ?? "";
  const foreign = identifierUris.find((uri) => !isOwnUri(uri, { appId, tenantId, domain }));
  if (foreign !== undefined) {
    const message = `Values of identifierUris property must use a verified domain of the organization or its subdomain: '${foreign}'`;
    const details = [{ code: "HostNameNotOnVerifiedDomain", message, target: "identifierUris" }];
    return error(400, "Request_BadRequest", message, details);
  }
  const isUsed = tenants
    .applications()
    .some(
      (one) =>
        one.id !== id && one.tenantId === tenantId && one.identifierUris.some((uri) => identifierUris.includes(uri)),
    );
  return isUsed ? duplicate(error, "identifierUris") : undefined;
}

interface Names {
  readonly appId: string;
  readonly tenantId: string;
  readonly domain: string;
}

/** `https://` and `api://` with a verified domain or below one; `api://` also with the application's or tenant's id. */
function isOwnUri(uri: string, { appId, tenantId, domain }: Names): boolean {
  const [, scheme = "", host = "", path = ""] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(uri) ?? [];
  if (!["https", "http", "api"].includes(scheme.toLowerCase())) return true;
  if (same(host, domain) || host.toLowerCase().endsWith(`.${domain.toLowerCase()}`)) return true;
  const last = path.split("/").at(-1) ?? "";
  return scheme.toLowerCase() === "api" && (same(host, appId) || same(host, tenantId) || same(last, appId));
}

function refusedAudience(
  needs: GraphNeeds,
  application: Application,
  { signInAudience }: ApplicationBody,
): Reply | undefined {
  if (signInAudience === undefined) return undefined;
  const policy = policyInForce(needs, application.tenantId);
  if (!forbidsAudience(policy, application, signInAudience)) return undefined;
  return badRequest(
    needs.error,
    `The value '${signInAudience}' of property 'signInAudience' is not allowed as per assigned policy.`,
  );
}

const mostEntries = 1200;

function refusedSize({ error, life }: GraphNeeds, body: ApplicationBody): Reply | undefined {
  if (!life.on("applicationLimits") || entriesIn(body) <= mostEntries) return undefined;
  life.strike("applicationLimits");
  return error(
    400,
    "Directory_ResourceSizeExceeded",
    "The size of the object has exceeded its limit. Please reduce the number of values and retry your request.",
  );
}

/** Entries of all collections of the object together. */
function entriesIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const own = Array.isArray(value) ? value.length : 0;
  return Object.values(value).reduce((sum: number, inner: unknown) => sum + entriesIn(inner), own);
}
