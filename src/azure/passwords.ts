import type { Application, PasswordCredential, ServicePrincipal } from "@microsoft/microsoft-graph-types";
import { TransientError } from "../domain/errors.ts";
import type { Password } from "../domain/passwords.ts";
import { Secret } from "../domain/secret.ts";
import { asking } from "./asking.ts";
import type { Directory, PasswordList, Refused } from "./clients.ts";
import { isForbidden, type Failure } from "./errors.ts";
import { goneEverywhere, isPassing } from "./graph.ts";
import { guid } from "./guid.ts";
import type { AskRest } from "./rest.ts";

const youngInMs = 5 * 60_000;
/** In our words, since an answer that may hold a password is never quoted. */
const said: Readonly<Record<string, Refused<"policy" | "tooLong" | "dates">>> = {
  CredentialTypeNotAllowedAsPerAppPolicy: {
    outcome: "policy",
    code: "CredentialTypeNotAllowedAsPerAppPolicy",
    detail: "an app management policy of the tenant forbids passwords",
  },
  CredentialInvalidLifetimeAsPerAppPolicy: {
    outcome: "tooLong",
    code: "CredentialInvalidLifetimeAsPerAppPolicy",
    detail: "an app management policy of the tenant forbids passwords that live so long",
  },
  KeyCredentialsInvalidEndDate: {
    outcome: "dates",
    code: "KeyCredentialsInvalidEndDate",
    detail: "the end of the password is not after now",
  },
  KeyCredentialsInvalidStartDate: {
    outcome: "dates",
    code: "KeyCredentialsInvalidStartDate",
    detail: "the start of the password is not one that the directory takes",
  },
};
type Passwords = Pick<Directory, "listPasswords" | "listPrincipalPasswords" | "addPassword" | "removePassword">;

export function passwords(graph: AskRest): Passwords {
  return {
    listPasswords: (tenantId, applicationObjectId, { orNone } = { orNone: false }) => {
      const of = ofApplication(guid(applicationObjectId));
      return orNone ? listOrNone(graph, tenantId, of) : list(graph, tenantId, of);
    },

    listPrincipalPasswords: async (tenantId, appId) => {
      const of = {
        path: `/v1.0/servicePrincipals(appId='${guid(appId)}')`,
        whose: `the service principal of ${appId}`,
      };
      return (await listOrNone(graph, tenantId, of)).passwords;
    },

    async addPassword(tenantId, applicationObjectId, password) {
      const id = guid(applicationObjectId);
      const answer = await add(graph, tenantId, id, password);
      if (answer.outcome !== "young") return answer;
      // A new application's owner is not known to every replica at once: until then we may not change what we made.
      if (await isYoung(graph, tenantId, id)) {
        throw new TransientError(`could not add a password to the application ${id} now: it is new (${answer.code})`);
      }
      return { ...answer, outcome: "forbidden" };
    },

    removePassword: removing(graph),
  };
}

function removing(graph: AskRest): Directory["removePassword"] {
  return async (tenantId, applicationObjectId, keyId) => {
    const id = guid(applicationObjectId);
    const key = guid(keyId);
    await asking(
      { what: `remove password ${key} from the application ${id}`, repeatable: true, passing: isConflict },
      async (signal) => {
        const to = `/v1.0/applications/${id}/removePassword`;
        await graph(tenantId, { method: "POST", to, body: { keyId: key }, signal });
      },
      // Gone already, or not seen by this replica: what is so is read below.
      ({ status, detail }) =>
        status === 404 || (status === 400 && /no password credential found/i.test(detail)) ? null : undefined,
    );
    const isThere = async (): Promise<boolean> => {
      const { passwords: found } = await listOrNone(graph, tenantId, ofApplication(id));
      return found.some((one) => one.keyId === key.toLowerCase());
    };
    if (await goneEverywhere(isThere)) return { outcome: "removed" };
    return { outcome: "notYet", detail: `the application ${id} still shows the password ${key}` };
  };
}

