import type { Struck } from "../../local/cloud/kit/faults.ts";
import { chanceFrom } from "../../local/simulate/chance.ts";
import { mishapsBy } from "../../local/simulate/mishaps.ts";

const call = (caller: string, service = "graph"): Struck => ({
  service,
  operation: "application_AddPassword",
  aim: () => ({ tenantIds: [], resource: undefined, callers: [caller] }),
});

test("one call in fifty is refused, cut, or has its effect and no answer, the same ones in each run of a seed", () => {
  const outcomes = (): readonly unknown[] => {
    const { everyCall } = mishapsBy(chanceFrom(1), []);
    return Array.from({ length: 5000 }, () => {
      const fault = everyCall(call("app"));
      return fault && { status: fault.status, cut: fault.cut, effect: fault.effect };
    });
  };
  const first = outcomes();
  expect(first).toEqual(outcomes());
  const struck = first.filter((one) => one !== undefined);
  expect(struck.length / first.length).toBeCloseTo(1 / 50, 2);
  for (const kind of [{ status: 503 }, { cut: true, effect: "before" }, { cut: true, effect: "after" }])
    expect(struck).toContainEqual(expect.objectContaining(kind));
});

test("neither the control service, nor callers who are spared, nor anybody after the end is struck", () => {
  const { everyCall, end } = mishapsBy(chanceFrom(1), ["operator"]);
  const many = (one: Struck): readonly unknown[] => Array.from({ length: 500 }, () => everyCall(one));
  expect(new Set([...many(call("operator")), ...many(call("app", "control"))])).toEqual(new Set([undefined]));
  end();
  expect(new Set(many(call("app")))).toEqual(new Set([undefined]));
});
