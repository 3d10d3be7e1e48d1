import type { World } from "../../src/activities/world.ts";
import type { Link } from "../../src/domain/link.ts";
import type { OffboardInput } from "../../src/domain/offboarding.ts";
import type { Operation } from "../../src/domain/operation.ts";
import type { Removal } from "../../src/domain/removal.ts";
import type { Password } from "../../src/domain/passwords.ts";
import { newIdentity, type PullIdentity } from "../../src/domain/pullIdentity.ts";
import { standardWaits } from "../../src/domain/waits.ts";
import type { Instances, InstanceState } from "../../src/durable/instances.ts";
import { answering } from "../../src/functions/http.ts";
import type { LinkView } from "../../src/functions/linkView.ts";
import { getLink, listLinks } from "../../src/functions/readLinks.ts";
import type { removalPlan } from "../../src/functions/removalPlan.ts";
import { removeLink } from "../../src/functions/removeLink.ts";
import { identityShape } from "../../src/store/store.ts";
import { memoryTable } from "../store/memoryTable.ts";
import { ask } from "./ask.ts";
import { instance, link, operation, rows } from "./rows.ts";

type Body = LinkView & { readonly code?: string };
type Plan = Awaited<ReturnType<typeof removalPlan>>;
const grant = { assignmentId: "/a", principalId: "sp-b", role: "AcrPull", condition: null, ours: true };
const ready = link({ status: "ready", appId: "app", grant, readySince: "2026-11-01T09:00:00.000Z" });
const ended = operation({ state: "ended" });

async function open(given: {
  readonly link?: Link;
  readonly operation?: Operation;
  readonly states?: Record<string, InstanceState>;
  readonly identity?: PullIdentity;
  readonly clientId?: string;
  readonly others?: readonly Link[];
  /** On the application. */
  readonly passwords?: readonly Password[];
}) {
  const stored = await rows(given.link ?? ready, given.operation ?? ended);
  for (const other of given.others ?? []) await stored.links.insert(other.id, other);
  const identities = memoryTable(identityShape);
  if (given.identity) await identities.insert(given.identity.clusterKey, given.identity);
  const states: Record<string, InstanceState> = { ...given.states };
  const started: OffboardInput[] = [];
  const instances: Instances = {
    start: async (_of, id, input) => {
      const asked = input as unknown as OffboardInput;
      const standing = states[id];
      if (standing?.running) return { started: false, state: standing };
      started.push(asked);
      states[id] = instance(asked.operationId);
      return { started: true };
    },
    state: async (id) => states[id],
    wake: async () => undefined,
  };
  const clusters = {
    get: async () => ({ outcome: "found", clientId: given.clientId ?? "other", provisioningState: "Succeeded" }),
  };
  const directory = {
    listPasswords: async () => ({ passwords: given.passwords ?? [], readAt: "" }),
    listPrincipalPasswords: async () => [],
  };
  const vault = { versions: async () => [] };
  const world = { ...stored, identities, clusters, directory, vault } as unknown as World;
  const of = () => instances;
  const handler = answering(removeLink(async () => ({ world, config: { waits: standardWaits } as never }), of));
  const params = { id: ready.id };
  return {
    stored,
    states,
    started,
    remove: (query = "", headers = {}) =>
      ask<Body>(handler, `/api/links/x${query}`, { method: "DELETE", params, headers }),
    plan: () => ask<Plan>(handler, "/api/links/x?dryRun=true", { method: "DELETE", params }),
    get: () => ask<Body>(answering(getLink(async () => world, of)), "/api/links/x", { params }),
    list: (query: string) =>
      ask<{ links: LinkView[] }>(answering(listLinks(async () => world, of)), `/api/links${query}`),
    row: async () => (await stored.links.read(ready.id))?.value,
  };
}

