"""Verification of published files: a change of any byte is seen, each law is seen to be broken, and a good package passes."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import test_laws
from edtf import parse_edtf
from edtf.parser.edtf_exceptions import EDTFParseException

from belarus_iran_pact.core import edtf, laws
from belarus_iran_pact.core.column import EDTF_PATTERN
from belarus_iran_pact.core.verify import DESCRIPTOR, SEAL, Report, sealed, verify
from belarus_iran_pact.models import SPAN_TEXTS, TABLES
from publication import package as publish
from releasing import release_files as archives

ROOT = Path(__file__).resolve().parents[1]


def mend_descriptor(folder: Path, change: Callable[[dict[str, Any]], None] = lambda _: None) -> None:
    """Let the descriptor of a changed package say what its files are now, and state its own hash."""
    file = folder / DESCRIPTOR
    descriptor = json.loads(file.read_text(encoding="utf-8"))
    for resource in descriptor["resources"]:
        path = folder / resource["path"]
        if path.is_file():
            content = path.read_bytes()
            resource |= {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
            if "rowCount" in resource:
                table = pq.ParquetFile(folder / "parquet" / f"{resource['name']}.parquet")
                resource["rowCount"] = table.metadata.num_rows
    change(descriptor)
    file.write_text(sealed(descriptor), encoding="utf-8")


@pytest.fixture(scope="session")
def good(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good package whose descriptor states its own hash; to be read only."""
    folder = shutil.copytree(package, tmp_path_factory.mktemp("good") / "package")
    mend_descriptor(folder)
    return folder


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    """A copy of the good package, to break."""
    return shutil.copytree(good, tmp_path / "package")


