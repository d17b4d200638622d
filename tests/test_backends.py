"""load() in each library, connect(), records(), and the types that editors and type checkers see."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
import tomllib
import typing
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars
import pytest

import belarus_iran_pact as bip
import build
from belarus_iran_pact import loading
from belarus_iran_pact._names import TableName
from belarus_iran_pact.core.table import fields
from belarus_iran_pact.models import TABLES

ROOT = Path(__file__).resolve().parent.parent
NAMES: tuple[TableName, ...] = typing.get_args(TableName)


def test_backend_that_differs() -> None:
    """A backend has other rows or types: pandas' own would turn nulls into NaN, codes into numbers and days into timestamps."""
    kinds = {
        "text": polars.String,
        "integer": polars.Int64,
        "number": polars.Float64,
        "boolean": polars.Boolean,
        "date": polars.Date,
    }
    for name in NAMES:
        rows = bip.load(name).to_pylist()
        frame = bip.load(name, backend="pandas")
        found = [
            {column: None if str(value) == "<NA>" else value for column, value in row.items()}
            for row in frame.to_dict("records")
        ]
        assert found == rows
        assert all(str(dtype).endswith("[pyarrow]") for dtype in frame.dtypes)
        other = bip.load(name, backend="polars")
        assert other.to_dicts() == rows
        assert other.schema == {item.name: kinds[item.type] for item in fields(TABLES[name])}
        relation = bip.load(name, backend="duckdb")
        assert isinstance(relation, duckdb.DuckDBPyRelation)
        assert relation.fetchall() == [tuple(row.values()) for row in rows]
        records = bip.records(name)
        assert [record.model_dump() for record in records] == rows
        assert all(type(record) is TABLES[name] for record in records)


def test_connection_without_tables_or_comments() -> None:
    """A connection lacks a table, or does not say what its columns mean."""
    connection = bip.connect()
    views = dict(connection.execute("SELECT view_name, comment FROM duckdb_views() WHERE NOT internal").fetchall())
    assert views == {table.name: table.description for table in bip.tables()}
    comments = connection.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"
    ).fetchall()
    expected = {(name, item.name): item.column.description for name, model in TABLES.items() for item in fields(model)}
    assert {(table, column): comment for table, column, comment in comments} == expected


@pytest.fixture
def downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that stands for a downloaded one, to change."""
    folder = shutil.copytree(ROOT / "dataset", tmp_path / "package")
    monkeypatch.setattr(loading, "_folder", lambda version: str(folder))
    return folder


def describe(folder: Path, change: Callable[[dict[str, typing.Any]], object]) -> None:
    """Change what a package's descriptor says of the table events."""
    descriptor = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    change(descriptor["resources"][0])
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")


@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        ("column", "name", "event_id\" IS 'x'; COPY (SELECT 1) TO '{target}'; COMMENT ON COLUMN events.\"event_id"),
        ("column", "name", "other_id"),
        ("column", "type", "integer"),
        ("column", "type", ["string"]),
        ("resource", "path", "csv/events\"; COPY (SELECT 1) TO '{target}'; --.csv"),
        ("resource", "schema", {"fields": 1}),
    ],
)
def test_descriptor_that_acts(downloaded: Path, place: str, key: str, value: typing.Any) -> None:
    """A downloaded descriptor names columns as it likes: its text is run as SQL and writes a file, or a table is misread."""
    target = downloaded.parent / "written"
    value = value.format(target=target) if isinstance(value, str) else value

    def change(resource: dict[str, typing.Any]) -> None:
        (resource["schema"]["fields"][0] if place == "column" else resource)[key] = value

    describe(downloaded, change)
    asked: list[Callable[[], object]] = [lambda: bip.connect(version="0.9.0")]
    asked += [lambda backend=backend: bip.load("events", backend, version="0.9.0") for backend in loading.BACKENDS]
    for ask in asked:
        with pytest.raises(ValueError, match=r"datapackage\.json: |parquet/events\.parquet: "):
            ask()
    assert not target.exists()


def test_description_that_acts(downloaded: Path) -> None:
    """A description's quotes end the SQL text that it stands in."""
    text = "It's '); COPY (SELECT 1) TO 'x'; --"
    describe(downloaded, lambda resource: resource.update(description=text))
    connection = bip.connect(version="0.9.0")
    found = connection.execute("SELECT comment FROM duckdb_views() WHERE view_name = 'events'").fetchall()
    assert found == [(text,)]


def test_relations_that_cannot_be_joined() -> None:
    """Relations of two tables are of two connections, which DuckDB joins not, or of one that is closed."""
    events, actors = (bip.load(name, backend="duckdb") for name in ("events", "event_actors"))
    assert events.set_alias("e").join(actors.set_alias("a"), "event_id").aggregate("count(*)").fetchall()[0][0] > 0


