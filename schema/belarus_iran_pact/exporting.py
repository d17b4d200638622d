"""Writing the published tables to a folder, in a format that another tool reads.

    export("out", "csv")                                 out/events.csv, ...: the published files
    export("out", "sqlite")                              out/belarus-iran-pact.sqlite: one database
    export("out", "xlsx", tables=["events", "actors"])   out/belarus-iran-pact.xlsx: one sheet for each table

An export is written out of sight and moved into place when it is whole.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from . import loading
from .core import NAME
from .core.messages import UsageError, one_line, sql_name, sql_text, unknown
from .core.placing import place, place_files, workspace
from .core.table import Row, description, fields, primary_key
from .models import TABLES

if TYPE_CHECKING:
    import pyarrow
    from openpyxl import Workbook

    from ._names import TableName

    Format = Literal["csv", "parquet", "sqlite", "duckdb", "xlsx", "jsonl"]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet that opens a CSV file treats a text beginning with one of these as a formula."""

# Excel holds no more in a cell, and openpyxl would silently cut off the rest.
_XLSX_CELL_LIMIT = 32_767
# Characters that XML cannot hold, a carriage return, which XML readers turn into a line feed, and an underscore that would
# be read as the start of such an escape.
_XLSX_ESCAPED = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")

_SQLITE_TYPES = {"text": "TEXT", "integer": "INTEGER", "number": "REAL", "boolean": "BOOLEAN", "date": "DATE"}
_DUCKDB_TYPES = {"text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}


def export(
    folder: str | os.PathLike[str],
    format: Format,
    *,
    overwrite: bool = False,
    formula_safe: bool = False,
    tables: Iterable[TableName] | None = None,
) -> list[Path]:
    """Write tables to a folder: all of them, or none if anything fails.

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
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    writer = _WRITERS[format]
    if formula_safe and format not in ("csv", "xlsx"):
        raise UsageError(f"formula_safe is for csv (and xlsx always is); it does not apply to {format}")
    chosen = _models(tables)
    names = [f"{name}.{format}" for name in ([NAME] if writer.single else [model.table.name for model in chosen])]
    target = Path(os.path.realpath(folder))
    if target.is_relative_to(os.path.realpath(loading.data_folder())):
        raise ValueError(f"{target} is in the package's own data; export to another folder")
    _refuse_what_is_in_the_way(target, [*names, *writer.side_files], overwrite)
    if writer.library:
        loading.library(writer.library, format)

    # Inside a folder that is there, since nothing may be allowed beside it, or be on the same disk.
    with workspace(target / NAME if target.exists() else target) as work:
        staged = work / "new"
        staged.mkdir()
        write = _write_safe_csv if formula_safe and format == "csv" else writer.write
        write(chosen, staged)
        # Checked again: another process may have written there meanwhile.
        _refuse_what_is_in_the_way(target, names, overwrite)
        if target.exists():
            place_files(staged, target, names)
        else:
            place(staged, target)
    return [Path(folder, name) for name in names]


# --- Before anything is written ---


def _models(names: Iterable[str] | None) -> list[type[Row]]:
    wanted = list(TABLES) if names is None else list(names)
    for name in wanted:
        # `path` raises an error that suggests similar names.
        loading.path(name)  # type: ignore[arg-type]
    if not wanted:
        raise UsageError(f"no tables to export; there are: {', '.join(TABLES)}")
    return [model for name, model in TABLES.items() if name in wanted]


def _refuse_what_is_in_the_way(target: Path, names: Iterable[str], overwrite: bool) -> None:
    for folder in (target, *target.parents):
        if os.path.lexists(folder) and not folder.is_dir():
            raise NotADirectoryError(f"{folder} exists and is not a folder")
    there = [name for name in names if os.path.lexists(target / name)]
    solid = [name for name in there if (target / name).is_dir()]
    if solid:
        raise FileExistsError(f"in {target}, {', '.join(solid)} is a folder, where a file is to be written")
    side = [name for name in there if any(name in writer.side_files for writer in _WRITERS.values())]
    if side:
        raise FileExistsError(f"in {target}, {', '.join(side)} shows a database in use; close or remove it first")
    if there and not overwrite:
        more = f" and {len(there) - 3} more" if len(there) > 3 else ""
        raise FileExistsError(
            f"already in {target}: {', '.join(there[:3])}{more}; to replace what is there, pass overwrite=True (command line: "
            "--overwrite)"
        )


# --- The formats: each function writes the tables into an empty folder ---


def _copy(form: Literal["csv", "parquet"], models: Sequence[type[Row]], folder: Path) -> None:
    for model in models:
        file = loading.path(model.table.name, form)  # type: ignore[arg-type]
        shutil.copyfile(file, folder / file.name)


def _write_safe_csv(models: Sequence[type[Row]], folder: Path) -> None:
    from pyarrow.csv import write_csv

    for model in models:
        write_csv(_without_formulas(_load(model)), str(folder / f"{model.table.name}.csv"))


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


def _write_jsonl(models: Sequence[type[Row]], folder: Path) -> None:
    for model in models:
        with open(folder / f"{model.table.name}.jsonl", "w", encoding="utf-8", newline="\n") as stream:
            for row in _load(model).to_pylist():
                stream.write(json.dumps(row, ensure_ascii=False, default=date.isoformat) + "\n")


def _write_sqlite(models: Sequence[type[Row]], folder: Path) -> None:
    import sqlite3

    names = {model.table.name for model in models}
    try:
        with closing(sqlite3.connect(folder / f"{NAME}.sqlite")) as connection, connection:
            for model in models:
                connection.execute(_sqlite_table(model, names))
                marks = ", ".join("?" for _ in fields(model))
                connection.executemany(
                    f"INSERT INTO {sql_name(model.table.name)} VALUES ({marks})",
                    (
                        [value.isoformat() if isinstance(value, date) else value for value in row.values()]
                        for row in _load(model).to_pylist()
                    ),
                )
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.Error as error:
        raise OSError(f"SQLite: {error}") from error
    if broken:
        raise ValueError(f"foreign keys do not resolve: {broken[:5]}")


def _sqlite_table(model: type[Row], names: set[str]) -> str:
    """The statement that makes a table. SQLite keeps its wording, and with it the comments: they show in `.schema`."""
    lines = []
    for at, field in enumerate(fields(model)):
        name, target = sql_name(field.name), field.column.references
        words = [name, _SQLITE_TYPES[field.type]]
        # SQLite lets primary keys be null unless told otherwise, and the first column is the key.
        words += ["NOT NULL"] * (not field.nullable) + ["PRIMARY KEY"] * (at == 0)
        if field.type == "boolean":
            words.append(f"CHECK ({name} IN (0, 1))")
        if target in names:
            words.append(f"REFERENCES {sql_name(target)} ({sql_name(primary_key(TABLES[target]))})")
        comma = "," if at < len(fields(model)) - 1 else ""
        lines.append(f"    {' '.join(words)}{comma} -- {one_line(field.column.description)}")
    return "\n".join([f"CREATE TABLE {sql_name(model.table.name)} ( -- {description(model)}", *lines, ")"])


def _write_duckdb(models: Sequence[type[Row]], folder: Path) -> None:
    import duckdb

    try:
        with duckdb.connect(str(folder / f"{NAME}.duckdb")) as connection:
            for model in models:
                name, file = model.table.name, sql_text(str(loading.path(model.table.name)))  # type: ignore[arg-type]
                columns = [
                    f"{sql_name(field.name)} {_DUCKDB_TYPES[field.type]}{'' if field.nullable else ' NOT NULL'}"
                    for field in fields(model)
                ]
                columns.append(f"PRIMARY KEY ({sql_name(primary_key(model))})")
                connection.execute(f"CREATE TABLE {sql_name(name)} ({', '.join(columns)})")
                connection.execute(f"INSERT INTO {sql_name(name)} SELECT * FROM read_parquet({file})")
                described = {field.name: field.column.description for field in fields(model)}
                loading.comment(connection, "TABLE", name, description(model), described)
    except duckdb.Error as error:
        raise OSError(f"DuckDB: {one_line(error)}") from error


def _write_xlsx(models: Sequence[type[Row]], folder: Path) -> None:
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    # In memory first: a zip file that cannot be finished on disk would complain once more when it is thrown away.
    content = io.BytesIO()
    try:
        for model in models:
            _write_sheet(workbook, model)
        workbook.save(content)
    except BaseException:
        # So would openpyxl's work files, of which each sheet has one. A first call may end in their rows, a second in the rest.
        for sheet in [*workbook, *workbook]:
            with suppress(Exception):
                sheet.close()
        raise
    (folder / f"{NAME}.xlsx").write_bytes(content.getvalue())


def _write_sheet(workbook: Workbook, model: type[Row]) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    rows, names = _load(model).to_pylist(), [field.name for field in fields(model)]
    sheet = workbook.create_sheet(model.table.name)
    sheet.freeze_panes = "A2"
    for at, name in enumerate(names, start=1):
        longest = max(len(str(text)) for text in [name, *(row[name] for row in rows)])
        sheet.column_dimensions[get_column_letter(at)].width = min(longest, 60) + 2
    header = [WriteOnlyCell(sheet, name) for name in names]
    for cell in header:
        cell.font = Font(bold=True)
    sheet.append(header)
    for row in rows:
        cells = dict(row)
        for name, value in row.items():
            if isinstance(value, str):
                cell = WriteOnlyCell(sheet, _xlsx_text(value, f"{model.table.name} / {row[names[0]]} / {name}"))
                # openpyxl guesses: without this, a text such as "=1+1" is a formula and "#N/A" an error.
                cell.data_type = "s"
                # So that it stays a text when somebody edits the cell.
                cell.quotePrefix = value.startswith(FORMULA_STARTS)
                cells[name] = cell
        sheet.append(list(cells.values()))


def _xlsx_text(text: str, where: str) -> str:
    escaped = _XLSX_ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    if len(escaped.encode("utf-16-le")) // 2 > _XLSX_CELL_LIMIT:
        raise ValueError(f"{where}: the text is too long for an xlsx cell, which holds {_XLSX_CELL_LIMIT} characters")
    return escaped


def _load(model: type[Row]) -> pyarrow.Table:
    return loading.load(model.table.name)  # type: ignore[call-overload]


class _Writer(NamedTuple):
    """How a format is written.

    Attributes:
        write: writes the tables into an empty folder.
        single: whether all tables go into one file.
        library: the library that it needs; the extra that brings it is called like the format.
        side_files: files that must not be there, since a reader would take them for part of the new file.
    """

    write: Callable[[Sequence[type[Row]], Path], None]
    single: bool = False
    library: str = ""
    side_files: tuple[str, ...] = ()


_SQLITE_FILES = tuple(f"{NAME}.sqlite-{what}" for what in ("journal", "wal", "shm"))
_WRITERS = {
    "csv": _Writer(partial(_copy, "csv")),
    "parquet": _Writer(partial(_copy, "parquet")),
    "sqlite": _Writer(_write_sqlite, single=True, side_files=_SQLITE_FILES),
    "duckdb": _Writer(_write_duckdb, single=True, library="duckdb", side_files=(f"{NAME}.duckdb.wal",)),
    "xlsx": _Writer(_write_xlsx, single=True, library="openpyxl"),
    "jsonl": _Writer(_write_jsonl),
}
FORMATS = tuple(_WRITERS)
