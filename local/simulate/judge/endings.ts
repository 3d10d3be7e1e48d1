import type { AskedLink, Evidence, LinkAnswer } from "./evidence.ts";

/** How a link ended. */
export type Ending =
  | { readonly kind: "ready" }
  | {
      readonly kind: "failed";
      readonly step: string;
      readonly code: string;
      readonly detail: string;
      readonly at: string;
    }
  | { readonly kind: "ended"; readonly by: "declined" | "deadline" | "cancelled" };

/** A request that was refused, and a link that has not come to an end, failed. */
export function endingOf(asked: AskedLink, { acts, endedAt }: Pick<Evidence, "acts" | "endedAt">): Ending {
  const { link, refusal } = asked;
  if (!link) {
    const { code, detail, at } = refusal ?? { code: "none", detail: "nobody was heard", at: endedAt };
    return { kind: "failed", step: "request", code, detail, at };
  }
  if (link.status === "ready") return { kind: "ready" };
  if (link.status === "cancelled") return { kind: "ended", by: "cancelled" };
  const declined = acts.some(({ link: name, deed }) => name === asked.name && deed === "decline");
  if (isDeadlineOver(link) && (link.problem?.code === "CP-CONSENT-EXPIRED" || (isDenied(link) && declined)))
    return { kind: "ended", by: declined ? "declined" : "deadline" };
  return {
    kind: "failed",
    step: link.operation.steps.find(({ state }) => state === "failed" || state === "running")?.name ?? "none",
    code: link.problem?.code ?? link.status,
    detail: link.problem?.detail ?? `the link is still ${link.status}`,
    at: link.status === "failed" ? link.updatedAt : endedAt,
  };
}

function isDenied({ problem }: LinkAnswer): boolean {
  return problem?.code === "CP-CONSENT-DENIED";
}

const deadlineInMs = 7 * 24 * 3_600_000;

/** Whatever the app says of it: people have seven days. */
function isDeadlineOver({ createdAt, updatedAt }: LinkAnswer): boolean {
  return Date.parse(updatedAt) - Date.parse(createdAt) >= deadlineInMs;
}
