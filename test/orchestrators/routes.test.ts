import { preflightRules } from "../../src/domain/preflight.ts";
import { routeOf, rulesOf } from "../../src/orchestrators/routes/routes.ts";
import { standardRoute } from "../../src/domain/link.ts";

test("a route names rules that preflight has, and a link that takes it is judged by them and by those of every link", () => {
  const ids = preflightRules.map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining([...routeOf(standardRoute).rules]));
  expect(rulesOf(standardRoute).map(({ id }) => id)).toEqual(ids);
});
