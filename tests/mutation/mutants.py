"""The mutants: which small mistakes can be made in a module, one at a time?

The mistakes are mutmut's, and three that it lacks: a turned condition, a turned
`exists` and a neighbouring comparison the other way round. They are made inside
functions; text that only tells a programmer something (docstrings, types, the
message of an assert) stays as it is.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation import mutators

# A mistake of these kinds must be noticed; of the others nine in ten. An assert states what only a bug
# of ours could break, and the tests do not break it: a weaker assert is a class of its own.
STRICT = frozenset({"condition", "comparison", "arithmetic", "number"})

_KIND_OF = {
    mutators.operator_number: "number",
    mutators.operator_string: "text",
    mutators.operator_name: "condition",
    mutators.operator_assignment: "assignment",
    mutators.operator_augmented_assignment: "arithmetic",
    mutators.operator_remove_unary_ops: "condition",
    mutators.operator_arg_removal: "argument",
    mutators.operator_symmetric_string_methods_swap: "text",
    mutators.operator_lambda: "argument",
    mutators.operator_keywords: "comparison",
    mutators.operator_swap_op: "comparison",
    mutators.operator_match: "condition",
    mutators.operator_if_exp: "condition",
}
# Of these mutmut makes several that ask the same question; the first is enough.
_FIRST_ONLY = frozenset({mutators.operator_string})
_TURNED = {"exists": "does_not_exist", "does_not_exist": "exists"}
_ARITHMETIC = (cst.BinaryOperation, cst.UnaryOperation, cst.AugAssign)
_UNTOUCHED = (cst.Annotation, cst.Decorator, cst.Param, cst.FormattedString, cst.ImportFrom)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: in this function, on this line, something becomes something else."""

    function: str
    line: int
    kind: str
    was: str
    becomes: str
    source: str

    @property
    def name(self) -> tuple[str, str, str]:
        """What it is called as long as the code around it changes."""
        return self.function, self.was, self.becomes


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    wrapper = MetadataWrapper(cst.parse_module(path.read_text(encoding="utf-8")))
    places = _Places()
    wrapper.visit(places)
    for place in places.found:
        for kind, changed in _mistakes(place.node):
            source = wrapper.module.deep_replace(place.node, changed)
            assert isinstance(source, cst.Module)
            was, becomes = (_one_line(wrapper.module, part) for part in (place.node, changed))
            kind = "assert" if place.in_assert else kind
            if was != becomes:
                yield Mutant(place.function, place.line, kind, was, becomes, source.code)


def _one_line(module: cst.Module, node: cst.CSTNode) -> str:
    told = node.test if isinstance(node, cst.If | cst.While) else node
    return re.sub(r"\s+", " ", module.code_for_node(told)).strip()


@dataclass(frozen=True, slots=True)
class _Place:
    """A node inside a function, by the outermost function's qualified name."""

    function: str
    line: int
    in_assert: bool
    node: cst.CSTNode


class _Places(cst.CSTVisitor):
    """Every node inside a function that a mistake can be made in."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Place] = []
        self._names: list[str] = []
        self._in_assert = False
        self._function = ""

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, _UNTOUCHED):
            return False
        if isinstance(node, cst.ClassDef | cst.FunctionDef):
            self._names.append(node.name.value)
            if isinstance(node, cst.FunctionDef) and not self._function:
                self._function = ".".join(self._names)
            return True
        if self._function and not isinstance(node, cst.IndentedBlock | cst.SimpleStatementLine):
            line = self.get_metadata(PositionProvider, node).start.line
            self.found.append(_Place(self._function, line, self._in_assert, node))
        if isinstance(node, cst.Assert):
            self._in_assert = True
            node.test.visit(self)
            self._in_assert = False
            return False
        return not (isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString))

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.ClassDef | cst.FunctionDef):
            if self._function == ".".join(self._names):
                self._function = ""
            self._names.pop()


def _mistakes(node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode]]:
    for node_type, operator in mutators.mutation_operators:
        if not isinstance(node, node_type) or operator not in _KIND_OF:
            continue
        kind = _KIND_OF[operator]
        if operator is mutators.operator_swap_op and isinstance(node, _ARITHMETIC):
            kind = "arithmetic"
        for changed in _chosen(operator, node):
            yield kind, changed
    yield from _own_mistakes(node)


def _chosen(operator: Any, node: Any) -> Iterable[cst.CSTNode]:
    changed = list(operator(node))
    if operator is mutators.operator_arg_removal:  # None for each argument; leaving it out asks the same
        return [call for call in changed if len(call.args) == len(node.args)]
    return changed[:1] if operator in _FIRST_ONLY else changed


def _own_mistakes(node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode]]:
    if isinstance(node, cst.If | cst.While) and not isinstance(node.test, cst.UnaryOperation):
        inner = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        turned = cst.UnaryOperation(cst.Not(), inner)
        yield "condition", node.with_changes(test=turned)
    if isinstance(node, cst.Attribute) and node.attr.value in _TURNED:
        yield "condition", node.with_changes(attr=cst.Name(_TURNED[node.attr.value]))
