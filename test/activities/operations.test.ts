import {
  closeCancel,
  endCancel,
  lookAtOperation,
  people,
  recordProgress,
  reopenCancel,
} from "../../src/activities/operationRow.ts";
import { recordEnding } from "../../src/activities/recordEnding.ts";
import { StaleOperation } from "../../src/domain/errors.ts";
import type { Operation } from "../../src/domain/operation.ts";
import { born, clusterKey, identity, link, linkId, operation, operationId, worldOf } from "./world.ts";

describe("the operation's row", () => {
  const stored = async (row: Partial<Operation> = {}) => worldOf({ operations: [{ ...operation, ...row }] });

  test("tells each look what people have said", async () => {
    const answer = (kind: "accepted" | "declined" | "other", detail: string) => ({ answer: kind, detail, at: born });
    const world = await stored({
      cancel: "asked",
      consentAnswers: [
        { ...answer("declined", "no"), at: "2025-12-31T00:00:00.000Z" },
        answer("accepted", "yes"),
        { ...answer("accepted", "yes, again"), at: "2026-06-01T00:00:00.000Z" },
        answer("other", "wrong account"),
      ],
    });
    expect(await lookAtOperation.run({ operationId }, world)).toEqual({
      cancel: true,
      isOver: false,
      answered: "wrong account",
      declined: "no",
      acceptedAt: born,
    });
    expect(await lookAtOperation.run({ operationId: "none" }, world)).toEqual({
      cancel: false,
      isOver: true,
      answered: null,
      declined: null,
      acceptedAt: null,
    });
    expect(await lookAtOperation.run({ operationId }, await stored())).toEqual({
      cancel: false,
      isOver: false,
      answered: null,
      declined: null,
      acceptedAt: null,
    });
    expect(await lookAtOperation.run({ operationId }, await stored({ isHurried: true }))).toMatchObject({
      isHurried: true,
    });
    expect(await lookAtOperation.run({ operationId }, await stored({ state: "failed" }))).toMatchObject({
      isOver: true,
      cancel: false,
    });
  });

  test.each<[string, Partial<Operation>, boolean]>([
    ["goes on while nothing was asked", {}, true],
    ["goes on after the point of no return", { cancel: "closed" }, true],
    ["does nothing once a cancel was asked for", { cancel: "asked" }, false],
    ["does nothing once the operation is over", { state: "failed" }, false],
    ["does nothing once both is so", { cancel: "asked", state: "cancelled" }, false],
  ])("listens to people before each look of a wait: it %s", async (_what, row, isOpen) => {
    expect(people.isOpen(await people.look({ operationId }, await stored(row)))).toBe(isOpen);
  });

  test("shows a wait and its address in one write, and never reopens what is over", async () => {
    const waitingFor = {
      on: "consent",
      who: "an administrator",
      what: "open it",
      url: "https://consent",
      until: born,
    } as const;
    const world = await stored();
    await recordProgress.run({ operationId, steps: [], waitingFor }, world);
    expect((await world.operations.read(operationId))?.value).toMatchObject({ state: "waiting", waitingFor });
    await recordProgress.run({ operationId, steps: [], waitingFor: null }, world);
    expect((await world.operations.read(operationId))?.value).toMatchObject({ state: "running", waitingFor: null });
    const over = await stored({ state: "failed" });
    await recordProgress.run({ operationId, steps: [], waitingFor }, over);
    expect((await over.operations.read(operationId))?.value.state).toBe("failed");
    await expect(recordProgress.run({ operationId: "none", steps: [], waitingFor }, world)).rejects.toEqual(
      new StaleOperation("operation none names no operation by now"),
    );
  });

  test("that is gone can neither be closed nor cancelled", async () => {
    const world = await stored();
    expect(await closeCancel("none", world)).toBe(false);
    expect(await endCancel.run({ operationId: "none" }, world)).toEqual({ cancelled: false });
  });

  test("lets a cancel or the point of no return win, never both", async () => {
    const world = await stored();
    const cancel = async () =>
      (await world.operations.update(operationId, (row) => (row.cancel === "open" ? { ...row, cancel: "asked" } : row)))
        ?.cancel;
    const [isClosed, asked] = await Promise.all([closeCancel(operationId, world), cancel()]);
    expect([true, "closed"]).toContainEqual(isClosed ? asked : true);
    expect(isClosed).toBe(asked !== "asked");
    const asking = await stored({ cancel: "asked" });
    expect(await closeCancel(operationId, asking)).toBe(false);
    await reopenCancel(operationId, asking);
    expect((await asking.operations.read(operationId))?.value.cancel).toBe("asked");
    const closed = await stored({ cancel: "closed" });
    expect(await closeCancel(operationId, closed)).toBe(true);
    await reopenCancel(operationId, closed);
    expect((await closed.operations.read(operationId))?.value.cancel).toBe("open");
  });
});