def names(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def faults(folder: Path) -> list[str]:
    return [str(fault) for fault in verify(folder).faults]


def assert_named(report: Report, name: str) -> None:
    assert not report.ok
    assert name in {fault.file for fault in report.faults}, str(report)


# --- A good package ---


def test_good_package(good: Path) -> None:
    """A good package has faults: then every other test here would pass for the wrong reason."""
    report = verify(good)
    assert report.ok, str(report)
    assert bool(report)
    assert report.files == len(names(good)) - 1
    assert report.rows == sum(pq.ParquetFile(good / f"parquet/{name}.parquet").metadata.num_rows for name in TABLES)
    assert "no faults" in repr(report)
    assert report.pinned_by


def test_rewritten_package(folder: Path) -> None:
    """Rewriting alone breaks a package: then the tests of laws would see their own doing."""
    for name, rows in publish.read_tables(folder, "parquet").items():
        test_laws.rewrite(folder, name, rows, "csv", "parquet")
    mend_descriptor(folder)
    assert faults(folder) == []


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_package_of_one_form(good: Path, form: archives.Form, tmp_path: Path) -> None:
    """A package of one form is refused for lacking the other, or a fault in it is not seen."""
    archives.write_archive(good, form, tmp_path / "one.zip")
    zipfile.ZipFile(tmp_path / "one.zip").extractall(tmp_path)
    (one,) = tmp_path.glob("belarus-iran-pact-*")
    (one / DESCRIPTOR).write_text(sealed(json.loads((one / DESCRIPTOR).read_text(encoding="utf-8"))), encoding="utf-8")
    assert faults(one) == []
    (one / form / f"events.{form}").unlink()
    assert_named(verify(one), f"{form}/events.{form}")


def test_descriptor_given(good: Path) -> None:
    """The descriptor's path is refused, though that is what other tools are given."""
    assert verify(good / DESCRIPTOR).ok


def test_no_folder(tmp_path: Path) -> None:
    """A folder that is not there passes, or ends in a traceback that says nothing."""
    with pytest.raises(FileNotFoundError, match="give the folder that holds"):
        verify(tmp_path / "nothing")


def test_needs_build_packages(good: Path) -> None:
    """Verification needs packages that only the build has: a user without them gets an ImportError."""
    blocked = ("edtf", "yaml", "frictionless", "filelock", "pandas", "numpy", "polars", "duckdb")
    code = (
        f"import sys\nfor name in {blocked!r}: sys.modules[name] = None\n"
        f"from belarus_iran_pact.core.verify import verify\nassert verify({str(good)!r}).ok"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# --- Bytes ---


def change_byte(file: Path, at: int, by: int = 1) -> bytes:
    content = file.read_bytes()
    file.write_bytes(content[:at] + bytes([(content[at] + by) % 256]) + content[at + 1 :])
    return content


def assert_bytes_matter(folder: Path, positions: int, seed: int) -> None:
    chosen = random.Random(seed)
    for name in names(folder):
        file = folder / name
        size = file.stat().st_size
        for at in {0, size - 1, *(chosen.randrange(size) for _ in range(positions))}:
            content = change_byte(file, at, chosen.choice((1, 32, 128)))
            assert_named(verify(folder), name)
            file.write_bytes(content)
    assert verify(folder).ok


def test_changed_byte(folder: Path) -> None:
    """A byte of a file is changed and the report does not name the file."""
    assert_bytes_matter(folder, 1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_changed_byte_anywhere(folder: Path, seed: int) -> None:
    """A byte at one of many places of a file is changed and the report does not name the file."""
    assert_bytes_matter(folder, 4, seed + 2)


def test_changed_byte_of_descriptor(folder: Path) -> None:
    """A byte of the descriptor, which lists all other hashes, is changed and nothing notices."""
    file = folder / DESCRIPTOR
    size = file.stat().st_size
    seal = file.read_bytes().rindex(SEAL.encode())
    for at in {*range(0, size, size // 25), *range(seal - 2, size, 9), size - 1}:
        content = change_byte(file, at)
        assert_named(verify(folder), DESCRIPTOR)
        file.write_bytes(content)


def test_descriptor_without_hash_of_itself(folder: Path) -> None:
    """The descriptor's own hash is taken out, and with it the pin, unseen."""
    file = folder / DESCRIPTOR
    file.write_text(re.sub(rf',\s+"{SEAL}": "[^"]+"', "", file.read_text(encoding="utf-8")), encoding="utf-8")
    (fault,) = faults(folder)
    assert fault.startswith(f"{DESCRIPTOR}: has no {SEAL}; ")


@pytest.mark.parametrize("name", ["csv/events.csv", "parquet/events.parquet", "CODEBOOK.md", DESCRIPTOR])
@pytest.mark.parametrize("how", ["missing", "empty", "cut", "longer", "folder"])
def test_file_not_as_listed(folder: Path, name: str, how: str) -> None:
    """A file is missing, empty, cut off, longer, or a folder, and that is not reported, or verification crashes."""
    file = folder / name
    content = file.read_bytes()
    file.unlink()
    if how == "folder":
        file.mkdir()
    elif how != "missing":
        file.write_bytes({"empty": b"", "cut": content[:-1], "longer": content + b"\n"}[how])
    assert_named(verify(folder), name)


@pytest.mark.parametrize("name", ["extra.txt", "csv/.hidden", "csv/more/deep.csv", "parquet/events.parquet.bak"])
def test_unlisted_file(folder: Path, name: str) -> None:
    """A file that the descriptor does not list goes unseen, hidden or in a folder of its own."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("more", encoding="utf-8")
    assert faults(folder) == [f"{name}: is not listed; a package holds what its datapackage.json lists; take it away"]


def test_link_in_place_of_file(folder: Path, good: Path) -> None:
    """A file is a link to somewhere else, which can change there."""
    (folder / "csv/events.csv").unlink()
    (folder / "csv/events.csv").symlink_to(good / "csv/events.csv")
    assert_named(verify(folder), "csv/events.csv")


def drop_table(descriptor: dict[str, Any]) -> None:
    descriptor["resources"] = [item for item in descriptor["resources"] if item["path"] != "csv/events.csv"]


def list_outside(descriptor: dict[str, Any]) -> None:
    descriptor["resources"].append({"name": "x", "path": "../outside", "bytes": 1, "hash": "sha256:0"})


def list_twice(descriptor: dict[str, Any]) -> None:
    descriptor["resources"].append(descriptor["resources"][0])


def other_column(descriptor: dict[str, Any]) -> None:
    descriptor["resources"][0]["schema"]["fields"][1]["description"] += "!"


def other_count(descriptor: dict[str, Any]) -> None:
    descriptor["resources"][0]["rowCount"] += 1


def no_resources(descriptor: dict[str, Any]) -> None:
    descriptor["resources"] = []


def numeric_path(descriptor: dict[str, Any]) -> None:
    descriptor["resources"][0]["path"] = 7


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (drop_table, "lists no csv/events.csv"),
        (list_outside, "lists '../outside'"),
        (list_twice, "lists a name or path twice"),
        (other_column, "describes events otherwise"),
        (other_count, "rows of events"),
        (no_resources, "lists no tables"),
        (numeric_path, "is no descriptor of a data package"),
        (dict.clear, "is no descriptor of a data package"),
    ],
)
def test_wrong_descriptor(folder: Path, change: Callable[[dict[str, Any]], None], what: str) -> None:
    """A descriptor that states its own hash rightly, and is wrong, passes or crashes verification."""
    mend_descriptor(folder, change)
    assert [fault for fault in faults(folder) if fault.startswith(f"{DESCRIPTOR}: ") and what in fault], faults(folder)


def test_other_version(folder: Path) -> None:
    """A package of another version with other columns is judged by this version's laws: hundreds of faults, none to the point."""

    def change(descriptor: dict[str, Any]) -> None:
        descriptor["version"] = "99.0.0"
        descriptor["resources"][0]["schema"]["fields"].append({"name": "more", "type": "string"})

    mend_descriptor(folder, change)
    (fault,) = faults(folder)
    assert "pip install belarus-iran-pact==99.0.0" in fault


def test_other_version_of_same_shape(folder: Path) -> None:
    """A package of another version that has the same columns cannot be verified."""
    mend_descriptor(folder, lambda descriptor: descriptor.update(version="99.0.1"))
    assert faults(folder) == []


@pytest.mark.slow
def test_installed_descriptor_is_pinned_by_record(tmp_path: Path) -> None:
    """The installed package's descriptor is changed, its own hash with it, and nothing outside of it vouches for it."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    code = "from belarus_iran_pact.core.verify import verify; print(verify())"
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def said() -> str:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert "is pinned by: the RECORD of the installed wheel" in said()
    assert "RECORD of the installed wheel;" not in said()
    descriptor = installed / "belarus_iran_pact/_data" / DESCRIPTOR
    content = json.loads(descriptor.read_text(encoding="utf-8"))
    content["title"] += "!"
    descriptor.write_text(sealed(content), encoding="utf-8")
    assert f"{DESCRIPTOR}: has changed; its SHA-256 is not the one in the RECORD of the installed wheel" in said()


# --- Laws, broken in both forms and with hashes that fit ---

(BROKEN,) = [mark.args[1] for mark in test_laws.test_broken_law.pytestmark if mark.name == "parametrize"]


@pytest.mark.parametrize(("breaker", "what"), BROKEN, ids=[breaker.__name__ for breaker, _ in BROKEN])
def test_broken_law(folder: Path, breaker: test_laws.Breaker, what: str) -> None:
    """A law is broken in both forms alike, every hash fits, and verification sees nothing."""
    table, line = test_laws.break_package(folder, breaker)
    mend_descriptor(folder)
    test_laws.assert_caught(faults(folder), table, line, what)


def changed_timeline(tables: test_laws.Tables) -> tuple[str, test_laws.Row]:
    row = tables["timeline"][0]
    row["who"] += "; somebody else (participant)"
    return "timeline", row


def dyad_more(tables: test_laws.Tables) -> tuple[str, test_laws.Row]:
    row = {**tables["dyads"][-1]}
    row["dyad_id"] += ".more"
    tables["dyads"].append(row)
    return "dyads", row


def changed_passage_and_quotes(tables: test_laws.Tables) -> tuple[str, test_laws.Row]:
    """The article reads otherwise, in every table alike: only the source's own hash can tell."""
    passages = tables["passages"]
    at = next(n for n, row in enumerate(passages) if " and " in row["text"])
    begin = passages[at]["start"] + passages[at]["text"].index(" and ") + 1
    for name, column in {**SPAN_TEXTS, "passages": "text"}.items():
        for row in tables[name]:
            if row["start"] is not None and row["passage_id"] == passages[at]["passage_id"]:
                text = row[column]
                offset = begin - row["start"]
                if -3 < offset < len(text):
                    row[column] = "".join(
                        "xyz"[n - offset] if 0 <= n - offset < 3 else letter for n, letter in enumerate(text)
                    )
    return "sources", tables["sources"][0]


def wrong_definition(tables: test_laws.Tables) -> tuple[str, test_laws.Row]:
    row = tables["terms"][0]
    row["definition"] = "Something else."
    return "terms", row


def wrong_passage_kind(tables: test_laws.Tables) -> tuple[str, test_laws.Row]:
    row = tables["passages"][2]
    row["kind"] = "boilerplate"
    return "passages", row


def bad_pattern(tables: test_laws.Tables) -> tuple[str, test_laws.Row]:
    row = next(row for row in tables["actors"] if row["iso_alpha3"] is not None)
    row["wikidata_id"] = "184"
    return "actors", row


@pytest.mark.parametrize(
    ("breaker", "what"),
    [
        (changed_timeline, "is not as computed"),
        (dyad_more, "is not as computed"),
        (changed_passage_and_quotes, "give another sha256"),
        (wrong_definition, "is defined otherwise"),
        (wrong_passage_kind, "it recomputes to body"),
        (bad_pattern, "it does not match Q[0-9]+"),
    ],
)
def test_broken_computation(folder: Path, breaker: test_laws.Breaker, what: str) -> None:
    """What is computed from other tables, or pinned, is changed in both forms, every hash fits, and verification sees nothing."""
    table, line = test_laws.break_package(folder, breaker)
    mend_descriptor(folder)
    test_laws.assert_caught(faults(folder), table, line, what)


def test_dropped_dyad(folder: Path) -> None:
    """A row of a view is missing in both forms."""
    rows = publish.read_tables(folder, "parquet")["dyads"]
    test_laws.rewrite(folder, "dyads", rows[1:], "csv", "parquet")
    mend_descriptor(folder)
    assert faults(folder) == [
        f"csv/dyads.csv: the dyads row {rows[0]['dyad_id']} is missing; views are computed; restore the view"
    ]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_forms_differ(folder: Path, form: str) -> None:
    """CSV and Parquet differ in a cell that breaks no other law, every hash fits, and nobody is told which cell."""
    rows = publish.read_tables(folder, form)["actors"]
    rows[1]["name"] += " (changed)"
    test_laws.rewrite(folder, "actors", rows, form)
    mend_descriptor(folder)
    assert "csv/actors.csv:3: actors differs between CSV and Parquet in name; " in faults(folder)[0]


def test_null_made_empty_text(folder: Path) -> None:
    """CSV has an empty text where Parquet has a null, and the two are read alike."""
    file = folder / "csv/actors.csv"
    header, row, *rest = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([header, row.replace(",,", ',"",', 1), *rest]), encoding="utf-8")
    mend_descriptor(folder)
    assert "csv/actors.csv:2: actors differs between CSV and Parquet in " in faults(folder)[0]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('"start"', '"begin"', "its columns are"),
        (",0,74,", ",zero,74,", "CSV conversion error to int64"),
        (",0,74,", ",0,74,5,", "Expected 8 columns, got 9"),
    ],
)
def test_unreadable_csv(folder: Path, old: str, new: str, what: str) -> None:
    """A CSV file is not the table that it should be, its hash fits, and verification crashes or does not say why."""
    file = folder / "csv/passages.csv"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    mend_descriptor(folder)
    assert [f for f in faults(folder) if f.startswith("csv/passages.csv: cannot be read as this table") and what in f]


def test_many_faults_are_counted(folder: Path) -> None:
    """A fault in every row floods the report, or the report hides how many there are."""
    rows = publish.read_tables(folder, "parquet")["evidence"]
    for row in rows:
        row["quote"] = row["quote"] + "!"
    test_laws.rewrite(folder, "evidence", rows, "csv", "parquet")
    mend_descriptor(folder)
    told = [fault for fault in faults(folder) if "quote is not the text" in fault]
    assert len(told) == laws.LIMIT + 1
    assert f"and {len(rows) - laws.LIMIT} more such" in told[-1]


# --- What the package computes by itself, against those who know ---


def outcome(bounds: Callable[[str], edtf.Bounds], text: str) -> edtf.Bounds | None:
    try:
        return bounds(text)
    # The parser breaks on some intervals without both ends.
    except (ValueError, TypeError, EDTFParseException):
        return None


def edtf_texts() -> list[str]:
    years = ("2026", "1900", "20XX", "19X4", "XXXX", "0000", "000X", "X999")
    months = ("", "-08", "-02", "-13", "-00", "-XX", "-12")
    days = ("", "-01", "-29", "-30", "-31", "-XX", "-00")
    single = [
        f"{year}{month}{day}{qualifier}"
        for year, month, day, qualifier in itertools.product(years, months, days, ("", "?"))
        if month or not day
    ]
    single += ["2026?-08", "2026-08?-01", "2026~", "2026%", "2025?-08", "2026-0~-XX"]
    ends = ("2026", "2025-12", "XXXX", "..", "2024-02-XX", "2026-13", "")
    return [*single, *(f"{first}/{last}" for first in ends for last in ends), "", "..", "today"]


def test_bounds_differ_from_the_parser() -> None:
    """The bounds of EDTF dates are not those that an EDTF parser gives."""

    def edge(text: str, lower: bool) -> date | None:
        # An open end, or a year of which nothing is known, bounds nothing: the parser would say year 0 or 9999.
        if text == "..":
            return None
        if text.startswith("XXXX"):
            parse_edtf("2000" + text[4:])
            return None
        parsed = parse_edtf(text)
        return date(*(parsed.lower_strict() if lower else parsed.upper_strict())[:3])

    def parsed(text: str) -> edtf.Bounds:
        parse_edtf(text)
        first, _, last = text.partition("/")
        earliest, latest = edge(first, True), edge(last or first, False)
        if earliest and latest and earliest > latest:
            raise ValueError(text)
        return earliest, latest

    compared = 0
    for text in edtf_texts():
        own = outcome(edtf.bounds, text)
        if not re.fullmatch(EDTF_PATTERN, text):
            assert own is None, text
        # What the parser alone rejects, such as two qualifiers in one date, is asked of nobody.
        elif (other := outcome(parsed, text)) is not None:
            assert own == other, text
            compared += 1
    assert compared > 100


def test_span_offsets_count_characters(folder: Path) -> None:
    """Offsets are taken for bytes or UTF-16 units: an article with an emoji or an accent fails, or hides a wrong quote."""
    tables = publish.read_tables(folder, "parquet")
    passage = tables["passages"][0]
    assert passage["start"] == 0
    quoted = [row for row in tables["evidence"] if row["passage_id"] == passage["passage_id"]]
    assert quoted
    old, new = passage["text"][0], "\U0001f4dc"
    swap = {old: new}
    for name, column in {**SPAN_TEXTS, "passages": "text"}.items():
        for row in tables[name]:
            if row["start"] == 0 and row["passage_id"] == passage["passage_id"]:
                row[column] = swap.get(row[column][0], row[column][0]) + row[column][1:]
        test_laws.rewrite(folder, name, tables[name], "csv", "parquet")
    mend_descriptor(folder)
    told = faults(folder)
    assert not [fault for fault in told if "is not the text" in fault or "not as long" in fault], told
    row = next(row for row in tables["evidence"] if row["start"] == 0)
    row["quote"] = old + row["quote"][1:]
    test_laws.rewrite(folder, "evidence", tables["evidence"], "csv", "parquet")
    mend_descriptor(folder)
    assert [fault for fault in faults(folder) if "quote is not the text at 0-" in fault]
