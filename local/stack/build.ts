import { spawn } from "node:child_process";
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
