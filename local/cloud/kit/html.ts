/** HTML whose parts are already safe. */
export interface Html {
  readonly html: string;
}

type Part = string | number | Html | readonly Html[];

/** Template tag: every value is escaped unless it is HTML itself. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: texts.reduce((page, text, index) => page + rendered(parts[index - 1] ?? "") + text) };
}

function rendered(part: Part): string {
  if (typeof part === "string" || typeof part === "number") return escaped(String(part));
  return "html" in part ? part.html : part.map((one) => one.html).join("");
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** A whole page. Nothing on it runs or loads anything. */
export function page(title: string, body: Html): { headers: Record<string, string>; body: string } {
  const { html: text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html> `;
  return { headers: pageHeaders, body: text };
}

const pageHeaders = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

const style: Html = {
  html: [
    "body { font: 16px/1.45 system-ui, sans-serif; color: #1b1b1b; background: #f4f4f4; }",
    "body { margin: 2rem auto; max-width: 78rem; padding: 0 1rem; }",
    "main { background: #fff; border: 1px solid #d0d0d0; padding: 1.5rem 2rem; }",
    "main.narrow { max-width: 30rem; margin: 0 auto; }",
    "h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 1.6rem; } h3 { font-size: 1rem; }",
    "table { border-collapse: collapse; width: 100%; font-size: .85rem; }",
    "th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #e4e4e4; }",
    "td, code { overflow-wrap: anywhere; } code { font-size: .85em; } .faint { color: #5c5c5c; font-size: .9rem; }",
    ".tenants { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1.5rem; }",
    "button { font: inherit; padding: .4rem 1.6rem; border: 1px solid #888; background: #eee; cursor: pointer; }",
    "button.primary { background: #0f5ea8; border-color: #0f5ea8; color: #fff; margin-right: .6rem; }",
  ].join("\n"),
};
