"""What a user gets from `import belarus_iran_pact`: whole tables with their schema, and refusals that help."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import belarus_iran_pact as bip
from belarus_iran_pact import loading, models
from belarus_iran_pact.core.schemas import arrow_schema
from belarus_iran_pact.core.table import Row, ValueType, description, fields
from belarus_iran_pact.models import MODELS, TABLES

ROOT = Path(__file__).resolve().parents[1]
DATASET = ROOT / "dataset"

HOSTILE = [
    "",
    ".",
    "..",
    "../csv/events",
    "../../seeds/reference/cameo",
    str(DATASET / "parquet" / "events"),
    "events.parquet",
    "events/",
    "events\0",
    " events",
    "Event",
    "codebook",
    "datapackage",
    None,
    True,
    0,
    b"events",
    ["events"],
    Path("events"),
]

# Written here a second time on purpose: the loader's values are compared with CSV text read without pyarrow.
FROM_TEXT: dict[ValueType, Callable[[str], Any]] = {
    "text": str,
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": date.fromisoformat,
}


def csv_rows(model: type[Row]) -> list[dict[str, Any]]:
    with (DATASET / "csv" / f"{model.table.name}.csv").open(encoding="utf-8", newline="") as stream:
        header, *lines = csv.reader(stream, strict=True)
    assert header == [field.name for field in fields(model)]
    readers = [FROM_TEXT[field.type] for field in fields(model)]
    return [
        {name: read(cell) if cell else None for name, read, cell in zip(header, readers, line, strict=True)}
        for line in lines
    ]


def modules_after(statement: str) -> set[str]:
    code = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout)} | set(json.loads(done.stdout))


def assert_lists_tables(message: str) -> None:
    words = set(re.findall(r"\w+", message.rpartition(":")[2]))
    assert words == set(TABLES)


def test_loaded_rows_differ_from_csv() -> None:
    """Loaded rows differ from the CSV: a table loads with other rows, order, values or nulls than its CSV file has."""
    for model in MODELS:
        assert bip.load(model.table.name).to_pylist() == csv_rows(model), model.table.name


def test_loaded_schema_differs_from_model() -> None:
    """The loaded schema differs from the row model: types, nullability or what a field says of itself were lost in Parquet."""
    for model in MODELS:
        loaded = bip.load(model.table.name).schema
        assert loaded.equals(arrow_schema(model), check_metadata=True), loaded.to_string(show_field_metadata=True)
        for expected in fields(model):
            found = loaded.field(expected.name)
            assert found.metadata[b"description"].decode() == expected.column.description
            assert found.metadata[b"origin"].decode() == expected.column.origin


def test_required_column_loads_nulls() -> None:
    """A required column loads nulls: Arrow does not check `nullable` when it writes, so it is checked when read."""
    for table in map(bip.load, TABLES):
        assert [field.name for field in table.schema if not field.nullable and table[field.name].null_count] == []


def test_listing_differs_from_files() -> None:
    """The listing differs from the files: tables() omits a table, or tells another row count or description."""
    assert bip.tables() == tuple(
        bip.TableInfo(model.table.name, len(csv_rows(model)), description(model)) for model in MODELS
    )
    assert all(table.description for table in bip.tables())


def test_path_leads_nowhere() -> None:
    """A path leads nowhere: path() gives a file that does not exist, or one of another table or format."""
    for name in TABLES:
        for form in ("csv", "parquet"):
            file = bip.path(name, form)
            assert isinstance(file, Path)
            assert file.is_file()
            assert file.name == f"{name}.{form}"
    assert bip.path("events") == bip.path("events", format="parquet")


def test_mistyped_name_gets_no_suggestion() -> None:
    """A mistyped name gets no suggestion: the message must name the table meant and list them all."""
    with pytest.raises(ValueError, match=re.escape("Did you mean 'event_links'?")) as caught:
        bip.load("event_linkx")
    assert_lists_tables(str(caught.value))


def test_unlike_name_gets_a_suggestion() -> None:
    """A name like no table's gets a suggestion all the same."""
    with pytest.raises(ValueError, match="no table 'zzzzzz'") as caught:
        bip.load("zzzzzz")
    assert "Did you mean" not in str(caught.value)
    assert_lists_tables(str(caught.value))


def test_hostile_name_is_followed() -> None:
    """A hostile name is followed: one that is no table's reaches a file, or fails with a traceback that explains nothing."""
    for name in HOSTILE:
        for ask in (bip.load, bip.path, lambda name: bip.path(name, "csv")):
            with pytest.raises(ValueError, match="no table ") as caught:
                ask(name)
            assert_lists_tables(str(caught.value))


