import type { World } from "../../src/activities/world.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { Secret } from "../../src/domain/secret.ts";
import type { Link } from "../../src/domain/link.ts";
import type { Operation } from "../../src/domain/operation.ts";
import { consentCallback, consentPageOf } from "../../src/functions/consentCallback.ts";
import { consentStates } from "../../src/functions/consentStates.ts";
import { answering } from "../../src/functions/http.ts";
import { ask } from "./ask.ts";
import { fakeInstances, link, operation, rows, tenantB } from "./rows.ts";

const states = consentStates(new Secret("0123456789abcdef0123456789abcdef"));
const now = new Date("2026-11-01T10:00:00Z");
const later = new Date("2036-01-01T00:00:00Z");

const waitingFor = { on: "consent", who: "", what: "", url: "https://login/v2", until: later.toISOString() } as const;

async function open(part: Partial<Link> = {}, running: Partial<Operation> = { waitingFor }) {
  const stored = await rows(link({ consent: consent(), ...part }), operation(running));
  const instances = fakeInstances();
  const world = { ...stored, consentStates: states, now: () => now } as unknown as World;
  const handler = consentCallback(async () => world, instances.of);
  const state = await states.issue({ linkId: link().id, tenantId: tenantB, nonce: "n1" }, later);
  return {
    instances,
    answered: async (query: Record<string, string>, signed = state) =>
      ask<string>(handler, `/api/consent?${new URLSearchParams({ ...query, state: signed }).toString()}`),
    noted: async () => (await stored.operations.read(operation().id))?.value.consentAnswers ?? [],
    status: async () => (await stored.operations.read(operation().id))?.value.state,
  };
}

function consent() {
  return { nonce: "n1", url: "https://login/v2", authorizeUrl: "https://login/v1", expiresAt: later.toISOString() };
}

const accepted = { admin_consent: "True", tenant: tenantB };

