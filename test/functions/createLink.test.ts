/** How an onboarding is started, and started once: the handler over the real adapters on a simulated cloud, with rows in memory. */
import type { World } from "../../src/activities/world.ts";
import type { LifetimeCap } from "../../src/domain/expiry.ts";
import { clusterKeyOf, linkIdOf, names } from "../../src/domain/ids.ts";
import type { Link } from "../../src/domain/link.ts";
import type { OnboardInput } from "../../src/domain/onboarding.ts";
import type { Operation } from "../../src/domain/operation.ts";
import type { ClusterPolicy } from "../../src/domain/policy.ts";
import { newIdentity } from "../../src/domain/pullIdentity.ts";
import type { Instances, InstanceState } from "../../src/durable/instances.ts";
import { createLink } from "../../src/functions/createLink.ts";
import { answering } from "../../src/functions/http.ts";
import type { LinkView } from "../../src/functions/linkView.ts";
import { identityShape, linkShape, operationShape } from "../../src/store/store.ts";
import { simulate, type Simulated } from "../azure/simulated.ts";
import { windowOf } from "../domain/windowOf.ts";
import { memoryTable } from "../store/memoryTable.ts";
import { ask } from "./ask.ts";
import { instance, link, operation } from "./rows.ts";

type Start = Awaited<ReturnType<Instances["start"]>>;
type Stored = {
  readonly link?: Partial<Link>;
  readonly operation?: Partial<Operation>;
  /** What was set for the cluster. */
  readonly policy?: ClusterPolicy;
  /** What the tenant allowed when a secret was added. */
  readonly lifetimeCap?: LifetimeCap;
  /** The row is written, and Azure Tables answers the repeated request that it is there already. */
  readonly insertIsRepeated?: boolean;
};

let simulated: Simulated;
beforeAll(async () => {
  simulated = await simulate();
});
afterAll(() => simulated.close());

/** The handler, with what is stored, what the host says of the instance look by look, and how it answers each start. */
async function serving(stored: Stored, states: readonly (InstanceState | undefined)[], starts: readonly Start[]) {
  const { cluster, registry, tenantA, tenantB } = simulated;
  const request = { cluster: cluster.id, registry: registry.id, clusterTenantId: tenantA, registryTenantId: tenantB };
  const id = linkIdOf(cluster.id, registry.id);
  const operationId = `${id}-00000001`;
  const [links, operations] = [memoryTable(linkShape), memoryTable(operationShape)];
  if (stored.link) await links.insert(id, link({ ...request, id, operationId, ...stored.link }));
  if (stored.operation)
    await operations.insert(
      operationId,
      operation({ id: operationId, subject: id, instanceId: names.onboarding(id), ...stored.operation }),
    );
  const identities = memoryTable(identityShape);
  if (stored.policy) {
    const about = { clusterKey: clusterKeyOf(cluster.id), clusterId: cluster.id, tenantId: tenantA, createdAt: "" };
    await identities.insert(about.clusterKey, {
      ...newIdentity(about),
      policy: stored.policy,
      lifetimeCap: stored.lifetimeCap ?? null,
    });
  }
  const insert: typeof links.insert = async (key, value) => {
    const isNew = await links.insert(key, value);
    return stored.insertIsRepeated ? false : isNew;
  };
  const world = {
    ...simulated.azure,
    links: { ...links, insert },
    operations,
    identities,
    settings: { callbackUrl: "http://localhost/api/consent", secretLifetimeInDays: 180 },
    now: () => new Date(),
  } satisfies Partial<World>;
  const started: string[] = [];
  const windows: OnboardInput["maintenanceWindow"][] = [];
  let looks = 0;
  const instances: Instances = {
    start: async (_of, _id, input) => {
      const { operationId: id, maintenanceWindow } = input as unknown as OnboardInput;
      started.push(id);
      windows.push(maintenanceWindow);
      return starts[started.length - 1] ?? { started: true };
    },
    state: async () => states[Math.min(looks++, states.length - 1)],
    wake: async () => undefined,
  };
  const connected = {
    world: world as World,
    config: { secretLifetimeInDays: 180, maintenanceWindow: null, preflightLimitInSeconds: 100, waits: {} } as never,
  };
  const handler = answering(
    createLink(
      async () => connected,
      () => instances,
    ),
  );
  const send = (more: Readonly<Record<string, unknown>> = {}) =>
    ask<LinkView & { code?: string; detail?: string }>(handler, "/api/links", {
      method: "POST",
      body: { ...request, ...more },
    });
  return { send, started, windows, operationId, row: async () => (await links.read(id))?.value, operations };
}

