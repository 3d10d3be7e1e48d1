import { consentPollAfter, onboardingWaits, rolePollAfter, standardWaits } from "../../src/domain/waits.ts";

test("an operation that was started before a wait existed takes its standard", () => {
  const given = { consentPollInSeconds: 1 };
  expect(onboardingWaits(given)).toEqual({ ...standardWaits, consentPollInSeconds: 1 });
});

test.each([
  [0, 15],
  [150, 15],
  [300, 30],
  [599, 59.9],
  [600, 60],
  [1200, 60],
  [3600, 180],
  [7200, 1800],
  [600_000, 1800],
])("after %i seconds without consent the next look is in %i seconds", (waited, next) => {
  expect(consentPollAfter(standardWaits, waited, null)).toBe(next);
});

test.each([
  [0, 15],
  [299, 15],
  [300, 1800],
])("%i seconds after somebody said it was accepted, an old wait looks again after %i", (accepted, next) => {
  expect(consentPollAfter(standardWaits, 86_400, accepted)).toBe(next);
});

test.each([
  [0, 10],
  [100, 10],
  [101, 10.1],
  [600, 60],
  [2999, 299.9],
  [9000, 300],
])(
  "%i seconds after a role was given it is looked for every %i: a tenth of the wait, within limits",
  (waited, next) => {
    expect(rolePollAfter(standardWaits, waited)).toBe(next);
  },
);
