/**
 * Instances in flight are replayed by the code that is deployed over them. Each history here is one that a deployed
 * version has written: today's code must ask for the same in the same order.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HistoryEvent } from "../../local/host/durable/replay/history.ts";
import { onboardLink } from "../../src/orchestrators/onboardLink.ts";
import { replayHistory } from "../orchestrators/replay.ts";
import { paths } from "./paths.ts";

type Golden = { readonly output: unknown; readonly generations: readonly (readonly HistoryEvent[])[] };

const folder = import.meta.dirname;
const fileOf = (name: string): string => join(folder, `${name}.json`);
const advice = (name: string): string =>
  `instances that took the path "${name}" cannot go on with this code. If they may be in flight: keep their way behind context.df.version, raise defaultVersion in host.json, and record the new way under another name. If nothing is deployed with it: delete the file and run this test with RECORD=1.`;

/** One event a line, so that a difference can be read. */
function textOf({ output, generations }: Golden): string {
  const lines = generations.map(
    (events) => `    [\n${events.map((event) => `      ${JSON.stringify(event)}`).join(",\n")}\n    ]`,
  );
  return `{\n  "output": ${JSON.stringify(output)},\n  "generations": [\n${lines.join(",\n")}\n  ]\n}\n`;
}

test.each(Object.keys(paths))("the history of the path %s is replayed by today's code", async (name) => {
  const path = paths[name];
  if (!path) throw new Error(name);
  if (!existsSync(fileOf(name)) && process.env["RECORD"] === "1") {
    const run = await path.run();
    writeFileSync(fileOf(name), textOf({ output: run.output, generations: run.events }));
  }
  const golden = JSON.parse(readFileSync(fileOf(name), "utf8")) as Golden;
  for (const [index, history] of golden.generations.entries()) {
    const isLast = index === golden.generations.length - 1;
    const { status, result } = await replayHistory(path.orchestrator, history);
    const told =
      status === "Completed" || status === "ContinuedAsNew" ? status : `${status}: ${result}: ${advice(name)}`;
    expect(told).toBe(isLast ? "Completed" : "ContinuedAsNew");
    if (isLast) expect(JSON.parse(result ?? "null")).toEqual(golden.output);
  }
});

test("a history that asks for something else is told apart, so that the test above can fail", async () => {
  const golden = JSON.parse(
    readFileSync(fileOf("ready"), "utf8").replaceAll('"Name":"grantPull"', '"Name":"grantMore"'),
  ) as Golden;
  const [history = []] = golden.generations;
  expect((await replayHistory(onboardLink, history)).status).toBe("Failed");
});

test("every recorded history belongs to a path, and none grows beyond what a turn can replay quickly", () => {
  const names = readdirSync(folder).flatMap((file) => /^(\w+)\.json$/.exec(file)?.[1] ?? []);
  expect(names.sort()).toEqual(Object.keys(paths).sort());
  for (const name of names) {
    const { generations } = JSON.parse(readFileSync(fileOf(name), "utf8")) as Golden;
    for (const history of generations) expect(history.length).toBeLessThanOrEqual(300);
  }
});
