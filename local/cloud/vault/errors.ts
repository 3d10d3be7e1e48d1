import type { Principal, Reply } from "../kit/contract.ts";

/** Key Vault's envelope. */
export function vaultError(status: number, code: string, message: string, inner?: string): Reply {
  return { status, body: { error: { code, message, ...(inner && { innererror: { code: inner } }) } } };
}

export function notFound(name: string, version?: string): Reply {
  const what = version ? `${name}/${version}` : name;
  return vaultError(
    404,
    "SecretNotFound",
    `A secret with (name/id) ${what} was not found in this key vault. If you recently deleted this secret you may be ` +
      "able to recover it using the correct recovery command. For help resolving this issue, please see " +
      "https://go.microsoft.com/fwlink/?linkid=2125182",
  );
}

/** Why a name cannot be used now. */
export type Conflict = "beingDeleted" | "deleted" | "beingRecovered";

const conflicts = {
  beingDeleted: { inner: "ObjectIsBeingDeleted", words: "is currently being deleted." },
  beingRecovered: {
    inner: "ObjectIsBeingRecovered",
    words: "is currently being recovered and cannot be re-created; retry later.",
  },
  deleted: {
    inner: "ObjectIsDeletedButRecoverable",
    words:
      "is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can " +
      "only be recovered or purged.",
  },
} as const satisfies Record<Conflict, { readonly inner: string; readonly words: string }>;

export function conflict(name: string, why: Conflict): Reply {
  const { inner, words } = conflicts[why];
  return vaultError(409, "Conflict", `Secret ${name} ${words}`, inner);
}

export function badParameter(message: string): Reply {
  return vaultError(400, "BadParameter", message);
}

/** 401 with where to sign in and for what: clients learn both from here. */
export function challenge(entraUrl: string, tenantId: string, message: string): Reply {
  return {
    ...vaultError(401, "Unauthorized", message),
    headers: {
      "www-authenticate": `Bearer authorization="${entraUrl}/${tenantId}", resource="https://vault.azure.net"`,
    },
  };
}

interface Place {
  readonly name: string;
  readonly location: string;
}

function callerIn({ appId, objectId, tenantId }: Principal): string {
  return `appid=${appId};oid=${objectId};iss=https://sts.windows.net/${tenantId}/`;
}

export function forbiddenByRbac(caller: Principal, action: string, scope: string, { name, location }: Place): Reply {
  return vaultError(
    403,
    "Forbidden",
    "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role " +
      "definitions were changed recently, please observe propagation time.\r\n" +
      `Caller: ${callerIn(caller)}\r\nAction: '${action}'\r\nResource: '${scope}'\r\nAssignment: (not found)\r\n` +
      `DenyAssignmentId: null\r\nDecisionReason: null \r\nVault: ${name};location=${location}\r\n`,
    "ForbiddenByRbac",
  );
}

export function forbiddenByPolicy(caller: Principal, permission: string, { name, location }: Place): Reply {
  return vaultError(
    403,
    "Forbidden",
    `The user, group or application '${callerIn(caller)}' does not have secrets ${permission} permission on key vault ` +
      `'${name};location=${location}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`,
    "ForbiddenByPolicy",
  );
}

export function forbiddenByFirewall(caller: Principal, address: string, { name, location }: Place): Reply {
  return vaultError(
    403,
    "Forbidden",
    `Client address is not authorized and caller is not a trusted service.\r\nClient address: ${address}\r\n` +
      `Caller: ${callerIn(caller)}\r\nVault: ${name};location=${location}`,
    "ForbiddenByFirewall",
  );
}

export function forbiddenByConnection(caller: Principal, address: string, { name, location }: Place): Reply {
  return vaultError(
    403,
    "Forbidden",
    "Public network access is disabled and request is not from a trusted service nor via an approved private link.\r\n" +
      `Client address: ${address}\r\nCaller: ${callerIn(caller)}\r\nVault: ${name};location=${location}`,
    "ForbiddenByConnection",
  );
}

/** Azure Policy with the effect deny. */
export function deniedByPolicy(name: string, policy: string): Reply {
  return vaultError(403, "Forbidden", `Secret ${name} is disallowed by policy: '${policy}'.`, "ForbiddenByPolicy");
}

export function purgeProtected({ name, location }: Place): Reply {
  return vaultError(
    403,
    "Forbidden",
    'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will ' +
      `automatically purge it after the retention period has passed.\r\nVault: ${name};location=${location}`,
  );
}
