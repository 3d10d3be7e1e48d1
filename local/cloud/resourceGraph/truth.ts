import { documented, type Truths } from "../kit/truth.ts";

export const resourceGraphTruths: Truths = {
  Resources: documented("a part of the query language: see resourceGraph/README.md"),
};
