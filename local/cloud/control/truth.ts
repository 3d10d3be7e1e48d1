import { ours, type Truths } from "../offers/truth.ts";

export const controlTruths: Truths = {
  Overview: ours("the page"),
  State: ours(),
  Calls: ours(),
  ForgetCalls: ours(),
  Offers: ours("this table as JSON"),
  Faults: ours(),
  PlantFault: ours(),
  ClearFaults: ours(),
  Consent: ours("the administrator's decision without a browser"),
  SetTimings: ours(),
  NextPassword: ours(),
  Reset: ours(),
  KubeletPull: ours("the requests of containerd in its order; no credential cache"),
  FailNextUpdate: ours(),
  SetClusterState: ours(),
};
