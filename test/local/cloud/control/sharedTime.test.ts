import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCloud } from "../../../../local/cloud/start.ts";
import { startHost } from "../../../../local/host/start.ts";

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
