import { isForeign, isOfIntent, isOrphan, isToSweep, type Password } from "../../src/domain/passwords.ts";
import { newIdentity } from "../../src/domain/pullIdentity.ts";
import { added, beginAdding } from "../../src/domain/pullIdentityChanges.ts";

const at = "2026-01-01T12:00:00.000Z";
const blank = newIdentity({ clusterKey: "key", clusterId: "/c", tenantId: "a", createdAt: at });
const secret = { name: "pull-key", version: "v1", keyId: "on-row", createdAt: at, expiresAt: at };
const row = beginAdding(added(blank, secret, "before"), { by: "op", since: at, seen: ["on-row", "seen"] });
const password = (keyId: string, displayName: string, startsAt: string | null = at): Password => ({
  keyId,
  displayName,
  startsAt,
  expiresAt: "2027-01-01T00:00:00.000Z",
});
const hourBefore = "2026-01-01T10:59:59.000Z";

type Whose = "row's" | "intent's" | "orphan" | "young orphan" | "foreign";
const whose = (one: Password): Whose => {
  if (isForeign(row, one)) return "foreign";
  if (isOfIntent(row, one)) return "intent's";
  if (!isOrphan(row, one)) return "row's";
  return isToSweep(row, one, "op", at) ? "orphan" : "young orphan";
};

test.each<[string, Password, Whose]>([
  ["that the row names, whatever its name", password("on-row", "renamed by hand"), "row's"],
  ["that the row names, with the intent's name", password("on-row", "crosspull op"), "row's"],
  ["with the intent's name", password("new", "crosspull op"), "intent's"],
  [
    "with the intent's name, seen before: an earlier try of the same operation",
    password("seen", "crosspull op"),
    "intent's",
  ],
  ["without a name, new since the intent", password("new", ""), "intent's"],
  ["without a name, seen before", password("seen", ""), "foreign"],
  ["without a name, older than the intent", password("new", "", "2026-01-01T11:54:59.000Z"), "foreign"],
  ["without a name, younger than a call can be", password("new", "", "2026-01-01T12:05:01.000Z"), "foreign"],
  ["without a name or a start", password("new", "", null), "foreign"],
  ["of our kind of name, unknown and young", password("new", "crosspull other"), "young orphan"],
  ["of our kind of name, unknown, of nobody knows when", password("new", "crosspull other", null), "young orphan"],
  ["of our kind of name, unknown for an hour", password("new", "crosspull other", hourBefore), "orphan"],
  ["that a person made", password("new", "made in the portal", hourBefore), "foreign"],
  ["that a person named nearly as we do", password("new", "crosspulling", hourBefore), "foreign"],
])("a password %s", (_what, one, expected) => {
  expect(whose(one)).toBe(expected);
});

test("what an operation made itself and no row knows is an orphan at once, once nothing is intended", () => {
  expect(isToSweep(blank, password("new", "crosspull op"), "op", at)).toBe(true);
  expect(isToSweep(blank, password("new", "crosspull op"), "another", at)).toBe(false);
});
