/** Rows in Azure Tables, whole values as JSON, guarded by ETags. The only user of the tables SDK. */
import type { TableClient, TableEntityResult } from "@azure/data-tables";
import { TransientError } from "../domain/errors.ts";
import type { Secret } from "../domain/secret.ts";
import { withUpdates, type Filter, type Row, type Shape, type Table, type Term } from "./table.ts";

/** Where the tables are: behind a connection string (Azurite, account keys), or an endpoint that knows our identity. */
export type TableSettings = {
  readonly prefix: string;
  readonly storage:
    | { readonly kind: "connectionString"; readonly connectionString: Secret }
    /** `clientId`: the managed identity to use; null means the developer at the Azure CLI. */
    | { readonly kind: "identity"; readonly tableServiceUri: string; readonly clientId: string | null };
};

type Entity = { readonly json: string; readonly schema?: number };

/** The first two digits of the id: a table of 100,000 rows has some 400 in each partition. */
export function partitionOf(id: string): string {
  return id.slice(0, 2);
}

/** Opens the table once, at the first call; what failed is tried anew by the next. */
function connecting(settings: TableSettings, name: string): () => Promise<TableClient> {
  let connected: Promise<TableClient> | undefined;
  return () => {
    connected ??= open(settings, `${settings.prefix}${name}`).catch((error: unknown) => {
      connected = undefined;
      throw error;
    });
    return connected;
  };
}

export function table<T extends object>(settings: TableSettings, name: string, shape: Shape<T>): Table<T> {
  const connect = connecting(settings, name);
  const asking = async <R>(expected: readonly number[], work: (client: TableClient) => Promise<R>) =>
    unless(expected, `use the table ${name}`, async () => work(await connect()));
  const entity = (id: string, value: T) => entityOf(id, value, shape);
  const parse = (found: Entity): T => valueOf(found, shape);

  return withUpdates<T>(
    name,
    {
      async read(id): Promise<Row<T> | undefined> {
        const found = await asking([404], (client) => client.getEntity<Entity>(partitionOf(id), id));
        return found && { value: parse(found), etag: found.etag };
      },
      async replace(id, value, etag) {
        const answer = await asking([404, 412], (client) =>
          client.updateEntity(entity(id, value), "Replace", { etag }),
        );
        return answer && (answer.etag ?? "");
      },
      async insert(id, value) {
        const answer = await asking([409], (client) => client.createEntity(entity(id, value)));
        return answer && (answer.etag ?? "");
      },
      async remove(id, etag = "*") {
        const answer = await asking([404, 412], (client) => client.deleteEntity(partitionOf(id), id, { etag }));
        return answer !== undefined;
      },
      async page(filter, size, token) {
        const found = await asking([], (client) => pageOf(client, filter, size, token));
        return { items: (found ?? []).map(parse), next: found?.continuationToken ?? null };
      },
    },
    shape.owner,
  );
}

function entityOf<T>(id: string, value: T, { columns, version }: Shape<T>) {
  return {
    partitionKey: partitionOf(id),
    rowKey: id,
    ...columns(value),
    schema: version,
    json: JSON.stringify(value),
  };
}

function valueOf<T>({ json, schema }: Entity, { version, upgrade }: Shape<T>): T {
  const value: unknown = JSON.parse(json);
  return schema === version ? (value as T) : upgrade(value, schema ?? 0);
}

type EntityPage = TableEntityResult<Entity>[] & { readonly continuationToken?: string };

async function pageOf(
  client: TableClient,
  filter: Filter,
  size: number,
  token: string | undefined,
): Promise<EntityPage | undefined> {
  const pages = client
    .listEntities<Entity>({ queryOptions: { filter: queryOf(filter) } })
    .byPage({ maxPageSize: size, ...(token ? { continuationToken: token } : {}) });
  const { value } = (await pages.next()) as { readonly value?: EntityPage };
  return value;
}

/** OData over columns; all of the table when nothing is asked. */
function queryOf(filter: Filter): string {
  return Object.entries(filter)
    .map(([column, term]) => condition(column, term))
    .join(" and ");
}

function condition(column: string, term: Term): string {
  if (typeof term === "string") return `${column} eq ${quoted(term)}`;
  return "le" in term ? `${column} le ${quoted(term.le)}` : `${column} ge ${quoted(term.ge)}`;
}

/** OData doubles a quote inside a quoted text. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

async function open({ storage }: TableSettings, name: string): Promise<TableClient> {
  const { TableClient } = await import("@azure/data-tables");
  if (storage.kind === "connectionString") {
    const text = storage.connectionString.reveal();
    return created(TableClient.fromConnectionString(text, name, { allowInsecureConnection: true }));
  }
  const { AzureCliCredential, ManagedIdentityCredential } = await import("@azure/identity");
  const { clientId, tableServiceUri } = storage;
  const credential = clientId === null ? new AzureCliCredential() : new ManagedIdentityCredential({ clientId });
  return created(new TableClient(tableServiceUri, name, credential));
}

async function created(client: TableClient): Promise<TableClient> {
  await unless([409], "create a table", () => client.createTable());
  return client;
}

/** An expected refusal as undefined, what passes as TransientError, anything else as it is. */
async function unless<R>(expected: readonly number[], what: string, work: () => Promise<R>): Promise<R | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TransientError) throw error;
    const { statusCode, code, name } = error as { statusCode?: number; code?: string; name?: string };
    if (statusCode !== undefined && expected.includes(statusCode)) return undefined;
    const isCut =
      statusCode === undefined && (name === "RestError" || /^(ECONN|ENOTFOUND|ETIMEDOUT|EPIPE)/.test(code ?? ""));
    if (isCut || statusCode === 408 || statusCode === 429 || (statusCode ?? 0) >= 500)
      throw new TransientError(`could not ${what} now: ${statusCode ?? code ?? "no answer"}`);
    throw error;
  }
}
