/** What a person does at Microsoft's consent page: who they say they are, and the button they press. */
export interface Visit {
  readonly account: "administrator" | "guest" | "user" | "cancel" | "restricted";
  readonly decision: "accept" | "request" | "return";
  /** Closes the window before it goes back to the app. */
  readonly leaves?: boolean;
}

/** Opens the page, says who is there, decides where there is something to decide, and goes where the page sends a browser. */
export async function visit(page: string, { account, decision, leaves = false }: Visit): Promise<void> {
  const address = new URL(page);
  address.searchParams.set("account", account);
  const opened = await fetch(address, { redirect: "manual" });
  const text = await opened.text();
  const form = /<form method="post" action="([^"]+)"/.exec(text)?.[1];
  const left = form === undefined ? opened : await pressed(new URL(form.replaceAll("&amp;", "&"), page), decision);
  const back = left.headers.get("location");
  if (back !== null && !leaves) await (await fetch(back)).arrayBuffer();
}

async function pressed(target: URL, decision: Visit["decision"]): Promise<Response> {
  const answer = await fetch(target, { method: "POST", body: new URLSearchParams({ decision }), redirect: "manual" });
  await answer.arrayBuffer();
  return answer;
}
