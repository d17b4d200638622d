"""scripts/agreement.py: made codings with known answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import SOURCE

import agreement
from belarus_iran_pact.core.table import fields
from belarus_iran_pact.models import TABLES
from curation.faults import Faults

ARTICLE = "Alpha and Beta met.\nBeta told Gamma that Alpha left.\n"

# Against FIRST, SECOND has 3 of 4 mentions at the same place, one of them longer, and calls one form otherwise.
ACTORS = """
- passage: 1
  rows:
    - {actor_id: actor-a, name: A, code: {kind: state, named: true}, name_as_printed: Alpha}
    - {actor_id: actor-b, name: B, code: {kind: state, named: true}, name_as_printed: Beta}
"""
SOURCES = f"""
- {{source_id: article, headline: Alpha and Beta met., language: en, sha256: {"0" * 64}}}
"""
FIRST = """
- {passage: 1, actor_id: actor-a, form: name, quote: Alpha}
- {passage: 1, actor_id: actor-b, form: name, quote: Beta}
- {passage: 2, actor_id: actor-b, form: name, quote: Beta}
- {passage: 2, actor_id: actor-a, form: name, quote: Alpha}
"""
SECOND = """
- {passage: 1, actor_id: other-a, form: name, quote: Alpha}
- {passage: 1, actor_id: other-b, form: metonym, quote: Beta}
- {passage: 2, actor_id: other-b, form: name, quote: Beta told}
"""


@pytest.fixture
def codings(tmp_path: Path) -> tuple[Path, Path, Path]:
    """An article and two coding folders of it."""
    article = tmp_path / "article.txt"
    article.write_text(ARTICLE, encoding="utf-8")
    first, second = tmp_path / "article", tmp_path / "second"
    for folder, mentions, actors in (
        (first, FIRST, ACTORS),
        (second, SECOND, ACTORS.replace("actor_id: actor-", "actor_id: other-")),
    ):
        folder.mkdir()
        (folder / "mentions.yaml").write_text(mentions, encoding="utf-8")
        (folder / "actors.yaml").write_text(actors, encoding="utf-8")
        (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    return article, first, second


def figures(capsys: pytest.CaptureFixture[str], first: Path, second: Path, article: Path) -> dict[str, list[str]]:
    """The printed rows, by table, column or label."""
    assert agreement.main([str(first), str(second), "--article", str(article)]) == 0
    return {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines() if line}


def test_scores_other_than_counted_by_hand(
    codings: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Scores that differ from those counted by hand: 2 of 3 and 2 of 4 exact, 3 of 3 and 3 of 4 overlapping, 3 of 4 words.

    Coders who give the same actors other ids agree all the same: kinds are equal, and alpha is undefined for one value.
    """
    article, first, second = codings
    printed = figures(capsys, first, second, article)
    assert printed["mentions"] == ["4", "3", "0.67", "0.50", "0.57", "1.00", "0.75", "0.86", "0.75"]
    assert printed["actors"] == ["2", "2", *["1.00"] * 7]
    assert printed["actors.kind"] == ["2", "1", "1.00", "-"]
    assert printed["mentions.form"][:3] == ["3", "2", "0.67"]
    assert printed["mentions.form=metonym"] == ["0", "1", "0.00"]
    assert printed["mentions.actor_id/..."] == ["3", "2", "1.00", "1.00"]


def test_coding_that_disagrees_with_itself(good_seeds: Path) -> None:
    """A coding compared with itself, its rows in another order or with other ids, disagrees with itself somewhere."""
    tables = agreement.read_tables(good_seeds / SOURCE, good_seeds / f"{SOURCE}.txt", Faults())
    text = (good_seeds / f"{SOURCE}.txt").read_text(encoding="utf-8")
    coded = {name for name, rows in tables.items() if rows and TABLES[name].table.explained}
    backwards = {name: rows[::-1] for name, rows in tables.items()}
    ids = {row["event_id"] for row in tables["events"]} | {row["actor_id"] for row in tables["actors"]}
    renamed = {
        name: [{column: f"other-{value}" if value in ids else value for column, value in row.items()} for row in rows]
        for name, rows in tables.items()
    }
    for other in (backwards, renamed):
        paired = agreement.pair_tables(tables, other)
        assert coded - paired.keys() == {"sources", "passages"}
        for line in agreement.report(paired, text).splitlines():
            assert set(re.findall(r"\d\.\d\d\b", line)) <= {"1.00"}, line
        assert agreement.differences(paired, (tables, other), "") == ""


def test_alpha_other_than_worked_out_by_hand() -> None:
    """Alpha by hand: of 4 units, 3 agree; D_o = 2/8, D_e = 2*3*5/(8*7), alpha = 1 - 0.25/0.536 = 0.533."""
    pairs = [("x", "x"), ("x", "x"), ("y", "y"), ("x", "y")]
    assert agreement.alpha(pairs) == pytest.approx(1 - (2 / 8) / (2 * 3 * 5 / (8 * 7)))


