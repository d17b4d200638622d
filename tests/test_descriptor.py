"""datapackage.json and what it promises: every file, column, key and term is there, and validators agree."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from belarus_iran_pact import models
from belarus_iran_pact.core.schemas import table_schema
from belarus_iran_pact.core.table import Row, fields, primary_key
from belarus_iran_pact.models import MODELS, TABLES
from belarus_iran_pact.vocabularies import VOCABULARIES, Vocabulary

ROOT = Path(__file__).resolve().parents[1]
DATASET = ROOT / "dataset"
DESCRIPTOR: dict[str, Any] = json.loads((DATASET / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES: dict[str, dict[str, Any]] = {resource["name"]: resource for resource in DESCRIPTOR["resources"]}

each_resource = pytest.mark.parametrize("resource", RESOURCES.values(), ids=list(RESOURCES))
each_table = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.table.name)
each_vocabulary = pytest.mark.parametrize("vocabulary", VOCABULARIES.values(), ids=list(VOCABULARIES))


def read_csv(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def schema_fields(model: type[Row]) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in RESOURCES[model.table.name]["schema"]["fields"]}


def codebook_section(name: str) -> str:
    """The part of the codebook under the heading of a table or vocabulary."""
    text = (DATASET / "CODEBOOK.md").read_text(encoding="utf-8")
    found = re.search(rf"^### `{re.escape(name)}`.*\n((?:(?!##).*\n?)*)", text, re.MULTILINE)
    assert found is not None, f"no section for {name}"
    return found[1]


# --- Files ---


@each_resource
def test_file_is_not_as_listed(resource: dict[str, Any]) -> None:
    """A file is not as listed: it is missing, or its size or SHA-256 is not the descriptor's."""
    content = (DATASET / resource["path"]).read_bytes()
    assert len(content) == resource["bytes"]
    assert f"sha256:{hashlib.sha256(content).hexdigest()}" == resource["hash"]


def test_file_is_unlisted() -> None:
    """A file is unlisted: it lies in dataset/ and no checksum covers it."""
    found = {file.relative_to(DATASET).as_posix() for file in DATASET.rglob("*") if file.is_file()}
    assert found == {resource["path"] for resource in RESOURCES.values()} | {"datapackage.json"}


def test_resource_is_listed_twice() -> None:
    """A resource is listed twice: names and paths must each point at one thing."""
    listed = DESCRIPTOR["resources"]
    assert len({resource["name"] for resource in listed}) == len(listed)
    assert len({resource["path"] for resource in listed}) == len(listed)


def test_table_lacks_a_form() -> None:
    """A table lacks a form: one of the models is not published as CSV or as Parquet, or a file has no model."""
    for form in ("csv", "parquet"):
        assert {file.name for file in (DATASET / form).iterdir()} == {f"{name}.{form}" for name in TABLES}
    assert [resource["name"] for resource in RESOURCES.values() if resource.get("type") == "table"] == list(TABLES)


@each_table
def test_row_count_is_wrong(model: type[Row]) -> None:
    """The row count is wrong: the descriptor says another number of rows than the CSV has."""
    name = model.table.name
    assert RESOURCES[name]["rowCount"] == len(read_csv(DATASET / "csv" / f"{name}.csv"))


# --- The package's own metadata ---


@pytest.mark.parametrize(
    "name", ["$schema", "name", "title", "description", "version", "licenses", "sources", "contributors", "keywords"]
)
def test_package_metadata_is_missing(name: str) -> None:
    """Package metadata is missing: a catalogue that reads the descriptor has nothing to show for a property."""
    assert DESCRIPTOR.get(name)


