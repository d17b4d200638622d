"""The command line `belarus-iran-pact`: the package's tables and their explanations, for a terminal and for pipes.

Exit codes: 0 done, 1 refused or failed (one line on standard error says why), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

# `--help` and `version` are to answer at once: what reads data is imported by the subcommands that need it.
import argparse
import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence

from . import __version__, loading
from .release_commands import add_commands

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import pyarrow

PROGRAM = "belarus-iran-pact"
SHOW_FORMATS = ("table", "csv", "json")

_ELLIPSIS = "…"
_NULL = "-"
_GAP = "  "
# Narrower than this, a column cut off says nothing.
_NARROWEST = 8

_BOLD, _MARKED, _PLAIN = "\x1b[1m", "\x1b[1;33m", "\x1b[0m"
# Characters by which a text could move the cursor, change colours or reverse what is read.
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: the words after the program's name; by default those the process was started with.

    Returns:
        The exit code.
    """
    _speak_utf8()
    try:
        code = _run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader has had enough, as `head` has: no fault.
        _finish_output()
        return 0
    except KeyboardInterrupt:
        _finish_output()
        return 130
    except (ValueError, ImportError, OSError) as error:
        _finish_output()
        if sys.stderr is not None:
            print(f"{PROGRAM}: error: {_message(error)}", file=sys.stderr)
        return 1
    return code


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as stop:
        # How argparse ends, after a usage error or a help text.
        return stop.code if isinstance(stop.code, int) else 0
    code = options.run(options)
    return code if isinstance(code, int) else 0


