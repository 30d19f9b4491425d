"""Syntax tree to filter: names become attributes, literals get the attribute's type.

Whatever could not be evaluated is refused here, so that matching never has to guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NoReturn

from scim2_filter_parser import ast

from scimbridge.errors import InvalidFilter
from scimbridge.scim.attr_paths import AttrPath, UnknownAttribute, find_attr_path, sub_path
from scimbridge.scim.attributes import Attribute, ResourceType, Schema
from scimbridge.scim.datetimes import parse_instant
from scimbridge.scim.filter_grammar import Operand, Word
from scimbridge.scim.filter_tree import (
    Compare,
    Filter,
    Literal,
    Not,
    Present,
    ValuePathFilter,
    all_of,
    any_of,
)
from scimbridge.scim.quirks import Dialect

_ORDERING: Final = frozenset({"gt", "ge", "lt", "le"})
_SUBSTRING: Final = frozenset({"co", "sw", "ew"})
_OPERATORS_OF: Final = {
    "boolean": frozenset({"eq", "ne"}),
    "binary": frozenset({"eq", "ne"}),
    "integer": frozenset({"eq", "ne"}) | _ORDERING,
    "decimal": frozenset({"eq", "ne"}) | _ORDERING,
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the names of a filter are looked up."""

    resource_type: ResourceType
    dialect: Dialect
    element_of: Attribute | None = None
    """Set inside of ``attribute[...]``."""

    def resolve(self, name: Word) -> AttrPath | Schema:
        """What ``name`` stands for here. Raises `InvalidFilter`."""
        try:
            if self.element_of is not None:
                return sub_path(name, self.element_of)
            return find_attr_path(name, self.resource_type, self.dialect)
        except UnknownAttribute as error:
            raise InvalidFilter(f"{error} (character {name.offset + 1})") from error

    def attribute(self, name: Word) -> AttrPath:
        """The attribute that ``name`` stands for. Raises `InvalidFilter`, for secrets too."""
        found = self.resolve(name)
        if isinstance(found, Schema):
            _refuse(f"{name!r} is a schema, not an attribute", name)
        if found.target.mutability == "writeOnly" or found.target.returned == "never":
            _refuse(f"{found} cannot be used in a filter", name)
        return found


def bind(node: ast.AST, scope: Scope) -> Filter:
    """The filter that the syntax tree ``node`` stands for. Raises `InvalidFilter`.

    The grammar leaves one `ast.Filter` around every expression and one more for parentheses; that
    is how a chain of ``and`` and ``or`` is told from a group.
    """
    if node.namespace is not None:
        return _bind_value_path(node, scope, ())
    match node.expr:
        case ast.LogExpr():
            return _bind_chain(node, scope)
        case ast.AttrExpr() as expression:
            return _bind_expression(expression, scope)
        case inner:
            bound = bind(inner, scope)
            return Not(bound) if node.negated else bound


def _bind_chain(node: ast.AST, scope: Scope) -> Filter:
    """Regroup ``a or b and c``: the grammar reads from the left, RFC 7644 binds ``and`` first."""
    operands, operators = _flatten(node)
    groups: list[list[Filter]] = [[bind(operands[0], scope)]]
    for operator, operand in zip(operators, operands[1:], strict=True):
        if operator == "or":
            groups.append([])
        groups[-1].append(bind(operand, scope))
    return any_of(*(all_of(*group) for group in groups))


def _flatten(node: ast.AST) -> tuple[list[ast.AST], list[str]]:
    """Operands and operators of a chain without parentheses, in the order of the text."""
    operands: list[ast.AST] = []
    operators: list[str] = []
    while isinstance(node.expr, ast.LogExpr):
        operands.append(node.expr.expr2)
        operators.append(node.expr.op.lower())
        node = node.expr.expr1
    operands.append(node)
    return operands[::-1], operators[::-1]


def _bind_expression(expression: ast.AttrExpr, scope: Scope) -> Filter:
    op = expression.value.lower()
    operand = expression.comp_value.value if expression.comp_value else None
    name = expression.attr_path.attr_name
    if isinstance(name, ast.Filter):
        if not scope.dialect.tolerates("filter-value-path-compared"):
            raise InvalidFilter("a value path cannot be compared: put the comparison inside of it")
        return _bind_value_path(name, scope, ((op, operand, expression.value),))
    return _bind_test(scope.attribute(name), op, operand, name, scope.dialect)


