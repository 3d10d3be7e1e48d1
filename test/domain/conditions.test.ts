import { holds, quotedIn } from "../../src/domain/conditions.ts";
import { mayAssign, unlessDenied } from "../../src/domain/assigning.ts";
import type { Assignment } from "../../src/domain/facts.ts";
import { homeRegistriesOf, repositoryToTry } from "../../src/domain/homeRegistries.ts";
import { contentRead, repositoryCondition, repositoryName } from "../../src/domain/roles.ts";
import { covers } from "../../src/domain/scopes.ts";

const write = "Microsoft.Authorization/roleAssignments/write";
const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const roleId = "Microsoft.Authorization/roleAssignments:RoleDefinitionId";
const type = "Microsoft.Authorization/roleAssignments:PrincipalType";
const who = "Microsoft.Authorization/roleAssignments:PrincipalId";
const assigning = (role: string) => ({
  action: write,
  attributes: { [roleId.toLowerCase()]: role, [type.toLowerCase()]: "ServicePrincipal" },
});
const guarded = (rule: string) => `((!(ActionMatches{'${write}'})) OR (${rule}))`;

describe("a condition on our right to assign roles", () => {
  type Row = [string, string, string, boolean | undefined];
  test.each<Row>([
    [
      "that names the role",
      guarded(`@Request[${roleId}] ForAnyOfAnyValues:GuidEquals {${owner}, ${acrPull}}`),
      acrPull,
      true,
    ],
    ["that names other roles", guarded(`@Request[${roleId}] ForAnyOfAnyValues:GuidEquals {${owner}}`), acrPull, false],
    [
      "in other letters",
      guarded(`@Request[${roleId.toUpperCase()}] GuidEquals '${acrPull.toUpperCase()}'`),
      acrPull,
      true,
    ],
    ["that leaves some out", guarded(`@Request[${roleId}] ForAnyOfAllValues:GuidNotEquals {${owner}}`), owner, false],
    [
      "that leaves others out",
      guarded(`@Request[${roleId}] ForAnyOfAllValues:GuidNotEquals {${owner}}`),
      acrPull,
      true,
    ],
    ["for users only", guarded(`@Request[${type}] ForAnyOfAnyValues:StringEqualsIgnoreCase {'user'}`), acrPull, false],
    ["for service principals", guarded(`@Request[${type}] StringEqualsIgnoreCase 'serviceprincipal'`), acrPull, true],
    ["for some principals", guarded(`@Request[${who}] ForAnyOfAnyValues:GuidEquals {${owner}}`), acrPull, undefined],
    [
      "for some principals, and for other roles anyway",
      guarded(`@Request[${who}] GuidEquals {${owner}} AND @Request[${roleId}] GuidEquals {${owner}}`),
      acrPull,
      false,
    ],
    [
      "on another action",
      "!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'}) || Exists @Request[x]",
      acrPull,
      undefined,
    ],
    [
      "on deleting only",
      "(!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})) OR (Exists @Resource[x])",
      acrPull,
      true,
    ],
    ["by the time of day", guarded("@Environment[UtcNow] DateTimeGreaterThan '2026-01-01'"), acrPull, undefined],
    [
      "with both joined",
      `${guarded(`@Request[${roleId}] GuidEquals {${acrPull}}`)} && NOT (ActionMatches{'*/delete'})`,
      acrPull,
      true,
    ],
    ["that ends too early", "((ActionMatches{'*'})", acrPull, undefined],
    ["that is no condition", "role = 'AcrPull'", acrPull, undefined],
    ["with more behind it", "ActionMatches{'*'} ActionMatches{'*'}", acrPull, undefined],
    ["that is empty", "", acrPull, undefined],
    ["with blanks around it", " \n ActionMatches{'*'} \n", acrPull, true],
    ["that names several actions", `ActionMatches{'x', '${write}'}`, acrPull, true],
    ["that names the action in other letters", `ActionMatches{'${write.toUpperCase()}'}`, acrPull, true],
    ["on a part of an action, or on any", "SubOperationMatches{'Blob.List'} OR ActionMatches{'*'}", acrPull, true],
    ["that turns what cannot be told around", "!(Exists @Request[x])", acrPull, undefined],
    ["with an unknown word in one part", "ActionMatches{'*'} OR sometimes", acrPull, undefined],
    [
      "with an unknown word in front of a comparison",
      "sometimes StringEquals 'a' OR ActionMatches{'*'}",
      acrPull,
      undefined,
    ],
    ["without braces", "ActionMatches '*' OR ActionMatches{'*'}", acrPull, undefined],
    ...["XActionMatches", "ActionMatchesX", "XSubOperationMatches", "SubOperationMatchesX"].map((word): Row => [
      `with the word ${word}`,
      `${word}{'*'} OR ActionMatches{'*'}`,
      acrPull,
      undefined,
    ]),
    ...["XExists", "ExistsX"].map((word): Row => [
      `with the word ${word}`,
      `${word} @Request[x] OR ActionMatches{'*'}`,
      acrPull,
      undefined,
    ]),
    ...["XRequest", "RequestX"].map((source): Row => [
      `on @${source}`,
      `@${source}[${roleId}] GuidEquals '${acrPull}'`,
      acrPull,
      undefined,
    ]),
    ...["XGuidEquals", "GuidEqualsX", "ForAnyOfAnyValues:GuidEquals:x", "X:GuidEquals"].map((operator): Row => [
      `by ${operator}`,
      `@Request[${roleId}] ${operator} '${acrPull}'`,
      acrPull,
      undefined,
    ]),
  ])("%s", (_what, condition, role, expected) => {
    expect(holds(condition, assigning(role))).toBe(expected);
  });
});

