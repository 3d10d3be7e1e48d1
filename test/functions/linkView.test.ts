import { problem } from "../../src/domain/errors.ts";
import { viewOf } from "../../src/functions/linkView.ts";
import { link, operation } from "./rows.ts";

const reason = problem("CP-CANCELLED", "somebody cancelled it");
const over = { operation: operation({ state: "cancelled", problem: reason }), life: "over" } as const;

test("a link whose row was read just before its ending was written is told with the reason of its operation", () => {
  const view = viewOf(link({ status: "cancelled", problem: null }), over);
  expect([view.status, view.problem]).toEqual(["cancelled", reason]);
});

test("a link that goes on, and one that says the reason itself, are told by their own row", () => {
  const own = problem("CP-SCOPE-LOCKED", "a lock");
  expect(viewOf(link({ status: "failed", problem: own }), over).problem).toEqual(own);
  expect(viewOf(link({ status: "onboarding", problem: null }), over).problem).toBeNull();
  expect(viewOf(link({ status: "cancelled", problem: null }), { ...over, life: "alive" }).problem).toBeNull();
});