def test_null_taken_for_missing() -> None:
    """A null is a decision: null against a term is a disagreement, not a unit left out."""
    assert agreement.alpha([("x", None), ("x", "x"), ("y", "y")]) != agreement.alpha([("x", "x"), ("y", "y")])


def test_pairing_that_favours_agreement() -> None:
    """Rows with the same span are paired in written order, whatever was coded on them."""
    span = frozenset({(0, 5)})
    assert agreement.match({"a": span, "b": span}, {"c": span, "d": span}) == {"a": "c", "b": "d"}


def test_claims_of_one_sentence_are_mixed_up() -> None:
    """Claims that rest on one sentence are paired in written order, though they say other things: each with another's codes."""
    span = frozenset({(0, 50)})
    said = (
        {"a": "Iran holds talks.", "b": "Belarus holds an exercise."},
        {"c": "Belarus holds exercises.", "d": "Iran talks."},
    )
    paired = agreement.match({"a": span, "b": span}, {"c": span, "d": span}, wordings=said)
    assert paired == {"a": "d", "b": "c"}


def test_expression_for_two_is_paired_crosswise() -> None:
    """An expression that picks out two actors is paired with another actor's, though the other coding has both."""
    span = frozenset({(0, 5)})
    names: tuple[agreement.Parts, agreement.Parts] = {"a": ["x"], "b": ["y"]}, {"c": ["y"], "d": ["x"]}
    assert agreement.match({"a": span, "b": span}, {"c": span, "d": span}, names=names) == {"a": "d", "b": "c"}


def test_joined_terms_are_taken_for_one() -> None:
    """Terms that are joined are taken for one label, or their order for a difference."""
    (item,) = [item for item in fields(TABLES["events"]) if item.name == "plover_contexts"]
    labels = [agreement._labels({item.name: value}, [item], {}) for value in ("b;a", "a;b", "a", None)]
    assert labels == [("a", "b"), ("a", "b"), ("a",), agreement.EMPTY]
    pairs = [(labels[0], labels[2]), (labels[2], labels[2]), (labels[3], labels[3])]
    assert agreement.label_alpha(pairs, "a") == 1
    assert agreement.label_alpha(pairs, "b") == 0


def test_aim_missed_is_called_reached(codings: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """A figure below its aim is called reached; or tables that have no aim, and columns of few rows, are judged by one."""
    figures = {"events": 0.895, "claims": 0.9, "provisions": None}
    assert agreement._aim("F1", figures, 0.9) == "F1: 1 of 3 reach 0.9; below: events (0.895), provisions (0.000)"
    article, first, second = codings
    assert agreement.main([str(first), str(second), "--article", str(article)]) == 0
    for line in capsys.readouterr().out.splitlines()[-2:]:
        assert line.partition(": ")[2].startswith("0 of 0 reach ")


def test_difference_is_not_told(codings: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """A difference is not told, or without the words: a row that one coding lacks, a cell that they fill otherwise."""
    article, first, second = codings
    assert agreement.main([str(first), str(second), "--article", str(article), "--differences"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "mentions: 4 rows < and 3 rows >, 3 pairs",
        '  = actor-b.article.10.14 / other-b.article.10.14: "Beta"',
        "      form",
        '        < name  article.s01 "Beta" (judged, supports)',
        '        > metonym  article.s01 "Beta" (judged, supports)',
        '  < actor-a.article.41.46: "Alpha"',
    ]


def test_table_that_one_coder_left_out_is_not_counted(
    codings: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A table that one coder left out is not counted, as if there were nothing to find."""
    article, first, second = codings
    (second / "mentions.yaml").unlink()
    assert figures(capsys, first, second, article)["mentions"] == [
        "4",
        "0",
        "-",
        "0.00",
        "0.00",
        "-",
        "0.00",
        "0.00",
        "0.00",
    ]


def test_row_found_once_counted_twice() -> None:
    """Two rows against one of the same span are one found, not two."""
    span = frozenset({(0, 5)})
    assert agreement.found_exactly({"a": span, "b": span}, {"c": span}) == 1


def test_folder_that_cannot_be_compared(codings: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """A faulty folder is compared all the same, or one that is missing: the exit codes are 1 with its faults, and 2."""
    article, first, second = codings
    (second / "mentions.yaml").write_text("- {passage: 1, actor_id: a, form: name, quote: Omega}\n", encoding="utf-8")
    assert agreement.main([str(first), str(second), "--article", str(article)]) == 1
    output = capsys.readouterr()
    assert "mentions.yaml:1: the quote Omega is not in passage 1" in output.err
    assert output.out == ""
    with pytest.raises(SystemExit) as end:
        agreement.main([str(first), "nowhere", "--article", str(article)])
    assert end.value.code == 2
