import type { World } from "../activities/world.ts";
import { problems, type Problem, type ProblemCode } from "../domain/errors.ts";
import type { Link } from "../domain/link.ts";
import { isOver, type ConsentAnswer, type Operation } from "../domain/operation.ts";
import type { Instances } from "../durable/instances.ts";
import { consentAnswered } from "../orchestrators/run.ts";
import type { InstancesOf } from "./connect.ts";
import type { Handler } from "./http.ts";
import { page } from "./page.ts";

type Reached = Pick<World, "links" | "operations" | "consentStates" | "now">;

/** Answers are noted for people; more than these are of use to nobody. */
const mostAnswers = 10;
/** Of each kind one answer is noted in this time: a stranger who repeats an address keeps no other writer from the row. */
const oneOfKindPerMs = 10_000;

/**
 * GET /api/consent : where Microsoft sends people back to from the consent page, by v2.0 admin consent, v1 admin consent or
 * v1 authorize. Anonymous, and its query is untrusted: an answer is noted on the operation, the first that says "accepted"
 * makes it look at once, and none of them ends anything. A v1 `code` is a hint like any other: never redeemed, never logged.
 */
export function consentCallback(connect: () => Promise<Reached>, instancesOf: InstancesOf): Handler {
  return async (request, context) => {
    const world = await connect();
    const read = await world.consentStates.read(request.query.get("state") ?? "");
    if (read.outcome === "expired")
      return refused("CP-STATE-EXPIRED", "The link was valid for a limited time, and that is over.");
    if (read.outcome === "invalid")
      return refused("CP-STATE-INVALID", "The answer does not belong to any consent link of ours.");
    const { linkId, nonce, tenantId } = read.state;
    const link = (await world.links.read(linkId))?.value;
    const operation = link && (await world.operations.read(link.operationId))?.value;
    const answer = { ...judge(request.query, tenantId), at: world.now().toISOString() };
    // The look was quicker than the browser: what the person did is done.
    if (link?.status === "ready") return decided(answer, link);
    if (!link || !operation || link.consent?.nonce !== nonce || isOver(operation)) return over();
    if (operation.waitingFor?.on !== "consent") return decided(answer, link);
    await note(answer, operation, world, instancesOf(context));
    return told(answer, link);
  };
}

/** What a person sees where the answer could not be noted. */
export function consentPageOf({ code }: Problem) {
  return page(problems[code].status, "Your answer could not be noted now", [
    "It is not lost: Crosspull finds out by itself whether the application was accepted, as soon as it works again.",
    "You can close this page.",
    `Code: ${code}`,
  ]);
}

type Judged = Omit<ConsentAnswer, "at">;

/** Presence of `error` decides: Entra sends `admin_consent=True` even with a refusal. */
function judge(query: URLSearchParams, tenantId: string): Judged {
  const error = query.get("error");
  if (error !== null) return judgeError(error, query);
  const answering = query.get("tenant");
  if (answering === null && !query.has("code"))
    return { answer: "other", detail: "somebody came back from the consent page without an answer" };
  // v1 authorize names no tenant: whose administrator it was, the look finds out.
  if (answering === null) return { answer: "accepted", detail: "somebody came back and said that a tenant accepted" };
  if (answering.toLowerCase() !== tenantId.toLowerCase()) {
    return {
      answer: "wrongTenant",
      detail: `tenant "${plain(answering)}" accepted, but the registry is in tenant ${tenantId}`,
    };
  }
  return { answer: "accepted", detail: `somebody came back and said that tenant ${tenantId} accepted` };
}

/** AADSTS65004 and v1's `permission_denied` are a person's no; everything else means that somebody else has to come. */
function judgeError(error: string, query: URLSearchParams): Judged {
  const code = plain(/AADSTS\d+/.exec(query.get("error_description") ?? "")?.[0] ?? "");
  const words = [plain(error), code].filter((word) => word !== "").join(", ");
  const inWords = words === "" ? "" : ` (${words})`;
  if (code === "AADSTS65004" || error === "permission_denied")
    return { answer: "declined", detail: `somebody declined at the consent page${inWords}` };
  return { answer: "other", detail: `somebody could not accept${inWords}` };
}

