import { chosen, documented, observed, type Truths } from "../kit/truth.ts";

const page = "no sign-in: whoever reaches the page is an administrator, or with `consentAsksWho` on says who it is";

export const entraTruths: Truths = {
  Token_V2: documented("client_credentials with secret or federated assertion; no users, no certificates"),
  Token_V1: documented("client_credentials with `resource`"),
  OpenIdConfiguration: documented(),
  SigningKeys: documented("one key for all tenants"),
  InstanceDiscovery: documented(),
  AdminConsent_V1: observed(page),
  AdminConsent_V1_Decide: chosen("the page's buttons"),
  AdminConsent_V2: observed(page),
  AdminConsent_V2_Decide: chosen("the page's buttons"),
  Authorize_V1: observed("for consent alone: the `code` that comes back is good for nothing"),
  Authorize_V1_Decide: chosen("the page's buttons"),
};
