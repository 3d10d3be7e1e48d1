import type { HttpResponseInit } from "@azure/functions";

/** A small HTML page for a person who came back from Microsoft's consent page. Everything in it is escaped. */
export function page(status: number, title: string, sentences: readonly string[]): HttpResponseInit {
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} · Crosspull</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 12vh auto; max-width: 36rem; padding: 0 1rem; color: #1b1b1b; background: #fff }
h1 { font-size: 1.5rem }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #1b1b1b } }
</style>
</head>
<body>
<h1>${escape(title)}</h1>
${sentences.map((sentence) => `<p>${escape(sentence)}</p>`).join("\n")}
</body>
</html>
`;
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
    body,
  };
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