const reading = (rule: string) => `((!(ActionMatches{'${contentRead}'})) OR (@Request[${repositoryName}] ${rule}))`;

test.each<[string, string, boolean | undefined]>([
  ["StringEquals 'team/app'", "team/app", true],
  ["StringEquals 'Team/App'", "team/app", false],
  ["StringEqualsIgnoreCase 'Team/App'", "team/app", true],
  ["StringStartsWith 'team/'", "team/app", true],
  ["StringNotStartsWith 'team/'", "team/app", false],
  ["StringLike 'team/*/prod'", "team/app/prod", true],
  ["StringLike 'team/?pp'", "team/app", true],
  ["StringNotLike 'team/*'", "team/app", false],
  ["ForAnyOfAnyValues:StringEquals {'a', 'team/app'}", "team/app", true],
  ["ForAnyOfAnyValues:StringNotEquals {'a', 'team/app'}", "team/app", true],
  ["ForAnyOfAllValues:StringNotEquals {'a', 'team/app'}", "team/app", false],
  ["StringNotEquals {'a', 'team/app'}", "team/app", false],
  ["StringEquals {'a', 'team/app'}", "team/app", true],
  ["ForAllOfAnyValues:StringEquals {'a', 'team/app'}", "team/app", true],
  ["ForAllOfAllValues:StringEquals {'a', 'team/app'}", "team/app", false],
  ["StringMatches 'team'", "team/app", undefined],
])("a repository's name that %s has to match, for %s: %s", (rule, name, expected) => {
  expect(holds(reading(rule), { action: contentRead, attributes: { [repositoryName]: name } })).toBe(expected);
});

test("what a condition puts in quotes is found, with its escapes", () => {
  expect(quotedIn("@Request[x] StringEquals 'a\\'b' OR ActionMatches{'c'}")).toEqual(["a'b", "c"]);
  expect(quotedIn("%")).toEqual([]);
});

