import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { startHost, type Host, type HostOptions } from "../../../local/host/start.ts";

// A busy machine may need long for what is quick.
jest.setTimeout(300_000);

export const apps = join(import.meta.dirname, "apps");
export const shared = join(import.meta.dirname, "../../../../shared");

/** A folder of its own in the repository (where packages are found), gone after the tests of the file. */
export function scratch(): string {
  const parent = join(import.meta.dirname, "../../../.crosspull");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "test-"));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Makes apps in folders of their own: host.json and local.settings.json from objects, and the code of one file. */
export function appsIn(folder: string) {
  let made = 0;
  return (host: object, code: string, { local, main = "app.cjs" }: { local?: object; main?: string } = {}): string => {
    const at = join(folder, `app-${(made += 1)}`);
    const files = {
      "host.json": JSON.stringify({ version: "2.0", ...host }),
      "package.json": JSON.stringify({ main }),
      "app.cjs": `const { app } = require("@azure/functions"); const df = require("durable-functions");\n${code}`,
      ...(local ? { "local.settings.json": JSON.stringify(local) } : {}),
    };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(at, name)), { recursive: true });
      writeFileSync(join(at, name), text);
    }
    return at;
  };
}

export interface Running extends Host {
  readonly lines: string[];
  readonly get: (path: string) => Promise<Response>;
  readonly post: (path: string, body: unknown) => Promise<Response>;
  /** The raw status of an instance, once it has ended. */
  readonly ended: (id: string) => Promise<Status>;
}

export interface Status {
  readonly name: string;
  readonly runtimeStatus: string;
  readonly output: unknown;
  readonly customStatus: unknown;
  readonly historyEvents: readonly Record<string, unknown>[];
}

/** A host on any free port with its state in memory unless told otherwise. */
export async function run(app: string, options: Partial<HostOptions> = {}): Promise<Running> {
  const lines: string[] = [];
  const host = await startHost({
    app: app.startsWith("/") ? app : join(apps, app),
    port: 0,
    state: ":memory:",
    log: (line) => lines.push(line),
    ...options,
  });
  return { ...host, lines, ...clientOf(host.url) };
}

export function clientOf(url: string): Pick<Running, "get" | "post" | "ended"> {
  const get = (path: string): Promise<Response> => fetch(url + path);
  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(url + path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  return { get, post, ended: (id) => until(url, id, ({ runtimeStatus }) => final.has(runtimeStatus)) };
}

const final = new Set(["Completed", "Failed", "Terminated"]);

export async function until(url: string, id: string, done: (status: Status) => boolean): Promise<Status> {
  for (const end = Date.now() + 120_000; ;) {
    const answer = await fetch(
      `${url}/runtime/webhooks/durabletask/instances/${id}?showHistory=true&showHistoryOutput=true`,
    );
    const status = answer.status === 404 ? undefined : ((await answer.json()) as Status);
    if (status && done(status)) return status;
    if (Date.now() > end) throw new Error(`${id} is still ${status?.runtimeStatus ?? "unknown"}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
