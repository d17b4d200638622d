"""The command line: what a terminal and a pipe get, and how it refuses."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import belarus_iran_pact as bip
from belarus_iran_pact import cli, loading
from belarus_iran_pact.cli import main
from belarus_iran_pact.core.codebook import table_codebook
from belarus_iran_pact.models import TABLES

COMMAND = [sys.executable, "-m", "belarus_iran_pact"]
COMMANDS = [
    "tables",
    "show",
    "codebook",
    "laws",
    "explain",
    "export",
    "sentence",
    "path",
    "version",
    "verify",
    "download",
]

# What is left in a buffer when writing fails is part of what is tested.
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process; its output, where it must succeed without a word on standard error."""

    def run(*arguments: str) -> str:
        code = main(arguments)
        captured = capsys.readouterr()
        assert (code, captured.err) == (0, "")
        return captured.out

    return run


def on_terminal(*arguments: str, columns: int = 80, **environment: str) -> str:
    """What a terminal so wide shows."""
    master, slave = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM", "COLUMNS", "LINES")}
    env |= {"TERM": "xterm", "COLUMNS": str(columns)} | environment
    with subprocess.Popen([*COMMAND, *arguments], stdout=slave, stderr=slave, stdin=slave, env=env) as process:
        os.close(slave)
        content = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:
                # How Linux says that the other side is closed.
                break
            if not part:
                break
            content += part
    os.close(master)
    assert process.returncode == 0, content.decode()
    return content.decode().replace("\r\n", "\n")


def without_colour(text: str) -> str:
    return re.sub("\x1b\\[[0-9;]*m", "", text)


# --- Tables ---


def test_listing_lacks_a_table(run: Run) -> None:
    """The listing lacks a table, or its row count or description."""
    header, *lines = run("tables").splitlines()
    assert header.split() == ["table", "rows", "description"]
    assert [line.split(maxsplit=2) for line in lines] == [
        [table.name, str(table.rows), " ".join(table.description.split())] for table in bip.tables()
    ]
    assert run("codebook") == run("tables")


@pytest.mark.parametrize("name", TABLES)
def test_shown_csv_differs_from_published(name: Any, run: Run) -> None:
    """Shown CSV differs from the published file: other quoting, line ends, nulls or values."""
    assert run("show", name, "--format", "csv").encode() == bip.path(name, "csv").read_bytes()


@pytest.mark.parametrize("name", TABLES)
def test_shown_json_differs_from_load(name: Any, run: Run) -> None:
    """Shown JSON differs from load(): dates are not ISO texts, nulls are not null, or letters are escaped."""
    text = run("show", name, "--format", "json")
    rows = [
        {column: value.isoformat() if isinstance(value, date) else value for column, value in row.items()}
        for row in bip.load(name).to_pylist()
    ]
    assert json.loads(text) == rows
    assert [list(row) for row in json.loads(text)] == [list(row) for row in rows]
    assert r"\u20" not in text


@pytest.mark.parametrize("name", TABLES)
def test_piped_table_is_cut(name: Any, run: Run) -> None:
    """A piped table is cut: a cell is not there in full, or a row is missing."""
    header, *lines = run("show", name).splitlines()
    rows = bip.load(name).to_pylist()
    assert header.split() == bip.load(name).column_names
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        for value in row.values():
            text = "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            assert text in line
        assert line == line.rstrip()


@pytest.mark.parametrize(
    ("table", "conditions", "keeps"),
    [
        ("actors", ["kind=state"], lambda row: row["kind"] == "state"),
        ("actors", ["kind=state", "country=BLR"], lambda row: row["kind"] == "state" and row["country"] == "BLR"),
        ("actors", ["kind=state", "kind=person"], lambda row: False),
        ("actors", ["named=false"], lambda row: row["named"] is False),
        ("actors", ["country="], lambda row: row["country"] is None),
        ("actors", ["country=", "named=true"], lambda row: row["country"] is None and row["named"]),
        ("passages", ["ordinal=4"], lambda row: row["ordinal"] == 4),
        ("events", ["date_earliest=2025-08-01"], lambda row: row["date_earliest"] == date(2025, 8, 1)),
        ("events", ["date_earliest="], lambda row: row["date_earliest"] is None),
        ("events", ["label=a=b"], lambda row: row["label"] == "a=b"),
    ],
    ids=lambda value: None if callable(value) else str(value),
)
def test_condition_keeps_wrong_rows(
    table: Any, conditions: list[str], keeps: Callable[[dict[str, Any]], bool], run: Run
) -> None:
    """A condition keeps wrong rows: several are not and-ed, an empty one misses nulls, or a type is not understood."""
    options = [word for condition in conditions for word in ("--where", condition)]
    key = bip.load(table).column_names[0]
    found = [row[key] for row in json.loads(run("show", table, *options, "--format", "json"))]
    rows = bip.load(table).to_pylist()
    assert found == [row[key] for row in rows if keeps(row)]
    if conditions not in (["kind=state", "kind=person"], ["label=a=b"]):
        assert 0 < len(found) < len(rows)


