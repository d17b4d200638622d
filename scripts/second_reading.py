#!/usr/bin/env python
"""A second reading of a coded article: blank sheets for the reader, and from the filled ones the file of the seeds.

    python scripts/second_reading.py blank seeds/NAME FOLDER     write FOLDER/TABLE.txt for each table that has rows not yet read
    python scripts/second_reading.py take seeds/NAME FOLDER      put what the filled sheets say into seeds/NAME/readings.yaml

A sheet has a line for each row: its number, the words by which the reader knows it, and a slot for each judged column. There are no
codes on it, and numbers in place of ids. What a reader needs besides is the article, seeds/CODING.md and the vocabularies in
dataset/CODEBOOK.md. Lines may be left blank and taken later.

Exit codes: 0 done; 1 faults, each printed as `file:line: what; why; what to do`, and nothing is written; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agreement import Spans, read_tables, row_spans, wording
from belarus_iran_pact.core.judging import Slot, labels, slot_name, slots, unread, values_of
from belarus_iran_pact.core.table import Row, Tables, fields, primary_key
from belarus_iran_pact.models import DATASET, TABLES
from belarus_iran_pact.vocabularies import GAP_REASON
from curation.faults import BuildFailed, Faults, Place, did_you_mean
from curation.form import SPAN_COLUMNS
from curation.readings import FILE, NULL, Lines, file_text, groups_in, merged

BAR, BESIDE = " | ", " / "

# What a row says where its words do not tell it from others. Labels of events are not shown: they tell how events are coded.
TOLD_BY = {"actors": "name", "places": "name", "claims": "proposition", "open_questions": "question"}


@dataclass(frozen=True)
class Line:
    """A row on its sheet: its number, such as `event3`; its words; the heading above it; and by what the reader knows it."""

    row_id: str
    number: str
    spans: Spans
    heading: str
    known_by: str


@dataclass(frozen=True)
class Sheet:
    """A table's rows, in an order that tells nothing of the codes."""

    model: type[Row]
    lines: list[Line]

    @property
    def file(self) -> str:
        """What the file is called."""
        return f"{self.model.table.name}.txt"


def sheets_of(tables: Tables) -> dict[str, Sheet]:
    """The sheets of a coding, by table, for all rows; those of rows within others come after these."""
    found: dict[str, Sheet] = {}
    for model in sorted(TABLES.values(), key=lambda model: model.table.within is not None):
        if slots(model) and tables[model.table.name]:
            found[model.table.name] = Sheet(model, list(_lines(tables, model, found)))
    return found


def _lines(tables: Tables, model: type[Row], earlier: dict[str, Sheet]) -> Iterator[Line]:
    """The rows of a table by their words; those within others by the rows that they link, each told by its number."""
    name, key = model.table.name, primary_key(model)
    places = {table: {line.row_id: at for at, line in enumerate(sheet.lines)} for table, sheet in earlier.items()}
    parent = model.table.within
    # What tells a row within another from the rest is no judgement on it.
    telling = [
        (item.name, str(item.column.references))
        for item in fields(model)
        if parent and item.column.references in places and item.name in set(model.table.id_from) - set(SPAN_COLUMNS)
    ]
    spans = row_spans(tables, model)
    spans |= {
        row[key]: frozenset({(row["start_char"], row["end_char"])})
        for row in tables[name]
        if not spans[row[key]] and row.get("quote")
    }
    shared = Counter(spans.values())

    def linked(row: dict[str, Any]) -> list[tuple[str, int]]:
        return [(table, places[table][row[column]]) for column, table in telling if row[column] is not None]

    ordered = sorted(tables[name], key=lambda row: (linked(row), sorted(spans[row[key]])))
    for number, row in enumerate(ordered, start=1):
        words = _words(tables, spans[row[key]])
        column = TOLD_BY.get(name) or (wording(model) if shared[spans[row[key]]] > 1 and not parent else None)
        known_by = [words, row[column] if column and row[column] != words else ""]
        if name == "open_questions":
            known_by.append(_number(row["table_name"], row["row_id"], earlier))
        heading = _sentence(tables, spans[row[key]])
        if parent:
            whole, *others = [earlier[table].lines[at] for table, at in linked(row)]
            heading = f"{whole.number}: {whole.known_by}"
            known_by = [f"{line.number} {line.known_by}" for line in others]
            known_by += [] if others and words == whole.known_by.split(BESIDE)[0] else [words]
        yield Line(
            row[key],
            f"{key.removesuffix('_id')}{number}",
            spans[row[key]],
            heading,
            BESIDE.join(filter(None, known_by)),
        )


