export interface ImageName {
  /** With port, if any. */
  readonly host: string;
  readonly repository: string;
  /** A tag, or `sha256:...`. */
  readonly reference: string;
}

/** `host/repository:tag`, `host/repository@sha256:...`; `latest` without either. Undefined for anything else. */
export function parseImageName(text: string): ImageName | undefined {
  const slash = text.indexOf("/");
  const host = text.slice(0, Math.max(slash, 0));
  const found = /^([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
    text.slice(slash + 1),
  );
  if (!/^[\w.-]+(:\d+)?$/.test(host) || !found?.[1]) return undefined;
  return { host, repository: found[1], reference: found[3] ?? found[2] ?? "latest" };
}
