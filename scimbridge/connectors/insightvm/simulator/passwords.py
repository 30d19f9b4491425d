"""The console's password policy."""

from __future__ import annotations

from scimbridge.connectors.insightvm.simulator.answers import Refusal
from scimbridge.simulation.switches import Switches


def check_password(password: str, switches: Switches) -> None:
    """Raise `Refusal` 400 if a new password does not satisfy the policy."""
    longest = switches["password_max_length"]
    counts = {
        "password_min_length": (len(password), "characters"),
        "password_capitals": (sum(each.isupper() for each in password), "capital letters"),
        "password_digits": (sum(each.isdecimal() for each in password), "digits"),
        "password_specials": (sum(not each.isalnum() for each in password), "special characters"),
    }
    for switch, (count, what) in counts.items():
        if count < switches[switch]:
            raise Refusal(400, f"The password needs at least {switches[switch]} {what}.")
    if longest and len(password) > longest:
        raise Refusal(400, f"The password may have at most {longest} characters.")
