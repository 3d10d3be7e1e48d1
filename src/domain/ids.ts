import { createHash } from "node:crypto";

/** Azure Resource Manager's coordinates of one resource, in the case Azure or the user gave them. */
export type ResourceRef = {
  /** `/subscriptions/{guid}/resourceGroups/{name}/providers/{namespace}/{type}/{name}` */
  readonly id: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
};

export const clusterType = "Microsoft.ContainerService/managedClusters";
export const registryType = "Microsoft.ContainerRegistry/registries";

const guid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
export const guidPattern = new RegExp(`^${guid}$`, "i");
const resourcePattern = new RegExp(
  `^/subscriptions/(${guid})/resourceGroups/([-\\w.()]{1,90})/providers/([\\w.]+/\\w+)/([-\\w]{1,63})$`,
  "i",
);

export type ParsedResource =
  { readonly outcome: "parsed"; readonly type: string; readonly ref: ResourceRef } | { readonly outcome: "malformed" };

/** Reads a resource id of two levels at most (no child resources). A trailing slash is forgiven. */
export function parseResourceId(text: string): ParsedResource {
  const id = text.trim().replace(/\/$/, "");
  const match = resourcePattern.exec(id);
  if (!match) return { outcome: "malformed" };
  const [, subscriptionId = "", resourceGroup = "", type = "", name = ""] = match;
  return { outcome: "parsed", type, ref: { id, subscriptionId, resourceGroup, name } };
}

export function isType(type: string, wanted: string): boolean {
  return type.toLowerCase() === wanted.toLowerCase();
}

function shortHash(...parts: readonly string[]): string {
  return createHash("sha256")
    .update(parts.map((part) => part.toLowerCase()).join("\n"))
    .digest("hex")
    .slice(0, 16);
}

/** Stable id of the link "this cluster may pull from this registry": 16 hex digits, the same for any spelling. */
export function linkIdOf(clusterId: string, registryId: string): string {
  return shortHash(clusterId, registryId);
}

/** Stable key of a cluster, and so of its pull identity: 16 hex digits. */
export function clusterKeyOf(clusterId: string): string {
  return shortHash(clusterId);
}

/** The names of everything made outside are derived before it is made, so that making it again finds it. */
export const names = {
  /** `uniqueName` of the application in Microsoft Graph. */
  application: (clusterKey: string) => `crosspull-${clusterKey}`,
  /** What administrators read on the consent page; Graph allows 120 characters. */
  applicationTitle: (clusterName: string) => `Crosspull image pull for ${clusterName}`.slice(0, 120),
  password: (operationId: string) => `crosspull ${operationId}`,
  vaultSecret: (clusterKey: string) => `pull-${clusterKey}`,
  onboarding: (linkId: string) => `onboard-${linkId}`,
} as const;

const namespace = Buffer.from("6ba7b8119dad11d180b400c04fd430c8", "hex");

/** Version 5 UUID (RFC 9562) in the URL namespace: the same text always gives the same GUID. */
export function uuidV5(text: string): string {
  const bytes = createHash("sha1").update(namespace).update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** For ids that were checked at the edge: a malformed one here is a defect. */
export function resourceRef(id: string): ResourceRef {
  const parsed = parseResourceId(id);
  if (parsed.outcome === "malformed") throw new Error(`not a resource id: ${id}`);
  return parsed.ref;
}
