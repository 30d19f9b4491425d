"""The settings of response policies: which there are, where, and how they are read and written."""

from __future__ import annotations

from typing import Any

from scimbridge.connectors.falcon.simulator.envelope import Refusal

PLATFORMS = ("Windows", "Mac", "Linux")

_REAL_TIME = "RealTimeFunctionality"

# (category, id, name, platforms)
_SETTINGS = (
    ("Enable/Disable", _REAL_TIME, "Real Time Response", PLATFORMS),
    ("Custom scripts", "CustomScripts", "Custom Scripts", PLATFORMS),
    ("Custom scripts", "FalconScripts", "Falcon Scripts", ("Windows",)),
    ("High risk commands", "GetCommand", "get", PLATFORMS),
    ("High risk commands", "PutCommand", "put", PLATFORMS),
    ("High risk commands", "ExecCommand", "run", PLATFORMS),
    ("High risk commands", "PutAndRunCommand", "put-and-run", ("Windows", "Mac")),
    ("High risk commands", "MemDumpCommand", "memdump", ("Windows",)),
    ("High risk commands", "XMemDumpCommand", "xmemdump", ("Windows",)),
)


def settings_json(platform: str, enabled: frozenset[str]) -> list[dict[str, Any]]:
    """All settings of a platform, nested in their categories, as a policy shows them."""
    categories: dict[str, list[dict[str, Any]]] = {}
    for category, setting_id, name, platforms in _SETTINGS:
        if platform in platforms:
            setting = {
                "id": setting_id,
                "name": name,
                "description": "",
                "type": "toggle",
                "value": {"enabled": setting_id in enabled},
            }
            categories.setdefault(category, []).append(setting)
    return [{"name": name, "settings": settings} for name, settings in categories.items()]


def changed_settings(
    platform: str, before: frozenset[str], wanted: Any, *, enforce_rules: bool
) -> frozenset[str]:
    """The settings that are on after a request with the flat list ``wanted``.

    Raises `Refusal` 400 for a setting that the platform does not have or that lacks another one.
    """
    if not isinstance(wanted, list):
        raise Refusal(400, "settings is a list")
    known = {setting_id for _, setting_id, _, platforms in _SETTINGS if platform in platforms}
    enabled = set(before)
    for setting in wanted:
        setting_id, value = _parse(setting)
        if setting_id not in known:
            raise Refusal(400, f"{platform} has no setting {setting_id!r}")
        enabled = enabled | {setting_id} if value else enabled - {setting_id}
    if enforce_rules:
        _check_rules(enabled)
    return frozenset(enabled)


def _parse(setting: Any) -> tuple[str, bool]:
    match setting:
        case {"id": str(setting_id), "value": {"enabled": bool(enabled)}}:
            return setting_id, enabled
    raise Refusal(400, "a setting is written as {id, value: {enabled}}")


def _check_rules(enabled: set[str]) -> None:
    # What Terraform's provider enforces before it sends anything.
    if enabled and _REAL_TIME not in enabled:
        raise Refusal(400, f"{sorted(enabled)[0]} requires {_REAL_TIME}")
    if "FalconScripts" in enabled and "CustomScripts" not in enabled:
        raise Refusal(400, "FalconScripts requires CustomScripts")
