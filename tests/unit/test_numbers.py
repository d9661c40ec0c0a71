"""One format for each kind of number, and nobody formats one by hand."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from cnnviz.numbers import duration, number, percent, probability

CODE = Path(__file__).parents[2] / "cnnviz"
BY_HAND = {CODE / "numbers.py", CODE / "__main__.py"}  # the terminal has Python's own
SPACED = re.compile(r"(?:^|[\d}'\"]|%[.\d]*[df]) %%?(?![\w(])")  # also in printf formats


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (percent(0.973), "97.3%"),
        (percent(torch.tensor(0.97349), 2), "97.35%"),
        (percent(-0.25, 0), "−25%"),
        (percent(-0.0001), "0.0%"),
        (probability(0.0), "0.0%"),
        (probability(0.0004), "under 0.1%"),
        (probability(0.123), "12.3%"),
        (probability(0.9994), "99.9%"),
        (probability(0.9995), "over 99.9%"),
        (probability(1.0), "over 99.9%"),
        (number(-0.5, "+.2f"), "−0.50"),
        (number(0.5, "+.2f"), "+0.50"),
        (number(-0.001, ".2f"), "0.00"),
        (number(-1.5e-7), "−1.5e−07"),
        (duration(89.6), "90 s"),
        (duration(-1), "0 s"),
        (duration(500), "8 min"),
        (duration(3_900), "1 h 5 min"),
    ],
)
def test_formats(shown: str, expected: str) -> None:
    assert shown == expected


def test_percentages_have_one_format_everywhere() -> None:
    """No format specification with a percent sign and no text with a space before one."""
    faults = [
        f"{path.relative_to(CODE)}:{fault}"
        for path in CODE.rglob("*.py")
        if path not in BY_HAND
        for fault in by_hand(ast.parse(path.read_text()))
    ]

    assert not faults


def by_hand(tree: ast.Module) -> Iterator[str]:
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and node.format_spec and _is_percentage(node.format_spec):
            yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Constant) and id(node) not in docstrings and SPACED.search(str(node.value)):
            yield f"{node.lineno}: {node.value}"


def _is_percentage(form: ast.expr) -> bool:
    text = ast.unparse(form).strip("f'\"")
    return re.fullmatch(r"[+,.\d]*%", text) is not None


def test_percentages_in_the_browser_have_it_too() -> None:
    faults = [
        f"{path.name}: {line.strip()}"
        for path in CODE.rglob("*.js")
        for line in path.read_text().splitlines()
        if re.search(r"[\d}] %[`\" ]?[^\w(\d]", line.partition("//")[0]) and re.search(r"[`\"]", line)
    ]

    assert not faults
