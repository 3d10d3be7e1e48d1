import type { Call } from "../kit/contract.ts";

/** `n` at most, after the name `last`; a `Link` header leads on. */
export function paged(
  names: readonly string[],
  call: Call,
): { readonly page: readonly string[]; readonly headers: Readonly<Record<string, string>> } {
  const last = call.query("last");
  const size = Math.min(Math.max(Math.floor(Number(call.query("n") ?? 100)) || 100, 1), 1000);
  const rest = last === undefined ? names : after(names, last);
  const page = rest.slice(0, size);
  const end = page.at(-1);
  if (rest.length <= size || end === undefined) return { page, headers: {} };
  const order = call.query("orderby");
  const next = new URLSearchParams({ last: end, n: String(size), ...(order !== undefined && { orderby: order }) });
  return { page, headers: { link: `<${call.url.pathname}?${next.toString()}>; rel="next"` } };
}

/** In whatever order they are; a name that is not there (any more) stands where the alphabet has it. */
function after(names: readonly string[], last: string): readonly string[] {
  const at = names.indexOf(last);
  return at < 0 ? names.filter((name) => name > last) : names.slice(at + 1);
}
