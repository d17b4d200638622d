"""Law 10: a build that fails names every fault with its file and line, says what to do, and publishes nothing."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import SOURCE, append, build_faults, copy_row, edit, files_of, line_of, list_file

import build
from belarus_iran_pact.core.table import Tables
from curation.faults import BuildFailed, Faults
from curation.read import FILES, read_yaml

ARTICLE = f"{SOURCE}.txt"
ACTORS = f"{SOURCE}/actors.yaml"
AGREEMENTS = f"{SOURCE}/agreements.yaml"
CLAIMS = f"{SOURCE}/claims.yaml"
EVENTS = f"{SOURCE}/events.yaml"
MENTIONS = f"{SOURCE}/mentions.yaml"
PROVISIONS = f"{SOURCE}/provisions.yaml"
PLACES = f"{SOURCE}/places.yaml"
RESIDUE = f"{SOURCE}/residue.yaml"
SOURCES = f"{SOURCE}/sources.yaml"
REFERENCE = "reference/actors.yaml"
CROSSWALK = "reference/crosswalk.yaml"

BELARUS = "actor_id: actor-belarus\n"
VISIT = "event_id: event-august-visit\n"
EXERCISE = "event_id: event-exercise\n"

Expected = tuple[str, int, str]
"""A fault: its file, its line, and parts of its text in their order, with ` ... ` between them."""


def assert_faults(faults: list[str], expected: list[Expected]) -> None:
    """There are these faults, in the order of their places, and no others."""
    expected = sorted(expected, key=lambda fault: (Path(fault[0]), fault[1]))
    assert [fault.partition(": ")[0] for fault in faults] == [f"{file}:{line}" for file, line, _ in expected]
    for fault, (_, _, text) in zip(faults, expected, strict=True):
        at = 0
        for part in text.split(" ... "):
            assert part in fault[at:], f"{part!r} is not in (or not in this order in) {fault!r}"
            at = fault.index(part, at) + len(part)


def broken(seeds: Path, *edits: tuple[str, str, str, str, str]) -> list[Expected]:
    """Make edits of one line each (file, after what, old, new, the fault); the faults to expect."""
    assert all(old.count("\n") == new.count("\n") for _, _, old, new, _ in edits)
    return [(file, edit(seeds / file, old, new, after=after), text) for file, after, old, new, text in edits]


# --- Quotes ---

QUOTES = [
    (
        "quote: with a joint naval exercise—scheduled",
        f"is not in {ARTICLE} ... the nearest passage is 5 (line 5): 'with a joint military exercise—scheduled'; "
        "the quote has 'naval' for printed 'military' ... copy the quote from the article, character by character",
    ),
    ("quote: Zanzibar", f"is not in {ARTICLE} ... shares no word with the quote ... copy the quote"),
    ("quote: Valery Revenko, passage: 5", "is not in passage 5 ... it is in passage 3 ... correct 'passage'"),
    ("quote: elaru, passage: 2", "is not in passage 2 ... in the middle of a word ... quote whole words"),
    ("quote: Alexander Lukashenko. The two leaders", "it crosses the end of a sentence"),
    (
        "quote: Revenko",
        "the quote Revenko occurs 2 times ... passages 3, 4 ... narrow it down with 'passage' and 'occurrence'",
    ),
    ("quote: its, passage: 15", "the quote its occurs 2 times ... 'occurrence'"),
    (
        'quote: "Iran\'s General Staff"',
        "U+0027 ... U+2019 ... straight ... copy the printed words: Iran’s General Staff",
    ),
    ("quote: a joint military exercise-scheduled", "U+002D ... U+2014 ... straight ... exercise—scheduled"),
    ("quote: \"that 'there are no closed topics'\"", "U+2018 ... U+0027 ... U+2019 ... straight ... ‘there"),
    ("quote: Belarus, passage: 99", "passage 99 does not exist ... has passages 1 to ... give one of these"),
    *(
        (
            f"quote: its, passage: 15, occurrence: {number}",
            f"occurrence {number} of its does not exist ... it occurs 2 time(s) ... count the occurrences from 1",
        )
        for number in ("0", "3", "-1", "last")
    ),
    ('quote: "Valery  Revenko"', "is not in ... white space ... Valery Revenko"),
    ("quote: ", "the quote is empty"),
    ("quote: [its], passage: 15", "quote is a list or mapping"),
    ("quote: its, passage: [15]", "passage is a list or mapping"),
    ("quote: its, passage: 15, occurrence: [1]", "occurrence is a list or mapping"),
    ("note: none", "quote is missing"),
]


def mention(seeds: Path, fields: str) -> int:
    """Add a mention of Belarus, which depends on nothing else in the coding; its line."""
    return append(seeds / MENTIONS, f"- {{actor_id: actor-belarus, form: name, {fields}}}")


def change_article(seeds: Path, root: str = "") -> Expected:
    """Change the article in a byte that no quote holds; the fault to expect."""
    edit(seeds / ARTICLE, "\n", "\n\n", after="closed topics’")
    text = f"the bytes of {ARTICLE} are not those that were coded ... their SHA-256 is ... is a new source"
    return f"{root}{SOURCES}", line_of(seeds / SOURCES, "sha256: "), text


def test_quote_that_is_no_quote(seeds: Path) -> None:
    """A quote that the article lacks, or has several times, is taken; or its fault does not say what is printed.

    Or an article that was changed after it was coded is not reported beside lost quotes.
    """
    expected = [(MENTIONS, mention(seeds, fields), text) for fields, text in QUOTES]
    pinned = change_article(seeds)
    assert_faults(build_faults(seeds), [*expected, pinned])


# --- What is written ---


def test_form_that_is_no_form(seeds: Path) -> None:
    """A field, value or short form that means nothing is dropped without a word, or reported elsewhere, or twice."""
    expected = broken(
        seeds,
        # Columns: of the row, of its code sheet, of a nested row, of its explanations
        (ACTORS, BELARUS, "kind: state", "remark: x, kind: state",
         "unknown field remark ... a row of actors ... the fields are: "),
        (ACTORS, "actor-article\n", "note: ", "notes: ", "unknown field notes ... did you mean 'note'?"),
        (RESIDUE, "", "reason: connective", "reason: connective, code: x", "code is not a mapping"),
        (EVENTS, VISIT, "date_text: ", "date_earliest: ", "unknown field date_earliest ... the fields are: "),
        (EVENTS, VISIT, "visitor: ", "visiter: ", "unknown field visiter ... did you mean 'visitor'?"),
        (SOURCES, "", "supports: language", "supports: language, because: x", "unknown field because"),
        (REFERENCE, "", "wikidata_id: Q184", "kind: Q184",
         "unknown field kind ... reference for actors ... the fields are: "),
        # Values
        (ACTORS, "actor-iran\n", "state", "stat",
         "actors.kind is 'stat' ... actor_kind is closed ... did you mean 'state'? the terms are: "),
        (ACTORS, "actor-russia\n", "named: true", "named: yes",
         "named is yes ... holds boolean ... write true or false"),
        (ACTORS, "actor-office-president-iran\n", "{kind", "{note: [x], kind",
         "note is a list or mapping ... write one value"),
        (ACTORS, "actor-x\n", "name: X", 'name: ""', "actors.name is '' ... an empty text is not a value"),
        (ACTORS, "", "name_as_printed: Masoud Puzhehan", "name_as_printed: Masoud Pezeshkian",
         "'Pezeshkian' for printed"),
        (EVENTS, VISIT, "date_edtf: XXXX-08", "date_edtf: last August",
         "events.date_edtf is 'last August' ... EDTF ... 2026"),
        (PROVISIONS, "", "id: provision-exercise\n", "id: [provision-exercise]\n", "provision_id is a list"),
        # Explanations
        (AGREEMENTS, "", "value: secret", "stance: secret", "unknown field stance ... an item of evidence"),
        (AGREEMENTS, "", "supports: period_edtf", "supports: perod_edtf",
         "does not exist ... did you mean 'period_edtf'?"),
        (AGREEMENTS, "", "[label, kind]", "[label, kind, signed_edtf]",
         "agreements.signed_edtf of agreement-belarus-iran-2026-plan is empty and has evidence ... write the value"),
        (AGREEMENTS, "Twitter", "supports: publicity", "supports: agreement_id",
         "takes no evidence or gap ... its origin is key"),
        (AGREEMENTS, "", "{not_stated: [signed", "{not_statd: [signed", "unknown term ... did you mean 'not_stated'?"),
        (EVENTS, EXERCISE, "supports: place_precision", "supports: [[label]]", "supports holds a list or mapping"),
        (EVENTS, VISIT, "rule: year_before_plan", "rule: year_before_the_plan",
         "unknown term ... did you mean 'year_before_plan'?"),
        (EVENTS, "event-training\n", "[dates", "[date", "which does not exist ... did you mean 'dates'?"),
        (EVENTS, "event-minsk-meeting\n", "gaps: {not_stated: [dates, plover_mode]}", "gaps: [dates]",
         "gaps is not a mapping"),
        # Groups, attribution and roles
        (CLAIMS, "# 9.", "said: {actor-analysts", "said: {actor-analyst", "said names actor-analyst ... has that voice"),
        (CLAIMS, "claim-exclusive\n", "about: {subject: actor-", "about: {subject: act-",
         "unknown kind of id act-article"),
        (CLAIMS, "claim-headline-secret\n", "about: {", "about: {topic: {}, ", "a list or mapping in place of an id"),
    )  # fmt: skip
    assert_faults(build_faults(seeds), expected)


def test_row_without_an_id_of_its_own(seeds: Path) -> None:
    """A row lacks its id, or what no rule decides, and is reported for each link to it; or one with a taken id is lost."""
    for file, row, lacking in (
        (ACTORS, "actor-europe", "kind: bloc, "),
        (CLAIMS, "claim-belarus-prioritizes-iran-over-russia", ", author_factuality: Uu"),
    ):
        edit(seeds / file, lacking, "", after=f"{row}\n")
    first = line_of(seeds / ACTORS, "- actor_id: actor-iran\n")
    copy = copy_row(seeds / ACTORS, "actor_id: actor-iran", "", "")
    edit(seeds / ACTORS, f"- {BELARUS}      ", "- ")
    expected = [
        (ACTORS, line_of(seeds / ACTORS, "- name: Belarus\n"),
         "actor_id is missing ... must have it ... add actor_id"),
        (ACTORS, line_of(seeds / ACTORS, "- actor_id: actor-europe\n"), "kind is missing"),
        (ACTORS, copy - 1,
         f"the actors row actor-iran occurs twice ... it is at actors.yaml:{first - 1} already ... another id"),
        (CLAIMS, line_of(seeds / CLAIMS, "- claim_id: claim-belarus-prioritizes-iran-over-russia"),
         "no rule decides it here"),
    ]  # fmt: skip
    assert_faults(build_faults(seeds), expected)


# --- The laws ---


def test_law_that_is_broken(seeds: Path) -> None:
    """A law is broken and nobody sees it, or the fault is not where the cell is written, or hides another."""
    expected = broken(
        seeds,
        # Keys
        (ACTORS, "actor-iranian-delegation\n", "_id: actor-general-staff-iran", "_id: actor-general-stuff-iran",
         "unknown id actor-general-stuff-iran in parent_actor_id ... no row of actors has it ... did you mean"),
        (EVENTS, VISIT, "visitor: actor-pezeshkian", "visitor: actor-pezeshkien",
         "unknown id actor-pezeshkien ... did you mean"),
        (PROVISIONS, "provision-exercise-forces\n", "id: provision-exercise\n", "id: provision-exercise-forces\n",
         "a cycle among parents: provision-exercise-forces -> provision-exercise-forces ... break the cycle"),
        # Evidence
        (EVENTS, VISIT, ", rule: year_before_plan", "",
         "evidence for date_inferred_edtf is inferred and has no rule ... the rules are: "),
        (SOURCES, "", "supports: language", "supports: language, basis: inferred, rule: place_is_country",
         "the basis inferred does not fit language ... make it judged"),
        (AGREEMENTS, "", "value: secret", "value: hidden",
         "the value of evidence 'hidden' cannot be a value of agreements.publicity ... the terms of agreement_publicity are"),
        # Gaps
        (EVENTS, EXERCISE, "candidate: place-belarus, ", "", "a gap that is ambiguous names no candidate ... add the candidate"),
        (EVENTS, "event-kremlin-acknowledgement\n", "{not_stated: [", "{undisclosed: [",
         "a gap that is undisclosed quotes no words ... leave the cell open ... add the quote"),
        (EVENTS, "event-moscow-demands\n", "{not_stated: [", "{not_stated: [{columns: place_id, candidate: place-iran}, ",
         "names a candidate ... make the reason ambiguous"),
        # Dates
        (EVENTS, VISIT, "date_edtf: XXXX-08", "date_edtf: 2026-13", "date_edtf ... 2026-13 ... EDTF"),
        (EVENTS, "event-august-meeting\n", "date_edtf: XXXX-08", "date_edtf: 2026-08/2026-03", "ends before it starts"),
        # Outside lists
        (CROSSWALK, "", 'code: "057"', 'code: "075"', "unknown CAMEO code 075 ... did you mean '057'?"),
        (CROSSWALK, "finalization", "code_label: Sign formal agreement", "code_label: Sign",
         "is labelled Sign ... use that label"),
    )  # fmt: skip
    for file, old, new, place, text in (
        (AGREEMENTS, "[stage, factuality]", "[stage]", "factuality: ",
         "agreements.factuality of agreement-belarus-iran-2026-plan "
         "has a value but no evidence ... every value rests on words of a source ... quotes those words"),
        (AGREEMENTS, "supports: period_edtf", "supports: [period_edtf, form_text]", "form_text: ",
         "'plan' is not spelled as quoted ... form_text is verbatim ... write the printed words"),
        (SOURCES, "[publisher, ", "[", "- source_id",
         "sources.publisher of 000_25b4411c60a1a6fd is empty but has no gap ... add a gap"),
        (SOURCES, "derived_from_source_id]", "derived_from_source_id, headline]", "headline: ",
         "sources.headline of 000_25b4411c60a1a6fd has a value and a gap ... remove one of them"),
    ):  # fmt: skip
        edit(seeds / file, old, new)
        expected.append((file, line_of(seeds / file, place), text))
    edit(seeds / RESIDUE, "- {passage: 7, quote: While, reason: connective}\n", "")
    text = "the word 'While' ... under neither evidence nor residue ... every word is accounted ... list it in residue"
    expected.append((ARTICLE, 7, text))
    assert_faults(build_faults(seeds), expected)


# --- Files ---


def test_file_that_cannot_be_read(seeds: Path) -> None:
    """A file that cannot be read crashes the build, or brings faults about everything that it would have held."""
    expected = broken(
        seeds,
        (CLAIMS, "", "kind: ", "kind: trend, kind: ", "the key kind occurs twice ... keep one of them"),
        (PROVISIONS, "", "area: joint_exercise", "area: &area [*area]", "a YAML alias ... write the value out"),
    )
    for file, content, text in (
        (EVENTS, b"", "the file is empty ... restore its content, or delete it"),
        (MENTIONS, b" \n\n", "the file is empty ... restore its content, or delete it"),
        (ACTORS, b"# Nothing yet.\n", "the file is empty ... restore its content, or delete it"),
        (
            SOURCES,
            f"source_id: {SOURCE}\n".encode(),
            "not a list ... a coding file is a list of rows ... begin each row",
        ),
        (
            f"{SOURCE}/event.yaml",
            b"- event_id: event-x\n",
            "the file belongs to no table ... the tables are: events, actors",
        ),
        (f"{SOURCE}/gaps.yaml", b"- table_name: actors\n", "the file belongs to no table"),
        (f"{SOURCE}/claim_about.yaml", b"- claim_id: x\n", "the file belongs to no table"),
        ("reference/actor.yaml", b"match: x\n", "the file belongs to no table ... actors"),
        ("reference/evidence.yaml", b"- quote: Minsk\n", "the file belongs to no table"),
        (REFERENCE, b"- actor-belarus\n", "not a reference file ... a mapping of 'match' (a column) and 'rows'"),
        (CROSSWALK, b"- none\n", "not a row: none ... write it that way"),
    ):
        if not (seeds / file).exists():
            list_file(seeds, file)
        (seeds / file).write_bytes(content)
        expected.append((file, 1, text))
    for file in (ARTICLE, AGREEMENTS, RESIDUE):
        content = (seeds / file).read_bytes()
        at = content.index(b"\n", len(content) // 2)
        (seeds / file).write_bytes(content[:at] + b"\xff" + content[at:])
        line = content.count(b"\n", 0, at) + 1
        expected.append((file, line, f"byte {at} (0xff) is not UTF-8 ... restore the file as UTF-8"))
    assert_faults(build_faults(seeds), expected)


def listed(seeds: Path) -> list[str]:
    """The files that the seeds list."""
    return [line.removeprefix("- ") for line in (seeds / FILES).read_text().splitlines() if line.startswith("- ")]


def make_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("ruin", "said"),
    [
        (Path.unlink, "the file is missing"),
        (lambda file: file.write_bytes(b""), "the file is empty"),
        (make_pipe, "no regular file"),
        (make_folder, "no regular file"),
    ],
    ids=["missing", "empty", "pipe", "folder"],
)
def test_file_vanishes(seeds: Path, ruin: Callable[[Path], object], said: str) -> None:
    """A file of the seeds is missing or no file any more, and the build publishes without it, waits, or names others."""
    names = listed(seeds)
    for name in names:
        ruin(seeds / name)
    faults = [fault for fault in build_faults(seeds) if not fault.startswith(".:1: no article; ")]
    assert [fault.partition(":")[0] for fault in faults] == sorted(names, key=Path)
    assert all(f":1: {said}; " in fault for fault in faults), faults


def test_file_is_cut_off(seeds: Path) -> None:
    """A file that ends within a line, where it is still well-formed YAML, is published without the rest."""
    expected = []
    for name in (ACTORS, MENTIONS, REFERENCE, "reference/terms.yaml", "retired.yaml", FILES):
        file = seeds / name
        file.write_bytes(file.read_bytes().rstrip(b"\n"))
        line = file.read_bytes().count(b"\n") + 1
        expected.append((name, line, "the file ends within a line ... cut off (law 12) ... restore what follows"))
    assert_faults(build_faults(seeds), expected)


def test_code_list_is_no_code_list(seeds: Path) -> None:
    """The list of codes is cut off, or has no codes, and every code is unknown, or none is looked up."""
    name = "reference/cameo.csv"
    content = (seeds / name).read_bytes()
    (seeds / name).write_bytes(content[:-3])
    line = content.count(b"\n")
    assert_faults(build_faults(seeds), [(name, line, "the file ends within a line")])
    (seeds / name).write_bytes(content.replace(b"code,", b"cod,"))
    assert_faults(build_faults(seeds), [(name, 1, "not a code list ... no column 'code' ... restore it")])


def test_file_that_nobody_would_miss(seeds: Path) -> None:
    """A file that is not listed is read, so that it can vanish unseen; or the list itself is gone or no list."""
    shutil.copy(seeds / ACTORS, seeds / SOURCE / "actors.bak")
    (seeds / ".actors.yaml.swp").touch()
    edit(seeds / FILES, f"- {PLACES}\n", "")
    text = "the file is not in files.yaml ... nobody would miss it if it vanished (law 12) ... add '- "
    expected = [(f"{SOURCE}/actors.bak", 1, f"{text}{SOURCE}/actors.bak'"), (PLACES, 1, f"{text}{PLACES}'")]
    assert_faults(build_faults(seeds), expected)
    (seeds / FILES).write_text("{a: b}\n", encoding="utf-8")
    assert_faults(build_faults(seeds), [(FILES, 1, "not a list of files ... write each as '- NAME'")])
    (seeds / FILES).unlink()
    assert_faults(build_faults(seeds), [(FILES, 1, "the file cannot be read ... restore it")])


def test_file_that_is_missing(seeds: Path) -> None:
    """A file without which nothing makes sense is missing, as is its line in the list, and the fault does not say what it is."""
    (seeds / SOURCES).unlink()
    edit(seeds / FILES, f"- {SOURCES}\n", "")
    shutil.copytree(seeds / SOURCE, seeds / "001_other")
    list_file(seeds, *(f"001_other/{file.name}" for file in (seeds / "001_other").iterdir()))
    expected = [
        (SOURCES, 1, "the file is missing ... has none ... write it, with the sha256"),
        ("001_other.txt", 1, "the file is missing ... the coding folder 001_other ... put the article's file here"),
    ]
    assert_faults(build_faults(seeds), expected)
    (seeds / ARTICLE).unlink()
    assert any(fault.startswith(".:1: no article;") for fault in build_faults(seeds))
    assert_faults(build_faults(seeds / "sedes"), [(".", 1, "there is no seeds folder ... create it")])


def test_null_of_yaml(seeds: Path) -> None:
    """A null of YAML is published as the word that it is written with, or what is in quotation marks is taken for a null."""
    edit(seeds / PLACES, "note: That Minsk lies in Belarus is inferred from who met whom there.", "note: '~'")
    assert build_faults(seeds) == []
    expected = broken(
        seeds,
        (ACTORS, "actor-x\n", "name: X", "name: ~", "a null of YAML: ~ ... a gap ... in quotation marks"),
        (ACTORS, "actor-iran\n", "named: true", "named: null", "a null of YAML: null"),
        (REFERENCE, "", "wikidata_id: Q184", "wikidata_id: NULL", "a null of YAML: NULL"),
        (RESIDUE, "", "reason: connective", "reason: Null", "a null of YAML: Null"),
    )
    assert_faults(build_faults(seeds), expected)


def test_text_that_is_not_what_it_seems(seeds: Path) -> None:
    """Text with characters that nobody sees is published, or the fault is elsewhere, or told again of what rests on it."""
    unseen = "of ... has characters that are unseen or not assigned: '\\u200b' ... (law 14) ... take them out"
    expected = broken(
        seeds,
        (ACTORS, "actor-x\n", "name: X", 'name: "X\\u200b"', f"actors.name {unseen}"),
        (EVENTS, VISIT, "label: The Presi", "label: The Presi\u200b", f"events.label {unseen}"),
        (
            CROSSWALK,
            "",
            'certain, positive", match',
            'cert\u0430in, positive", match',
            "crosswalk.code_label of ... several scripts: 'cert\\u0430' ... write the word in one",
        ),
    )
    assert_faults(build_faults(seeds), expected)


@pytest.mark.parametrize(
    ("row", "line", "said"),
    [
        pytest.param("  name: x\n\tkind: y\n", 3, "", id="tab"),
        pytest.param("  kind: state: yes\n", 2, "", id="two-colons"),
        pytest.param("  name: x\n kind: y\n", 3, "", id="indentation"),
        pytest.param("  columns: [x\n  kind: y\n", 3, "", id="open-bracket"),
        pytest.param("  kind: sta\x07te\n", 2, "", id="control-character"),
        pytest.param('  kind: "state\n', 3, "(in the value that begins on line 2)", id="unclosed-quotation-mark"),
    ],
)
def test_malformed_yaml(tmp_path: Path, row: str, line: int, said: str) -> None:
    """A file that is no YAML crashes the build, or its fault has no word of the line where what is wrong begins."""
    file, faults = tmp_path / "actors.yaml", Faults()
    file.write_text(f"- actor_id: x\n{row}", encoding="utf-8")
    assert read_yaml(file, faults) is None
    (fault,) = faults.sorted()
    assert (fault.place.line, fault.what) == (line, "malformed YAML")
    assert said in fault.why


# --- The command line ---


def run_build(seeds: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[str], list[str]]:
    """Run the command line on the seeds and the dataset beside them: exit code, printed lines, lines of faults."""
    code = build.main(["--seeds", str(seeds), "--dataset", str(seeds.parent / "dataset"), *options])
    printed = capsys.readouterr()
    return code, printed.out.splitlines(), printed.err.splitlines()


@pytest.fixture
def dataset(seeds: Path, package: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good package beside the seeds, in the working folder."""
    monkeypatch.chdir(seeds.parent)
    return shutil.copytree(package, seeds.parent / "dataset")


