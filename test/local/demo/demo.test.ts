import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drawnOn, wrapped } from "../../../local/demo/drawing.ts";
import { makeWritable } from "../../../local/demo/options.ts";

const root = join(import.meta.dirname, "../../..");
const node = ["--disable-warning=ExperimentalWarning"];
const folder = mkdtempSync(join(tmpdir(), "crosspull-demo-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ["a port that is no number", ["--port", "abc"], /a port is a number from 1 to 65535/],
  ["a port that is too high", ["--port", "99999"], /a port is a number from 1 to 65535/],
  ["an option that is not known", ["--fast"], /unknown option '--fast'/],
])("npm start refuses %s as wrong usage, before anything is started", (_what, args, message) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, join(root, "local/start.ts"), ...args], {
    encoding: "utf8",
  });
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(message);
});

test("a folder that cannot be written to is named, with what to do", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect(() => {
    makeWritable(join(file, "below"));
  }).toThrow(/^nothing can be written to .*file\/below \(ENOTDIR\): .* Run it in a copy of the repository/);
});

test("lines are broken between words where the terminal is narrow, and an address stays whole", () => {
  const address = `https://localhost:8441/${"a".repeat(60)}`;
  const text = `The demo shortens the waits of real life.\n\n  ${address} is open.`;
  expect(wrapped(text, 20)).toBe(`The demo shortens\nthe waits of real\nlife.\n\n \n${address}\nis open.`);
  expect(wrapped(text)).toBe(text);
});

test.each([
  [{ LC_ALL: "C" }, true],
  [{ LANG: "C.UTF-8" }, false],
  [{ LC_ALL: "", LC_CTYPE: "de_DE.utf8", LANG: "C" }, false],
  [{}, false],
])("in the language %j plain signs are drawn: %s", (env, isPlain) => {
  const { fallbackRendererOptions, fallbackRendererCondition } = drawnOn(process.stdout, env);
  const { icon } = fallbackRendererOptions as { readonly icon?: object };
  expect(icon === undefined).toBe(!isPlain);
  if (isPlain) expect([JSON.stringify(icon).replace(/[ -~]/g, ""), fallbackRendererCondition()]).toEqual(["", true]);
});

test("when nobody reads its output any more the demo ends without a word, and so does Azurite; no lock is left", async () => {
  const lock = join(folder, "demo.lock");
  const program = `
    import { endWithTheTerminal } from "${root}/local/demo/ending.ts";
    import { startAzurite } from "${root}/local/stack/azurite.ts";
    import { takeLock } from "${root}/local/stack/lock.ts";
    endWithTheTerminal().keep(takeLock(${JSON.stringify(lock)}));
    const { connectionString } = await startAzurite(${JSON.stringify(join(folder, "azurite"))});
    process.stdout.write(connectionString + "\\n");
    setInterval(() => process.stdout.write("more\\n"), 10);`;
  const child = spawn(process.execPath, [...node, "--input-type=module-typescript", "--eval", program]);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [first] = (await once(child.stdout, "data")) as [Buffer];
  const [, table = ""] = /TableEndpoint=([^;]+)/.exec(first.toString()) ?? [];
  const answers = (): Promise<boolean> =>
    fetch(table).then(
      () => true,
      () => false,
    );
  expect([existsSync(lock), await answers()]).toEqual([true, true]);
  child.stdout.destroy();
  const [code] = (await once(child, "exit")) as [number];
  expect([code, said, existsSync(lock)]).toEqual([141, "", false]);
  for (const end = Date.now() + 20_000; Date.now() < end && (await answers());)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await answers()).toBe(false);
});