function isConflict({ code }: Failure): boolean {
  return code === "Directory_ConcurrencyViolation";
}

function isYoung(graph: AskRest, tenantId: string, id: string): Promise<boolean> {
  return asking({ what: `look at the application ${id}`, repeatable: true, passing: isPassing }, async (signal) => {
    const to = `/v1.0/applications/${id}?$select=createdDateTime`;
    const { createdDateTime } = (await graph(tenantId, { method: "GET", to, signal })).body as Application;
    return createdDateTime ? Date.now() - new Date(createdDateTime).getTime() < youngInMs : false;
  });
}

type Added = Awaited<ReturnType<Directory["addPassword"]>>;

function add(
  graph: AskRest,
  tenantId: string,
  id: string,
  { displayName, expiresAt }: { readonly displayName: string; readonly expiresAt: string },
): Promise<Added | Refused<"young">> {
  return asking<Added, Added | Refused<"young">>(
    // After 500, 503 or 504 the password may be there: repeating would leave a second one nobody knows.
    { what: `add a password to the application ${id}`, repeatable: false, bringsSecret: true, passing: isPassing },
    async (signal) => {
      const body = { passwordCredential: { displayName, endDateTime: expiresAt } };
      const to = `/v1.0/applications/${id}/addPassword`;
      const added = (await graph(tenantId, { method: "POST", to, body, signal })).body as PasswordCredential;
      if (!added.secretText) throw new Error("Graph answered without its value");
      const { keyId, expiresAt: until } = passwordOf(added);
      return { outcome: "added", keyId, value: new Secret(added.secretText), expiresAt: until };
    },
    (failure) => {
      const { code } = failure;
      const known = said[code];
      if (known) return known;
      const detail =
        "our identity does not own the application, or lacks the Graph permission Application.ReadWrite.OwnedBy";
      if (failure.status === 403 && code === "Authorization_RequestDenied") return { outcome: "young", code, detail };
      return isForbidden(failure) ? { outcome: "forbidden", code, detail } : undefined;
    },
  );
}

/** Whose passwords are listed. */
type Listed = { readonly path: string; readonly whose: string };

function ofApplication(id: string): Listed {
  return { path: `/v1.0/applications/${id}`, whose: `the application ${id}` };
}

function list(graph: AskRest, tenantId: string, of: Listed): Promise<PasswordList> {
  const what = `list the passwords of ${of.whose}`;
  return asking({ what, repeatable: true, passing: isPassing }, (signal) => read(graph, tenantId, of, signal));
}

/** What is not there has no passwords. */
function listOrNone(graph: AskRest, tenantId: string, of: Listed): Promise<PasswordList> {
  return asking(
    { what: `list the passwords of ${of.whose}`, repeatable: true },
    (signal) => read(graph, tenantId, of, signal),
    ({ status }) => (status === 404 ? { passwords: [], readAt: new Date().toISOString() } : undefined),
  );
}

async function read(graph: AskRest, tenantId: string, { path }: Listed, signal: AbortSignal): Promise<PasswordList> {
  const { body, at } = await graph(tenantId, { method: "GET", to: `${path}?$select=passwordCredentials`, signal });
  const { passwordCredentials } = body as Application | ServicePrincipal;
  return { passwords: (passwordCredentials ?? []).map(passwordOf), readAt: at ?? new Date().toISOString() };
}

function passwordOf({ keyId, displayName, startDateTime, endDateTime }: PasswordCredential): Password {
  if (!keyId || !endDateTime) throw new Error("Graph answered with a password without its key id or end");
  return {
    keyId: keyId.toLowerCase(),
    displayName: displayName ?? "",
    startsAt: startDateTime ? new Date(startDateTime).toISOString() : null,
    expiresAt: new Date(endDateTime).toISOString(),
  };
}
