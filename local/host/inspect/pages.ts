import type { HistoryEvent } from "../durable/replay/history.ts";
import type { InstanceState } from "../durable/engine/instances.ts";
import { triggerOf, type FunctionMetadata } from "../worker/messages.ts";
import { html, type Html } from "./html.ts";
import { duration, timeline, type Span } from "./timeline.ts";

const style = `
body { font: 14px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 78rem; padding: 0 1rem; color: #1b1f24; background: #fff }
h1 { font-size: 1.3rem } h2 { font-size: 1.05rem; margin-top: 1.8rem } a { color: #0b57d0 }
table { border-collapse: collapse; width: 100% } th { text-align: left; font-weight: 600 }
td, th { padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #d7dce1; vertical-align: top }
code, pre { font: 12px/1.5 ui-monospace, monospace } pre { background: #f4f6f8; padding: .7rem; overflow: auto; max-height: 26rem; white-space: pre-wrap; overflow-wrap: anywhere }
svg { width: 100%; height: .9rem; display: block } .line { width: 38% } td.detail { max-width: 22rem; overflow-wrap: anywhere }
.activity { fill: #0b57d0 } .child { fill: #7b3fb8 } .timer { fill: #9aa5b1 } .event, .control, .instance { fill: #1b7f4b }
.failed rect { fill: #c62828 } .open rect { opacity: .45 } .Failed, .Terminated { color: #c62828 } .Completed { color: #1b7f4b }
@media (prefers-color-scheme: dark) { body { color: #e3e6ea; background: #16191d } a { color: #8ab4f8 } pre { background: #20252b } td, th { border-color: #39414a } }`;

function page(title: string, nonce: string, body: Html, refresh = false): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        ${refresh ? html`<meta http-equiv="refresh" content="2" />` : undefined}
        <title>${title}</title>
        <style nonce="${nonce}">
          ${{ markup: style }}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html>`.markup;
}

export interface Overview {
  readonly functions: readonly { readonly metadata: FunctionMetadata; readonly disabled: boolean }[];
  readonly instances: readonly InstanceState[];
  readonly prefix: string;
  /** Where the next page begins. */
  readonly after: string | undefined;
}

export function overviewPage({ functions, instances, prefix, after }: Overview, nonce: string): string {
  const more = new URLSearchParams({ prefix, after: after ?? "" }).toString();
  return page(
    "Functions host",
    nonce,
    html`<h1>The functions host is up and running</h1>
      <h2>Instances</h2>
      <form>
        <label>Ids that begin with <input name="prefix" value="${prefix}" /></label> <button>Show</button>
      </form>
      <table>
        <tr>
          <th>Id</th>
          <th>Orchestrator</th>
          <th>Status</th>
          <th>Created</th>
          <th>Last change</th>
        </tr>
        ${instances.map(instanceRow)}
      </table>
      ${instances.length === 0 ? html`<p>None.</p>` : undefined}
      ${after === undefined ? undefined : html`<p><a href="/?${more}">More</a></p>`}
      <h2>Functions</h2>
      <table>
        ${functions.map(functionRow)}
      </table>
      <h2>Log</h2>
      <pre id="log"></pre>
      <script nonce="${nonce}">
        const log = document.getElementById("log");
        new EventSource("/?log").onmessage = ({ data }) => {
          const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 5;
          log.append(data + "\\n");
          while (log.childNodes.length > 2000) log.firstChild.remove();
          if (atEnd) log.scrollTop = log.scrollHeight;
        };
      </script>`,
  );
}

function instanceRow({ id, name, status, createdAt, updatedAt }: InstanceState): Html {
  return html`<tr>
    <td>${instanceLink(id)}</td>
    <td>${name}</td>
    <td class="${status}">${status}</td>
    <td>${time(createdAt)}</td>
    <td>${time(updatedAt)}</td>
  </tr>`;
}

function instanceLink(id: string): Html {
  return html`<a href="/?${new URLSearchParams({ instance: id }).toString()}">${id}</a>`;
}

function functionRow({ metadata, disabled }: Overview["functions"][number]): Html {
  const trigger = triggerOf(metadata);
  const about = [trigger?.methods?.join(" "), trigger?.route, trigger?.schedule].filter(Boolean).join(" ");
  return html`<tr>
    <td>${metadata.name}</td>
    <td>${trigger?.type}${disabled ? " (disabled)" : ""}</td>
    <td><code>${about}</code></td>
  </tr>`;
}

export function instancePage(
  instance: InstanceState,
  history: readonly HistoryEvent[],
  now: number,
  nonce: string,
): string {
  const spans = timeline(history);
  const ended = instance.status === "Completed" || instance.status === "Failed" || instance.status === "Terminated";
  const first = Math.min(instance.createdAt, ...spans.map(({ from }) => from));
  const last = ended ? Math.max(instance.updatedAt, ...spans.map(({ to = 0 }) => to)) : now;
  const scale: Scale = { first, last: Math.max(last, first + 1) };
  const parent = instance.parent?.OrchestrationInstance.InstanceId;
  return page(
    instance.id,
    nonce,
    html`<p><a href="/">All instances</a></p>
      <h1>${instance.id}</h1>
      <p>
        ${instance.name} ${instance.version}, <b class="${instance.status}">${instance.status}</b>, created
        ${time(instance.createdAt)}, ${ended ? "took" : "for"} ${duration(scale.last - first)}
        ${parent === undefined ? undefined : html`, child of ${instanceLink(parent)}`}
      </p>
      ${text("Input", instance.input)} ${text("Custom status", instance.customStatus)}
      ${text("Output", instance.output)}
      <h2>History</h2>
      <table>
        ${spans.map((span) => spanRow(span, scale))}
      </table>`,
    !ended,
  );
}

const lasting: ReadonlySet<Span["kind"]> = new Set(["activity", "child", "timer"]);

interface Scale {
  readonly first: number;
  readonly last: number;
}

function spanRow(span: Span, { first, last }: Scale): Html {
  const at = (instant: number): number => Math.round(((instant - first) / (last - first)) * 1000);
  const { kind, name, from, to, outcome, detail, child } = span;
  const [left, width] = [Math.min(at(from), 995), Math.max(at(to ?? last) - at(from), 5)];
  return html`<tr>
    <td>${time(from)}</td>
    <td>${child === undefined ? name : html`${name} ${instanceLink(child)}`}</td>
    <td>${outcome}</td>
    <td>${lasting.has(kind) ? duration((to ?? last) - from) : ""}</td>
    <td class="line">
      <svg viewBox="0 0 1000 10" preserveAspectRatio="none" class="${outcome}">
        <rect class="${kind}" x="${left}" y="0" width="${width}" height="10" />
      </svg>
    </td>
    <td class="detail"><code>${shortened(detail)}</code></td>
  </tr>`;
}

function text(title: string, value: string | null): Html | undefined {
  if (value === null || value === "") return undefined;
  return html`<h2>${title}</h2>
    <pre>${value}</pre>`;
}

const longestDetail = 300;
function shortened(detail: string): string {
  return detail.length > longestDetail ? `${detail.slice(0, longestDetail)}…` : detail;
}

function time(instant: number): string {
  return new Date(instant).toISOString().replace("T", " ");
}
