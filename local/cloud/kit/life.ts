/** One way in which Azure is harsher than this cloud is while the switch is off. Each folder's life.ts lists its own. */
export interface LifeSwitch {
  /** `softDeletedApplications` */
  readonly name: string;
  /** One plain sentence: what Azure does. */
  readonly title: string;
  /** `seen`: recorded, or told in a public thread. `doc`: Microsoft's document. `likely`: inferred, not confirmed. */
  readonly source: "seen" | "doc" | "likely";
  /** Section and subject of the row it makes real: `2.2 Delete an application`. */
  readonly row: string;
  /** `always`: holds everywhere while on. `some`: on one in five of the resources the estate names, by seed. */
  readonly where: "always" | "some";
  /** Switched together under this name. */
  readonly group?: "consistency" | "limits";
}

/** How harsh the cloud is, as services see it. */
export interface Life {
  /** Of a switch; of a group: is any of it on? */
  on(name: string): boolean;
  /** Counts one effect: an answer or a state that is other because of the switch. */
  strike(name: string): void;
  /** The same, once for one subject at one time: how many callers meet it side by side is no effect of the switch. */
  strikeOnce(name: string, subject: string, at: number): void;
  /**
   * Is the switch on, and did it fall on this resource? Only on what the estate names, one in five by seed; never on the
   * first cluster or registry, nor on a scope above them.
   */
  struckBy(name: string, resourceId: string): boolean;
  /** A number in [0, 1): the same for the same seed, switch and key, whatever was asked before. */
  chance(name: string, key: string): number;
}

export interface LifeState extends LifeSwitch {
  readonly on: boolean;
  /** How often it had an effect since the start or the last reset. */
  readonly struck: number;
}

/** The switches themselves, as the control service and the owners of groups see them. */
export interface LifeBook extends Life {
  list(): readonly LifeState[];
  /** By names of switches or groups; with one unknown name nothing changes. */
  configure(change: Readonly<Record<string, boolean>>): { readonly unknown: readonly string[] };
  /** Forgets what struck; the switches stay as they are. */
  forgetStrikes(): void;
}
