"""The command line `belarus-iran-pact`: the package's tables and explanations, in a terminal or a pipe.

Exit codes, the same for every command: 0 done; 1 refused or failed (faults were found, a file cannot be read or written, a
library is missing); 2 wrong usage (an unknown command, option, table, column, row, format or version, or a value of the wrong
form); 130 interrupted. With 1 and 2, one line on standard error says why; faults that `verify` finds are its output.

A command is a function under `@command`: its name is the command's, its docstring the help.
"""

from __future__ import annotations

# `--help` and `version` must answer at once, so each command imports what it needs to read data.
import argparse
import io
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import date
from unicodedata import category, east_asian_width

from . import __version__, loading
from .core import NAME
from .core.messages import UsageError, one_line, unknown, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    import pyarrow

    Run = Callable[[argparse.Namespace], int | None]
    Argument = tuple[tuple[str, ...], dict[str, Any]]

EXIT_CODES = "exit codes: 0 done, 1 refused or failed, 2 wrong usage, 130 interrupted"
SHOW_FORMATS = ("table", "csv", "json")

_ELLIPSIS = "…"
_NULL = "-"
_GAP = "  "
# A column cut narrower than this says nothing.
_NARROWEST = 8

_BOLD, _MARKED, _PLAIN = "\x1b[1m", "\x1b[1;33m", "\x1b[0m"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: the words after the program's name; by default those the process was started with.

    Returns:
        The exit code.
    """
    _speak_utf8()
    try:
        if sys.stdout is None:
            raise OSError("standard output is closed")
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        code = 0  # The reader stopped reading, as `head` does; that is not a fault.
    except KeyboardInterrupt:
        code = 130
    except (ValueError, ImportError, OSError) as error:
        _complain(f"{NAME}: error: {_message(error)}")
        code = 2 if isinstance(error, UsageError) else 1
    _finish_output()
    return code


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = _parser().parse_args(arguments)
    except SystemExit:
        return 0  # How argparse ends after `--help` and `--version`.
    run: Run = options.run
    return run(options) or 0


def _message(error: Exception) -> str:
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return visible(one_line(text))


# --- Commands ---


COMMANDS: dict[str, tuple[Run, str, tuple[Argument, ...]]] = {}
"""Each command's function, example and arguments, by its name."""


def argument(*names: str, **details: Any) -> Argument:
    """An argument of a command, specified as for argparse's `add_argument`."""
    return names, details


def command(example: str, *arguments: Argument) -> Callable[[Run], Run]:
    """Make a function a command; its return value is the exit code, None meaning 0.

    Args:
        example: words that can be typed after the program's name; the help shows them.
        arguments: the command's arguments, in order.
    """

    def register(run: Run) -> Run:
        COMMANDS[run.__name__] = (run, example, arguments)
        return run

    return register


class _Parser(argparse.ArgumentParser):
    def __init__(self, *, description: str, example: str = "", **details: Any) -> None:
        epilog = f"example:\n  {NAME} {example}\n\n{EXIT_CODES}"
        layout = argparse.RawDescriptionHelpFormatter
        super().__init__(description=description, epilog=epilog, formatter_class=layout, allow_abbrev=False, **details)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see: {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=NAME,
        description="The Belarus-Iran 2026 military cooperation plan, as one news article reports it: its tables, "
        "and the words that each cell rests on.",
        example="explain events event-minsk-meeting place_id",
    )
    parser.add_argument("--version", action="version", version=__version__, help="print the version and exit")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (run, example, arguments) in COMMANDS.items():
        lines = [line.strip() for line in (run.__doc__ or "").splitlines() or [""]]
        summary = lines[0][:1].lower() + lines[0][1:].rstrip(".")
        added = subparsers.add_parser(name, help=summary, description="\n".join(lines).strip(), example=example)
        for names, details in arguments:
            added.add_argument(*names, **details)
        added.set_defaults(run=run)
    return parser


def _condition(text: str) -> tuple[str, str, str]:
    found = re.fullmatch("([^=~]+)([=~])(.*)", text, re.DOTALL)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form COLUMN=VALUE or COLUMN~TEXT")
    return found[1], found[2], found[3]


def _names(text: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in text.split(",")))


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rows")
    return int(text)


