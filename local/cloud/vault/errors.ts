import type { Reply } from "../kit/contract.ts";

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

export function deletedButRecoverable(name: string): Reply {
  return vaultError(
    409,
    "Conflict",
    `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the ` +
      "secret can only be recovered or purged.",
    "ObjectIsDeletedButRecoverable",
  );
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

export function forbidden(caller: string, action: string, resource: string, vault: string, location: string): Reply {
  return vaultError(
    403,
    "Forbidden",
    "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role " +
      "definitions were changed recently, please observe propagation time.\r\n" +
      `Caller: ${caller}\r\nAction: '${action}'\r\nResource: '${resource}'\r\nAssignment: (not found)\r\n` +
      `DenyAssignmentId: null\r\nDecisionReason: null \r\nVault: ${vault};location=${location}\r\n`,
    "ForbiddenByRbac",
  );
}
