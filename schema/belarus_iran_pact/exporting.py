"""Writing the published tables to a folder, in the form that another tool wants.

    export("out", "csv")                                 out/events.csv, ...: the published files
    export("out", "sqlite")                              out/belarus-iran-pact.sqlite: one database
    export("out", "xlsx", tables=["events", "actors"])   out/belarus-iran-pact.xlsx: one sheet for each table

An export is written out of sight and moved into place when it is whole.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from . import loading
from .core.messages import UsageError, one_line, sql_name, sql_text, unknown

if TYPE_CHECKING:
    import pyarrow
    from openpyxl import Workbook

    from ._names import TableName

    Format = Literal["csv", "parquet", "sqlite", "duckdb", "xlsx", "jsonl"]

PACKAGE = "belarus-iran-pact"

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes a text that begins with it for a formula, when it opens a CSV file."""

# Excel holds no more in a cell, and openpyxl would cut the rest off without a word.
_XLSX_CELL_LIMIT = 32_767
# Characters that XML cannot hold, a carriage return, which XML readers turn into a line feed, and an underscore that would
# be read as the start of such an escape.
_XLSX_ESCAPED = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")

_SQLITE_TYPES = {"string": "TEXT", "integer": "INTEGER", "boolean": "BOOLEAN", "date": "DATE"}
_DUCKDB_TYPES = {"string": "VARCHAR", "integer": "BIGINT", "boolean": "BOOLEAN", "date": "DATE"}


def export(
    folder: str | os.PathLike[str],
    format: Format,
    *,
    overwrite: bool = False,
    formula_safe: bool = False,
    tables: Iterable[TableName] | None = None,
) -> list[Path]:
    """Write tables to a folder: all of them, or on a failure none.

    Args:
        folder: where to; it is made if it is not there.
        format: one of
            "csv", "parquet": the published files, `TABLE.csv` or `TABLE.parquet`;
            "jsonl": `TABLE.jsonl`, a JSON object for each row; dates are ISO 8601 texts;
            "sqlite": `belarus-iran-pact.sqlite`, with primary and foreign keys; booleans are 0 and 1, dates ISO 8601 texts;
            "duckdb": `belarus-iran-pact.duckdb`, with primary keys, tables and columns described by comments;
            "xlsx": `belarus-iran-pact.xlsx`, one sheet for each table; texts are never formulas.
        overwrite: replace files that are there. Other files in the folder are left alone in any case.
        formula_safe: for CSV, put an apostrophe before each text that a spreadsheet would take for a formula: one that
            begins with `=`, `+`, `-`, `@`, a tab or a carriage return. The file then differs from the published one.
        tables: the names of the tables to export; by default all. A foreign key to a table left out is left out too.

    Returns:
        The files written, in the order of the tables.

    Raises:
        ValueError: there is no such format or table; `formula_safe` has no meaning for the format; the folder is in the
            package's own data; or a text is too long for the format.
        ImportError: the format's library is not installed; the message says how to install it.
        FileExistsError: a file is in the way, and `overwrite` is not given.
        OSError: the folder cannot be written to, or the disk is full.

    Everything is checked before anything is written. Files are moved into place once all are whole: a new folder in one step;
    into a folder that is there one by one, so that a process killed just then leaves whole files, but maybe not all of them.
    """
    writer = _writer(format)
    if formula_safe and format not in ("csv", "xlsx"):
        raise UsageError(f"formula_safe is for csv (and xlsx always is); it has no meaning for {format}")
    chosen = _resources(tables)
    names = writer.file_names(chosen)
    place = os.path.realpath(folder)
    _refuse_own_data(place)
    _refuse_what_is_in_the_way(place, [*names, *writer.side_files], overwrite)
    if writer.library is not None:
        _require(*writer.library)

    # Beside the target, so that moving is renaming: either inside the folder, or where the first folder is to be made.
    base = _nearest_existing(place)
    with tempfile.TemporaryDirectory(dir=base, prefix=f".{PACKAGE}-", ignore_cleanup_errors=True) as staging:
        staged = os.path.join(staging, "new", os.path.relpath(place, base))
        os.makedirs(staged)
        writer.write(chosen, Path(staged), formula_safe)
        if base == place:
            _move_files(staged, place, names, overwrite=overwrite, kept=os.path.join(staging, "kept"))
        else:
            first = os.path.relpath(place, base).split(os.sep)[0]
            os.rename(os.path.join(staging, "new", first), os.path.join(base, first))
    return [Path(folder, name) for name in names]


