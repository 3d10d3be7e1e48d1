/** Writes COVERAGE.md anew. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "prettier";
import { startCloud } from "./start.ts";

const folder = mkdtempSync(join(tmpdir(), "crosspull-offers-"));
const cloud = await startCloud({ folder, port: 0 });
try {
  const answer = await fetch(`${cloud.controlUrl}/control/offers?format=markdown`);
  const document = await format(await answer.text(), { parser: "markdown", printWidth: 120 });
  writeFileSync(join(import.meta.dirname, "COVERAGE.md"), document);
} finally {
  await cloud.close();
  rmSync(folder, { recursive: true });
}
process.exit();
