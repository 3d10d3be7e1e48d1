import { ListrLogger, ProcessOutput } from "listr2";

/** listr2 draws on stdout unless told otherwise; `--json` keeps that for the document. */
export function drawnOn(out: NodeJS.WriteStream) {
  const logger = new ListrLogger({ processOutput: new ProcessOutput(out, out) });
  return {
    // Ctrl-C is ours: everything that was started has to end.
    registerSignalListeners: false,
    renderer: "default" as const,
    rendererOptions: { logger, collapseSubtasks: false, showErrorMessage: true },
    fallbackRenderer: "simple" as const,
    fallbackRendererCondition: () => !out.isTTY,
    fallbackRendererOptions: { logger },
  };
}

export interface TimedTitle {
  say(title: string): void;
  stop(): void;
}

/** Shows behind the title how long the task has taken, where a line can be drawn over; elsewhere that would be a line a second. */
export function timedTitle(task: { title: string }, out: NodeJS.WriteStream): TimedTitle {
  const begin = performance.now();
  let title = task.title;
  const draw = (): void => {
    task.title = `${title} (${Math.round((performance.now() - begin) / 1000)} s)`;
  };
  const timer = out.isTTY ? setInterval(draw, 1000) : undefined;
  return {
    say: (text) => {
      title = text;
      task.title = text;
    },
    stop: () => clearInterval(timer),
  };
}
