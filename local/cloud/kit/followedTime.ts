import type { CloudClock } from "./clock.ts";

/**
 * Puts `clock` forward to the time that a local Functions host tells at `/admin/clock` (or another address, if `url` has a
 * path), where `GET` answers `{"now": "<ISO 8601>", "virtual": <boolean>}`; never back. Where that time is virtual, the clock stands
 * still between its jumps, too; otherwise, and where nobody answers, it goes on by itself. Simultaneous calls ask once.
 */
export function followTime(clock: CloudClock, url: string): () => Promise<void> {
  const address = new URL(url);
  if (address.pathname === "/") address.pathname = "/admin/clock";
  let asking: Promise<void> | undefined;
  const ask = async (): Promise<void> => {
    const told = await toldBy(address);
    clock.standStill(told?.isVirtual ?? false);
    if (told && told.now > clock.now()) await clock.advanceTo(told.now);
  };
  return () => {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

interface Told {
  readonly now: number;
  readonly isVirtual: boolean;
}

async function toldBy(url: URL): Promise<Told | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
    const { now = "", virtual } = (await answer.json()) as { readonly now?: string; readonly virtual?: boolean };
    const time = Date.parse(now);
    return Number.isNaN(time) ? undefined : { now: time, isVirtual: virtual === true };
  } catch {
    return undefined; // Not up yet, or already gone.
  }
}
