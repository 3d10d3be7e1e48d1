const SystemDate = Date;
let offset = 0;
let installed = false;

/** Puts a Date in the place of the system's that is `offsetInMs` ahead. Timers, files and the network keep the system's time. */
export function moveDate(offsetInMs: number): void {
  offset = offsetInMs;
  if (installed) return;
  installed = true;
  const now = (): number => SystemDate.now() + offset;
  globalThis.Date = new Proxy(SystemDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    apply: () => new SystemDate(now()).toString(),
    get: (target, name): unknown => (name === "now" ? now : Reflect.get(target, name)),
  });
  Object.defineProperty(SystemDate.prototype, "constructor", {
    value: globalThis.Date,
    writable: true,
    configurable: true,
  });
}
