import { recordings, runGolden } from "../../../local/host/golden.ts";

/** What an onboarding uses; `node local/host/golden.ts` runs all. */
const scenarios = [
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

if (!recordings()) console.log("skipped: the recordings of the real extension are not here");
(recordings() ? test : test.skip)(
  "the host behaves as recorded from the real Durable extension",
  async () => {
    const { report, failed } = await runGolden(scenarios.join(","));
    expect(report.split("\n").filter((line) => line !== "" && !line.startsWith("ok "))).toEqual([
      `${scenarios.length} passed, 0 failed`,
    ]);
    expect(failed).toBe(0);
  },
  600_000,
);
