import { z } from "zod";
import type { Reply, Route } from "../kit/contract.ts";
import type { LifeBook } from "../kit/life.ts";
import { ok, problem, withBody } from "../kit/answers.ts";

const changeSchema = z.record(z.string(), z.union([z.boolean(), z.stringbool()]));

/** Which ways of Azure are on, and how often each had an effect. */
export function lifeRoutes(life: LifeBook): Route[] {
  const shown = (): Reply =>
    ok(life.list().map(({ name, title, on, struck, source, row }) => ({ name, title, on, struck, source, row })));
  return [
    { method: "GET", path: "/control/life", operation: "Life", handle: shown },
    {
      method: "PUT",
      path: "/control/life",
      operation: "SetLife",
      handle: (call) =>
        withBody(call, changeSchema, (change) => {
          const { unknown } = life.configure(change);
          return unknown.length > 0 ? problem(400, `no switch is named ${unknown.join(", ")}`) : shown();
        }),
    },
  ];
}
