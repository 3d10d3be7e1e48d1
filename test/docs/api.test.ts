import { readFileSync } from "node:fs";
import { join } from "node:path";
import { problems } from "../../src/domain/errors.ts";
import { registeredFunctions } from "../registered.ts";

const root = join(import.meta.dirname, "../..");
const text = readFileSync(join(root, "docs/api.md"), "utf8");
const rows = (part: string): string[][] =>
  part
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
const section = (from: string, to: string): string => text.slice(text.indexOf(from), text.indexOf(to));

describe("docs/api.md", () => {
  test("names every route the app registers, and no other, but for the one that answers for unknown ones", () => {
    const documented = rows(section("## Who may call", "## `POST /api/links`")).map(([route]) =>
      route?.replaceAll("`", ""),
    );
    const registered = registeredFunctions().flatMap(({ bindings }) =>
      Object.values(bindings).flatMap(({ type, methods, route }) =>
        type === "httpTrigger" && route !== "{*path}" ? [`${methods?.join()} /api/${route}`] : [],
      ),
    );
    expect(documented.sort()).toEqual(registered.sort());
  });

  test("lists every problem code with its status, title and remedy", () => {
    const documented = rows(section("<!-- problems -->", "<!-- /problems -->"));
    expect(documented).toEqual(
      Object.entries(problems).map(([code, { status, title, remedy }]) => [
        `\`${code}\``,
        String(status),
        title,
        remedy,
      ]),
    );
  });

  test("describes every field of a link", () => {
    for (const field of [
      "consentUrl",
      "consentUrlV1",
      "consentAnswers",
      "waitingFor",
      "pullIdentity",
      "grant",
      "proof",
      "problem",
      "operation",
    ])
      expect(text).toContain(`\`${field}\``);
  });
});
