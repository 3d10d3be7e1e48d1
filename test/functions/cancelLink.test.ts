import type { World } from "../../src/activities/world.ts";
import { answering } from "../../src/functions/http.ts";
import { cancelLink } from "../../src/functions/cancelLink.ts";
import { getLink } from "../../src/functions/readLinks.ts";
import type { Operation } from "../../src/domain/operation.ts";
import type { InstanceState } from "../../src/durable/instances.ts";
import { ask } from "./ask.ts";
import { fakeInstances, instance, link, operation, rows } from "./rows.ts";

type Body = { code?: string; detail?: string; status: string; operation: { cancel: string } };

async function open(part: Partial<Operation> = {}, state: InstanceState | null = instance(operation().id)) {
  const stored = await rows(link(), operation(part));
  const instances = fakeInstances(state ? { [operation().instanceId]: state } : {});
  const connect = async () => stored as unknown as World;
  const params = { id: link().id };
  return {
    instances,
    row: async () => (await stored.operations.read(operation().id))?.value,
    get: () => ask<Body>(getLink(connect, instances.of), "/api/links/x", { params }),
    cancel: (headers: Record<string, string> = {}) =>
      ask<Body>(answering(cancelLink(connect, instances.of)), "/api/links/x/cancel", {
        method: "POST",
        params,
        headers,
      }),
  };
}

test("a cancel stands on the operation's row before the instance is woken, and the answer says that it takes effect", async () => {
  const { cancel, instances, row } = await open();
  const { status, headers, body } = await cancel();
  expect([status, body.operation.cancel, headers["location"]]).toEqual([202, "asked", `/api/links/${link().id}`]);
  expect((await row())?.cancel).toBe("asked");
  expect(instances.woken).toEqual(["onboard-0123456789abcdef cancelRequested"]);
});

test("a cancel that is repeated is the same cancel", async () => {
  const { cancel } = await open({ cancel: "asked" });
  expect((await cancel()).status).toBe(202);
});

test("of an operation whose instance ended without a word nothing can be cancelled any more, and it says so", async () => {
  const changedAt = "2026-11-01T10:00:00.000Z";
  const { get } = await open({}, instance(operation().id, { running: false, runtimeStatus: "Terminated", changedAt }));
  expect((await get()).body).toMatchObject({ status: "failed", operation: { cancel: "closed", endedAt: changedAt } });
});

test.each([
  ["the cluster is being changed", { cancel: "closed" }, instance(operation().id)],
  ["the operation has ended", { state: "ended" }, instance(operation().id)],
  ["its instance ended without a word", {}, instance(operation().id, { running: false, runtimeStatus: "Terminated" })],
  ["its instance was never started, so that nothing would obey", {}, null],
] as const)("a cancel comes too late where %s: 409, and nothing is woken", async (_what, part, state) => {
  const { cancel, instances, row } = await open(part, state);
  const { status, body } = await cancel();
  expect([status, body.code, instances.woken]).toEqual([409, "CP-NOT-CANCELLABLE", []]);
  expect((await row())?.cancel).not.toBe("asked");
});

test("a cancel of a link that somebody else has changed since it was read is refused with 412", async () => {
  const { get, cancel, row } = await open();
  const etag = (await get()).headers["etag"] ?? "";
  expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
  const stale = await cancel({ "if-match": '"0000"' });
  expect([stale.status, stale.body.code, (await row())?.cancel]).toEqual([412, "CP-CHANGED", "open"]);
  expect((await cancel({ "if-match": `"0000", ${etag}` })).status).toBe(202);
  expect((await cancel({ "if-match": etag })).status).toBe(412);
  expect((await cancel({ "if-match": "*" })).status).toBe(202);
});
