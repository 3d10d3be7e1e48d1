/**
 * Where one Azure cloud answers, and for which audiences its tokens are. All addresses without a slash at the end.
 * An application lives in one cloud: both tenants of a link are in the same.
 */
export type Cloud = {
  readonly name: CloudName;
  readonly authorityUrl: string;
  readonly armUrl: string;
  readonly armScope: string;
  readonly graphUrl: string;
  readonly graphScope: string;
  readonly registryScope: string;
  /** What a managed identity asks for to sign in as an application that trusts it. */
  readonly exchangeScope: string;
  /** Last part of a login server; null where any name may be one. */
  readonly registrySuffix: string | null;
  readonly storageSuffix: string;
  /** API versions of managed clusters and registries; null is what the client package asks for. Other clouds lag by months. */
  readonly aksApiVersion: string | null;
  readonly acrApiVersion: string | null;
};

export const cloudNames = ["AzurePublic", "AzureUSGovernment", "AzureChina", "custom"] as const;
export type CloudName = (typeof cloudNames)[number];

/** The same constant in every cloud: so in the Azure CLI and in the Kubernetes credential provider. */
const registryScope = "https://containerregistry.azure.net/.default";

/** Source: learn.microsoft.com/entra/identity-platform/authentication-national-cloud, and the Azure CLI's cloud table. */
export const clouds: Readonly<Record<Exclude<CloudName, "custom">, Cloud>> = {
  AzurePublic: {
    name: "AzurePublic",
    authorityUrl: "https://login.microsoftonline.com",
    armUrl: "https://management.azure.com",
    armScope: "https://management.azure.com/.default",
    graphUrl: "https://graph.microsoft.com",
    graphScope: "https://graph.microsoft.com/.default",
    registryScope,
    exchangeScope: "api://AzureADTokenExchange/.default",
    registrySuffix: ".azurecr.io",
    storageSuffix: "core.windows.net",
    aksApiVersion: null,
    acrApiVersion: null,
  },
  AzureUSGovernment: {
    name: "AzureUSGovernment",
    authorityUrl: "https://login.microsoftonline.us",
    armUrl: "https://management.usgovcloudapi.net",
    armScope: "https://management.usgovcloudapi.net/.default",
    graphUrl: "https://graph.microsoft.us",
    graphScope: "https://graph.microsoft.us/.default",
    registryScope,
    exchangeScope: "api://AzureADTokenExchangeUSGov/.default",
    registrySuffix: ".azurecr.us",
    storageSuffix: "core.usgovcloudapi.net",
    aksApiVersion: null,
    acrApiVersion: null,
  },
  AzureChina: {
    name: "AzureChina",
    authorityUrl: "https://login.chinacloudapi.cn",
    armUrl: "https://management.chinacloudapi.cn",
    armScope: "https://management.chinacloudapi.cn/.default",
    graphUrl: "https://microsoftgraph.chinacloudapi.cn",
    graphScope: "https://microsoftgraph.chinacloudapi.cn/.default",
    registryScope,
    exchangeScope: "api://AzureADTokenExchangeChina/.default",
    registrySuffix: ".azurecr.cn",
    storageSuffix: "core.chinacloudapi.cn",
    aksApiVersion: null,
    acrApiVersion: null,
  },
};

/** Any other cloud (Azure Stack, a simulated one). Its addresses are trusted: our tokens are sent there. */
export function customCloud(addresses: {
  readonly authorityUrl: string;
  readonly armUrl: string;
  readonly armAudience: string;
  readonly graphUrl: string;
}): Cloud {
  const { authorityUrl, armUrl, armAudience, graphUrl } = addresses;
  return {
    ...clouds.AzurePublic,
    name: "custom",
    authorityUrl,
    armUrl,
    armScope: `${armAudience}/.default`,
    graphUrl,
    graphScope: `${graphUrl}/.default`,
    registrySuffix: null,
  };
}
