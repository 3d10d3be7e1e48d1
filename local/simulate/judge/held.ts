import type { ClusterDump, Dump, PasswordDump } from "./dump.ts";
import { lastPart } from "./names.ts";
import { oursIn } from "./ours.ts";

/** Something that is wrong with the credential that nodes hold, or with how many there are, seen at one look. */
export interface NodeLook {
  readonly kind: "invalid" | "expired" | "late" | "third";
  readonly cluster: string | null;
  /** The secret's; null where it is about none. */
  readonly keyId: string | null;
  readonly at: string;
  readonly detail: string;
  /** For how long it may have been so: since the look before. */
  readonly seconds: number;
}

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Passwords of ours that an application may have at any time: that of the nodes, and the one that replaces it. */
const most = 2;
/** The part of a life that nobody lets pass without a rotation. */
const lateFrom = 11 / 12;

/** Looks at every node that holds a credential of ours, and at every application of ours. */
export function lookAtNodes(dump: Dump, { from, to }: Stretch): readonly NodeLook[] {
  const at = new Date(to).toISOString();
  const { applications } = oursIn(dump);
  const third = applications.flatMap(({ uniqueName = "", passwordCredentials }): NodeLook[] =>
    passwordCredentials.length <= most
      ? []
      : [
          {
            kind: "third",
            cluster: null,
            keyId: null,
            at,
            detail: `${uniqueName} has ${passwordCredentials.length} passwords`,
            seconds: 0,
          },
        ],
  );
  const held = dump.arm.clusters.flatMap((cluster) => {
    const application = applications.find(({ appId }) => appId.toLowerCase() === cluster.clientId.toLowerCase());
    return application ? nodesOf(cluster, application.passwordCredentials, { from, to }) : [];
  });
  return [...third, ...held];
}

function nodesOf(cluster: ClusterDump, passwords: readonly PasswordDump[], { from, to }: Stretch): readonly NodeLook[] {
  const found = (
    kind: NodeLook["kind"],
    node: string,
    words: string,
    since: number,
    keyId: string | null = null,
  ): NodeLook => ({
    kind,
    cluster: lastPart(cluster.id),
    keyId,
    at: new Date(to).toISOString(),
    detail: `the node ${node} ${words}`,
    seconds: Math.round((to - Math.max(from, since)) / 1000),
  });
  return cluster.nodes.flatMap(({ name, clientId, secretFingerprint }): NodeLook[] => {
    if (clientId.toLowerCase() !== cluster.clientId.toLowerCase()) return [];
    const password = passwords.find((one) => one.secretFingerprint === secretFingerprint);
    if (!password) return [found("invalid", name, "holds a secret that the directory does not have", from)];
    const [begins, ends] = [Date.parse(password.startDateTime), Date.parse(password.endDateTime)];
    if (ends <= to)
      return [found("expired", name, `holds the secret ${password.keyId}, which has expired`, ends, password.keyId)];
    if (to > begins + (ends - begins) * lateFrom)
      return [found("late", name, "holds a secret with less than a twelfth of its life left", to)];
    return [];
  });
}