@command("tables")
def tables(options: argparse.Namespace) -> None:
    """List the tables."""
    rows = [[table.name, str(table.rows), table.description] for table in loading.tables()]
    _print_grid(["table", "rows", "description"], rows, {1})


@command(
    "show actors --where kind=state --columns name,cow_code",
    argument("table", metavar="TABLE"),
    argument(
        "--where",
        metavar="COLUMN=VALUE",
        action="append",
        default=[],
        type=_condition,
        help="only rows with that value; `COLUMN=` for rows where it is empty, `COLUMN~TEXT` for rows whose text contains "
        "TEXT, in small or capital letters; if given several times, all must hold",
    ),
    argument("--columns", metavar="A,B", type=_names, help="only these columns, in this order"),
    argument("--limit", metavar="N", type=_count, help="at most this many rows"),
    argument(
        "--format",
        default="table",
        metavar="|".join(SHOW_FORMATS),
        help="default: table, which is cut to fit a terminal but not in a pipe",
    ),
)
def show(options: argparse.Namespace) -> None:
    """Print the rows of a table."""
    if options.format not in SHOW_FORMATS:
        raise unknown("format", options.format, SHOW_FORMATS)
    table = _select(loading.load(options.table), options.where, options.columns, options.limit)
    if options.format == "csv":
        # Written as the published files are.
        from pyarrow.csv import write_csv

        buffer = io.BytesIO()
        write_csv(table, buffer)
        print(buffer.getvalue().decode(), end="")
    elif options.format == "json":
        import json

        print(json.dumps(table.to_pylist(), ensure_ascii=False, indent=2, default=date.isoformat))
    else:
        numbers = {at for at, field in enumerate(table.schema) if str(field.type) in ("int64", "double")}
        rows = [[_cell_text(value) for value in row.values()] for row in table.to_pylist()]
        _print_grid(table.column_names, rows, numbers)


@command("codebook events", argument("table", metavar="TABLE", nargs="?", help="without it, the tables are listed"))
def codebook(options: argparse.Namespace) -> None:
    """Explain what a table's columns mean."""
    if options.table is None:
        tables(options)
        return
    # Raises an error that lists the tables, before anything large is imported.
    loading.path(options.table)
    from .core.codebook import table_codebook
    from .models import TABLES

    _print_text("\n".join([f"# {options.table}", "", *table_codebook(TABLES[options.table])]))


@command("laws")
def laws(options: argparse.Namespace) -> None:
    """List the laws that the tables obey."""
    from .core.laws import laws_of
    from .models import DATASET

    _print_text("\n".join(f"{law.number:<3}  {law.name}: {law.sentence}" for law in laws_of(DATASET)))


@command(
    "explain events event-minsk-meeting place_id",
    argument("table", metavar="TABLE"),
    argument("row", metavar="ROW", help="the row's primary key"),
    argument("column", metavar="COLUMN", nargs="?", help="without it, the whole row is explained"),
)
def explain(options: argparse.Namespace) -> None:
    """Explain why a cell has its value or is empty, in the article's words.

    A cell that is computed leads to the cells that it is computed from, and their words.
    """
    loading.path(options.table)
    from .explaining import explain

    _print_text(str(explain(options.table, options.row, options.column)))


@command(
    "export out --format sqlite",
    argument("folder", metavar="DIR", help="the folder to write to, created if it does not exist"),
    argument(
        "--format",
        default="csv",
        metavar="csv|parquet|sqlite|duckdb|xlsx|jsonl",
        help="default: csv. csv, parquet and jsonl are one file for each table, the others one file for all tables",
    ),
    argument("--tables", metavar="A,B", type=_names, help="only these tables"),
    argument("--overwrite", action="store_true", help="replace existing files"),
    argument(
        "--formula-safe",
        action="store_true",
        help="for csv: put an apostrophe before each text that begins with =, +, -, @, a tab or a carriage return, which a "
        "spreadsheet would treat as a formula; the files then differ from the published ones (xlsx is always safe)",
    ),
)
def export(options: argparse.Namespace) -> None:
    """Write tables to a folder: all of them, or none if anything fails."""
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
        print(file)


@command(
    "sentence 4",
    argument("passage", metavar="N", help="the sentence's number, or its passage_id if there are several sources"),
)
def sentence(options: argparse.Namespace) -> None:
    """Print a sentence and every row that rests on it."""
    from .explaining import sentence

    _print_text(str(sentence(int(options.passage) if options.passage.isdecimal() else options.passage)))


