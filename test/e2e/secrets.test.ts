import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { TableClient, TableServiceClient } from "@azure/data-tables";
import { closeLaptops, oneLink, made, startLaptop, type Laptop } from "./laptop.ts";

/** As Graph makes them, and nothing that appears by chance. */
const canary = "C4N4RY~crosspull.Never-seen_8Q2w";

describe("the secret of a pull identity", () => {
  let laptop: Laptop;
  const answers: string[] = [];
  beforeAll(async () => {
    laptop = await startLaptop("secrets");
    await laptop.control("POST", "/control/next-password", { value: canary });
    // A failed first try of each client that carries it: errors of SDKs hold requests.
    for (const fault of [
      {
        service: "vault",
        operation: "SetSecret",
        nth: 2,
        status: 503,
        body: { error: { code: "ServiceUnavailable", message: "later" } },
      },
      {
        service: "arm",
        operation: "ManagedClusters_ResetServicePrincipalProfile",
        status: 400,
        body: { error: { code: "BadRequest", message: "AADSTS7000215: not known yet" } },
      },
      { service: "registry:fabrikamprod", operation: "*", nth: 2, status: 500 },
    ]) {
      await laptop.control("POST", "/control/faults", fault);
    }
    const keep = globalThis.fetch;
    globalThis.fetch = async (...args) => {
      const response = await keep(...args);
      if (response.url.startsWith(laptop.stack.url)) {
        answers.push(JSON.stringify([...response.headers]), await response.clone().text());
      }
      return response;
    };
    try {
      expect(await laptop.onboard(laptop.link())).toMatchObject({ status: "ready" });
      await fetch(`${laptop.stack.url}/runtime/webhooks/durabletask/instances/`);
    } finally {
      globalThis.fetch = keep;
    }
  });
  afterAll(closeLaptops);

  test("reached the cluster, and was made once", async () => {
    expect(made(await laptop.state(), laptop.env)).toEqual(oneLink);
    const image = `${laptop.env["ACR_LOGIN_SERVER"]}/team/app:v1`;
    expect(
      await laptop.control("POST", "/control/kubelet/pull", { clusterId: laptop.link().cluster, image }),
    ).toMatchObject({ pulled: true });
  });

  /** Plain, and in the encodings it could hide in. */
  const forms = [
    canary,
    encodeURIComponent(canary),
    Buffer.from(canary).toString("base64").replace(/=+$/, ""),
    JSON.stringify(canary).slice(1, -1),
  ];
  const expectAbsent = (where: string, text: string | Buffer) => {
    for (const form of forms) expect({ where, found: text.includes(form) }).toEqual({ where, found: false });
  };

  test("is in no table of the app", async () => {
    const connection = laptop.stack.azurite.connectionString;
    const texts: string[] = [];
    for await (const { name } of TableServiceClient.fromConnectionString(connection, {
      allowInsecureConnection: true,
    }).listTables()) {
      const client = TableClient.fromConnectionString(connection, name ?? "", { allowInsecureConnection: true });
      for await (const row of client.listEntities()) texts.push(JSON.stringify(row));
    }
    expect(texts.length).toBeGreaterThan(1);
    expectAbsent("tables", texts.join("\n"));
  });

  test("is in no log line and in no answer of the API", () => {
    expect(laptop.log.length).toBeGreaterThan(20);
    expect(answers.length).toBeGreaterThan(5);
    expectAbsent("logs", laptop.log.join("\n"));
    expectAbsent("answers", answers.join("\n"));
  });

  test("is in nothing the simulated cloud tells about itself", async () => {
    expectAbsent("dump", JSON.stringify(await laptop.state()));
    expectAbsent("calls", JSON.stringify(await laptop.control("GET", "/control/calls")));
  });

  test("is in no file of the Durable store or of Azurite", () => {
    const folder = join(laptop.stack.stateFile, "..");
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const looked = files.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      expectAbsent(entry.name, readFileSync(file));
      return statSync(file).size;
    });
    expect(looked.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(100_000);
  });

  test("is in no row of the Durable store, where the secret's name and version are", async () => {
    // The host keeps its store to itself while it runs.
    await laptop.stack.host.close();
    const store = new DatabaseSync(laptop.stack.stateFile, { readOnly: true });
    const tables = store.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[];
    const rows = tables.flatMap(({ name }) => store.prepare(`select * from "${name}"`).all());
    store.close();
    const text = JSON.stringify(rows);
    // What rests there of the secret is its name, so the search looks in the right place.
    expect(text).toContain("pull-");
    expectAbsent("rows", text);
  });
});
