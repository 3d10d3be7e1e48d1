import { parseWindow, type MaintenanceWindow } from "../../src/domain/window.ts";

/** The window that a setting says. */
export function windowOf(text: string): MaintenanceWindow {
  const parsed = parseWindow(text);
  if (parsed.outcome !== "parsed") throw new Error(parsed.reason);
  return parsed.window;
}
