"""What an IdP wants of its people and groups, as far as the state machine asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class User:
    """What is wanted of one person."""

    name: str
    id: str | None = None
    """None until a POST is answered with 201."""
    answered: bool = False
    """Whether a POST was: another one is a second user, and not the first one's repetition."""
    given_name: str = "A"
    active: bool = True
    by_hand: set[str] = field(default_factory=set)
    has_account: bool = True
    """Where nobody can create one: whether there is one by now."""
    seen: bool = True
    """Whether the bridge has been made to look for it since then."""
    settled: bool = True
    """Whether the last request about this person was answered with 2xx."""
    leaving: bool = False


@dataclass
class Group:
    """What is wanted of one group."""

    name: str
    id: str
    members: list[User] = field(default_factory=list)
    leaving: bool = False
