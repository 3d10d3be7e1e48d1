import { covers, inOrder, noLessUrgent, type AskedRotation, type Candidate } from "../../src/domain/rotationScope.ts";

const candidate = (clusterKey: string, links: number, nodes: number | null, expiresAt = "2026-07-01"): Candidate => ({
  clusterKey,
  links,
  nodes,
  expiresAt,
});
const orderOf = (...some: readonly Candidate[]): readonly string[] => inOrder(some).map(({ clusterKey }) => clusterKey);

test("what a secret opens, on how many nodes, decides; then the soonest to expire, then the key", () => {
  expect(orderOf(candidate("a", 1, 5), candidate("b", 3, 2), candidate("c", 2, 4))).toEqual(["c", "b", "a"]);
  expect(orderOf(candidate("a", 1, 4, "2026-07-02"), candidate("b", 2, 2, "2026-07-01"))).toEqual(["b", "a"]);
  expect(orderOf(candidate("b", 1, 4), candidate("a", 2, 2))).toEqual(["a", "b"]);
});

test("a cluster whose nodes are not known, or are none now, counts as one node", () => {
  expect(orderOf(candidate("a", 0, 9), candidate("b", 2, null), candidate("c", 1, 0))).toEqual(["b", "c", "a"]);
  expect(orderOf(candidate("a", 2, null), candidate("b", 1, 3))).toEqual(["b", "a"]);
});

const asked = (reason: AskedRotation["reason"], ignoresWindow: boolean): AskedRotation => ({
  reason,
  ignoresWindow,
  turn: null,
});

test.each([
  [undefined, asked("asked", false), true],
  [undefined, asked("asked", true), false],
  [undefined, asked("leak", false), false],
  [asked("due", false), asked("leak", false), false],
  [asked("due", true), asked("leak", true), false],
  [asked("leak", false), asked("leak", false), true],
  [asked("leak", false), asked("leak", true), false],
  [asked("leak", true), asked("asked", true), true],
])("%j does what %j wants: %s", (running, wanted, does) => {
  expect(covers(running, wanted)).toBe(does);
});

test("what takes the place of another is no less urgent", () => {
  expect(noLessUrgent(asked("asked", false), asked("leak", true))).toEqual(asked("leak", true));
  expect(noLessUrgent(asked("leak", true), asked("due", false))).toEqual(asked("leak", true));
  expect(noLessUrgent(asked("asked", false), asked("due", false))).toEqual(asked("asked", false));
  expect(noLessUrgent(asked("asked", true), undefined)).toEqual(asked("asked", true));
});
