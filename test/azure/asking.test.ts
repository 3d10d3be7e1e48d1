import { asking } from "../../src/azure/asking.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { Secret } from "../../src/domain/secret.ts";

const canary = "canary-Ab1~secret";
const answered = (statusCode: number, headers: Record<string, string> = {}): Error =>
  Object.assign(new Error("No."), { name: "RestError", statusCode, code: "Word", headers: new Headers(headers) });
const question = { what: "try it", repeatable: false };

/** Fails with these errors one after another, then answers "done". */
function failing(...errors: readonly unknown[]): { work: () => Promise<string>; tries: () => number } {
  let tries = 0;
  const work = async (): Promise<string> => {
    tries += 1;
    if (tries > errors.length) return "done";
    throw errors[tries - 1];
  };
  return { work, tries: () => tries };
}

describe("asking a service", () => {
  it("gives back its answer", async () => {
    expect(await asking(question, async () => "done")).toBe("done");
  });

  it.each([408, 429, 500, 503])("throws TransientError for %i, with the rest that was asked for", async (status) => {
    const error = await asking(question, failing(answered(status, { "retry-after": "300" })).work).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(TransientError);
    expect(error).toMatchObject({ retryAfterInSeconds: 300, message: `could not try it now: Word (${status}): No.` });
  });

  it("never takes a plain 400 for something time cures, and says it in the caller's words if it has some", async () => {
    await expect(asking(question, failing(answered(400)).work)).rejects.not.toThrow(TransientError);
    expect(await asking(question, failing(answered(400)).work, ({ code }) => code)).toBe("Word");
  });

  it("waits where the caller knows that time cures it", async () => {
    const passing = (): boolean => true;
    await expect(asking({ ...question, passing }, failing(answered(403)).work)).rejects.toThrow(TransientError);
  });

  it("clears away secrets before anything is decided", async () => {
    const error = Object.assign(new Error(`no ${canary}`), { statusCode: 503 });
    const asked = asking({ ...question, secrets: [new Secret(canary)] }, failing(error).work);
    await expect(asked).rejects.toThrow("no [secret]");
  });

  describe("that may be asked twice", () => {
    const repeatable = { what: "try it", repeatable: true };
    it.each([
      ["a cut connection", Object.assign(new Error("x"), { code: "ECONNRESET" })],
      ["an outage", answered(503)],
      ["a rest of no time", answered(429, { "retry-after": "0" })],
    ])("is asked again after %s", async (_name, error) => {
      const { work, tries } = failing(error, error);
      expect(await asking(repeatable, work)).toBe("done");
      expect(tries()).toBe(3);
    });

    it.each([
      ["throttling without Retry-After", answered(429)],
      ["a rest that the workflow waits for by a durable timer", answered(503, { "retry-after": "1" })],
      ["a refusal", answered(403)],
    ])("is not asked again after %s", async (_name, error) => {
      const { work, tries } = failing(error);
      await asking(repeatable, work, () => "refused").catch(() => undefined);
      expect(tries()).toBe(1);
    });

    it("is asked three times at most", async () => {
      const { work, tries } = failing(answered(503), answered(503), answered(503));
      await expect(asking(repeatable, work)).rejects.toThrow(TransientError);
      expect(tries()).toBe(3);
    });
  });

  it("is asked once when twice would do more", async () => {
    const { work, tries } = failing(answered(503));
    await expect(asking(question, work)).rejects.toThrow(TransientError);
    expect(tries()).toBe(1);
  });

  it("ends in time though nobody answers and nobody hears the signal", async () => {
    const limits: number[] = [];
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const spy = jest.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      limits.push(ms);
      return timeout(10);
    });
    // The limit's own timer keeps no process alive.
    const alive = setInterval(() => undefined, 1000);
    const asked = asking({ what: "try it", repeatable: true }, () => new Promise<never>(() => undefined));
    await expect(asked).rejects.toThrow(TransientError);
    clearInterval(alive);
    spy.mockRestore();
    expect(limits).toEqual([60_000]);
  });
});
