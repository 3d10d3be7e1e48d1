/** The secrets of two clusters after a leak, from the plan to the proof that the old ones are gone, on the simulated cloud. */
import type { NewLink } from "../../local/stack/api.ts";
import { clusterKeyOf, names } from "../../src/domain/ids.ts";
import type { Operation } from "../../src/domain/operation.ts";
import { closeLaptops, startLaptop, type Laptop } from "./laptop.ts";

type Begun = {
  readonly operations: readonly {
    readonly clusterKey: string;
    readonly operationId: string;
    readonly position: number;
  }[];
  readonly warnings: readonly string[];
  readonly tokens: { readonly words: string };
};
type Plan = {
  readonly count: number;
  readonly clusters: readonly { readonly nodes: number; readonly links: number }[];
};
const limitInMs = 120_000;
const rest = () => new Promise((resolve) => setTimeout(resolve, 100));

describe("rotations of a scope", () => {
  let laptop: Laptop;
  const links: NewLink[] = [];
  beforeAll(async () => {
    laptop = await startLaptop("rotations", { waits: { GRACE_IN_SECONDS: 3600 } });
    for (let number = 0; number < 2; number += 1) {
      const link = laptop.freshLink();
      links.push(link);
      expect(await laptop.onboard(link)).toMatchObject({ status: "ready" });
    }
  });
  afterAll(closeLaptops);

  const operation = async (id: string): Promise<Operation> =>
    (await laptop.api.call<Operation>("GET", `/api/operations/${id}`)).body;
  const until = async (id: string, isSo: (row: Operation) => boolean): Promise<Operation> => {
    for (const end = Date.now() + limitInMs; ; await rest()) {
      const row = await operation(id);
      if (isSo(row)) return row;
      if (Date.now() > end) throw new Error(`still ${row.state}: ${JSON.stringify(row)}`);
    }
  };
  const isOver = ({ state }: Operation): boolean => !["running", "waiting"].includes(state);
  const passwords = async (): Promise<readonly string[]> => {
    const uniqueNames = links.map(({ cluster }) => names.application(clusterKeyOf(cluster)));
    const applications = (await laptop.state()).tenants.flatMap((tenant) => tenant.applications);
    return applications
      .filter(({ uniqueName }) => uniqueName !== undefined && uniqueNames.includes(uniqueName))
      .flatMap(({ passwordCredentials }) => passwordCredentials.map(({ keyId }) => keyId));
  };
  const scope = () => ({ clusters: links.map(({ cluster }) => cluster) });

  test("one after the other where one is allowed at once, the same for a repeated request, and nothing old is left", async () => {
    const before = await passwords();
    const asked = { scope: scope(), reason: "leak", maxConcurrent: 1 };
    const plan = await laptop.api.call<Plan>("POST", "/api/rotations?dryRun=true", asked);
    expect(plan).toMatchObject({ status: 200, body: { count: 2, clusters: [{ links: 1 }, { links: 1 }] } });
    expect(await laptop.api.call("POST", "/api/rotations", { ...asked, confirm: 1 })).toMatchObject({ status: 409 });

    const begun = await laptop.api.call<Begun>("POST", "/api/rotations", { ...asked, confirm: plan.body.count });
    expect(begun).toMatchObject({ status: 202, body: { operations: [{ position: 1 }, { position: 2 }] } });
    const [first = "", second = ""] = begun.body.operations.map(({ operationId }) => operationId);
    expect(await operation(second)).toMatchObject({ state: "waiting", waitingFor: { on: "turn" } });
    const again = await laptop.api.call<Begun>("POST", "/api/rotations", { ...asked, confirm: 2 });
    expect(again.body.operations).toEqual(begun.body.operations);

    const one = await until(first, isOver);
    const two = await until(second, isOver);
    expect([one, two]).toMatchObject([
      { state: "ended", problem: null },
      { state: "ended", problem: null },
    ]);
    const startedAt = (row: Operation): string => row.steps[0]?.startedAt ?? "";
    expect(startedAt(two) >= (one.endedAt ?? "9")).toBe(true);
    const after = await passwords();
    expect(after).toHaveLength(2);
    expect(after.filter((keyId) => before.includes(keyId))).toEqual([]);
  });

  test("do not wait behind one that waits for its window, nor behind the grace of another", async () => {
    const before = await passwords();
    const [inGrace, inWindow] = links.map(({ cluster }) => clusterKeyOf(cluster));
    const inTwoDays = new Intl.DateTimeFormat("en", { weekday: "short", timeZone: "UTC" }).format(
      Date.now() + 2 * 86_400_000,
    );
    const window = `${inTwoDays} 01:00-02:00`;
    expect(await laptop.api.call("PUT", `/api/clusters/${inWindow}/policy`, { window })).toMatchObject({ status: 200 });
    const start = async (key: string | undefined): Promise<string> =>
      (await laptop.api.call<Operation>("POST", `/api/clusters/${key}/rotation`)).body.id;
    const [early, late] = [await start(inGrace), await start(inWindow)];
    const isAt =
      (step: string) =>
      ({ steps, state }: Operation) =>
        state === "waiting" && steps.some((one) => one.name === step && one.state === "running");
    await until(early, isAt("grace"));
    await until(late, isAt("opening"));

    const asked = { scope: scope(), reason: "leak", ignoreWindows: true, confirm: 2 };
    const begun = await laptop.api.call<Begun>("POST", "/api/rotations", asked);
    expect(begun).toMatchObject({
      status: 202,
      body: { tokens: { words: expect.stringContaining("3 hours") as unknown } },
    });
    expect(begun.body.warnings).toEqual(["2 rotations under way cannot do what is asked for, and will be replaced"]);
    for (const { operationId } of begun.body.operations)
      expect(await until(operationId, isOver)).toMatchObject({ state: "ended", problem: null });
    expect(await operation(early)).toMatchObject({ state: "ended" });
    expect(await operation(late)).toMatchObject({ state: "cancelled" });
    const after = await passwords();
    expect(after).toHaveLength(2);
    expect(after.filter((keyId) => before.includes(keyId))).toEqual([]);
    for (const link of links) expect(await laptop.api.create(link)).toMatchObject({ status: 200 });
  });
});
