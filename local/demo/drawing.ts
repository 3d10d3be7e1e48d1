import { ListrLogger, ProcessOutput } from "listr2";

/** For a terminal whose language says that it shows no UTF-8. */
const plainIcons = { STARTED: ">", COMPLETED: "ok", FAILED: "x", OUTPUT: ">" };

/** listr2 draws on stdout unless told otherwise; `--json` keeps that for the document. */
export function drawnOn(out: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env) {
  const logger = new ListrLogger({ processOutput: new ProcessOutput(out, out) });
  return {
    // Ctrl-C is ours: everything that was started has to end.
    registerSignalListeners: false,
    renderer: "default" as const,
    rendererOptions: { logger, collapseSubtasks: false, showErrorMessage: true },
    fallbackRenderer: "simple" as const,
    fallbackRendererCondition: () => !canDrawOver(out, env),
    fallbackRendererOptions: showsUtf8(env) ? { logger } : { logger, icon: plainIcons },
  };
}

function canDrawOver(out: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  return out.isTTY && showsUtf8(env);
}

/** Where no language is set nobody chose one, and all terminals of today show UTF-8. */
function showsUtf8({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  const language = LC_ALL || LC_CTYPE || LANG || "UTF-8";
  return /utf-?8/i.test(language);
}

/** Breaks lines between words, where a narrow terminal would break them anywhere; an address stays whole. */
export function wrapped(text: string, columns = Infinity): string {
  return text
    .split("\n")
    .map((line) => brokenAt(columns, line))
    .join("\n");
}

function brokenAt(columns: number, line: string): string {
  const [first = "", ...words] = line.split(" ");
  const lines: string[] = [];
  let last = first;
  for (const word of words) {
    const longer = `${last} ${word}`;
    if (longer.length > columns) lines.push(last);
    last = longer.length > columns ? word : longer;
  }
  return [...lines, last].join("\n");
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
  const timer = canDrawOver(out, process.env) ? setInterval(draw, 1000) : undefined;
  return {
    say: (text) => {
      title = text;
      task.title = text;
    },
    stop: () => clearInterval(timer),
  };
}
