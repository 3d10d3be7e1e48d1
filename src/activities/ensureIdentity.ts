import type { Refused } from "../azure/clients.ts";
import { problem, type Problem, type ProblemCode } from "../domain/errors.ts";
import { names } from "../domain/ids.ts";
import type { Target } from "../domain/onboarding.ts";
import { registered } from "../domain/pullIdentityChanges.ts";
import { activity } from "../durable/calls.ts";
import { inTenant, mine, type Needs } from "./world.ts";

type Input = {
  readonly operationId: string;
  readonly clusterKey: string;
  readonly cluster: Target;
  readonly linkId: string;
};
type Output =
  | {
      readonly outcome: "ready";
      readonly appId: string;
      /** Of its service principal in the cluster tenant. */
      readonly principalId: string;
      readonly createdAt: string;
    }
  | { readonly outcome: "refused"; readonly problem: Problem };

const codes = {
  forbidden: "CP-DIRECTORY-FORBIDDEN",
  quotaExceeded: "CP-DIRECTORY-QUOTA",
  policy: "CP-DIRECTORY-POLICY",
} as const satisfies Record<string, ProblemCode>;

/** Where the v1 consent address of Microsoft's document may lead instead of to us. */
const documentedRedirect = "https://www.microsoft.com";

/**
 * Makes the pull identity of a cluster: a multitenant application and its service principal in the cluster tenant. The
 * caller holds the claim. Idempotent by the application's `uniqueName`; one that was deleted is restored, and one with
 * another id than before is taken for new.
 */
export const ensureIdentity = activity(
  "ensureIdentity",
  async (
    { operationId, clusterKey, cluster, linkId }: Input,
    { directory, identities, links, settings, now }: Needs<"directory" | "identities" | "links" | "settings" | "now">,
  ): Promise<Output> => {
    const { name, tenantId } = inTenant(cluster);
    const refused = ({ outcome, code, detail }: Refused<keyof typeof codes>): Output => ({
      outcome: "refused",
      problem: problem(codes[outcome], `Microsoft Graph in tenant ${tenantId} answered ${code}: ${detail}`),
    });
    const application = await directory.putApplication(tenantId, {
      uniqueName: names.application(clusterKey),
      displayName: names.applicationTitle(name),
      redirectUris: [settings.callbackUrl, documentedRedirect],
    });
    if (application.outcome !== "put") return refused(application);
    const { appId, objectId: appObjectId } = application;
    const principal = await directory.putServicePrincipal(tenantId, appId);
    if (principal.outcome !== "put") return refused(principal);
    const { createdAt } = await mine(
      identities.updateFor(operationId, clusterKey, (row) =>
        registered(row, { appId, appObjectId, now: now().toISOString() }),
      ),
      `the pull identity ${clusterKey}`,
    );
    await mine(
      links.updateFor(operationId, linkId, (link) => ({ ...link, appId })),
      `link ${linkId}`,
    );
    return { outcome: "ready", appId, principalId: principal.objectId, createdAt };
  },
);
