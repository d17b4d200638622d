"""datapackage.json and what it promises: every file, column, key and term is there, and validators agree."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from jsonschema import Draft7Validator

import build
from belarus_iran_pact.core.table import fields, primary_key
from belarus_iran_pact.models import MODELS, TABLES
from belarus_iran_pact.vocabularies import VOCABULARIES
from curation.faults import BuildFailed

ROOT = Path(__file__).resolve().parents[1]
DATASET = ROOT / "dataset"
DESCRIPTOR: dict[str, Any] = json.loads((DATASET / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES: dict[str, dict[str, Any]] = {resource["name"]: resource for resource in DESCRIPTOR["resources"]}


def read_csv(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def fixity(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}


# --- Files ---


def test_file_is_not_as_listed() -> None:
    """A file is not as listed: missing, unlisted, undescribed, or of another size or hash; or two share a name or path."""
    paths = [resource["path"] for resource in DESCRIPTOR["resources"]]
    assert len(RESOURCES) == len(set(paths)) == len(paths)
    assert all(resource["description"].strip() for resource in RESOURCES.values())
    published = {file.relative_to(DATASET).as_posix(): fixity(file) for file in DATASET.rglob("*") if file.is_file()}
    del published["datapackage.json"]
    assert published == {item["path"]: {"bytes": item["bytes"], "hash": item["hash"]} for item in RESOURCES.values()}


def test_table_lacks_a_form() -> None:
    """A table lacks a form: a model is not published as CSV or Parquet, a file has no model, or its rows are miscounted."""
    for form in ("csv", "parquet"):
        assert {file.name for file in (DATASET / form).iterdir()} == {f"{name}.{form}" for name in TABLES}
    counts = {name: item["rowCount"] for name, item in RESOURCES.items() if item.get("type") == "table"}
    assert list(counts.items()) == [(name, len(read_csv(DATASET / "csv" / f"{name}.csv"))) for name in TABLES]


# --- The package's own metadata ---


def test_catalogue_has_nothing_to_show() -> None:
    """A catalogue has nothing to show: a property of the package that it displays is missing or empty."""
    shown = ("title", "description", "version", "licenses", "sources", "contributors", "keywords")
    assert [name for name in shown if not DESCRIPTOR.get(name)] == []


def test_license_is_not_the_one_in_the_tree() -> None:
    """The licence is not the one in the tree: the descriptor names one that LICENSE-DATA.md does not."""
    (licence,) = DESCRIPTOR["licenses"]
    assert licence["name"] == "CC-BY-4.0"
    assert licence["path"] in (ROOT / "LICENSE-DATA.md").read_text(encoding="utf-8")


def test_source_is_uncredited() -> None:
    """A source is uncredited, or pinned to other bytes: `sources` must name each article by title and its file's hash."""
    seeds = {file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in (ROOT / "seeds").glob("*.txt")}
    assert {source["sourceId"]: source["sha256"] for source in DESCRIPTOR["sources"]} == seeds
    assert all(source["title"] for source in DESCRIPTOR["sources"])


# --- Columns and terms ---


def test_column_is_undescribed() -> None:
    """A column is undescribed: it has no type, description or known origin, or outside knowledge without authority."""
    origins = {"key", "source", "coder", "inferred", "derived", "reference", "note"}
    for name in TABLES:
        for field in RESOURCES[name]["schema"]["fields"]:
            where = f"{name}.{field['name']}"
            assert field["type"] in {"string", "integer", "number", "boolean", "date"}, where
            assert field["description"].strip(), where
            assert field["origin"] in origins, where
            assert field["origin"] != "reference" or field["authority"].strip(), where


def test_schema_drops_a_rule() -> None:
    """The schema drops a rule that the model has: required, the primary key, a foreign key, or a vocabulary, joined terms included."""
    for name, model in TABLES.items():
        schema = RESOURCES[name]["schema"]
        found = {field["name"]: field.get("constraints", {}) for field in schema["fields"]}
        assert schema["primaryKey"] == [primary_key(model)]
        assert found[primary_key(model)]["unique"] is True
        foreign = {key["fields"][0]: key["reference"]["resource"] or name for key in schema.get("foreignKeys", [])}
        assert foreign == {field.name: field.column.references for field in fields(model) if field.column.references}
        assert list(found) == [field.name for field in fields(model)]
        for field in fields(model):
            where, rules = f"{name}.{field.name}", found[field.name]
            assert rules.get("required", False) == (not field.nullable), where
            if field.column.vocabulary is None:
                assert "enum" not in rules, where
                continue
            terms = field.column.vocabulary.values()
            if not field.column.joined:
                assert rules["enum"] == terms, where
                continue
            assert "enum" not in rules, where
            tried = [*terms, ";".join(terms), "no such term", f"{terms[0]};", f"{terms[0]};x"]
            assert [text for text in tried if re.fullmatch(rules["pattern"], text)] == tried[:-3], where


