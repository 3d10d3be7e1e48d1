/** Writes COVERAGE.md and LIFE.md anew. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "prettier";
import { lifeDocument } from "./life/document.ts";
import { allSwitches } from "./life/switches.ts";
import { startCloud } from "./start.ts";

const write = async (name: string, markdown: string): Promise<void> =>
  writeFileSync(join(import.meta.dirname, name), await format(markdown, { parser: "markdown", printWidth: 120 }));

const folder = mkdtempSync(join(tmpdir(), "crosspull-documents-"));
const cloud = await startCloud({ folder, port: 0 });
try {
  const answer = await fetch(`${cloud.controlUrl}/control/offers?format=markdown`);
  await write("COVERAGE.md", await answer.text());
  await write("LIFE.md", lifeDocument(allSwitches));
} finally {
  await cloud.close();
  rmSync(folder, { recursive: true });
}
process.exit();
