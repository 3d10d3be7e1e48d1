import type { Application } from "../entra/state.ts";
import type { Call, Principal, Reply } from "../kit/contract.ts";
import { missingResource, noPrivileges } from "./errors.ts";
import type { GraphNeeds } from "./needs.ts";
import { mayChange } from "./rights.ts";
import { viewOf, type View } from "./view.ts";

/** The application a path names, as the caller sees it. */
export function found(view: View, { params: { id, appId, uniqueName } }: Call): Application | undefined {
  if (id) return view.applicationById(id);
  return appId ? view.applicationByAppId(appId) : view.applicationByUniqueName(uniqueName ?? "");
}

/** What a path names something by. */
export function namedIn({ params }: Call): string {
  return Object.values(params)[0] ?? "";
}

/** Runs `work` on the application a path names, if the caller may change it. */
export function changing(
  call: Call,
  needs: GraphNeeds,
  work: (application: Application, caller: Principal) => Reply,
): Reply {
  const { principal } = call;
  const application = principal && found(viewOf(needs, principal), call);
  if (!application) return missingResource(needs.error, namedIn(call));
  return mayChange(principal, application.owners) ? work(application, principal) : noPrivileges(needs.error);
}