describe("DELETE /api/links/{id}", () => {
  test("starts one operation, which stands on its row and on the link's before, and finds it when asked again", async () => {
    const { remove, started, row, stored } = await open({});
    const { status, headers, body } = await remove();
    const [input] = started;
    expect([status, body.status, headers["retry-after"]]).toEqual([202, "offboarding", "5"]);
    expect(headers["location"]).toBe(`/api/operations/${input?.operationId}`);
    expect(input).toMatchObject({
      linkId: ready.id,
      clusterKey: ready.clusterKey,
      cluster: { id: ready.cluster, tenantId: ready.clusterTenantId },
      registry: { id: ready.registry, tenantId: ready.registryTenantId },
    });
    expect(await row()).toMatchObject({ removalId: input?.operationId, operationId: ended.id, status: "ready" });
    expect((await stored.operations.read(input?.operationId ?? ""))?.value).toMatchObject({
      kind: "offboarding",
      subject: ready.id,
      cancel: "closed",
      instanceId: `offboard-${ready.id}`,
    });
    const again = await remove();
    expect([again.status, again.headers["location"], started.length]).toEqual([202, headers["location"], 1]);
  });

  test("of two requests at once starts one", async () => {
    const { remove, started } = await open({});
    const answers = await Promise.all([remove(), remove(), remove()]);
    expect(new Set(answers.map(({ headers }) => headers["location"])).size).toBe(1);
    expect(new Set(started.map(({ operationId }) => operationId)).size).toBe(1);
  });

  test("starts an operation that was written and never heard of as the one it is", async () => {
    const removal = operation({
      id: "0123456789abcdef-00000009",
      kind: "offboarding",
      instanceId: `offboard-${ready.id}`,
    });
    const { remove, started, stored } = await open({ link: { ...ready, removalId: removal.id } });
    await stored.operations.insert(removal.id, removal);
    expect((await remove()).status).toBe(202);
    expect(started.map(({ operationId }) => operationId)).toEqual([removal.id]);
  });

  test("is taken while the link is being onboarded: the operation itself cancels that first", async () => {
    const states = { [operation().instanceId]: instance(operation().id) };
    const { remove, started, row } = await open({ link: link(), operation: operation(), states });
    expect([(await remove()).status, started.length, (await row())?.status]).toEqual([202, 1, "onboarding"]);
  });

  test("that waits for an onboarding is shown, and leaves that alone where it never began or gave up", async () => {
    const removal = operation({
      id: "0123456789abcdef-00000009",
      kind: "offboarding",
      instanceId: `offboard-${ready.id}`,
    });
    const states = { [operation().instanceId]: instance(operation().id) };
    const given = { link: link({ removalId: removal.id }), operation: operation() };
    const running = await open({ ...given, states: { ...states, [removal.instanceId]: instance(removal.id) } });
    await running.stored.operations.insert(removal.id, removal);
    expect((await running.get()).body).toMatchObject({ status: "offboarding", operation: { id: removal.id } });
    expect((await running.list("")).body.links).toMatchObject([{ status: "offboarding" }]);
    const never = await open({ ...given, states });
    await never.stored.operations.insert(removal.id, removal);
    expect((await never.get()).body).toMatchObject({ status: "onboarding", operation: { id: operation().id } });
  });

  test("writes down that an earlier removal ended without a word, and starts another", async () => {
    const removal = operation({
      id: "0123456789abcdef-00000009",
      kind: "offboarding",
      instanceId: `offboard-${ready.id}`,
    });
    const dead = instance(removal.id, { running: false, runtimeStatus: "Terminated" });
    const { remove, started, stored } = await open({
      link: { ...ready, removalId: removal.id, operationId: removal.id, status: "offboarding" },
      operation: removal,
      states: { [removal.instanceId]: dead },
    });
    expect((await remove()).status).toBe(202);
    expect(started).toHaveLength(1);
    expect((await stored.operations.read(removal.id))?.value.state).toBe("failed");
  });

  test("comes again where an earlier removal is about to be over", async () => {
    const states = { [`offboard-${ready.id}`]: instance("0123456789abcdef-earlier0") };
    const { remove } = await open({ states });
    const { status, body, headers } = await remove();
    expect([status, body.code, headers["retry-after"]]).toEqual([503, "CP-NOT-READY", "5"]);
  });

  test("is refused with 412 where the link has changed since it was read, and with 404 where there is none", async () => {
    const { remove, stored } = await open({});
    const stale = await remove("", { "if-match": '"0000"' });
    expect([stale.status, stale.body.code]).toEqual([412, "CP-CHANGED"]);
    await stored.links.remove(ready.id);
    expect((await remove()).body.code).toBe("CP-LINK-NOT-FOUND");
  });
});

