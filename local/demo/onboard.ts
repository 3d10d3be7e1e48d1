import { createInterface } from "node:readline";
import { Listr, type ListrTask } from "listr2";
import { onboardingSteps, type OnboardingStep } from "../../src/domain/onboarding.ts";
import { firstLink, type Api, type LinkView } from "../stack/api.ts";
import type { Stack } from "../stack/stack.ts";
import { drawnOn, timedTitle } from "./drawing.ts";

export interface OnboardOptions {
  /** Accept the consent page without a person. */
  readonly accept: boolean;
  /** Where progress is drawn. */
  readonly out: NodeJS.WriteStream;
  /** Is there a person who can press Enter? */
  readonly interactive: boolean;
}

const titles: Readonly<Record<OnboardingStep, string>> = {
  preflight: "Preflight: both sides looked at, nothing changed yet",
  identity: "Pull identity: multitenant application and its service principal",
  secret: "Secret: password made, kept in Key Vault",
  consent: "Consent: the registry's administrator accepts the application",
  grant: "Grant: the pull role on the registry",
  proof: "Proof: pulled as a kubelet would, and by token exchange",
  roles: "Roles: what the cluster's controllers live on, carried over",
  update: "Cluster update: nodes re-imaged one by one",
  confirm: "Confirm: the cluster reports the pull identity, pulled again",
};

const limitInMs = 120_000;
const personLimitInMs = 8 * 24 * 3600_000;

/**
 * Onboards the first cluster to the first registry and draws each step as the operation reports it. The consent link is
 * printed between two drawings: inside one it would be broken into lines, and could be neither clicked nor copied.
 */
export async function onboardFirstLink(stack: Stack, api: Api, options: OnboardOptions): Promise<LinkView> {
  const { body: created, status } = await api.create(firstLink(stack.cloud.env));
  if (status >= 400) throw new Error(`POST /api/links answered ${status}: ${JSON.stringify(created)}`);
  const { id } = created;
  const asked = onboardingSteps.indexOf("consent");
  const draw = (names: readonly OnboardingStep[]): Promise<unknown> =>
    new Listr(
      names.map((name) => stepTask(name, id, api, options.out)),
      drawnOn(options.out),
    )
      .run()
      // A step that fails ends the drawing; the link has the reason.
      .catch(() => undefined);
  await draw(onboardingSteps.slice(0, asked));
  const asking = await api.until(
    id,
    (link) => link.consentUrl !== null || link.status !== "onboarding" || stateOf(link, "consent") === "done",
    limitInMs,
    true,
  );
  if (asking.consentUrl) await consent(asking.consentUrl, options);
  if (asking.status === "onboarding") await draw(onboardingSteps.slice(asked));
  return api.get(id);
}

function stepTask(name: OnboardingStep, id: string, api: Api, out: NodeJS.WriteStream): ListrTask {
  return {
    title: titles[name],
    task: async (_context, task) => {
      const over = (link: LinkView): boolean => !["pending", "running"].includes(stateOf(link, name));
      const ended = (link: LinkView): boolean => over(link) || link.status !== "onboarding";
      const shown = timedTitle(task, out);
      const link = await api
        .until(id, ended, name === "consent" ? personLimitInMs : limitInMs, true)
        .finally(() => shown.stop());
      const step = link.operation.steps.find((one) => one.name === name);
      if (step?.state !== "done") {
        throw new Error(link.problem ? `${link.problem.code}: ${link.problem.detail}` : `the step is ${step?.state}`);
      }
      task.title = `${titles[name]} (${step.durationInMs ?? 0} ms)`;
    },
  };
}

function stateOf(link: LinkView, name: OnboardingStep): string {
  return link.operation.steps.find((step) => step.name === name)?.state ?? "pending";
}

/** A person opens the address, or presses Enter here; with `accept` the page's button is pressed at once. */
async function consent(url: string, { accept, interactive, out }: OnboardOptions): Promise<void> {
  const open = accept
    ? "Accepting the consent page"
    : "Open this page and accept, as the registry tenant's administrator";
  out.write(`\n${open}:\n${url}\n`);
  if (accept) return acceptPage(url);
  const hint = interactive
    ? "... or press Enter here to accept."
    : "There is no terminal to press Enter in; with --once the page is accepted by itself.";
  out.write(`${hint}\n\n`);
  if (interactive) {
    onEnter(() => {
      acceptPage(url).catch((error: unknown) =>
        out.write(`${error instanceof Error ? error.message : String(error)}\n`),
      );
    });
  }
}

/** Opens the simulated consent page, presses its Accept button, and goes back to the app as a browser does. */
export async function acceptPage(url: string): Promise<void> {
  const page = await fetch(url);
  const [, target] = /<form method="post" action="([^"]+)"/.exec(await page.text()) ?? [];
  if (!target) throw new Error(`the consent page answered ${page.status} without an Accept button: ${url}`);
  const address = new URL(target.replaceAll("&amp;", "&"), url);
  const back = await fetch(address, { method: "POST", body: new URLSearchParams({ decision: "accept" }) });
  if (!back.ok) throw new Error(`accepting the application ended with ${back.status} at ${back.url}`);
}

function onEnter(accept: () => void): void {
  const lines = createInterface({ input: process.stdin });
  lines.once("line", () => {
    lines.close();
    accept();
  });
}
