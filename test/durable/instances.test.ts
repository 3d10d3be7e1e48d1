/** The Durable client as an invocation gets it, over a stand-in for the extension's HTTP API. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { InvocationContext } from "@azure/functions";
import { TransientError } from "../../src/domain/errors.ts";
import { wake } from "../../src/durable/calls.ts";
import { durableClient } from "../../src/durable/input.ts";
import { instancesOf } from "../../src/durable/instances.ts";
import { onboardLink } from "../../src/orchestrators/onboardLink.ts";

let server: Server;
/** What the extension answers: to a look, and to anything else. */
let answers = { look: 500, act: 500 };
let told: { readonly lastUpdatedTime?: string } = {};
const running = {
  name: "onboardLink",
  instanceId: "x",
  createdTime: "2026-01-01T00:00:00Z",
  lastUpdatedTime: "2026-01-01T00:00:00Z",
  input: null,
  output: null,
  runtimeStatus: "Running",
  customStatus: null,
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const status = request.method === "GET" ? answers.look : answers.act;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(
      status === 200
        ? JSON.stringify({ ...running, ...told })
        : JSON.stringify({ Message: "a row was not found (404)" }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => server.close());

function opened() {
  const rpcBaseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/durabletask/`;
  const data = { taskHubName: "hub", creationUrls: {}, managementUrls: {}, rpcBaseUrl };
  const context = { options: { extraInputs: [durableClient] }, extraInputs: { get: () => data } };
  return instancesOf(context as unknown as InvocationContext);
}

const input = {} as never;

test("an instance that is not there is none", async () => {
  answers = { look: 404, act: 404 };
  expect(await opened().state("x")).toBeUndefined();
  await expect(opened().wake("x", wake("knock"))).resolves.toBeUndefined();
});

test("an instance of the same name that runs already stands", async () => {
  answers = { look: 200, act: 409 };
  expect(await opened().start(onboardLink, "x", input)).toMatchObject({ started: false, state: { running: true } });
});

test("an instance says when it last changed; one that does not say it has no such instant", async () => {
  answers = { look: 200, act: 200 };
  expect(await opened().state("x")).toMatchObject({ running: true, changedAt: "2026-01-01T00:00:00.000Z" });
  told = { lastUpdatedTime: "soon" };
  expect(await opened().state("x")).toMatchObject({ running: true, changedAt: null });
  told = {};
});

test("a Durable extension that does not answer passes, and is not taken for one that has no such instance", async () => {
  answers = { look: 500, act: 500 };
  for (const work of [
    () => opened().state("x"),
    () => opened().start(onboardLink, "x", input),
    () => opened().wake("x", wake("knock")),
  ]) {
    await expect(work()).rejects.toThrow(TransientError);
  }
});
