import type { Authorization } from "../kit/contract.ts";

export interface Question {
  readonly kind?: "action" | "dataAction";
  /** What `@Request` finds. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** What `@Resource` finds. */
  readonly resource?: Readonly<Record<string, string>>;
  readonly only?: readonly string[];
  /** Count only assignments that have reached the data plane; always so for data actions. */
  readonly settled?: boolean;
}

/** What a refusal says of a deny assignment. */
export interface Denied {
  /** A guid. */
  readonly id: string;
  readonly name: string;
  readonly scope: string;
}

/** The contract's question, and what Resource Manager asks besides. */
export interface ArmRights extends Authorization {
  allows(objectId: string, action: string, scope: string, question?: Question): boolean;
  /** What roles give and a deny assignment takes away; undefined where the roles do not give it anyway. */
  deniedBy(objectId: string, action: string, scope: string, question?: Question): Denied | undefined;
}
