"""scripts/agreement.py: made codings with known answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import agreement

ROOT = Path(__file__).resolve().parent.parent
ARTICLE = "Alpha and Beta met.\nBeta told Gamma that Alpha left.\n"

# Against FIRST, SECOND has 3 of 4 mentions at the same place, one of them longer, and calls one form otherwise.
ACTORS = """
- {actor_id: actor-a, name: A, kind: state, named: true, name_as_printed: Alpha, passage: 1, quote: Alpha}
- {actor_id: actor-b, name: B, kind: state, named: true, name_as_printed: Beta, passage: 1, quote: Beta}
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
    return article, first, second


def lines(article: Path, first: Path, second: Path) -> dict[str, list[str]]:
    """The printed rows, by table or column name."""
    command = [
        sys.executable,
        str(ROOT / "scripts" / "agreement.py"),
        str(first),
        str(second),
        "--article",
        str(article),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return {line.split()[0]: line.split()[1:] for line in run.stdout.splitlines() if line}


def test_scores_other_than_counted_by_hand(codings: tuple[Path, Path, Path]) -> None:
    """Scores that differ from those counted by hand: 2 of 3 and 2 of 4 exact, 3 of 3 and 3 of 4 overlapping."""
    printed = lines(*codings)
    assert printed["mentions"] == ["4", "3", "0.67", "0.50", "0.57", "1.00", "0.75", "0.86"]
    assert printed["actors"] == ["2", "2", "1.00", "1.00", "1.00", "1.00", "1.00", "1.00"]


def test_ids_of_ones_own_counted_as_disagreement(codings: tuple[Path, Path, Path]) -> None:
    """Coders who give the same actors other ids agree all the same: kinds are equal, and alpha is undefined for one value."""
    printed = lines(*codings)
    assert printed["actors.kind"] == ["2", "1.00", "-"]
    assert printed["mentions.form"][:2] == ["3", "0.67"]


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


def test_row_found_once_counted_twice() -> None:
    """Two rows against one of the same span are one found, not two."""
    span = frozenset({(0, 5)})
    score = agreement.exact_score({"a": span, "b": span}, {"c": span})
    assert (score.found, score.precision, score.recall) == (1, 1.0, 0.5)


def test_folder_with_faults_compared(codings: tuple[Path, Path, Path]) -> None:
    """A faulty folder is not compared: its faults are printed and the exit code is 1."""
    article, first, second = codings
    (second / "mentions.yaml").write_text("- {passage: 1, actor_id: a, form: name, quote: Omega}\n", encoding="utf-8")
    command = [
        sys.executable,
        str(ROOT / "scripts" / "agreement.py"),
        str(first),
        str(second),
        "--article",
        str(article),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "mentions.yaml:1: the quote Omega is not in passage 1" in run.stderr
    assert run.stdout == ""


def test_missing_folder(codings: tuple[Path, Path, Path]) -> None:
    """A folder that is not there is wrong usage: exit code 2."""
    article, first, _ = codings
    command = [sys.executable, str(ROOT / "scripts" / "agreement.py"), str(first), "nowhere", "--article", str(article)]
    assert subprocess.run(command, capture_output=True, text=True, check=False).returncode == 2
