import { documented, observed, type Truths } from "../kit/truth.ts";

const dates = "what the estate names has the registry's dates";

export const registryTruths: Truths = {
  ContainerRegistry_CheckDockerV2Support: documented(),
  ContainerRegistry_GetManifest: documented(),
  ContainerRegistry_CheckManifest: documented(),
  ContainerRegistryBlob_GetBlob: documented(
    "sent by the registry itself, with `Range`; with `blobRedirects` 307 to the host of the blobs",
  ),
  ContainerRegistryBlob_CheckBlob: documented(),
  ContainerRegistry_CreateManifest: documented(),
  ContainerRegistry_DeleteManifest: documented(),
  ContainerRegistryBlob_StartUpload: documented(
    "the document's blob transfers were not at hand; in the distribution specification",
  ),
  ContainerRegistryBlob_UploadChunk: documented("as above"),
  ContainerRegistryBlob_CompleteUpload: documented("as above"),
  ContainerRegistryBlob_GetUploadStatus: documented("as above"),
  ContainerRegistryBlob_CancelUpload: documented("as above"),
  ContainerRegistry_ListTags: observed("as the distribution specification has it, in pages"),
  ContainerRegistry_GetTags: documented(dates),
  ContainerRegistry_GetTagProperties: documented(dates),
  ContainerRegistry_GetManifests: documented(
    `${dates}; in the order of their digests unless \`orderby\` asks for another`,
  ),
  ContainerRegistry_GetManifestProperties: documented(dates),
  ContainerRegistry_GetProperties: documented("every date is the registry's"),
  ContainerRegistry_UpdateProperties: documented("locks act: 405 `REGISTRY_DISALLOWED_OPERATION`"),
  ContainerRegistry_UpdateTagAttributes: documented("as above"),
  ContainerRegistry_UpdateManifestProperties: documented("as above"),
  ContainerRegistry_Catalog: observed("as the distribution specification has it"),
  ContainerRegistry_GetRepositories: documented(),
  Authentication_ExchangeAadAccessTokenForAcrRefreshToken: documented(),
  Authentication_ExchangeAcrRefreshTokenForAcrAccessToken: documented(
    "`grant_type=password` as containerd and the Azure CLI send it: observed",
  ),
  Authentication_GetAcrAccessTokenFromLogin: documented(),
};

/** Of the storage account behind the registries. */
export const blobTruths: Truths = {
  Blob_Download: documented(
    "by the registry's signed address alone, for twenty minutes; one account for all registries",
  ),
  Blob_GetProperties: documented("as above"),
};
