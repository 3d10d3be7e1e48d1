import {
  assignmentName,
  letsPull,
  permits,
  pullRoleFor,
  repositoryCondition,
  sameCondition,
} from "../../src/domain/roles.ts";

const onlyApp = repositoryCondition(["team/app"])?.condition ?? "";

test("each role mode gets the only role it honours", () => {
  expect(pullRoleFor("legacy").name).toBe("AcrPull");
  expect(pullRoleFor("abac").name).toBe("Container Registry Repository Reader");
});

test("a condition lets through everything but reading other repositories", () => {
  expect(repositoryCondition([])).toBeUndefined();
  expect(repositoryCondition(["team/app", "team/job"])).toEqual({
    conditionVersion: "2.0",
    condition:
      "((!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/content/read'}) AND !(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/metadata/read'})) OR (@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringEqualsIgnoreCase 'team/app' OR @Request[Microsoft.ContainerRegistry/registries/repositories:name] StringEqualsIgnoreCase 'team/job'))",
  });
});

test.each<[string, string | null, readonly string[], boolean]>([
  ["without a condition lets all be pulled", null, [], true],
  ["limited to one of two does not let both be pulled", onlyApp, ["team/app", "team/job"], false],
  ["limited to one lets that one be pulled", onlyApp, ["team/app"], true],
  ["limited to one does not let all be pulled", onlyApp, [], false],
])("an assignment %s", (_what, condition, repositories, isEnough) => {
  expect(letsPull(condition, repositories)).toBe(isEnough);
});

test.each([
  ["the same, however it is spaced", "(a AND\n  b)", "( a AND b )", true],
  ["not the same where a word differs", "(a AND b)", "(a AND c)", false],
  ["not the same where only one limits", "(a)", null, false],
  ["the same where neither limits", null, undefined, true],
  ["the same where one is empty", "", null, true],
])("two conditions are %s", (_what, a, b, same) => {
  expect(sameCondition(a, b)).toBe(same);
});

test("an assignment's name stays what it was in the first release: assignments are found by it", () => {
  expect(assignmentName("/Scope", "PRINCIPAL", "role")).toBe("ee37e079-09dd-55c9-ac95-e2171c273d82");
});

test("an assignment's name depends on the triple alone, in any case", () => {
  const name = assignmentName("/Scope", "PRINCIPAL", "role");
  expect(assignmentName("/scope", "principal", "ROLE")).toBe(name);
  expect(assignmentName("/scope", "principal", "other")).not.toBe(name);
});

describe("permissions", () => {
  const contributor = {
    actions: ["*"],
    notActions: ["Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete"],
  };
  const reader = { actions: ["*/read"], notActions: [] };
  test.each([
    ["a wildcard allows everything", [contributor], "Microsoft.ContainerService/managedClusters/read", true],
    ["notActions take away, whatever the case", [contributor], "Microsoft.Authorization/roleAssignments/write", false],
    [
      "notActions narrow only their own entry",
      [contributor, { actions: ["Microsoft.Authorization/roleAssignments/write"], notActions: [] }],
      "Microsoft.Authorization/roleAssignments/write",
      true,
    ],
    ["a suffix pattern allows reads", [reader], "Microsoft.ContainerRegistry/registries/read", true],
    ["and nothing else", [reader], "Microsoft.ContainerRegistry/registries/write", false],
    ["one of several patterns is enough", [{ actions: ["a/write", "a/read"], notActions: [] }], "a/read", true],
    ["a dot is a dot", [{ actions: ["a.b/read"], notActions: [] }], "axb/read", false],
    ["nothing allows nothing", [], "a/read", false],
  ])("%s", (_title, permissions, action, allowed) => {
    expect(permits(permissions, action)).toBe(allowed);
  });
});
