import type { LinkView, NewLink } from "../../local/stack/api.ts";
import { closeLaptops, nothing, oneLink, startLaptop, type Laptop } from "./laptop.ts";

/** App, secret and nothing granted: what a link that may be resumed leaves. */
const prepared = { ...nothing, applications: 1, passwords: 1, vaultVersions: 1 };

describe("an onboarding that meets trouble", () => {
  let laptop: Laptop;
  beforeAll(async () => {
    laptop = await startLaptop("failures", {
      // Looks far apart: what a person does comes between two of them, also on a busy machine.
      waits: { ROLE_DEADLINE_IN_SECONDS: 3, CONSENT_POLL_IN_SECONDS: 5 },
    });
  });
  afterAll(closeLaptops);
  afterEach(() => laptop.control("PUT", "/control/timings", { rolePropagationInSeconds: 0 }));
  // Each test has a cluster of its own: links of one never meet those of another.
  const begin = async (link: NewLink): Promise<LinkView> => {
    const { status, body } = await laptop.api.create(link);
    expect(status).toBe(202);
    return laptop.asked(body.id);
  };
  const cancel = (id: string) => laptop.api.call<LinkView>("POST", `/api/links/${id}/cancel`);

  test("is cancelled while it waits for consent: nothing is left, and it can be asked for again", async () => {
    const link = laptop.freshLink();
    const asking = await begin(link);
    expect(await laptop.made(link)).toEqual(prepared);
    expect((await cancel(asking.id)).status).toBe(202);
    expect(await laptop.ended(asking.id)).toMatchObject({
      status: "cancelled",
      problem: { code: "CP-CANCELLED" },
      consentUrl: null,
    });
    expect(await laptop.made(link)).toEqual({ ...nothing });
    expect(await cancel(asking.id)).toMatchObject({ status: 409, body: { code: "CP-NOT-CANCELLABLE" } });
  });

  test("stays open when somebody declines, has the wrong account, or answers for another tenant; the right person ends the wait", async () => {
    const link = laptop.freshLink();
    const asking = await begin(link);
    const declined = await laptop.callback(asking, {
      admin_consent: "True",
      error: "consent_required",
      error_description: "AADSTS65004 <script>",
    });
    expect(declined).toMatchObject({ status: 200 });
    expect(declined.html).toContain("You declined");
    expect(declined.html).not.toContain("<script>");
    const wrongAccount = { error: "access_denied", error_description: "AADSTS50020: another tenant" };
    expect((await laptop.callback(asking, wrongAccount)).html).toContain("Nothing was accepted yet");
    const wrong = await laptop.accept(asking, laptop.env["TENANT_C"]);
    expect(wrong.status).toBe(409);
    expect(wrong.html).toContain("CP-CONSENT-WRONG-TENANT");

    const still = await laptop.api.get(asking.id);
    expect(still).toMatchObject({ status: "onboarding", consentUrl: asking.consentUrl });
    expect(still.consentAnswers.map(({ answer }) => answer)).toEqual(["declined", "other", "wrongTenant"]);
    expect(await laptop.made(link)).toEqual(prepared);
    await laptop.accept(asking);
    expect(await laptop.ended(asking.id)).toMatchObject({ status: "ready" });
  });

  test("bears two hundred answers of nobody at once: each is told, none ends the wait or crowds out the right person", async () => {
    const asking = await begin(laptop.freshLink());
    const refusal = { error: "access_denied", error_description: "AADSTS65004: no" };
    const answers = await Promise.all(Array.from({ length: 200 }, () => laptop.callback(asking, refusal)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const still = await laptop.api.get(asking.id);
    expect(still).toMatchObject({ status: "onboarding", consentUrl: asking.consentUrl });
    expect(still.consentAnswers.length).toBeLessThan(10);
    await laptop.accept(asking);
    expect(await laptop.ended(asking.id)).toMatchObject({ status: "ready" });
  });

  test("waits for a role that takes long, gives up at the deadline, and leaves the cluster alone", async () => {
    const link = laptop.freshLink();
    await laptop.control("PUT", "/control/timings", { rolePropagationInSeconds: 360_000 });
    const asking = await begin(link);
    await laptop.accept(asking);
    expect(await laptop.ended(asking.id)).toMatchObject({
      status: "failed",
      problem: { code: "CP-ROLE-NOT-EFFECTIVE" },
    });
    expect(await laptop.made(link)).toEqual({ ...oneLink, clustersOnPullIdentity: 0 });
  });

  test("whose cluster update fails half way is run again in its turn, until every node holds one credential", async () => {
    const link = laptop.link();
    await laptop.control("POST", "/control/clusters/fail-next-update", { clusterId: link.cluster, afterNodes: 1 });
    expect(await laptop.onboard(link)).toMatchObject({ status: "ready" });
    expect(await laptop.made(link)).toEqual(oneLink);
    const state = await laptop.state();
    const cluster = state.clusters.find(({ id }) => id.toLowerCase() === link.cluster.toLowerCase());
    expect(new Set(cluster?.nodes.map(({ clientId }) => clientId)).size).toBe(1);
  });
});

describe("an onboarding whose consent", () => {
  let laptop: Laptop;
  beforeAll(async () => {
    laptop = await startLaptop("failures-consent", { waits: { CONSENT_DEADLINE_IN_SECONDS: 4 } });
  });
  afterAll(closeLaptops);

  test("link nobody answers ends at the deadline, and its state is refused afterwards", async () => {
    const link = laptop.freshLink();
    const { body } = await laptop.api.create(link);
    const asking = await laptop.asked(body.id);
    expect(await laptop.ended(body.id)).toMatchObject({ status: "failed", problem: { code: "CP-CONSENT-EXPIRED" } });
    const late = await laptop.callback(asking, { admin_consent: "True", tenant: laptop.env["TENANT_B"] ?? "" });
    expect(late.status).toBe(400);
    expect(late.html).toContain("CP-STATE-EXPIRED");
    expect(await laptop.made(link)).toEqual(prepared);
  });

  test("was declined and accepted by nobody ends so at its deadline, and is asked for again by a new link", async () => {
    const link = laptop.freshLink();
    const { body } = await laptop.api.create(link);
    const asking = await laptop.asked(body.id);
    await laptop.callback(asking, { error: "access_denied", error_description: "AADSTS65004: no" });
    expect(await laptop.ended(body.id)).toMatchObject({ status: "failed", problem: { code: "CP-CONSENT-DENIED" } });
    const again = await laptop.api.create(link);
    expect(again.status).toBe(202);
    expect(again.body.operation.id).not.toBe(asking.operation.id);
    const afterwards = await laptop.callback(asking, { admin_consent: "True", tenant: laptop.env["TENANT_B"] ?? "" });
    expect(afterwards.html).toContain("CP-STATE-");
    await laptop.ended(body.id);
  });
});

describe("an onboarding whose", () => {
  let laptop: Laptop;
  beforeAll(async () => {
    laptop = await startLaptop("failures-alone", {
      waits: { YOUNG_SECRET_IN_SECONDS: 1, CLUSTER_POLL_IN_SECONDS: 1 },
    });
  });
  afterAll(closeLaptops);

  test("two requests come at once becomes one link with one of everything", async () => {
    const link = laptop.freshLink();
    const answers = await Promise.all(Array.from({ length: 4 }, () => laptop.api.create(link)));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    const id = answers[0]?.body.id ?? "";
    await laptop.accept(await laptop.asked(id));
    expect(await laptop.ended(id)).toMatchObject({ status: "ready" });
    expect(await laptop.made(link)).toEqual(oneLink);
  });

  test("cluster gets two links at once has one identity, one secret, one update", async () => {
    const first = laptop.freshLink();
    const links = [first, { ...first, registry: laptop.link(undefined, "fabrikamabac").registry }];
    const updates = async (): Promise<number> => {
      const { counts } = await laptop.control<{ counts: Record<string, number> }>("GET", "/control/calls");
      return counts["arm ManagedClusters_ResetServicePrincipalProfile"] ?? 0;
    };
    const before = await updates();
    const ends = await Promise.all(links.map((link) => laptop.onboard(link)));
    expect(ends.map(({ status }) => status)).toEqual(["ready", "ready"]);
    expect(await laptop.made(first)).toEqual({ ...oneLink, grants: 2 });
    expect(await updates()).toBe(before + 1);
  });

  test("secret is refused ends when the secret is no longer young, and gets a new one when asked for again", async () => {
    const link = laptop.freshLink();
    await laptop.control("PUT", "/control/timings", { secretReplicationInSeconds: 900_000 });
    const { body } = await laptop.api.create(link);
    await laptop.accept(await laptop.asked(body.id));
    expect(await laptop.ended(body.id)).toMatchObject({ status: "failed", problem: { code: "CP-SECRET-REFUSED" } });
    expect(await laptop.made(link)).toMatchObject({ passwords: 1, grants: 0 });

    await laptop.control("PUT", "/control/timings", { secretReplicationInSeconds: 0 });
    expect(await laptop.onboard(link)).toMatchObject({ status: "ready" });
    expect(await laptop.made(link)).toEqual(oneLink);
  });

  test("cluster is held by another operation is refused with 409, which names the operation", async () => {
    const link = laptop.freshLink();
    await laptop.control("PUT", "/control/timings", { reimagePerNodeInSeconds: 1200 });
    const { body } = await laptop.api.create(link);
    await laptop.accept(await laptop.asked(body.id));
    const updating = await laptop.api.until(body.id, ({ waitingFor }) => waitingFor?.on === "cluster", 120_000);
    const refused = await laptop.api.create({
      ...link,
      registry: laptop.link(undefined, "fabrikamabac").registry,
    });
    expect(refused).toMatchObject({ status: 409, body: { code: "CP-CLUSTER-BUSY" } });
    expect(JSON.stringify(refused.body)).toContain(updating.operation.id);
    expect(await laptop.api.call("POST", `/api/links/${body.id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: "CP-NOT-CANCELLABLE" },
    });
    expect(await laptop.ended(body.id)).toMatchObject({ status: "ready" });
  });
});
