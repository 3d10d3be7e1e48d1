/** An instant as history and HTTP keep it: ISO 8601, UTC. */
export type Instant = string;

export function after(instant: Instant | Date, seconds: number): Date {
  return new Date(new Date(instant).getTime() + seconds * 1000);
}

export function secondsBetween(from: Instant | Date, to: Instant | Date): number {
  return (new Date(to).getTime() - new Date(from).getTime()) / 1000;
}

export function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}
