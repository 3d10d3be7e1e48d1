import type { Call } from "../kit/contract.ts";

/** `n` at most, after the name `last`; a `Link` header leads on. */
export function paged(
  names: readonly string[],
  call: Call,
): { readonly page: readonly string[]; readonly headers: Readonly<Record<string, string>> } {
  const last = call.query("last");
  const size = Math.min(Math.max(Math.floor(Number(call.query("n") ?? 100)) || 100, 1), 1000);
  const rest = last === undefined ? names : names.filter((name) => name > last);
  const page = rest.slice(0, size);
  const end = page.at(-1);
  if (rest.length <= size || end === undefined) return { page, headers: {} };
  const next = new URLSearchParams({ last: end, n: String(size) });
  return { page, headers: { link: `<${call.url.pathname}?${next.toString()}>; rel="next"` } };
}
