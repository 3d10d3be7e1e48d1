import { resourceId, type Estate, type EstateVault } from "../estates/estate.ts";
import type { Authorization, Call, Clock, Directory, Reply, Route, Service } from "../kit/contract.ts";
import type { IdMaker } from "../kit/ids.ts";
import type { Life } from "../kit/life.ts";
import { challenge, forbidden, vaultError } from "./errors.ts";
import { secretRoutes } from "./routes.ts";
import { secretStore } from "./store.ts";

export interface VaultOptions {
  readonly estate: Estate;
  readonly vault: EstateVault;
  readonly directory: Directory;
  readonly authorization: Authorization;
  readonly clock: Clock;
  readonly entraUrl: string;
  readonly vaultUrl: string;
  readonly life: Life;
  readonly ids: IdMaker;
}

export interface Vault {
  readonly service: Service;
  /** Names, versions and attributes; never a value. */
  dump(): object;
  reset(): void;
  snapshot(): () => void;
}

export function createVault({
  estate,
  vault,
  directory,
  authorization,
  clock,
  entraUrl,
  vaultUrl,
  ids,
}: VaultOptions): Vault {
  const store = secretStore(clock, ids);
  const vaultId = resourceId("Microsoft.KeyVault/vaults", vault);
  const tenantId = estate.subscriptions.find(({ id }) => id === vault.subscriptionId)?.tenantId ?? "";
  const routes = secretRoutes(store, vaultUrl);
  const actions = new Map<Route, string>(routes.map((route) => [route, route.action]));

  const authenticate = async (call: Call, route: Route): Promise<Call | Reply> => {
    const [, token] = /^Bearer (.+)$/i.exec(call.header("authorization") ?? "") ?? [];
    if (!token) return challenge(entraUrl, tenantId, "AKV10000: Request is missing a Bearer or PoP token.");
    const principal = await directory.verify(token, ["https://vault.azure.net", vaultUrl]);
    if (!principal)
      return challenge(entraUrl, tenantId, "AKV10022: Invalid audience, signature or lifetime of the presented token.");
    if (principal.tenantId !== tenantId)
      return challenge(
        entraUrl,
        tenantId,
        `AKV10032: Invalid issuer. Expected tenant ${tenantId}, found ${principal.tenantId}.`,
      );
    const version = call.query("api-version");
    if (!version) return vaultError(400, "BadParameter", "api-version must be specified");
    if (!/^(7\.[0-6]|\d{4}-\d\d-\d\d)(-preview(\.\d+)?)?$/.test(version))
      return vaultError(400, "BadParameter", `The specified version (${version}) is not recognized.`);
    const action = actions.get(route) ?? "";
    const scope = call.params["name"] ? `${vaultId}/secrets/${call.params["name"]}` : vaultId;
    if (authorization.allows(principal.objectId, action, scope, { kind: "dataAction" })) return { ...call, principal };
    const caller = `appid=${principal.appId};oid=${principal.objectId};iss=https://sts.windows.net/${principal.tenantId}/`;
    return forbidden(caller, action, scope, vault.name, vault.location);
  };

  return {
    service: {
      name: "vault",
      routes,
      about: ({ params: { name } }) => ({ tenantId, resource: name ? `${vaultId}/secrets/${name}` : vaultId }),
      authenticate,
      bodyLimitInBytes: 128 * 1024,
      unknown: () => vaultError(404, "ResourceNotFound", "The requested resource was not found."),
      tooLarge: () => vaultError(413, "RequestEntityTooLarge", "The request body is too large."),
      broken: () => vaultError(500, "InternalServerError", "An internal error occurred."),
    },
    dump: () => ({
      id: vaultId,
      secrets: store.list().map(({ name }) => ({
        name,
        versions: store.versions(name).map(({ version, enabled, exp, created, tags }) => ({
          ...{ version, enabled, created, tags },
          ...(exp !== undefined && { exp }),
        })),
      })),
    }),
    reset: () => store.reset(),
    snapshot: () => store.snapshot(),
  };
}
