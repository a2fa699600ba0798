"""A function of a `Work` may run again from its start, so it touches nothing but the database: the kind, by syntax.

What it calls on the way is a function of a `Work` itself, and looked at as well, or pure.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from boeing_data_hub import __file__ as package

_PACKAGE = Path(package).parent
_MUTATES = frozenset(
    [
        "append",
        "extend",
        "insert",
        "update",
        "add",
        "clear",
        "pop",
        "popitem",
        "discard",
        "remove",
        "setdefault",
        "sort",
        "reverse",
        "put",
    ]
)
_OUTSIDE = frozenset(["send", "wake", "wake_publishing", "run", "submit", "sleep", "wait", "notify", "notify_all"])
_REPORTS = frozenset({"log", "_log", "telemetry", "tracing"})
_READS = frozenset({"kept"})  # of `tracing`: what the request brought along
_TRANSACTIONS = frozenset({"db/unit_of_work.py", "db/schema.py"})  # they open the transactions
_SOURCES = [path for path in sorted(_PACKAGE.rglob("*.py")) if str(path.relative_to(_PACKAGE)) not in _TRANSACTIONS]

Step = ast.FunctionDef | ast.Lambda


def _is_step(node: ast.AST) -> bool:
    """True for a function whose argument is the open transaction."""
    if not isinstance(node, ast.FunctionDef | ast.Lambda):
        return False
    return "work" in {each.arg for each in (*node.args.posonlyargs, *node.args.args)}


def _own(step: Step) -> set[str]:
    """The names that a step makes itself, and those of the functions in it."""
    made = {node.id for node in ast.walk(step) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return made | {node.name for node in ast.walk(step) if isinstance(node, ast.FunctionDef)}


def _root(node: ast.expr, own: set[str]) -> str | None:
    """The first name of `a.b[c].d().e` that the step did not make itself, or else its own."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.IfExp):
        roots = [_root(node.body, own), _root(node.orelse, own)]
        return next((root for root in roots if root not in own), roots[0])
    return node.id if isinstance(node, ast.Name) else None


def _side_effects(step: Step) -> Iterator[str]:
    own = _own(step)
    for node in ast.walk(step):
        if isinstance(node, ast.Nonlocal | ast.Global):
            yield f"{node.lineno}: sets {', '.join(node.names)}, which is outside of it"
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            if _root(node, own) not in own:
                yield f"{node.lineno}: changes {ast.unparse(node)}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called, root = node.func, _root(node.func, own)
            if root in _REPORTS and called.attr not in _READS:
                yield f"{node.lineno}: reports by {ast.unparse(called)} what may be rolled back"
            elif called.attr in _MUTATES and root not in own and not _of_rows(node):
                yield f"{node.lineno}: changes what {ast.unparse(called)} belongs to"
            elif called.attr in _OUTSIDE and root not in own:
                yield f"{node.lineno}: reaches outside by {ast.unparse(called)}"


def _of_rows(call: ast.Call) -> bool:
    """True for the same name of a function that writes rows: it is given the transaction."""
    return any(isinstance(given, ast.Name) and given.id == "work" for given in call.args)


def findings(source: str) -> list[str]:
    """What the steps of a module do besides their rows."""
    steps = [node for node in ast.walk(ast.parse(source)) if _is_step(node)]
    return sorted({told for step in steps for told in _side_effects(step)})  # type: ignore[arg-type]


@pytest.mark.parametrize("path", _SOURCES, ids=lambda path: str(path.relative_to(_PACKAGE)))
def test_a_step_touches_nothing_but_the_database(path):
    assert findings(path.read_text()) == []