def test_descriptor_is_of_another_standard() -> None:
    """The descriptor is of another standard than Data Package v2."""
    assert DESCRIPTOR["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"


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


# --- Schemas ---


@each_table
def test_schema_departs_from_model(model: type[Row]) -> None:
    """The published schema departs from the row model that it is derived from."""
    assert RESOURCES[model.table.name]["schema"] == table_schema(model, models.DATASET)


@each_table
def test_column_is_undescribed(model: type[Row]) -> None:
    """A column is undescribed: it has no type, description or known origin, or outside knowledge without authority."""
    origins = {"key", "source", "coder", "inferred", "derived", "reference", "note"}
    for name, field in schema_fields(model).items():
        assert field["type"] in {"string", "integer", "boolean", "date"}, name
        assert field["description"].strip(), name
        assert field["origin"] in origins, name
        if field["origin"] == "reference":
            assert field["authority"].strip(), name


@each_table
def test_schema_drops_a_rule(model: type[Row]) -> None:
    """The schema drops a rule that the model has: required, the primary key, a foreign key, or a vocabulary's enum."""
    schema = RESOURCES[model.table.name]["schema"]
    found = schema_fields(model)
    assert schema["primaryKey"] == [primary_key(model)]
    assert found[primary_key(model)]["constraints"]["unique"] is True
    foreign = {
        key["fields"][0]: key["reference"]["resource"] or model.table.name for key in schema.get("foreignKeys", [])
    }
    assert foreign == {field.name: field.column.references for field in fields(model) if field.column.references}
    for field in fields(model):
        constraints = found[field.name].get("constraints", {})
        assert constraints.get("required", False) == (not field.nullable), field.name
        if field.column.vocabulary is not None:
            assert constraints["enum"] == field.column.vocabulary.values(), field.name


@each_table
def test_link_column_is_no_foreign_key(model: type[Row]) -> None:
    """A link column is no foreign key: its name is another table's primary key, and nothing makes it resolve."""
    # A view that is keyed by another table's key (timeline, by event) takes its rows from there.
    keys = {primary_key(other): other.table.name for other in MODELS if not fields(other)[0].column.references}
    links = {field.name: field.column.references for field in fields(model)[1:] if field.name in keys}
    assert links == {name: keys[name] for name in links}


@each_table
def test_parquet_is_undescribed(model: type[Row]) -> None:
    """A Parquet file is undescribed: read without this package, its table or a column has lost its description."""
    import pyarrow.parquet as pq

    schema = pq.read_schema(DATASET / "parquet" / f"{model.table.name}.parquet")
    assert schema.metadata[b"description"].decode() == RESOURCES[model.table.name]["description"]
    published = {name: field["description"] for name, field in schema_fields(model).items()}
    assert {field.name: field.metadata[b"description"].decode() for field in schema} == published


# --- Vocabularies ---


@each_vocabulary
def test_term_is_unpublished(vocabulary: Vocabulary) -> None:
    """A term is unpublished: `terms` lacks it, or has it without label or definition, or has one that does not exist."""
    rows = [row for row in read_csv(DATASET / "csv" / "terms.csv") if row["vocabulary"] == vocabulary.name]
    assert [(row["term"], row["label"], row["definition"]) for row in rows] == [
        (term.term, term.label, term.definition) for term in vocabulary
    ]
    assert rows
    assert all(row["label"].strip() and row["definition"].strip() for row in rows)


@each_table
def test_coded_value_is_no_term(model: type[Row]) -> None:
    """A coded value is no term: an enum allows, or a cell holds, what `terms` does not define for its vocabulary."""
    defined: dict[str, set[str]] = {}
    for row in read_csv(DATASET / "csv" / "terms.csv"):
        defined.setdefault(row["vocabulary"], set()).add(row["term"])
    rows = read_csv(DATASET / "csv" / f"{model.table.name}.csv")
    for name, field in schema_fields(model).items():
        if "enum" in field.get("constraints", {}):
            assert set(field["constraints"]["enum"]) == defined[field["vocabulary"]], name
            assert {row[name] for row in rows} - {""} <= defined[field["vocabulary"]], name


def test_cameo_term_is_made_up() -> None:
    """A CAMEO term is made up: its code is not in the published code list, or stands there under another label."""
    published = {row["code"]: row["label"] for row in read_csv(ROOT / "seeds" / "reference" / "cameo.csv")}
    coded = {term.term: term.label for term in VOCABULARIES["cameo_code"]}
    assert coded == {code: published.get(code) for code in coded}


@each_table
def test_codebook_skips_a_column(model: type[Row]) -> None:
    """The codebook skips a table or a column, or its description."""
    rows = [line.split(" | ", 3) for line in codebook_section(model.table.name).splitlines() if line.startswith("| `")]
    assert [cells[0] for cells in rows] == [f"| `{field.name}`" for field in fields(model)]
    for cells, field in zip(rows, fields(model), strict=True):
        assert cells[2].startswith(field.column.description.replace("|", "\\|"))


@each_vocabulary
def test_codebook_skips_a_term(vocabulary: Vocabulary) -> None:
    """The codebook skips a vocabulary, a term or its definition."""
    section = codebook_section(vocabulary.name)
    for term in vocabulary:
        cells = (f"`{term.term}`", term.label, term.definition)
        assert f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |" in section


# --- Independent validators ---


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the published package, to be spoilt."""
    return shutil.copytree(DATASET, tmp_path / "dataset")


def frictionless_errors(package: Path) -> set[tuple[str, str, str]]:
    """What frictionless rejects: resource, type of error, and message."""
    import frictionless

    report = frictionless.validate(str(package / "datapackage.json"))
    errors = {("", error.type, error.message) for error in report.errors}
    errors |= {(task.name, error.type, error.message) for task in report.tasks for error in task.errors}
    assert report.valid == (not errors)
    return errors


def fix_up(package: Path, name: str) -> None:
    """Give a resource the size and hash that its spoilt file has, so that only its content can be found wrong."""
    file = package / "datapackage.json"
    descriptor = json.loads(file.read_text(encoding="utf-8"))
    (resource,) = (item for item in descriptor["resources"] if item["name"] == name)
    content = (package / resource["path"]).read_bytes()
    resource |= {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
    file.write_text(json.dumps(descriptor), encoding="utf-8")


def rewrite(file: Path, rows: list[dict[str, str]]) -> None:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    file.write_bytes(stream.getvalue().encode())


@pytest.mark.slow
def test_frictionless_rejects_the_package() -> None:
    """Frictionless rejects the package as published."""
    assert frictionless_errors(DATASET) == set()


@pytest.mark.slow
def test_changed_byte_passes_frictionless(package: Path) -> None:
    """A changed byte passes frictionless: one character of a text file, or one byte of a Parquet file, differs unnoticed."""
    for resource in RESOURCES.values():
        file = package / resource["path"]
        content = bytearray(file.read_bytes())
        if file.suffix == ".parquet":
            content[len(content) // 2] ^= 1
        else:
            at = max(match.start() for match in re.finditer(rb"[a-z]", content))
            content[at] = ord("a") if content[at] != ord("a") else ord("b")
        file.write_bytes(content)
    assert {name for name, kind, _ in frictionless_errors(package) if kind == "hash-count"} == set(RESOURCES)


@pytest.mark.slow
def test_broken_foreign_key_passes_frictionless(package: Path) -> None:
    """A broken foreign key passes frictionless: each link column gets one id that nothing has, its file's hash made right."""
    broken = set()
    for name in TABLES:
        file = package / "csv" / f"{name}.csv"
        rows = read_csv(file)
        for key in RESOURCES[name]["schema"].get("foreignKeys", []):
            (column,) = key["fields"]
            row = next((row for row in rows if row[column]), None)
            if row is not None:
                row[column] = f"nothing-for-{column}"
                broken.add((name, column))
        if rows:
            rewrite(file, rows)
            fix_up(package, name)
    assert broken
    errors = frictionless_errors(package)
    assert {kind for _, kind, _ in errors} == {"foreign-key"}
    found = {(name, match[1]) for name, _, text in errors if (match := re.search(r'"nothing-for-(\w+)"', text))}
    assert found == broken


@pytest.mark.slow
@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("event_id", "", "primary-key"),
        ("type", "no such type", "constraint-error"),
        ("voice_actor_id", "", "constraint-error"),
        ("date_earliest", "yesterday", "type-error"),
        ("date_edtf", "last August", "constraint-error"),
    ],
)
def test_bad_cell_passes_frictionless(package: Path, column: str, value: str, kind: str) -> None:
    """A bad cell passes frictionless: a missing key, an unknown term, a null, no day or no date, its file's hash made right."""
    file = package / "csv" / "events.csv"
    rows = read_csv(file)
    rows[0][column] = value
    rewrite(file, rows)
    fix_up(package, "events")
    assert ("events", kind) in {error[:2] for error in frictionless_errors(package)}


