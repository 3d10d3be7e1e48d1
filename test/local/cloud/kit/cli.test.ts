import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";

let folder: string;
const started: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crosspull-cli-"));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** Behind `--`, because node itself would take an `--env-file` that stands anywhere before it. */
function cli(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--", "local/cloud/cli.ts", ...args]);
  started.push(child);
  return child;
}

async function textOf(stream: NodeJS.ReadableStream | null, until?: RegExp): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) {
    text += String(chunk);
    if (until?.test(text)) break;
  }
  return text;
}

test("the command writes the environment file, prints addresses without secrets, and ends on Ctrl-C", async () => {
  const envFile = join(folder, "cloud.env");
  const child = cli("--port", "0", "--folder", join(folder, "kept"), "--env-file", envFile, "--speed", "60");
  const printed = await textOf(child.stdout, /Ctrl-C ends it/);
  const file = readFileSync(envFile, "utf8");
  const env = parseEnv(file);
  expect(file).not.toContain(" ");
  expect(printed).toContain(`CONTROL_URL=${env["CONTROL_URL"]}`);
  expect(printed).not.toContain(env["CLIENT_SECRET"]);
  expect(printed).not.toContain(env["IDENTITY_HEADER"]);
  expect((await fetch(`${env["CONTROL_URL"]}/control/state`)).status).toBe(200);
  child.kill("SIGINT");
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
  await expect(fetch(`${env["CONTROL_URL"]}/`)).rejects.toThrow();
});

/** 2: wrong usage; 1: what was asked for could not be done. */
test.each<[number, readonly string[], RegExp]>([
  [2, ["--port", "many"], /whole number/],
  [2, ["--speed", "0"], /above zero/],
  [1, ["--estate", "nowhere.json"], /nowhere\.json/],
  [2, ["--virtual-time", "soon"], /an address is needed/],
  [
    1,
    ["--port", "0", "--env-file", "/nowhere/cloud.env"],
    /--env-file \/nowhere\/cloud\.env cannot be written: ENOENT/,
  ],
  [2, ["--life", "throttling,unheardOf"], /no switch of life is named unheardOf/],
])("exit code %i for %j, and the reason in words", async (code, args, words) => {
  const child = cli("--folder", join(folder, "kept"), ...args);
  const exit = once(child, "exit");
  expect(await textOf(child.stderr)).toMatch(words);
  expect((await exit)[0]).toBe(code);
});

test("--print-estate-schema prints the schema of estate files and starts nothing", async () => {
  const child = cli("--folder", join(folder, "kept"), "--seed", "20261127", "--print-estate-schema");
  const exit = once(child, "exit");
  const schema = JSON.parse(await textOf(child.stdout)) as { readonly properties: object };
  expect(Object.keys(schema.properties)).toEqual(
    expect.arrayContaining(["tenants", "clusters", "registries", "vaults"]),
  );
  expect((await exit)[0]).toBe(0);
  expect(existsSync(join(folder, "kept"))).toBe(false);
});

test("--as-in-life turns every switch on", async () => {
  const envFile = join(folder, "cloud.env");
  const child = cli("--port", "0", "--folder", join(folder, "kept"), "--env-file", envFile, "--as-in-life");
  await textOf(child.stdout, /Ctrl-C ends it/);
  const { CONTROL_URL } = parseEnv(readFileSync(envFile, "utf8"));
  const switches = (await (await fetch(`${CONTROL_URL}/control/life`)).json()) as readonly { readonly on: boolean }[];
  expect(switches.length).toBeGreaterThan(0);
  expect(switches.filter(({ on }) => !on)).toEqual([]);
});
