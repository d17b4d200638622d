"""Finding, loading and verifying the published tables, each in the library of one's choice."""

from __future__ import annotations

# Importing the package is to cost a few milliseconds: typing is for type checkers only, and data-frame libraries, pathlib
# and json are imported where they are used. So no library has to be installed that is not asked for, either.
import os
from collections import namedtuple

from .core.messages import unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import ModuleType
    from typing import Any, Literal, NamedTuple, overload

    import duckdb
    import pandas
    import polars
    import pyarrow

    from ._names import TableName
    from .core.table import Row
    from .core.verify import Report

    class TableInfo(NamedTuple):
        """A table's name, its number of rows, and what it holds."""

        name: str
        rows: int
        description: str

else:
    TableInfo = namedtuple("TableInfo", ["name", "rows", "description"])
    TableInfo.__doc__ = "A table's name, its number of rows, and what it holds."

    def overload(function):
        return function


BACKENDS = ("arrow", "pandas", "polars", "duckdb")
FORMATS = ("csv", "parquet")

_HERE = os.path.dirname(os.path.abspath(__file__))


@overload
def load(name: TableName, backend: Literal["arrow"] = "arrow", *, version: str | None = None) -> pyarrow.Table: ...
@overload
def load(name: TableName, backend: Literal["pandas"], *, version: str | None = None) -> pandas.DataFrame: ...
@overload
def load(name: TableName, backend: Literal["polars"], *, version: str | None = None) -> polars.DataFrame: ...
@overload
def load(name: TableName, backend: Literal["duckdb"], *, version: str | None = None) -> duckdb.DuckDBPyRelation: ...
def load(name: str, backend: str = "arrow", *, version: str | None = None) -> Any:
    """Load a table.

    Args:
        name: the table's name, one of those that `tables()` lists.
        backend: "arrow", "pandas", "polars" or "duckdb".
        version: a released version, such as "1.0.0", which is downloaded unless it is the installed one or was downloaded
            before (see `download`); by default the installed data.

    Returns:
        All rows: as a `pyarrow.Table`, whose fields' metadata has the columns' descriptions; as a `pandas.DataFrame` of
        Arrow-backed columns, so that nulls stay nulls and codes stay text; as a `polars.DataFrame`; or as a DuckDB relation.

    Raises:
        ValueError: there is no such table or backend; the message lists those there are. Or the version's package is not as
            it describes itself.
        ImportError: the backend's library is not installed; the message says how to install it.
        OSError: the version cannot be downloaded; the message says why.
    """
    folder = _folder(version)
    file = _file(folder, name, "parquet")
    if folder != data_folder():
        _described(folder, [name])
    if backend == "arrow":
        return _arrow(file)
    if backend == "pandas":
        pandas = library("pandas")
        return _arrow(file).to_pandas(types_mapper=pandas.ArrowDtype)
    if backend == "polars":
        return library("polars").read_parquet(file)
    if backend == "duckdb":
        return _shared_connection(folder).table(name)
    raise unknown("backend", backend, BACKENDS)


def connect(*, version: str | None = None) -> duckdb.DuckDBPyConnection:
    """A new in-memory DuckDB connection with every table as a view, described by comments on views and columns.

    Args:
        version: a released version, as for `load`; by default the installed data.

    Raises:
        ValueError: the version's package is not as it describes itself.
        ImportError: duckdb is not installed; the message says how to install it.
        OSError: the version cannot be downloaded; the message says why.
    """
    return _connection(_folder(version))


def _connection(folder: str) -> duckdb.DuckDBPyConnection:
    from .core.messages import sql_name, sql_text

    connection: duckdb.DuckDBPyConnection = library("duckdb").connect()
    for resource in _table_resources(folder) if folder == data_folder() else _described(folder):
        name = resource["name"]
        file = sql_text(_file(folder, name, "parquet"))
        connection.execute(f"CREATE VIEW {sql_name(name)} AS SELECT * FROM read_parquet({file})")
        described = {field["name"]: field.get("description") for field in resource["schema"]["fields"]}
        comment(connection, "VIEW", name, resource.get("description"), described)
    return connection


def comment(
    connection: duckdb.DuckDBPyConnection, kind: str, name: str, text: object, columns: Mapping[str, object]
) -> None:
    """Describe a table or view, and its columns, by comments."""
    from .core.messages import sql_name, sql_text

    connection.execute(f"COMMENT ON {kind} {sql_name(name)} IS {sql_text(str(text))}")
    for column, said in columns.items():
        connection.execute(f"COMMENT ON COLUMN {sql_name(name)}.{sql_name(column)} IS {sql_text(str(said))}")


_connections: dict[tuple[int, str], duckdb.DuckDBPyConnection] = {}


def _shared_connection(folder: str) -> duckdb.DuckDBPyConnection:
    """The connection to which all relations on a folder's tables belong, so that they can be joined.

    It is kept, since a relation does not outlive its connection in every version of DuckDB; and for each process, since no
    connection outlives a fork.
    """
    key = os.getpid(), folder
    if key not in _connections:
        _connections[key] = _connection(folder)
    return _connections[key]


def _described(folder: str, names: list[str] | None = None) -> list[dict[str, Any]]:
    """What a downloaded package says of its tables, once it is known that it says it of the files that it has."""
    from pathlib import Path

    from .core.reading import open_package

    package = open_package(Path(folder))
    names = names or package.table_names()
    for name in names:
        package.check_schema(name)
    return [package.resource(name) | {"name": name} for name in names]