def test_columns_or_limit_are_ignored(run: Run) -> None:
    """Columns or the limit are ignored, or a condition fails on a column that is not shown."""
    text = run(
        "show", "actors", "--columns", "cow_code,name", "--where", "kind=state", "--limit", "1", "--format", "csv"
    )
    first = next(row for row in bip.load("actors").to_pylist() if row["kind"] == "state")
    assert text == f'"cow_code","name"\n"{first["cow_code"]}","{first["name"]}"\n'
    assert run("show", "actors", "--limit", "0", "--format", "json") == "[]\n"
    assert run("show", "actors", "--where", "name=Nobody", "--columns", "name", "--format", "csv") == '"name"\n'
    assert run("show", "actors", "--where", "name=Nobody", "--columns", "name") == "name\n"


# --- Explanations ---


def test_explanation_differs_from_library(run: Run) -> None:
    """An explanation differs from the library's: the command line says less, or colours a pipe."""
    cell = ("events", "event-minsk-meeting", "place_name")
    assert run("explain", *cell) == f"{bip.explain(*cell)}\n"  # type: ignore[arg-type]
    assert run("explain", *cell[:2]) == f"{bip.explain('events', 'event-minsk-meeting')}\n"
    assert "«Minsk»" in run("explain", *cell)


def test_sentence_is_another(run: Run) -> None:
    """The sentence is another than asked for, by number or by id."""
    expected = f"{bip.sentence(4)}\n"
    assert run("sentence", "4") == expected
    assert run("sentence", bip.load("passages")["passage_id"][3].as_py()) == expected


@pytest.mark.parametrize("name", TABLES)
def test_codebook_lacks_columns(name: str, run: Run) -> None:
    """The codebook of a table lacks columns, or is another table's."""
    assert run("codebook", name) == "\n".join([f"# {name}", "", *table_codebook(TABLES[name])]) + "\n"


def test_path_leads_nowhere(run: Run) -> None:
    """A path leads nowhere, or to another format than asked for."""
    assert run("path") == f"{loading.data_folder()}\n"
    assert run("path", "--format", "csv") == f"{bip.path('events', 'csv').parent}\n"
    assert run("path", "events") == f"{bip.path('events', 'parquet')}\n"
    assert run("path", "events", "--format", "csv") == f"{bip.path('events', 'csv')}\n"


def test_version_is_another(run: Run) -> None:
    """The version is another than the package's, or asked for in one way not the same as in the other."""
    assert run("version") == run("--version") == f"{bip.__version__}\n"


def test_export_options_are_lost(run: Run, tmp_path: Path) -> None:
    """Export options are lost: the format, the tables or leave to overwrite do not reach the export."""
    folder = tmp_path / "out"
    assert (
        run("export", str(folder), "--tables", "events,actors") == f"{folder / 'events.csv'}\n{folder / 'actors.csv'}\n"
    )
    run("export", str(folder), "--tables", "events", "--overwrite", "--formula-safe")
    assert run("export", str(folder), "--format", "jsonl", "--tables", "events") == f"{folder / 'events.jsonl'}\n"
    assert sorted(file.name for file in folder.iterdir()) == ["actors.csv", "events.csv", "events.jsonl"]


