import { setTimeout as rest } from "node:timers/promises";
import type { World } from "../activities/world.ts";
import { TransientError } from "../domain/errors.ts";

/** How each part of the world is called in an answer. */
const services = {
  clusters: "Azure Resource Manager (clusters)",
  registries: "Azure Resource Manager (registries)",
  roles: "Azure Resource Manager (roles and locks)",
  directory: "Microsoft Graph",
  vault: "Key Vault",
  entra: "Microsoft Entra ID",
  pulls: "the registry",
  links: "table storage",
  identities: "table storage",
} as const satisfies Partial<Record<keyof World, string>>;

const retryInSeconds = 30;
/** A rest that a service asks for is worth waiting out here if it is short, and so often; a longer one is the caller's. */
const longestRestInSeconds = 2;
const mostTries = 3;

/**
 * Does the work of one request within its time: a person or a load balancer waits for the answer. Past it, the error
 * names the services that were asked and have not answered; what they still answer is not waited for. The world is
 * only read here, so a question that a service wants to hear a moment later is asked again.
 */
export async function withinTime<Answer>(
  world: World,
  limitInSeconds: number,
  work: (world: World) => Promise<Answer>,
): Promise<Answer> {
  const open = new Map<object, string>();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(tooLate(limitInSeconds, open)), limitInSeconds * 1000);
  });
  try {
    return await Promise.race([work(watched(world, open)), late]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(limitInSeconds: number, open: ReadonlyMap<object, string>): TransientError {
  const names = [...new Set(open.values())];
  const who = names.length === 0 ? "the services this request needs" : names.join(", ");
  const sentence = `no answer within ${limitInSeconds} seconds from ${who}`;
  return new TransientError(sentence, retryInSeconds, sentence);
}

function watched(world: World, open: Map<object, string>): World {
  const { clusters, registries, roles, directory, vault, entra, pulls, links, identities } = world;
  return {
    ...world,
    clusters: noting(clusters, services.clusters, open),
    registries: noting(registries, services.registries, open),
    roles: noting(roles, services.roles, open),
    directory: noting(directory, services.directory, open),
    vault: noting(vault, services.vault, open),
    entra: noting(entra, services.entra, open),
    pulls: noting(pulls, services.pulls, open),
    links: noting(links, services.links, open),
    identities: noting(identities, services.identities, open),
  };
}

/** The same service; each of its calls is noted in `open` until it is answered, also while it is asked again. */
function noting<Service extends object>(service: Service, name: string, open: Map<object, string>): Service {
  return new Proxy(service, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return (...given: readonly unknown[]): unknown => {
        const ask = (): unknown => Reflect.apply(member, target, given);
        const first = ask();
        if (!(first instanceof Promise)) return first;
        const answer = patiently(first, ask);
        const call = {};
        const close = (): void => void open.delete(call);
        open.set(call, name);
        answer.then(close, close);
        return answer;
      };
    },
  });
}

async function patiently(first: Promise<unknown>, ask: () => unknown): Promise<unknown> {
  let answer: unknown = first;
  for (let tries = 1; ; tries += 1) {
    try {
      return await answer;
    } catch (error) {
      const restInSeconds = error instanceof TransientError ? error.retryAfterInSeconds : null;
      if (restInSeconds === null || restInSeconds > longestRestInSeconds || tries === mostTries) throw error;
      await rest(restInSeconds * 1000);
      answer = ask();
    }
  }
}