def _bind_value_path(node: ast.AST, scope: Scope, tests: tuple[Any, ...]) -> Filter:
    """``path[filter]``, or ``path[filter].sub op value``, which is a test of the same element."""
    path_node = node.namespace
    name = path_node.attr_name
    if isinstance(name, ast.Filter):
        raise InvalidFilter("a value path cannot follow another")
    if scope.element_of is not None:
        _refuse("a value path cannot stand inside of another", name)
    path = scope.attribute(name)
    if path.sub_attribute is not None or not path.attribute.multi_valued:
        _refuse(f"{path} has no elements to select from", name)
    inner = Scope(scope.resource_type, scope.dialect, path.attribute)
    terms = [bind(node.expr, inner)]
    sub_name = path_node.sub_attr.value if path_node.sub_attr else "value"
    for op, operand, place in tests:
        word = Word(sub_name)
        word.offset = place.offset
        terms.append(_bind_test(inner.attribute(word), op, operand, word, scope.dialect))
    return ValuePathFilter(path, all_of(*terms))


def _bind_test(
    path: AttrPath, op: str, operand: Operand | None, name: Word, dialect: Dialect
) -> Filter:
    if operand is None:
        return Present(path)
    path = _comparable(path, name, dialect)
    target = path.target
    if operand.value is None and operand.kind == "word":
        if op not in ("eq", "ne"):
            _refuse(f"null cannot be compared by {op}", operand)
        _check_case(operand, dialect)
        return Compare(path, op, None)
    if op not in _OPERATORS_OF.get(target.type, (op,)):
        _refuse(f"{op} does not suit the {target.type} attribute {path}", name)
    return Compare(path, op, _typed(operand, target, op, dialect))


def _comparable(path: AttrPath, name: Word, dialect: Dialect) -> AttrPath:
    """A complex attribute is compared by its ``value`` (RFC 7644 figure 2: ``emails co``)."""
    if path.target.type != "complex":
        return path
    value = path.target.find("value")
    if value is None or path.sub_attribute is not None:
        _refuse(f"{path} is complex: name one of its sub-attributes", name)
    if not path.attribute.multi_valued and not dialect.tolerates("filter-complex-compared"):
        _refuse(f"{path} is complex: name one of its sub-attributes", name)
    return AttrPath(path.attribute, value, path.urn)


def _typed(operand: Operand, target: Attribute, op: str, dialect: Dialect) -> Literal:
    """The literal as a value of the attribute's type."""
    if operand.kind != "string" and target.type not in ("boolean", "integer", "decimal"):
        if op != "eq" or not dialect.tolerates("filter-unquoted-literal"):
            _refuse(f"the value for {target.name} needs quotes", operand)
        return operand.text
    match target.type:
        case "boolean":
            return _boolean(operand, target, dialect)
        case "integer" | "decimal":
            if operand.kind != "number":
                _refuse(f"{target.name} is compared with a number", operand)
        case "dateTime" if op not in _SUBSTRING:
            _instant(operand, target)
    return operand.value


def _boolean(operand: Operand, target: Attribute, dialect: Dialect) -> bool:
    if operand.kind == "word":
        _check_case(operand, dialect)
        return bool(operand.value)
    text = str(operand.value).lower()
    if operand.kind != "string" or text not in ("true", "false"):
        _refuse(f"{target.name} is compared with true or false", operand)
    if not dialect.tolerates("filter-boolean-string"):
        _refuse(f"{target.name} is compared with true or false, without quotes", operand)
    return text == "true"


def _check_case(operand: Operand, dialect: Dialect) -> None:
    if operand.text != operand.text.lower() and not dialect.tolerates("filter-literal-case"):
        _refuse(f"{operand.text} is written {operand.text.lower()}", operand)


def _instant(operand: Operand, target: Attribute) -> datetime:
    try:
        return parse_instant(str(operand.value))
    except ValueError as error:
        raise InvalidFilter(
            f"{target.name} is compared with a dateTime such as 2011-05-13T04:42:34Z "
            f"(character {operand.offset + 1})"
        ) from error


def _refuse(reason: str, place: Word | Operand) -> NoReturn:
    raise InvalidFilter(f"{reason} (character {place.offset + 1})")
