/** The activity behind `callHttp`. */
export const httpActivity = "BuiltIn::HttpActivity";
const dayInMs = 86_400_000;
/** A timer further away than this goes in legs (the limit of Azure Storage queues). */
export const longestTimerInMs = 6 * dayInMs;
export const timerLegInMs = 3 * dayInMs;
export const httpPollingInMs = 30_000;
