import type { TokenCredential, TokenCredentialOptions } from "@azure/identity";
import type { Secret } from "../domain/secret.ts";
import type { Cloud } from "./clouds.ts";
import { rememberDiscovery } from "./discovery.ts";
import { lazy, lazyPer } from "./lazy.ts";
import { sharing } from "./sharing.ts";
import { namingUnknownTenant } from "./unknownTenant.ts";

/** Who we are: a managed identity that signs in as our automation application, or the developer at the Azure CLI. */
export type OurIdentity =
  | { readonly kind: "managedIdentity"; readonly automationClientId: string; readonly managedIdentityClientId: string }
  | { readonly kind: "azureCli" };

export interface Credentials {
  /** Our identity in one tenant; the same object each time, since it keeps its tokens. */
  credentialFor(tenantId: string): Promise<TokenCredential>;
  /** Our identity in whatever tenant a service's challenge names: how Key Vault tells where it is at home. */
  readonly challengeCredential: TokenCredential;
  /** A pull identity's own sign-in. New each time: MSAL answers from memory for a minute after a failure. */
  pullCredential(tenantId: string, clientId: string, secret: Secret): Promise<TokenCredential>;
}

const identity = lazy(() => import("@azure/identity"));

export function connectCredentials(cloud: Cloud, ours: OurIdentity): Credentials {
  const options = {
    authorityHost: cloud.authorityUrl,
    // Otherwise the first request would ask login.microsoftonline.com whether our authority is genuine.
    disableInstanceDiscovery: cloud.name === "custom",
    additionalPolicies: [{ policy: rememberDiscovery(), position: "perCall" }],
    // Below MSAL, which answers the next minute's calls from memory once it has seen a failure.
    retryOptions: { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 5_000 },
  } satisfies TokenCredentialOptions & { disableInstanceDiscovery: boolean };

  const managedIdentity = lazyPer(async (clientId) => {
    const { ManagedIdentityCredential } = await identity();
    return sharing(new ManagedIdentityCredential({ clientId }));
  });

  const credentialFor = lazyPer(async (tenantId): Promise<TokenCredential> => {
    const { AzureCliCredential, ClientAssertionCredential } = await identity();
    if (ours.kind === "azureCli") return sharing(new AzureCliCredential({ tenantId }));
    const assertion = async (): Promise<string> => {
      const credential = await managedIdentity(ours.managedIdentityClientId);
      return (await credential.getToken(cloud.exchangeScope))?.token ?? "";
    };
    const credential = new ClientAssertionCredential(tenantId, ours.automationClientId, assertion, options);
    return sharing(namingUnknownTenant(credential, cloud.authorityUrl, tenantId));
  });

  return {
    credentialFor,
    challengeCredential: {
      async getToken(scopes, request) {
        if (!request?.tenantId) throw new Error("the service did not say in which tenant it is");
        return (await credentialFor(request.tenantId)).getToken(scopes, request);
      },
    },
    async pullCredential(tenantId, clientId, secret) {
      const { ClientSecretCredential } = await identity();
      const credential = new ClientSecretCredential(tenantId, clientId, secret.reveal(), options);
      return namingUnknownTenant(credential, cloud.authorityUrl, tenantId);
    },
  };
}
