"""Comparing packages: nothing that differs is passed over, and no version is smaller than the rule allows."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import ROOT, SOURCE, edit

import build
import diff
from belarus_iran_pact.core.releases import ReleaseError
from belarus_iran_pact.models import TABLES
from curation.faults import Faults, Place
from releasing.compare import Changes, Counts, Level, PublishedTable, bumped, compare, find_package, read_package
from releasing.diff_formats import as_changelog, as_json_lines, as_markdown, as_text, columns_table
from releasing.release_files import write_archive
from releasing.retired import FILE, Retired, RetiredIds, is_given, read_retired

# --- A small package, written by hand ---

Json = dict[str, Any]


def column(name: str, kind: str = "string", **more: Any) -> Json:
    return {"name": name, "type": kind, "description": f"What {name} is.", **more}


EVENTS = [
    column("event_id", constraints={"required": True, "unique": True}, origin="key"),
    column("label", constraints={"required": True}, origin="coder"),
    column("type", constraints={"required": True, "enum": ["talks", "visit"]}, origin="coder", vocabulary="event_type"),
    column("count", "integer", origin="source", nullMeans="Not stated.", unit="people"),
]
EVENT_ROWS = [["event-1", "Talks", "talks", 2], ["event-2", "A visit", "visit", None], ["event-3", "Más", "visit", 1]]
EVENT_ACTORS = [column(name, origin="key") for name in ("event_actor_id", "event_id", "actor_id", "role")]
EVIDENCE = [
    column(name, "integer" if name.endswith("_char") else "string")
    for name in (
        *(
            "evidence_id",
            "table_name",
            "row_id",
            "column_name",
            "basis",
            "stance",
            "passage_id",
            "start_char",
            "end_char",
        ),
        "quote",
    )
]


def evidence(number: int, row_id: str, column_name: str, table: str = "events") -> list[Any]:
    quote = f"words {number}"
    return [f"evidence-{number}", table, row_id, column_name, "judged", "supports", "s.s01", number, number + 7, quote]


def given() -> Json:
    """The small package before it is written: for each table its columns and rows, and what the descriptor says besides."""
    return {
        "version": "1.2.3",
        "properties": {"name": "belarus-iran-pact", "title": "Title"},
        "tables": {
            "events": (json.loads(json.dumps(EVENTS)), [list(row) for row in EVENT_ROWS]),
            "event_actors": (
                json.loads(json.dumps(EVENT_ACTORS)),
                [["event-1.a.host", "event-1", "a", "host"], ["event-1.b.guest", "event-1", "b", "guest"]],
            ),
            "evidence": (
                json.loads(json.dumps(EVIDENCE)),
                [
                    evidence(1, "event-1", "label"),
                    evidence(2, "event-2", "label"),
                    evidence(3, "event-1.a.host", "role", "event_actors"),
                ],
            ),
        },
        "keys": {"event_actors": [("event_id", "events")]},
        "files": {"CODEBOOK.md": "text"},
    }


def written(folder: Path, content: Json) -> Path:
    (folder / "csv").mkdir(parents=True)
    resources = []
    for name, (columns, rows) in content["tables"].items():
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([item["name"] for item in columns])
        writer.writerows([["" if value is None else value for value in row] for row in rows])
        schema: Json = {"fields": columns, "missingValues": [""], "primaryKey": [columns[0]["name"]]}
        if name in content["keys"]:
            ((own, other),) = content["keys"][name]
            schema["foreignKeys"] = [{"fields": [own], "reference": {"resource": other, "fields": [own]}}]
        resource = {"name": name, "type": "table", "path": f"csv/{name}.csv", "description": name, "format": "csv"}
        resources.append({**resource, "schema": schema, **put(folder / "csv" / f"{name}.csv", stream.getvalue())})
    for name, text in content["files"].items():
        resource = {"name": name.lower().replace(".", "-"), "path": name, "format": "md"}
        resources.append({**resource, **put(folder / name, text)})
    descriptor = {**content["properties"], "version": content["version"], "resources": resources}
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    return folder


def put(file: Path, text: str) -> Json:
    data = text.encode()
    file.write_bytes(data)
    return {"bytes": len(data), "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}


def changes_by(tmp_path: Path, change: Callable[[Json], Any], retired: RetiredIds | None = None) -> Changes:
    """What differs between the small package and one with a change."""
    after = given()
    change(after)
    old, new = written(tmp_path / "old", given()), written(tmp_path / "new", after)
    return compare(read_package(old), read_package(new), retired or {})


def fields(content: Json, table: str = "events") -> list[Json]:
    columns: list[Json] = content["tables"][table][0]
    return columns


def rows(content: Json, table: str = "events") -> list[list[Any]]:
    found: list[list[Any]] = content["tables"][table][1]
    return found


def column_added(content: Json) -> None:
    fields(content).append(column("place"))
    for row in rows(content):
        row.append("Minsk")


def column_removed(content: Json) -> None:
    del fields(content)[3]
    for row in rows(content):
        del row[3]


def columns_reordered(content: Json) -> None:
    for items in (fields(content), *rows(content)):
        items[2], items[3] = items[3], items[2]


def evidence_replaced(content: Json) -> None:
    rows(content, "evidence")[0] = evidence(9, "event-1", "label")


def role_corrected(content: Json) -> None:
    rows(content, "event_actors")[0] = ["event-1.a.speaker", "event-1", "a", "speaker"]
    rows(content, "evidence")[2] = evidence(8, "event-1.a.speaker", "role", "event_actors")


def null_filled(content: Json) -> None:
    rows(content)[1][3] = 5
    rows(content, "evidence").append(evidence(7, "event-2", "count"))


NOTHING, PATCH, MINOR, MAJOR = Level


@pytest.mark.parametrize(
    ("change", "level", "said"),
    [
        (lambda c: None, NOTHING, ""),
        (lambda c: c.update(version="1.2.4"), NOTHING, ""),
        (lambda c: rows(c).reverse(), NOTHING, ""),
        (lambda c: rows(c)[0].__setitem__(1, "Long talks"), PATCH, ""),
        (lambda c: rows(c)[0].__setitem__(3, None), PATCH, ""),
        (null_filled, PATCH, ""),
        (evidence_replaced, PATCH, ""),
        (role_corrected, PATCH, ""),
        (lambda c: rows(c, "event_actors").pop(), PATCH, ""),
        (lambda c: fields(c)[1].update(description="The event, briefly."), PATCH, "events.label: description reworded"),
        (lambda c: fields(c)[3].update(nullMeans="Nobody says."), PATCH, "events.count: nullMeans reworded"),
        (lambda c: c["properties"].update(title="Other"), PATCH, "the package's title is another"),
        (lambda c: c["files"].update({"CODEBOOK.md": "other"}), PATCH, "CODEBOOK.md: file changed"),
        (lambda c: fields(c)[2]["constraints"]["enum"].reverse(), PATCH, "events.type: terms in another order"),
        (lambda c: rows(c).append(["event-4", "Call", "talks", 1]), MINOR, ""),
        (lambda c: rows(c, "event_actors").append(["event-2.a.host", "event-2", "a", "host"]), MINOR, ""),
        (lambda c: rows(c, "evidence").append(evidence(6, "event-1", "label")), MINOR, ""),
        (lambda c: c["tables"].update(places=([column("place_id")], [["p-1"]])), MINOR, "places: table added"),
        (lambda c: c["files"].update({"MORE.md": "text"}), MINOR, "MORE.md: file added"),
        (lambda c: fields(c)[2]["constraints"]["enum"].append("call"), MINOR, "events.type: terms added: call"),
        (lambda c: fields(c)[1]["constraints"].pop("required"), MINOR, "events.label: may now be null"),
        (lambda c: c["keys"].clear(), MINOR, "event_actors.event_id: no longer a foreign key to events"),
        (lambda c: rows(c).pop(), MAJOR, ""),
        (lambda c: rows(c)[0].__setitem__(0, "event-9"), MAJOR, ""),
        (column_added, MAJOR, "events.place: column added"),
        (column_removed, MAJOR, "events.count: column removed"),
        (columns_reordered, MAJOR, "events: columns in another order: event_id, label, count, type"),
        (lambda c: fields(c)[3].update(name="number"), MAJOR, "events.number: column added"),
        (lambda c: [item.update(unit="x") for item in fields(c)[1:3]], MAJOR, "events.label, type: unit added: x (MAJOR)"),
        (lambda c: fields(c)[3].update(type="string"), MAJOR, "events.count: type changed: integer -> string"),
        (lambda c: c["tables"].pop("event_actors"), MAJOR, "event_actors: table removed"),
        (lambda c: fields(c)[2]["constraints"]["enum"].pop(), MAJOR, "events.type: terms removed: visit"),
        (lambda c: fields(c)[3].update(constraints={"required": True}), MAJOR, "events.count: may no longer be null"),
        (lambda c: fields(c)[1]["constraints"].update(pattern=".+"), MAJOR, "events.label: pattern added: .+"),
        (lambda c: fields(c)[3].update(unit="delegations"), MAJOR, "events.count: unit changed: people -> delegations"),
        (lambda c: fields(c)[1].update(origin="source"), MAJOR, "events.label: origin changed: coder -> source"),
        (lambda c: fields(c)[2].update(vocabulary="kind"), MAJOR, "events.type: vocabulary changed: event_type -> kind"),
        (lambda c: c["keys"].update(evidence=[("row_id", "events")]), MAJOR, "evidence.row_id: now a foreign key to events"),
        (lambda c: c["properties"].update(name="other"), MAJOR, "the package's name is another"),
        (lambda c: c["files"].clear(), MAJOR, "CODEBOOK.md: file removed"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_change_asks_for_too_small_a_version(
    tmp_path: Path, change: Callable[[Json], Any], level: Level, said: str
) -> None:
    """A change asks for too small a version, or for too large a one, or is not named."""
    changes = changes_by(tmp_path, change)
    text = as_text(changes)
    assert changes.level is level, text
    assert said in text
    if level:
        assert level.name in as_markdown(changes)
    assert json.loads(as_json_lines(changes).splitlines()[-1])["level"] == level.name.lower()


def test_id_changes_what_it_stands_for(tmp_path: Path) -> None:
    """An id changes what it stands for, and passes for a corrected value: that is an old id used again."""
    pinned = {("passages", "start_char"): MAJOR, ("passages", "text"): PATCH, ("sources", "sha256"): MAJOR}
    for (table, name), level in pinned.items():
        read = []
        for value in ("before", "after"):
            content = given()
            content["tables"][table] = ([column("id"), column(name)], [["x", value]])
            read.append(read_package(written(tmp_path / table / name / value, content)))
        assert compare(read[0], read[1], {}).level is level


def test_new_rows_hide_behind_a_corrected_one(tmp_path: Path) -> None:
    """New rows hide behind a corrected one: of two that came where one went, one is new."""

    def change(content: Json) -> None:
        role_corrected(content)
        rows(content, "event_actors").append(["event-1.c.guest", "event-1", "c", "guest"])

    changes = changes_by(tmp_path, change)
    levels = sorted(row.level for row in changes.rows if row.table == "event_actors" and row.added)
    assert levels == [Level.PATCH, Level.MINOR]


def test_counts_are_wrong(tmp_path: Path) -> None:
    """The counts are wrong: a row with two changed cells counts once, and one that changed its id as one gone, one come."""

    def change(content: Json) -> None:
        rows(content)[0][1:] = ["Long talks", "visit", 3]
        rows(content)[1][0] = "event-9"

    changes = changes_by(tmp_path, change)
    assert changes.counts == {"events": Counts(1, 1, 1)}
    assert as_changelog(changes).splitlines()[-1] == "| `events` | 1 | 1 | 1 |"
    cells = {(cell.row_id, cell.column): (cell.old, cell.new) for cell in changes.cells}
    assert cells == {
        ("event-1", "label"): ("Talks", "Long talks"),
        ("event-1", "type"): ("talks", "visit"),
        ("event-1", "count"): (2, 3),
    }


def test_evidence_is_left_out(tmp_path: Path) -> None:
    """The evidence for a new value is left out, or is another cell's."""
    changes = changes_by(tmp_path, lambda content: rows(content)[0].__setitem__(1, "Long talks"))
    (cell,) = changes.cells
    assert [row["quote"] for row in cell.evidence] == ["words 1"]
    line = 's.s01 "words 1" (judged, supports)'
    assert line in as_text(changes)
    assert line in as_markdown(changes)
    assert json.loads(as_json_lines(changes).splitlines()[0])["evidence"][0]["passage_id"] == "s.s01"


