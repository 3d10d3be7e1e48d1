import { problem, type Problem } from "../domain/errors.ts";
import { names } from "../domain/ids.ts";
import type { LinkRequest } from "../domain/link.ts";
import { activity } from "../durable/calls.ts";
import { clusterOf, patiently, type Needs } from "./world.ts";

type Input = { readonly clusterKey: string; readonly linkId: string; readonly request: LinkRequest };
type Output =
  | { readonly outcome: "ready"; readonly appId: string; readonly principalId: string; readonly createdAt: string }
  | { readonly outcome: "refused"; readonly problem: Problem };

/**
 * Makes the pull identity of a cluster: a multitenant application and its service principal in the cluster tenant.
 * Idempotent by the application's `uniqueName`; the row is written before anything is made outside.
 */
export const ensureIdentity = activity(
  "ensureIdentity",
  async (
    { clusterKey, linkId, request }: Input,
    { directory, identities, links, settings, now }: Needs<"directory" | "identities" | "links" | "settings" | "now">,
  ): Promise<Output> => {
    const { name, tenantId } = clusterOf(request);
    await identities.insert(clusterKey, {
      clusterKey,
      clusterId: request.cluster,
      tenantId,
      appId: null,
      appObjectId: null,
      principalId: null,
      createdAt: now().toISOString(),
      secret: null,
      doubted: null,
      addingFor: null,
      applying: null,
      updateFailed: false,
      holder: null,
    });
    const refused = ({ code, detail }: { code: string; detail: string }): Output => ({
      outcome: "refused",
      problem: problem("CP-DIRECTORY-FORBIDDEN", `Microsoft Graph in tenant ${tenantId} answered ${code}: ${detail}`),
    });
    const application = await directory.putApplication(tenantId, {
      uniqueName: names.application(clusterKey),
      displayName: names.applicationTitle(name),
      redirectUri: settings.callbackUrl,
    });
    if (application.outcome === "forbidden") return refused(application);
    const principal = await directory.putServicePrincipal(tenantId, application.appId);
    if (principal.outcome === "forbidden") return refused(principal);
    const row = await identities.update(clusterKey, (identity) => ({
      ...identity,
      appId: application.appId,
      appObjectId: application.objectId,
      principalId: principal.objectId,
    }));
    await links.update(linkId, (link) => ({ ...link, appId: application.appId }));
    const createdAt = row?.createdAt ?? now().toISOString();
    return { outcome: "ready", appId: application.appId, principalId: principal.objectId, createdAt };
  },
  patiently,
);