@dataclass(frozen=True)
class _Resource:
    """A table as the descriptor has it."""

    name: str
    description: str
    fields: tuple[_Field, ...]
    key: str
    links: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class _Field:
    name: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True)
class _Writer:
    """How a format is written.

    Attributes:
        write: writes the tables into an empty folder.
        suffix: the suffix of its files.
        single: whether all tables go into one file.
        library: the library that it needs and the extra that brings it.
        side_files: files that must not be there, since a reader would take them for part of the new file.
    """

    write: Callable[[Sequence[_Resource], Path, bool], None]
    suffix: str
    single: bool = False
    library: tuple[str, str] | None = None
    side_files: tuple[str, ...] = ()

    def file_names(self, resources: Sequence[_Resource]) -> list[str]:
        return [f"{stem}.{self.suffix}" for stem in ([PACKAGE] if self.single else [item.name for item in resources])]


# --- Before anything is written ---


def _writer(format: str) -> _Writer:
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    return _WRITERS[format]


def _resources(names: Iterable[str] | None) -> list[_Resource]:
    known = {item["name"]: item for item in loading.descriptor()["resources"] if item.get("type") == "table"}
    wanted = list(known) if names is None else list(names)
    for name in wanted:
        # `path` raises with the message that names close ones.
        loading.path(name)  # type: ignore[arg-type]
    if not wanted:
        raise UsageError(f"no tables to export; there are: {', '.join(known)}")
    return [_resource(item) for name, item in known.items() if name in wanted]


def _resource(item: dict[str, Any]) -> _Resource:
    schema = item["schema"]
    (key,) = schema["primaryKey"]
    links = {}
    for foreign in schema.get("foreignKeys", ()):
        (column,), (target_key,) = foreign["fields"], foreign["reference"]["fields"]
        # An empty name is how the standard spells "this same table".
        links[column] = (foreign["reference"]["resource"] or item["name"], target_key)
    found = tuple(
        _Field(
            field["name"],
            field["type"],
            field.get("constraints", {}).get("required", False),
            field.get("description", ""),
        )
        for field in schema["fields"]
    )
    return _Resource(item["name"], item["description"], found, key, links)


def _refuse_own_data(place: str) -> None:
    own = os.path.realpath(loading.data_folder())
    if place == own or place.startswith(own + os.sep):
        raise ValueError(f"{place} is in the package's own data; export to another folder")


def _refuse_what_is_in_the_way(place: str, names: Iterable[str], overwrite: bool) -> None:
    base = _nearest_existing(place)
    if not os.path.isdir(base):
        raise NotADirectoryError(f"{base} is there, and is not a folder")
    there = [name for name in names if os.path.lexists(os.path.join(place, name))]
    solid = [name for name in there if os.path.isdir(os.path.join(place, name))]
    if solid:
        raise FileExistsError(f"in {place}, {', '.join(solid)} is a folder, where a file is to be written")
    side = [name for name in there if any(name in writer.side_files for writer in _WRITERS.values())]
    if side:
        raise FileExistsError(f"in {place}, {', '.join(side)} shows a database in use; close or remove it first")
    if there and not overwrite:
        more = f" and {len(there) - 3} more" if len(there) > 3 else ""
        raise FileExistsError(
            f"already in {place}: {', '.join(there[:3])}{more}; to replace what is there, pass overwrite=True (command line: "
            "--overwrite)"
        )


def _nearest_existing(place: str) -> str:
    while not os.path.lexists(place):
        place = os.path.dirname(place)
    return place


def _require(library: str, extra: str) -> None:
    try:
        importlib.import_module(library)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{library} is not installed; install it with: pip install '{PACKAGE}[{extra}]'", name=library
        ) from error


# --- Into place ---