def _message(error: Exception) -> str:
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(text.split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="The Belarus-Iran 2026 military cooperation plan, as one news article reports it: its tables, "
        "and the words that each cell rests on.",
        epilog=f"example:\n  {PROGRAM} explain events event-minsk-meeting place_name",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=__version__, help="print the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(
        name: str, run: Callable[[argparse.Namespace], None], summary: str, example: str
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=f"example:\n  {PROGRAM} {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        added.set_defaults(run=run)
        return added

    command("tables", _tables, "list the tables", "tables")

    show = command("show", _show, "print rows of a table", "show actors --where kind=state --columns name,cow_code")
    show.add_argument("table", metavar="TABLE")
    show.add_argument(
        "--where",
        metavar="COLUMN=VALUE",
        action="append",
        default=[],
        type=_condition,
        help="only rows with that value; `COLUMN=` for those where it is empty; of several, all must hold",
    )
    show.add_argument("--columns", metavar="A,B", type=_names, help="only these columns, in this order")
    show.add_argument("--limit", metavar="N", type=_count, help="at most so many rows")
    show.add_argument(
        "--format",
        default="table",
        metavar="|".join(SHOW_FORMATS),
        help="default: table, which on a terminal is cut to its width, and in a pipe is whole",
    )

    codebook = command("codebook", _codebook, "say what a table's columns mean", "codebook events")
    codebook.add_argument("table", metavar="TABLE", nargs="?", help="without it, the tables are listed")

    command("laws", _laws, "list the laws that the tables keep", "laws")

    explain = command(
        "explain",
        _explain,
        "say why a cell has its value or is empty, in the article's words",
        "explain events event-minsk-meeting place_name",
    )
    explain.add_argument("table", metavar="TABLE")
    explain.add_argument("row", metavar="ROW", help="the row's primary key")
    explain.add_argument("column", metavar="COLUMN", nargs="?", help="without it, the whole row is explained")

    export = command(
        "export",
        _export,
        "write tables to a folder: all of them, or on a failure none",
        "export out --format sqlite",
    )
    export.add_argument("folder", metavar="DIR", help="where to; it is made if it is not there")
    export.add_argument(
        "--format",
        default="csv",
        metavar="csv|parquet|sqlite|duckdb|xlsx|jsonl",
        help="default: csv. csv, parquet and jsonl are one file for each table, the others one file for all",
    )
    export.add_argument("--tables", metavar="A,B", type=_names, help="only these tables")
    export.add_argument("--overwrite", action="store_true", help="replace files that are there")
    export.add_argument(
        "--formula-safe",
        action="store_true",
        help="for csv: put an apostrophe before each text that begins with =, +, -, @, a tab or a carriage return, which a "
        "spreadsheet would take for a formula; the files then differ from the published ones (xlsx is always safe)",
    )

    sentence = command("sentence", _sentence, "print a sentence with every row that rests on it", "sentence 4")
    sentence.add_argument("passage", metavar="N", help="its number, or its passage_id where there are several sources")

    path = command("path", _path, "print where the data are", "path events --format csv")
    path.add_argument("table", metavar="TABLE", nargs="?", help="without it, the folder")
    path.add_argument("--format", metavar="csv|parquet", help="default for a table: parquet")

    command("version", _version, "print the version", "version")
    add_commands(commands)
    return parser


def _condition(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not (column and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form COLUMN=VALUE")
    return column, value


def _names(text: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in text.split(",")))


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rows")
    return int(text)


# --- The subcommands ---


def _tables(options: argparse.Namespace) -> None:
    rows = [[table.name, str(table.rows), table.description] for table in loading.tables()]
    _print_grid(["table", "rows", "description"], rows, {1})


def _show(options: argparse.Namespace) -> None:
    if options.format not in SHOW_FORMATS:
        raise ValueError(_unknown("format", options.format, SHOW_FORMATS))
    table = _select(loading.load(options.table), options.where, options.columns, options.limit)
    if options.format == "csv":
        # Written as the published files are.
        from pyarrow.csv import write_csv

        buffer = io.BytesIO()
        write_csv(table, buffer)
        _print(buffer.getvalue().decode(), end="")
    elif options.format == "json":
        import json
        from datetime import date

        _print(json.dumps(table.to_pylist(), ensure_ascii=False, indent=2, default=date.isoformat))
    else:
        numbers = {at for at, field in enumerate(table.schema) if str(field.type) == "int64"}
        rows = [[_cell_text(value) for value in row.values()] for row in table.to_pylist()]
        _print_grid(table.column_names, rows, numbers)


def _codebook(options: argparse.Namespace) -> None:
    if options.table is None:
        _tables(options)
        return
    # Raises, with the tables that there are, before anything large is imported.
    loading.path(options.table)
    from .core.codebook import table_codebook
    from .models import TABLES

    _print_text("\n".join([f"# {options.table}", "", *table_codebook(TABLES[options.table])]))


def _laws(options: argparse.Namespace) -> None:
    from .core.laws import LAWS

    _print_text("\n".join(f"{law.number:<2}  {law.name}: {law.sentence}" for law in LAWS))


def _explain(options: argparse.Namespace) -> None:
    loading.path(options.table)
    from .explaining import explain

    _print_text(str(explain(options.table, options.row, options.column)))


def _sentence(options: argparse.Namespace) -> None:
    from .explaining import sentence

    _print_text(str(sentence(int(options.passage) if options.passage.isdecimal() else options.passage)))


def _export(options: argparse.Namespace) -> None:
    from .exporting import export

    try:
        files = export(
            options.folder,
            options.format,
            overwrite=options.overwrite,
            formula_safe=options.formula_safe,
            tables=options.tables,
        )
    except OSError as error:
        if error.strerror is None:
            raise
        # The system's errors name files of the unfinished export, which mean nothing to the user.
        raise OSError(f"cannot export to {options.folder}: {error.strerror}") from error
    for file in files:
        _print(str(file))


def _path(options: argparse.Namespace) -> None:
    if options.table is not None:
        _print(str(loading.path(options.table, options.format or "parquet")))
        return
    if options.format is not None and options.format not in loading.FORMATS:
        raise ValueError(_unknown("format", options.format, loading.FORMATS))
    # Raises, with the way to build them, where the data are not there.
    loading.descriptor()
    folder = loading.data_folder()
    _print(folder if options.format is None else os.path.join(folder, options.format))


def _version(options: argparse.Namespace) -> None:
    _print(__version__)


# --- Rows ---


def _select(
    table: pyarrow.Table, conditions: Iterable[tuple[str, str]], columns: list[str] | None, limit: int | None
) -> pyarrow.Table:
    wanted = [(name, _value(table, name, text)) for name, text in conditions]
    if wanted:
        import pyarrow

        rows = table.select(list(dict(wanted))).to_pylist()
        keep = [all(row[name] == value for name, value in wanted) for row in rows]
        table = table.filter(pyarrow.array(keep, pyarrow.bool_()))
    if columns is not None:
        for name in columns:
            _check_column(table, name)
        table = table.select(columns)
    return table if limit is None else table.slice(0, limit)


def _value(table: pyarrow.Table, name: str, text: str) -> object:
    """The value that a condition asks for, of the column's type; None if it asks for empty cells."""
    from datetime import date

    _check_column(table, name)
    if not text:
        return None
    readers: dict[str, tuple[Callable[[str], object], str]] = {
        "bool": ({"true": True, "false": False}.__getitem__, "true or false"),
        "int64": (int, "a whole number"),
        "date32[day]": (date.fromisoformat, "a day such as 2025-08-31"),
    }
    read, what = readers.get(str(table.schema.field(name).type), (str, ""))
    try:
        return read(text)
    except (KeyError, ValueError):
        raise ValueError(f"a value of {name} is {what}, not {text!r}") from None


def _check_column(table: pyarrow.Table, name: str) -> None:
    if name not in table.column_names:
        raise ValueError(_unknown("column", name, table.column_names))


def _cell_text(value: Any) -> str:
    if value is None:
        return _NULL
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unknown(noun: str, word: str, known: Sequence[str]) -> str:
    import difflib

    close = difflib.get_close_matches(word, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"no {noun} {word!r}.{hint} The {noun}s are: {', '.join(known)}"


# --- Output ---


def _print_grid(header: list[str], rows: list[list[str]], numbers: set[int]) -> None:
    """Print rows as columns of text: on a terminal no wider than it, elsewhere whole."""
    terminal = _is_terminal()
    grid = [[_visible(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(_width, column)) for column in zip(*grid, strict=True)]
    hidden: list[str] = []
    if terminal:
        import shutil

        widths = _fitted(widths, shutil.get_terminal_size().columns)
        hidden = header[len(widths) :]
    for at, row in enumerate(grid):
        cells = [
            _padded(cell, width, right=column in numbers)
            for column, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        line = _GAP.join(cells).rstrip()
        _print(f"{_BOLD}{line}{_PLAIN}" if at == 0 and _is_colourful() else line)
    if hidden and sys.stderr is not None:
        sys.stdout.flush()
        print(f"{_ELLIPSIS} not shown: {', '.join(hidden)} (--columns chooses)", file=sys.stderr)


def _fitted(widths: list[int], room: int) -> list[int]:
    """The widths of as many columns as fit, the widest made narrower first."""
    # The first column is the key: cut short, it names no row. It gives way last.
    first, rest = min(widths[0], room // 2), widths[1:]
    room -= first

    def needed(cap: int) -> int:
        return sum(min(width, cap) + len(_GAP) for width in rest)

    while rest and needed(_NARROWEST) > room:
        rest = rest[:-1]
    cap = max(rest, default=0)
    while needed(cap) > room:
        cap -= 1
    return [max(first, 1), *(min(width, cap) for width in rest)]


def _padded(text: str, width: int, *, right: bool) -> str:
    if _width(text) > width:
        while text and _width(text) > width - 1:
            text = text[:-1]
        text += _ELLIPSIS
    spaces = " " * (width - _width(text))
    return spaces + text if right else text + spaces


def _width(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(
        0 if category(character) in ("Mn", "Me", "Cf") else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    )


def _print_text(text: str) -> None:
    """Print an explanation; on a terminal, with the words marked in colour."""
    if _is_terminal():
        text = _CONTROLS.sub(_escape, text)
    if _is_colourful():
        # The marks stay: they tell the words where colours are not seen, and in what is copied.
        text = re.sub("«.*?»", lambda found: f"{_MARKED}{found[0]}{_PLAIN}", text, flags=re.DOTALL)
    _print(text)


def _visible(text: str) -> str:
    """A text on one line, without characters that act on a terminal."""
    return _CONTROLS.sub(_escape, text).replace("\n", r"\n")


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _print(text: str, end: str = "\n") -> None:
    if sys.stdout is None:
        raise OSError("standard output is closed")
    sys.stdout.write(text + end)


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _is_colourful() -> bool:
    return _is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") not in ("", "dumb")


def _speak_utf8() -> None:
    """Make output UTF-8 in any locale, with the same line ends on any system."""
    # Paths that are not UTF-8 go out as they came in; in messages they are spelled out.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")


def _finish_output() -> None:
    """Write out what can be; what cannot is dropped, since Python would try again at exit and complain."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
