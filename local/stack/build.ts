import { spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Bundles the app as a deployment does; a quiet second. */
export async function buildApp(root: string): Promise<void> {
  const child = spawn(process.execPath, [join(root, "scripts/build.mjs")], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (code !== 0) throw new Error(`the app could not be built:\n${said}`);
}

/** Throws one line when what would run is not what is written: no build, or one older than a source file. */
export function refuseOldBuild(root: string): void {
  const cure = "run `npm run build` first";
  const built = statSync(join(root, "dist/app.cjs"), { throwIfNoEntry: false })?.mtimeMs;
  if (built === undefined) throw new Error(`dist/app.cjs is missing: ${cure}`);
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).map((name) =>
    join("src", name),
  );
  const newer = sources.find((file) => file.endsWith(".ts") && statSync(join(root, file)).mtimeMs > built);
  if (newer !== undefined) throw new Error(`dist/app.cjs is older than ${newer}: ${cure}`);
}