# --- Help and refusals ---


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_example_fails(command: str | None, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A help text lacks an example, or its example fails."""
    monkeypatch.chdir(tmp_path)
    text = run(*([command] if command else []), "--help")
    example = re.search(r"^example:\n  belarus-iran-pact (.+)$", text, re.MULTILINE)
    assert example is not None
    words = shlex.split(example[1])
    assert command in (None, words[0])
    if command != "download":  # Its example needs a server, which tests/test_download.py has.
        assert run(*words)


def test_help_lacks_a_command(run: Run) -> None:
    """The help lacks a command."""
    assert re.findall(r"^    (\w+)  ", run("--help"), re.MULTILINE) == COMMANDS


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("show event", "no table 'event'. Did you mean 'events'? The tables are: events, event_actors, "),
        ("codebook ../events", "no table '../events'"),
        ("explain event x", "no table 'event'. Did you mean 'events'?"),
        ("path event", "no table 'event'. Did you mean 'events'?"),
        ("export out --tables events,actor", "no table 'actor'. Did you mean 'actors'?"),
        ("show actors --where nam=x", "no column 'nam'. Did you mean 'name'? The columns are: actor_id, name, "),
        ("show actors --columns name,knd", "no column 'knd'. Did you mean 'kind'?"),
        ("explain events event-minsk-meeting plac_name", "no column 'plac_name'. Did you mean 'place_name'?"),
        ("explain events event-minsk", "no row 'event-minsk'. Did you mean 'event-minsk-meeting'?"),
        ("show actors --format xml", "no format 'xml'. The formats are: table, csv, json"),
        ("export out --format xls", "no format 'xls'; the formats are: csv, parquet, sqlite, "),
        ("path --format csb", "no format 'csb'. Did you mean 'csv'? The formats are: csv, parquet"),
        ("path events --format jsonl", "no format 'jsonl'; the formats are: csv, parquet"),
        ("sentence 99", "no single sentence 99"),
        ("sentence x", "no row 'x'"),
        ("show actors --where named=yes", "a value of named is true or false, not 'yes'"),
        ("show passages --where start=x", "a value of start is a whole number, not 'x'"),
        ("show events --where date_latest=2025", "a value of date_latest is a day such as 2025-08-31, not '2025'"),
    ],
    ids=str,
)
def test_mistake_is_unexplained(
    arguments: str, says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake is unexplained: the refusal is not one line on standard error that names what there is, or exits 0 or 2."""
    monkeypatch.chdir(tmp_path)
    assert main(arguments.split()) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"belarus-iran-pact: error: {says}")
    assert captured.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "shw",
        "show",
        "show actors --where kind",
        "show actors --where =x",
        "show actors --limit -1",
        "show actors --lim 1",
    ],
)
def test_wrong_usage_is_run(arguments: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong usage is run as something else, or does not exit with 2 and the usage."""
    assert main(arguments.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("usage: belarus-iran-pact")


def test_unbuilt_data_are_unexplained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unbuilt data are unexplained: in a checkout that was never built, the line must say how to build."""
    monkeypatch.setattr(loading, "data_folder", lambda: str(tmp_path))
    for arguments in (["tables"], ["show", "events"], ["path"], ["path", "events"], ["export", str(tmp_path / "out")]):
        assert main(arguments) == 1
        assert "scripts/build.py" in capsys.readouterr().err


def test_interrupt_leaves_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An interrupt leaves a traceback, or an exit code that a shell takes for something else."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(loading, "tables", interrupt)
    assert main(["tables"]) == 130
    assert capsys.readouterr().err == ""


def test_interrupted_process_leaves_traceback() -> None:
    """An interrupted process leaves a traceback: Ctrl-C while it writes to a reader that does not read."""
    with subprocess.Popen(
        [*COMMAND, "show", "evidence"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=BUFFERED
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.stderr.read() == b""
    assert process.returncode == 130


# --- Pipes and terminals ---


@pytest.mark.parametrize("arguments", ["show evidence", "show evidence --format json", "show evidence --format csv"])
def test_closed_pipe_leaves_traceback(arguments: str) -> None:
    """A closed pipe leaves a traceback: `| head` must end quietly."""
    with subprocess.Popen(
        [*COMMAND, *arguments.split()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, env=BUFFERED
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("arguments", ["version", "version --help", "show events"])
def test_full_disk_passes_for_success(arguments: str) -> None:
    """A full disk passes for success: output that could not be written must end with 1 and one line."""
    command = [*COMMAND, *arguments.split()]
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=BUFFERED)
    assert done.stderr == "belarus-iran-pact: error: No space left on device\n"
    assert done.returncode == 1


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "POSIX", "PYTHONIOENCODING": "latin-1"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "arguments", ["show passages", "explain provisions provision-exercise", "sentence 4", "show actors --where x’=1"]
)
def test_locale_breaks_output(arguments: str, environment: dict[str, str]) -> None:
    """The locale breaks output: curly apostrophes end in a traceback, or in bytes that are not UTF-8."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    done = subprocess.run(
        [*COMMAND, *arguments.split(" ", 4)], capture_output=True, env=plain | environment, check=False
    )
    usual = subprocess.run(
        [*COMMAND, *arguments.split(" ", 4)], capture_output=True, env=plain | {"PYTHONUTF8": "1"}, check=False
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == usual.returncode
    assert done.stdout.decode() == usual.stdout.decode()


def test_terminal_has_no_colour() -> None:
    """The terminal has no colour: the words that a cell rests on do not stand out."""
    text = on_terminal("explain", "events", "event-minsk-meeting", "place_name")
    assert "\x1b[1;33m«Minsk»\x1b[0m" in text
    assert without_colour(text) == f"{bip.explain('events', 'event-minsk-meeting', 'place_name')}\n"


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}], ids=str)
@pytest.mark.parametrize("arguments", ["explain events event-minsk-meeting place_name", "tables", "sentence 4"])
def test_colour_is_forced(arguments: str, environment: dict[str, str]) -> None:
    """Colour is forced on a terminal that cannot show it, or on a user who said no."""
    assert "\x1b" not in on_terminal(*arguments.split(), **environment)


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
@pytest.mark.parametrize(
    "arguments", ["tables", "show events", "show actors --columns actor_id,name", "show evidence --limit 9"]
)
def test_terminal_line_wraps(arguments: str, columns: int) -> None:
    """A terminal line wraps: a row is wider than the terminal, a cut cell does not show it, or hidden columns are not named."""
    text = without_colour(on_terminal(*arguments.split(), columns=columns))
    table, _, hidden = text.partition("… not shown: ")
    assert all(len(line) <= columns for line in table.splitlines())
    if columns < 80:
        assert "…" in table
    if arguments == "show events":
        assert hidden
        shown = len(table.splitlines()[0].split())
        assert hidden.partition(" (")[0].split(", ") == bip.load("events").column_names[shown:]


def test_text_acts_on_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A text acts on the terminal: escape sequences of a source move the cursor, set the title or hide what is printed."""
    monkeypatch.setattr(cli, "_is_terminal", lambda: True)
    monkeypatch.setattr(loading, "tables", lambda: [bip.TableInfo("events", 1, "a\x1b]0;title\x07b\u202ec\rd\ne")])
    assert main(["tables"]) == 0
    out = capsys.readouterr().out.splitlines()[-1]
    assert out == r"events     1  a\x1b]0;title\x07b\u202ec\rd\ne"


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        ("version", {"pyarrow", "pydantic", "duckdb", "openpyxl", "sqlite3", "json"}),
        ("show --help", {"pyarrow", "pydantic", "duckdb", "openpyxl", "sqlite3"}),
        ("tables", {"pyarrow", "pydantic", "duckdb", "openpyxl", "sqlite3"}),
        ("show events", {"pydantic", "duckdb", "openpyxl", "sqlite3", "pandas"}),
        ("path events", {"pyarrow", "pydantic", "duckdb", "openpyxl", "sqlite3"}),
    ],
)
def test_command_is_heavy(arguments: str, unwanted: set[str]) -> None:
    """A command is heavy: it imports libraries that it does not need, and answers late."""
    code = (
        "import sys\nfrom belarus_iran_pact.cli import main\n"
        f"main({arguments.split()!r})\nprint('\\nmodules:', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.rpartition("modules:")[2].split()) & unwanted == set()


def test_command_is_not_installed() -> None:
    """The command is not installed: the project declares no such script, or one that is not there."""
    import tomllib

    project = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["scripts"] == {"belarus-iran-pact": f"{main.__module__}:{main.__name__}"}