@command(
    "text",
    argument("source", metavar="SOURCE", nargs="?", help="its source_id, if there are several sources"),
)
def text(options: argparse.Namespace) -> None:
    """Print the text of a source, as it was received.

    Spans count its characters from 0. In a pipe it is byte for byte the file whose SHA-256 `sources` gives.
    """
    whole = loading.text(options.source)
    print(visible(whole) if _is_terminal() else whole, end="")


@command(
    "path events --format csv",
    argument("table", metavar="TABLE", nargs="?", help="without it, the folder"),
    argument("--format", metavar="csv|parquet", help="default for a table: parquet"),
)
def path(options: argparse.Namespace) -> None:
    """Print where the data are stored."""
    if options.table is not None:
        print(str(loading.path(options.table, options.format or "parquet")))
        return
    if options.format is not None and options.format not in loading.FORMATS:
        raise unknown("format", options.format, loading.FORMATS)
    # Raises an error that says how to build the data if they are missing.
    loading.descriptor()
    folder = loading.data_folder()
    print(folder if options.format is None else os.path.join(folder, options.format))


@command("version")
def version(options: argparse.Namespace) -> None:
    """Print the version."""
    print(__version__)


@command(
    "verify",
    argument("path", nargs="?", metavar="PATH", help="the package's folder or archive (default: the installed data)"),
    argument(
        "--from",
        dest="source",
        metavar="URL",
        help="compare it with its release: the address or folder that holds releases.json",
    ),
)
def verify(options: argparse.Namespace) -> int:
    """Check that a package is intact and obeys the laws.

    Its files are checked: bytes and hashes, keys, vocabularies, spans, explanations, views. That they are as they were published
    is known where something outside of the package pins it: the installed wheel, SHA256SUMS or releases.json in an archive's
    folder, or a release that it is compared with. Otherwise the report says that it is unpinned.
    """
    from .loading import verify

    report = verify(options.path, source=options.source)
    _print_text(str(report))
    return 0 if report.ok else 1


@command(
    "download 1.0.0 --from http://127.0.0.1:8000/ --to package",
    argument("version", nargs="?", metavar="VERSION", help="such as 1.0.0 (default: the newest final release)"),
    argument("--format", default="all", metavar="all|csv|parquet", help="the whole package or one form (default: all)"),
    argument("--to", metavar="DIR", help="put the package into this new or empty folder (default: the cache)"),
    argument(
        "--from",
        dest="source",
        metavar="URL",
        help="address or folder that holds releases.json (default: the value of BELARUS_IRAN_PACT_RELEASES)",
    ),
    argument("--replace", action="store_true", help="if DIR already holds a package, replace it"),
)
def download(options: argparse.Namespace) -> None:
    """Download a release, check its hash, and unpack it.

    Prints the folder that holds datapackage.json.
    """
    from .downloading import download

    folder = download(
        options.version, format=options.format, to=options.to, source=options.source, replace=options.replace
    )
    print(folder)


# --- Rows ---


def _select(
    table: pyarrow.Table, conditions: list[tuple[str, str, str]], columns: list[str] | None, limit: int | None
) -> pyarrow.Table:
    for name in (*(name for name, *_ in conditions), *(columns or ())):
        if name not in table.column_names:
            raise unknown("column", name, table.column_names)
    for condition in conditions:
        found = _where(table, *condition)
        if table.num_rows and not found.num_rows:
            _complain(f"{NAME}: {_nothing_found(table, *condition)}")
        table = found
    return table.select(columns or table.column_names).slice(0, limit)


def _where(table: pyarrow.Table, name: str, relation: str, text: str) -> pyarrow.Table:
    from pyarrow import compute

    column = table[name]
    if relation == "~":
        if str(column.type) != "string":
            raise UsageError(f"{name} is no text, so nothing is contained in it; ask with {name}=VALUE")
        return table.filter(compute.match_substring(column, text, ignore_case=True))
    return table.filter(compute.equal(column, _value(name, column.type, text)) if text else column.is_null())


