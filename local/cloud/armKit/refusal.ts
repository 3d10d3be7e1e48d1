/** What the models refuse, in Azure's words. Which HTTP status a code has is the routes' business. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalCode;
  /** What stands in the error beside code and message. */
  readonly more: Readonly<Record<string, unknown>>;

  constructor(code: RefusalCode, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.more = more;
  }
}

/** Azure's error codes with the status each is answered with. */
export const refusalStatus = {
  AuthenticationFailed: 401,
  InvalidAuthenticationToken: 401,
  InvalidAuthenticationTokenTenant: 401,
  AuthorizationFailed: 403,
  DenyAssignmentAuthorizationFailed: 403,
  RequestDisallowedByPolicy: 403,
  ScopeLocked: 409,
  LockNotFound: 404,
  InvalidLock: 400,
  PolicyAssignmentNotFound: 404,
  PolicyDefinitionNotFound: 404,
  InvalidPolicyRule: 400,
  InvalidPolicyAssignment: 400,
  DenyAssignmentNotFound: 404,
  ManagementGroupNotFound: 404,
  Conflict: 409,
  SubscriptionNotFound: 404,
  InvalidSubscriptionId: 400,
  ResourceGroupNotFound: 404,
  ResourceNotFound: 404,
  NotFound: 404,
  MissingApiVersionParameter: 400,
  InvalidApiVersionParameter: 400,
  NoRegisteredProviderFound: 400,
  InvalidResourceNamespace: 404,
  InvalidResourceType: 404,
  HttpMethodNotAllowed: 405,
  InvalidRequestContent: 400,
  InvalidFilterInQueryString: 400,
  BadRequest: 400,
  InvalidParameter: 400,
  ServicePrincipalValidationClientError: 400,
  ServicePrincipalNotFound: 400,
  QuotaExceeded: 400,
  PropertyChangeNotAllowed: 400,
  PreconditionFailed: 412,
  OperationNotAllowed: 409,
  RoleAssignmentNotFound: 404,
  RoleAssignmentExists: 409,
  RoleAssignmentUpdateNotPermitted: 400,
  RoleAssignmentLimitExceeded: 400,
  RoleDefinitionDoesNotExist: 404,
  RoleDefinitionNotFound: 404,
  InvalidRoleAssignmentId: 400,
  InvalidRoleAssignmentCondition: 400,
  PrincipalNotFound: 400,
  UnmatchedPrincipalType: 400,
  UnsupportedMediaType: 415,
  InternalServerError: 500,
} as const satisfies Record<string, number>;

export type RefusalCode = keyof typeof refusalStatus;
