import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

test("the example in local/host/README.md is a test of this suite, word for word", () => {
  const example = readFileSync(join(root, "test/local/host/example.test.ts"), "utf8");
  expect(readFileSync(join(root, "local/host/README.md"), "utf8")).toContain(`\`\`\`ts\n${example}\`\`\``);
});
