"""Finding and loading the published tables."""

from __future__ import annotations

# `pathlib` and `typing` are not imported at run time where they can be spared: importing the package costs only milliseconds.
import os
from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any, Literal, NamedTuple

    import pyarrow

    class TableInfo(NamedTuple):
        """A table's name, its number of rows, and what it holds."""

        name: str
        rows: int
        description: str

else:
    TableInfo = namedtuple("TableInfo", ["name", "rows", "description"])
    TableInfo.__doc__ = "A table's name, its number of rows, and what it holds."

_HERE = os.path.dirname(os.path.abspath(__file__))


def load(name: str) -> pyarrow.Table:
    """Load a table.

    Args:
        name: the table's name, one of those that `tables()` lists.

    Returns:
        All rows as a `pyarrow.Table`; columns have their descriptions in their fields' metadata.

    Raises:
        ValueError: there is no such table; the message lists those there are.
    """
    file = _file(name, "parquet")
    # `pyarrow.parquet.read_table` would import pyarrow.dataset, and with it pandas where that is installed.
    from pyarrow.parquet import ParquetFile

    with ParquetFile(file) as parquet:
        return parquet.read(use_threads=False)


def tables() -> tuple[TableInfo, ...]:
    """The tables there are, in published order: name, number of rows, description."""
    return tuple(
        TableInfo(resource["name"], resource["rowCount"], resource["description"])
        for resource in _descriptor()["resources"]
        if resource.get("type") == "table"
    )


def path(name: str, format: Literal["csv", "parquet"] = "parquet") -> Path:
    """The file of a table.

    Args:
        name: the table's name.
        format: "csv" or "parquet".

    Raises:
        ValueError: there is no such table or format; the message lists those there are.
    """
    from pathlib import Path

    return Path(_file(name, format))


def _data_folder() -> str:
    """The published data: inside an installed package, or the repository's `dataset/` of an editable install."""
    installed = os.path.join(_HERE, "_data")
    if os.path.isdir(installed):
        return installed
    return os.path.join(os.path.dirname(os.path.dirname(_HERE)), "dataset")


def _file(name: str, format: str) -> str:
    if format not in ("csv", "parquet"):
        raise ValueError(f"no format {format!r}; the formats are: csv, parquet")
    file = os.path.join(_data_folder(), format, f"{name}.{format}")
    # Names are joined to a path only if they are plain, so that none reaches outside the data folder; and in lower case,
    # so that a file system that folds case accepts no other.
    if not (isinstance(name, str) and name.isidentifier() and name.islower() and os.path.isfile(file)):
        raise ValueError(_unknown_table(name))
    return file


def _unknown_table(name: object) -> str:
    import difflib

    known = [table.name for table in tables()]
    close = difflib.get_close_matches(str(name), known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"no table {name!r}.{hint} The tables are: {', '.join(known)}"


def _descriptor() -> dict[str, Any]:
    import json

    file = os.path.join(_data_folder(), "datapackage.json")
    try:
        with open(file, encoding="utf-8") as stream:
            descriptor: dict[str, Any] = json.load(stream)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"the published data are not at {file}; in a checkout, build them with: python scripts/build.py"
        ) from None
    return descriptor