describe("a removed link", () => {
  const proof: Removal = {
    provedAt: "2026-10-20T00:00:00.000Z",
    from: "crosspull",
    appId: "app",
    grant: { assignmentId: "/a", ours: true },
    pull: { outcome: "refused", by: "registry", since: "2026-10-20T00:00:00.000Z", times: 3, words: "w" },
    tokensUntil: null,
    identity: { outcome: "removed", vault: { outcome: "purged" } },
    left: [],
  };
  const done = operation({ id: "0123456789abcdef-00000009", kind: "offboarding", state: "ended" });
  const gone = (removal: Removal): Link => {
    const { id } = done;
    return { ...ready, status: "removed", operationId: id, removalId: id, grant: null, readySince: null, removal };
  };

  test("is shown with its proof for thirty days, then not at all", async () => {
    const { get, list, remove } = await open({ link: gone(proof), operation: done });
    expect(await get()).toMatchObject({ status: 200, body: { status: "removed", removal: proof, grant: null } });
    expect((await list("?status=removed")).body.links).toHaveLength(1);
    expect((await remove()).status).toBe(202);
    const over = await open({ link: gone({ ...proof, provedAt: "2026-10-01T00:00:00.000Z" }), operation: done });
    expect((await over.get()).body.code).toBe("CP-LINK-NOT-FOUND");
    expect((await over.remove()).body.code).toBe("CP-LINK-NOT-FOUND");
    expect((await over.list("")).body.links).toEqual([]);
  });

  test("of which nothing is left is answered with the operation that removed it", async () => {
    const { remove, started } = await open({ link: gone(proof), operation: done });
    const { status, headers } = await remove();
    expect([status, headers["location"], started]).toEqual([202, `/api/operations/${done.id}`, []]);
  });

  test("whose pull identity the cluster still used is removed further when that is asked for", async () => {
    const identity = { outcome: "kept", by: "cluster", detail: "the cluster reports it" } as const;
    const { remove, started, row } = await open({ link: gone({ ...proof, identity }), operation: done });
    expect((await remove()).status).toBe(202);
    expect(started).toHaveLength(1);
    expect((await row())?.removalId).toBe(started[0]?.operationId);
  });
});

describe("DELETE /api/links/{id}?dryRun=true", () => {
  const identity: PullIdentity = {
    ...newIdentity({ clusterKey: ready.clusterKey, clusterId: ready.cluster, tenantId: "t", createdAt: "" }),
    appId: "app",
    appObjectId: "object",
  };
  const changes = async (given: Parameters<typeof open>[0]) => {
    const { plan, started, row } = await open(given);
    const { status, body } = await plan();
    expect([status, started, (await row())?.removalId]).toEqual([200, [], null]);
    expect(body.waits.length > 0).toBe(
      body.changes.some(({ what, action }) => `${action} ${what}` === "remove role assignment"),
    );
    return body.changes.map(({ what, action }) => `${action} ${what}`);
  };

  test("shows what would go, and changes nothing", async () => {
    expect(await changes({ identity })).toEqual([
      "remove role assignment",
      "remove pull identity",
      "remove vault secret",
    ]);
  });

  test.each<[string, Parameters<typeof open>[0], string]>([
    ["the cluster reports it", { identity, clientId: "app" }, "the cluster reports it as its service principal"],
    [
      "another link lives on it",
      { identity, others: [{ ...ready, id: "1123456789abcdef" }] },
      "link 1123456789abcdef lives on it",
    ],
    [
      "others made a password on it",
      { identity, passwords: [{ keyId: "theirs", displayName: "for CI", startsAt: null, expiresAt: "" }] },
      'others made passwords: theirs ("for CI") of the application',
    ],
  ])("keeps the pull identity where %s", async (_what, given, why) => {
    const { plan } = await open(given);
    expect((await plan()).body.changes.slice(1)).toMatchObject([
      { action: "keep", what: "pull identity", name: "app", why },
      { action: "keep", what: "vault secret", name: `pull-${ready.clusterKey}`, why },
    ]);
  });

  test("says what becomes of an onboarding under way, of a role that is not ours, and where there is nothing", async () => {
    const states = { [operation().instanceId]: instance(operation().id) };
    const nothing = ["none role assignment", "none pull identity", "none vault secret"];
    expect(await changes({ link: link(), operation: operation(), states })).toEqual(["remove onboarding", ...nothing]);
    expect(await changes({ link: link(), operation: operation({ cancel: "closed" }), states })).toEqual([
      "keep onboarding",
      ...nothing,
    ]);
    expect(await changes({ link: { ...ready, grant: { ...grant, ours: false } } })).toEqual([
      "keep role assignment",
      "none pull identity",
      "none vault secret",
    ]);
  });

  test("names what the other tenant has to do, with the command", async () => {
    const { plan } = await open({ identity });
    expect((await plan()).body.left).toEqual([
      expect.objectContaining({ command: expect.stringContaining("az ad sp delete --id app") }),
    ]);
  });
});
