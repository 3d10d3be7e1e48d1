import type { Estate } from "../estates/estate.ts";
import type { LifeBook } from "../kit/life.ts";
import { lifeOver } from "./life.ts";
import { allSwitches } from "./switches.ts";

export interface LifeOptions {
  /** How chance falls; default: the cloud's seed. */
  readonly seed?: number;
  /** Names of switches or groups; default: `all`. */
  readonly switches?: "all" | "none" | readonly string[];
}

/** The switches as they are at the start. Throws where a name is unknown. */
export function lifeFrom({ switches = "all" }: LifeOptions, estate: Estate, seed: number): LifeBook {
  const life = lifeOver({ switches: allSwitches, seed, estate });
  const wanted = switches === "all" ? allSwitches.map(({ name }) => name) : switches === "none" ? [] : switches;
  const { unknown } = life.configure(Object.fromEntries(wanted.map((name) => [name, true])));
  if (unknown.length > 0)
    throw new Error(`no switch of life is named ${unknown.join(", ")}; GET /control/life lists them`);
  return life;
}

/** `all`, `none`, or names with commas between them. */
export function switchesIn(text: string): "all" | "none" | readonly string[] {
  if (text === "all" || text === "none") return text;
  return text.split(",").map((name) => name.trim());
}
