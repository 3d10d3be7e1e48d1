/** What Graph v1.0 knows of each type, so that a misspelt name can be told from one that is only not shown here. */
const properties = {
  application: `id deletedDateTime addIns api appId applicationTemplateId appRoles authenticationBehaviors certification
    createdDateTime defaultRedirectUri description disabledByMicrosoftStatus displayName groupMembershipClaims
    identifierUris info isDeviceOnlyAuthSupported isFallbackPublicClient keyCredentials logo
    nativeAuthenticationApisEnabled notes oauth2RequirePostResponse optionalClaims parentalControlSettings
    passwordCredentials publicClient publisherDomain requestSignatureVerification requiredResourceAccess
    samlMetadataUrl serviceManagementReference servicePrincipalLockConfiguration signInAudience spa tags
    tokenEncryptionKeyId uniqueName verifiedPublisher web appManagementPolicies createdOnBehalfOf extensionProperties
    federatedIdentityCredentials homeRealmDiscoveryPolicies owners synchronization tokenIssuancePolicies
    tokenLifetimePolicies`,
  servicePrincipal: `id deletedDateTime accountEnabled addIns alternativeNames appDescription appDisplayName appId
    applicationTemplateId appOwnerOrganizationId appRoleAssignmentRequired appRoles createdDateTime
    customSecurityAttributes description disabledByMicrosoftStatus displayName homepage info keyCredentials loginUrl
    logoutUrl notes notificationEmailAddresses oauth2PermissionScopes passwordCredentials preferredSingleSignOnMode
    preferredTokenSigningKeyThumbprint replyUrls resourceSpecificApplicationPermissions samlSingleSignOnSettings
    servicePrincipalNames servicePrincipalType signInAudience tags tokenEncryptionKeyId verifiedPublisher
    appManagementPolicies appRoleAssignedTo appRoleAssignments claimsMappingPolicies createdObjects
    delegatedPermissionClassifications endpoints federatedIdentityCredentials homeRealmDiscoveryPolicies memberOf
    oauth2PermissionGrants ownedObjects owners remoteDesktopSecurityConfiguration synchronization
    tokenIssuancePolicies tokenLifetimePolicies transitiveMemberOf`,
  group: `id deletedDateTime allowExternalSenders assignedLabels assignedLicenses autoSubscribeNewMembers classification
    createdDateTime description displayName expirationDateTime groupTypes hasMembersWithLicenseErrors
    hideFromAddressLists hideFromOutlookClients isAssignableToRole isSubscribedByMail licenseProcessingState mail
    mailEnabled mailNickname membershipRule membershipRuleProcessingState onPremisesDomainName
    onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesProvisioningErrors onPremisesSamAccountName
    onPremisesSecurityIdentifier onPremisesSyncEnabled preferredDataLocation preferredLanguage proxyAddresses
    renewedDateTime securityEnabled securityIdentifier serviceProvisioningErrors theme uniqueName unseenCount visibility
    appRoleAssignments createdOnBehalfOf memberOf members membersWithLicenseErrors owners settings transitiveMemberOf
    transitiveMembers`,
} as const;

export type EntityType = keyof typeof properties;

const known: Readonly<Record<EntityType, ReadonlyMap<string, string>>> = {
  application: byLowerCase(properties.application),
  servicePrincipal: byLowerCase(properties.servicePrincipal),
  group: byLowerCase(properties.group),
};

/** A property as Graph spells it, asked for in any case; undefined where the type has none of that name. */
export function propertyOf(type: EntityType, name: string): string | undefined {
  return known[type].get(name.toLowerCase());
}

function byLowerCase(names: string): ReadonlyMap<string, string> {
  return new Map(names.split(/\s+/).map((name) => [name.toLowerCase(), name]));
}