def test_markdown_breaks_out_of_its_table(tmp_path: Path) -> None:
    """Markdown breaks out of its table: a value with a bar, a tag or a line break shifts the cells after it."""
    changes = changes_by(tmp_path, lambda content: rows(content)[0].__setitem__(1, "a|b <br> c\nd"))
    (line,) = (line for line in as_markdown(changes).splitlines() if line.startswith("| `events event-1 label`"))
    assert line.replace("\\|", "").count("|") == 5
    assert "<br>" not in line


# --- Ids that are gone ---


def retired(row_id: str | None = "event-3", table: str = "events") -> RetiredIds:
    return {(table, row_id): Retired(table, row_id, ("event-2",), "the same visit", Place(Path("retired.yaml")))}


def test_removed_id_is_unexplained(tmp_path: Path) -> None:
    """A removed id is unexplained: neither successor nor reason, and the comparison succeeds all the same."""
    changes = changes_by(tmp_path, lambda content: rows(content).pop())
    assert changes.faults == ["events event-3 is gone without successor or reason; add it to seeds/retired.yaml"]
    assert "event-3 (UNEXPLAINED)" in as_text(changes)


def test_explained_removal_is_a_fault(tmp_path: Path) -> None:
    """An explained removal is a fault, or its explanation is not shown."""
    changes = changes_by(tmp_path, lambda content: rows(content).pop(), retired())
    assert changes.faults == []
    assert changes.level is Level.MAJOR
    assert "event-3 (now event-2; the same visit)" in as_text(changes)
    assert "(now event-2; the same visit)" in as_markdown(changes)
    removed = json.loads(as_json_lines(changes).splitlines()[0])
    assert (removed["successors"], removed["reason"]) == (["event-2"], "the same visit")


