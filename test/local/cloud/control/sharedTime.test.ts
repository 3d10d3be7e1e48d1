import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCloud } from "../../../../local/cloud/start.ts";
import { startHost } from "../../../../local/host/start.ts";
import { VirtualClock } from "../../../../local/host/virtualClock.ts";

const app = join(import.meta.dirname, "../../host/apps/virtual");

test("the cloud's time is the local host's, wherever that is moved", async () => {
  const folder = mkdtempSync(join(tmpdir(), "crosspull-time-"));
  const host = await startHost({ app, port: 0, state: ":memory:", virtualTime: true });
  try {
    const move = async (body: object): Promise<string> => {
      const answer = await fetch(`${host.url}/admin/clock`, { method: "POST", body: JSON.stringify(body) });
      return ((await answer.json()) as { now: string }).now;
    };
    await move({ automatic: false });
    const cloud = await startCloud({ folder, port: 0, virtualTime: host.url });
    try {
      const now = await move({ advanceInMs: 30 * 86_400_000 });
      const answer = await fetch(`${cloud.controlUrl}/control/clock`);
      // The cloud's own time goes on between two calls.
      const behind = Date.parse(((await answer.json()) as { now: string }).now) - Date.parse(now);
      expect(Math.abs(behind)).toBeLessThan(60_000);
    } finally {
      await cloud.close();
    }
  } finally {
    await host.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a clock shared in one process stands still between its jumps, and what is due comes in its turn", async () => {
  const folder = mkdtempSync(join(tmpdir(), "crosspull-time-"));
  const clock = new VirtualClock(new Date("2030-01-07T08:00:00Z"));
  clock.automatic = false;
  const order: string[] = [];
  const host = await startHost({ app, port: 0, state: ":memory:", virtualTime: clock });
  try {
    const cloud = await startCloud({ folder, port: 0, clock });
    try {
      const told = async (): Promise<string> => {
        const answer = await fetch(`${cloud.controlUrl}/control/clock`);
        return ((await answer.json()) as { now: string }).now;
      };
      expect(await told()).toBe("2030-01-07T08:00:00.000Z");
      const at = (hour: string, text: string): unknown =>
        clock.at(new Date(`2030-01-07T${hour}Z`), () => void order.push(`${text} at ${clock.now().toISOString()}`));
      at("10:00:00", "second");
      at("09:00:00", "first");
      await fetch(`${host.url}/admin/clock`, { method: "POST", body: '{"to":"2030-01-07T12:00:00Z"}' });
      expect(order).toEqual(["first at 2030-01-07T09:00:00.000Z", "second at 2030-01-07T10:00:00.000Z"]);
      expect(await told()).toBe("2030-01-07T12:00:00.000Z");
    } finally {
      await cloud.close();
    }
  } finally {
    await host.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