describe("an answer of the consent page", () => {
  test.each([
    ["v2.0 admin consent", accepted],
    ["v1 admin consent, with the tenant in capitals", { admin_consent: "True", tenant: tenantB.toUpperCase() }],
    ["v1 authorize, whose code is a hint like any other", { code: "0.AAAA-secret-code", session_state: "s" }],
  ])("that says accepted wakes the operation: %s", async (_way, query) => {
    const { answered, instances, noted } = await open();
    const { status, body, errors } = await answered(query);
    expect(status).toBe(200);
    expect(body).toContain("Thank you");
    expect(instances.woken).toEqual(["onboard-0123456789abcdef consentAnswered"]);
    expect((await noted()).map(({ answer }) => answer)).toEqual(["accepted"]);
    expect(JSON.stringify([await noted(), body, errors])).not.toContain("secret-code");
  });

  test.each([
    [
      "a person's no",
      { error: "consent_required", error_description: "AADSTS65004: declined" },
      "declined",
      "You declined",
    ],
    [
      "cancel at v1",
      { error: "access_denied", error_subcode: "cancel", error_description: "AADSTS65004: x" },
      "declined",
      "You declined",
    ],
    ["v1's own word for no", { error: "permission_denied" }, "declined", "You declined"],
    [
      "an account of another tenant",
      { error: "access_denied", error_description: "AADSTS50020: x" },
      "other",
      "Nothing was accepted yet",
    ],
    [
      "a person without the right",
      { error: "access_denied", error_description: "AADSTS90094: x" },
      "other",
      "Nothing was accepted yet",
    ],
    ["a service that is busy", { error: "temporarily_unavailable" }, "other", "Nothing was accepted yet"],
    ["nothing at all", {}, "other", "Nothing was accepted yet"],
  ])(
    "that is %s ends nothing, causes no look, and leaves the link to the next person",
    async (_what, query, kind, words) => {
      const { answered, instances, noted, status } = await open();
      const { body } = await answered(query);
      expect(body).toContain(words);
      expect((await noted()).map(({ answer }) => answer)).toEqual([kind]);
      expect([instances.woken, await status()]).toEqual([[], "running"]);
      expect((await answered(accepted)).body).toContain("Thank you");
      expect(instances.woken).toHaveLength(1);
    },
  );

  test("of the wrong tenant is not taken, and the link waits on", async () => {
    const { answered, instances, noted } = await open();
    const { status, body } = await answered({
      admin_consent: "True",
      tenant: "c0000000-0000-4000-8000-000000000001<b>",
    });
    expect([status, body.includes("CP-CONSENT-WRONG-TENANT"), body.includes("<b>")]).toEqual([409, true, false]);
    expect((await noted())[0]?.answer).toBe("wrongTenant");
    expect(instances.woken).toEqual([]);
  });

  test("causes one look at most, however often anybody repeats it", async () => {
    const { answered, instances, noted } = await open();
    for (let time = 0; time < 50; time += 1) {
      await answered(time % 2 === 0 ? accepted : { error: "access_denied" });
      await answered({ admin_consent: "True", tenant: "c0000000-0000-4000-8000-000000000001" });
    }
    expect(instances.woken).toHaveLength(1);
    expect((await noted()).length).toBeLessThanOrEqual(12);
    expect((await noted())[0]?.answer).toBe("accepted");
  });

  test("is noted once of its kind in a while, so that many at once are all answered", async () => {
    const { answered, noted } = await open();
    const answers = await Promise.all(Array.from({ length: 50 }, async () => answered({ error: "x" })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await noted()).toHaveLength(1);
  });

  test.each([
    ["a state that nobody signed", "CP-STATE-INVALID", 400, "nonsense"],
    ["no state, as v1 sends a refusal", "CP-STATE-INVALID", 400, ""],
  ])("with %s is refused", async (_what, code, status, signed) => {
    const { answered, instances } = await open();
    const answer = await answered({ error: "permission_denied" }, signed);
    expect([answer.status, answer.body.includes(code), instances.woken]).toEqual([status, true, []]);
  });

  test("that comes too late is told so: the state has expired, or a newer link has its place", async () => {
    const { answered } = await open();
    const old = await states.issue({ linkId: link().id, tenantId: tenantB, nonce: "n1" }, new Date("2020-01-01"));
    expect((await answered(accepted, old)).body).toContain("CP-STATE-EXPIRED");
    const replaced = await states.issue({ linkId: link().id, tenantId: tenantB, nonce: "n0" }, later);
    expect((await answered(accepted, replaced)).body).toContain("CP-STATE-USED");
  });

  test.each([
    ["a link that is ready", { status: "ready" }, {}, "may pull from fabrikamprod"],
    ["an operation past the consent", {}, {}, "is being given the right to pull from fabrikamprod"],
  ] as const)("finds %s: a late no does not read as if nothing was granted", async (_what, one, running, words) => {
    const { answered, instances, noted } = await open(one, running);
    for (const query of [{ error: "permission_denied" }, { error: "x" }, {}]) {
      const { status, body } = await answered(query);
      expect([status, body.includes(words), body.includes("changes nothing")]).toEqual([200, true, true]);
      expect(body).not.toMatch(/Nothing was|stays open/);
    }
    expect((await answered({ tenant: "c0000000-0000-4000-8000-000000000001" })).body).toContain("can delete it");
    expect([instances.woken, await noted()]).toEqual([[], []]);
  });

  test("is noted in a few words, however long what somebody wrote in its place", async () => {
    const { answered, noted } = await open();
    const long = "1".repeat(10_000);
    await answered({ error: long, error_description: `AADSTS${long}` });
    await answered({ error: "permission_denied", error_description: `AADSTS${long}` });
    await answered({ admin_consent: "True", tenant: long });
    expect((await noted()).map(({ detail }) => detail.length < 200)).toEqual([true, true, true]);
  });

  test("with an error that has no words is told without empty brackets", async () => {
    const { answered } = await open();
    expect((await answered({ error: "" })).body).toContain("<p>Somebody could not accept.</p>");
  });

  test("of v1 authorize, which names no tenant, is not noted as that of the registry's", async () => {
    const { answered, noted } = await open();
    await answered({ code: "0.AAAA" });
    expect((await noted())[0]?.detail).not.toContain(tenantB);
  });

  test("that cannot be noted now is told to the person as a page, not as JSON", async () => {
    const outage = () => Promise.reject(new TransientError("storage did not answer"));
    const handler = answering(consentCallback(outage, fakeInstances().of), consentPageOf);
    const { status, headers, body } = await ask<string>(handler, "/api/consent?state=x");
    expect([status, headers["content-type"]]).toEqual([503, "text/html; charset=utf-8"]);
    expect(body).toContain("It is not lost");
    expect(body).toContain("CP-NOT-READY");
  });

  test("finds a link that a look has made ready before the browser came back, and says thank you", async () => {
    const { answered, instances } = await open({ status: "ready" });
    expect((await answered(accepted)).body).toContain("Thank you");
    expect(instances.woken).toEqual([]);
  });
});
