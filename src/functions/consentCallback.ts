import type { World } from "../activities/world.ts";
import { problem, problems, type ProblemCode } from "../domain/errors.ts";
import { names } from "../domain/ids.ts";
import type { Link } from "../domain/link.ts";
import { instancesOf } from "../durable/register.ts";
import { consentAnswered, type ConsentAnswer } from "../orchestrators/onboarding.ts";
import type { Handler } from "./http.ts";
import { page } from "./page.ts";

type Reached = Pick<World, "links" | "consentStates" | "now">;

/**
 * GET /api/consent : where Microsoft sends the administrator back to. Anonymous, and it believes nothing: a valid,
 * unused state lets it hint the operation to look; whether consent was given is proved elsewhere, by a token.
 */
export function consentCallback(connect: () => Promise<Reached>): Handler {
  return async (request, context) => {
    const world = await connect();
    const read = await world.consentStates.read(request.query.get("state") ?? "");
    if (read.outcome === "expired")
      return refused("CP-STATE-EXPIRED", "The link was valid for a limited time, and that is over.");
    if (read.outcome === "invalid")
      return refused("CP-STATE-INVALID", "The answer does not belong to any consent link of ours.");
    const { linkId, nonce, tenantId } = read.state;
    const link = (await world.links.read(linkId))?.value;
    if (!link || link.status === "failed" || link.status === "cancelled") {
      return refused("CP-STATE-USED", "The operation this link belongs to has ended.");
    }
    if (link.consent?.nonce !== nonce || link.consent.usedAt !== null) {
      return refused("CP-STATE-USED", "Each consent link can be answered once.");
    }

    const answer = judge(request.query, tenantId);
    // A look may have found the consent before the browser came back: then nobody waits for the hint.
    if (link.status === "onboarding") {
      await instancesOf(context).raise(names.onboarding(linkId), consentAnswered, answer);
    }
    // The wrong tenant answered: the link stays open for the right one.
    if (answer.answer !== "wrongTenant") await use(linkId, nonce, world);
    return told(answer, link);
  };
}

/** Presence of `error` decides: Entra sends `admin_consent=True` even with a refusal. */
function judge(query: URLSearchParams, tenantId: string): ConsentAnswer {
  const error = query.get("error");
  if (error !== null) {
    return { answer: "declined", detail: `the administrator of tenant ${tenantId} declined (${plain(error)})` };
  }
  const answering = query.get("tenant") ?? "";
  if (answering.toLowerCase() !== tenantId.toLowerCase()) {
    return {
      answer: "wrongTenant",
      detail: `tenant "${plain(answering)}" accepted, but the registry is in tenant ${tenantId}`,
    };
  }
  return { answer: "accepted", detail: `an administrator of tenant ${tenantId} accepted` };
}

/** Anybody can write this query: keep what may be a code or an id. */
function plain(text: string): string {
  return text.replace(/[^\w-]/g, "").slice(0, 64);
}

async function use(linkId: string, nonce: string, { links, now }: Reached): Promise<void> {
  await links.update(linkId, (link) =>
    link.consent?.nonce === nonce ? { ...link, consent: { ...link.consent, usedAt: now().toISOString() } } : link,
  );
}

function told({ answer, detail }: ConsentAnswer, { cluster, registry }: Link) {
  switch (answer) {
    case "accepted":
      return page(200, "Thank you", [
        `The cluster ${cluster} is being given the right to pull from ${registry}.`,
        "You can close this page.",
      ]);
    case "declined":
      return page(200, "You declined", [
        `Nothing was granted on ${registry}.`,
        problem("CP-CONSENT-DENIED", detail).remedy,
      ]);
    case "wrongTenant":
      return refused("CP-CONSENT-WRONG-TENANT", `${detail}.`, [
        "The application now has a service principal in the tenant that accepted. It holds no role there; an administrator of that tenant can delete it.",
      ]);
  }
}

function refused(code: ProblemCode, why: string, more: readonly string[] = []) {
  const { status, title, remedy } = problems[code];
  return page(status, title, [why, ...more, remedy, `Code: ${code}`]);
}
