import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { ConfigError, readConfig, refusePlaceholders } from "../src/config.ts";
import { standardWaits } from "../src/domain/waits.ts";
import type { Environment } from "../src/settings.ts";

const root = `${import.meta.dirname}/..`;
const guid = (digit: number): string => `${digit}0000000-0000-4000-8000-000000000001`;
const key = "0123456789abcdef0123456789abcdef";

const deployed = {
  CROSSPULL_VAULT_URL: "https://kv.vault.azure.net/",
  CROSSPULL_AUTOMATION_CLIENT_ID: guid(1),
  CROSSPULL_MANAGED_IDENTITY_CLIENT_ID: guid(2),
  CROSSPULL_API_TENANT_ID: guid(3),
  CROSSPULL_API_AUDIENCE: "api://crosspull",
  CROSSPULL_STATE_KEY: key,
  WEBSITE_HOSTNAME: "func-crosspull.azurewebsites.net",
  AzureWebJobsStorage__accountName: "stcrosspull",
};
const custom = {
  CROSSPULL_CLOUD: "custom",
  CROSSPULL_AUTHORITY_URL: "https://localhost:8441",
  CROSSPULL_ARM_URL: "https://localhost:8443/",
  CROSSPULL_GRAPH_URL: "https://localhost:8442",
};

