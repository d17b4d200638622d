"""README: its commands stand as the contract has them, and its snippets run and print what it says they print."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

import belarus_iran_pact as bip

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def first_block(heading: str) -> str:
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    found = re.search(r"^```\w*\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("heading", ["Build", "Test"])
def test_command_of_several_lines(heading: str) -> None:
    """A command that takes several lines, or leaves set-up to the reader, fails on a fresh machine."""
    lines = first_block(heading).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("python3 -m venv .venv && .venv/bin/pip install")


def test_ci_that_runs_something_else() -> None:
    """CI that does not run the Test line as it stands would let the README's line rot."""
    assert first_block("Test").strip() in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("number", [at for at, (language, _) in enumerate(BLOCKS) if language == "python"])
def test_snippet_that_fails_or_prints_otherwise(number: int) -> None:
    """A snippet that fails, or prints other than the block after it says, misleads."""
    shown = printed(BLOCKS[number][1])
    if number + 1 < len(BLOCKS) and BLOCKS[number + 1][0] == "text":
        assert shown == BLOCKS[number + 1][1]


def printed(code: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as screen:
        exec(code, {})
    return screen.getvalue()


def test_table_left_out() -> None:
    """A table that the README does not list is not found."""
    listed = re.findall(r"`(\w+)`", README.split("## The tables", 1)[1].split("\n## ", 1)[0])
    assert {table.name for table in bip.tables()} <= set(listed)


EXAMPLES = (ROOT / "schema" / "EXAMPLES.md").read_text(encoding="utf-8")
EXAMPLE_PAIRS = re.findall(r"^```python\n(.*?)^```\n+```text\n(.*?)^```$", EXAMPLES, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLE_PAIRS)))
def test_worked_example_that_prints_otherwise(number: int) -> None:
    """A worked example that fails, or prints other than it shows, misleads."""
    code, shown = EXAMPLE_PAIRS[number]
    assert printed(code) == shown


def test_kind_of_user_without_an_example() -> None:
    """Each of the six kinds of user has a worked example, with code and output."""
    assert len(EXAMPLE_PAIRS) == EXAMPLES.count("\n## ") == 6
