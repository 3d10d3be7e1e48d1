import { choose, failuresInARow, sweepHealth, type Due, type Sweep } from "../../src/domain/sweep.ts";

const limits = { maxConcurrent: 10, failuresInARow: 3 };
const due = (clusterKey: string, part: Partial<Due> = {}): Due => ({
  clusterKey,
  expiresAt: "2026-07-01T00:00:00.000Z",
  isPressing: false,
  lastAttemptAt: null,
  isUnderWay: false,
  ...part,
});

describe("of the clusters that are due", () => {
  const three = [
    due("late", { expiresAt: "2026-09-01T00:00:00.000Z" }),
    due("soon", { expiresAt: "2026-06-01T00:00:00.000Z" }),
    due("between"),
  ];

  test("those that expire first are begun first, and no more than there is room for", () => {
    expect(choose(three, 0, 0, limits)).toEqual({ keys: ["soon", "between", "late"], heldBack: null });
    expect(choose(three, 8, 0, limits).keys).toEqual(["soon", "between"]);
    expect(choose(three, 10, 0, limits).keys).toEqual([]);
    expect(choose(three, 12, 0, limits).keys).toEqual([]);
  });

  test("one whose rotation is under way takes no room, and is asked for so that a dead one is begun again", () => {
    const some = [due("waits", { isUnderWay: true }), due("new")];
    expect(choose(some, 10, 0, limits).keys).toEqual(["waits"]);
    expect(choose(some, 9, 0, limits).keys).toEqual(["new", "waits"]);
  });

  test("after too many failures in a row only the one that was tried longest ago is begun, and that is said", () => {
    const tried = [
      due("yesterday", { lastAttemptAt: "2026-05-02T00:00:00.000Z", expiresAt: "2026-05-03T00:00:00.000Z" }),
      due("before", { lastAttemptAt: "2026-05-01T00:00:00.000Z" }),
      due("never", { expiresAt: "2026-12-01T00:00:00.000Z" }),
    ];
    const held = choose(tried, 0, 3, limits);
    expect(held.keys).toEqual(["never"]);
    expect(held.heldBack).toContain("the last 3 rotations failed");
    expect(choose(tried.slice(0, 2), 0, 4, limits).keys).toEqual(["before"]);
    expect(choose(tried, 0, 2, limits).keys).toHaveLength(3);
    expect(choose([], 0, 3, limits).keys).toEqual([]);
  });

  test("those that press are begun all the same: no rest of ours may let a secret expire", () => {
    const some = [
      due("a"),
      due("b", { isPressing: true }),
      due("c", { isPressing: true, expiresAt: "2026-06-01T00:00:00.000Z" }),
    ];
    expect(choose(some, 0, 5, limits).keys).toEqual(["c", "b", "a"]);
  });
});

test("failures are counted from the last attempt back to the last success; a cancel counts for nothing", () => {
  const attempt = (at: number, outcome: "ended" | "failed" | "cancelled") => ({
    operationId: "o",
    at: `2026-05-0${at.toString()}T00:00:00.000Z`,
    outcome,
    words: "w",
  });
  expect(failuresInARow([])).toBe(0);
  expect(failuresInARow([attempt(1, "failed"), attempt(3, "ended"), attempt(2, "failed")])).toBe(0);
  expect(
    failuresInARow([attempt(4, "failed"), attempt(3, "cancelled"), attempt(2, "failed"), attempt(1, "ended")]),
  ).toBe(2);
  expect(failuresInARow([attempt(2, "failed"), attempt(1, "failed")])).toBe(2);
});

describe("the sweep", () => {
  const ended: Sweep = {
    knownSince: "2026-01-01T00:00:00.000Z",
    startedAt: "2026-05-01T03:00:00.000Z",
    lastEndedAt: "2026-05-01T03:00:10.000Z",
    last: { identities: 1, due: 0, begun: 0, put: 0, failed: [], heldBack: "the reason" },
  };
  const at = (row: Sweep, hours: number, from = "2026-05-01T03:00:10.000Z") =>
    sweepHealth(row, new Date(new Date(from).getTime() + hours * 3_600_000));

  test.each([
    [0, "ok"],
    [24.99, "ok"],
    [25, "overdue"],
    [25.99, "overdue"],
    [26, "red"],
    [400, "red"],
  ])("that ended %d hours ago is %s", (hours, state) => {
    expect(at(ended, hours)).toEqual({
      lastEndedAt: "2026-05-01T03:00:10.000Z",
      ageInSeconds: Math.floor(hours * 3600),
      state,
      heldBack: "the reason",
    });
  });

  test("that never ended is overdue from the first look, and red from 26 hours after it", () => {
    const never = { ...ended, lastEndedAt: null, last: null };
    expect(at(never, 0, never.knownSince)).toEqual({
      lastEndedAt: null,
      ageInSeconds: 0,
      state: "overdue",
      heldBack: null,
    });
    expect(at(never, 25.9, never.knownSince).state).toBe("overdue");
    expect(at(never, 26, never.knownSince).state).toBe("red");
  });
});
