"""README and worked examples: the contract's commands are there, and all snippets run and print what stands below them.

Run as a program, this file puts below each snippet what it prints now.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

import belarus_iran_pact as bip
from belarus_iran_pact.cli import main

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "schema" / "EXAMPLES.md")
README, EXAMPLES = (document.read_text(encoding="utf-8") for document in DOCUMENTS)
# A snippet, and the block of text after it where there is one.
SNIPPET = re.compile(r"^```python\n(?P<code>.*?)^```$(?:\n\n^```text\n(?P<shown>.*?)^```$)?", re.MULTILINE | re.DOTALL)


def printed(snippet: re.Match[str]) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as screen:
        exec(snippet["code"], {})
    return screen.getvalue()


def renewed(snippet: re.Match[str]) -> str:
    """The snippet with what it prints now."""
    if snippet["shown"] is None:
        return snippet[0]
    start = snippet.start("shown") - snippet.start()
    return snippet[0][:start] + printed(snippet) + "```"


def first_block(heading: str, language: str) -> str:
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    found = re.search(rf"^```{language}\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("heading", ["Build", "Test"])
def test_command_of_several_lines(heading: str) -> None:
    """A command that takes several lines, or leaves set-up to the reader, fails on a fresh machine."""
    lines = first_block(heading, "sh").splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("python3 -m venv .venv && .venv/bin/pip install")


def test_ci_that_runs_something_else() -> None:
    """CI that does not run the Test line as it stands would let the README's line rot."""
    assert first_block("Test", "sh").strip() in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    "snippet",
    [
        pytest.param(snippet, id=f"{document.name}-{number}")
        for document, text in zip(DOCUMENTS, (README, EXAMPLES), strict=True)
        for number, snippet in enumerate(SNIPPET.finditer(text), start=1)
    ],
)
def test_snippet_that_fails_or_prints_otherwise(snippet: re.Match[str]) -> None:
    """A snippet that fails, or prints other than the block after it says, misleads."""
    shown = printed(snippet)
    if snippet["shown"] is not None:
        assert shown == snippet["shown"]


@pytest.mark.parametrize("command", first_block("From a value to its words", "sh").splitlines())
def test_command_that_fails(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that names a table, row or column that is gone fails at the first try."""
    monkeypatch.chdir(tmp_path)
    program, *arguments = shlex.split(command)
    assert (program, main(arguments)) == ("belarus-iran-pact", 0)


def test_table_left_out() -> None:
    """A table that the README does not list is not found."""
    listed = re.findall(r"`(\w+)`", README.split("## The tables", 1)[1].split("\n## ", 1)[0])
    assert {table.name for table in bip.tables()} <= set(listed)


def test_kind_of_user_without_an_example() -> None:
    """Each of the six kinds of user has a worked example, with code and output."""
    shown = [snippet["shown"] for snippet in SNIPPET.finditer(EXAMPLES)]
    assert len(shown) == EXAMPLES.count("\n## ") == 6
    assert all(shown)


if __name__ == "__main__":
    for document in DOCUMENTS:
        document.write_text(SNIPPET.sub(renewed, document.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
