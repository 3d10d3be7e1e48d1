import { probeConsent } from "../../src/activities/probeConsent.ts";
import { provePull } from "../../src/activities/provePull.ts";
import type { PullAnswer, PullTarget, PullToken } from "../../src/azure/clients.ts";
import { Secret } from "../../src/domain/secret.ts";
import { born, kept, registry, worldOf } from "./world.ts";

const secret = kept("v1", "current");
const issued = { outcome: "issued", token: new Secret("jwt"), tenantId: "TENANT-B", objectId: "sp-b" } as const;
const read = { outcome: "read", value: new Secret("value") } as const;

/** What Entra answers, and what a look at consent and a pull make of it. */
const answers: readonly (readonly [PullToken["outcome"], string, object, object])[] = [
  [
    "noPrincipal",
    "AADSTS700016",
    { outcome: "notYet", detail: "AADSTS700016: as Entra says" },
    { outcome: "noPrincipal", detail: "Entra token from tenant tenant-b: AADSTS700016: as Entra says" },
  ],
  [
    "secretRefused",
    "AADSTS7000215",
    { outcome: "secretRefused", detail: "tenant tenant-b: AADSTS7000215: as Entra says" },
    { outcome: "secretRefused" },
  ],
  [
    "secretExpired",
    "AADSTS7000222",
    { outcome: "secretLost", detail: "tenant tenant-b: AADSTS7000222: as Entra says" },
    { outcome: "secretLost" },
  ],
  [
    "noRegistryService",
    "AADSTS500011",
    {
      outcome: "refused",
      problem: {
        code: "CP-REGISTRY-SERVICE-MISSING",
        detail: "tenant tenant-b answered AADSTS500011: as Entra says",
      },
    },
    { outcome: "refused", problem: { code: "CP-REGISTRY-SERVICE-MISSING" } },
  ],
  [
    "refused",
    "AADSTS7000112",
    {
      outcome: "refused",
      problem: { code: "CP-CONSENT-BLOCKED", detail: "tenant tenant-b answered AADSTS7000112: as Entra says" },
    },
    { outcome: "refused", problem: { code: "CP-CONSENT-BLOCKED" } },
  ],
];
const vaults = [
  [
    { outcome: "gone", detail: "disabled" },
    { outcome: "secretLost", detail: "disabled" },
  ],
  [
    { outcome: "forbidden", code: "X", detail: "" },
    { outcome: "refused", problem: { code: "CP-VAULT-FORBIDDEN", detail: "Key Vault answered X: " } },
  ],
] as const;

describe("a look at consent", () => {
  const look = async (token: PullToken, vault: object = read) => {
    const world = await worldOf(
      {},
      { entra: { pullToken: async () => token }, vault: { get: async () => vault as never } },
    );
    return probeConsent.run({ registryTenantId: "tenant-b", appId: "app", secret }, world);
  };

  test("takes a token of the registry tenant as proof, and learns the principal from it; another tenant's is none", async () => {
    expect(await look(issued)).toEqual({ outcome: "granted", principalId: "sp-b" });
    expect(await look({ ...issued, tenantId: "tenant-c" })).toMatchObject({
      outcome: "refused",
      problem: { code: "CP-CONSENT-WRONG-TENANT", detail: "the token came from tenant tenant-c, not tenant-b" },
    });
  });

  test.each(answers)("tells %s (%s) apart", async (outcome, code, expected) => {
    expect(await look({ outcome, code, detail: "as Entra says" } as PullToken)).toMatchObject(expected);
  });

  test.each(vaults)("tells what the vault says: %j", async (vault, expected) => {
    expect(await look(issued, vault)).toMatchObject(expected);
  });
});

