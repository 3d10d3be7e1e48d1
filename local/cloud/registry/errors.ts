import type { Reply } from "../kit/contract.ts";

/** The registry's own error form, which is not ARM's. */
export function registryError(
  status: number,
  code: string,
  message: string,
  options: { readonly detail?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): Reply {
  const { detail, headers = {} } = options;
  return {
    status,
    headers: { "docker-distribution-api-version": "registry/2.0", ...headers },
    body: { errors: [{ code, message, ...(detail !== undefined && { detail }) }] },
  };
}

export interface Need {
  readonly type: "repository" | "registry";
  readonly name: string;
  readonly action: string;
}

/** What pages elsewhere may read of an answer. */
const exposed = "Docker-Content-Digest, WWW-Authenticate, Link, X-Ms-Correlation-Request-Id";

/** No space after a comma: clients split the header at spaces. `isShort`: there was a token, but not for this. */
export function challenge(loginServer: string, need?: Need, isShort = false): Reply {
  const scope = need ? `,scope="${need.type}:${need.name}:${need.action}"` : "";
  const error = isShort ? ',error="insufficient_scope"' : "";
  return registryError(401, "UNAUTHORIZED", "authentication required", {
    ...(need && { detail: [{ Type: need.type, Name: need.name, Action: need.action }] }),
    headers: {
      "access-control-expose-headers": exposed,
      "www-authenticate": `Bearer realm="https://${loginServer}/oauth2/token",service="${loginServer}"${scope}${error}`,
    },
  });
}

/** After a wrong user name or password that came with the request itself. */
export function basicChallenge(): Reply {
  return registryError(401, "UNAUTHORIZED", "authentication required", {
    headers: { "www-authenticate": 'Basic realm="Azure Container Registry"' },
  });
}

export function networkDenied(address: string): Reply {
  return registryError(
    403,
    "DENIED",
    `client with IP '${address}' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.`,
  );
}

/** A locked repository, tag or manifest. */
export function disallowed(): Reply {
  return registryError(
    405,
    "REGISTRY_DISALLOWED_OPERATION",
    "The operation is disallowed on this registry, repository or image. View troubleshooting steps at https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation",
    { detail: {} },
  );
}
