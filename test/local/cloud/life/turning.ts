import type { LifeState } from "../../../../local/cloud/kit/life.ts";
import type { TestCloud } from "../kit/cloud.ts";

/** Turns the named switches on or off; all others stay as they are. */
export async function turn(cloud: TestCloud, switches: Readonly<Record<string, boolean>>): Promise<void> {
  const { status } = await cloud.control("PUT", "/control/life", switches);
  if (status !== 200) throw new Error(`the switches ${Object.keys(switches).join(", ")} cannot be turned: ${status}`);
}

/** Turns the named switches on, and all others off. */
export async function turnAll(cloud: TestCloud, switches: Readonly<Record<string, boolean>>): Promise<void> {
  const off = Object.fromEntries((await listed(cloud)).map(({ name }) => [name, false]));
  await turn(cloud, { ...off, ...switches });
}

/** How often a switch has had an effect. */
export async function struck(cloud: TestCloud, name: string): Promise<number> {
  const found = (await listed(cloud)).find((one) => one.name === name);
  if (!found) throw new Error(`no switch ${name}`);
  return found.struck;
}

async function listed(cloud: TestCloud): Promise<readonly LifeState[]> {
  return (await cloud.control<readonly LifeState[]>("GET", "/control/life")).body;
}
