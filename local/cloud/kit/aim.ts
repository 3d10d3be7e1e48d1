import type { Call, Service } from "./contract.ts";
import { jsonOf } from "./texts.ts";

/** Whom and what a call is about, before anybody is authenticated: faults are aimed by it, and calls counted. */
export interface Aim {
  /** Of the caller's token, and of what is asked for. */
  readonly tenantIds: readonly string[];
  /** The ARM id of what is asked for. */
  readonly resource: string | undefined;
  /** Ids the caller gives for itself, of application or service principal; the likeliest to be a client id first. Not verified. */
  readonly callers: readonly string[];
}

export function aimOf(service: Service, call: Call): Aim {
  const { tenantId, resource } = service.about?.(call) ?? {};
  const claims = claimsIn(call);
  const named = claims.flatMap(({ tid, tenant }) => [tid, tenant]);
  return {
    tenantIds: texts([tenantId, ...named]),
    resource,
    callers: texts([...namesIn(call), ...claims.flatMap(({ appid, azp, oid, sub }) => [appid, azp, oid, sub])]).filter(
      (id) => id !== "0", // In a registry's own tokens, whose subject alone tells who it is.
    ),
  };
}

type Claims = Readonly<Record<string, unknown>>;

/** Of every token the call carries: in its header, or in the form that exchanges it. */
function claimsIn(call: Call): readonly Claims[] {
  const bearer = /^Bearer\s+(\S+)$/i.exec(call.header("authorization") ?? "")?.[1];
  const form = formOf(call);
  return [bearer, form?.get("access_token"), form?.get("refresh_token")]
    .map(claimsOf)
    .filter((claims) => claims !== undefined);
}

/** What the caller calls itself besides: a client id, or the user of a password. */
function namesIn(call: Call): readonly (string | null | undefined)[] {
  const basic = /^Basic\s+(\S+)$/i.exec(call.header("authorization") ?? "")?.[1];
  const user = basic && Buffer.from(basic, "base64").toString("utf8").split(":")[0];
  const form = formOf(call);
  return [form?.get("client_id"), form?.get("username"), user, call.query("client_id")];
}

function formOf(call: Call): URLSearchParams | undefined {
  const isForm = call.header("content-type")?.startsWith("application/x-www-form-urlencoded");
  return isForm ? new URLSearchParams(call.body) : undefined;
}

function claimsOf(token: string | null | undefined): Claims | undefined {
  const payload = token?.split(".")[1];
  if (payload === undefined) return undefined;
  const claims = jsonOf(Buffer.from(payload, "base64url").toString("utf8"));
  return typeof claims === "object" && claims !== null ? (claims as Claims) : undefined;
}

function texts(values: readonly unknown[]): readonly string[] {
  const found = values.filter((value): value is string => typeof value === "string" && value !== "");
  return [...new Set(found.map((text) => text.toLowerCase()))];
}
