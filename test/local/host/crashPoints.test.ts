import { survive } from "../../../local/host/crash/harness.ts";

/** All of them: `node_modules/.bin/node --disable-warning=ExperimentalWarning local/host/crash/cli.ts` */
const sample = 5;
const seed = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 1e6));

test("a host that is killed at a boundary and started again ends with the history of one that was not", async () => {
  const survivals = await survive({ sample, seed });
  const survived = survivals.filter(({ difference }) => difference === undefined).length;
  console.log(`crash points survived: ${survived}/${sample} (CRASH_SEED=${seed})`);
  expect(survivals.filter(({ difference }) => difference !== undefined)).toEqual([]);
  expect(survivals).toHaveLength(sample);
  // About 10 s; the limit is there for a machine that is busy with other work.
}, 600_000);