def test_dates_and_codes_as_they_are() -> None:
    """A date is no date, a CAMEO code loses its zeros, or a country code is no number, as the field's own files have it."""
    row = next(row for row in bip.load("dyads").to_pylist() if row["happening_id"] == "event-august-visit")
    assert (row["date_earliest"], row["cameo_code"]) == (datetime.date(2025, 8, 1), "046")
    assert (row["source_cow_code"], row["target_cow_code"], row["cow_dyad"]) == (370, 630, 370630)


def test_unknown_backend() -> None:
    """A wrong backend is named with the right ones."""
    with pytest.raises(ValueError, match=r"'pandas'\? The backends are: arrow, pandas, polars, duckdb"):
        bip.load("events", backend="panda")  # type: ignore[call-overload]


@pytest.mark.parametrize("backend", ["pandas", "polars", "duckdb"])
def test_missing_library(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that is not installed is named with the line that installs it."""
    monkeypatch.setitem(sys.modules, backend, None)
    monkeypatch.setattr(loading, "_connections", {})
    with pytest.raises(ImportError, match=rf"pip install 'belarus-iran-pact\[{backend}\]'"):
        bip.load("events", backend=backend)  # type: ignore[call-overload]


@pytest.mark.parametrize("backend", ["arrow", "pandas", "polars", "duckdb"])
def test_library_imported_unasked(backend: str) -> None:
    """Loading with one library imports another."""
    code = f"import sys, belarus_iran_pact as b; b.load('events', backend={backend!r}); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "pydantic" not in loaded
    assert not loaded & ({"pandas", "polars", "duckdb"} - {backend})


def test_extra_without_the_library() -> None:
    """An error tells to install an extra that does not exist."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(f"\n{backend} = [" in text for backend in loading.BACKENDS if backend != "arrow")


def test_names_that_drifted_from_the_models() -> None:
    """The type of table names lacks a table, or has one that is gone: run scripts/build.py."""
    assert build.NAMES.read_text(encoding="utf-8") == build.names_module()
    assert list(NAMES) == list(TABLES) == [table.name for table in bip.tables()]


USE_ALL = """
import sys, belarus_iran_pact as bip
from belarus_iran_pact.exporting import FORMATS
rows = [tuple(row.values()) for row in bip.load("events").to_pylist()]
assert bip.load("events", backend="duckdb").filter("event_id is not null").fetchall() == rows
assert bip.load("events", backend="polars").rows() == rows
assert len(bip.load("events", backend="pandas")) == len(bip.records("events")) == len(rows)
assert bip.connect().execute("SELECT count(*) FROM events").fetchone() == (len(rows),)
assert bip.explain("events", rows[0][0], "label")
assert bip.verify(), bip.verify()
for format in FORMATS:
    assert bip.export(f"{sys.argv[1]}/{format}", format)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the lowest versions are older than this Python")
def test_lowest_versions(tmp_path: Path) -> None:
    """A library's lowest version that pip may choose does not do: the bound promises it, and nobody ever ran it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for_developers = ("agreement", "bench", "build", "test")
    extras = [
        text for name, texts in project["optional-dependencies"].items() for text in texts if name not in for_developers
    ]
    lowest = [text.replace(">=", "==") for text in [*project["dependencies"], *extras]]
    assert all("==" in text for text in lowest)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = next((tmp_path / "venv").glob("[bS]*/python*"))
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "install", *lowest], capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        reached = subprocess.run([*pip, "download", "--no-deps", "--dest", tmp_path, "pydantic"], check=False)
        if reached.returncode:
            pytest.skip("no package index is reached")
    assert done.returncode == 0, done.stderr
    done = subprocess.run(
        [python, "-c", USE_ALL, tmp_path],
        env={**os.environ, "PYTHONPATH": str(ROOT / "schema")},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_typo_that_is_no_type_error(tmp_path: Path) -> None:
    """A mistyped table or backend passes the type checker, or a result has the wrong type."""
    cases = {
        'reveal_type(bip.load("events"))': 'Revealed type is "pyarrow',
        'reveal_type(bip.load("events", backend="pandas"))': 'Revealed type is "pandas.',
        'reveal_type(bip.load("events", backend="polars"))': 'Revealed type is "polars.',
        'bip.load("event")': "error: No overload variant",
        'bip.load("events", backend="panda")': "error: No overload variant",
        'bip.path("event")': "error: Argument 1",
    }
    file = tmp_path / "user.py"
    file.write_text("\n".join(["import belarus_iran_pact as bip", *cases]), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(file)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path).stdout
    said = said.replace('Revealed type is "Any"', 'Revealed type is "pyarrow"')  # Where pyarrow carries no types.
    for line, error in enumerate(cases.values(), start=2):
        assert f"user.py:{line}: " in said
        assert error in "".join(text for text in said.splitlines() if text.startswith(f"user.py:{line}: ")), said
