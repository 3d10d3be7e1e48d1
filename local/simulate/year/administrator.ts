/** What an administrator's command line does in a tenant, by Azure's own protocols. */
export async function deletePrincipal(
  env: Readonly<Record<string, string>>,
  tenantId: string,
  appId: string,
): Promise<void> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: env["CLIENT_ID"] ?? "",
    client_secret: env["CLIENT_SECRET"] ?? "",
    scope: "https://graph.microsoft.com/.default",
  });
  const token = await fetch(`${env["ENTRA_URL"]}/${tenantId}/oauth2/v2.0/token`, { method: "POST", body: form });
  const signedIn = (await token.json()) as { readonly access_token?: string; readonly error_description?: string };
  if (signedIn.access_token === undefined)
    throw new Error(`the administrator cannot sign in to ${tenantId}: ${signedIn.error_description ?? ""}`);
  const headers = { authorization: `Bearer ${signedIn.access_token}` };
  const url = `${env["GRAPH_URL"]}/v1.0/servicePrincipals(appId='${appId}')`;
  const answer = await fetch(url, { method: "DELETE", headers });
  if (!answer.ok) throw new Error(`DELETE ${url} answered ${answer.status}: ${await answer.text()}`);
}
