/** What an offboarding takes over, tries and writes down: rows in memory, Azure by a few answers. */
import type { PullAnswer, PullToken } from "../../src/azure/clients.ts";
import { proveRefusal } from "../../src/activities/proveRefusal.ts";
import { recordRemoval } from "../../src/activities/recordRemoval.ts";
import { takeLink } from "../../src/activities/takeLink.ts";
import { StaleOperation, problem } from "../../src/domain/errors.ts";
import type { Link } from "../../src/domain/link.ts";
import type { Operation } from "../../src/domain/operation.ts";
import type { InstanceState } from "../../src/durable/instances.ts";
import { Secret } from "../../src/domain/secret.ts";
import { born, clusterKey, identity, instances, kept, link, linkId, operation, running, worldOf } from "./world.ts";

const removal = "1f-removal";
const grant = { assignmentId: "/assignments/ours", principalId: "sp-b", role: "AcrPull", condition: null, ours: true };
const asked: Link = { ...link, removalId: removal, grant, appId: "ours" };

describe("taking a link over", () => {
  async function prepared(row: Partial<Link> = {}, holder: Partial<Operation> = {}, state?: InstanceState) {
    const woken: string[] = [];
    const world = await worldOf({ links: [{ ...asked, ...row }], operations: [{ ...operation, ...holder }] });
    const wake = async (id: string) => void woken.push(id);
    const tools = { ...world, instances: { ...instances(state ? { "onboard-1f": state } : {}), wake } };
    return {
      woken,
      world,
      take: () => takeLink.run({ operationId: removal, linkId }, tools),
      link: async () => (await world.links.read(linkId))?.value,
      holder: async () => (await world.operations.read(operation.id))?.value,
    };
  }

  test("happens at once where its operation is over, and again without a second one", async () => {
    const { take, link: now, woken } = await prepared({}, { state: "ended" });
    const taken = {
      outcome: "taken",
      appId: "ours",
      grant: { assignmentId: "/assignments/ours", ours: true },
      tokensUntil: null,
    };
    expect([await take(), await take(), woken]).toEqual([taken, taken, []]);
    expect(await now()).toMatchObject({ operationId: removal, status: "offboarding", problem: null, consent: null });
  });

  test("asks an onboarding to cancel, and waits for its end", async () => {
    const { take, woken, holder, link: now } = await prepared({}, {}, running(operation.id));
    expect(await take()).toEqual({ outcome: "notYet", detail: "operation 1f-op is cancelled first" });
    expect([woken, (await holder())?.cancel, (await now())?.operationId]).toEqual([["onboard-1f"], "asked", "1f-op"]);
  });

  test("waits for an onboarding that changes the cluster already, and asks it again should that be refused", async () => {
    const { take, woken, world, holder } = await prepared({}, { cancel: "closed" }, running(operation.id));
    expect(await take()).toEqual({
      outcome: "notYet",
      detail: "operation 1f-op changes the cluster, and is waited for",
    });
    expect(woken).toEqual([]);
    await world.operations.update(operation.id, (row) => ({ ...row, cancel: "open" }));
    expect(await take()).toMatchObject({ outcome: "notYet" });
    expect((await holder())?.cancel).toBe("asked");
  });

  test("does not wait for an operation whose instance ended without a word", async () => {
    const dead = { ...running(operation.id), running: false, runtimeStatus: "Terminated" };
    const { take, holder } = await prepared({}, {}, dead);
    expect((await take()).outcome).toBe("taken");
    expect((await holder())?.state).toBe("failed");
  });

  test.each<[string, Partial<Link>, object | null]>([
    [
      "a role that was asked for, and not answered",
      { grant: null, grantsIntended: ["/assignments/asked"] },
      { assignmentId: "/assignments/asked", ours: true },
    ],
    [
      "what an earlier removal has taken back, and could not show to be refused",
      { grant: null, formerGrant: { assignmentId: "/assignments/before", ours: true } },
      { assignmentId: "/assignments/before", ours: true },
    ],
    [
      "a role that was there before us",
      { grant: { ...grant, ours: false } },
      { assignmentId: "/assignments/ours", ours: false },
    ],
    ["nothing, where there never was a role", { grant: null }, null],
  ])("keeps on record %s", async (_what, row, expected) => {
    const { take } = await prepared(row, { state: "ended" });
    expect(await take()).toMatchObject({ outcome: "taken", grant: expected });
  });

  test("is for the removal that was asked for last alone", async () => {
    const { take } = await prepared({ removalId: "another" }, { state: "ended" });
    await expect(take()).rejects.toEqual(new StaleOperation("link 1f names operation another by now"));
    const anew = await prepared({ removalId: null });
    await expect(anew.take()).rejects.toEqual(new StaleOperation("link 1f names no operation by now"));
  });

  test("of a link that is gone, or whose operation is, does not fail", async () => {
    const { take, world } = await prepared({ operationId: "forgotten" });
    expect((await take()).outcome).toBe("taken");
    await world.links.remove(linkId);
    await expect(take()).rejects.toEqual(new StaleOperation("link 1f names no operation by now"));
  });

  test("again tells what the removal before it knew of application and tokens", async () => {
    const before = { appId: "before", tokensUntil: "2026-01-01T03:00:00.000Z" } as never;
    const { take } = await prepared({ appId: null, removal: before }, { state: "ended" });
    expect(await take()).toMatchObject({ appId: "before", tokensUntil: "2026-01-01T03:00:00.000Z" });
  });

  test("is given up where the link is asked for anew at the same moment", async () => {
    const { take, world } = await prepared({}, { state: "ended" });
    const { update } = world.links;
    Object.assign(world.links, {
      update: async (id: string, change: (row: Link) => Link) => {
        await update(id, (row) => ({ ...row, removalId: null, operationId: "next" }));
        return update(id, change);
      },
    });
    await expect(take()).rejects.toEqual(new StaleOperation("link 1f names operation next by now"));
  });
});

