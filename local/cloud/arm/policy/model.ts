export interface PolicyDefinition {
  /** Resource id. */
  readonly id: string;
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface PolicyAssignment {
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  readonly location?: string | undefined;
  readonly identity?: { readonly type: string; readonly principalId: string; readonly tenantId: string } | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
  /** The switch that put it there, if one did. */
  readonly putBy?: string;
}

export interface PolicyState {
  readonly definitions: Map<string, PolicyDefinition>;
  readonly assignments: Map<string, PolicyAssignment>;
  /** Ids of what switches put and somebody took away. */
  readonly removed: Set<string>;
}
