import type { Evidence } from "../../local/simulate/judge/evidence.ts";
import { lookAtNodes } from "../../local/simulate/judge/held.ts";
import { isOpenAt } from "../../local/simulate/judge/openings.ts";
import { judgeYear, pullKey, type YearEvidence } from "../../local/simulate/judge/year.ts";
import { application, clusterId, evidence, names, node, password } from "./evidence.ts";

const nothing: YearEvidence = {
  looks: [],
  rotations: [],
  windows: new Map(),
  calls: [],
  excused: new Map(),
  others: ["operator"],
};
const judged = (given: Evidence, year: Partial<YearEvidence> = {}) => judgeYear(given, { ...nothing, ...year });
const [hourly] = evidence().nodePulls;
const pull = hourly ?? { clusterId, node: "node-1", image: "", pulled: 0, failed: 0, firstRefusals: [] };

describe("pulls", () => {
  test("one that was refused is a violation", () => {
    const { pulls, violations } = judged(evidence());
    expect(pulls).toEqual({ tried: 21, refused: 1, refusedByPeople: 0 });
    expect(violations).toMatchObject([{ kind: "refused-pull", cluster: names.cluster }]);
  });

  test("one that was refused because a person revoked counts as theirs alone", () => {
    const { pulls, violations } = judged(evidence(), { excused: new Map([[pullKey(pull), 1]]) });
    expect(pulls).toEqual({ tried: 21, refused: 0, refusedByPeople: 1 });
    expect(violations).toEqual([]);
  });
});

describe("a look at what nodes hold", () => {
  const begun = Date.parse("2030-01-07T09:00:00Z");
  const expiry = Date.parse("2030-07-01T00:00:00Z");
  const hour = 3_600_000;
  const lookedAt = (at: number, differences: Parameters<typeof evidence>[0] = {}) =>
    lookAtNodes(evidence(differences).dump, { from: at - 6 * hour, to: at });

  test("finds nothing where each holds a password that is there and valid", () => {
    expect(lookedAt(begun + 24 * hour)).toEqual([]);
  });

  test("finds the seconds since a password that is held expired", () => {
    expect(lookedAt(expiry + hour)).toMatchObject([
      { kind: "expired", cluster: "aks", seconds: 3600 },
      { kind: "expired", cluster: "aks", seconds: 3600 },
    ]);
  });

  test("finds a node with a secret that the directory does not have, for as long as nobody looked", () => {
    const nodes = [node("node-1", names.keyId), node("node-2", "gone")];
    expect(lookedAt(begun + 24 * hour, { cluster: { nodes } })).toMatchObject([
      { kind: "invalid", seconds: 6 * 3600, detail: expect.stringContaining("node-2") },
    ]);
  });

  test("finds a node whose secret nears its end, and a third password", () => {
    const passwordCredentials = [password(names.keyId), password("key-2"), password("key-3")];
    const applications = [application({ passwordCredentials })];
    const kinds = lookedAt(expiry - 24 * hour, { applications }).map(({ kind }) => kind);
    expect(kinds).toEqual(["third", "late", "late"]);
  });

  test("is told once for each node, however often it is seen, and every second counts", () => {
    const looks = [1, 2].flatMap((hours) => lookedAt(expiry + hours * hour));
    const { expired, secondsWithoutValidCredential, violations } = judged(evidence(), {
      looks,
      excused: new Map([[pullKey(pull), 1]]),
    });
    expect([expired, secondsWithoutValidCredential]).toEqual([1, 2 * (3600 + 7200)]);
    expect(violations.map(({ kind }) => kind)).toEqual(["expired", "expired"]);
  });
});

describe("a window", () => {
  test.each([
    ["Mon-Fri 22:00-23:30", "2030-01-07T22:00:00Z", true],
    ["Mon-Fri 22:00-23:30", "2030-01-07T23:30:00Z", false],
    ["Mon-Fri 22:00-23:30", "2030-01-06T22:10:00Z", false],
    ["Asia/Kolkata Sat 23:00-02:00", "2030-01-05T20:00:00Z", true],
    ["Asia/Kolkata Sat 23:00-02:00", "2030-01-04T20:00:00Z", false],
    ["Europe/Berlin first Sun of month 00:30-04:30", "2030-01-06T00:00:00Z", true],
    ["Europe/Berlin first Sun of month 00:30-04:30", "2030-01-13T00:00:00Z", false],
    // Skipped in spring: it opens at the end of the gap. In the doubled hour it is open twice.
    ["Europe/Paris Sun 02:00-03:00", "2030-03-31T01:30:00Z", true],
    ["Europe/Paris Sun 02:00-03:00", "2030-03-31T02:00:00Z", false],
    ["Europe/Paris Sun 02:00-03:00", "2030-10-27T00:30:00Z", true],
    ["Europe/Paris Sun 02:00-03:00", "2030-10-27T01:30:00Z", true],
    ["Europe/Paris Sun 02:00-03:00", "2030-10-27T02:30:00Z", false],
  ])("%s at %s: %s", (window, at, isOpen) => {
    expect(isOpenAt(window, at)).toBe(isOpen);
  });

  test("an update that was begun while it was shut is a violation", () => {
    const windows = new Map([[clusterId, { window: "Tue 02:00-03:00", since: "2030-01-07T00:00:00Z" }]]);
    const { violations } = judged(evidence(), { windows, excused: new Map([[pullKey(pull), 1]]) });
    expect(violations).toMatchObject([{ kind: "outside-window", at: "2030-01-07T10:40:00.000Z" }]);
  });
});

test("rotations are counted by their state, and calls by service without those of others", () => {
  const operation = (state: string) => ({ id: state, state, steps: [], endedAt: null });
  const call = (service: string, caller: string | null) => ({ service, caller, calls: 2 });
  const { rotations, apiCalls } = judged(evidence(), {
    rotations: ["ended", "ended", "failed", "waiting"].map(operation),
    calls: [
      call("graph", "app-automation"),
      call("registry:one", names.appId),
      call("registry:two", null),
      call("control", null),
      call("entra", "operator"),
    ],
  });
  expect(rotations).toEqual({ started: 4, ended: 2, failed: 1, waiting: 1 });
  expect(apiCalls).toEqual({ graph: 2, registry: 4 });
});
