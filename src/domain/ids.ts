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
  `^/subscriptions/(${guid})/resourceGroups/([^/]+)/providers/([\\w.]+/\\w+)/([^/]+)$`,
  "i",
);
/** Letters, marks on them and digits of any language; the service would take `.` and `..` for parts of a path. */
const groupPattern = /^[-\p{L}\p{Mn}\p{N}\p{Pc}.()]{0,89}[-\p{L}\p{Mn}\p{N}\p{Pc}()]$/u;
const namePattern = /^[-\w]{1,63}$/;
const namePatterns: Readonly<Record<string, { readonly pattern: RegExp; readonly rule: string }>> = {
  "microsoft.containerregistry/registries": {
    pattern: /^[a-z0-9]{5,50}$/i,
    rule: "a registry's name has 5 to 50 letters and digits; its login server may be longer, its resource id is not",
  },
  "microsoft.containerservice/managedclusters": {
    pattern: /^[a-z0-9]([-\w]{0,61}[a-z0-9])?$/i,
    rule: "a cluster's name has 1 to 63 letters, digits, _ and -, with a letter or digit at both ends",
  },
};

export type ParsedResource =
  | { readonly outcome: "parsed"; readonly type: string; readonly ref: ResourceRef }
  | { readonly outcome: "malformed"; readonly reason: string };

/** Reads a resource id of two levels at most (no child resources), in any case. A trailing slash is forgiven. */
export function parseResourceId(text: string): ParsedResource {
  const id = text.trim().replace(/\/$/, "");
  const match = resourcePattern.exec(id);
  if (!match || /[?#%]/.test(id) || hidden.test(id))
    return { outcome: "malformed", reason: `is not a resource id${hintOn(id)}` };
  const [, subscriptionId = "", resourceGroup = "", type = "", name = ""] = match;
  if (!groupPattern.test(resourceGroup)) {
    return { outcome: "malformed", reason: `is not a resource id: no resource group is named ${resourceGroup}` };
  }
  const { pattern, rule } = namePatterns[type.toLowerCase()] ?? { pattern: namePattern, rule: "the name cannot exist" };
  if (!pattern.test(name)) return { outcome: "malformed", reason: `names nothing that can exist: ${rule}` };
  return { outcome: "parsed", type, ref: { id, subscriptionId, resourceGroup, name } };
}

/** A page of the portal, a child resource, a query. */
const beyondName = /^(\/[^/?#]+){8}[/?#]/;
/** Characters that nobody sees, and blanks: they come with what is copied from a page or a chat. */
const hidden = /[\s\p{Cc}\p{Cf}]/u;

/** What shells, pages and portals do to an id; "" where nothing of it is seen. */
function hintOn(id: string): string {
  if (/^["'`\u2018-\u201f]/.test(id)) return ": it has quotation marks around it";
  if (/%[0-9a-f]{2}/i.test(id)) return ": it is percent-encoded";
  if (!/^\/subscriptions\//i.test(id)) {
    const starts = "a resource id begins with /subscriptions/";
    return /\/subscriptions\//i.test(id) ? `: ${starts}, and something is in front of it` : `: ${starts}`;
  }
  if (beyondName.test(id)) return ": it goes on after the name of the resource";
  const character = hidden.exec(id)?.[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  return character === undefined ? "" : `: it has a blank or an invisible character in it, U+${character}`;
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

export function isClusterKey(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text);
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
  offboarding: (linkId: string) => `offboard-${linkId}`,
  rotation: (clusterKey: string) => `rotate-${clusterKey}`,
  /** Of a request that rotates many. */
  scope: (request: string) => `rotate-scope-${request}`,
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