def test_retired_id_comes_back(tmp_path: Path) -> None:
    """A retired id comes back."""
    changes = changes_by(tmp_path, lambda content: None, retired("event-2"))
    assert changes.faults == ["events event-2 is retired, and no id is ever used again; give it another"]


def column_renamed(content: Json) -> None:
    fields(content)[3].update(name="number", unit="delegations")
    rows(content)[0][3] = 5


def test_renamed_column_is_told_as_two(tmp_path: Path) -> None:
    """A renamed column is told as one that went and one that came: what else changed of it and its cells is lost."""
    fate = {("columns", "events.count"): Retired("columns", "events.count", ("events.number",), None, Place(Path("f")))}
    changes = changes_by(tmp_path, column_renamed, fate)
    assert changes.faults == []
    assert [(change.column, change.what) for change in changes.schema] == [
        ("count", "renamed to number"),
        ("number", "unit changed: people -> delegations"),
    ]
    (cell,) = changes.cells
    assert (cell.column, cell.old, cell.new) == ("number", 2, 5)
    (row,) = columns_table(changes)[2:]
    assert row == "| `events` | `count` | `number` |"
    named = json.loads(as_json_lines(changes).splitlines()[0])
    assert (named["column"], named["successors"]) == ("count", ["events.number"])


def test_removed_column_is_unexplained(tmp_path: Path) -> None:
    """A removed column is unexplained, or its explanation is not shown, or the column comes back."""
    gone = "columns events.count"
    changes = changes_by(tmp_path / "a", column_removed)
    assert changes.faults == [f"{gone} is gone without successor or reason; add it to seeds/retired.yaml"]
    assert "events.count: column removed (UNEXPLAINED) (MAJOR)" in as_text(changes)
    fate = {("columns", "events.count"): Retired("columns", "events.count", ("crowds",), "a | b", Place(Path("f")))}
    changes = changes_by(tmp_path / "b", column_removed, fate)
    assert changes.faults == []
    assert "events.count: column removed (now crowds; a | b) (MAJOR)" in as_text(changes)
    assert columns_table(changes)[2:] == ["| `events` | `count` | `crowds`; a \\| b |"]
    changes = changes_by(tmp_path / "c", lambda content: None, fate)
    assert changes.faults == [f"{gone} is retired, and no id is ever used again; give it another"]


