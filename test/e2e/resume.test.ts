import { closeLaptops, nothing, oneLink, startLaptop, type Laptop } from "./laptop.ts";

type Fault = { readonly service: string; readonly operation: string; readonly [part: string]: unknown };
const graphError = (code: string) => ({ error: { code, message: "as planned by the test" } });
const always = { times: 1000 };

describe("a link that meets a refusal", () => {
  let laptop: Laptop;
  beforeAll(async () => {
    laptop = await startLaptop("resume", { waits: { PRINCIPAL_DEADLINE_IN_SECONDS: 1 } });
  });
  afterAll(closeLaptops);

  /**
   * Asks for a link of a cluster of its own under the fault, lets the administrator accept if asked, and answers what is left
   * then. When the fault is gone, the same request brings the link to its end, with one of everything.
   */
  const failWith = async (fault: Fault | undefined, code: string, step: string, image = "team/app:v1") => {
    const wanted = laptop.freshLink();
    if (fault) await laptop.control("POST", "/control/faults", fault);
    const link = await laptop.onboard({ ...wanted, image });
    await laptop.control("DELETE", "/control/faults");
    expect(link).toMatchObject({ status: "failed", problem: { code } });
    expect(link.problem?.remedy).toMatch(/\.$/);
    expect(link.operation.steps.find(({ state }) => state === "failed")?.name).toBe(step);
    const left = await laptop.made(wanted);
    expect(await laptop.onboard(wanted)).toMatchObject({ status: "ready" });
    expect(await laptop.made(wanted)).toEqual(oneLink);
    return left;
  };

  test("stops when the application may not be registered", async () => {
    const fault = {
      service: "graph",
      operation: "application_UpdateByUniqueName",
      status: 403,
      body: graphError("Authorization_RequestDenied"),
      ...always,
    };
    expect(await failWith(fault, "CP-DIRECTORY-FORBIDDEN", "identity")).toEqual(nothing);
  });

  test("stops when a policy forbids the password", async () => {
    const fault = {
      service: "graph",
      operation: "application_AddPassword",
      status: 400,
      body: graphError("CredentialTypeNotAllowedAsPerAppPolicy"),
      ...always,
    };
    expect(await failWith(fault, "CP-SECRET-POLICY", "secret")).toEqual({ ...nothing, applications: 1 });
  });

  test("stops when the directory refuses the end of the password twice, and names both clocks", async () => {
    const fault = {
      service: "graph",
      operation: "application_AddPassword",
      status: 400,
      body: graphError("KeyCredentialsInvalidEndDate"),
      ...always,
    };
    expect(await failWith(fault, "CP-SECRET-DATES", "secret")).toEqual({ ...nothing, applications: 1 });
  });

  test("stops when the role service never hears of the principal", async () => {
    const fault = {
      service: "arm",
      operation: "RoleAssignments_Create",
      status: 400,
      body: { error: { code: "PrincipalNotFound", message: "Principal x does not exist in the directory y." } },
      ...always,
    };
    expect(await failWith(fault, "CP-PRINCIPAL-NOT-FOUND", "grant")).toEqual({
      ...oneLink,
      grants: 0,
      clustersOnPullIdentity: 0,
    });
  });

  const granted = { ...oneLink, clustersOnPullIdentity: 0 };
  test("is refused at once when the image is not there: our own identity may look", async () => {
    const answer = await laptop.api.create({ ...laptop.link("aks-staging"), image: "team/app:v9" });
    expect(answer).toMatchObject({ status: 422, body: { code: "CP-IMAGE-NOT-FOUND" } });
  });

  test("stops when the old principal's roles may not be copied, and leaves the cluster alone", async () => {
    const fault = {
      service: "arm",
      operation: "RoleAssignments_Create",
      nth: 2,
      status: 403,
      body: { error: { code: "AuthorizationFailed", message: "no" } },
      ...always,
    };
    expect(await failWith(fault, "CP-ROLES-NOT-COPIED", "roles")).toEqual(granted);
  });

  test("stops when AKS refuses the update", async () => {
    const fault = {
      service: "arm",
      operation: "ManagedClusters_ResetServicePrincipalProfile",
      status: 400,
      body: { error: { code: "BadRequest", message: "not like this" } },
      ...always,
    };
    expect(await failWith(fault, "CP-CLUSTER-REFUSED", "update")).toEqual(granted);
  });
});

test("an API whose storage does not answer says so, without a word about why", async () => {
  // Nothing listens on port 1, and nothing may be put there by a test beside this one.
  const AzureWebJobsStorage =
    "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=Zm9v;TableEndpoint=http://127.0.0.1:1/a;";
  const laptop = await startLaptop("no-storage", { settings: { AzureWebJobsStorage } });
  try {
    const answer = await laptop.api.call<{ detail: string }>("GET", "/api/links");
    expect(answer).toMatchObject({ status: 503, body: { code: "CP-NOT-READY" } });
    expect(answer.body.detail).not.toMatch(/127\.0\.0\.1|ECONN/);
    expect((await fetch(`${laptop.stack.url}/api/health`)).status).toBe(503);
  } finally {
    await closeLaptops();
  }
});

test("a registry whose network rules refuse us is proved by token only, and the link says so", async () => {
  const laptop = await startLaptop("closed-network");
  try {
    const message =
      "client with IP '203.0.113.7' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.";
    const body = { errors: [{ code: "DENIED", message }] };
    const closed = { service: "registry:fabrikamprod", operation: "*", status: 403, body, times: 1_000_000 };
    await laptop.control("POST", "/control/faults", closed);
    const { body: plan } = await laptop.api.call<{ checks: { id: string; verdict: string }[] }>(
      "POST",
      "/api/links?dryRun=true",
      laptop.link(),
    );
    expect(plan.checks.find(({ id }) => id === "registry-network-here")).toMatchObject({ verdict: "warn" });
    const link = await laptop.onboard(laptop.link());
    expect(link).toMatchObject({ status: "ready", proof: { digest: null, methods: [], stages: ["entraToken"] } });
    expect(link.proof?.notProved[0]).toContain("203.0.113.7");
  } finally {
    await laptop.close();
  }
});
