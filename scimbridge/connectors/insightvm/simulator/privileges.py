"""The console's privileges, and what follows from holding some of them."""

from __future__ import annotations

from collections.abc import Collection

PRIVILEGES = (
    "all-permissions",
    "create-reports",
    "configure-global-settings",
    "manage-sites",
    "manage-tags",
    "manage-static-asset-groups",
    "manage-dynamic-asset-groups",
    "manage-scan-templates",
    "manage-report-templates",
    "manage-scan-engines",
    "submit-vulnerability-exceptions",
    "approve-vulnerability-exceptions",
    "delete-vulnerability-exceptions",
    "manage-vuln-investigations",
    "view-vuln-investigations",
    "create-tickets",
    "close-tickets",
    "assign-ticket-assignee",
    "manage-site-access",
    "manage-asset-group-access",
    "manage-report-access",
    "use-restricted-report-sections",
    "manage-policies",
    "view-asset-group-asset-data",
    "manage-asset-group-assets",
    "view-site-asset-data",
    "specify-site-metadata",
    "purge-site-asset-data",
    "specify-scan-targets",
    "assign-scan-engine",
    "assign-scan-template",
    "manage-site-credentials",
    "manage-scan-alerts",
    "schedule-automatic-scans",
    "start-unscheduled-scans",
)

_NEED_ALL_SITES = frozenset({"all-permissions", "manage-sites", "manage-tags"})
_NEED_ALL_ASSET_GROUPS = frozenset({"all-permissions", "manage-dynamic-asset-groups"})


def needs_all_sites(privileges: Collection[str]) -> bool:
    """Whether a role with these privileges is given with ``allSites`` only.

    Evidence, here and below: Rapid7's own integration computes the flags before it writes
    (rapid7/insightconnect-plugins, rapid7_insightvm, ``ValidateUser``).
    """
    return not _NEED_ALL_SITES.isdisjoint(privileges)


def needs_all_asset_groups(privileges: Collection[str]) -> bool:
    """Whether a role with these privileges is given with ``allAssetGroups`` only."""
    return not _NEED_ALL_ASSET_GROUPS.isdisjoint(privileges)
