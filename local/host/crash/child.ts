/** The host of a crash run: `child.ts STATE KILLAT`. Kills itself at that boundary, counted from 1; never with 0. */
import { join } from "node:path";
import { startHost } from "../start.ts";

const [state = "", killAt = "0"] = process.argv.slice(2);
let passed = 0;

const { url } = await startHost({
  app: join(import.meta.dirname, "app"),
  port: 0,
  state,
  onBoundary: (name) => {
    // How often the harness has to look is chance.
    if (name.endsWith(" GET")) return;
    passed += 1;
    if (passed === Number(killAt)) process.kill(process.pid, "SIGKILL");
    if (killAt === "0") process.send?.({ boundary: name });
  },
});
process.send?.({ url });
process.on("disconnect", () => process.exit());
