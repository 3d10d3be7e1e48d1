import { join } from "node:path";
import type { Estate } from "../estates/estate.ts";
import type { Clock, Directory, Service, Timings } from "../kit/contract.ts";
import type { IdMaker } from "../kit/ids.ts";
import type { Life } from "../kit/life.ts";
import type { Replicas } from "../consistency/replicas.ts";
import { consentRoutes } from "./consent.ts";
import { directoryOver } from "./contract.ts";
import { tenantsOver, type Tenants } from "./directory.ts";
import { stateFrom } from "./fromEstate.ts";
import { issuers } from "./issue.ts";
import { declinedReply, refusal } from "./refusals.ts";
import type { OwnAddresses } from "./resources.ts";
import { tokenRoutes } from "./tokenRoutes.ts";
import { tokenSigner, type TokenSigner } from "./tokens.ts";

export interface EntraOptions {
  readonly estate: Estate;
  readonly clock: Clock;
  readonly timings: Timings;
  /** Where the signing key is kept. */
  readonly folder: string;
  readonly entraUrl: string;
  readonly own: OwnAddresses;
  readonly replicas: Replicas;
  readonly life: Life;
  readonly ids: IdMaker;
}

export interface Entra {
  readonly service: Service;
  readonly directory: Directory;
  readonly tenants: Tenants;
  readonly signer: TokenSigner;
}

export function createEntra(options: EntraOptions): Entra {
  const { estate, clock, folder, entraUrl, own, replicas, life, ids } = options;
  const issuer = issuers(entraUrl);
  const tenants = tenantsOver(() => stateFrom(estate, clock.now(), (id) => issuer.v2(id), ids), options);
  const signer = tokenSigner(join(folder, "token-key.pem"), clock);
  const needs = { tenants, replicas, signer, clock, entraUrl, own, life, ids };
  const directory = directoryOver(needs);
  const routes = [...tokenRoutes(needs), ...consentRoutes(needs)];
  return { directory, tenants, signer, service: entraService(routes, clock, tenants) };
}

function entraService(routes: Service["routes"], clock: Clock, tenants: Tenants): Service {
  return {
    name: "entra",
    routes,
    about: ({ params }) => ({ tenantId: tenants.tenant(params["tenant"] ?? "")?.id }),
    bodyLimitInBytes: 256 * 1024,
    unknown: () => ({ status: 404, headers: { "content-type": "text/html; charset=utf-8" }, body: "" }),
    tooLarge: () => declinedReply({ ...refusal.missingParameter("grant_type"), status: 413 }, clock.now(), undefined),
    broken: () =>
      declinedReply(
        { aadsts: 90033, error: "temporarily_unavailable", status: 500, message: transientMessage },
        clock.now(),
        undefined,
      ),
  };
}

const transientMessage = "AADSTS90033: A transient error has occurred. Please try again.";
