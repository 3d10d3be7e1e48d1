import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Env } from "./azure.ts";
import { imageOf } from "./procedure.ts";
import { pullers, type Puller } from "./pullers.ts";
import { expectThat, run, type Ran, type Steps } from "./steps.ts";

type Skopeo = (...args: string[]) => Promise<Ran>;

/** Pulls, digests, pushes and refusals with skopeo; `folder` takes images and trust. */
export async function skopeo(taken: Steps, env: Env, folder: string): Promise<void> {
  const tool = trusting(env, folder);
  const who = await pullers(env);
  await pulls(taken, tool, env, folder, who.puller);
  await pushes(taken, tool, env, folder, who.pusher);
  await refusals(taken, tool, env, who);
}

/** skopeo takes its trust from a folder on the command line, and its proxy from the environment. */
function trusting(env: Env, folder: string): Skopeo {
  const certificates = join(folder, "certificates");
  mkdirSync(certificates, { recursive: true });
  writeFileSync(join(certificates, "ca.crt"), readFileSync(env["CA_BUNDLE"] ?? ""));
  const policy = join(folder, "policy.json");
  writeFileSync(policy, JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
  chmodSync(folder, 0o700);
  const own = {
    PATH: process.env["PATH"],
    HOME: folder,
    ...(env["HTTPS_PROXY"] && { HTTPS_PROXY: env["HTTPS_PROXY"], NO_PROXY: env["NO_PROXY"] }),
  };
  return (command, ...args) => {
    const flag =
      command === "copy"
        ? ["--src-cert-dir", certificates, "--dest-cert-dir", certificates]
        : ["--cert-dir", certificates];
    return run("skopeo", ["--policy", policy, command, ...flag, ...args], own);
  };
}

const credential = ({ user, password }: Puller): string => `${user}:${password}`;

function succeeded({ code, out, err }: Ran): string {
  expectThat(code === 0, `exit ${code}: ${err.slice(-800)}`);
  return out;
}

function refused({ code, out, err }: Ran, words: RegExp): void {
  expectThat(code !== 0, `not refused: ${out.slice(0, 200)}`);
  expectThat(words.test(err), err.slice(-800));
}

async function pulls({ step }: Steps, tool: Skopeo, env: Env, folder: string, puller: Puller): Promise<void> {
  const image = `docker://${imageOf(env)}`;
  const login = ["--creds", credential(puller)];
  let digest = "";
  await step("skopeo: an image is inspected with client id and secret", async () => {
    const shown = JSON.parse(succeeded(await tool("inspect", ...login, image))) as {
      Digest: string;
      RepoTags: string[];
    };
    expectThat(shown.RepoTags.includes(env["TAG"] ?? ""), JSON.stringify(shown));
    digest = shown.Digest;
  });
  await step("skopeo: it is pulled by tag and by digest, every blob against its digest", async () => {
    const byDigest = `${image.slice(0, image.lastIndexOf(":"))}@${digest}`;
    succeeded(await tool("copy", "--src-creds", credential(puller), image, `dir:${join(folder, "by-tag")}`));
    succeeded(await tool("copy", "--src-creds", credential(puller), byDigest, `dir:${join(folder, "by-digest")}`));
    const told = await run("skopeo", ["manifest-digest", join(folder, "by-tag", "manifest.json")], process.env);
    expectThat(told.out === digest, `${told.out} is not ${digest}`);
  });
  await step("skopeo: with the empty guid and a refresh token it pulls too", async () => {
    const token = ["--creds", `00000000-0000-0000-0000-000000000000:${puller.refreshToken}`];
    succeeded(await tool("inspect", ...token, image));
  });
}

async function pushes({ step }: Steps, tool: Skopeo, env: Env, folder: string, pusher: Puller): Promise<void> {
  const server = env["ACR_LOGIN_SERVER"];
  const pushed = `docker://${server}/team/pushed:v1`;
  await step("skopeo: with AcrPush an image is pushed to a new repository and pulled from it, unchanged", async () => {
    const from = `dir:${join(folder, "by-tag")}`;
    succeeded(await tool("copy", "--dest-creds", credential(pusher), from, pushed));
    succeeded(await tool("copy", "--src-creds", credential(pusher), pushed, `dir:${join(folder, "again")}`));
    const [was, is] = ["by-tag", "again"].map((name) => readFileSync(join(folder, name, "manifest.json"), "utf8"));
    expectThat(was === is, "the manifest changed");
  });
  await step("skopeo: deleting takes AcrDelete, which AcrPush is not", async () =>
    refused(await tool("delete", "--creds", credential(pusher), pushed), /unauthorized|authentication required/i),
  );
}

async function refusals(
  { step }: Steps,
  tool: Skopeo,
  env: Env,
  { puller, stranger, armTokenOnAcrOnly }: Awaited<ReturnType<typeof pullers>>,
): Promise<void> {
  const image = `docker://${imageOf(env)}`;
  const words = /unauthorized|authentication required|401/i;
  await step("skopeo: a wrong secret is refused", async () =>
    refused(await tool("inspect", "--creds", `${puller.user}:wrong-secret-altogether`, image), words),
  );
  await step("skopeo: an application without a role is refused", async () =>
    refused(await tool("inspect", "--creds", credential(stranger), image), words),
  );
  await step("skopeo: without a credential it is refused", async () =>
    refused(await tool("inspect", "--no-creds", image), words),
  );
  await step("skopeo: AcrPull does not push", async () => {
    const target = `docker://${env["ACR_LOGIN_SERVER"]}/team/other:v1`;
    const creds = ["--src-creds", credential(puller), "--dest-creds", credential(puller)];
    refused(await tool("copy", ...creds, image, target), words);
  });
  await step("a registry that takes its own audience alone refuses an ARM token, and takes its own", async () => {
    const { arm, own } = await armTokenOnAcrOnly();
    expectThat(arm === 401 && own === 200, `ARM's ${arm}, its own ${own}`);
  });
}
