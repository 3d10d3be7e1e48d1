import { readFileSync } from "node:fs";
import { join } from "node:path";
import { orphansOf, type Covered } from "../../../../local/cloud/offers/table.ts";
import { truths } from "../../../../local/cloud/truths.ts";
import { testCloud, type TestCloud } from "../kit/cloud.ts";

let cloud: TestCloud;
let covered: readonly Covered[];
beforeAll(async () => {
  cloud = await testCloud();
  covered = (await cloud.control<readonly Covered[]>("GET", "/control/offers")).body;
});
afterAll(() => cloud.close());

test("every operation offered says how true it is, and nothing is described that is not offered", () => {
  const silent = covered.filter(({ truth }) => !truth).map(({ service, operation }) => `${service} ${operation}`);
  expect({ silent, orphans: orphansOf(covered, truths) }).toEqual({ silent: [], orphans: [] });
});

test("COVERAGE.md says what the code says: `node_modules/.bin/node local/cloud/documents.ts` writes it anew", async () => {
  const { body } = await cloud.control<string>("GET", "/control/offers?format=markdown");
  const written = readFileSync(join(import.meta.dirname, "../../../../local/cloud/COVERAGE.md"), "utf8");
  // The formatter pads tables.
  const words = (text: string): string => text.replace(/[-\s|*_\\]+/g, " ");
  expect(words(written)).toBe(words(body));
});
