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
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import belarus_iran_pact as bip
from belarus_iran_pact import cli, loading
from belarus_iran_pact.cli import COMMANDS, main
from belarus_iran_pact.core.codebook import table_codebook
from belarus_iran_pact.models import TABLES

ROOT = Path(__file__).resolve().parents[1]
PROCESS = [sys.executable, "-m", "belarus_iran_pact"]

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


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process; what a terminal would show."""

    def run(*arguments: str, **environment: str) -> str:
        for name, value in {"NO_COLOR": "", "TERM": "xterm", "COLUMNS": "80", **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(cli, "_is_terminal", lambda: True)
        assert main(arguments) == 0
        return "".join(capsys.readouterr())

    return run


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


def test_shown_rows_differ_from_published(run: Run) -> None:
    """Shown rows differ from the published ones: other quoting, dates or nulls, letters escaped, or a cell cut in a pipe."""
    for table in bip.tables():
        name: Any = table.name
        rows = bip.load(name).to_pylist()
        assert run("show", name, "--format", "csv").encode() == bip.path(name, "csv").read_bytes()
        text = run("show", name, "--format", "json")
        told = json.loads(json.dumps(rows, default=date.isoformat))
        assert [list(row.items()) for row in json.loads(text)] == [list(row.items()) for row in told]
        assert r"\u20" not in text
        header, *lines = run("show", name).splitlines()
        assert header.split() == bip.load(name).column_names
        for line, row in zip(lines, rows, strict=True):
            for value in row.values():
                text = str(value).lower() if isinstance(value, bool) else str(value)
                assert ("-" if value is None else text) in line
            assert line == line.rstrip()


@pytest.mark.parametrize(
    ("table", "conditions", "keeps"),
    [
        ("actors", ["kind=state", "country=BLR"], lambda row: row["kind"] == "state" and row["country"] == "BLR"),
        ("actors", ["named=false"], lambda row: row["named"] is False),
        ("actors", ["country=", "named=true"], lambda row: row["country"] is None and row["named"]),
        ("passages", ["ordinal=4"], lambda row: row["ordinal"] == 4),
        ("events", ["date_earliest=2025-08-01"], lambda row: row["date_earliest"] == date(2025, 8, 1)),
        ("events", ["date_earliest="], lambda row: row["date_earliest"] is None),
        ("dyads", ["goldstein=8"], lambda row: row["goldstein"] == 8.0),
        ("actors", ["name~PEZESHKIAN"], lambda row: "Pezeshkian" in row["name"]),
    ],
    ids=lambda value: None if callable(value) else str(value),
)
def test_condition_keeps_wrong_rows(
    table: Any, conditions: list[str], keeps: Callable[[dict[str, Any]], bool], run: Run
) -> None:
    """A condition keeps wrong rows: several are not and-ed, an empty one misses nulls, or a type is not understood."""
    options = [word for condition in conditions for word in ("--where", condition)]
    found = json.loads(run("show", table, *options, "--format", "json"))
    rows = bip.load(table).to_pylist()
    expected = [row for row in rows if keeps(row)]
    assert found == json.loads(json.dumps(expected, default=date.isoformat))
    assert 0 < len(found) < len(rows)


def test_columns_or_limit_are_ignored(run: Run) -> None:
    """Columns or the limit are ignored, or a condition fails on a column that is not shown."""
    text = run(
        "show", "actors", "--columns", "cow_code,name", "--where", "kind=state", "--limit", "1", "--format", "csv"
    )
    first = next(row for row in bip.load("actors").to_pylist() if row["kind"] == "state")
    assert text == f'"cow_code","name"\n{first["cow_code"]},"{first["name"]}"\n'
    assert run("show", "actors", "--limit", "0", "--format", "json") == "[]\n"


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        (
            "name=Puzhehan",
            "no name equals 'Puzhehan'; 1 row contains it: --where 'name_as_printed~Puzhehan'",
        ),
        ("name=of iran", "no name equals 'of iran'; 3 rows contain it: --where 'name~of iran'"),
        ("name=Nobody", "no name equals 'Nobody'; none contains it"),
        ("name~Nobody", "no row has name~Nobody"),
        ("cow_code=3", "no row has cow_code=3"),
        ("name=", "no row has an empty name"),
    ],
)
@pytest.mark.parametrize(("form", "empty"), [("table", "name\n"), ("csv", '"name"\n'), ("json", "[]\n")])
def test_nothing_found_says_nothing(
    condition: str, says: str, form: str, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table that is empty because no row equals a word looks as if no row had it; or what is said of it spoils the output."""
    assert main(["show", "actors", "--where", condition, "--columns", "name", "--format", form]) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (empty, f"belarus-iran-pact: {says}\n")


