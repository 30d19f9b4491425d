"""What the code can say when it fails, read from the code: the texts that errors are made with.

A part that is only known when it happens is written as ``…``. What an error passes on from
somewhere else, such as a vendor's own words, is found nowhere.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scimbridge import errors

PACKAGE = Path(errors.__file__).parent
CLASSES = {
    name: each
    for name, each in vars(errors).items()
    if isinstance(each, type) and issubclass(each, errors.ScimbridgeError)
}
MISTAKE = "mistake"
"""Stands for what is wrong with a value of the configuration, which is no error by itself."""
_GAP = "…"


@dataclass
class _Reader:
    """Reads one function."""

    known: Mapping[str, list[ast.expr]]
    """What the names of the whole package stand for, and what its functions return."""
    own: dict[str, list[ast.expr]] = field(default_factory=dict)
    """What is assigned within the function."""

    def texts(self, node: ast.expr, depth: int = 0) -> Iterator[str]:
        """What ``node`` can be as text."""
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=parts):
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else _GAP for part in parts
                )
            case ast.IfExp(body=one, orelse=other):
                yield from self.texts(one, depth)
                yield from self.texts(other, depth)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                yield "".join(next(self.texts(each, depth), _GAP) for each in (left, right))
            case ast.Call(func=ast.Attribute(value=text, attr="format")):
                yield from (re.sub(r"\{\w*\}", _GAP, each) for each in self.texts(text, depth))
            case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)) if depth < 2:
                for each in self.own.get(name) or self.known.get(name, []):
                    yield from self.texts(each, depth + 1)


def error_texts() -> dict[str, set[str]]:
    """The name of an error's class, or `MISTAKE`, to the texts that it is raised with."""
    paths = [each for each in sorted(PACKAGE.rglob("*.py")) if "simulat" not in str(each)]
    modules = {path: ast.parse(path.read_text()) for path in paths}
    known: dict[str, list[ast.expr]] = defaultdict(list)
    for tree in modules.values():
        for name, value in _assigned(ast.iter_child_nodes(tree)):
            known[name].append(value)
        for function in _functions(tree):
            known[function.name] += [
                each.value
                for each in ast.walk(function)
                if isinstance(each, ast.Return) and each.value is not None
            ]
    found: dict[str, set[str]] = defaultdict(set)
    for path, tree in modules.items():
        raising = {name: (name, 0) for name in CLASSES}
        if "config" in path.parts or path.name == "settings.py":
            raising |= {"ValueError": (MISTAKE, 0), "mistake": (MISTAKE, 0)}
        for function in _functions(tree):
            raising |= dict(_passed_on(function))
        for function in _functions(tree):
            reader = _Reader(known)
            for name, value in _assigned(ast.walk(function)):
                reader.own.setdefault(name, []).append(value)
            for call in _calls(function):
                kind, place = raising.get(_name(call), ("", 0))
                for argument in call.args[place : place + 1] if kind else []:
                    texts = reader.texts(argument)
                    found[kind] |= {text for text in texts if re.search("[a-z]{3}", text)}
    return found


def _passed_on(function: ast.FunctionDef) -> Iterator[tuple[str, tuple[str, int]]]:
    """The function itself, if it makes an error of the text that one of its parameters is."""
    parameters = [each.arg for each in function.args.args if each.arg != "self"]
    for call in _calls(function):
        match call.args:
            case [ast.Name(id=name), *_] if _name(call) in CLASSES and name in parameters:
                yield function.name, (_name(call), parameters.index(name))


def _functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)]


def _calls(function: ast.FunctionDef) -> list[ast.Call]:
    return [each for each in ast.walk(function) if isinstance(each, ast.Call)]


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _assigned(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
