import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { allowedOnboarding } from "./allowed.ts";
import { installChecker, judge, worded } from "./checker.ts";
import { recordOnboarding } from "./onboarding.ts";

test("no exchange of a whole onboarding breaks Microsoft's documents, on either side", async () => {
  const checker = await installChecker();
  if ("missing" in checker) return console.log(`not judged: ${checker.missing}`);
  const recording = await recordOnboarding();
  try {
    const verdict = await judge(checker.folder, recording, allowedOnboarding);
    expect(worded({ ...verdict, allowed: new Map() })).toMatch(/\n0 violations, 0 unknown$/);
    expect(verdict.checked).toBeGreaterThan(50);
  } finally {
    rmSync(dirname(recording), { recursive: true });
  }
});
