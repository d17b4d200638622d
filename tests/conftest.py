"""What the tests share: copies of the seeds to break, ways to break them, and a package built once."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import belarus_iran_pact
import build
from belarus_iran_pact.core.table import Tables
from curation.faults import BuildFailed
from curation.read import FILES
from curation.readings import FILE
from publication.package import write_package

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "000_25b4411c60a1a6fd"


@pytest.fixture(scope="session")
def good_seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's seeds, without their second readings; to be read only."""
    # Copied once, so that all tests of a run see the same seeds while a curator is at work on them. Readings would notice
    # whatever else a test changes; tests/test_readings.py has its own.
    folder = shutil.copytree(ROOT / "seeds", tmp_path_factory.mktemp("good") / "seeds")
    forget_readings(folder)
    return folder


def forget_readings(seeds: Path) -> None:
    """Take away the second readings, and their names from the list of files."""
    for file in seeds.glob(f"*/{FILE}"):
        file.unlink()
    listed = (seeds / FILES).read_text(encoding="utf-8").splitlines(keepends=True)
    (seeds / FILES).write_text("".join(line for line in listed if not line.endswith(f"/{FILE}\n")), encoding="utf-8")


@pytest.fixture
def seeds(good_seeds: Path, tmp_path: Path) -> Path:
    """A copy of the seeds, to break."""
    return shutil.copytree(good_seeds, tmp_path / "seeds")


@pytest.fixture(scope="session")
def tables(good_seeds: Path) -> Tables:
    """The tables that the seeds give; to be read only."""
    return build.tables_from(good_seeds)


@pytest.fixture(scope="session")
def package(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a package freshly written from the seeds; to be read only."""
    # Without the last step of the build: frictionless takes longer than all the others, and test_descriptor.py has it run.
    folder = tmp_path_factory.mktemp("built") / "dataset"
    write_package(folder, tables, belarus_iran_pact.__version__)
    return folder


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    """A copy of the committed package, to be spoilt."""
    return shutil.copytree(ROOT / "dataset", tmp_path / "dataset")


def build_faults(seeds: Path) -> list[str]:
    """The faults that the build finds in `seeds`, in its order, each as `file:line: what; why; remedy`."""
    try:
        build.tables_from(seeds)
    except BuildFailed as failure:
        return [fault.text(seeds) for fault in failure.faults]
    return []


def edit(file: Path, old: str, new: str, *, after: str = "") -> int:
    """Replace the first `old` that stands after `after`; the line of the first character that this changes."""
    content = file.read_bytes().decode()
    assert after in content, f"{file.name} has no {after!r}"
    start = content.index(after) + len(after)
    assert old in content[start:], f"{file.name} has no {old!r} after {after!r}"
    at = content.index(old, start)
    file.write_bytes((content[:at] + new + content[at + len(old) :]).encode())
    same = next(
        (n for n, (left, right) in enumerate(zip(old, new, strict=False)) if left != right), min(len(old), len(new))
    )
    return content.count("\n", 0, at + same) + 1


def append(file: Path, text: str) -> int:
    """Add `text` at the end of a file, on a line of its own; the line on which it begins."""
    content = file.read_text(encoding="utf-8") if file.exists() else ""
    content += "" if content.endswith("\n") or not content else "\n"
    file.write_text(f"{content}{text}\n", encoding="utf-8")
    return content.count("\n") + 1


def list_file(seeds: Path, *names: str) -> None:
    """List new files of the seeds, as the build asks for."""
    for name in names:
        append(seeds / FILES, f"- {name}")


def line_of(file: Path, text: str, *, after: str = "") -> int:
    """The line on which the first `text` after `after` stands."""
    return edit(file, text, text, after=after) - text.count("\n")


def row_of(file: Path, first_line: str) -> str:
    """A row of a coding file as it is written, from its first line to the next row or group."""
    found = re.search(rf"^( *)- {re.escape(first_line)}\n(?:\1 .*\n)*", file.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None, f"{file.name} has no row {first_line!r}"
    return found.group()


def copy_row(file: Path, first_line: str, old: str, new: str) -> int:
    """Write a copy of a row after it, with `old` replaced by `new`; the line on which the copy begins."""
    row = row_of(file, first_line)
    edit(file, row, row + row.replace(old, new))
    return line_of(file, first_line) + row.count("\n")


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its bytes."""
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
