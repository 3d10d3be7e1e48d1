import type { CloudClock } from "./clock.ts";

/**
 * Puts `clock` forward to the time that a local Functions host tells at `/admin/clock` (or another address, if `url` has a
 * path), where `GET` answers `{"now": "<ISO 8601>"}`; never back. Where nobody answers, time goes on by itself. Simultaneous calls ask once.
 */
export function followTime(clock: CloudClock, url: string): () => Promise<void> {
  const address = new URL(url);
  if (address.pathname === "/") address.pathname = "/admin/clock";
  let asking: Promise<void> | undefined;
  const ask = async (): Promise<void> => {
    const told = await toldBy(address);
    const behindInMs = (told ?? 0) - clock.now();
    if (behindInMs > 0) clock.advance(behindInMs);
  };
  return () => {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

async function toldBy(url: URL): Promise<number | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
    const { now } = (await answer.json()) as { readonly now?: string };
    const time = Date.parse(now ?? "");
    return Number.isNaN(time) ? undefined : time;
  } catch {
    return undefined; // Not up yet, or already gone.
  }
}