def test_faulty_seeds_are_published(seeds: Path, dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failed build publishes half of its output, makes a folder, or says nowhere what is wrong.

    Or outside knowledge about nobody, or a change of the article that no quote holds, passes without a word.
    """
    unknown = "unknown actor_id actor-rusia ... no row of actors has it ... did you mean 'actor-russia'?"
    expected = [
        (f"seeds/{REFERENCE}", edit(seeds / REFERENCE, "actor-russia", "actor-rusia"), unknown),
        change_article(seeds, "seeds/"),
    ]
    (dataset / "README.txt").write_text("Not the build's.\n", encoding="utf-8")
    before = files_of(dataset)
    code, printed, (*faults, last) = run_build(seeds, capsys)
    assert (code, printed, last) == (1, [], "2 fault(s); nothing was published")
    assert_faults(faults, expected)
    assert files_of(dataset) == before
    with pytest.raises(BuildFailed):
        build.build(seeds / "sedes", seeds.parent / "new" / "dataset")
    assert {path.name for path in seeds.parent.iterdir()} == {"seeds", "dataset"}


def test_good_seeds_print_every_table(seeds: Path, package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A build of good seeds finds fault, does not say what it has built, or builds something else the second time."""
    code, printed, faults = run_build(seeds, capsys)
    assert (code, faults) == (0, [])
    counts = {}
    for file in (package / "csv").iterdir():
        with file.open(newline="", encoding="utf-8") as stream:
            counts[file.stem] = len(list(csv.reader(stream))) - 1
    lines = [line.split() for line in printed]
    assert {line[0]: int(line[1]) for line in lines if line[2:] == ["rows"]} == counts
    assert files_of(seeds.parent / "dataset") == files_of(package)


def test_edited_dataset_passes_the_check(
    seeds: Path,
    dataset: Path,
    package: Path,
    tables: Tables,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An edited dataset passes the check, or the check mends it, or rejects the build's own output."""
    # That the seeds give this package, another test shows.
    monkeypatch.setattr(build, "tables_from", lambda seeds: tables)
    monkeypatch.setattr(build, "_stage", lambda folder, tables: shutil.copytree(package, folder))
    assert run_build(seeds, capsys, "--check")[0] == 0
    assert files_of(dataset) == files_of(package)
    changed = ("csv/events.csv", "datapackage.json", "parquet/gaps.parquet")
    for name in changed:
        content = bytearray((dataset / name).read_bytes())
        content[-2] ^= 1
        (dataset / name).write_bytes(content)
    (dataset / "CODEBOOK.md").unlink()
    for name in ("csv/extra.csv", "my notes.txt"):
        (dataset / name).touch()
    before = files_of(dataset)
    code, printed, (*faults, _) = run_build(seeds, capsys, "--check")
    assert (code, printed) == (1, [])
    what = dict.fromkeys(changed, "differs") | {"CODEBOOK.md": "is missing"}
    what |= dict.fromkeys(("csv/extra.csv", "my notes.txt"), "is not part of the package")
    expected = [
        (f"dataset/{name}", 1, f"{name} {said} ... run: python scripts/build.py") for name, said in what.items()
    ]
    assert_faults(faults, expected)
    assert files_of(dataset) == before


@pytest.fixture
def fewer(tables: Tables, package: Path, monkeypatch: pytest.MonkeyPatch) -> Tables:
    """The tables that a build makes, at once, to take rows from."""
    made = {name: [*rows] for name, rows in tables.items()}
    monkeypatch.setattr(build, "tables_from", lambda seeds: made)
    monkeypatch.setattr(build, "_stage", lambda folder, tables: shutil.copytree(package, folder))
    return made


def test_build_drops_published_rows(
    seeds: Path, dataset: Path, fewer: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    """A build drops what was published without a word, or says nowhere what, or drops nothing even if that is meant."""
    gone = fewer["claims"].pop(4)["claim_id"]
    fewer["dyads"].clear()
    before = files_of(dataset)
    code, printed, (*faults, _) = run_build(seeds, capsys)
    assert (code, printed) == (1, [])
    text = f"1 row(s) of claims would be dropped: {gone}; an id that was published stays"
    expected = [
        ("dataset/csv/claims.csv", 6, f"{text} ... (law 12) ... retire given ids ... --dropping"),
        ("dataset/csv/dyads.csv", 2, "row(s) of dyads would be dropped ... nine tenths ... (law 12) ... --dropping"),
    ]
    assert_faults(faults, expected)
    assert files_of(dataset) == before
    append(seeds / "retired.yaml", f"- {{table: claims, id: {gone}, reason: no claim}}")
    assert_faults(run_build(seeds, capsys)[2][:-1], expected[1:])
    assert run_build(seeds, capsys, "--dropping")[0] == 0


def test_build_replaces_what_it_cannot_read(
    seeds: Path, dataset: Path, fewer: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a damaged package held is dropped unseen; or one that can be read in part, or is not there, stops the build."""
    (dataset / "csv" / "claims.csv").write_text("damaged\n", encoding="utf-8")
    (dataset / "parquet" / "events.parquet").unlink()
    assert run_build(seeds, capsys)[0] == 0
    for form in ("csv", "parquet"):
        (dataset / form / f"claims.{form}").write_text("damaged\n", encoding="utf-8")
    (*faults, _) = run_build(seeds, capsys)[2]
    text = "has changed ... what would vanish of claims is not known ... restore it, or build with --dropping"
    assert_faults(faults, [("dataset/parquet/claims.parquet", 1, text)])
    (dataset / "datapackage.json").unlink()
    (*faults, _) = run_build(seeds, capsys)[2]
    assert_faults(faults, [("dataset/datapackage.json", 1, "what would vanish is not known")])
    assert run_build(seeds, capsys, "--dropping")[0] == 0
    shutil.rmtree(dataset)
    assert run_build(seeds, capsys)[0] == 0


def test_check_of_a_missing_dataset(package: Path, tmp_path: Path) -> None:
    """The check passes, or crashes, where nothing was built."""
    with pytest.raises(BuildFailed) as failure:
        build._compare(package, tmp_path / "dataset")
    assert len(failure.value.faults) == len(files_of(package))
    assert all("is missing" in fault.what for fault in failure.value.faults)


def test_unknown_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped option is ignored, and the build publishes all the same."""
    with pytest.raises(SystemExit) as end:
        build.main(["--seeds", str(tmp_path), "--dataset", str(tmp_path / "dataset"), "--chekc"])
    assert end.value.code == 2
    assert "--chekc" in capsys.readouterr().err
