"""What an export leaves behind: every row as it is published, in a form that a real reader reads, or nothing at all."""

from __future__ import annotations

import csv
import functools
import json
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from conftest import files_of

import belarus_iran_pact as bip
from belarus_iran_pact import exporting, loading
from belarus_iran_pact.cli import main
from belarus_iran_pact.core.table import description, fields, primary_key
from belarus_iran_pact.exporting import FORMATS, export
from belarus_iran_pact.models import MODELS, TABLES

NAME = "belarus-iran-pact"
SINGLE = {"sqlite", "duckdb", "xlsx"}

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]  # These are formulas.
HOSTILE += ["#N/A", "1e5", "007", "TRUE", "2025-08-01", "_x0041_", "bell\x07 and vertical\x0btab", "line\nfeed"]
HOSTILE += ["carriage\r\nreturn", 'a "quote", a comma', "Iran’s 🇮🇷", " spaces ", "'apostrophe"]
FORMULAS = HOSTILE[:6]

each_format = pytest.mark.parametrize("form", FORMATS)


def file_names(form: str, tables: tuple[str, ...] = tuple(TABLES)) -> list[str]:
    return [f"belarus-iran-pact.{form}"] if form in SINGLE else [f"{name}.{form}" for name in tables]


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of an export of all tables, made once for each format; to be read only."""

    @functools.cache
    def folder(form: Any) -> Path:
        target = tmp_path_factory.mktemp(form) / "out"
        assert export(target, form) == [target / name for name in file_names(form)]
        return target

    return folder


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Published data whose texts in `terms.definition` are hostile to spreadsheets; the package reads them."""
    terms = bip.load("terms")
    texts = HOSTILE + terms["definition"].to_pylist()[len(HOSTILE) :]
    at = terms.column_names.index("definition")
    terms = terms.set_column(at, terms.schema.field(at), pa.array(texts))
    return publish(terms, tmp_path / "published", monkeypatch)


def publish(terms: pa.Table, data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("csv", "parquet"):
        (data / folder).mkdir(parents=True)
        for table in bip.tables():
            source = bip.path(table.name, folder)  # type: ignore[arg-type]
            (data / folder / source.name).write_bytes(source.read_bytes())
    pa.parquet.write_table(terms, data / "parquet" / "terms.parquet")
    pa.csv.write_csv(terms, data / "csv" / "terms.csv")
    (data / "datapackage.json").write_text(json.dumps(loading.descriptor()), encoding="utf-8")
    monkeypatch.setattr(loading, "data_folder", lambda: str(data))
    return data


# --- Read back ---


def read_csv(folder: Path, name: str) -> list[dict[str, Any]]:
    readers: dict[str, Callable[[str], Any]] = {
        "text": str,
        "integer": int,
        "number": float,
        "boolean": {"true": True, "false": False}.__getitem__,
        "date": date.fromisoformat,
    }
    types = {field.name: readers[field.type] for field in fields(TABLES[name])}
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return [
            {column: types[column](text) if text else None for column, text in row.items()}
            for row in csv.DictReader(stream, strict=True)
        ]


def read_parquet(folder: Path, name: str) -> list[dict[str, Any]]:
    return pa.parquet.ParquetFile(folder / f"{name}.parquet").read().to_pylist()


def read_jsonl(folder: Path, name: str) -> list[dict[str, Any]]:
    content = (folder / f"{name}.jsonl").read_bytes()
    assert content[-1:] in (b"\n", b"")  # A table without rows has no line.
    assert b"\r\n" not in content
    assert rb"\u20" not in content
    return [dates_read(name, json.loads(line)) for line in content.decode().split("\n")[:-1]]


def read_sqlite(folder: Path, name: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(folder / "belarus-iran-pact.sqlite")) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dates_read(name, dict(row)) for row in connection.execute(f"SELECT * FROM {name}")]
    flags = [field.name for field in fields(TABLES[name]) if field.type == "boolean"]
    for row in rows:
        for flag in flags:
            assert type(row[flag]) is int
            row[flag] = {0: False, 1: True}[row[flag]]
    return rows