def test_removed_table_takes_ids_along(tmp_path: Path) -> None:
    """A removed table takes ids along unexplained."""

    def change(content: Json) -> None:
        del content["tables"]["events"], content["keys"]["event_actors"]

    assert len(changes_by(tmp_path / "a", change).faults) == 3
    assert changes_by(tmp_path / "b", change, retired(None)).faults == []


def test_table_counts_as_neither_kind() -> None:
    """A table counts as neither kind: its ids are given by a coder or a rule, or composed, and the owner of those is known."""
    for name, model in TABLES.items():
        if not is_given(name) and model.table.group != "Views" and name not in ("evidence", "gaps"):
            owned = model.table.within or ("passage_id" if model.table.anchored else model.table.id_from[0])
            assert owned in TABLES or owned in model.model_fields


def test_bump_is_too_small() -> None:
    """The bump is too small, or keeps the numbers behind it."""
    assert [bumped("1.2.3", level) for level in Level] == ["1.2.3", "1.2.4", "1.3.0", "2.0.0"]
    assert bumped("0.9.9", MAJOR) == "0.9.10"


# --- The real coding ---


def test_corrected_label_is_not_traced(
    package: Path, seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A corrected label is not traced to its words, or is taken for more than a correction."""
    edit(seeds / SOURCE / "events.yaml", "label: Belarus and Iran sign a plan", "label: Iran and Belarus sign a plan")
    monkeypatch.setattr(build.publish, "check_with_frictionless", lambda *_: None)
    build.build(seeds, tmp_path / "new")
    changes = compare(read_package(package), read_package(tmp_path / "new"), {})
    (cell,) = (cell for cell in changes.cells if cell.table == "events")
    assert (cell.row_id, cell.column) == ("event-signing", "label")
    assert cell.evidence[0]["quote"] == "Belarus and Iran have officially signed a comprehensive plan"
    assert changes.level is Level.PATCH
    # The id of a piece of evidence hashes the value that it speaks for.
    assert changes.counts == {"events": Counts(0, 0, 1), "evidence": Counts(1, 1, 0), "timeline": Counts(0, 0, 1)}


def test_forms_differ(package: Path, tmp_path: Path) -> None:
    """The forms differ: folder, whole archive, CSV archive and Parquet archive of one package do not compare equal."""
    paths = [package]
    for form in ("all", "csv", "parquet"):
        paths.append(tmp_path / f"{form}.zip")
        write_archive(package, form, paths[-1])  # type: ignore[arg-type]
    read = [read_package(path) for path in paths]
    for old in read:
        for new in read:
            changes = compare(old, new, {})
            assert changes.level is Level.NONE, f"{old.name} {new.name}\n{as_text(changes)}"
            assert len(new.tables) == len(TABLES)


def test_changelog_tells_other_columns(package: Path) -> None:
    """The changelog tells of other columns, tables or types than came and went since 1.0.0, or one went unexplained."""
    released = json.loads((ROOT / "tests" / "columns-1.0.0.json").read_text(encoding="utf-8"))
    new = read_package(package)
    tables = {}
    for name, types in released.items():
        key = next(iter(types))
        columns = [{"name": column, "type": kind} for column, kind in types.items()]
        resource = {"format": "csv", "schema": {"fields": columns, "primaryKey": [key]}}
        tables[name] = PublishedTable(resource, key, pa.table({column: pa.array([], pa.string()) for column in types}))
    retired_ids = read_retired(ROOT / "seeds" / FILE, Faults())
    changes = compare(new._replace(version="1.0.0", tables=tables), new, retired_ids)
    assert changes.faults == []
    table = "\n".join(columns_table(replace(changes, new=changes.smallest)))
    assert f"\n\n{table}\n\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), table


# --- The command ---


def test_command_succeeds_where_it_should_not(
    tmp_path: Path, package: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command succeeds where it should not: unreadable packages and unexplained ids give 1, wrong usage 2."""
    monkeypatch.chdir(tmp_path)
    assert diff.main([str(package), str(package)]) == 0
    assert capsys.readouterr().out.endswith("nothing differs\n")
    assert diff.main([str(package), "nowhere.zip"]) == 1
    assert capsys.readouterr().err == "no folder or archive nowhere.zip\n"
    for arguments in (["1.0.0", str(package)], [str(package)], [str(package), str(package), "--format", "html"]):
        with pytest.raises(SystemExit) as stopped:
            diff.main(arguments)
        assert stopped.value.code == 2
    assert "1.0.0 is a version: say where the releases are, with --releases FOLDER" in capsys.readouterr().err
    old = written(tmp_path / "old", given())
    fewer = given()
    rows(fewer).pop()
    new = written(tmp_path / "new", fewer)
    assert diff.main([str(old), str(new), "--format", "jsonl"]) == 1
    output = capsys.readouterr()
    assert json.loads(output.out.splitlines()[-1])["faults"]
    assert output.err == "events event-3 is gone without successor or reason; add it to seeds/retired.yaml\n"
    (tmp_path / "retired.yaml").write_text("- {table: events}\n", encoding="utf-8")
    assert diff.main([str(old), str(new), "--retired", "retired.yaml"]) == 1
    assert capsys.readouterr().err.startswith("retired.yaml:1: ")


def test_version_is_not_found(tmp_path: Path) -> None:
    """A version that is not in the index gives a traceback, or the nearest one."""
    with pytest.raises(ReleaseError, match=r"no version 1\.0\.0 in .*releases\.json; the versions are: none"):
        find_package("1.0.0", tmp_path)


def test_damaged_package_is_compared(tmp_path: Path) -> None:
    """A damaged package is compared, or gives a traceback instead of one line with its name; test_verify.py has more of them."""
    changed, doubled = written(tmp_path / "changed", given()), given()
    (changed / "csv" / "events.csv").write_text("event_id\n", encoding="utf-8")
    rows(doubled).append(rows(doubled)[0])
    unnamed = given()
    rows(unnamed)[0][0] = None
    (tmp_path / "cut.zip").write_bytes(b"PK")
    (tmp_path / "empty").mkdir()
    for path, said in (
        (changed, "csv/events.csv: has changed"),
        (written(tmp_path / "doubled", doubled), "csv/events.csv: has rows without an id, or several with one"),
        (written(tmp_path / "unnamed", unnamed), "csv/events.csv: has rows without an id, or several with one"),
        (tmp_path / "cut.zip", "BadZipFile"),
        (tmp_path / "empty", "datapackage.json: is missing"),
    ):
        with pytest.raises(ReleaseError, match=rf"^{path}: [^\n]*{said}[^\n]*$"):
            read_package(path)


def test_null_is_equal_to_anything(tmp_path: Path) -> None:
    """Null is equal to anything: a cell that becomes empty, or is filled, goes unnoticed."""
    old, new = given(), given()
    rows(old)[0][1] = None
    rows(new)[0][1] = "x"
    read = [read_package(written(tmp_path / name, content)) for name, content in (("old", old), ("new", new))]
    (cell,) = compare(read[0], read[1], {}).cells
    assert (cell.old, cell.new) == (None, "x")
    (cell,) = compare(read[1], read[0], {}).cells
    assert (cell.old, cell.new) == ("x", None)
