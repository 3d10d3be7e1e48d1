import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { preflightRules } from "../../src/domain/preflight.ts";

const file = join(import.meta.dirname, "../../docs/preflight.md");

/** docs/preflight.md is made from the rules: `UPDATE_DOCS=1 npx jest test/docs/preflight` writes it anew. */
function page(): string {
  const intro = [
    "# Preflight: what is looked at before anything is made",
    "",
    "`POST /api/links` reads both sides first, and `?dryRun=true` stops there. Each check has a verdict: `pass`; `warn`, which stops nothing;",
    "`unknown`, where our rights do not show it; `fail`, which stops the onboarding with the problem code of the check.",
    "Where everything is there as it should be, a check of what we may make or change (marked _to act_) warns instead of failing.",
    "",
    "This page is made from the rules in `src/domain/rules`.",
  ];
  const sections = preflightRules.flatMap(({ id, title, about, toActOnly }) => [
    "",
    `## ${id}`,
    "",
    `**${title}.** ${about}${toActOnly ? " _To act._" : ""}`,
  ]);
  return `${[...intro, ...sections].join("\n")}\n`;
}

test("docs/preflight.md says of every check what it looks at", () => {
  if (process.env["UPDATE_DOCS"]) writeFileSync(file, page());
  expect(readFileSync(file, "utf8")).toBe(page());
});

test("every check has an id of its own", () => {
  const ids = preflightRules.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
});
