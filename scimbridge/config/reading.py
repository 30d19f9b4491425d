"""One reader for every settings dataclass: its annotations say what each key takes.

A field's ``metadata`` may narrow that further:

``doc``      what the setting is, in a few words; shown with every mistake made in it
``min``      the smallest number allowed
``max``      the largest number allowed
``choices``  the values allowed, where a `Literal` would not do
``parse``    a function from the value to the one to keep, which raises `ValueError` with the
             reason and the remedy; for a list or a table it is called with each element
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union

from scimbridge.config.mistakes import Where, any_of, suggestion
from scimbridge.config.secrets import Secret, resolve_secret

T = TypeVar("T")


class _Unusable(Exception):
    """A value is wrong, and has been reported."""


def keys_of(cls: type) -> tuple[str, ...]:
    """The keys that a settings dataclass takes."""
    return tuple(each.name for each in dataclasses.fields(cls))


def read_table(
    table: Mapping[str, Any],
    cls: type[T],
    where: Where,
    problems: list[str],
    *,
    given: Mapping[str, Any] = types.MappingProxyType({}),
    other_keys: Collection[str] = (),
) -> T | None:
    """Fill the dataclass ``cls`` from ``table``; None if a field of it is wrong.

    Every mistake is added to ``problems``, unknown keys too. ``given`` holds the fields that the
    caller fills; ``other_keys`` are keys of the same table that somebody else reads. A
    ``__post_init__`` may check fields against each other: each argument of the `ValueError` it
    raises is one mistake.

    Annotations may be str, int, float, bool, `Secret`, `Path`, ``Literal[...]``,
    ``tuple[X, ...]``, ``Mapping[str, X]`` or ``dict[str, X]``, and ``X | None`` for a key that may
    be left out. A relative path counts from the file's own folder.
    """
    settings = [each for each in dataclasses.fields(cls) if each.name not in given]  # type: ignore[arg-type]
    report_unknown_keys(table, [*(s.name for s in settings), *other_keys], where, problems)
    hints = typing.get_type_hints(cls)
    values = dict(given)
    usable = True
    for setting in settings:
        reader = _Reader(setting.metadata, where.at(setting.name), problems)
        if setting.name in table:
            try:
                values[setting.name] = reader.value(table[setting.name], hints[setting.name])
            except _Unusable:
                usable = False
        elif setting.default is MISSING and setting.default_factory is MISSING:
            reader.report(f"is missing; write {reader.expected(hints[setting.name])}")
            usable = False
    if not usable:
        return None
    try:
        return cls(**values)
    except ValueError as error:
        problems.extend(where.mistake(str(reason)) for reason in error.args or ("is not valid",))
        return None


def report_unknown_keys(
    table: Mapping[str, Any], known: Collection[str], where: Where, problems: list[str]
) -> None:
    """Add a mistake for each key that nobody reads. Its value is not shown: it may be a secret."""
    problems.extend(
        where.at(key).mistake(f"is not a known key; {suggestion(key, known)}")
        for key in table
        if key not in known
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns what `tomllib` found at one key into the value of one field, or reports why not."""

    metadata: Mapping[str, Any]
    where: Where
    problems: list[str]

    def value(self, raw: object, annotation: Any) -> Any:
        """The value for the field. Raises `_Unusable` once every mistake in it is reported."""
        kind = _required(annotation)
        if type(raw) is bool and _or_a_switch(annotation):
            return self._parsed(raw, raw)
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is tuple and isinstance(raw, list):
            return tuple(self._each(dict(enumerate(raw)), arguments[0]).values())
        if origin in (dict, Mapping) and isinstance(raw, dict):
            return self._each(raw, arguments[1])
        if kind is Secret:
            return self._parsed(self._secret(raw), raw)
        return self._parsed(self._scalar(raw, kind), raw)

    def report(self, reason: str, value: object = MISSING) -> None:
        doc = self.metadata.get("doc")
        self.problems.append(self.where.mistake(reason, value) + (f" ({doc})" if doc else ""))

    def expected(self, annotation: Any) -> str:
        """What the key takes, in words."""
        kind = _required(annotation)
        if _or_a_switch(annotation):
            return f"true, false or {self.expected(kind)}"
        if choices := self._choices(kind):
            return any_of(choices)
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is tuple:
            return f"a list, each element {self.expected(arguments[0])}"
        if origin in (dict, Mapping):
            return f"a table, each value {self.expected(arguments[1])}"
        if kind in (int, float):
            return ("a whole number" if kind is int else "a number") + self._range()
        words: dict[Any, str] = {
            str: "a string",
            bool: "true or false",
            Path: "a path in quotes",
            Secret: 'a reference to the secret, "env:NAME" or "file:/path"',
        }
        return words[kind]

    def _each(self, raw: Mapping[Any, object], annotation: Any) -> dict[Any, Any]:
        values, usable = {}, True
        for key, element in raw.items():
            reader = dataclasses.replace(self, where=self.where.at(key))
            try:
                values[key] = reader.value(element, annotation)
            except _Unusable:
                usable = False
        if not usable:
            raise _Unusable
        return values

    def _scalar(self, raw: object, kind: Any) -> Any:
        choices = self._choices(kind)
        if choices:
            # `True == 1` in Python, and TOML knows better.
            if not any(type(raw) is type(each) and raw == each for each in choices):
                self._refuse(f"is not one of its values; write {any_of(choices)}", raw)
            return raw
        if kind is float and type(raw) is int:
            raw = float(raw)
        if type(raw) is not (str if kind is Path else kind):
            self._refuse(f"has the wrong type; write {self.expected(kind)}", raw)
        if isinstance(raw, str) and not raw.strip():
            self._refuse("is empty; write a value, or leave the key out", raw)
        if isinstance(raw, int | float) and not self._in_range(raw):
            self._refuse(f"is out of range; write {self.expected(kind)}", raw)
        return self.where.file.parent / Path(str(raw)).expanduser() if kind is Path else raw

    def _secret(self, raw: object) -> Secret:
        try:
            return resolve_secret(
                raw if isinstance(raw, str) else "",
                relative_to=self.where.file.parent,
                environ=self.where.environ,
            )
        except ValueError as error:
            self._refuse(str(error), "***")

    def _parsed(self, value: Any, raw: object) -> Any:
        parse = self.metadata.get("parse")
        if parse is None:
            return value
        try:
            return parse(value)
        except ValueError as error:
            self._refuse(str(error), raw)

    def _refuse(self, reason: str, raw: object) -> typing.NoReturn:
        # The mistake is a sentence in `problems` by now; the exception only unwinds.
        self.report(reason, raw)
        raise _Unusable

    def _choices(self, kind: Any) -> tuple[object, ...]:
        if typing.get_origin(kind) is Literal:
            return typing.get_args(kind)
        return tuple(self.metadata.get("choices", ()))

    def _in_range(self, number: float) -> bool:
        low, high = self.metadata.get("min", -math.inf), self.metadata.get("max", math.inf)
        return math.isfinite(number) and bool(low <= number <= high)

    def _range(self) -> str:
        low, high = self.metadata.get("min"), self.metadata.get("max")
        if low is None:
            return "" if high is None else f" of at most {high}"
        return f" of at least {low}" if high is None else f" from {low} to {high}"


def _required(annotation: Any) -> Any:
    """``X`` of ``X | None``: TOML has no null, so None only says that the key may be left out.

    Also ``X`` of ``bool | X``, see `_or_a_switch`.
    """
    if typing.get_origin(annotation) in (Union, types.UnionType):
        [annotation] = set(typing.get_args(annotation)) - {type(None), bool}
    return annotation


def _or_a_switch(annotation: Any) -> bool:
    """Whether the key takes true and false beside another kind of value."""
    return isinstance(annotation, types.UnionType) and bool in typing.get_args(annotation)
