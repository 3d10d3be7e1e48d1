/**
 * Image names as kubelets read them (the reference grammar of github.com/distribution/reference), so that what is proved
 * is what the nodes will ask for.
 */
export type Image = {
  /** The host in front, `fabrikam.azurecr.io`; null when the name has none. */
  readonly registry: string | null;
  readonly repository: string;
  readonly tag: string | null;
  /** `sha256:...` */
  readonly digest: string | null;
};

/** Asked for when nothing is named: the right to pull is judged by name, whether or not such a repository exists. */
export const anyRepository = "crosspull/probe";
export type ParsedImage =
  | { readonly outcome: "parsed"; readonly image: Image }
  /** `reason` follows the name: `"x" ` + reason. */
  | { readonly outcome: "malformed"; readonly reason: string };

const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;
/** A name in front that can only be a host: it has a port, or the ending of a registry of Azure. */
const hostPattern = /^([\w.-]+:\d+|[\w.-]+\.azurecr\.(?:io|us|cn))\//i;
/** What kubelets take for a host: a first part with a dot, or `localhost`. In a registry it may be a repository's, as cache rules make it. */
const foreignPattern = /^(?:[^/]*\.[^/]*|localhost)\//;
const schemePattern = /^[a-z][\w+.-]*:\/\//i;
const longestRepository = 255;

/** `repository:tag`, `repository@sha256:...` or both, with or without a registry's host in front. */
export function parseImage(text: string): ParsedImage {
  if (schemePattern.test(text)) return malformed("begins like a web address, and image names have no scheme");
  const [beforeDigest = "", digest, ...more] = text.split("@");
  if (more.length > 0) return malformed("has more than one @");
  if (digest !== undefined && !digestPattern.test(digest))
    return malformed("has a digest that is not sha256: and 64 hexadecimal digits in lower case");
  const { host, path } = withoutHost(beforeDigest);
  const colon = path.indexOf(":");
  const [repository, tag] = colon < 0 ? [path, null] : [path.slice(0, colon), path.slice(colon + 1)];
  const fault = repositoryFault(repository);
  if (fault) return malformed(fault);
  if (tag !== null && !tagPattern.test(tag)) return malformed("has a tag that no registry takes");
  if (tag === null && digest === undefined) return malformed("names neither a tag nor a digest");
  return { outcome: "parsed", image: { registry: host, repository, tag, digest: digest ?? null } };
}

function withoutHost(text: string): { readonly host: string | null; readonly path: string } {
  const host = hostPattern.exec(text)?.[1];
  return host === undefined
    ? { host: null, path: text }
    : { host: host.toLowerCase(), path: text.slice(host.length + 1) };
}

/** What is wrong with a repository's name; undefined when it may be one. */
export function repositoryFault(name: string): string | undefined {
  if (name === "") return "names no repository";
  if (name.length > longestRepository) return `is longer than ${longestRepository} characters`;
  if (schemePattern.test(name) || hostPattern.test(name)) return "has a registry in front: name the repository alone";
  if (/[A-Z]/.test(name)) return "has capital letters, and repositories are in lower case";
  if (name.split("/").some((part) => part === ".." || part === ".")) return "has a part that is only dots";
  if (name.split("/").some((part) => !component.test(part)))
    return "is not made of lower-case letters and digits, joined by single . _ __ - and /";
  return undefined;
}

/** What the registry is asked for: a digest says exactly what, so it wins over a tag. */
export function referenceOf({ tag, digest }: Image): string {
  return digest ?? tag ?? "latest";
}

/** Do two names ask one registry for the same? With or without its host in front. */
export function isSameImage(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return one === other;
  const [first, second] = [parseImage(one), parseImage(other)];
  if (first.outcome === "malformed" || second.outcome === "malformed") return one === other;
  const { repository, tag, digest, registry } = first.image;
  const same = second.image;
  const isOneHost = registry === null || same.registry === null || isOfRegistry(first.image, same.registry);
  return isOneHost && repository === same.repository && tag === same.tag && digest === same.digest;
}

/** Is the host in front the registry's login server? A name without a host always is. */
export function isOfRegistry({ registry }: Image, loginServer: string): boolean {
  const bare = (host: string): string => host.toLowerCase().replace(/:443$/, "");
  return registry === null || bare(registry) === bare(loginServer);
}

/** Kubelets read the first part as another registry, unless a registry's host stands in front. */
export function looksForeign({ registry, repository }: Image): boolean {
  return registry === null && foreignPattern.test(repository);
}

function malformed(reason: string): ParsedImage {
  return { outcome: "malformed", reason };
}
