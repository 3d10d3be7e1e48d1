import { InputError, problem, problems, StaleOperation, TransientError } from "../../src/domain/errors.ts";
import { expiryFrom, isFresh } from "../../src/domain/expiry.ts";
import { consentPollAfter, type OnboardingWaits } from "../../src/domain/waits.ts";

test("a secret is fresh until two thirds of its life are over", () => {
  const born = new Date("2026-01-01T00:00:00Z");
  const secret = { createdAt: born.toISOString(), expiresAt: expiryFrom(born, 180) };
  expect(secret.expiresAt).toBe("2026-06-30T00:00:00.000Z");
  expect(isFresh(secret, new Date("2026-04-30T23:59:59Z"))).toBe(true);
  expect(isFresh(secret, new Date("2026-05-01T00:00:00Z"))).toBe(false);
});

test("looks for consent slow down: ten minutes, two hours, then seldom", () => {
  const waits = {
    consentPollInSeconds: 15,
    consentSlowPollInSeconds: 90,
    consentIdlePollInSeconds: 900,
  } as OnboardingWaits;
  expect([0, 599, 600, 7199, 7200, 600_000].map((waited) => consentPollAfter(waits, waited, null))).toEqual([
    15, 59.9, 90, 359.95, 900, 900,
  ]);
});

test("an error is told by its name where its class is lost, as in a history", () => {
  const errors = [new TransientError("x"), new StaleOperation("x"), new InputError("CP-BAD-REQUEST", "x")];
  expect(errors.map((error) => String(error))).toEqual(["TransientError: x", "StaleOperation: x", "InputError: x"]);
});

describe("problems", () => {
  test.each(Object.entries(problems))("%s says what and what to do", (code, { status, title, remedy }) => {
    expect(code).toMatch(/^CP-[A-Z-]+$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
  });

  test("carry the sentence they are given", () => {
    expect(problem("CP-CLUSTER-STOPPED", "aks-prod is Stopped")).toEqual({
      code: "CP-CLUSTER-STOPPED",
      title: "The cluster is stopped",
      detail: "aks-prod is Stopped",
      remedy: "Start it with `az aks start`, then repeat the request.",
    });
  });
});
