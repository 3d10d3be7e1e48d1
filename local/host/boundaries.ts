import type { RequestListener } from "node:http";

/** Told by name of each instant a crash may fall on, in the order they come: for tests that kill the host there. */
export type OnBoundary = (name: string) => void;

/** Tells of each answer, before it leaves and after. */
export function tellingOfAnswers(listener: RequestListener, onBoundary: OnBoundary | undefined): RequestListener {
  if (!onBoundary) return listener;
  return (request, response) => {
    const end = response.end.bind(response);
    response.end = ((...args: Parameters<typeof end>) => {
      onBoundary(`before answer to ${request.method ?? ""}`);
      return end(...args);
    }) as typeof response.end;
    response.once("finish", () => {
      onBoundary(`after answer to ${request.method ?? ""}`);
    });
    listener(request, response);
  };
}