def read_duckdb(folder: Path, name: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(folder / "belarus-iran-pact.duckdb"), read_only=True) as connection:
        found = connection.execute(f"SELECT * FROM {name}")
        columns = [column[0] for column in found.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


@functools.cache
def workbook(file: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(file)


def read_xlsx(folder: Path, name: str) -> list[dict[str, Any]]:
    header, *rows = workbook(folder / "belarus-iran-pact.xlsx")[name].iter_rows()
    found = [{str(column.value): xlsx_value(cell) for column, cell in zip(header, row, strict=True)} for row in rows]
    for field in fields(TABLES[name]):
        if field.type == "number":
            # A workbook has one kind of number; openpyxl reads whole ones as int.
            for row in found:
                row[field.name] = None if row[field.name] is None else float(row[field.name])
    return found


def xlsx_value(cell: Any) -> Any:
    if isinstance(cell.value, str):
        assert cell.data_type == "s"
        return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), cell.value)
    return cell.value.date() if isinstance(cell.value, datetime) else cell.value


def dates_read(name: str, row: dict[str, Any]) -> dict[str, Any]:
    days = {field.name for field in fields(TABLES[name]) if field.type == "date"}
    return {
        column: date.fromisoformat(value) if column in days and value is not None else value
        for column, value in row.items()
    }


READERS = {
    "csv": read_csv,
    "parquet": read_parquet,
    "jsonl": read_jsonl,
    "sqlite": read_sqlite,
    "duckdb": read_duckdb,
    "xlsx": read_xlsx,
}