def _move_files(staged: str, place: str, names: Sequence[str], *, overwrite: bool, kept: str) -> None:
    """Move files into a folder that is there; if one cannot be moved, put everything back as it was."""
    # A second look: others may have written to the folder meanwhile.
    _refuse_what_is_in_the_way(place, names, overwrite)
    os.mkdir(kept)
    old = [name for name in names if os.path.lexists(os.path.join(place, name))]
    for name in old:
        shutil.copy2(os.path.join(place, name), os.path.join(kept, name), follow_symlinks=False)
    begun: list[str] = []
    try:
        for name in names:
            begun.append(name)
            os.replace(os.path.join(staged, name), os.path.join(place, name))
    except BaseException:
        for name in begun:
            if name in old:
                os.replace(os.path.join(kept, name), os.path.join(place, name))
            else:
                Path(place, name).unlink(missing_ok=True)
        raise


# --- The formats ---


def _write_csv(resources: Sequence[_Resource], folder: Path, formula_safe: bool) -> None:
    for resource in resources:
        target = folder / f"{resource.name}.csv"
        if formula_safe:
            from pyarrow.csv import write_csv

            write_csv(_without_formulas(_load(resource)), str(target))
        else:
            shutil.copyfile(loading.path(resource.name, "csv"), target)  # type: ignore[arg-type]


def _without_formulas(table: pyarrow.Table) -> pyarrow.Table:
    import pyarrow as pa

    for at, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            texts = [
                f"'{text}" if text is not None and text.startswith(FORMULA_STARTS) else text
                for text in table.column(at).to_pylist()
            ]
            table = table.set_column(at, field, pa.array(texts, field.type))
    return table


def _write_parquet(resources: Sequence[_Resource], folder: Path, formula_safe: bool) -> None:
    for resource in resources:
        shutil.copyfile(loading.path(resource.name, "parquet"), folder / f"{resource.name}.parquet")  # type: ignore[arg-type]


def _write_jsonl(resources: Sequence[_Resource], folder: Path, formula_safe: bool) -> None:
    for resource in resources:
        with open(folder / f"{resource.name}.jsonl", "w", encoding="utf-8", newline="\n") as stream:
            for row in _load(resource).to_pylist():
                stream.write(json.dumps(row, ensure_ascii=False, default=date.isoformat) + "\n")


def _write_sqlite(resources: Sequence[_Resource], folder: Path, formula_safe: bool) -> None:
    import sqlite3

    names = {resource.name for resource in resources}
    try:
        with closing(sqlite3.connect(folder / f"{PACKAGE}.sqlite")) as connection, connection:
            for resource in resources:
                connection.execute(_sqlite_table(resource, names))
                marks = ", ".join("?" for _ in resource.fields)
                connection.executemany(
                    f"INSERT INTO {sql_name(resource.name)} VALUES ({marks})",
                    (
                        [value.isoformat() if isinstance(value, date) else value for value in row.values()]
                        for row in _load(resource).to_pylist()
                    ),
                )
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.Error as error:
        raise OSError(f"SQLite: {error}") from error
    if broken:
        raise ValueError(f"foreign keys do not resolve: {broken[:5]}")


def _sqlite_table(resource: _Resource, names: set[str]) -> str:
    """The statement that makes a table. SQLite keeps its wording, and with it the comments: they show in `.schema`."""
    lines = []
    for at, field in enumerate(resource.fields):
        words = [sql_name(field.name), _SQLITE_TYPES[field.type]]
        # SQLite lets primary keys be null unless told otherwise.
        if field.required or field.name == resource.key:
            words.append("NOT NULL")
        if field.name == resource.key:
            words.append("PRIMARY KEY")
        if field.type == "boolean":
            words.append(f"CHECK ({sql_name(field.name)} IN (0, 1))")
        target, target_key = resource.links.get(field.name, ("", ""))
        if target in names:
            words.append(f"REFERENCES {sql_name(target)} ({sql_name(target_key)})")
        comma = "," if at < len(resource.fields) - 1 else ""
        lines.append(f"    {' '.join(words)}{comma} -- {one_line(field.description)}")
    return "\n".join([f"CREATE TABLE {sql_name(resource.name)} ( -- {one_line(resource.description)}", *lines, ")"])