def _nothing_found(table: pyarrow.Table, name: str, relation: str, text: str) -> str:
    """That a condition holds for no row; of a text that none equals, how many contain it, if need be in another column."""
    if not text:
        return f"no row has an empty {name}"
    if relation == "~" or str(table[name].type) != "string":
        return visible(f"no row has {name}{relation}{text}")
    columns = [name, *(field.name for field in table.schema if str(field.type) == "string")]
    counts = {column: _where(table, column, "~", text).num_rows for column in columns}
    column = next((column for column in columns if counts[column]), name)
    rows = {0: "none contains it", 1: "1 row contains it: "}.get(counts[column], f"{counts[column]} rows contain it: ")
    hint = f"--where {shlex.quote(f'{column}~{text}')}" if counts[column] else ""
    return visible(f"no {name} equals {text!r}; {rows}{hint}")


def _value(name: str, kind: pyarrow.DataType, text: str) -> pyarrow.Scalar:
    """The value that a condition asks for, of the column's type."""
    import pyarrow

    read, what = _READERS.get(str(kind), (str, ""))
    try:
        return pyarrow.scalar(read(text), kind)
    except (KeyError, ValueError, OverflowError):
        raise UsageError(f"a value of {name} is {what}, not {text!r}") from None


_READERS: dict[str, tuple[Callable[[str], object], str]] = {
    "bool": ({"true": True, "false": False}.__getitem__, "true or false"),
    "int64": (int, "a whole number"),
    "double": (float, "a number"),
    "date32[day]": (date.fromisoformat, "a day such as 2025-08-31"),
}


def _cell_text(value: Any) -> str:
    if value is None:
        return _NULL
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- Output ---


def _print_grid(header: list[str], rows: list[list[str]], numbers: set[int]) -> None:
    """Print rows as columns of text: on a terminal no wider than it, elsewhere whole."""
    grid = [[visible(cell).replace("\n", r"\n") for cell in row] for row in (header, *rows)]
    widths = [max(map(_width, column)) for column in zip(*grid, strict=True)]
    if _is_terminal():
        import shutil

        widths = _fitted(widths, shutil.get_terminal_size().columns)
    for at, row in enumerate(grid):
        cells = (_padded(*cell, right=column in numbers) for column, cell in enumerate(zip(row, widths, strict=False)))
        line = _GAP.join(cells).rstrip()
        print(f"{_BOLD}{line}{_PLAIN}" if at == 0 and _is_colourful() else line)
    if hidden := header[len(widths) :]:
        sys.stdout.flush()
        _complain(f"{_ELLIPSIS} not shown: {', '.join(hidden)} (--columns chooses)")


def _fitted(widths: list[int], room: int) -> list[int]:
    """The widths of as many columns as fit, the widest made narrower first."""
    # The first column is the key: cut short, it names no row. It gives way last.
    first, rest = max(min(widths[0], room // 2), 1), widths[1:]

    def needed(cap: int) -> int:
        return first + sum(min(width, cap) + len(_GAP) for width in rest)

    while rest and needed(_NARROWEST) > room:
        rest = rest[:-1]
    cap = max(rest, default=0)
    while rest and needed(cap) > room:
        cap -= 1
    return [first, *(min(width, cap) for width in rest)]


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
    seen = [character for character in text if category(character) not in ("Mn", "Me", "Cf")]
    return len(seen) + sum(east_asian_width(character) in "WF" for character in seen)


def _print_text(text: str) -> None:
    """Print an explanation; on a terminal, with the words marked in colour."""
    if _is_terminal():
        text = visible(text)
    if _is_colourful():
        # The marks stay: they tell the words where colours are not seen, and in what is copied.
        text = re.sub("«.*?»", lambda found: f"{_MARKED}{found[0]}{_PLAIN}", text, flags=re.DOTALL)
    print(text)


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _is_colourful() -> bool:
    return _is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") not in ("", "dumb")


def _complain(line: str) -> None:
    if sys.stderr is not None:  # Without this, `print` would take standard output.
        print(line, file=sys.stderr)


def _speak_utf8() -> None:
    """Make output UTF-8 in any locale, with the same line ends on any system."""
    # Paths that are not UTF-8 go out as they came in; in messages they are spelled out.
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors, newline="\n")


def _finish_output() -> None:
    """Write out what can be; what cannot is dropped, since Python would try again at exit and complain."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