def same(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> bool:
    """Equal in rows, order, columns, values and the values' types: in Python, True equals 1."""

    def typed(rows: list[dict[str, Any]]) -> list[list[tuple[str, type, Any]]]:
        return [[(name, type(value), value) for name, value in row.items()] for row in rows]

    return typed(left) == typed(right)


@each_format
def test_export_differs_from_load(form: str, exported: Callable[[str], Path]) -> None:
    """An export differs from load(): a table is missing, or has other rows, order, columns, types or nulls."""
    folder = exported(form)
    assert sorted(files_of(folder)) == sorted(file_names(form))
    assert [name for name in TABLES if not same(READERS[form](folder, name), bip.load(name).to_pylist())] == []


@each_format
@pytest.mark.usefixtures("hostile")
def test_hostile_text_changes(form: Any, tmp_path: Path) -> None:
    """Hostile text changes: a formula, control character, line end or look-alike number comes back as something else."""
    export(tmp_path, form, tables=["terms"])
    rows = READERS[form](tmp_path, "terms")
    assert [row["definition"] for row in rows][: len(HOSTILE)] == HOSTILE
    assert same(rows, bip.load("terms").to_pylist())


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_copy_is_no_copy(form: Any, exported: Callable[[str], Path]) -> None:
    """A copy is no copy: an exported CSV or Parquet file has other bytes than the published one, and no checksum holds."""
    for table in bip.tables():
        file = bip.path(table.name, form)
        assert (exported(form) / file.name).read_bytes() == file.read_bytes()


def test_sqlite_keys_do_not_hold(exported: Callable[[str], Path]) -> None:
    """SQLite keys do not hold: primary keys, foreign keys or NOT NULL are not those of the models, or rows break them."""
    with closing(sqlite3.connect(exported("sqlite") / "belarus-iran-pact.sqlite")) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for model in MODELS:
            name = model.table.name
            columns = connection.execute(f"PRAGMA table_info({name})").fetchall()
            assert {column: (bool(required), bool(key)) for _, column, _, required, _, key in columns} == {
                field.name: (not field.nullable, field.name == primary_key(model)) for field in fields(model)
            }
            links = connection.execute(f"PRAGMA foreign_key_list({name})").fetchall()
            assert {(link[3], link[2], link[4]) for link in links} == {
                (field.name, field.column.references, primary_key(TABLES[field.column.references]))
                for field in fields(model)
                if field.column.references
            }
        connection.execute("PRAGMA foreign_keys = ON")
        for statement in (
            "INSERT INTO event_actors SELECT 'new', 'event-none', actor_id, role, basis, note FROM event_actors LIMIT 1",
            "INSERT INTO event_actors SELECT * FROM event_actors LIMIT 1",
            "UPDATE actors SET name = NULL",
            "UPDATE actors SET named = 2",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(statement)


def test_sqlite_schema_explains_nothing(exported: Callable[[str], Path]) -> None:
    """The SQLite schema explains nothing: `.schema` shows names without the descriptions that every other form has."""
    with closing(sqlite3.connect(exported("sqlite") / "belarus-iran-pact.sqlite")) as connection:
        ((statement,),) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'events'").fetchall()
    assert [field.name for field in fields(TABLES["events"]) if field.column.description not in statement] == []


def test_duckdb_is_bare(exported: Callable[[str], Path]) -> None:
    """The DuckDB file is bare: tables or columns lack their descriptions, types, primary keys or NOT NULL."""
    file = exported("duckdb") / "belarus-iran-pact.duckdb"
    types = {"text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
    with duckdb.connect(str(file), read_only=True) as connection:
        comments = dict(connection.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
        assert comments == {model.table.name: description(model) for model in MODELS}
        for model in MODELS:
            found = connection.execute(
                "SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns() WHERE table_name = ?",
                [model.table.name],
            ).fetchall()
            assert found == [
                (field.name, types[field.type], field.nullable, field.column.description) for field in fields(model)
            ]
        keys = connection.execute(
            "SELECT table_name, constraint_column_names FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        ).fetchall()
        assert {name: tuple(columns) for name, columns in keys} == {
            model.table.name: (primary_key(model),) for model in MODELS
        }


def test_xlsx_sheet_is_raw(exported: Callable[[str], Path]) -> None:
    """An xlsx sheet is raw: its header is not bold, or scrolls away; or the sheets are not the tables in their order."""
    sheets = workbook(exported("xlsx") / "belarus-iran-pact.xlsx")
    assert sheets.sheetnames == list(TABLES)
    for sheet in sheets:
        assert sheet.freeze_panes == "A2"
        assert all(cell.font.bold for cell in sheet[1])
        assert not any(cell.font.bold for cell in sheet[2])


@pytest.mark.usefixtures("hostile")
def test_xlsx_has_formulas(tmp_path: Path) -> None:
    """The xlsx has formulas: a text that begins like one is computed on opening, or once somebody edits the cell."""
    (file,) = export(tmp_path, "xlsx", tables=["terms"])
    with zipfile.ZipFile(file) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
    assert len(sheets) == 1
    assert not [sheet for sheet in sheets if re.search(r'<f[ >]|t="(str|e)"', sheet)]
    sheet = openpyxl.load_workbook(file)["terms"]
    at = bip.load("terms").column_names.index("definition") + 1
    kept = [bool(sheet.cell(row, at).quotePrefix) for row in range(2, len(HOSTILE) + 2)]
    assert kept == [text in FORMULAS for text in HOSTILE]


def test_xlsx_cuts_text_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The xlsx cuts text off: what is longer than a cell holds must be refused, naming the cell, and nothing written."""
    terms = bip.load("terms")
    at = terms.column_names.index("definition")
    for length in (32_767, 32_768):
        texts = ["x" * length, *terms["definition"].to_pylist()[1:]]
        with monkeypatch.context() as patch:
            publish(terms.set_column(at, terms.schema.field(at), pa.array(texts)), tmp_path / str(length), patch)
            if length == 32_767:
                export(tmp_path / "out", "xlsx", tables=["terms"])
                assert read_xlsx(tmp_path / "out", "terms")[0]["definition"] == texts[0]
            else:
                with pytest.raises(ValueError, match=re.escape(f"terms / {terms['term_id'][0]} / definition")):
                    export(tmp_path / "new", "xlsx", tables=["terms"])
    assert not (tmp_path / "new").exists()


def test_formula_survives_formula_safe(hostile: Path, tmp_path: Path) -> None:
    """A formula survives formula_safe, or another cell is changed by it."""
    export(tmp_path / "plain", "csv", tables=["terms", "events"])
    export(tmp_path / "safe", "csv", formula_safe=True, tables=["terms", "events"])
    plain, safe = files_of(tmp_path / "plain"), files_of(tmp_path / "safe")
    assert [name for name in plain if plain[name] != safe[name]] == ["terms.csv"]
    texts = [row["definition"] for row in read_csv(tmp_path / "safe", "terms")]
    assert texts[: len(HOSTILE)] == [f"'{text}" if text in FORMULAS else text for text in HOSTILE]
    assert texts[len(HOSTILE) :] == bip.load("terms")["definition"].to_pylist()[len(HOSTILE) :]


def test_subset_links_to_nothing(tmp_path: Path) -> None:
    """A subset links to nothing: a foreign key to a table that was left out would make the database unusable."""
    (file,) = export(tmp_path, "sqlite", tables=["provisions", "agreements"])
    with closing(sqlite3.connect(file)) as connection:
        assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")] == [
            "agreements",
            "provisions",
        ]
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("UPDATE provisions SET voice_actor_id = voice_actor_id, agreement_id = agreement_id")
        links = {row[2] for row in connection.execute("PRAGMA foreign_key_list(provisions)")}
    assert links == {"agreements", "provisions"}


# --- Refused ---


@pytest.mark.parametrize("form", ["csv", "sqlite"])
def test_file_is_overwritten_unasked(form: Any, tmp_path: Path) -> None:
    """A file is overwritten unasked, or other files appear although one was in the way."""
    mine = tmp_path / file_names(form)[-1]
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match=f"{re.escape(mine.name)}.*--overwrite"):
        export(tmp_path, form)
    assert files_of(tmp_path) == {mine.name: b"mine"}


@pytest.mark.parametrize("form", ["jsonl", "sqlite", "xlsx"])
def test_overwrite_goes_too_far(form: Any, tmp_path: Path) -> None:
    """Overwriting goes too far or not far enough: another file of the folder changes, or an old one of the export stays."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / file_names(form)[0]).write_text("old", encoding="utf-8")
    export(tmp_path, form, overwrite=True, tables=["events"])
    assert sorted(files_of(tmp_path)) == sorted([*file_names(form, ("events",)), "notes.txt"])
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert same(READERS[form](tmp_path, "events"), bip.load("events").to_pylist())


@pytest.mark.parametrize("inside", [".", "csv", "csv/new"])
def test_published_data_are_replaced(inside: str, hostile: Path) -> None:
    """The published data are replaced: an export into them would change what the package itself reads."""
    before = files_of(hostile)
    with pytest.raises(ValueError, match="package's own data"):
        export(hostile / inside, "csv", overwrite=True, formula_safe=True)
    assert files_of(hostile) == before


def test_what_is_in_the_way_is_replaced(tmp_path: Path) -> None:
    """What is in the way is replaced, or stops the export halfway: a link, a folder, a file, the journal of an old database."""
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "events.csv").symlink_to("elsewhere")
    (tmp_path / "solid" / "residue.csv").mkdir(parents=True)
    (tmp_path / "file").touch()
    (tmp_path / "journals").mkdir()
    for name in ("sqlite-wal", "duckdb.wal"):
        (tmp_path / "journals" / f"{NAME}.{name}").touch()
    before = sorted(tmp_path.rglob("*"))
    cases: list[tuple[str, Any, bool, str]] = [
        ("linked", "csv", False, "already in .*events.csv"),
        ("solid", "csv", True, "residue.csv is a folder"),
        ("file", "csv", True, "file exists and is not a folder"),
        ("file/still/deeper", "csv", True, "file exists and is not a folder"),
        ("journals", "sqlite", True, "sqlite-wal shows a database in use"),
        ("journals", "duckdb", True, "duckdb.wal shows a database in use"),
    ]
    for inside, form, overwrite, says in cases:
        with pytest.raises((FileExistsError, NotADirectoryError), match=says):
            export(tmp_path / inside, form, overwrite=overwrite)
        assert sorted(tmp_path.rglob("*")) == before


def test_wrong_request_makes_a_folder(tmp_path: Path) -> None:
    """A wrong request makes a folder: it must be refused, with what there is, before anything is written."""
    formats = "Did you mean 'xlsx'? The formats are: csv, parquet, sqlite, duckdb, xlsx, jsonl"
    cases: list[tuple[dict[str, Any], str]] = [
        ({"format": "xls"}, f"no format 'xls'. {formats}"),
        ({"format": "csv", "tables": ["event"]}, "no table 'event'. Did you mean 'events'"),
        ({"format": "csv", "tables": ["../csv/events"]}, "no table '../csv/events'"),
        ({"format": "csv", "tables": []}, "no tables to export"),
        ({"format": "parquet", "formula_safe": True}, "does not apply to parquet"),
    ]
    for arguments, says in cases:
        with pytest.raises(ValueError, match=re.escape(says)):
            export(tmp_path / "out", **arguments)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("form", "library"), [("duckdb", "duckdb"), ("xlsx", "openpyxl")])
def test_missing_library_is_unexplained(
    form: str, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing library is unexplained: the message must have the line that installs it."""
    monkeypatch.setitem(sys.modules, library, None)
    assert main(["export", str(tmp_path / "out"), "--format", form]) == 1
    assert capsys.readouterr().err == (
        f"belarus-iran-pact: error: {library} is not installed; install it with: pip install 'belarus-iran-pact[{form}]'\n"
    )
    assert list(tmp_path.iterdir()) == []


# --- All or nothing ---


def fail_in_the_middle(form: str, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the table actors not be found, or not be loaded; before, `path` is asked once for every name, to check it."""
    seen: list[str] = []

    def fail(table: Any, *more: Any) -> Any:
        seen.append(table)
        if table == "actors" and seen.count(table) > (asked == "path"):
            raise error
        return getattr(bip, asked)(table, *more)

    asked = "path" if form in ("csv", "parquet", "duckdb") else "load"
    monkeypatch.setattr(loading, asked, fail)


@each_format
def test_failure_changes_folder(form: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure in the middle changes a folder that was there, or leaves a new one, some files, or its workspace behind."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / file_names(form)[0]).write_bytes(b"old")
    before = files_of(tmp_path)
    errors = OSError(28, "No space left on device"), KeyboardInterrupt()
    for folder, error in zip((tmp_path, tmp_path / "deep" / "out"), errors, strict=True):
        with monkeypatch.context() as patch:
            fail_in_the_middle(form, error, patch)
            with pytest.raises(type(error)):
                export(folder, form, overwrite=True, tables=["events", "actors", "terms"])
        assert files_of(tmp_path) == before
        assert sorted(item.name for item in tmp_path.iterdir()) == sorted(before)


def test_file_of_others_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of others is replaced: one that another program wrote while the export was at work."""
    load = bip.load

    def load_slowly(table: Any) -> Any:
        (tmp_path / "events.jsonl").write_text("theirs", encoding="utf-8")
        return load(table)

    monkeypatch.setattr(loading, "load", load_slowly)
    with pytest.raises(FileExistsError):
        export(tmp_path, "jsonl")
    assert files_of(tmp_path) == {"events.jsonl": b"theirs"}


@pytest.mark.parametrize("form", ["sqlite", "duckdb", "xlsx"])
def test_full_disk_leaves_part_of_an_export(form: str, tmp_path: Path) -> None:
    """A full disk leaves part of an export, or a traceback, or the name of a work file that means nothing to the user."""
    # No file may grow beyond the limit: the system refuses the rest, as a full disk does.
    code = (
        "import resource, sys\n"
        "from belarus_iran_pact.cli import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        f"sys.exit(main(['export', {str(tmp_path / 'out')!r}, '--format', {form!r}]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert re.fullmatch(r"belarus-iran-pact: error: [^\n]+\n", done.stderr), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_missing_permission_is_unexplained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing permission is unexplained: a traceback, or a path that the user never named."""

    def refuse(target: Path) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / ".work"))

    monkeypatch.setattr(exporting, "workspace", refuse)
    assert main(["export", str(tmp_path / "out")]) == 1
    expected = f"belarus-iran-pact: error: cannot export to {tmp_path / 'out'}: Permission denied\n"
    assert capsys.readouterr().err == expected


def test_export_is_for_its_owner_only(tmp_path: Path) -> None:
    """An export is for its owner only: made in a private work folder, it must get the permissions of any new file."""
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "file").touch()
    (tmp_path / "there").mkdir()
    for folder in (tmp_path / "there", tmp_path / "new"):
        (file,) = export(folder, "jsonl", tables=["events"])
        assert file.stat().st_mode == (plain / "file").stat().st_mode
        assert folder.stat().st_mode == plain.stat().st_mode