function problemsOf(environment: Environment): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe("readConfig", () => {
  it("needs eight settings in Azure and fills in the rest", () => {
    const config = readConfig(deployed);
    expect(config).toMatchObject({
      cloud: { name: "AzurePublic", armUrl: "https://management.azure.com", registrySuffix: ".azurecr.io" },
      credential: { kind: "managedIdentity", automationClientId: guid(1), managedIdentityClientId: guid(2) },
      vaultUrl: "https://kv.vault.azure.net",
      api: { tenantId: guid(3), audience: "api://crosspull" },
      publicUrl: "https://func-crosspull.azurewebsites.net",
      redirectUri: "https://func-crosspull.azurewebsites.net/api/consent",
      storage: { kind: "identity", tableServiceUri: "https://stcrosspull.table.core.windows.net", clientId: guid(2) },
      tablePrefix: "crosspull",
      secretLifetimeInDays: 180,
      rotationFraction: 2 / 3,
      preflightLimitInSeconds: 20,
      maintenanceWindow: null,
    });
    expect(config.waits).toEqual(standardWaits);
  });

  it("names what begins like a setting of ours and is none, and not what another cloud or credential would need", () => {
    const environment = {
      ...deployed,
      ...custom,
      CROSSPULL_CLOUD: "AzureChina",
      CROSSPULL_MAINTENANCE_WINDOWS: "Sat 01:00-05:00",
      CROSSPULL_WAIT_ROLE_POL_IN_SECONDS: "3",
      CROSSPULL_EMPTY: " ",
      MY_CROSSPULL_SETTING: "x",
    };
    expect(readConfig(environment).unknownSettings).toEqual([
      "CROSSPULL_MAINTENANCE_WINDOWS",
      "CROSSPULL_WAIT_ROLE_POL_IN_SECONDS",
    ]);
    expect(readConfig({ ...deployed, CROSSPULL_CREDENTIAL: "azureCli" }).unknownSettings).toEqual([]);
    expect(readConfig(deployed).unknownSettings).toEqual([]);
  });

  it("reports everything that is missing at once, each with its name", () => {
    const problems = problemsOf({ CROSSPULL_CLOUD: "custom" });
    expect(problems.map((problem) => problem.split(" ")[0]).sort()).toEqual([
      "AzureWebJobsStorage",
      "CROSSPULL_API_AUDIENCE",
      "CROSSPULL_API_TENANT_ID",
      "CROSSPULL_ARM_URL",
      "CROSSPULL_AUTHORITY_URL",
      "CROSSPULL_AUTOMATION_CLIENT_ID",
      "CROSSPULL_GRAPH_URL",
      "CROSSPULL_MANAGED_IDENTITY_CLIENT_ID",
      "CROSSPULL_PUBLIC_URL",
      "CROSSPULL_STATE_KEY",
      "CROSSPULL_VAULT_URL",
    ]);
  });

  it.each([
    ["CROSSPULL_CLOUD", "AzureGermany", "AzurePublic, AzureUSGovernment, AzureChina, custom"],
    ["CROSSPULL_CREDENTIAL", "password", "managedIdentity, azureCli"],
    ["CROSSPULL_VAULT_URL", "http://kv.vault.azure.net", "https address"],
    ["CROSSPULL_VAULT_URL", "kv.vault.azure.net", "https address"],
    ["CROSSPULL_VAULT_URL", "https://user@kv.vault.azure.net", "https address"],
    ["CROSSPULL_API_TENANT_ID", "contoso.com", "not a GUID"],
    ["CROSSPULL_PUBLIC_URL", "http://crosspull.contoso.com", "http only for localhost"],
    ["CROSSPULL_PUBLIC_URL", "crosspull.contoso.com", "https address"],
    ["CROSSPULL_TABLE_PREFIX", "cross-pull", "letters and digits"],
    ["CROSSPULL_SECRET_LIFETIME_IN_DAYS", "0", "whole number from 1 to 730"],
    ["CROSSPULL_SECRET_LIFETIME_IN_DAYS", "1.5", "whole number"],
    ["CROSSPULL_MAX_CONCURRENT_ROTATIONS", "0", "from 1 to 10000"],
    ["CROSSPULL_ROTATION_FAILURES_IN_A_ROW", "1.5", "a whole number"],
    ["CROSSPULL_ROTATION_FRACTION", "1", "a number from 0.1 to 0.9"],
    ["CROSSPULL_PREFLIGHT_LIMIT_IN_SECONDS", "0", "number from 1 to 200"],
    ["CROSSPULL_WAIT_ROLE_POLL_IN_SECONDS", "soon", "number from 0"],
    ["CROSSPULL_WAIT_ROLE_POLL_IN_SECONDS", "-1", "number from 0"],
    ["CROSSPULL_WAIT_SECRET_PROOFS", "0", "whole number from 1 to 100"],
    ["CROSSPULL_MAINTENANCE_WINDOW", "at night", "expected days and times"],
    ["AzureWebJobsStorage__tableServiceUri", "http://stcrosspull", "https address"],
  ])("says what is wrong with %s=%s", (name, value, hint) => {
    const problems = problemsOf({ ...deployed, [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(name);
    expect(problems[0]).toContain(hint);
  });

  it.each([
    ["too short", "short-canary"],
    ["an unresolved Key Vault reference", "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/canary)"],
  ])("refuses a state key that is %s, without repeating it", (reason, value) => {
    const problems = problemsOf({ ...deployed, CROSSPULL_STATE_KEY: value });
    expect(problems).toEqual([expect.stringContaining(`CROSSPULL_STATE_KEY is ${reason}`)]);
    expect(problems.join()).not.toContain("canary");
  });

  it("shows neither the state key nor the connection string when printed", () => {
    const config = readConfig({ ...deployed, AzureWebJobsStorage: "AccountKey=canary" });
    expect(config.storage.kind).toBe("connectionString");
    for (const shown of [inspect(config, { depth: 9, showHidden: true }), JSON.stringify(config)]) {
      expect(shown).not.toContain(key);
      expect(shown).not.toContain("canary");
    }
  });

  it("takes a custom cloud's addresses, and ARM's address as its audience unless told otherwise", () => {
    expect(readConfig({ ...deployed, ...custom }).cloud).toMatchObject({
      authorityUrl: "https://localhost:8441",
      armUrl: "https://localhost:8443",
      armScope: "https://localhost:8443/.default",
      graphScope: "https://localhost:8442/.default",
      registrySuffix: null,
    });
    const audience = { CROSSPULL_ARM_AUDIENCE: "https://management.azure.com/" };
    expect(readConfig({ ...deployed, ...custom, ...audience }).cloud.armScope).toBe(
      "https://management.azure.com/.default",
    );
  });

  it.each([
    ["localhost:7071", "http://localhost:7071"],
    ["func.azurewebsites.net", "https://func.azurewebsites.net"],
  ])("is reached at %s by default", (hostName, address) => {
    expect(readConfig({ ...deployed, WEBSITE_HOSTNAME: hostName }).publicUrl).toBe(address);
  });

  it("needs no client ids when the developer's own sign-in is used", () => {
    const unset = { CROSSPULL_AUTOMATION_CLIENT_ID: "", CROSSPULL_MANAGED_IDENTITY_CLIENT_ID: "" };
    const config = readConfig({ ...deployed, ...unset, CROSSPULL_CREDENTIAL: "azureCli" });
    expect(config.credential).toEqual({ kind: "azureCli" });
    expect(config.storage).toMatchObject({ clientId: null });
  });

  it("accepts waits of zero and parts of a second", () => {
    const waits = { CROSSPULL_WAIT_CLUSTER_POLL_IN_SECONDS: "0", CROSSPULL_WAIT_ROLE_POLL_IN_SECONDS: "0.25" };
    expect(readConfig({ ...deployed, ...waits }).waits).toMatchObject({
      clusterPollInSeconds: 0,
      rolePollInSeconds: 0.25,
    });
  });
});

describe("what is written about settings", () => {
  /** With one space between cells, however wide the columns are drawn. */
  const documented = readFileSync(`${root}/docs/configuration.md`, "utf8").replace(/ +/g, " ");
  const sample = JSON.parse(readFileSync(`${root}/local.settings.sample.json`, "utf8"));

  /** Every name that reading asks for, in any kind of deployment. */
  function namesRead(): Set<string> {
    const names = new Set<string>();
    for (const environment of [deployed, { ...deployed, ...custom }, {}] as Environment[]) {
      const watched = new Proxy(environment, {
        get: (target, name) => (names.add(String(name)), target[String(name)]),
      });
      problemsOf(watched);
    }
    return names;
  }

  it("explains every setting that is read, with its default", () => {
    const names = [...namesRead()];
    expect(names).toContain("CROSSPULL_ARM_AUDIENCE");
    expect(names.filter((name) => !documented.includes(`| \`${name}\` |`))).toEqual([]);
    const waits = readConfig(deployed).waits;
    for (const [name, standard] of Object.entries(waits)) {
      const setting = `CROSSPULL_WAIT_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
      expect(documented).toContain(`| \`${setting}\` | \`${standard}\` |`);
    }
  });

  it("explains no setting that is not read", () => {
    const explained = [...documented.matchAll(/^\| `(CROSSPULL_\w+|AzureWebJobs\w+)`/gm)].map(([, name]) => name);
    const read = namesRead();
    expect(explained.length).toBeGreaterThan(20);
    expect(explained.filter((name) => !read.has(String(name)))).toEqual([]);
  });

  it("offers a sample that is complete once its angle brackets are filled in", () => {
    const filled = Object.fromEntries(
      Object.entries<string>(sample.Values).map(([name, value]) => [
        name,
        value
          .replace(/<your vault>/, "kv")
          .replace(/<tenant.*>/, guid(3))
          .replace(/<at least.*>/, key),
      ]),
    );
    expect(problemsOf(filled)).toEqual([]);
    const known = new Set([...namesRead(), "FUNCTIONS_WORKER_RUNTIME"]);
    expect(Object.keys(sample.Values).filter((name) => !known.has(name))).toEqual([]);
  });
});

describe("a setting that still holds a placeholder of the sample file", () => {
  const sample = JSON.parse(readFileSync(`${root}/local.settings.sample.json`, "utf8")) as { Values: Environment };

  it("stops the start, by its name and without its value", () => {
    const left = Object.entries(sample.Values)
      .filter(([, value]) => value?.includes("<"))
      .map(([name]) => name);
    expect(left).toContain("CROSSPULL_STATE_KEY");
    for (const name of left) {
      expect(() => refusePlaceholders({ [name]: sample.Values[name] })).toThrow(`${name} still holds the placeholder`);
      // Also where a host shows no more than the first line.
      expect(() => refusePlaceholders({ [name]: sample.Values[name] })).toThrow(
        new RegExp(`^these settings.*${name}$`, "m"),
      );
      expect(() => refusePlaceholders({ [name]: sample.Values[name] })).not.toThrow(sample.Values[name]);
    }
    expect(() => refusePlaceholders(sample.Values)).toThrow(ConfigError);
  });

  it("is told apart from a real value, and from settings that are not ours", () => {
    expect(() => refusePlaceholders({ ...deployed, WEBSITE_NAME: "<x>" })).not.toThrow();
  });
});

describe("api-versions of AKS and registries", () => {
  it("are the SDK's unless a cloud that lags needs others", () => {
    expect(readConfig(deployed).cloud).toMatchObject({ aksApiVersion: null, acrApiVersion: null });
    const older = { CROSSPULL_AKS_API_VERSION: "2024-09-01", CROSSPULL_ACR_API_VERSION: "2025-04-01" };
    expect(readConfig({ ...deployed, ...older }).cloud).toMatchObject({
      aksApiVersion: "2024-09-01",
      acrApiVersion: "2025-04-01",
    });
    expect(problemsOf({ ...deployed, CROSSPULL_AKS_API_VERSION: "latest" })[0]).toContain("is not an api-version");
  });
});
