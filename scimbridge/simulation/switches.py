"""Named switches: what a vendor does is documented badly in places, and a test may choose there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from scimbridge.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Switch:
    """One behaviour of a simulated vendor that can be chosen."""

    name: str
    default: Any
    """What the vendor does as far as is known. Its type is the type of every other value."""
    meaning: str
    choices: tuple[Any, ...] = ()
    """The values that can be chosen; empty if any value of the type can."""

    def problem(self, value: Any) -> str | None:
        """Why ``value`` does not fit this switch, with the remedy; None if it does."""
        if self.choices and value not in self.choices:
            allowed = ", ".join(repr(choice) for choice in self.choices)
            return f"switch {self.name!r} cannot be {value!r}; choose one of: {allowed}"
        if not _same_kind(value, self.default):
            kind = type(self.default).__name__
            return f"switch {self.name!r} cannot be {value!r}; give a value of type {kind}"
        return None


class Switches:
    """The switches of one simulator with their present values. Safe between threads."""

    def __init__(
        self, declared: Iterable[Switch], initial: Mapping[str, Any] | None = None
    ) -> None:
        """Raise `ConfigError` if ``initial`` names an unknown switch or holds an unfit value."""
        self._declared = {switch.name: switch for switch in declared}
        self._values: Mapping[str, Any] = MappingProxyType(
            {name: switch.default for name, switch in self._declared.items()}
        )
        self.set(initial or {})
        self._seed = self._values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def set(self, values: Mapping[str, Any]) -> None:
        """Set all of ``values`` or, raising `ConfigError` with every mistake, none of them."""
        problems = [
            problem for name, value in values.items() if (problem := self._check(name, value))
        ]
        if problems:
            raise ConfigError(*problems)
        # One assignment of a new mapping: a reader in another thread sees all of it or none.
        self._values = MappingProxyType({**self._values, **values})

    def reset(self) -> None:
        """Go back to the values that the simulator was created with."""
        self._values = self._seed

    def as_dict(self) -> dict[str, Any]:
        """Every switch's name and present value."""
        return dict(self._values)

    def _check(self, name: str, value: Any) -> str | None:
        switch = self._declared.get(name)
        if switch is None:
            return f"unknown switch {name!r}; known switches: {', '.join(sorted(self._declared))}"
        return switch.problem(value)


def _same_kind(value: Any, default: Any) -> bool:
    if isinstance(value, bool) or isinstance(default, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    if isinstance(default, list):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, type(default))
