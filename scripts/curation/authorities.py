"""Checks against what stands outside the coding: the articles' bytes, and published code lists."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

from belarus_iran_pact import vocabularies
from belarus_iran_pact.core.column import JOINT

from .faults import Faults, Place, did_you_mean
from .normalise import Normalised
from .read import REFERENCE_FOLDER, Document, ManualRule, read_lines

CAMEO_LIST = "cameo.csv"


def check_pins(normalised: Normalised, documents: dict[str, Document], faults: Faults) -> None:
    """Law 1: each article's bytes are those that its coding was made from."""
    for row in normalised.tables["sources"]:
        document = documents.get(row["source_id"])
        sha256 = hashlib.sha256(document.content).hexdigest() if document else None
        if document and row["sha256"] not in (None, sha256):
            place = normalised.place("sources", row["source_id"], "sha256")
            what = f"the bytes of {document.file.name} are not those that were coded"
            why = f"their SHA-256 is {sha256}, and {row['sha256']} is pinned here"
            faults.add(place, what, why, "restore the file; a new version of an article is a new source")


def check_citations(normalised: Normalised, rules: list[ManualRule], faults: Faults) -> None:
    """Law 11: each rule of the manual ends with the numbers of the laws that check it."""
    for rule in rules:
        laws = ", ".join((normalised.rows[("rules", rule.rule_id)]["laws"] or "").split(JOINT))
        if rule.cited != laws:
            what = f"the rule {rule.rule_id} cites {rule.cited or 'no law'}"
            remedy = f"end it with [{laws}]" if laws else "end it without"
            faults.add(rule.end, what, f"{laws or 'no law'} checks it", remedy)


def check_cameo(normalised: Normalised, seeds: Path, faults: Faults) -> None:
    """Law 7: every CAMEO code, as a term or in the crosswalk, stands in the published list under the same label."""
    file = seeds / REFERENCE_FOLDER / CAMEO_LIST
    document = read_lines(file, faults)
    if document is None:
        return
    try:
        labels = {row["code"]: row["label"] for row in csv.DictReader(document.text.splitlines())}
    except KeyError as error:
        faults.add(
            Place(file), "not a code list", f"it has no column {error}", "restore it: a CSV file with code and label"
        )
        return
    written = [(Place(Path(vocabularies.__file__)), term.term, term.label) for term in vocabularies.CAMEO_CODE] + [
        (normalised.place("crosswalk", row["crosswalk_id"], "code"), row["code"], row["code_label"])
        for row in normalised.tables["crosswalk"]
        if row["scheme"] == "CAMEO" and row["code"] is not None
    ]
    for where, code, label in written:
        if code not in labels:
            remedy = did_you_mean(code, labels, "codes")
            faults.add(where, f"unknown CAMEO code {code}", f"{CAMEO_LIST} does not have it", remedy)
        elif label != labels[code]:
            what = f"the CAMEO code {code} is labelled {label}"
            faults.add(where, what, f"{CAMEO_LIST} labels it {labels[code]}", "use that label")
