import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acceptPage } from "../../local/demo/onboard.ts";
import { startLaptop } from "../e2e/laptop.ts";

/**
 * One whole onboarding of the built app, consent page and a node's pull included; answers with the file that has every
 * exchange with the simulated services. Throws unless the link becomes ready.
 */
export async function recordOnboarding(): Promise<string> {
  const recording = join(mkdtempSync(join(tmpdir(), "crosspull-conformance-")), "onboarding.jsonl");
  const laptop = await startLaptop("conformance", { cloud: { speed: 600, recordTo: recording } });
  try {
    const { body } = await laptop.api.create(laptop.link());
    const { consentUrl } = await laptop.asked(body.id);
    if (consentUrl) await acceptPage(consentUrl);
    const link = await laptop.ended(body.id);
    if (link.status !== "ready") throw new Error(`the link ended ${link.status}: ${JSON.stringify(link.problem)}`);
    const image = `${laptop.env["ACR_LOGIN_SERVER"]}/team/app:v1`;
    await laptop.control("POST", "/control/kubelet/pull", { clusterId: link.cluster, image });
  } finally {
    await laptop.close();
  }
  return recording;
}
