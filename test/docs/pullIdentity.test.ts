/** The table of docs/decisions is what the code does. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { newIdentity, type OnCluster, type PullIdentity } from "../../src/domain/pullIdentity.ts";
import {
  accepted,
  added,
  failedHalfway,
  intend,
  proved,
  refusedByAks,
  registered,
  succeeded,
  takenAway,
} from "../../src/domain/pullIdentityChanges.ts";

const at = "2026-01-01T00:00:00.000Z";
const secret = { name: "s", version: "v1", keyId: "k", createdAt: at, expiresAt: at };
const blank = registered(newIdentity({ clusterKey: "k", clusterId: "/c", tenantId: "a", createdAt: at }), {
  appId: "app",
  appObjectId: "object",
  now: at,
});
const row = proved(added(blank, secret, "op"), "v1");

const states: readonly OnCluster[] = [
  { state: "foreign" },
  { state: "held", version: "v1", since: at },
  { state: "halfway", mayHold: ["v1"] },
  { state: "intended", version: "v1", mayHold: ["v1"], before: { state: "held", version: "v1", since: at } },
  { state: "accepted", version: "v1", mayHold: ["v1"], operation: "{}", since: at },
];
const events: Readonly<Record<string, (identity: PullIdentity) => PullIdentity>> = {
  "an update is meant": (identity) => intend(identity, "v1"),
  "AKS refuses it": refusedByAks,
  "AKS accepts it": (identity) => accepted(identity, "{}", at),
  "it is followed to its success": (identity) => succeeded(identity, at),
  "it ends as failed": failedHalfway,
  "the cluster reports another id": takenAway,
};
/** A refusal of an intention is the one cell that depends on more than the state. */
const told = "what stood before; intended where an answer was lost";

test("the transitions in docs/decisions are those of the code, cell by cell", () => {
  const page = readFileSync(
    join(import.meta.dirname, "../../docs/decisions/2026-11-26-evidence-not-intention.md"),
    "utf8",
  );
  const cells = page
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(cells[0]).toEqual(["event", ...states.map(({ state }) => state)]);
  for (const [event, happen] of Object.entries(events)) {
    const written = cells.find(([first]) => first === event);
    const done = states.map((onCluster) => {
      const after = happen({ ...row, onCluster }).onCluster.state;
      return event === "AKS refuses it" && onCluster.state === "intended" ? told : after;
    });
    expect(written).toEqual([event, ...done]);
  }
  const lost: OnCluster = { state: "intended", version: "v1", mayHold: ["v1"], before: null };
  expect(refusedByAks({ ...row, onCluster: lost }).onCluster.state).toBe("intended");
});