def test_unknown_format_is_followed() -> None:
    """An unknown format is followed, or refused without a word on what there is."""
    forms: list[Any] = ["xlsx", "", "CSV", "../csv", None, ["csv"]]
    for form in forms:
        with pytest.raises(ValueError, match="csv, parquet"):
            bip.path("events", form)


def test_missing_data_are_unexplained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Missing data are unexplained: in a checkout that was never built, the error must say how to build."""
    monkeypatch.setattr("belarus_iran_pact.loading.data_folder", lambda: str(tmp_path))
    for ask in (bip.tables, lambda: bip.load("events"), lambda: bip.path("events")):
        with pytest.raises(FileNotFoundError, match=r"scripts/build\.py"):
            ask()


def test_versions_disagree() -> None:
    """Versions disagree: the package says one version of itself and another file of the release a different one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"]
    assert "version" not in project["project"]
    # The first version in each file; of the changelog, that of the topmost section.
    for file, pattern in {
        project["tool"]["hatch"]["version"]["path"]: r'^__version__ = "(.+)"$',
        "dataset/datapackage.json": r'^  "version": "(.+)",$',
        "CITATION.cff": r"^version: *[\"']?(.+?)[\"']? *$",
        "CHANGELOG.md": r"^## *\[?v?([^\]\s]+)",
    }.items():
        found = re.search(pattern, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
        assert found is not None, file
        assert found[1] == bip.__version__, file


def test_import_is_heavy() -> None:
    """The import is heavy: merely importing the package loads pyarrow, pydantic or another large library."""
    heavy = {"pyarrow", "pydantic", "pandas", "numpy", "yaml", "frictionless", "edtf", "filelock"}
    assert modules_after("import belarus_iran_pact") & heavy == set()


def test_load_is_heavy() -> None:
    """Loading is heavy: it pulls in pandas, pyarrow.dataset or pydantic, none of which a table needs."""
    found = modules_after("import belarus_iran_pact as bip; bip.load('events'); bip.tables(); bip.path('events')")
    assert "pyarrow" in found
    assert found & {"pandas", "pydantic", "pyarrow.dataset", "yaml", "frictionless"} == set()


def test_public_names_are_missing() -> None:
    """Public names are missing: `__all__` promises what the package does not have, or leaves out what users need."""
    assert {"load", "path", "tables", "TableInfo", "__version__"} <= set(bip.__all__)
    assert [name for name in bip.__all__ if not hasattr(bip, name)] == []


def test_submodule_hides_a_function() -> None:
    """A submodule hides a function: once it is imported, Python binds its name in the package, over a function so called."""
    code = (
        "import importlib, pkgutil, belarus_iran_pact as bip\n"
        "promised = {name: getattr(bip, name) for name in bip.__all__}\n"
        "for module in pkgutil.iter_modules(bip.__path__): importlib.import_module(f'{bip.__name__}.{module.name}')\n"
        "hidden = [name for name in promised if getattr(bip, name) is not promised[name]]\n"
        "assert not hidden, hidden\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_text_that_spans_do_not_fit() -> None:
    """The text is not that of the file whose SHA-256 is published, or spans cut other words from it."""
    for source in bip.load("sources").to_pylist():
        text = bip.text(source["source_id"])
        assert hashlib.sha256(text.encode()).hexdigest() == source["sha256"]
        for table, start, end, words in models.DATASET.spans:
            name: Any = table
            rows = [row for row in bip.load(name).to_pylist() if row["source_id"] == source["source_id"]]
            assert all(text[row[start] : row[end]] == row[words] for row in rows if row[words] is not None), table
    assert bip.text() == bip.text(bip.load("sources")["source_id"][0].as_py())


def test_text_of_a_source_that_is_not_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several sources some one is taken; an unknown one is refused without a list; or a damaged text passes for the source's."""
    sources, load = bip.load("sources"), bip.load
    (source_id,) = sources["source_id"].to_pylist()
    with pytest.raises(ValueError, match=f"no source 'x'. The sources are: {source_id}"):
        bip.text("x")

    def given(table: pa.Table) -> None:
        monkeypatch.setattr(loading, "load", lambda name: table if name == "sources" else load(name))

    given(sources.set_column(0, sources.schema.field(0), pa.array(["other"])))
    with pytest.raises(ValueError, match="passages of other do not give its text"):
        bip.text()
    at = sources.column_names.index("sha256")
    given(sources.set_column(at, sources.schema.field(at), pa.array(["0" * 64])))
    with pytest.raises(ValueError, match=f"passages of {source_id} do not give its text"):
        bip.text()
    other = sources.set_column(0, sources.schema.field(0), pa.array(["other"]))
    given(pa.concat_tables([sources, other]))
    with pytest.raises(ValueError, match=f"which source is meant\\? Name one of: {source_id}, other"):
        bip.text()
