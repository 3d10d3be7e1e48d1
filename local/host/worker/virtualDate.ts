const SystemDate = Date;
let now = 0;
let installed = false;

/** Puts a Date in the place of the system's that stands still at `nowInMs`. Timers, files and the network keep the system's time. */
export function moveDate(nowInMs: number): void {
  now = nowInMs;
  if (installed) return;
  installed = true;
  const tell = (): number => now;
  globalThis.Date = new Proxy(SystemDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [tell()] : args, newTarget) as Date,
    apply: () => new SystemDate(tell()).toString(),
    get: (target, name): unknown => (name === "now" ? tell : Reflect.get(target, name)),
  });
  Object.defineProperty(SystemDate.prototype, "constructor", {
    value: globalThis.Date,
    writable: true,
    configurable: true,
  });
}
