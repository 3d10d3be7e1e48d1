import { visit } from "./browser.ts";
import type { AskedLink, LinkAnswer, PersonsAct } from "./judge/evidence.ts";
import { broughtBack, visitOf, type Act } from "./people.ts";
import type { Wish } from "./wishes.ts";
import type { World } from "./world.ts";

/** What became of what people asked for and did, so far. */
export interface Story {
  readonly acts: readonly PersonsAct[];
  /** Has everything been asked for that will be? */
  isAsked(): boolean;
  /** Ids of the links there are so far. */
  links(): readonly string[];
  asked(links: readonly LinkAnswer[]): readonly AskedLink[];
}

interface Told {
  readonly wish: Wish;
  id?: string;
  refusal?: NonNullable<AskedLink["refusal"]>;
}

const minute = 60_000;
/** A caller who is told to come back later does. */
const againInMs = 5 * minute;
const mostTries = 288;

/** Puts every request and every deed of people on the timeline. */
export function tell(world: World, wishes: readonly Wish[]): Story {
  const begun = world.timeline.now();
  const acts: PersonsAct[] = [];
  const told = wishes.map((wish): Told => ({ wish }));
  for (const one of told) world.timeline.at(begun + one.wish.afterInMs, () => ask(world, one, acts, mostTries));
  return {
    acts,
    links: () => told.flatMap(({ id }) => id ?? []),
    isAsked: () => told.every(({ id, refusal }) => id !== undefined || refusal !== undefined),
    asked: (links) =>
      told.map(({ wish, id, refusal }) => ({
        name: wish.name,
        cluster: wish.asked.cluster,
        registry: wish.asked.registry,
        image: wish.asked.image,
        link: links.find((link) => link.id === id),
        refusal,
      })),
  };
}

async function ask(world: World, told: Told, acts: PersonsAct[], tries: number): Promise<void> {
  const { app, timeline } = world;
  const { status, body } = await app.create(told.wish.asked);
  if (status === 200 || status === 202) {
    told.id = (body as LinkAnswer).id;
    const since = timeline.now();
    for (const act of told.wish.acts)
      timeline.at(since + act.afterInMs, () => perform(world, told, act, acts, mostTries));
    return;
  }
  const { code = `HTTP ${status}`, detail = "" } = body as { code?: string; detail?: string };
  const isLater = status === 429 || status >= 500 || code === "CP-CLUSTER-BUSY";
  if (isLater && tries > 1) return timeline.at(timeline.now() + againInMs, () => ask(world, told, acts, tries - 1));
  told.refusal = { code, detail, at: new Date(timeline.now()).toISOString() };
}

async function perform(world: World, told: Told, act: Act, acts: PersonsAct[], tries: number): Promise<void> {
  const { app, timeline } = world;
  const link = await app.link(told.id ?? "");
  if (link.status !== "onboarding") return;
  const note = (): void => {
    acts.push({ link: told.wish.name, deed: act.deed, at: new Date(timeline.now()).toISOString() });
  };
  if (act.deed === "cancel") {
    const { status } = await app.cancel(link.id);
    if (status < 300) note();
    return;
  }
  if (link.consentUrl === null) {
    const isAskedLater = link.operation.steps.some(
      ({ name, state }) => name === "consent" && ["pending", "running"].includes(state),
    );
    if (isAskedLater && tries > 1)
      timeline.at(timeline.now() + againInMs, () => perform(world, told, act, acts, tries - 1));
    return;
  }
  note();
  await atConsentPage(world, link.consentUrl, act.deed, link.registryTenantId);
}

async function atConsentPage(
  { app, twin, env, asksWho }: World,
  consentUrl: string,
  deed: Exclude<Act["deed"], "cancel">,
  registryTenantId: string,
): Promise<void> {
  const tenantId = deed === "wrongTenant" ? (env["TENANT_C"] ?? "") : registryTenantId;
  if (asksWho) return visit(consentUrl.replace(registryTenantId, tenantId), visitOf(deed));
  const clientId = new URL(consentUrl).searchParams.get("client_id") ?? "";
  if (["accept", "acceptUnseen", "wrongTenant"].includes(deed)) await twin.consent(tenantId, clientId);
  const query = deed === "acceptUnseen" ? undefined : broughtBack(deed, tenantId);
  if (query) await app.callback(consentUrl, query);
}
