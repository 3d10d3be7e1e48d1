import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { visit } from "../../local/simulate/browser.ts";

/** A page that answers as told, request by request; tells what was asked. */
async function page(...answers: readonly RequestListener[]) {
  const left = [...answers];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    left.shift()?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked, close: () => new Promise((resolve) => server.close(resolve)) };
}

const form: RequestListener = (_request, response) => response.end(`<form method="post" action="/decide">`);
const sentBack: RequestListener = (_request, response) => response.writeHead(302, { location: "/" }).end();
const cut: RequestListener = (request) => request.socket.destroy();
const down: RequestListener = (_request, response) => response.writeHead(503).end();
const right = { account: "administrator", decision: "accept", leaves: true } as const;

test("a person opens the consent page again where it does not come, or the button has no answer", async () => {
  const { url, asked, close } = await page(down, cut, form, cut, form, sentBack);
  await visit(`${url}/consent`, right);
  const opened = "GET /consent?account=administrator";
  expect(asked).toEqual([opened, opened, opened, "POST /decide", opened, "POST /decide"]);
  await close();
});

test("a person gives up on a page that never comes", async () => {
  const { url, asked, close } = await page(...Array.from({ length: 20 }, () => down));
  await expect(visit(`${url}/consent`, right)).rejects.toThrow("the consent page answered 503");
  expect(asked).toHaveLength(11);
  await close();
});
