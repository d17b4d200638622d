"""README: its commands stand as the contract has them, and its snippets run and print what it says they print."""

from __future__ import annotations

import re
import subprocess
import sys
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
    run = subprocess.run([sys.executable, "-c", BLOCKS[number][1]], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    if number + 1 < len(BLOCKS) and BLOCKS[number + 1][0] == "text":
        assert run.stdout == BLOCKS[number + 1][1]


def test_table_left_out() -> None:
    """A table that the README does not list is not found."""
    listed = re.findall(r"`(\w+)`", README.split("## The tables", 1)[1].split("\n## ", 1)[0])
    assert {table.name for table in bip.tables()} <= set(listed)


def test_function_hidden_by_a_module() -> None:
    """A module of the package named like a public function would replace it once something imports that module."""
    modules = {file.stem for file in (ROOT / "schema" / "belarus_iran_pact").glob("*.py")}
    assert not modules & set(bip.__all__)


EXAMPLES = (ROOT / "schema" / "EXAMPLES.md").read_text(encoding="utf-8")
EXAMPLE_PAIRS = re.findall(r"^```python\n(.*?)^```\n+```text\n(.*?)^```$", EXAMPLES, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLE_PAIRS)))
def test_worked_example_that_prints_otherwise(number: int) -> None:
    """A worked example that fails, or prints other than it shows, misleads."""
    code, shown = EXAMPLE_PAIRS[number]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == shown


def test_kind_of_user_without_an_example() -> None:
    """Each of the six kinds of user has a worked example, with code and output."""
    assert len(EXAMPLE_PAIRS) == EXAMPLES.count("\n## ") == 6
