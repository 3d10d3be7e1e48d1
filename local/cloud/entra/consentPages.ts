import { randomUUID } from "node:crypto";
import type { Reply } from "../kit/contract.ts";
import { html, page, type Html } from "../kit/html.ts";
import type { Account } from "./consentAccounts.ts";
import { declaredPermissions } from "./permissions.ts";
import type { Declined } from "./refusals.ts";
import type { Application } from "./state.ts";

/** A page of the sign-in service. `heading`: where it is not the title. */
function signInPage(
  title: string,
  content: Html,
  { status = 200, heading = title }: { readonly status?: number; readonly heading?: string } = {},
): Reply {
  const body = html`<main class="narrow">
    <p class="faint">Simulated Microsoft Entra ID</p>
    <h1>${heading}</h1>
    ${content}
  </main>`;
  return { status, ...page(title, body) };
}

/** `target`: path and query the two buttons post to. */
export function consentPage(
  { application, tenantName, tenantId }: { application: Application; tenantName: string; tenantId: string },
  target: string,
): Reply {
  const { words } = declaredPermissions(application);
  const asks = words.length > 0 ? words : ["Sign in only; this application declares no permission"];
  return signInPage(
    "Permissions requested",
    html`<p><strong>Review for your organization: ${tenantName}</strong><br /><code>${tenantId}</code></p>
      <p>
        <strong>${application.displayName}</strong><br /><span class="faint"
          >unverified; application id <code>${application.appId}</code></span
        >
      </p>
      <p>This application would like to:</p>
      <ul>
        ${asks.map((one) => html`<li>${one}</li>`)}
      </ul>
      <p class="faint">
        If you accept, this application gets these permissions for all users in your organization, and a service
        principal in it.
      </p>
      <form method="post" action="${target}">
        <button class="primary" type="submit" name="decision" value="accept">Accept</button>
        <button type="submit" name="decision" value="cancel">Cancel</button>
      </form>`,
  );
}

/** Asked of no tenant in particular: which administrator is sitting here? */
export function choicePage(
  url: URL,
  tenants: readonly { readonly id: string; readonly name: string; readonly domain: string }[],
): Reply {
  const rest = url.pathname.replace(/^\/[^/]+/, "");
  return signInPage(
    "Pick an account",
    html`<ul>
      ${tenants.map(({ id, name, domain }) => html`<li><a href="/${id}${rest}${url.search}">Administrator of ${name}</a> <span class="faint">admin@${domain}</span></li>`)}
    </ul>`,
  );
}

interface AtTenant {
  readonly application: Application;
  readonly tenantName: string;
}

/** Who is sitting here? Each is a link back to the same page. */
export function accountPage({ tenantName }: AtTenant, url: URL, accounts: readonly Account[]): Reply {
  const address = (account: Account): string => {
    const query = new URLSearchParams(url.search);
    query.set("account", account);
    return `${url.pathname}?${query.toString()}`;
  };
  return signInPage(
    "Pick an account",
    html`<ul>
      ${accounts.map((one) => html`<li><a href="${address(one)}">${accountWords(one, tenantName)}</a></li>`)}
    </ul>`,
  );
}

function accountWords(account: Account, tenant: string): string {
  return {
    administrator: `Administrator of ${tenant}`,
    guest: "Guest: an account of another company",
    user: `User of ${tenant} who may not consent`,
    cancel: "Cancel",
    restricted: `Administrator of ${tenant}, from a network with tenant restrictions`,
  }[account];
}

/** What a user without the right sees. `target`: path and query the buttons post to. */
export function approvalPage({ application, tenantName }: AtTenant, target: string): Reply {
  return signInPage(
    "Need admin approval",
    html`<p>
        <strong>${application.displayName}</strong> needs permission to access resources in ${tenantName} that only an
        admin can grant. Please ask an admin to grant permission to this app before you can use it.
      </p>
      <form method="post" action="${target}">
        <button class="primary" type="submit" name="decision" value="request">Request approval</button>
        <button type="submit" name="decision" value="return">Return to the application without granting consent</button>
      </form>`,
  );
}

export function requestedPage({ application }: AtTenant): Reply {
  return signInPage(
    "Request sent",
    html`<p>
      Your admin has been told that you ask for <strong>${application.displayName}</strong>. You can close this page.
    </p>`,
  );
}

export function refusedPage({ message }: Declined, now: number): Reply {
  return signInPage(
    "Sign in to your account",
    html`<p>${message}</p>
      <p class="faint">Correlation Id: ${randomUUID()}<br />Timestamp: ${new Date(now).toISOString()}</p>`,
    { status: 400, heading: "Sorry, but we're having trouble signing you in." },
  );
}