/** One request. */
async function post(stored: Stored, state: InstanceState | undefined, starts: readonly Start[]) {
  const { send, row, ...seen } = await serving(stored, [state], starts);
  const answer = await send();
  return { answer, ...seen, row: await row() };
}

const runs = (operationId: string): Start => ({ started: false, state: instance(operationId) });

test("a link whose start was never heard of is started as the operation that stands on its row", async () => {
  const { answer, started, operationId, row } = await post({ link: {}, operation: {} }, undefined, []);
  expect([answer.status, started, row?.operationId]).toEqual([202, [operationId], operationId]);
});

test("a cluster with a window of its own is onboarded in that one, and not in the configuration's", async () => {
  const window = windowOf("Europe/Paris Sun 02:00-03:00");
  const policy = { lifetimeInDays: null, fraction: null, window };
  const { answer, windows } = await post({ policy }, undefined, []);
  expect([answer.status, windows]).toEqual([202, [window]]);
});

test("a cluster's own life and window are what preflight holds against each other", async () => {
  const window = windowOf("first Sun of month 01:00-05:00");
  const { answer } = await post({ policy: { lifetimeInDays: 14, fraction: null, window } }, undefined, []);
  expect([answer.status, answer.body.code]).toEqual([422, "CP-WINDOW-TOO-RARE"]);
  const lifetimeCap = { days: 14, seenAt: new Date().toISOString() };
  const capped = await post({ policy: { lifetimeInDays: 90, fraction: null, window }, lifetimeCap }, undefined, []);
  expect([capped.answer.status, capped.answer.body.code]).toEqual([422, "CP-WINDOW-TOO-RARE"]);
  const longer = await post({ policy: { lifetimeInDays: 90, fraction: null, window } }, undefined, []);
  expect(longer.answer.status).toBe(202);
});

test("a link whose row was written, though the answer to that was lost, is started", async () => {
  const { answer, started, row } = await post({ insertIsRepeated: true }, undefined, []);
  expect([answer.status, started]).toEqual([202, [row?.operationId]]);
});

test.each<[string, Partial<Link>, Partial<Operation>]>([
  ["for an image that is asked for no more", { image: "team/other:v1" }, {}],
  ["and was cancelled", {}, { cancel: "asked" }],
])("an operation that was never heard of %s is closed, and another one is started", async (_what, of, part) => {
  const stored = { link: of, operation: part };
  const { answer, started, operationId, row, operations } = await post(stored, undefined, []);
  expect([answer.status, started, row?.image]).toEqual([202, [row?.operationId], null]);
  expect(row?.operationId).not.toBe(operationId);
  expect((await operations.read(operationId))?.value).toMatchObject({
    state: "failed",
    problem: { code: "CP-SUPERSEDED" },
  });
});

test("an operation that began while both sides were read is not closed by a request for something else", async () => {
  const id = linkIdOf(simulated.cluster.id, simulated.registry.id);
  const stored = { link: { image: "team/app:v1" }, operation: {} };
  const { send, started, operationId, operations } = await serving(stored, [undefined, instance(`${id}-00000001`)], []);
  const { status, body } = await send();
  expect([status, body.code, started]).toEqual([409, "CP-LINK-CHANGED", []]);
  expect((await operations.read(operationId))?.value.state).toBe("running");
});

test("a request that writes the image with its registry in front asks for the same link", async () => {
  const id = linkIdOf(simulated.cluster.id, simulated.registry.id);
  const stored = { link: { image: "team/app:v1" }, operation: {} };
  const { send, started } = await serving(stored, [instance(`${id}-00000001`)], []);
  const { status, body } = await send({
    image: `${simulated.registry.id.split("/").at(-1) ?? ""}.azurecr.io/team/app:v1`,
  });
  expect([status, body.image, started]).toEqual([202, "team/app:v1", []]);
});

