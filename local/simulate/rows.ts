import { TableClient } from "@azure/data-tables";

/** A cluster that an operation of the app's holds for itself alone. */
export interface ClaimRow {
  readonly operation: string;
}

/** As the rows of the app's clusters say. */
export async function claimsIn(connectionString: string): Promise<readonly ClaimRow[]> {
  const table = TableClient.fromConnectionString(connectionString, "crosspullidentities", {
    allowInsecureConnection: true,
  });
  const claims: ClaimRow[] = [];
  for await (const { json } of table.listEntities<{ json: string }>()) {
    const { holder } = JSON.parse(json) as { readonly holder?: { readonly operationId: string } | null };
    if (holder) claims.push({ operation: holder.operationId });
  }
  return claims.sort((one, other) => one.operation.localeCompare(other.operation));
}
