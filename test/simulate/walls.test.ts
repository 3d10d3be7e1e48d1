import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const root = join(import.meta.dirname, "../..");
const judgeFolder = join(root, "local/simulate/judge");

test("the judge imports nothing but itself: it shares no code with what it judges", () => {
  const files = readdirSync(judgeFolder).map((name) => join(judgeFolder, name));
  expect(files.length).toBeGreaterThan(3);
  const outside = files.flatMap((file) =>
    importsOf(file)
      .map((target) => (target.startsWith(".") ? resolve(dirname(file), target) : target))
      .filter((target) => dirname(target) !== judgeFolder)
      .map((target) => `${relative(root, file)} imports ${target}`),
  );
  expect(outside).toEqual([]);
});

test("a simulation uses the app by HTTP only: nothing of it imports the app's code", () => {
  const folder = join(root, "local/simulate");
  const direct = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => importsOf(join(folder, name)).map((target) => resolve(dirname(join(folder, name)), target)))
    .filter((target) => target.startsWith(join(root, "src")));
  expect(direct).toEqual([]);
});

function importsOf(file: string): readonly string[] {
  return [...readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(([, target = ""]) => target);
}