def test_link_column_is_no_foreign_key() -> None:
    """A link column is no foreign key: its name is another table's primary key, and nothing makes it resolve."""
    # A view that is keyed by another table's key (timeline, by event) takes its rows from there.
    keys = {primary_key(model): model.table.name for model in MODELS if not fields(model)[0].column.references}
    for model in MODELS:
        links = {field.name: field.column.references for field in fields(model)[1:] if field.name in keys}
        assert links == {name: keys[name] for name in links}, model.table.name


def test_parquet_is_undescribed() -> None:
    """A Parquet file is undescribed: read without this package, its table or a column has lost its description."""
    for name in TABLES:
        schema = pq.read_schema(DATASET / "parquet" / f"{name}.parquet")
        assert schema.metadata[b"description"].decode() == RESOURCES[name]["description"]
        published = {field["name"]: field["description"] for field in RESOURCES[name]["schema"]["fields"]}
        assert {field.name: field.metadata[b"description"].decode() for field in schema} == published


def test_term_is_unpublished() -> None:
    """A term is unpublished: `terms` lacks it, or has it without label or definition, or has one that does not exist."""
    defined = [(name, term.term, term.label, term.definition) for name, terms in VOCABULARIES.items() for term in terms]
    assert all(text.strip() for term in defined for text in term)
    rows = read_csv(DATASET / "csv" / "terms.csv")
    columns = ("vocabulary", "term", "label", "definition")
    assert sorted(tuple(row[column] for column in columns) for row in rows) == sorted(defined)