test("of two requests at once with other settings one is taken, and the other is told so", async () => {
  const { send, started, row } = await serving({}, [undefined], []);
  const answers = await Promise.all([send(), send({ image: "team/app:v1" })]);
  expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
  expect(answers.find(({ status }) => status === 202)?.body.image).toBe((await row())?.image);
  expect(answers.find(({ status }) => status === 409)?.body.code).toBe("CP-LINK-CHANGED");
  expect(started).toEqual([(await row())?.operationId]);
});

test("an operation whose instance was ended by hand is written down as failed, and another one is started", async () => {
  const id = linkIdOf(simulated.cluster.id, simulated.registry.id);
  const ended = instance(`${id}-00000001`, { running: false, runtimeStatus: "Terminated" });
  const { answer, started, operationId, row, operations } = await post({ link: {}, operation: {} }, ended, []);
  expect([answer.status, started]).toEqual([202, [row?.operationId]]);
  expect(row?.operationId).not.toBe(operationId);
  expect((await operations.read(operationId))?.value).toMatchObject({
    state: "failed",
    cancel: "closed",
    problem: { code: "CP-OPERATION-FAILED", detail: expect.stringContaining("Terminated") },
  });
});

test("an instance that has said how it ended, and is about to be over, is waited for", async () => {
  const stored = { link: { status: "failed" }, operation: { state: "failed" } } as const;
  const id = linkIdOf(simulated.cluster.id, simulated.registry.id);
  const before = runs(`${id}-00000001`);
  const { answer, started, row } = await post(stored, undefined, [before, before]);
  expect([answer.status, started]).toEqual([202, Array(3).fill(row?.operationId)]);
});

test("an instance that never gets over is told to the caller: nothing runs under the operation on the row", async () => {
  const before = runs("another");
  const { answer } = await post({}, undefined, Array<Start>(10).fill(before));
  expect(answer).toMatchObject({ status: 503, body: { code: "CP-NOT-READY" }, headers: { "retry-after": "5" } });
});

describe("a link that is removed", () => {
  const id = (): string => linkIdOf(simulated.cluster.id, simulated.registry.id);
  const removalId = (): string => `${id()}-00000001`;

  test("cannot be asked for before that has ended", async () => {
    const stored = { link: { status: "ready", removalId: removalId() }, operation: { kind: "offboarding" } } as const;
    const until = "2026-11-01T12:00:00.000Z";
    const waitingFor = { on: "role", what: "old tokens", who: "nobody", url: null, until };
    const waiting = instance(removalId(), { customStatus: { operationId: removalId(), steps: [], waitingFor } });
    for (const [state, words] of [
      [instance(removalId()), ""],
      [waiting, `, and waits until ${until} at the latest: old tokens`],
    ] as const) {
      const { send, started } = await serving(stored, [state], []);
      const { status, body } = await send();
      expect([status, body.code, started]).toEqual([409, "CP-LINK-BEING-REMOVED", []]);
      expect(body.detail).toBe(`operation ${removalId()} removes link ${id()}${words}`);
    }
  });

  test("is asked for as a new one afterwards: of the old one nothing is kept", async () => {
    const removal = { provedAt: "2026-11-01T09:00:00.000Z", appId: "app" } as never;
    const gone = {
      status: "removed",
      removalId: removalId(),
      removal,
      image: "team/other:v1",
      proof: {} as never,
    } as const;
    const { answer, started, row } = await post(
      { link: gone, operation: { kind: "offboarding", state: "ended" } },
      undefined,
      [],
    );
    expect([answer.status, started]).toEqual([202, [row?.operationId]]);
    expect(row).toMatchObject({ status: "onboarding", removalId: null, removal: null, proof: null, formerGrant: null });
    expect(row?.operationId).not.toBe(removalId());
  });

  test("whose removal was forgotten by Durable is asked for, and that removal is closed", async () => {
    const stored = { link: { status: "failed", removalId: removalId() }, operation: { kind: "offboarding" } } as const;
    const { answer, started, row, operations } = await post(stored, undefined, []);
    expect([answer.status, started]).toEqual([202, [row?.operationId]]);
    expect(row).toMatchObject({ status: "onboarding", removalId: null });
    expect((await operations.read(removalId()))?.value.state).toBe("failed");
  });
});
