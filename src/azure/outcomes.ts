/** Answers that several services give. */

/** `code`: the service's own word (`AuthorizationFailed`, `AADSTS7000215`); `detail`: its sentence, without ids of requests. */
export type Refused<Outcome extends string> = {
  readonly outcome: Outcome;
  readonly code: string;
  readonly detail: string;
};

/** Removals are proved by reading again; replicas that still show the thing make it `notYet`. */
export type Removal = { readonly outcome: "removed" } | { readonly outcome: "notYet"; readonly detail: string };
