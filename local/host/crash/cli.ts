/** `node local/host/crash/cli.ts [--sample N] [--seed N]`: kills the host at every boundary, and says what it survived. */
import { parseArgs } from "node:util";
import { survive } from "./harness.ts";

const { values } = parseArgs({ options: { sample: { type: "string" }, seed: { type: "string", default: "1" } } });
const survivals = await survive({
  seed: Number(values.seed),
  ...(values.sample === undefined ? {} : { sample: Number(values.sample) }),
  told: ({ at, boundary, difference, crashed }) => {
    if (difference !== undefined) console.log(`crash point ${at} (${boundary}): ${difference}`);
    else if (!crashed) console.log(`crash point ${at} (${boundary}): not reached this time`);
  },
});
const survived = survivals.filter(({ difference }) => difference === undefined).length;
console.log(`crash points survived: ${survived}/${survivals.length} (seed ${values.seed})`);
process.exitCode = survived === survivals.length ? 0 : 1;