describe("a pull", () => {
  const pulled: PullAnswer = { outcome: "pulled", digest: "sha256:d", blobHost: "blobs.example" };
  type Asked = { image?: string | null; repositories?: readonly string[]; notProved?: readonly string[] };
  const pull = async (
    given: {
      token?: PullToken;
      vault?: object;
      password?: (target: PullTarget) => PullAnswer;
      exchange?: PullAnswer;
    } = {},
    asked: Asked = {},
  ) => {
    const targets: PullTarget[] = [];
    const world = await worldOf(
      {},
      {
        entra: { pullToken: async () => given.token ?? issued },
        vault: { get: async () => (given.vault ?? read) as never },
        pulls: {
          withPassword: async (target) => (targets.push(target), given.password?.(target) ?? pulled),
          withEntraToken: async () => given.exchange ?? pulled,
        },
      },
    );
    const input = {
      registry,
      loginServer: "r.azurecr.io",
      repositories: [],
      image: "team/app:v1",
      appId: "app",
      secret,
      notProved: [],
      ...asked,
    };
    return { answer: await provePull.run(input, world), targets };
  };
  const refusal = (part: object): PullAnswer => ({
    outcome: "refused",
    stage: "manifest",
    status: 404,
    detail: "said the registry",
    curedBy: "person",
    ...part,
  });

  test("that works both ways is a proof, which says where it was made and what it does not show", async () => {
    expect((await pull()).answer).toMatchObject({
      outcome: "proved",
      proof: {
        provedAt: born,
        from: "crosspull",
        digest: "sha256:d",
        blobHost: "blobs.example",
        methods: ["kubeletBasicAuth", "entraTokenExchange"],
        stages: ["entraToken", "registryToken", "accessList", "manifest", "blob"],
        notProved: [expect.stringContaining("nodes")],
      },
    });
  });

  test("that fetched no manifest and no blob says so", async () => {
    const { answer } = await pull(
      { password: () => ({ outcome: "pulled", digest: null, blobHost: null }) },
      { repositories: ["team/app", "team/other"], notProved: ["the image itself"] },
    );
    expect(answer).toMatchObject({
      outcome: "proved",
      proof: {
        digest: null,
        blobHost: null,
        stages: ["entraToken", "registryToken", "accessList"],
        notProved: ["the image itself", expect.stringContaining("nodes")],
      },
    });
  });

  test("of an image that can be none is a defect, and told as one", async () => {
    await expect(pull({}, { image: "Team/App:v1" })).rejects.toThrow(/^"Team\/App:v1" has capital letters/);
  });

  test("asks for the image, or the named repositories, or the right alone; a digest wins over a tag", async () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const wanted = async (asked: Asked) =>
      (await pull({}, asked)).targets.map(({ repository, reference, named }) => [repository, reference, named]);
    expect(await wanted({ image: "team/app:v1" })).toEqual([["team/app", "v1", true]]);
    expect(await wanted({ image: `r.azurecr.io/team/app:v1@${digest}` })).toEqual([["team/app", digest, true]]);
    expect(await wanted({ image: "team/app:v1", repositories: ["team/app", "team/other"] })).toEqual([
      ["team/app", "v1", true],
      ["team/other", null, true],
    ]);
    expect(await wanted({ image: null, repositories: ["team/one", "team/two"] })).toEqual([
      ["team/one", null, true],
      ["team/two", null, true],
    ]);
    expect(await wanted({ image: null })).toEqual([["crosspull/probe", null, false]]);
  });

  test.each(answers)("tells %s (%s) apart", async (outcome, code, _consent, expected) => {
    const { answer } = await pull({ token: { outcome, code, detail: "as Entra says" } as PullToken });
    expect(answer).toMatchObject(expected);
  });

  test.each(vaults)("tells what the vault says: %j", async (vault, expected) => {
    expect((await pull({ vault })).answer).toMatchObject(expected);
  });

  test.each<[string, PullAnswer, object]>([
    ["a connection that broke", refusal({ stage: "network", status: 0, curedBy: "time" }), { outcome: "notYet" }],
    ["a role on its way", refusal({ stage: "accessList", status: 401, curedBy: "time" }), { outcome: "notYet" }],
    [
      "the registry's firewall",
      refusal({ stage: "network", status: 403 }),
      {
        outcome: "refused",
        problem: {
          code: "CP-REGISTRY-UNREACHABLE",
          detail: `${registry.id} answered 403: said the registry`,
        },
      },
    ],
    [
      "a missing manifest",
      refusal({ missing: true }),
      {
        outcome: "refused",
        problem: {
          code: "CP-IMAGE-NOT-FOUND",
          detail: `team/app:v1 is not in ${registry.id}: said the registry`,
        },
      },
    ],
    [
      "a missing repository",
      refusal({ stage: "repository", missing: true }),
      { outcome: "refused", problem: { code: "CP-IMAGE-NOT-FOUND" } },
    ],
    [
      "an address of the registry that is not there",
      refusal({ stage: "registryToken" }),
      {
        outcome: "refused",
        problem: { code: "CP-PULL-REFUSED", detail: `${registry.id}: registry token: 404 said the registry` },
      },
    ],
    [
      "an answer of something that is no registry",
      refusal({}),
      {
        outcome: "refused",
        problem: { code: "CP-PULL-REFUSED", detail: `${registry.id}: manifest: 404 said the registry` },
      },
    ],
    [
      "a locked image",
      refusal({ status: 405 }),
      {
        outcome: "refused",
        problem: { code: "CP-PULL-REFUSED", detail: expect.stringContaining("said the registry") },
      },
    ],
  ])("that meets %s is told apart, whichever way met it", async (_what, answered, expected) => {
    const match =
      "problem" in expected ? { ...expected, problem: expect.objectContaining(expected.problem) } : expected;
    expect((await pull({ password: () => answered })).answer).toMatchObject(match);
    expect((await pull({ exchange: answered })).answer).toMatchObject(match);
  });

  test("of the only repository that was named tells its name and what the registry said", async () => {
    const absent = {
      ...refusal({ stage: "repository", missing: true }),
      detail: "NAME_UNKNOWN: repository name not known to registry",
    };
    const { answer } = await pull({ password: () => absent }, { image: null, repositories: ["team/other"] });
    const detail = (answer as { problem: { detail: string } }).problem.detail;
    expect(detail).toContain("team/other");
    expect(detail).toContain("NAME_UNKNOWN: repository name not known to registry");
  });

  test("of a repository that was named and is not there is no proof", async () => {
    const password = ({ repository }: PullTarget) =>
      repository === "team/other" ? refusal({ stage: "repository", missing: true }) : pulled;
    const { answer } = await pull({ password }, { repositories: ["team/other"] });
    expect(answer).toMatchObject({
      outcome: "refused",
      problem: { code: "CP-IMAGE-NOT-FOUND", detail: expect.stringContaining("team/other") },
    });
  });

  test("that the network rules keep from us is proved by token only, where that was known before", async () => {
    const closed = () => refusal({ stage: "network", status: 403 });
    const { answer } = await pull(
      { password: closed },
      { notProved: ["the pull itself: the network rules refuse us"] },
    );
    expect(answer).toEqual({
      outcome: "proved",
      proof: {
        provedAt: born,
        from: "crosspull",
        image: null,
        digest: null,
        blobHost: null,
        methods: [],
        stages: ["entraToken"],
        notProved: ["the pull itself: the network rules refuse us", expect.stringContaining("nodes")],
      },
    });
  });

  test.each([
    ["a network that broke", { stage: "network", status: 0, curedBy: "time" }, "notYet"],
    ["a refusal of the registry itself", { status: 405 }, "refused"],
  ])("that meets %s is no proof, whatever the network rules are", async (_what, part, outcome) => {
    const { answer } = await pull({ password: () => refusal(part) }, { notProved: ["the pull itself"] });
    expect(answer.outcome).toBe(outcome);
  });
});
