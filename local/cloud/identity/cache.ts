import type { Issued } from "../entra/issue.ts";
import type { ServicePrincipal } from "../entra/state.ts";
import type { TokenNeeds } from "../entra/tokenRoutes.ts";

/** The token there is for this identity and resource, or a new one. */
export type TokenCache = (
  principal: ServicePrincipal,
  resource: string,
  issue: () => Promise<Issued>,
) => Promise<Issued>;

/** Kept until an hour before its end, with the roles it was issued with: what was granted since is not in it. */
const keptUntilInSeconds = 3600;

export function tokenCache({ clock, life }: TokenNeeds): TokenCache {
  const kept = new WeakMap<ServicePrincipal, Map<string, Issued>>();
  return async (principal, resource, issue) => {
    if (!life.on("tokenLife")) return issue();
    const ofPrincipal = kept.get(principal) ?? new Map<string, Issued>();
    kept.set(principal, ofPrincipal);
    const found = ofPrincipal.get(resource);
    if (found && found.expiresOn - clock.now() / 1000 > keptUntilInSeconds) {
      life.strikeOnce("tokenLife", `${principal.id} ${resource} kept`, clock.now());
      return found;
    }
    const issued = await issue();
    ofPrincipal.set(resource, issued);
    return issued;
  };
}