/** Anybody can write this query: keep what may be a code or an id. */
function plain(text: string): string {
  return text.replace(/[^\w-]/g, "").slice(0, 64);
}

/** Only the first "accepted" wakes the operation, so that repeating an address costs nobody a look. */
async function note(answer: ConsentAnswer, { id }: Operation, world: Reached, instances: Instances): Promise<void> {
  let isFirst = false;
  const row = await world.operations.update(id, (operation) => {
    const before = operation.consentAnswers;
    isFirst = answer.answer === "accepted" && !before.some((one) => one.answer === "accepted");
    if (isOver(operation) || isRepeated(answer, before)) return operation;
    return { ...operation, consentAnswers: kept([...before, answer]) };
  });
  if (row && isFirst) await instances.wake(row.instanceId, consentAnswered);
}

function isRepeated({ answer, at }: ConsentAnswer, before: readonly ConsentAnswer[]): boolean {
  const last = before.findLast((one) => one.answer === answer);
  return last !== undefined && Date.parse(at) - Date.parse(last.at) < oneOfKindPerMs;
}

/** The newest, but for the first "accepted" and the first "declined": what is decided hangs on these. */
function kept(answers: readonly ConsentAnswer[]): readonly ConsentAnswer[] {
  const firsts = (["accepted", "declined"] as const).map((kind) => answers.find(({ answer }) => answer === kind));
  const newest = answers.slice(-mostAnswers);
  const older = answers.filter((one) => firsts.includes(one) && !newest.includes(one));
  return [...older, ...newest].slice(-(mostAnswers + firsts.length));
}

const strayPrincipal =
  "The application now has a service principal in the tenant that accepted. It holds no role there; an administrator of that tenant can delete it.";

function told({ answer, detail }: Judged, { cluster, registry }: Link) {
  switch (answer) {
    case "accepted":
      return page(200, "Thank you", [
        `As soon as the tenant of ${lastPart(registry)} knows the application, the cluster ${lastPart(cluster)} gets the right to pull from it.`,
        "You can close this page.",
      ]);
    case "declined":
      return page(200, "You declined", [
        `Nothing was granted on ${lastPart(registry)}.`,
        "The request stays open: you, or another administrator of your tenant, can open the same link again and accept.",
      ]);
    case "wrongTenant":
      return refused("CP-CONSENT-WRONG-TENANT", sentence(detail), [strayPrincipal]);
    case "other":
      return page(200, "Nothing was accepted yet", [
        sentence(detail),
        `The request stays open: an administrator of the tenant of ${lastPart(registry)} has to open the same link and accept. If you asked for approval, nothing more is to be done here.`,
      ]);
  }
}

/** The application was accepted before this answer came: whatever it says, nothing waits for it. */
function decided({ answer }: Judged, { cluster, registry, status }: Link) {
  const what = `The cluster ${lastPart(cluster)} ${status === "ready" ? "may pull" : "is being given the right to pull"} from ${lastPart(registry)}.`;
  if (answer === "accepted") return page(200, "Thank you", [what, "You can close this page."]);
  return page(200, "The application was accepted before", [
    what,
    "This answer changes nothing of it. To take the right away, remove the application's role assignment on the registry, or delete its service principal in the registry's tenant.",
    ...(answer === "wrongTenant" ? [strayPrincipal] : []),
  ]);
}

function sentence(detail: string): string {
  return `${detail.slice(0, 1).toUpperCase()}${detail.slice(1)}.`;
}

function lastPart(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

function over() {
  return refused("CP-STATE-USED", "The operation this link belongs to has ended, or a newer link has taken its place.");
}

function refused(code: ProblemCode, why: string, more: readonly string[] = []) {
  const { status, title, remedy } = problems[code];
  return page(status, title, [why, ...more, remedy, `Code: ${code}`]);
}
