/** A whole onboarding where Entra's and ARM's replicas lag, and disagree for seconds: the built app, with everything else quick. */
import type { NewLink } from "../../local/stack/api.ts";
import { clusterKeyOf, names } from "../../src/domain/ids.ts";
import { closeLaptops, nothing, oneLink, startLaptop, type Laptop } from "./laptop.ts";

const atOnce = { medianInSeconds: 0.001, p95InSeconds: 0.002 };

describe("where replicas lag", () => {
  let laptop: Laptop;
  beforeAll(async () => {
    laptop = await startLaptop("replicas", {
      // Consent itself is seen at once, so that the test knows which call is the one after it.
      cloud: { consistency: { enabled: true, seed: 7, delays: { consent: atOnce, principalAtSignIn: atOnce } } },
      // A secret is old long before consent is given, as it is where administrators answer mails.
      waits: {
        YOUNG_SECRET_IN_SECONDS: 1,
        CONSENT_POLL_IN_SECONDS: 5,
        SECRET_PROOFS: 5,
        SECRET_PROOF_INTERVAL_IN_SECONDS: 0.3,
      },
    });
  });
  afterAll(closeLaptops);

  /** How many secrets were ever made for the link's cluster. */
  const versionsOf = async (link: NewLink): Promise<number> => {
    const name = names.vaultSecret(clusterKeyOf(link.cluster));
    const secrets = (await laptop.state()).vaults.flatMap(({ secrets: all }) => all);
    return secrets.find((secret) => secret.name === name)?.versions.length ?? 0;
  };

  test("consent that is given long after the secret was made costs neither link nor secret", async () => {
    const link = laptop.freshLink();
    const asking = await laptop.asked((await laptop.api.create(link)).body.id);
    const made = Date.now();
    const isOld = () => Date.now() - made > 2_000;
    await laptop.api.until(asking.id, isOld, 60_000);
    // The look that finds the consent lands on a replica that knows of it, the pull after it on one that does not.
    const error_description = "AADSTS7000229: The client application is missing service principal in the tenant.";
    const body = { error: "unauthorized_client", error_description, error_codes: [7000229] };
    const at = { service: "entra", operation: "Token_V2", caller: asking.pullIdentity?.appId, nth: 2, times: 1 };
    await laptop.control("POST", "/control/faults", { ...at, status: 400, body });
    await laptop.accept(asking);
    expect(await laptop.ended(asking.id)).toMatchObject({ status: "ready", problem: null });
    expect(await laptop.made(link)).toEqual(oneLink);
    expect(await versionsOf(link)).toBe(1);
  });

  test("a cancel takes everything back, though a replica may still show it", async () => {
    const link = laptop.freshLink();
    const asking = await laptop.asked((await laptop.api.create(link)).body.id);
    expect((await laptop.api.call("POST", `/api/links/${asking.id}/cancel`)).status).toBe(202);
    expect(await laptop.ended(asking.id)).toMatchObject({ status: "cancelled", problem: { code: "CP-CANCELLED" } });
    expect(await laptop.made(link)).toEqual(nothing);
  });
});