test("the end of an operation obeys the cancel that came before it, and refuses every later one", async () => {
  for (const [cancel, expected, after] of [
    ["open", false, "closed"],
    ["asked", true, "asked"],
    ["closed", false, "closed"],
  ] as const) {
    const world = await worldOf({ operations: [{ ...operation, cancel }] });
    expect(await endCancel.run({ operationId }, world)).toEqual({ cancelled: expected });
    expect((await world.operations.read(operationId))?.value.cancel).toBe(after);
  }
});

describe("an ending", () => {
  const proof = { provedAt: born } as never;
  const end = async (state: "ended" | "failed" | "cancelled", rows = {}) => {
    const world = await worldOf(rows);
    await recordEnding.run(
      { operationId, linkId, clusterKey, state, problem: null, proof: state === "ended" ? proof : null, steps: [] },
      world,
    );
    return {
      link: (await world.links.read(linkId))?.value,
      operation: (await world.operations.read(operationId))?.value,
      holder: (await world.identities.read(clusterKey))?.value.holder,
    };
  };

  test.each([
    ["ended", "ready"],
    ["failed", "failed"],
    ["cancelled", "cancelled"],
  ] as const)("that %s makes the link %s, lets go of the cluster, and closes the operation", async (state, status) => {
    const { link: now, operation: row, holder } = await end(state);
    expect([now?.status, row?.state, row?.endedAt, holder]).toEqual([status, state, born, null]);
    expect([now?.readySince, now?.proof]).toEqual(state === "ended" ? [born, proof] : [null, null]);
  });

  test.each([
    ["open", "closed"],
    ["asked", "asked"],
    ["closed", "closed"],
  ] as const)("leaves a cancel that was %s as %s: none takes effect any more", async (cancel, after) => {
    const { operation: row } = await end("failed", { operations: [{ ...operation, cancel }] });
    expect(row?.cancel).toBe(after);
  });

  test("of a repeat keeps what was proved before, and since when", async () => {
    const before = { ...link, readySince: "2025-01-01T00:00:00.000Z", proof };
    expect((await end("ended", { links: [before] })).link?.readySince).toBe("2025-01-01T00:00:00.000Z");
    expect((await end("failed", { links: [before] })).link).toMatchObject({
      status: "failed",
      proof,
      readySince: "2025-01-01T00:00:00.000Z",
    });
  });

  test("of an operation that was overtaken writes its own row alone", async () => {
    const taken = { ...identity, holder: { operationId: "next", since: born } };
    const {
      link: now,
      operation: row,
      holder,
    } = await end("failed", { links: [{ ...link, operationId: "next" }], identities: [taken] });
    expect([now?.status, row?.state, holder?.operationId]).toEqual(["onboarding", "failed", "next"]);
  });

  test("is written once: what was written down before stays", async () => {
    const over = { ...operation, state: "failed" as const, endedAt: "2025-01-01T00:00:00.000Z" };
    expect((await end("ended", { operations: [over] })).operation).toEqual(over);
  });
});
