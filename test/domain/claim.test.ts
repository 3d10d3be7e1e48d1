import { stillHeld, type Link } from "../../src/domain/link.ts";

const holder = { operationId: "op", linkId: "link", since: "2026-01-01T00:00:00.000Z" };
const running = { status: "onboarding", operationId: "op" } as Link;

test.each<[string, Link | undefined, string, boolean]>([
  ["its operation runs", running, "2026-01-01T06:00:00Z", true],
  ["its operation has ended", { ...running, status: "failed" }, "2026-01-01T06:00:00Z", false],
  ["its link was started anew", { ...running, operationId: "next" }, "2026-01-01T06:00:00Z", false],
  ["its link is gone", undefined, "2026-01-01T06:00:00Z", false],
  ["its operation died without a word a day ago", running, "2026-01-02T00:00:00Z", false],
])("a claim when %s", (_when, link, now, held) => {
  expect(stillHeld(holder, link, new Date(now))).toBe(held);
});
