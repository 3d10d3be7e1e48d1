import { randomUUID } from "node:crypto";
import type { Reply } from "../kit/contract.ts";
import { html, page } from "../kit/html.ts";
import { declaredPermissions } from "./permissions.ts";
import type { Declined } from "./refusals.ts";
import type { Application } from "./state.ts";

/** `target`: path and query the two buttons post to. */
export function consentPage(
  { application, tenantName, tenantId }: { application: Application; tenantName: string; tenantId: string },
  target: string,
): Reply {
  const { words } = declaredPermissions(application);
  const asks = words.length > 0 ? words : ["Sign in only; this application declares no permission"];
  return {
    status: 200,
    ...page(
      "Permissions requested",
      html`<main class="narrow">
        <p class="faint">Simulated Microsoft Entra ID</p>
        <h1>Permissions requested</h1>
        <p><strong>Review for your organization: ${tenantName}</strong><br /><code>${tenantId}</code></p>
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
        </form>
      </main>`,
    ),
  };
}

/** Asked of no tenant in particular: which administrator is sitting here? */
export function choicePage(
  url: URL,
  tenants: readonly { readonly id: string; readonly name: string; readonly domain: string }[],
): Reply {
  const rest = url.pathname.replace(/^\/[^/]+/, "");
  return {
    status: 200,
    ...page(
      "Pick an account",
      html`<main class="narrow">
        <p class="faint">Simulated Microsoft Entra ID</p>
        <h1>Pick an account</h1>
        <ul>
          ${tenants.map(({ id, name, domain }) => html`<li><a href="/${id}${rest}${url.search}">Administrator of ${name}</a> <span class="faint">admin@${domain}</span></li>`)}
        </ul>
      </main>`,
    ),
  };
}

export function refusedPage({ message }: Declined, now: number): Reply {
  return {
    status: 400,
    ...page(
      "Sign in to your account",
      html`<main class="narrow">
        <p class="faint">Simulated Microsoft Entra ID</p>
        <h1>Sorry, but we're having trouble signing you in.</h1>
        <p>${message}</p>
        <p class="faint">Correlation Id: ${randomUUID()}<br />Timestamp: ${new Date(now).toISOString()}</p>
      </main>`,
    ),
  };
}