def test_codebook_skips_a_column_or_term() -> None:
    """The codebook skips a table or a vocabulary, one of its columns or terms, or its description."""
    _, *parts = re.split(r"^##+ ", (DATASET / "CODEBOOK.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = {found[1]: part.replace("\\|", "¦") for part in parts if (found := re.match(r"`(\w+)`", part))}
    assert sections.keys() == TABLES.keys() | VOCABULARIES.keys()
    for name, model in TABLES.items():
        rows = [line.split(" | ", 3) for line in sections[name].splitlines() if line.startswith("| `")]
        assert [cells[0] for cells in rows] == [f"| `{field.name}`" for field in fields(model)]
        for cells, field in zip(rows, fields(model), strict=True):
            assert cells[2].startswith(field.column.description.replace("|", "¦")), f"{name}.{field.name}"
    for name, vocabulary in VOCABULARIES.items():
        for term in vocabulary:
            row = (f"`{term.term}`", term.label.replace("|", "¦"), term.definition.replace("|", "¦"))
            assert f"| {' | '.join(row)} |" in sections[name]


# --- Independent validators ---


def frictionless_errors(package: Path) -> set[tuple[str, str, str]]:
    """What frictionless rejects: resource, type of error, and message."""
    import frictionless

    report = frictionless.validate(str(package / "datapackage.json"))
    errors = {("", error.type, error.message) for error in report.errors}
    errors |= {(task.name, error.type, error.message) for task in report.tasks for error in task.errors}
    assert report.valid == (not errors)
    return errors


def rewrite(package: Path, name: str, rows: list[dict[str, str]]) -> None:
    """Write a table anew, and give its resource the size and hash that let only its content be found wrong."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (package / "csv" / f"{name}.csv").write_bytes(stream.getvalue().encode())
    file = package / "datapackage.json"
    descriptor = json.loads(file.read_text(encoding="utf-8"))
    (resource,) = (item for item in descriptor["resources"] if item["name"] == name)
    resource |= fixity(package / resource["path"])
    file.write_text(json.dumps(descriptor), encoding="utf-8")


@pytest.mark.slow
def test_changed_byte_passes_frictionless(spoilt: Path) -> None:
    """A changed byte passes frictionless: one character of a text file, or one byte of a Parquet file, differs unnoticed."""
    for resource in RESOURCES.values():
        file = spoilt / resource["path"]
        content = bytearray(file.read_bytes())
        if file.suffix == ".parquet":
            content[len(content) // 2] ^= 1
        else:
            at = max(match.start() for match in re.finditer(rb"[a-z]", content))
            content[at] = ord("a") if content[at] != ord("a") else ord("b")
        file.write_bytes(content)
    assert {name for name, kind, _ in frictionless_errors(spoilt) if kind == "hash-count"} == set(RESOURCES)


@pytest.mark.slow
def test_broken_foreign_key_passes_frictionless(spoilt: Path) -> None:
    """A broken foreign key passes frictionless: each link column gets one id that nothing has, its file's hash made right."""
    broken = set()
    for name in TABLES:
        rows = read_csv(spoilt / "csv" / f"{name}.csv")
        for key in RESOURCES[name]["schema"].get("foreignKeys", []):
            (column,) = key["fields"]
            row = next((row for row in rows if row[column]), None)
            if row is not None:
                row[column] = f"nothing-for-{column}"
                broken.add((name, column))
        if rows:
            rewrite(spoilt, name, rows)
    assert broken
    errors = frictionless_errors(spoilt)
    assert {kind for _, kind, _ in errors} == {"foreign-key"}
    found = {(name, match[1]) for name, _, text in errors if (match := re.search(r'"nothing-for-(\w+)"', text))}
    assert found == broken


@pytest.mark.slow
def test_bad_cell_passes_frictionless(spoilt: Path) -> None:
    """A bad cell passes frictionless: a missing key, an unknown term, a null, no day or no date, its file's hash made right."""
    bad = [
        ("event_id", "", "constraint-error"),
        ("type", "no such type", "constraint-error"),
        ("voice_actor_id", "", "constraint-error"),
        ("date_earliest", "yesterday", "type-error"),
        ("date_edtf", "last August", "constraint-error"),
    ]
    rows = read_csv(spoilt / "csv" / "events.csv")
    for at, (column, value, _) in enumerate(bad):
        rows[at][column] = value
    rewrite(spoilt, "events", rows)
    errors = [(kind, text) for name, kind, text in frictionless_errors(spoilt) if name == "events"]
    for column, _, expected in bad:
        assert expected in {kind for kind, text in errors if f'field "{column}"' in text}, column


@pytest.mark.slow
def test_build_publishes_what_frictionless_rejects(
    good_seeds: Path, spoilt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build publishes what frictionless rejects: its last check is left out, or nobody heeds the report."""
    import frictionless

    (spoilt / "README.md").write_text("spoilt", encoding="utf-8")
    report = frictionless.validate(str(spoilt / "datapackage.json"))
    monkeypatch.setattr(frictionless, "validate", lambda _: report)
    with pytest.raises(BuildFailed) as failure:
        build.build(good_seeds, tmp_path / "published" / "dataset")
    assert {fault.what for fault in failure.value.faults} == {"frictionless rejects dataset-card"}
    assert not (tmp_path / "published" / "dataset").exists()


def official_profile_errors(descriptor: dict[str, Any]) -> list[str]:
    profile = json.loads(files("dplib").joinpath("profiles/2.0/datapackage.json").read_text(encoding="utf-8"))
    assert profile["$schema"].startswith("http://json-schema.org/draft-07/")
    return [error.message for error in Draft7Validator(profile).iter_errors(descriptor)]


def test_official_profile_rejects_the_descriptor() -> None:
    """The official v2 profile rejects the descriptor: frictionless is laxer, and other implementations follow the profile."""
    assert DESCRIPTOR["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert official_profile_errors(DESCRIPTOR) == []


def test_official_profile_accepts_anything() -> None:
    """The official profile accepts anything: a descriptor broken on purpose passes, so that its approval means nothing."""
    spoils: list[Callable[[dict[str, Any]], Any]] = [
        lambda descriptor: descriptor.pop("resources"),
        lambda descriptor: descriptor["resources"][0].update(hash="not a hash"),
        lambda descriptor: descriptor["resources"][0]["schema"]["fields"][0].pop("name"),
        lambda descriptor: descriptor["resources"][0]["schema"]["fields"][0].update(type="text"),
        lambda descriptor: descriptor.update(licenses=[{"title": "no name and no path"}]),
    ]
    short = json.dumps(DESCRIPTOR | {"resources": DESCRIPTOR["resources"][:1]})
    assert official_profile_errors(json.loads(short)) == []
    for at, spoil in enumerate(spoils):
        descriptor = json.loads(short)
        spoil(descriptor)
        assert official_profile_errors(descriptor), f"spoil {at}"


def citation_errors(text: str) -> list[str]:
    """What the CFF 1.2.0 JSON Schema, as check-jsonschema carries it, has against a citation file."""
    from check_jsonschema.builtin_schemas import get_builtin_schema

    schema = get_builtin_schema("vendor.citation-file-format")
    content = yaml.load(text, Loader=yaml.BaseLoader)  # Dates and versions stay the texts that the schema asks for.
    return [error.message for error in Draft7Validator(schema).iter_errors(content)]


def test_citation_is_no_valid_cff() -> None:
    """CITATION.cff is no valid CFF 1.2.0: hosts and archives then ignore it. Broken on purpose, it must not pass."""
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert citation_errors(text) == []
    for pattern, replacement in (
        (r"^cff-version: .*$", "cff-version: 9.9.9"),
        (r"^authors:", "writers:"),
        (r"^type: .*$", "type: article"),
    ):
        spoilt, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        assert count == 1
        assert citation_errors(spoilt), replacement
