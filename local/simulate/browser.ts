/** What a person does at Microsoft's consent page: who they say they are, and the button they press. */
export interface Visit {
  readonly account: "administrator" | "guest" | "user" | "cancel" | "restricted";
  readonly decision: "accept" | "request" | "return";
  /** Closes the window before it goes back to the app. */
  readonly leaves?: boolean;
}

const mostReloads = 10;

/** A page that did not come is opened again: people reload. */
export async function visit(page: string, how: Visit): Promise<void> {
  for (let reloads = 0; ; reloads += 1) {
    try {
      return await visitOnce(page, how);
    } catch (error) {
      if (reloads >= mostReloads) throw error;
    }
  }
}

/** Opens the page, says who is there, decides where there is something to decide, and goes where the page sends a browser. */
async function visitOnce(page: string, { account, decision, leaves = false }: Visit): Promise<void> {
  const address = new URL(page);
  address.searchParams.set("account", account);
  const opened = await shown(await fetch(address, { redirect: "manual" }));
  const form = /<form method="post" action="([^"]+)"/.exec(opened.text)?.[1];
  const left = form === undefined ? opened : await pressed(new URL(form.replaceAll("&amp;", "&"), page), decision);
  if (left.location !== null && !leaves) await (await fetch(left.location)).arrayBuffer();
}

async function pressed(target: URL, decision: Visit["decision"]): Promise<Page> {
  return shown(await fetch(target, { method: "POST", body: new URLSearchParams({ decision }), redirect: "manual" }));
}

interface Page {
  readonly text: string;
  readonly location: string | null;
}

async function shown(answer: Response): Promise<Page> {
  const text = await answer.text();
  if (answer.status >= 500) throw new Error(`the consent page answered ${answer.status}: ${text}`);
  return { text, location: answer.headers.get("location") };
}