def official_profile_errors(descriptor: dict[str, Any]) -> list[str]:
    from importlib.resources import files

    from jsonschema import Draft7Validator

    profile = json.loads(files("dplib").joinpath("profiles/2.0/datapackage.json").read_text(encoding="utf-8"))
    assert profile["$schema"].startswith("http://json-schema.org/draft-07/")
    return [error.message for error in Draft7Validator(profile).iter_errors(descriptor)]


def test_official_profile_rejects_the_descriptor() -> None:
    """The official v2 profile rejects the descriptor: frictionless is laxer, and other implementations follow the profile."""
    assert official_profile_errors(DESCRIPTOR) == []


def without_resources(descriptor: dict[str, Any]) -> None:
    del descriptor["resources"]


def with_malformed_hash(descriptor: dict[str, Any]) -> None:
    descriptor["resources"][0]["hash"] = "not a hash"


def with_nameless_field(descriptor: dict[str, Any]) -> None:
    del descriptor["resources"][0]["schema"]["fields"][0]["name"]


def with_unknown_type(descriptor: dict[str, Any]) -> None:
    descriptor["resources"][0]["schema"]["fields"][0]["type"] = "text"


def with_nameless_license(descriptor: dict[str, Any]) -> None:
    descriptor["licenses"] = [{"title": "no name and no path"}]


@pytest.mark.parametrize(
    "spoil", [without_resources, with_malformed_hash, with_nameless_field, with_unknown_type, with_nameless_license]
)
def test_official_profile_accepts_anything(spoil: Callable[[dict[str, Any]], None]) -> None:
    """The official profile accepts anything: a descriptor broken on purpose passes, so that its approval means nothing."""
    descriptor = json.loads(json.dumps(DESCRIPTOR))
    spoil(descriptor)
    assert official_profile_errors(descriptor)


def citation_check(file: Path) -> subprocess.CompletedProcess[str]:
    """Validate with the CFF 1.2.0 JSON Schema that check-jsonschema carries; this needs no network."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.citation-file-format", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_citation_is_no_valid_cff() -> None:
    """CITATION.cff is no valid CFF 1.2.0: hosts and archives then ignore it."""
    done = citation_check(ROOT / "CITATION.cff")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [(r"^cff-version: .*$", "cff-version: 9.9.9"), (r"^authors:", "writers:"), (r"^type: .*$", "type: article")],
)
def test_broken_citation_passes(tmp_path: Path, pattern: str, replacement: str) -> None:
    """A broken citation passes: the check of CITATION.cff lets through what the CFF schema forbids."""
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    spoilt, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
    assert count == 1
    file = tmp_path / "CITATION.cff"
    file.write_text(spoilt, encoding="utf-8")
    done = citation_check(file)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Schema validation errors" in done.stdout + done.stderr
