import { guidPattern } from "../domain/ids.ts";

/** The text itself, once it is safe to put into a path or a filter. */
export function guid(text: string): string {
  if (!guidPattern.test(text)) throw new Error("not a GUID where Azure needs one");
  return text;
}