describe("the refusal of a pull", () => {
  const issued = { outcome: "issued", token: new Secret("token"), tenantId: "tenant-b", objectId: "sp-b" } as const;
  const refused = (part: Partial<Extract<PullAnswer, { outcome: "refused" }>> = {}): PullAnswer => ({
    outcome: "refused",
    stage: "accessList",
    status: 200,
    detail: "not allowed",
    curedBy: "time",
    ...part,
  });
  const pulled = { outcome: "pulled", digest: null, blobHost: null } as const;
  type Given = {
    readonly row?: Partial<typeof identity> | null;
    readonly secret?: object;
    readonly secretMadeAt?: string;
    readonly token?: PullToken;
    readonly registry?: object;
    /** By repository. */
    readonly byPassword?: Readonly<Record<string, PullAnswer>>;
    readonly byToken?: PullAnswer;
  };
  async function looked(given: Given) {
    const tried: string[] = [];
    const secrets = [{ ...kept("v1", "current"), createdAt: given.secretMadeAt ?? born }];
    const identities = given.row === null ? [] : [{ ...identity, secrets, ...given.row }];
    const world = await worldOf(
      { links: [{ ...asked, image: "team/app:v1", repositories: ["team/other"] }], identities },
      {
        vault: { get: async () => (given.secret ?? { outcome: "read", value: new Secret("value") }) as never },
        entra: { pullToken: async () => given.token ?? issued },
        registries: { get: async () => (given.registry ?? { outcome: "found", loginServer: "r.azurecr.io" }) as never },
        pulls: {
          withPassword: async ({ repository }) => {
            tried.push(repository);
            return given.byPassword?.[repository] ?? refused();
          },
          withEntraToken: async () => given.byToken ?? refused(),
        },
      },
    );
    return { look: await proveRefusal.run({ linkId, clusterKey, youngSecretInSeconds: 900 }, world), tried };
  }

  test("is seen where no way to pull anything of the link is left", async () => {
    const { look, tried } = await looked({});
    expect(look).toEqual({ outcome: "refused", by: "registry", words: "200 not allowed" });
    expect(tried).toEqual(["team/app", "team/other"]);
  });

  test.each<[string, Given, object]>([
    ["one of its repositories is still given out", { byPassword: { "team/other": pulled } }, { pulls: true }],
    ["a token of Entra still opens it", { byToken: pulled }, { pulls: true }],
    [
      "the image alone is missing",
      { byPassword: { "team/app": refused({ stage: "manifest", status: 404, curedBy: "person" }) } },
      { pulls: true },
    ],
    [
      "the registry does not answer",
      { byPassword: { "team/app": refused({ stage: "network", status: 0 }) } },
      { pulls: false },
    ],
    [
      "the secret is so young that a replica may not know it",
      { token: { outcome: "secretRefused", code: "AADSTS7000215", detail: "invalid" } },
      { pulls: false },
    ],
    ["the vault is closed", { secret: { outcome: "firewall", code: "X", detail: "x" } }, { pulls: false }],
    ["the registry cannot be read", { registry: { outcome: "forbidden", code: "X", detail: "x" } }, { pulls: false }],
  ])("is not seen where %s", async (_what, given, expected) => {
    expect((await looked(given)).look).toMatchObject({ outcome: "notYet", ...expected });
  });

  test.each([
    ["registryToken", 400],
    ["registryToken", 401],
    ["registryToken", 403],
    ["manifest", 401],
  ] as const)("is seen where %s is refused for want of a right, with %i", async (stage, status) => {
    const { look } = await looked({ byPassword: { "team/other": refused({ stage, status }) } });
    expect(look).toEqual({ outcome: "refused", by: "registry", words: `${status} not allowed` });
  });

  test.each([
    ["registryToken", 200, "time"],
    ["registryToken", 401, "person"],
    ["repository", 401, "time"],
    ["blob", 403, "time"],
  ] as const)("is not what ends at %s with %i, cured by a %s: that is let in", async (stage, status, curedBy) => {
    const { look } = await looked({ byPassword: { "team/app": refused({ stage, status, curedBy }) } });
    const detail = `the registry lets us in to team/app: ${status} not allowed`;
    expect(look).toEqual({ outcome: "notYet", detail, pulls: true });
  });

  test("has to be seen by both ways", async () => {
    const detail = "the registry still gives out team/app";
    expect((await looked({ byToken: pulled })).look).toEqual({ outcome: "notYet", detail, pulls: true });
    const silent = refused({ stage: "network", status: 0 });
    expect((await looked({ byToken: silent })).look).toEqual({
      outcome: "notYet",
      detail: "0 not allowed",
      pulls: false,
    });
  });

  test("is Entra's where the other tenant has deleted the service principal", async () => {
    const token = { outcome: "noPrincipal", code: "AADSTS7000229", detail: "no principal" } as const;
    const { look, tried } = await looked({ token });
    expect(look).toEqual({ outcome: "refused", by: "entra", words: "AADSTS7000229: no principal" });
    expect(tried).toEqual([]);
  });

  test.each<[string, Given, RegExp]>([
    ["the pull identity is gone", { row: null }, /no secret/],
    ["it has no application", { row: { appId: null } }, /no secret/],
    ["it has no secret", { row: { secrets: [] } }, /no secret/],
    ["its secret is gone from the vault", { secret: { outcome: "gone", detail: "version v1" } }, /version v1/],
    [
      "the secret is refused, though it is not young",
      {
        token: { outcome: "secretRefused", code: "AADSTS7000215", detail: "invalid" },
        secretMadeAt: "2025-12-01T00:00:00.000Z",
      },
      /AADSTS7000215/,
    ],
    [
      "its secret has expired",
      { token: { outcome: "secretExpired", code: "AADSTS7000222", detail: "expired" } },
      /AADSTS7000222/,
    ],
    ["a policy keeps us out", { token: { outcome: "refused", code: "AADSTS53003", detail: "policy" } }, /AADSTS53003/],
    ["the registry is gone", { registry: { outcome: "missing", code: "ResourceNotFound", detail: "x" } }, /gone/],
    [
      "network rules keep us from trying",
      { byPassword: { "team/app": refused({ stage: "network", status: 403, curedBy: "person" }) } },
      /network rules/,
    ],
  ])("cannot be shown where %s, and it says so", async (_what, given, words) => {
    expect((await looked(given)).look).toMatchObject({ outcome: "notShown", words: expect.stringMatching(words) });
  });
});

