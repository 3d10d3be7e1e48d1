import { clusterOf, firstSteps, onboardingSteps, registryOf, shortened } from "../../src/domain/onboarding.ts";
import { failed, failedWith, isOver, type Operation, type OperationState } from "../../src/domain/operation.ts";
import { problem } from "../../src/domain/errors.ts";
import { after, earlier, secondsBetween } from "../../src/domain/time.ts";

test("an onboarding begins with preflight done, and everything else before it", () => {
  const [first, ...others] = firstSteps({ startedAt: "10:00", finishedAt: "10:01", summary: "all is well" }, [
    "roles",
    "update",
  ]);
  expect(first).toEqual({
    name: "preflight",
    state: "done",
    startedAt: "10:00",
    finishedAt: "10:01",
    detail: "all is well",
  });
  expect(others).toEqual(
    onboardingSteps
      .slice(1)
      .map((name) => ({ name, state: "pending", startedAt: null, finishedAt: null, detail: null })),
  );
});

test("an onboarding shows the steps of its route, in the order of the runbook, and no other's", () => {
  const names = firstSteps({ startedAt: "", finishedAt: "", summary: "" }, ["update"]).map(({ name }) => name);
  expect(names).toEqual(onboardingSteps.filter((name) => name !== "roles"));
});

test("a detail is cut to 300 characters, and shows that it is", () => {
  expect(shortened("x".repeat(300))).toBe("x".repeat(300));
  expect(shortened("x".repeat(301))).toBe(`${"x".repeat(299)}…`);
  const long = firstSteps({ startedAt: "", finishedAt: "", summary: "x".repeat(400) }, [])[0]?.detail;
  expect(long).toHaveLength(300);
});

test("a request names a resource and its tenant on each side", () => {
  const request = { cluster: "/c", clusterTenantId: "a", registry: "/r", registryTenantId: "b" };
  expect(clusterOf(request)).toEqual({ id: "/c", tenantId: "a" });
  expect(registryOf(request)).toEqual({ id: "/r", tenantId: "b" });
});

test("a part that cannot go on fails the operation with its reason", () => {
  const reason = problem("CP-CLUSTER-STOPPED", "aks is stopped");
  expect(failed(reason)).toEqual({ outcome: "stopped", state: "failed", problem: reason });
  expect(failedWith("CP-CLUSTER-STOPPED", "aks is stopped")).toEqual(failed(reason));
});

test.each<[OperationState, boolean]>([
  ["running", false],
  ["waiting", false],
  ["ended", true],
  ["failed", true],
  ["cancelled", true],
])("an operation that is %s is over: %s", (state, over) => {
  expect(isOver({ state } as Operation)).toBe(over);
});

describe("instants", () => {
  const [noon, later] = [new Date("2026-01-01T12:00:00Z"), new Date("2026-01-01T12:00:30Z")];

  test("are counted in seconds, from texts or dates", () => {
    expect(after(noon, 30)).toEqual(later);
    expect(after("2026-01-01T12:00:00Z", 30)).toEqual(later);
    expect(secondsBetween(noon, later)).toBe(30);
    expect(secondsBetween("2026-01-01T12:00:30Z", noon)).toBe(-30);
  });

  test("of two the earlier is chosen, whichever comes first", () => {
    expect(earlier(noon, later)).toBe(noon);
    expect(earlier(later, noon)).toBe(noon);
  });
});
