import fc from "fast-check";
import { recordings, runGolden } from "../../../local/host/golden.ts";

/** What the app's workflows use; `npm run golden` runs all. */
const used = [
  ...["sequence", "values", "customStatus", "fanOut", "fanOutOneFails", "firstOf", "returnsNothing", "replaying"],
  ...["caught_error", "caught_tricky", "caught_object", "uncaught", "throws", "throwsAfterActivity", "yieldsNoTask"],
  ...[
    "retrySucceeds",
    "retryExhausted",
    "timer",
    "timerPast",
    "event",
    "eventEarly",
    "eventOrTimer_event",
    "eventOrTimer_timer",
  ],
  ...["callsChild", "callsNamedChild", "childFailsCaught", "childFailsUncaught", "childRetried", "terminateChild"],
  ...["counts", "collects", "changesItsMind", "duplicateStart", "terminate", "terminateParent", "unknownFunction"],
  ...["input_badJson", "input_notJson", "input_noBody", "statusViews", "methodsAndRoutes", "purge", "restart", "rpc"],
];

/** A part of them in each run: each takes the real time of its timers. */
const sample = 18;
const seed = Number(process.env.GOLDEN_SEED ?? Math.floor(Math.random() * 1e6));
const scenarios =
  fc.sample(fc.shuffledSubarray(used, { minLength: sample, maxLength: sample }), { seed, numRuns: 1 })[0] ?? [];

if (!recordings()) console.log("skipped: the recordings of the real extension are not here");
(recordings() ? test : test.skip)(
  "the host behaves as recorded from the real Durable extension",
  async () => {
    console.log(`${sample} of ${used.length} recorded scenarios (GOLDEN_SEED=${seed})`);
    expect(scenarios).toHaveLength(sample);
    const { report, failed } = await runGolden(scenarios.join(","));
    expect(report.split("\n").filter((line) => line !== "" && !line.startsWith("ok "))).toEqual([
      `${scenarios.length} passed, 0 failed`,
    ]);
    expect(failed).toBe(0);
  },
  600_000,
);