describe("the end of a removal", () => {
  const row: Link = { ...asked, operationId: removal, status: "offboarding", grant: null, readySince: born };
  const own: Operation = { ...operation, id: removal, kind: "offboarding", cancel: "closed" };
  const removed = {
    taken: { appId: "ours", grant: { assignmentId: "/assignments/ours", ours: true } },
    pull: { outcome: "refused", by: "registry", since: born, times: 3, words: "200 not allowed" },
    tokensUntil: "2026-01-01T03:00:00.000Z",
    identity: { outcome: "removed", vault: { outcome: "purged" } },
  } as const;
  const steps = [] as const;
  async function recorded(given: Partial<Parameters<typeof recordRemoval.run>[0]>, links: readonly Link[] = [row]) {
    const holder = { operationId: removal, since: born };
    const world = await worldOf({ links, operations: [own], identities: [{ ...identity, holder }] });
    const input = { operationId: removal, linkId, clusterKey, state: "ended", problem: null, removed, steps } as const;
    await recordRemoval.run({ ...input, ...given }, world);
    return {
      link: (await world.links.read(linkId))?.value,
      operation: (await world.operations.read(removal))?.value,
      holder: (await world.identities.read(clusterKey))?.value.holder,
    };
  }

  test("is written on the link with its proof, and with what the other tenant has to do", async () => {
    const { link: now, operation: ended, holder } = await recorded({});
    expect(now).toMatchObject({ status: "removed", appId: null, readySince: null, problem: null });
    expect(now?.removal).toMatchObject({
      provedAt: born,
      appId: "ours",
      grant: removed.taken.grant,
      pull: removed.pull,
      tokensUntil: removed.tokensUntil,
      identity: removed.identity,
      left: [
        { who: "an administrator of tenant tenant-b", command: expect.stringContaining("az ad sp delete --id ours") },
      ],
    });
    expect([ended?.state, ended?.endedAt, holder, now?.removalId]).toEqual(["ended", born, null, removal]);
  });

  test("asks nobody to delete a service principal by which another link pulls", async () => {
    const other: Link = { ...link, id: "2f", status: "ready", grant };
    expect((await recorded({}, [row, other])).link?.removal?.left).toEqual([]);
    const others: readonly Partial<Link>[] = [
      { registryTenantId: "tenant-c" },
      { clusterKey: "c2" },
      { status: "removed", grant: null },
    ];
    for (const part of others)
      expect((await recorded({}, [row, { ...other, ...part }])).link?.removal?.left).toHaveLength(1);
  });

  test("that failed says why on the link, which has no proof", async () => {
    const reason = problem("CP-STILL-PULLS", "it pulls");
    const { link: now, operation: ended } = await recorded({ state: "failed", problem: reason, removed: null });
    expect(now).toMatchObject({ status: "failed", problem: reason, removal: null, appId: "ours" });
    expect(ended).toMatchObject({ state: "failed", problem: reason });
  });

  test("that could not take the role back leaves a link that works as it was", async () => {
    const reason = problem("CP-SCOPE-LOCKED", "a lock");
    const stopped = { state: "failed", problem: reason, removed: null } as const;
    const { link: now, operation: ended } = await recorded(stopped, [{ ...row, grant }]);
    expect([now?.status, now?.problem, ended?.problem]).toEqual(["ready", null, reason]);
    expect((await recorded(stopped, [{ ...row, grant, readySince: null }])).link?.status).toBe("failed");
  });

  test("that took up an earlier one, and failed, leaves the proof of that as it was", async () => {
    const proof = { provedAt: born, identity: { outcome: "kept", by: "cluster", detail: "x" } } as never;
    const stopped = { state: "failed", problem: problem("CP-SCOPE-LOCKED", "a lock"), removed: null } as const;
    const { link: now } = await recorded(stopped, [{ ...row, readySince: null, removal: proof }]);
    expect([now?.status, now?.problem, now?.removal]).toEqual(["removed", null, proof]);
  });

  test("that never got the link is not asked for on it any more", async () => {
    const reason = problem("CP-CLUSTER-BUSY", "still busy");
    const onboarding: Link = { ...asked, operationId: "1f-op", status: "onboarding" };
    const { link: now } = await recorded({ state: "failed", problem: reason, removed: null }, [onboarding]);
    expect(now).toEqual({ ...onboarding, removalId: null });
  });

  test("writes nothing on a link that another operation has by now", async () => {
    const { link: now } = await recorded({}, [{ ...row, operationId: "next", removalId: null, status: "onboarding" }]);
    expect(now).toMatchObject({ operationId: "next", status: "onboarding", removal: null });
  });
});