def _number(table: str, row_id: str, sheets: dict[str, Sheet]) -> str:
    return next((line.number for line in sheets[table].lines if line.row_id == row_id), "") if table in sheets else ""


def _words(tables: Tables, spans: Iterable[tuple[int, int]]) -> str:
    """The words at some spans; of those that their sentence has before as well, which occurrence is meant."""
    texts = []
    for start, end in sorted(spans):
        for passage in tables["passages"]:
            if passage["start_char"] <= start < passage["end_char"]:
                text, at = passage["text"], start - passage["start_char"]
                quote = text[at : end - passage["start_char"]]
                before = len(re.findall(rf"\b{re.escape(quote)}\b", text[:at]))
                texts.append(f"{quote} (occurrence {before + 1})" if before else quote)
    return " ... ".join(texts)


def _sentence(tables: Tables, spans: Iterable[tuple[int, int]]) -> str:
    first = min((start for start, _ in spans), default=-1)
    found = [row for row in tables["passages"] if row["start_char"] <= first < row["end_char"]]
    return f"{found[0]['ordinal']}. {found[0]['text']}" if found else "Of the article as a whole"


# --- Blank ---


def sheet_text(sheet: Sheet, blank: set[str]) -> str:
    """A sheet, with a line to fill in for each row in `blank`; the others, which links may name, stand as comments."""
    judged = slots(sheet.model)
    names = [slot_name(slot) for slot in judged]
    told = [f"{sheet.model.table.name}: after each | write what the column holds, in this order", ""]
    for slot in judged:
        told += textwrap.wrap(f"{slot_name(slot)}: {_asked(slot)}", 140, subsequent_indent="    ")
    lines = [f"# {line}".rstrip() for line in told]
    heading = ""
    for line in sheet.lines:
        if line.heading != heading:
            heading = line.heading
            lines += ["", f"# {heading}"]
        begin = BAR.join((line.number, line.known_by))
        lines.append(f"{begin}{' |' * len(names)}" if line.row_id in blank else f"# {begin}")
    return "\n".join(lines) + "\n"


def _asked(slot: Slot) -> str:
    """What a reader may write into a slot."""
    column = slot[0].column
    targets = dict.fromkeys(str(item.column.references) for item in slot if item.column.references)
    if targets:
        numbers = [f"{primary_key(TABLES[target]).removesuffix('_id')}1" for target in targets]
        form = f"the number of a row of {' or '.join(targets)}, such as {' or '.join(numbers)}"
    elif column.vocabulary:
        form = ", ".join(column.vocabulary.values()) + ("; several are joined by ;" if column.joined else "")
    else:
        form = "an EDTF date" if column.edtf else "true, false"
    described = column.description if len(slot) == 1 else "What it is."
    if len(slot) > 1 or not slot[0].nullable:
        return f"{described} Write {form}"
    if column.explained:
        return f"{described} Write {form}; or why it is empty, several joined by ;: {', '.join(GAP_REASON.values())}"
    return f"{described} Write {form}; or {NULL}"


# --- Take ---


def taken(sheets: dict[str, Sheet], tables: Tables, folder: Path, faults: Faults) -> dict[str, Lines]:
    """What filled sheets say, by table and row id; faults go to `faults`."""
    found: dict[str, Lines] = {}
    for name, sheet in sheets.items():
        file = folder / sheet.file
        if file.is_file():
            answers = dict(_answers(sheet, file, sheets, faults))
            found[name] = _settled(sheet, answers, values_of(DATASET, tables, name))
    known = {sheet.file for sheet in sheets.values()}
    for file in sorted(folder.glob("*.txt")):
        if file.name not in known:
            what, remedy = "the sheet belongs to no table", did_you_mean(file.name, known, "sheets")
            faults.add(Place(file), what, "a sheet is named after the table whose rows it has", remedy)
    return found


def _answers(
    sheet: Sheet, file: Path, sheets: dict[str, Sheet], faults: Faults
) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    """The rows of a sheet that are filled in."""
    lines = {line.number: line for line in sheet.lines}
    judged = slots(sheet.model)
    seen: set[str] = set()
    for at, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        place = Place(file, at)
        begin, *cells = text.rsplit("|", len(judged))
        number, _, known_by = begin.strip().partition(BAR)
        if text.startswith("#") or not text.strip():
            continue
        line = lines.get(number.strip(" |"))
        if line is None:
            faults.add(place, f"unknown row {number:.40}", "the sheet has no such line", "begin with a row's number")
        elif len(cells) != len(judged) or known_by.strip(" |") != line.known_by:
            what = f"the line of {number} is not the one on the blank sheet"
            why = f"it is to be {line.known_by!r:.80} and {len(judged)} values, each after a |"
            faults.add(place, what, why, "restore the line; if the row has changed, write the sheets anew")
        elif number in seen:
            faults.add(place, f"{number} has two lines", "a row is read once", "keep one")
        elif any(cell.strip() for cell in cells):
            seen.add(number)
            values = [
                _value(cell.strip(), slot, sheets, place, faults) for cell, slot in zip(cells, judged, strict=True)
            ]
            yield line.row_id, tuple(values)


