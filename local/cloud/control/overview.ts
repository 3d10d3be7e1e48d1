import type { ArmDump } from "../resources/side.ts";
import type { Tenants } from "../entra/directory.ts";
import type { Application } from "../entra/state.ts";
import type { NodePulls } from "../kubelet/book.ts";
import type { CallBook } from "../kit/calls.ts";
import type { Reply } from "../kit/contract.ts";
import type { LifeBook } from "../kit/life.ts";
import { html, page, type Html } from "../kit/html.ts";
import type { ControlOptions } from "./options.ts";

/** `GET /`: the tenants side by side, and the last calls. */
export function overviewPage({ tenants, resources, around, life, env }: ControlOptions): Reply {
  const arm = resources.dump();
  return {
    status: 200,
    ...page(
      "Simulated Azure",
      html`<main>
        <h1>Simulated Azure</h1>
        <p class="faint">
          Addresses: ${addresses(env)}. State as JSON: <a href="/control/state">/control/state</a>; calls:
          <a href="/control/calls">/control/calls</a>.
        </p>
        <div class="tenants">
          ${tenants.tenants.map(({ id, name }) => tenant(id, name, tenants, arm, resources.pulls()))}
        </div>
        ${asInLife(life)}
        <h2>Last calls</h2>
        ${lastCalls(around.calls)}
      </main>`,
    ),
  };
}

/** The switches that are on, those that had an effect first. */
function asInLife(life: LifeBook): Html {
  const on = life.list().filter((one) => one.on);
  const rows = on
    .sort((one, other) => other.struck - one.struck)
    .map(({ name, title, struck }) => [name, title, String(struck)]);
  return table("As in life", ["switch", "what Azure does", "effects so far"], rows);
}

function addresses(env: Readonly<Record<string, string>>): readonly Html[] {
  return Object.entries(env)
    .filter(([key]) => key.endsWith("_URL") || key === "ACR_LOGIN_SERVER")
    .map(([key, value]) => html`<code>${key}=${value}</code> `);
}

function tenant(id: string, name: string, tenants: Tenants, arm: ArmDump, pulls: readonly NodePulls[]): Html {
  const here = <One extends { readonly tenantId: string }>(all: readonly One[]): readonly One[] =>
    all.filter(({ tenantId }) => tenantId === id).slice(0, mostRows);
  const principals = here(tenants.principals());
  const names = new Map(principals.map((one) => [one.id, one.displayName]));
  const rows = {
    applications: here(tenants.applications()).map((one) => [one.displayName, one.appId, passwords(one)]),
    principals: principals.map((one) => [one.displayName, one.id, one.appRoles.map(({ value }) => value).join(", ")]),
    consents: here(tenants.grants()).map((one) => [one.appId, one.acceptedAt]),
    clusters: here(arm.clusters).map((one) => [lastPart(one.id), one.clientId, stateOf(one), nodesByCredential(one)]),
    nodes: nodeRows(arm, id, pulls),
    registries: here(arm.registries).map((one) => [
      lastPart(one.id),
      one.loginServer,
      one.roleAssignmentMode,
      one.repositories.join(", "),
    ]),
    roles: here(arm.roleAssignments).map((one) => [
      names.get(one.principalId) ?? one.principalId,
      one.roleName,
      shortScope(one.scope),
    ]),
  };
  return html`<section>
    <h2>${name}</h2>
    <p class="faint"><code>${id}</code></p>
    ${table("Clusters", ["cluster", "client id", "state", "nodes"], rows.clusters)}
    ${table("Nodes and what they pull", ["cluster", "node", "image", "so far", "last failed at"], rows.nodes)}
    ${table("Registries", ["registry", "login server", "mode", "repositories"], rows.registries)}
    ${table("Role assignments", ["who", "role", "scope"], rows.roles)}
    ${table("Admin consents", ["client id", "accepted"], rows.consents)}
    ${table("Service principals", ["name", "object id", "app roles"], rows.principals)}
    ${table("Applications", ["name", "client id", "passwords"], rows.applications)}
  </section>`;
}

function passwords({ passwords: held }: Application): string {
  return held.map(({ hint, endDateTime }) => `${hint}… until ${endDateTime.slice(0, 10)}`).join(", ");
}

/** A row for each image a node has pulled; one without for a node that pulled nothing. */
function nodeRows(
  { clusters }: ArmDump,
  tenantId: string,
  pulls: readonly NodePulls[],
): readonly (readonly string[])[] {
  const byNode = Map.groupBy(pulls, ({ clusterId, node }) => `${clusterId} ${node}`.toLowerCase());
  return clusters
    .filter((one) => one.tenantId === tenantId)
    .slice(0, mostRows)
    .flatMap(({ id, nodes }) =>
      nodes.flatMap(({ name }) => {
        const found = byNode.get(`${id} ${name}`.toLowerCase()) ?? [];
        const shown = found.map((one) => [one.image, pullsOf(one), one.lastFailure ?? ""]);
        return (shown.length > 0 ? shown : [["", "nothing yet", ""]]).map((row) => [lastPart(id), name, ...row]);
      }),
    )
    .slice(0, mostRows);
}

function pullsOf({ pulled, failed, clientId, lastAt }: NodePulls): string {
  return `${pulled} pulled, ${failed} failed; last ${lastAt.slice(11, 19)} as ${clientId.slice(0, 8)}`;
}

function stateOf({ powerState, provisioningState }: ArmDump["clusters"][number]): string {
  return `${powerState}, ${provisioningState}`;
}

/** A page, not a database: `/control/state` has everything. */
const mostRows = 50;

function nodesByCredential({ nodes }: ArmDump["clusters"][number]): string {
  const counts = new Map<string, number>();
  for (const { clientId, secretFingerprint } of nodes) {
    const credential = `${clientId.slice(0, 8)} / ${secretFingerprint}`;
    counts.set(credential, (counts.get(credential) ?? 0) + 1);
  }
  return [...counts].map(([credential, count]) => `${count} × ${credential}`).join("; ");
}

function shortScope(scope: string): string {
  return scope.replace(/^\/subscriptions\/[^/]+$/i, "the subscription").replace(/^\/subscriptions\/[^/]+/i, "…");
}

function lastPart(id: string): string {
  return id.split("/").at(-1) ?? id;
}

function table(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): Html {
  if (rows.length === 0) return html``;
  return html`<h3>${title}</h3>
    <table>
      <tr>
        ${columns.map((one) => html`<th>${one}</th>`)}
      </tr>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((one) => html`<td>${one}</td>`)}
          </tr> `,
      )}
    </table>`;
}

function lastCalls(calls: CallBook): Html {
  const rows = calls
    .last()
    .slice(-40)
    .reverse()
    .map((one) => [
      one.at.slice(11, 23),
      one.service,
      one.operation,
      String(one.status || "cut"),
      `${one.method} ${one.path}`,
    ]);
  return rows.length === 0
    ? html`<p class="faint">None yet.</p>`
    : table("", ["time", "service", "operation", "status", "request"], rows);
}