def records(name: TableName) -> list[Row]:
    """A table's rows as instances of its pydantic model (see `belarus_iran_pact.models`).

    Raises:
        ValueError: there is no such table; the message lists those there are.
    """
    rows = load(name).to_pylist()
    from .models import TABLES

    return [TABLES[name].model_validate(row) for row in rows]


def tables() -> tuple[TableInfo, ...]:
    """The tables there are, in published order: name, number of rows, description."""
    said = "name", "rowCount", "description"
    return tuple(TableInfo(*(item[key] for key in said)) for item in _table_resources(data_folder()))


def text(source_id: str | None = None) -> str:
    """The text of a source, rebuilt from its passages: all spans count its characters, from 0, the end excluded.

    Args:
        source_id: the source's id; it may be left out where there is a single source.

    Returns:
        The decoded text of the file: encoded as UTF-8, it has the SHA-256 that `sources` gives.

    Raises:
        ValueError: there is no such source, or there are several and none is named; the message lists them. Or the passages
            do not give the text as it was received.
    """
    import contextlib
    import hashlib

    from .core.laws import rebuilt_text
    from .core.messages import UsageError

    sources = {row["source_id"]: row for row in load("sources").to_pylist()}
    if source_id is None and len(sources) == 1:
        (source_id,) = sources
    if source_id is None:
        raise UsageError(f"which source is meant? Name one of: {', '.join(sources)}")
    if source_id not in sources:
        raise unknown("source", source_id, sources)
    passages = [row for row in load("passages").to_pylist() if row["source_id"] == source_id]
    spans = sorted((row["start_char"], row["line"], row["text"]) for row in passages)
    found = None
    with contextlib.suppress(ValueError):
        found = rebuilt_text(spans, sources[source_id]["character_count"])
    if found is None or hashlib.sha256(found.encode()).hexdigest() != sources[source_id]["sha256"]:
        raise ValueError(f"the passages of {source_id} do not give its text as it was received")
    return found


def path(name: TableName, format: Literal["csv", "parquet"] = "parquet") -> Path:
    """The file of a table.

    Args:
        name: the table's name.
        format: "csv" or "parquet".

    Raises:
        ValueError: there is no such table or format; the message lists those there are.
    """
    from pathlib import Path

    return Path(_file(data_folder(), name, format))


def verify(path: str | os.PathLike[str] | None = None, *, source: str | os.PathLike[str] | None = None) -> Report:
    """Judge a published package: its files are whole, CSV and Parquet hold the same, the laws hold, and it is as it was published.

    The last is known where the package is pinned: by the wheel that installed it, or that is of its version; for an archive by
    the SHA256SUMS or `releases.json` of its folder; or by the release in `source`.

    Args:
        path: the package's folder, its `datapackage.json`, or an archive; by default the installed data.
        source: the web address or local folder that holds `releases.json`; the package is compared with its release there.

    Returns:
        A report, true where there are no faults; printed, it lists each as `file:line: what; why; what to do`, and says what
        the package is pinned by, or that it is unpinned.

    Raises:
        FileNotFoundError: there is no such folder or archive.
        ImportError, ValueError, DownloadError: the release to compare with cannot be had, as for `download`.
    """
    from pathlib import Path

    from . import __version__
    from .core.verify import verify_package
    from .models import DATASET

    released = None
    if source is not None:
        from .downloading import released_by

        released = released_by(source)
    return verify_package(Path(data_folder() if path is None else path), DATASET, __version__, released)


def data_folder() -> str:
    """The published data: inside an installed package, or the repository's `dataset/` of an editable install."""
    installed = os.path.join(_HERE, "_data")
    if os.path.isdir(installed):
        return installed
    return os.path.join(os.path.dirname(os.path.dirname(_HERE)), "dataset")


def descriptor(folder: str | None = None) -> dict[str, Any]:
    """The data package's descriptor, `datapackage.json`, of the installed data or of those in a folder.

    Raises:
        FileNotFoundError: the data are not there, which can be in a checkout before its first build.
    """
    import json

    file = os.path.join(folder or data_folder(), "datapackage.json")
    try:
        with open(file, encoding="utf-8") as stream:
            content: dict[str, Any] = json.load(stream)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"the published data are not at {file}; in a checkout, build them with: python scripts/build.py"
        ) from None
    return content


def _arrow(file: str) -> pyarrow.Table:
    # `pyarrow.parquet.read_table` would import pyarrow.dataset, and with it pandas where that is installed.
    from pyarrow.parquet import ParquetFile

    with ParquetFile(file) as parquet:
        return parquet.read(use_threads=False)


def library(name: str, extra: str = "") -> ModuleType:
    """A library that an extra brings, by default the one of its name.

    Raises:
        ImportError: it is not installed; the message says how to install it.
    """
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{name} is not installed; install it with: pip install 'belarus-iran-pact[{extra or name}]'", name=name
        ) from error


def _folder(version: str | None) -> str:
    from . import __version__

    if version is None or version == __version__:
        return data_folder()
    from .downloading import downloaded

    return str(downloaded(version))


def _table_resources(folder: str) -> list[dict[str, Any]]:
    return [resource for resource in descriptor(folder)["resources"] if resource.get("type") == "table"]


def _file(folder: str, name: str, format: str) -> str:
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    file = os.path.join(folder, format, f"{name}.{format}")
    # Names are joined to a path only if they are plain, so that none reaches outside the data folder; and in lower case,
    # so that a file system that folds case accepts no other.
    if not (isinstance(name, str) and name.isidentifier() and name.islower() and os.path.isfile(file)):
        raise unknown("table", name, [resource["name"] for resource in _table_resources(folder)])
    return file
