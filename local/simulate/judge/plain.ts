import type { Dump } from "./dump.ts";

/**
 * A sentence without what is another in every run: ports of this machine, and the end of an operation's id, which the app
 * takes at random.
 */
export function plain(text: string, { arm }: Dump): string {
  const named = arm.registries.reduce(
    (so, { id, loginServer }) => so.replaceAll(loginServer, id.split("/").at(-1) ?? id),
    text,
  );
  return named.replace(/localhost:\d+/g, "localhost").replace(/\b([0-9a-f]{16})-[0-9a-f]{8}\b/g, "$1");
}
