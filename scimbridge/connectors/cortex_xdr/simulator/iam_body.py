"""Reading ``request_data`` of Platform IAM's writes. Every mistake is a 400."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimbridge.connectors.cortex_xdr.simulator.answers import Refusal
from scimbridge.connectors.cortex_xdr.simulator.call import Call


def given(call: Call, fields: Mapping[str, type]) -> dict[str, Any]:
    """The known fields that are there and not null; lists hold strings, each once."""
    found = {name: call.data[name] for name in fields if call.data.get(name) is not None}
    for name, value in found.items():
        if not isinstance(value, fields[name]):
            raise Refusal(400, f"{name} must be a {fields[name].__name__}")
        if isinstance(value, list):
            if not all(isinstance(each, str) for each in value):
                raise Refusal(400, f"{name} must be a list of strings")
            found[name] = list(dict.fromkeys(value))
    return found


def changes(call: Call, fields: Mapping[str, type]) -> dict[str, Any]:
    """Like `given`, for a PATCH, which must change something (``empty_clears_rejected``)."""
    found = given(call, fields)
    clearing_counts = not call.switches["empty_clears_rejected"]
    if not any(clearing_counts or value not in ("", []) for value in found.values()):
        raise Refusal(400, "No update performed. All fields are null or empty.")
    return found


def role_id(call: Call, wanted: str) -> str:
    """The id of a role that may be given to users and groups; empty is no role."""
    if not wanted:
        return ""
    role = call.state.find_role(wanted)
    if role is None:
        raise Refusal(400, f"Role '{wanted}' was not found")
    if call.state.is_protected(wanted):
        raise Refusal(400, f"Can not update users to {role.pretty_name} role.")
    return wanted
