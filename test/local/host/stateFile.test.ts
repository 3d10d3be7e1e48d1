import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStateFile } from "../../../local/host/durable/engine/stateFile.ts";

test("nobody but its user can read a state file, and what SQLite keeps beside it", () => {
  const folder = mkdtempSync(join(tmpdir(), "crosspull-state-"));
  const database = openStateFile(join(folder, "host.db"));
  const modes = readdirSync(folder).map((file) => statSync(join(folder, file)).mode & 0o777);
  database.close();
  rmSync(folder, { recursive: true });
  expect(modes.length).toBeGreaterThan(1);
  expect(new Set(modes)).toEqual(new Set([0o600]));
});
