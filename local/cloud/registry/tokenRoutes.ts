import type { Call, Reply, Route } from "../kit/contract.ts";
import { basicIn } from "./basic.ts";
import { registryError } from "./errors.ts";
import type { Answer, RegistryModel } from "./model.ts";

/** `/oauth2/exchange` and `/oauth2/token`. Source: github.com/Azure/acr docs/AAD-OAuth.md, docs/Token-BasicAuth.md */
export function tokenRoutes(model: RegistryModel): Route[] {
  return [
    {
      method: "POST",
      path: "/oauth2/exchange",
      operation: "Authentication_ExchangeAadAccessTokenForAcrRefreshToken",
      handle: async (call) => {
        const form = new URLSearchParams(call.body);
        const refused = wrongService(form.get("service"), model);
        if (refused) return refused;
        const grant = form.get("grant_type");
        const token = form.get("access_token");
        if (!["access_token", "access_token_refresh_token"].includes(grant ?? "")) return unsupportedGrant(grant);
        if (!token) return badRequest("access_token is required");
        return answer(await model.exchange(token), "refresh_token");
      },
    },
    {
      method: "POST",
      path: "/oauth2/token",
      operation: "Authentication_ExchangeAcrRefreshTokenForAcrAccessToken",
      handle: (call) => fromForm(model, new URLSearchParams(call.body)),
    },
    {
      method: "GET",
      path: "/oauth2/token",
      operation: "Authentication_GetAcrAccessTokenFromLogin",
      handle: (call) => fromBasic(model, call),
    },
  ];
}

function fromForm(model: RegistryModel, form: URLSearchParams): Reply {
  const refused = wrongService(form.get("service"), model);
  if (refused) return refused;
  const scope = form.get("scope") ?? undefined;
  if (scope?.trim() === "") return badRequest("scope is empty");
  const grant = form.get("grant_type");
  if (grant === "refresh_token")
    return answer(model.withRefreshToken(form.get("refresh_token") ?? "", scope), "access_token");
  if (grant !== "password") return unsupportedGrant(grant);
  const [user, password] = [form.get("username"), form.get("password")];
  if (!user) return answer(model.anonymously(scope), "access_token");
  return answer(model.withPassword(user, password ?? "", scope), "access_token");
}

function fromBasic(model: RegistryModel, call: Call): Reply {
  const refused = wrongService(call.query("service") ?? null, model);
  if (refused) return refused;
  const scopes = call.url.searchParams.getAll("scope").join(" ") || undefined;
  const encoded = /^Basic\s+(\S+)$/i.exec(call.header("authorization") ?? "")?.[1];
  if (encoded === undefined) return answer(model.anonymously(scopes), "access_token");
  const { user, password } = basicIn(encoded);
  return answer(model.withPassword(user, password, scopes), "access_token");
}

function answer(given: Answer<string>, field: "refresh_token" | "access_token"): Reply {
  if (given.outcome === "ok") return { status: 200, body: { [field]: given.value } };
  const isUnknown = given.reason === "unknownApplication";
  return registryError(
    401,
    "UNAUTHORIZED",
    isUnknown ? "Application not registered with AAD." : "authentication required",
  );
}

function wrongService(service: string | null, { loginServer }: RegistryModel): Reply | undefined {
  return service === loginServer ? undefined : badRequest("service is not the login server of this registry");
}

function unsupportedGrant(grant: string | null): Reply {
  return registryError(400, "UNSUPPORTED", `grant_type ${JSON.stringify(grant ?? "")} is not supported`);
}

function badRequest(message: string): Reply {
  return registryError(400, "BAD_REQUEST", message);
}