describe("what a home registry is asked for", () => {
  const abac = (condition: string | null) => repositoryToTry([{ mode: "abac", condition }], "abac");
  test.each<[string, string | null, string | undefined]>([
    ["any name where the role has no condition", null, "crosspull/probe"],
    ["the repository that is named", repositoryCondition(["base/images"])?.condition ?? "", "base/images"],
    ["a name below the folder that is named", reading("StringStartsWithIgnoreCase 'base/'"), "base/crosspull/probe"],
    ["a name that the pattern takes", reading("StringLike 'base/*'"), "base/probe"],
    ["one name for a pattern with many stars", reading("StringLike 'base/**'"), "base/probe"],
    ["a letter for a question mark", reading("StringLike 'base/a?c'"), "base/axc"],
    ["nothing where the condition is not understood", reading("StringMatches 'base'"), undefined],
  ])("%s", (_what, condition, expected) => {
    expect(abac(condition)).toBe(expected);
  });

  test("its rights, of all assignments at it and of no other place", () => {
    const registry = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/home";
    const at = (scope: string, condition: string | null): Assignment => ({
      id: "/a",
      scope,
      principalId: "p",
      roleDefinitionId: "/roles/r",
      condition,
      conditionVersion: null,
    });
    const assignments = [at(registry, null), at(registry.toUpperCase(), "c"), at("/subscriptions/s", null)];
    const rights = [null, "c"].map((condition) => ({ mode: "abac", condition }));
    expect(homeRegistriesOf(assignments, () => ["abac"])).toEqual([{ id: registry, rights }]);
    expect(homeRegistriesOf(assignments, () => [])).toEqual([]);
  });

  test("a name below one that the condition speaks of, where others that begin so are left out", () => {
    const name = `@Request[${repositoryName}]`;
    const condition = `${name} StringStartsWith 'team' AND ${name} StringNotEquals 'team' AND ${name} StringNotLike 'teamc*'`;
    expect(repositoryToTry([{ mode: "abac", condition }], "abac")).toMatch(/^team\/.+/);
  });

  test("nothing where the registry's mode honours none of the rights", () => {
    expect(repositoryToTry([{ mode: "legacy", condition: null }], "abac")).toBeUndefined();
    expect(repositoryToTry([], "legacy")).toBeUndefined();
  });
});

test("a list in other brackets than Azure's is not understood", () => {
  expect(holds(`ActionMatches{'${write}'}`, assigning(acrPull))).toBe(true);
  expect(holds(`ActionMatches('${write}')`, assigning(acrPull))).toBeUndefined();
});

test("a role is assigned to a service principal, and what no role of ours gives no one has to deny", () => {
  const onlyTo = (kind: string) => ({ outcome: "known", value: [`@Request[${type}] StringEquals '${kind}'`] }) as const;
  expect(mayAssign(onlyTo("ServicePrincipal"), acrPull)).toEqual({ outcome: "yes" });
  expect(mayAssign(onlyTo("User"), acrPull).outcome).toBe("no");
  const no = { outcome: "no", reason: "words" } as const;
  expect(unlessDenied(no, { outcome: "unknown", detail: "hidden" })).toBe(no);
  const yes = { outcome: "yes" } as const;
  expect(unlessDenied(yes, null)).toBe(yes);
});

test.each([
  ["/subscriptions/s", "/subscriptions/s/resourceGroups/g", true],
  ["/SUBSCRIPTIONS/S/", "/subscriptions/s/resourceGroups/g", true],
  ["/subscriptions/s/resourceGroups/g", "/subscriptions/s/resourceGroups/g", true],
  ["/subscriptions/s/resourceGroups/g", "/subscriptions/s/resourceGroups/g2", false],
  ["/subscriptions/s/resourceGroups/g", "/subscriptions/s", false],
  ["/providers/Microsoft.Management/managementGroups/m", "/subscriptions/s", true],
  ["/", "/subscriptions/s", true],
])("%s covers %s: %s", (scope, place, expected) => {
  expect(covers(scope, place)).toBe(expected);
});
