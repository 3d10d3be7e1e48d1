import fc from "fast-check";
import { expected, runInDisorder, type Leaf, type Step } from "./chaos.ts";

const seed = Number(process.env.DISORDER_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Names are given by place afterwards: each event and each retry is one of its own. */
const plain = fc.oneof(
  fc.record({ do: fc.constant("activity" as const), value: fc.nat(99) }),
  fc.record({ do: fc.constant("timer" as const), ms: fc.nat(5000) }),
  fc.record({ do: fc.constant("event" as const), name: fc.constant("") }),
);
const retry = (mostFailures: number): fc.Arbitrary<Leaf> =>
  fc.record({
    do: fc.constant("retry" as const),
    key: fc.constant(""),
    failures: fc.nat(mostFailures),
    attempts: fc.integer({ min: 3, max: 4 }),
  });
// A Task.all that fails while another part is retried goes wrong on the platform: there, retries succeed in the end.
const step: fc.Arbitrary<Step> = fc.oneof(
  plain,
  retry(4),
  fc.record({
    do: fc.constant("all" as const),
    parts: fc.array(fc.oneof(plain, retry(2)), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    do: fc.constant("any" as const),
    parts: fc.array(fc.oneof(plain, retry(4)), { minLength: 1, maxLength: 4 }),
  }),
);

function named(steps: readonly Step[], prefix = "n"): Step[] {
  return steps.map((one, index) => {
    const name = `${prefix}-${index}`;
    if (one.do === "event") return { ...one, name };
    if (one.do === "retry") return { ...one, key: name };
    return "parts" in one ? { ...one, parts: named(one.parts, name) as Leaf[] } : one;
  });
}

test("a random orchestration ends the same under any order of delivery, duplicates and restarts", async () => {
  console.log(`DISORDER_SEED=${seed}`);
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 6 }).map((steps) => named(steps)),
      fc.array(fc.nat(), { minLength: 50, maxLength: 50 }),
      async (steps, choices) => {
        let used = 0;
        const pick = (of: number): number => ((choices[used++ % choices.length] ?? 0) + Math.floor(used / 50) * 7) % of;
        expect(await runInDisorder(steps, pick)).toEqual(expected(steps));
      },
    ),
    // On a busy machine fewer are run, rather than none to the end.
    { seed, numRuns: 1000, interruptAfterTimeLimit: 10_000 },
  );
}, 300_000);
