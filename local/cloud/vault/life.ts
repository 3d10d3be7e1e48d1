import type { LifeSwitch } from "../kit/life.ts";

export const vaultLife: readonly LifeSwitch[] = [
  {
    name: "slowVaultDeletion",
    title: "Deleting and recovering a secret takes time, and its name stays in conflict even after the poller is done.",
    source: "seen",
    row: "2.4 Delete/recover",
    where: "always",
  },
  {
    name: "vaultPurgeProtection",
    title: "A vault is protected from purging, and keeps what is deleted for 7 to 90 days.",
    source: "doc",
    row: "2.4 Purge protection, retention",
    where: "some",
  },
  {
    name: "vaultAccessPolicies",
    title: "A vault goes by access policies: roles do not count there. Never the first vault.",
    source: "doc",
    row: "2.4 RBAC vs. access policies",
    where: "some",
  },
  {
    name: "vaultFirewall",
    title: "A vault's firewall admits no address but those named. Never the first vault's.",
    source: "doc",
    row: "2.4 Firewall, private endpoint",
    where: "some",
  },
  {
    name: "vaultDataPolicies",
    title:
      "Azure Policy denies secrets without content type or end, or with too long a life. Never in the first vault.",
    source: "doc",
    row: "2.4 Data-plane policies (content type, max validity, days before expiry)",
    where: "some",
  },
  {
    name: "versionsInNoOrder",
    title: "The versions of a secret are listed in no order of time.",
    source: "doc",
    row: "2.4 Order of versions",
    where: "always",
  },
];
