/** What stands behind a code. `status` is the HTTP status when a request is answered with it; codes that appear only on a link keep the status a request would have had. */
export type Entry = { readonly status: number; readonly title: string; readonly remedy: string };
