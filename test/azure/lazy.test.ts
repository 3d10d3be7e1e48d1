import { execFileSync } from "node:child_process";
import { lazy, lazyPer } from "../../src/azure/lazy.ts";

const root = `${import.meta.dirname}/../..`;

describe("lazy", () => {
  it("makes its value once, at first use", async () => {
    let made = 0;
    const value = lazy(async () => (made += 1));
    expect(made).toBe(0);
    expect(await Promise.all([value(), value()])).toEqual([1, 1]);
    expect(await value()).toBe(1);
  });

  it("forgets a failure", async () => {
    let tries = 0;
    const value = lazy(async () => {
      tries += 1;
      if (tries === 1) throw new Error("not yet");
      return "made";
    });
    await expect(value()).rejects.toThrow("not yet");
    expect(await value()).toBe("made");
  });

  it("keeps one value for each key", async () => {
    const values = lazyPer(async (key) => ({ key }));
    expect(await values("a")).toBe(await values("a"));
    expect(await values("a")).not.toBe(await values("b"));
  });
});

describe("connecting to Azure", () => {
  it("loads no package until something is asked", () => {
    const script = `
      import { registerHooks } from "node:module";
      const packages = new Set();
      registerHooks({
        resolve(specifier, context, next) {
          if (!/^(node:|\\.|file:)/.test(specifier)) packages.add(specifier);
          return next(specifier, context);
        },
      });
      const { connectAzure } = await import("./src/azure/index.ts");
      const { clouds } = await import("./src/azure/clouds.ts");
      const { readConfig } = await import("./src/config.ts");
      const azure = connectAzure({ cloud: clouds.AzurePublic, vaultUrl: "https://kv", credential: { kind: "azureCli" } });
      const before = [...packages];
      await azure.directory.ourPermissions("t").catch(() => {});
      console.log(JSON.stringify({ before, after: [...packages].filter((name) => name.startsWith("@")), readConfig: typeof readConfig }));
    `;
    const options = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", script];
    const { before, after } = JSON.parse(execFileSync(process.execPath, options, { cwd: root, encoding: "utf8" }));
    expect(before).toEqual([]);
    expect(after).toContain("@azure/identity");
    expect(after).not.toContain("@azure/arm-containerservice");
  });
});
