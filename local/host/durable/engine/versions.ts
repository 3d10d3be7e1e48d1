/** Which versions of orchestrations this host runs, by host.json's `extensions.durableTask`. */
export interface VersionRules {
  /** Of new instances; empty for none. */
  readonly defaultVersion: string;
  readonly match: "None" | "Strict" | "CurrentOrOlder";
  /** What becomes of an instance of another version: it waits for a host that runs it, or it fails. */
  readonly otherwise: "Reject" | "Fail";
}

export function runs({ defaultVersion, match }: VersionRules, version: string): boolean {
  if (match === "None" || defaultVersion === "") return true;
  return match === "Strict" ? version === defaultVersion : compareVersions(version, defaultVersion) <= 0;
}

const numbered = /^\d+(\.\d+){1,3}$/;

/** Nothing comes before something; numbers with dots are compared as .NET's System.Version, other text without case. */
export function compareVersions(a: string, b: string): number {
  if (a === "" || b === "") return Math.sign(a.length - b.length);
  if (!numbered.test(a) || !numbered.test(b)) {
    const [left, right] = [a.toUpperCase(), b.toUpperCase()];
    return left === right ? 0 : left < right ? -1 : 1;
  }
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let part = 0; part < 4; part++) {
    // A part that is not there comes before 0.
    const difference = (left[part] ?? -1) - (right[part] ?? -1);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
