import * as df from "durable-functions";

/** The input binding a function needs to use `instancesOf`. */
export const durableClient = df.input.durableClient();
