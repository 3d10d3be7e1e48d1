import type { Entry } from "./entry.ts";

/** How an operation ended by itself, and what is wrong with Crosspull. */
export const operationProblems = {
  "CP-CANCELLED": { status: 409, title: "The onboarding was cancelled", remedy: "Repeat the request to start again." },
  "CP-NOT-REMOVED": {
    status: 409,
    title: "Something could not be taken back",
    remedy: "Look at what the detail names; cancelling or removing again tries it once more.",
  },
  "CP-STILL-PULLS": {
    status: 409,
    title: "The cluster can still pull, though the link's role was removed",
    remedy:
      "Another role lets it: find it with `az role assignment list --assignee APP_ID --all --include-inherited` in the registry's tenant, remove it, then repeat DELETE.",
  },
  "CP-SUPERSEDED": {
    status: 409,
    title: "Another operation has taken over",
    remedy: "See the link: its latest operation is the one that counts.",
  },
  "CP-NOTHING-TO-ROTATE": {
    status: 422,
    title: "The cluster holds no credential of ours",
    remedy: "Onboard a link of this cluster first; its nodes must hold the pull identity's secret.",
  },
  "CP-LINK-NOT-PROVED": {
    status: 409,
    title: "A link that pulled before does not pull with the new secret",
    remedy:
      "Look at the link named in the detail. The secret of before stays valid; rotate again when the cause is gone.",
  },
  "CP-DEPENDENCY-DOWN": {
    status: 503,
    title: "A service did not answer for hours",
    remedy: "Repeat the request when the service named in the detail answers again: it resumes where it stopped.",
  },
  "CP-OPERATION-FAILED": {
    status: 500,
    title: "The operation failed unexpectedly",
    remedy: "Repeat the request: it resumes where it stopped. If it fails again, report it with the operation id.",
  },
  "CP-DEFECT": {
    status: 500,
    title: "Crosspull met an error that nobody foresaw",
    remedy: "Report it with the time of the request: the log has the reason.",
  },
  "CP-MISCONFIGURED": {
    status: 500,
    title: "Crosspull's settings are not right",
    remedy: "Correct the settings named in the detail (docs/configuration.md), then restart the app.",
  },
  "CP-NOT-READY": {
    status: 503,
    title: "Crosspull cannot answer now",
    remedy: "Try again in a minute; GET /api/health names what is out of reach.",
  },
} as const satisfies Record<string, Entry>;
