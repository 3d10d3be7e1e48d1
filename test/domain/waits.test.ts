import { consentPollAfter, onboardingWaits, standardWaits } from "../../src/domain/waits.ts";

test("an operation that was started before a wait existed takes its standard", () => {
  const given = { consentPollInSeconds: 1 };
  expect(onboardingWaits(given)).toEqual({ ...standardWaits, consentPollInSeconds: 1 });
});

test.each([
  [0, 15],
  [599, 15],
  [600, 60],
  [7199, 60],
  [7200, 1800],
  [600_000, 1800],
])("after %i seconds without consent the next look is in %i seconds", (waited, next) => {
  expect(consentPollAfter(standardWaits, waited)).toBe(next);
});
