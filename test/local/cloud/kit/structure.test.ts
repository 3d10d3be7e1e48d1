import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const root = join(import.meta.dirname, "../../../../local/cloud");
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));

/** What each of them imports, types included. */
function arrows(nameOf: (file: string) => string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const file of files)
    for (const [, target = ""] of readFileSync(join(root, file), "utf8").matchAll(/ from "(\.[^"]+)"/g)) {
      const [from, to] = [nameOf(file), nameOf(normalize(join(dirname(file), target)))];
      if (from !== to) found.set(from, (found.get(from) ?? new Set()).add(to));
    }
  return found;
}

/** Everything that is left when what imports nothing left over is taken away again and again. */
function circles(graph: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const left = new Map(graph);
  for (let before = -1; before !== left.size;) {
    before = left.size;
    for (const [name, targets] of left) if (![...targets].some((target) => left.has(target))) left.delete(name);
  }
  return [...left.keys()];
}

test("no two files of the cloud know of each other", () => {
  expect(circles(arrows((file) => file))).toEqual([]);
});

test("the folders of the cloud stand one above the other: imports run downwards", () => {
  expect(circles(arrows((file) => file.split("/")[0] ?? file))).toEqual([]);
});
