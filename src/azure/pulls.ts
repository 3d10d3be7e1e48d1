import { callLimitInMs } from "./asking.ts";
import type { PullAnswer, Pulls, PullTarget } from "./clients.ts";
import type { Cloud } from "./clouds.ts";
import { fetchImage, lookUpRepository } from "./images.ts";
import type { Session } from "./registryHttp.ts";
import { allowsPull, exchangedToken, passwordToken, type Granted, type Refusal } from "./registryTokens.ts";

export function connectPulls(cloud: Cloud): Pulls {
  return {
    async withPassword(target, clientId, secret) {
      check(target, cloud);
      const session = { secrets: [secret], signal: AbortSignal.timeout(callLimitInMs) };
      return pull(target, await passwordToken(target, clientId, secret, session), session);
    },

    async withEntraToken(target, token) {
      check(target, cloud);
      const session = { secrets: [token], signal: AbortSignal.timeout(callLimitInMs) };
      return pull(target, await exchangedToken(target, token, session), session);
    },
  };
}

/** A credential goes to this host: it must be a bare host name, and in Azure one of the registry service's. */
function check({ loginServer }: PullTarget, { registrySuffix }: Cloud): void {
  const isHost = /^[a-z0-9][a-z0-9.-]*(:\d+)?$/i.test(loginServer);
  const isOurs = registrySuffix === null || loginServer.toLowerCase().endsWith(registrySuffix);
  if (!isHost || !isOurs) throw new Error(`${JSON.stringify(loginServer)} is not a registry of this cloud`);
}

async function pull(target: PullTarget, granted: Granted | Refusal, session: Session): Promise<PullAnswer> {
  if (granted.outcome === "refused") return granted;
  const { token } = granted;
  const { reference, named } = target;
  const lacking = await allowsPull(token, target);
  if (lacking) return lacking;
  if (reference !== null) return fetchImage(target, reference, token, session);
  const missing = named ? await lookUpRepository(target, token, session) : undefined;
  return missing ?? { outcome: "pulled", digest: null, blobHost: null };
}
