import { InvalidArgumentError } from "commander";
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

/** Of a command line: `all`, `none`, or names of switches or groups with commas between them. */
export function switchesIn(text: string): "all" | "none" | readonly string[] {
  if (text === "all" || text === "none") return text;
  const names = text.split(",").map((name) => name.trim());
  const known = new Set<string | undefined>(allSwitches.flatMap(({ name, group }) => [name, group]));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`no switch of life is named ${unknown.join(", ")}; local/cloud/LIFE.md lists them.`);
  return names;
}