def _value(cell: str, slot: Slot, sheets: dict[str, Sheet], place: Place, faults: Faults) -> str | None:
    """A value as the seeds have it: for a row's number its id."""
    if cell == NULL:
        return None
    targets = [str(item.column.references) for item in slot if item.column.references]
    if not cell:
        what, why = f"no value for {slot_name(slot)}", "a row is read whole"
        faults.add(place, what, why, f"fill it in, or write {NULL} if it is empty and needs no reason")
    elif targets and not all(reason in GAP_REASON for reason in labels(cell)):
        ids = {line.number: line.row_id for target in targets for line in sheets[target].lines if target in sheets}
        if cell not in ids:
            what, why = f"unknown row {cell} for {slot_name(slot)}", f"no row of {' or '.join(targets)} has that number"
            faults.add(place, what, why, did_you_mean(cell, ids, "numbers"))
        return ids.get(cell)
    return cell


def _settled(sheet: Sheet, answers: Lines, coded: Lines) -> Lines:
    """The answers, by row. Rows that look alike on the sheet are told apart by what is answered: those that agree first.

    "Their" for two actors has two lines, and nothing says which of them is for whom.
    """
    alike: dict[tuple[Spans, str, str], list[str]] = defaultdict(list)
    for line in sheet.lines:
        if line.row_id in answers:
            alike[(line.spans, line.heading, line.known_by)].append(line.row_id)
    found: Lines = {}
    for ids in alike.values():
        left = [answers[row_id] for row_id in ids]
        scored = sorted(
            (-sum(labels(a) == labels(b) for a, b in zip(answer, coded[row_id], strict=True)), row, at)
            for row, row_id in enumerate(ids)
            for at, answer in enumerate(left)
        )
        taken_rows: dict[int, int] = {}
        for _, row, at in scored:
            if row not in taken_rows and at not in taken_rows.values():
                taken_rows[row] = at
        found |= {ids[row]: left[at] for row, at in taken_rows.items()}
    return {row_id: found[row_id] for row_id in coded if row_id in found}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("command", choices=("blank", "take"), help="write blank sheets, or take filled ones")
    parser.add_argument("coding", type=Path, help="the coding folder")
    parser.add_argument("sheets", type=Path, help="the folder of the sheets")
    options = parser.parse_args(arguments)
    coding, folder = options.coding.resolve(), options.sheets.resolve()
    article = coding.parent / f"{coding.name}.txt"
    if not coding.is_dir() or not article.is_file():
        parser.error(f"{coding} is not a coding folder beside its article")
    if options.command == "take" and not folder.is_dir():
        parser.error(f"{folder} is not a folder")
    faults = Faults()
    tables = read_tables(coding, article, faults)
    try:
        faults.raise_any()
        sheets = sheets_of(tables)
        if options.command == "blank":
            folder.mkdir(parents=True, exist_ok=True)
            _write_blank(sheets, tables, folder)
        else:
            found = taken(sheets, tables, folder, faults)
            earlier = groups_in(coding / FILE, faults)
            faults.raise_any()
            (coding / FILE).write_text(file_text(merged(earlier, found)), encoding="utf-8", newline="\n")
            print(f"{sum(map(len, found.values()))} rows are taken into {options.coding / FILE}")
    except BuildFailed as failure:
        for fault in failure.faults:
            print(fault.text(Path.cwd()), file=sys.stderr)
        return 1
    return 0


def _write_blank(sheets: dict[str, Sheet], tables: Tables, folder: Path) -> None:
    left: dict[str, set[str]] = defaultdict(set)
    for table, row_id in unread(DATASET, tables):
        left[table].add(row_id)
    for name, sheet in sheets.items():
        if left[name]:
            (folder / sheet.file).write_text(sheet_text(sheet, left[name]), encoding="utf-8", newline="\n")
            print(f"{folder / sheet.file}: {len(left[name])} rows")


if __name__ == "__main__":
    sys.exit(main())
