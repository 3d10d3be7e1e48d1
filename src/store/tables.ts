/** Rows in Azure Tables, whole values as JSON, guarded by ETags. The only user of the tables SDK. */
import type { TableClient, TableEntityResult } from "@azure/data-tables";
import type { Secret } from "../domain/secret.ts";

/** Where the tables are: behind a connection string (Azurite, account keys), or an endpoint that knows our identity. */
export type TableSettings = {
  readonly prefix: string;
  readonly storage:
    | { readonly kind: "connectionString"; readonly connectionString: Secret }
    /** `clientId`: the managed identity to use; null means the developer at the Azure CLI. */
    | { readonly kind: "identity"; readonly tableServiceUri: string; readonly clientId: string | null };
};

export type Row<T> = { readonly value: T; readonly etag: string };
export type Page<T> = { readonly items: readonly T[]; readonly next: string | null };
export type Filter = Readonly<Record<string, string>>;

/** One table of values by id. Ids are hex digits; `columns` are copied out of the value so that lists can filter by them. */
export interface Table<T> {
  read(id: string): Promise<Row<T> | undefined>;
  /** False when the id exists. */
  insert(id: string, value: T): Promise<boolean>;
  /** False when the row has changed or gone since `etag`. */
  replace(id: string, value: T, etag: string): Promise<boolean>;
  /** Reads, changes, replaces, and does it again when somebody else was faster. undefined when there is no such row. */
  update(id: string, change: (value: T) => T): Promise<T | undefined>;
  /** Already gone is success. */
  remove(id: string): Promise<void>;
  /** `size` is at most 1,000; `token` is the `next` of the page before. */
  page(filter: Filter, size: number, token: string | undefined): Promise<Page<T>>;
}

type Entity = { readonly json: string };
const partition = "crosspull";
const tries = 8;

export function table<T>(settings: TableSettings, name: string, columns: (value: T) => Filter): Table<T> {
  let connected: Promise<TableClient> | undefined;
  const connect = (): Promise<TableClient> => {
    connected ??= open(settings, `${settings.prefix}${name}`).catch((error: unknown) => {
      connected = undefined;
      throw error;
    });
    return connected;
  };
  const entity = (id: string, value: T) => ({
    partitionKey: partition,
    rowKey: id,
    ...columns(value),
    json: JSON.stringify(value),
  });
  const parse = ({ json }: Entity): T => JSON.parse(json) as T;

  const read = async (id: string): Promise<Row<T> | undefined> => {
    const client = await connect();
    const found = await unless(404, client.getEntity<Entity>(partition, id));
    return found && { value: parse(found), etag: found.etag };
  };
  const replace = async (id: string, value: T, etag: string): Promise<boolean> => {
    const client = await connect();
    return (await unless([404, 412], client.updateEntity(entity(id, value), "Replace", { etag }))) !== undefined;
  };
  return {
    read,
    replace,
    async insert(id, value) {
      const client = await connect();
      return (await unless(409, client.createEntity(entity(id, value)))) !== undefined;
    },
    async update(id, change) {
      for (let attempt = 1; attempt <= tries; attempt++) {
        const row = await read(id);
        if (!row) return undefined;
        const value = change(row.value);
        if (await replace(id, value, row.etag)) return value;
      }
      throw new Error(`row ${id} of table ${name} kept changing: ${tries} attempts to write it were overtaken`);
    },
    async remove(id) {
      const client = await connect();
      await unless(404, client.deleteEntity(partition, id));
    },
    async page(filter, size, token) {
      const client = await connect();
      const terms = Object.entries({ PartitionKey: partition, ...filter }).map(
        ([key, value]) => `${key} eq ${quoted(value)}`,
      );
      const pages = client
        .listEntities<Entity>({ queryOptions: { filter: terms.join(" and ") } })
        .byPage({ maxPageSize: size, ...(token ? { continuationToken: token } : {}) });
      const { value: found } = (await pages.next()) as {
        value?: TableEntityResult<Entity>[] & { continuationToken?: string };
      };
      return { items: (found ?? []).map(parse), next: found?.continuationToken ?? null };
    },
  };
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
  await unless(409, client.createTable());
  return client;
}

/** An expected refusal as undefined, anything else as it is. */
async function unless<R>(status: number | readonly number[], answer: Promise<R>): Promise<R | undefined> {
  try {
    return await answer;
  } catch (error) {
    const code = (error as { statusCode?: number }).statusCode;
    if (code !== undefined && [status].flat().includes(code)) return undefined;
    throw error;
  }
}
