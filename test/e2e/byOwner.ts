import type { Laptop } from "./laptop.ts";

const audiences = {
  ARM_URL: "https://management.azure.com",
  GRAPH_URL: "https://graph.microsoft.com",
  VAULT_URL: "https://vault.azure.net",
} as const;

/** A call of a person who may do everything in that tenant; one that Azure takes its time for is waited for. */
export async function byOwner(
  laptop: Laptop,
  tenant: "TENANT_A" | "TENANT_B",
  service: keyof typeof audiences,
  method: string,
  path: string,
  body?: object,
): Promise<void> {
  const { env } = laptop;
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: env["CLIENT_ID"] ?? "",
    client_secret: env["CLIENT_SECRET"] ?? "",
    scope: `${audiences[service]}/.default`,
  });
  const signedIn = await fetch(`${env["ENTRA_URL"]}/${env[tenant]}/oauth2/v2.0/token`, { method: "POST", body: form });
  const { access_token: token } = (await signedIn.json()) as { access_token: string };
  const answer = await fetch(`${env[service]}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  expect([200, 202, 204]).toContain(answer.status);
  const operation = answer.headers.get("azure-asyncoperation");
  while (operation !== null) {
    const look = await fetch(operation, { headers: { authorization: `Bearer ${token}` } });
    const { status } = (await look.json()) as { status: string };
    if (status === "Succeeded") return;
    expect(status).toBe("InProgress");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