# --- What the library says ---


def test_command_says_less_than_the_library(run: Run) -> None:
    """A command says less than the library, another thing, or colours a pipe."""
    cell = ("events", "event-minsk-meeting", "place_id")
    assert run("explain", *cell) == f"{bip.explain(*cell)}\n"  # type: ignore[arg-type]
    assert run("explain", *cell[:2]) == f"{bip.explain('events', 'event-minsk-meeting')}\n"
    passage_id = bip.load("passages")["passage_id"][3].as_py()
    assert run("text") == run("text", bip.load("sources")["source_id"][0].as_py()) == bip.text()
    assert run("sentence", "4") == run("sentence", passage_id) == f"{bip.sentence(4)}\n"
    for name, model in TABLES.items():
        assert run("codebook", name) == "\n".join([f"# {name}", "", *table_codebook(model)]) + "\n"
    assert run("path") == f"{loading.data_folder()}\n"
    assert run("path", "--format", "csv") == f"{bip.path('events', 'csv').parent}\n"
    assert run("path", "events") == f"{bip.path('events', 'parquet')}\n"
    assert run("path", "events", "--format", "csv") == f"{bip.path('events', 'csv')}\n"
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


def test_command_is_undocumented(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command lacks a help text, a working example, its exit codes, or its place in the README."""
    monkeypatch.chdir(tmp_path)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    overview = run("--help")
    assert re.findall(r"^    (\w+)  ", overview, re.MULTILINE) == list(COMMANDS)
    for name in COMMANDS:
        text = run(name, "--help")
        assert re.search(r"^\w.+\.$", text, re.MULTILINE), name
        assert f"belarus-iran-pact {name}" in readme
    for text in (overview, *(run(name, "--help") for name in COMMANDS)):
        example = re.search(r"^example:\n  belarus-iran-pact (.+)$", text, re.MULTILINE)
        assert example is not None
        assert "exit codes: 0 done, 1 refused or failed, 2 wrong usage, 130 interrupted" in text
        if not example[1].startswith("download "):  # That one needs a server, which tests/test_download.py has.
            assert run(*shlex.split(example[1])), example[1]


def test_wrong_usage_of_some_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Some command takes an option or a table that there is not, or ends with another code or a traceback."""
    words = {"row": ["x"], "folder": ["out"]}
    for name, (_, _, arguments) in COMMANDS.items():
        positional = [names[0] for names, _ in arguments if not names[0].startswith("-")]
        given = [word for argument in positional for word in words.get(argument, ["event"])]
        wrong = [[name, *given, "--no-such"]]
        if "table" in positional:
            wrong.append([name, *given])
        if any(names[0] == "--format" for names, _ in arguments):
            wrong.append([name, *(word.replace("event", "events") for word in given), "--format", "xyz"])
        for command in wrong:
            assert main(command) == 2, command
            captured = capsys.readouterr()
            assert (captured.out, captured.err.count("\n")) == ("", 1)
            assert "no-such" in captured.err or re.search(r"no (table|format) '\w+'\..* are: \w+, \w+", captured.err)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("codebook ../events", "no table '../events'. Did you mean 'events'? The tables are: events, event_actors, "),
        ("export out --tables events,actor", "no table 'actor'. Did you mean 'actors'?"),
        ("show actors --where nam=x", "no column 'nam'. Did you mean 'name'? The columns are: actor_id, name, "),
        ("show actors --columns name,knd", "no column 'knd'. Did you mean 'kind'?"),
        ("explain events event-minsk-meeting plac_id", "no column 'plac_id'. Did you mean 'place_id'?"),
        ("explain events event-minsk", "no row 'event-minsk'. Did you mean 'event-minsk-meeting'?"),
        ("path --format csb", "no format 'csb'. Did you mean 'csv'? The formats are: csv, parquet"),
        ("export out --format jsonl --formula-safe", "formula_safe is for csv"),
        ("sentence 99", "no sentences have the number 99; the sentences are: "),
        ("sentence x", "no row 'x'"),
        ("show actors --where named=yes", "a value of named is true or false, not 'yes'"),
        ("show passages --where start_char=x", "a value of start_char is a whole number, not 'x'"),
        (f"show passages --where start_char={10**30}", "a value of start_char is a whole number, not '1000"),
        ("show terms --where goldstein=x", "a value of goldstein is a number, not 'x'"),
        ("show actors --where named~x", "named is no text, so nothing is contained in it; ask with named=VALUE"),
        ("text x", "no source 'x'. The sources are: "),
        ("show events --where date_latest=2025", "a value of date_latest is a day such as 2025-08-31, not '2025'"),
        ("", "the following arguments are required: COMMAND; see: belarus-iran-pact --help"),
        ("shw", "argument COMMAND: invalid choice: 'shw'"),
        ("show", "the following arguments are required: TABLE; see: belarus-iran-pact show --help"),
        ("show actors --where kind", "argument --where: 'kind' is not of the form COLUMN=VALUE or COLUMN~TEXT"),
        ("show actors --where =x", "argument --where: '=x' is not of the form COLUMN=VALUE or COLUMN~TEXT"),
        ("show actors --limit -1", "argument --limit: '-1' is not a number of rows"),
        ("show actors --lim 1", "unrecognized arguments: --lim 1"),
        ("download 1.0.0 --from gopher://x", "'gopher://x' is not an address of releases"),
    ],
    ids=str,
)
def test_mistake_is_unexplained(
    arguments: str, says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake is unexplained: the refusal is not one line on standard error that names what there is, or does not exit with 2."""
    monkeypatch.chdir(tmp_path)
    assert main(arguments.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"belarus-iran-pact: error: {says}")
    assert captured.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_failure_passes_for_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failure passes for wrong usage, or for success: what cannot be read or written ends with 1 and one line."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "events.csv").write_text("mine", encoding="utf-8")
    for arguments in (
        ["verify", str(tmp_path / "nothing")],
        ["export", str(tmp_path)],
        ["export", str(tmp_path / "file" / "out")],
        ["export", str(loading.data_folder())],
        ["download", "1.0.0", "--from", str(tmp_path / "nothing")],
    ):
        assert main(arguments) == 1, arguments
        captured = capsys.readouterr()
        assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert (tmp_path / "events.csv").read_text(encoding="utf-8") == "mine"


def test_unbuilt_or_damaged_data_pass_for_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unbuilt or damaged data pass for wrong usage, or nobody learns that unbuilt ones need a build."""
    monkeypatch.setattr(loading, "data_folder", lambda: str(tmp_path))
    for arguments in (["tables"], ["show", "events"], ["path"], ["path", "events"], ["export", str(tmp_path / "out")]):
        assert main(arguments) == 1
        assert "scripts/build.py" in capsys.readouterr().err
    (tmp_path / "parquet").mkdir()
    (tmp_path / "parquet" / "events.parquet").write_bytes(b"PAR1 or not")
    (tmp_path / "datapackage.json").write_text("{", encoding="utf-8")
    for arguments in (["tables"], ["show", "events"]):
        assert main(arguments) == 1
        assert capsys.readouterr().err.count("\n") == 1


# --- Pipes and terminals ---


@pytest.mark.parametrize(("interrupted", "code"), [(True, 130), (False, 0)], ids=["Ctrl-C", "head"])
def test_process_that_ends_early_leaves_traceback(interrupted: bool, code: int) -> None:
    """A process that ends early leaves a traceback: interrupted, or its pipe closed by `| head`."""
    with subprocess.Popen(
        [*PROCESS, "show", "evidence"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, env=BUFFERED
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(10)
        if interrupted:
            process.send_signal(signal.SIGINT)
            process.stdout.read()
        else:
            process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == code


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("arguments", ["version --help", "show events"])
def test_full_disk_passes_for_success(arguments: str) -> None:
    """A full disk passes for success: output that could not be written must end with 1 and one line."""
    command = [*PROCESS, *arguments.split()]
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=BUFFERED)
    assert done.stderr == "belarus-iran-pact: error: No space left on device\n"
    assert done.returncode == 1


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"}],
    ids=str,
)
def test_locale_breaks_output(environment: dict[str, str], run: Run) -> None:
    """The locale breaks output: curly apostrophes end in a traceback, or in bytes that are not UTF-8."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    code = (
        "from belarus_iran_pact.cli import main; assert main(['show', 'passages']) == 0;"
        "main(['show', 'actors', '--where', 'x\\u2019=1'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=plain | environment, check=True)
    assert "’" in done.stdout.decode()
    assert done.stdout.decode() == run("show", "passages")
    assert b"no column 'x" in done.stderr


def test_terminal_has_no_colour() -> None:
    """The terminal has no colour: the words that a cell rests on do not stand out."""
    cell = ("events", "event-minsk-meeting", "place_id")
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    environment.pop("NO_COLOR", None)
    master, slave = pty.openpty()
    subprocess.run([*PROCESS, "explain", *cell], stdout=slave, env=environment, check=True)
    os.close(slave)
    text = os.read(master, 65536).decode().replace("\r\n", "\n")
    os.close(master)
    assert "\x1b[1;33m«in Minsk»\x1b[0m" in text
    assert without_colour(text) == f"{bip.explain(*cell)}\n"  # type: ignore[arg-type]


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}], ids=str)
def test_colour_is_forced(environment: dict[str, str], on_terminal: Run) -> None:
    """Colour is forced on a terminal that cannot show it, or on a user who said no."""
    for arguments in ("explain events event-minsk-meeting place_id", "tables", "sentence 4"):
        assert "\x1b" in on_terminal(*arguments.split())
        assert "\x1b" not in on_terminal(*arguments.split(), **environment)


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_terminal_line_wraps(columns: int, on_terminal: Run) -> None:
    """A terminal line wraps: a row is wider than the terminal, a cut cell does not show it, or hidden columns are not named."""
    for arguments in ("tables", "show events", "show actors --columns actor_id,name", "show evidence --limit 9"):
        text = without_colour(on_terminal(*arguments.split(), COLUMNS=str(columns)))
        table, _, hidden = text.partition("… not shown: ")
        assert all(len(line) <= columns for line in table.splitlines())
        assert "…" in table or columns >= 80
        if arguments == "show events":
            shown = len(table.splitlines()[0].split())
            assert hidden.partition(" (")[0].split(", ") == bip.load("events").column_names[shown:]


def test_text_acts_on_terminal(monkeypatch: pytest.MonkeyPatch, on_terminal: Run) -> None:
    """A text acts on the terminal: escape sequences of a source move the cursor, set the title or hide what is printed."""
    monkeypatch.setattr(loading, "tables", lambda: [bip.TableInfo("events", 1, "a\x1b]0;title\x07b\u202ec\rd\ne")])
    shown = on_terminal("tables", NO_COLOR="1").splitlines()[-1]
    assert shown == r"events     1  a\x1b]0;title\x07b\u202ec\rd\ne"


def test_command_is_heavy() -> None:
    """A command is heavy: it imports libraries that it does not need, and answers late."""
    code = (
        "import sys\nfrom belarus_iran_pact.cli import main\n"
        "for words in ['version', 'show --help', 'tables', 'path events', 'show events']:\n"
        "    main(words.split())\n    print('\\nmodules:', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    version, *others, show = (set(line.split()) for line in re.findall(r"^modules: (.*)$", done.stdout, re.MULTILINE))
    heavy = {"pydantic", "duckdb", "openpyxl", "sqlite3"}
    assert not version & (heavy | {"pyarrow", "json"})
    assert not others[-1] & (heavy | {"pyarrow"})
    assert not show & (heavy | {"pandas"})


def test_command_is_not_installed() -> None:
    """The command is not installed: the project declares no such script, or one that is not there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["scripts"] == {"belarus-iran-pact": f"{main.__module__}:{main.__name__}"}
