/** Markup that is safe to send: everything put into it was escaped. */
export interface Html {
  readonly markup: string;
}
type Part = Html | string | number | undefined | readonly Part[];

/** Texts between the braces are escaped, in content and in quoted attributes; markup and lists of it are put in as they are. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { markup: strings.map((text, index) => text + rendered(parts[index])).join("") };
}

function rendered(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "string" || typeof part === "number") return escaped(String(part));
  return "markup" in part ? part.markup : part.map(rendered).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
