import fc from "fast-check";
import { SentHistories } from "../../../local/host/durable/engine/sentHistories.ts";
import { EventType, historyEvent, played, type HistoryEvent } from "../../../local/host/durable/replay/history.ts";
import { giveHistory, Histories } from "../../../local/host/worker/histories.ts";
import type { HistoryPart } from "../../../local/host/worker/messages.ts";

const event = (name: string): HistoryEvent =>
  historyEvent({ EventType: EventType.EventRaised, Name: name, Input: "1" }, new Date(0));
const countIn = ({ events }: HistoryPart): number => (JSON.parse(events) as unknown[]).length;
const plain = (history: unknown): unknown => JSON.parse(JSON.stringify(history));
/** As a process has them: with a Date for the timestamp, which JSON writes shorter. */
const asKept = (history: readonly HistoryEvent[]): unknown =>
  plain(history.map((one) => ({ ...one, Timestamp: new Date(one.Timestamp) })));

test("only what is new goes to a process, and it has the whole, what it had before as played", () => {
  const [sent, kept] = [new SentHistories(), new Histories()];
  const first = [event("a"), event("b")];
  expect(asKept(first)).toEqual(plain(kept.take(sent.part("i", first))));
  sent.took("i", first);
  const second = [...first.map(played), event("c")];
  const part = sent.part("i", second);
  expect([part.from, countIn(part)]).toEqual([2, 1]);
  expect(plain(kept.take(part))).toEqual(asKept(second));
});

test("an event that was put in another's place is sent with all the others", () => {
  const sent = new SentHistories();
  const history = [event("a"), event("b")];
  sent.took("i", history);
  expect(sent.part("i", [played(history[0] as HistoryEvent), event("b"), event("c")])).toMatchObject({ from: 0 });
  expect(sent.part("i", [played(history[0] as HistoryEvent)])).toMatchObject({ from: 0 });
});

test("a process that does not have what came before says so, and is sent all", () => {
  const kept = new Histories();
  expect(kept.take({ key: "i", from: 1, events: "[]" })).toBeUndefined();
  const whole = JSON.stringify([event("a")]);
  expect(kept.take({ key: "i", from: 0, events: whole })).toHaveLength(1);
  expect(kept.take({ key: "other", from: 1, events: "[]" })).toBeUndefined();
});

test("what was not used for longest is forgotten first, the newest never", () => {
  const kept = new Histories();
  const many = JSON.stringify(Array.from({ length: 20_000 }, () => event("a")));
  for (const key of ["first", "second", "third"]) kept.take({ key, from: 0, events: many });
  expect(kept.take({ key: "third", from: 20_000, events: "[]" })).toHaveLength(20_000);
  expect(kept.take({ key: "first", from: 20_000, events: "[]" })).toBeUndefined();
  expect(kept.take({ key: "huge", from: 0, events: JSON.stringify(Array(60_000).fill(event("a"))) })).toHaveLength(
    60_000,
  );
  expect(kept.take({ key: "huge", from: 60_000, events: "[]" })).toHaveLength(60_000);
});

test("the SDK finds the history, and does not walk it", () => {
  const trigger = { instanceId: "i" };
  giveHistory(trigger, []);
  expect(Object.hasOwn(trigger, "history")).toBe(true);
  expect(Object.keys(trigger)).toEqual(["instanceId"]);
});

const step = fc.record({
  adds: fc.nat(3),
  /** The answer is lost, nothing is committed, the process begins anew, or an event is rewritten. */
  mishap: fc.constantFrom("none", "none", "lost", "uncommitted", "restarted", "rewritten"),
});
test("whatever gets lost on the way, a process sees the history as the host has it", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const sent = new SentHistories();
      let kept = new Histories();
      let committed: readonly HistoryEvent[] = [];
      for (const [index, { adds, mishap }] of steps.entries()) {
        if (mishap === "restarted") kept = new Histories();
        if (mishap === "rewritten") committed = committed.map((one, at) => (at === 0 ? event(`new${index}`) : one));
        const fresh = Array.from({ length: adds + 1 }, (_, at) => event(`${index}.${at}`));
        const history = [...committed.map(played), ...fresh];
        const first = kept.take(sent.part("i", history));
        if (!first) sent.forget("i");
        const seen = first ?? kept.take(sent.part("i", history));
        expect(plain(seen)).toEqual(asKept(history));
        if (mishap !== "lost") sent.took("i", history);
        if (mishap !== "uncommitted") committed = [...committed, ...fresh];
      }
    }),
  );
});