def _write_duckdb(resources: Sequence[_Resource], folder: Path, formula_safe: bool) -> None:
    import duckdb

    try:
        with duckdb.connect(str(folder / f"{PACKAGE}.duckdb")) as connection:
            for resource in resources:
                table = sql_name(resource.name)
                columns = [
                    f"{sql_name(field.name)} {_DUCKDB_TYPES[field.type]}{' NOT NULL' if field.required else ''}"
                    for field in resource.fields
                ]
                connection.execute(
                    f"CREATE TABLE {table} ({', '.join(columns)}, PRIMARY KEY ({sql_name(resource.key)}))"
                )
                file = str(loading.path(resource.name, "parquet"))  # type: ignore[arg-type]
                connection.execute(f"INSERT INTO {table} SELECT * FROM read_parquet({sql_text(file)})")
                connection.execute(f"COMMENT ON TABLE {table} IS {sql_text(resource.description)}")
                for field in resource.fields:
                    connection.execute(
                        f"COMMENT ON COLUMN {table}.{sql_name(field.name)} IS {sql_text(field.description)}",
                    )
    except duckdb.Error as error:
        raise OSError(f"DuckDB: {one_line(str(error))}") from error


def _write_xlsx(resources: Sequence[_Resource], folder: Path, formula_safe: bool) -> None:
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    # In memory first: a zip file that cannot be finished on disk would complain once more when it is thrown away.
    content = io.BytesIO()
    try:
        for resource in resources:
            _write_sheet(workbook, resource)
        workbook.save(content)
    except BaseException:
        # So would openpyxl's work files, of which each sheet has one. A first call may end in their rows, a second in the rest.
        for sheet in [*workbook, *workbook]:
            with suppress(Exception):
                sheet.close()
        raise
    (folder / f"{PACKAGE}.xlsx").write_bytes(content.getvalue())


def _write_sheet(workbook: Workbook, resource: _Resource) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    rows = _load(resource).to_pylist()
    sheet = workbook.create_sheet(resource.name)
    sheet.freeze_panes = "A2"
    for at, field in enumerate(resource.fields, start=1):
        longest = max(len(str(text)) for text in [field.name, *(row[field.name] for row in rows)])
        sheet.column_dimensions[get_column_letter(at)].width = min(longest, 60) + 2
    header = [WriteOnlyCell(sheet, field.name) for field in resource.fields]
    for cell in header:
        cell.font = Font(bold=True)
    sheet.append(header)
    for row in rows:
        cells = []
        for name, value in row.items():
            if isinstance(value, str):
                cell = WriteOnlyCell(sheet, _xlsx_text(value, f"{resource.name} / {row[resource.key]} / {name}"))
                # openpyxl guesses: without this, a text such as "=1+1" is a formula and "#N/A" an error.
                cell.data_type = "s"
                # So that it stays a text when somebody edits the cell.
                cell.quotePrefix = value.startswith(FORMULA_STARTS)
                cells.append(cell)
            else:
                cells.append(value)
        sheet.append(cells)


def _xlsx_text(text: str, where: str) -> str:
    escaped = _XLSX_ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    if len(escaped.encode("utf-16-le")) // 2 > _XLSX_CELL_LIMIT:
        raise ValueError(f"{where}: the text is too long for an xlsx cell, which holds {_XLSX_CELL_LIMIT} characters")
    return escaped


def _load(resource: _Resource) -> pyarrow.Table:
    return loading.load(resource.name)  # type: ignore[call-overload]


_WRITERS = {
    "csv": _Writer(_write_csv, "csv"),
    "parquet": _Writer(_write_parquet, "parquet"),
    "sqlite": _Writer(
        _write_sqlite,
        "sqlite",
        single=True,
        side_files=(f"{PACKAGE}.sqlite-journal", f"{PACKAGE}.sqlite-wal", f"{PACKAGE}.sqlite-shm"),
    ),
    "duckdb": _Writer(
        _write_duckdb,
        "duckdb",
        single=True,
        library=("duckdb", "duckdb"),
        side_files=(f"{PACKAGE}.duckdb.wal",),
    ),
    "xlsx": _Writer(_write_xlsx, "xlsx", single=True, library=("openpyxl", "xlsx")),
    "jsonl": _Writer(_write_jsonl, "jsonl"),
}

FORMATS = tuple(_WRITERS)
