import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lifeDocument } from "../../../../local/cloud/life/document.ts";
import { allSwitches } from "../../../../local/cloud/life/switches.ts";

test("LIFE.md says what the code says: `node_modules/.bin/node local/cloud/documents.ts` writes it anew", () => {
  const written = readFileSync(join(import.meta.dirname, "../../../../local/cloud/LIFE.md"), "utf8");
  // The formatter pads tables.
  const words = (text: string): string => text.replace(/[-\s|*_\\]+/g, " ");
  expect(words(written)).toBe(words(lifeDocument(allSwitches)));
});

test("every switch stands in it", () => {
  const document = lifeDocument(allSwitches);
  expect(allSwitches.filter(({ name }) => !document.includes(`| \`${name}\` |`))).toEqual([]);
});

test("every switch is named by a test", () => {
  const folder = join(import.meta.dirname, "..");
  const tests = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => readFileSync(join(folder, name), "utf8"));
  const untested = allSwitches.filter(({ name }) => !tests.some((text) => new RegExp(`\\b${name}\\b`).test(text)));
  expect(untested.map(({ name }) => name)).toEqual([]);
});
