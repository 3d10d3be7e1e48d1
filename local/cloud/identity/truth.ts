import { documented, type Truths } from "../kit/truth.ts";

export const identityTruths: Truths = {
  AppService_Token: documented("2019-08-01 of App Service; a call without `client_id` gets the first identity"),
};
