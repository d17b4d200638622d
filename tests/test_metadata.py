"""The package described in other formats: a real reader of each format reads it, and reads what the tables hold."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from belarus_iran_pact.core.table import fields, primary_key
from belarus_iran_pact.models import TABLES

ROOT = Path(__file__).resolve().parents[1]
DATASET = ROOT / "dataset"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a reader does, it does it offline."""

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError("these tests have no network")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def rows_of(name: str) -> list[dict[str, Any]]:
    """The rows of a published table, typed."""
    rows: list[dict[str, Any]] = pq.ParquetFile(DATASET / "parquet" / f"{name}.parquet").read().to_pylist()
    return rows


def replace_in(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8", newline="")


# --- Croissant ---


def croissant_dataset(folder: Path) -> Any:
    import mlcroissant

    return mlcroissant.Dataset(folder / "croissant.json")


def plain(value: Any) -> Any:
    """A value as a reader gives it, as Python's own: mlcroissant's texts are bytes, and dates come with a time of day."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return value.date() if isinstance(value, datetime) else value


def types_of(rows: list[dict[str, Any]]) -> list[list[type]]:
    return [[type(value) for value in row.values()] for row in rows]


@pytest.mark.slow
def test_croissant_reads_otherwise() -> None:
    """Croissant reads otherwise: rows of a table are lost or doubled, or a value, its type or a null is another ("057" is 57).

    Or it is no Croissant: mlcroissant finds errors, or warns of more than the date that the package does not have.
    """
    croissant = croissant_dataset(DATASET)
    assert croissant.metadata.ctx.issues.errors == set()
    (warning,) = croissant.metadata.ctx.issues.warnings
    assert "datePublished" in warning
    for name in TABLES:
        records = list(croissant.records(name))
        read = [{field.removeprefix(f"{name}/"): plain(value) for field, value in row.items()} for row in records]
        assert read == rows_of(name)
        assert types_of(read) == types_of(rows_of(name))


def test_croissant_hides_a_key() -> None:
    """Croissant hides a key: a record set lacks its primary key, or a foreign key points elsewhere than the model's."""
    content = json.loads((DATASET / "croissant.json").read_text(encoding="utf-8"))
    found = {record_set["@id"]: record_set for record_set in content["recordSet"]}
    assert list(found) == list(TABLES)
    for name, model in TABLES.items():
        assert found[name]["key"] == {"@id": f"{name}/{primary_key(model)}"}
        links = {
            field["name"]: (field["references"]["fileObject"]["@id"], field["references"]["extract"]["column"])
            for field in found[name]["field"]
            if "references" in field
        }
        assert links == {
            item.name: (f"parquet/{target}.parquet", primary_key(TABLES[target]))
            for item in fields(model)
            if (target := item.column.references) is not None
        }


def test_croissant_hash_is_wrong() -> None:
    """A hash in Croissant is wrong, or a file of a table is not among its files."""
    content = json.loads((DATASET / "croissant.json").read_text(encoding="utf-8"))
    listed = {file["contentUrl"]: file["sha256"] for file in content["distribution"]}
    assert listed == {
        path: hashlib.sha256((DATASET / path).read_bytes()).hexdigest()
        for path in (f"{form}/{name}.{form}" for form in ("csv", "parquet") for name in TABLES)
    }


@pytest.mark.slow
def test_mlcroissant_accepts_anything(spoilt: Path) -> None:
    """Mlcroissant accepts anything, so that its approval means nothing: a property dropped on purpose, or another file's bytes."""
    from mlcroissant import GenerationError, ValidationError

    file = spoilt / "croissant.json"
    good = file.read_text(encoding="utf-8")
    spoils: list[Callable[[dict[str, Any]], Any]] = [
        lambda content: content["distribution"][0].pop("encodingFormat"),
        lambda content: content["distribution"][0].pop("sha256"),
        lambda content: content["recordSet"][0]["field"][0].pop("dataType"),
        lambda content: content["recordSet"][0]["field"][0]["source"]["fileObject"].update({"@id": "nothing"}),
    ]
    for spoil in spoils:
        content = json.loads(good)
        spoil(content)
        file.write_text(json.dumps(content), encoding="utf-8")
        with pytest.raises(ValidationError):
            croissant_dataset(spoilt)
    file.write_text(good, encoding="utf-8")
    (spoilt / "parquet" / "events.parquet").write_bytes((spoilt / "parquet" / "actors.parquet").read_bytes())
    with pytest.raises(GenerationError) as failure:
        list(croissant_dataset(spoilt).records("events"))
    assert "is not identical with the reference" in str(failure.value.__cause__)


# --- CSV on the Web ---


def csvw_of(folder: Path) -> Any:
    from csvw import CSVW

    # Not strict: that mode refuses every foreign key that may be null, which the standard does not.
    return CSVW(str(folder / "csv-metadata.json"), validate=True, strict=False)


def csvw_complaints(folder: Path) -> list[str]:
    """What the csvw package has against the package, its errors and its warnings."""
    try:
        found = csvw_of(folder)
        valid = found.is_valid
    except ValueError as error:
        return [str(error)]
    complaints = [str(warning.message) for warning in found.warnings]
    assert valid == (not complaints)
    return complaints


@pytest.mark.slow
def test_csvw_reads_otherwise() -> None:
    """CSVW reads otherwise: rows of a table are lost, or a value, its type or a null is another.

    Or it is invalid: the metadata is no CSVW, or a table does not fit what it says of types, keys and nulls.
    """
    assert csvw_complaints(DATASET) == []
    found = {table.local_name: table for table in csvw_of(DATASET).tables}
    assert list(found) == [f"csv/{name}.csv" for name in TABLES]
    for name in TABLES:
        read = [{column: plain(value) for column, value in row.items()} for row in found[f"csv/{name}.csv"]]
        assert read == rows_of(name)


@pytest.mark.slow
def test_csvw_overlooks_a_bad_cell(spoilt: Path, caplog: pytest.LogCaptureFixture) -> None:
    """CSVW overlooks a bad cell: a rule of the models is not in the metadata, or the reader does not keep it."""
    for file, old, new in (
        ("mentions.csv", ",11,18,", ",eleven,18,"),
        ("claims.csv", ",false,", ",no,"),
        ("events.csv", '"finalization"', '"finalisation"'),
        ("events.csv", '"occurred"', ""),
        ("events.csv", '"diplomatic"', '"diplomatic;"'),
    ):
        replace_in(spoilt / "csv" / file, old, new)
    assert csvw_complaints(spoilt)
    for what in (
        "mentions.csv:2:9 start_char: Invalid value",
        "claims.csv:2:9 presupposed: invalid lexical value",
        "events.csv:2:3 type: invalid lexical value",
        "events.csv:2:4 status: required column value is missing",
        "events.csv:2:23 plover_contexts: invalid lexical value",
    ):
        assert what in caplog.text


@pytest.mark.slow
def test_csvw_overlooks_a_broken_key(spoilt: Path) -> None:
    """CSVW overlooks a broken key: one that leads nowhere, a row that stands twice, a renamed column, a wrong target."""
    metadata, events, mentions = (spoilt / name for name in ("csv-metadata.json", "csv/events.csv", "csv/mentions.csv"))
    row = events.read_text(encoding="utf-8").splitlines(keepends=True)[-1]
    for file, old, new, what in (
        (mentions, '"actor-belarus",,', '"actor-nobody",,', "Key `actor-nobody` not found"),
        (events, row, row + row, "duplicate primary key"),
        (events, '"label"', '"title"', "missing required columns {'label'}"),
        (metadata, '"resource": "csv/actors.csv"', '"resource": "csv/events.csv"', "Foreign key error"),
    ):
        good = file.read_bytes()
        replace_in(file, old, new)
        assert what in "".join(csvw_complaints(spoilt))
        file.write_bytes(good)


def test_csvw_column_is_undescribed() -> None:
    """A column is undescribed in CSVW, or its table is."""
    content = json.loads((DATASET / "csv-metadata.json").read_text(encoding="utf-8"))
    for table, model in zip(content["tables"], TABLES.values(), strict=True):
        assert table["dc:description"].strip()
        described = {column["name"]: column["dc:description"] for column in table["tableSchema"]["columns"]}
        assert described == {item.name: item.column.description for item in fields(model)}


# --- Web Annotation ---

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
OA = "http://www.w3.org/ns/oa#"
ACTIVITY = "http://www.w3.org/ns/activitystreams#"


def _resource(iri: str) -> dict[str, str]:
    return {"@id": iri, "@type": "@id"}


# What the standard's context says of the terms used. The context itself is on the web, where tests do not go, and JSON-LD
# readers drop a term that they do not know without a word: `test_annotation_term_is_unknown` is for that.
OWN = ("Annotation", "SpecificResource", "TextPositionSelector", "TextQuoteSelector", "describing", "end", "exact")
OWN += ("identifying", "prefix", "questioning", "start", "suffix")
TERMS: dict[str, Any] = {
    **{name: f"{OA}{name}" for name in OWN},
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "schema": "http://schema.org/",
    "id": "@id",
    "type": "@type",
    "AnnotationCollection": f"{ACTIVITY}OrderedCollection",
    "AnnotationPage": f"{ACTIVITY}OrderedCollectionPage",
    "Organization": "http://xmlns.com/foaf/0.1/Organization",
    "Text": "http://purl.org/dc/dcmitype/Text",
    "body": _resource(f"{OA}hasBody"),
    "target": _resource(f"{OA}hasTarget"),
    "source": _resource(f"{OA}hasSource"),
    "selector": _resource(f"{OA}hasSelector"),
    "creator": _resource("http://purl.org/dc/terms/creator"),
    "rights": _resource("http://purl.org/dc/terms/rights"),
    "first": _resource(f"{ACTIVITY}first"),
    "partOf": _resource(f"{ACTIVITY}partOf"),
    "items": {"@id": f"{ACTIVITY}items", "@type": "@id", "@container": "@list"},
    "purpose": {"@id": f"{OA}hasPurpose", "@type": "@vocab"},
    "format": "http://purl.org/dc/elements/1.1/format",
    "language": "http://purl.org/dc/elements/1.1/language",
    "label": "http://www.w3.org/2000/01/rdf-schema#label",
    "name": "http://xmlns.com/foaf/0.1/name",
    "startIndex": f"{ACTIVITY}startIndex",
    "total": f"{ACTIVITY}totalItems",
}


@pytest.fixture(scope="module")
def collection() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DATASET / "annotations.jsonld").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def articles() -> dict[str, str]:
    """The text of each article, by the name that its bytes have under RFC 6920."""
    found = {}
    for file in (ROOT / "seeds").glob("*.txt"):
        content = file.read_bytes()
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode("ascii").rstrip("=")
        found[f"ni:///sha-256;{digest}"] = content.decode("utf-8")
    return found


def items_of(collection: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = collection["first"]["items"]
    return items


def span_of(item: dict[str, Any]) -> tuple[int, int]:
    _, position = item["target"]["selector"]
    return position["start"], position["end"]


def test_annotation_selects_other_words(collection: dict[str, Any], articles: dict[str, str]) -> None:
    """An annotation selects other words: its position or its quote does not lead to its words, or to them alone."""
    for item in items_of(collection):
        text = articles[item["target"]["source"]]
        quote, position = item["target"]["selector"]
        assert text[position["start"] : position["end"]] == quote["exact"]
        prefix = quote.get("prefix", "")
        words = prefix + quote["exact"] + quote.get("suffix", "")
        assert text.find(words) == position["start"] - len(prefix)
        assert text.count(words) == 1, f"{item['id']}: {words!r} stands in several places"


def csv_rows(source: str) -> list[list[str]]:
    with (DATASET / source).open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream, strict=True))


def bodies(item: dict[str, Any], purpose: str) -> list[dict[str, Any]]:
    return [body for body in item["body"] if body["purpose"] == purpose]


def test_annotation_names_another_cell(collection: dict[str, Any]) -> None:
    """A row of `evidence` or `mentions` has no body with its words, or one for another cell or row, or of another bearing.

    Or words have two annotations, or one although nothing rests on them.
    """
    spans = [span_of(item) for item in items_of(collection)]
    assert spans == sorted(set(spans))
    assert collection["total"] == len(spans) == len({item["id"] for item in items_of(collection)})
    tables = {f"csv/{name}.csv": csv_rows(f"csv/{name}.csv") for name in TABLES}
    told = []
    for item in items_of(collection):
        for body in item["body"]:
            file, _, fragment = body["source"].partition("#")
            kind, _, place = fragment.partition("=")
            line, *column = (int(part) for part in place.split(","))
            row_id = tables[file][line - 1][0]
            name = file.removeprefix("csv/").removesuffix(".csv")
            cell = [tables[file][0][at - 1] for at in column]
            assert kind == ("cell" if cell else "row")
            assert body["label"] == "/".join([name, row_id, *cell])
            told.append((span_of(item), body["label"], body["purpose"]))
    bearing = {"supports": "describing", "contradicts": "questioning", "own": "describing"}
    expected = [
        (
            (row["start_char"], row["end_char"]),
            f"{row['table_name']}/{row['row_id']}/{row['column_name']}",
            bearing[row["stance"]],
        )
        for row in rows_of("evidence")
    ]
    kinds = {"actor_id": "actors", "event_id": "events", "agreement_id": "agreements", "provision_id": "provisions"}
    kinds["place_id"] = "places"
    expected += [
        ((row["start_char"], row["end_char"]), f"{table}/{row[column]}", "identifying")
        for row in rows_of("mentions")
        for column, table in kinds.items()
        if row[column] is not None
    ]
    assert sorted(told) == sorted(expected)
    assert {purpose for *_, purpose in told} == {"describing", "questioning", "identifying"}


def keys_and_names(value: Any) -> Iterator[str]:
    """Every key of a JSON document, and every value that is a term by the key that it stands under."""
    if isinstance(value, list):
        for member in value:
            yield from keys_and_names(member)
    elif isinstance(value, dict):
        for key, member in value.items():
            yield key
            if key in ("type", "purpose"):
                yield member
            yield from keys_and_names(member)


def test_annotation_term_is_unknown(collection: dict[str, Any]) -> None:
    """A term of the annotations is unknown to the standard: readers of JSON-LD drop what it says without a word."""
    assert collection["@context"] == CONTEXT
    used = set(keys_and_names(collection)) - {"@context"}
    assert {name.partition(":")[0] for name in used} - TERMS.keys() == set()


@pytest.mark.slow
def test_annotations_are_no_json_ld(collection: dict[str, Any], articles: dict[str, str]) -> None:
    """The annotations are no JSON-LD: read as a graph, an annotation, its order, a target or a selector is lost."""
    from rdflib import RDF, Graph, URIRef
    from rdflib.collection import Collection

    oa, activity = OA, ACTIVITY
    base = (DATASET / "annotations.jsonld").as_uri()
    # The standard's context stands in the file by its address: what it says is put there instead.
    graph = Graph().parse(data=json.dumps(collection | {"@context": TERMS}), format="json-ld", publicID=base)
    found = set(graph.subjects(RDF.type, URIRef(f"{oa}Annotation")))
    assert found == {URIRef(f"{base}{item['id']}") for item in items_of(collection)}
    page = graph.value(URIRef(f"{base}#collection"), URIRef(f"{activity}first"))
    listed = list(Collection(graph, graph.value(page, URIRef(f"{activity}items"))))
    assert [str(item) for item in listed] == [f"{base}{item['id']}" for item in items_of(collection)]
    for annotation in found:
        (target,) = graph.objects(annotation, URIRef(f"{oa}hasTarget"))
        text = articles[str(graph.value(target, URIRef(f"{oa}hasSource")))]
        selectors = {
            str(graph.value(selector, RDF.type)).removeprefix(oa): selector
            for selector in graph.objects(target, URIRef(f"{oa}hasSelector"))
        }
        assert selectors.keys() == {"TextQuoteSelector", "TextPositionSelector"}
        start, end = (
            int(graph.value(selectors["TextPositionSelector"], URIRef(f"{oa}{name}")).toPython())
            for name in ("start", "end")
        )
        assert text[start:end] == str(graph.value(selectors["TextQuoteSelector"], URIRef(f"{oa}exact")))
        described = {
            str(source)
            for body in graph.objects(annotation, URIRef(f"{oa}hasBody"))
            for source in graph.objects(body, URIRef(f"{oa}hasSource"))
        }
        (item,) = (item for item in items_of(collection) if str(annotation) == f"{base}{item['id']}")
        folder = base.removesuffix("annotations.jsonld")
        assert described == {f"{folder}{body['source']}" for body in item["body"]}


# --- Hugging Face dataset card ---


@pytest.fixture(scope="module")
def offline_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Hugging Face's libraries, told before they are imported to stay offline and to keep their files here."""
    folder = tmp_path_factory.mktemp("hub")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
        patch.setenv("HF_HOME", str(folder))
        yield folder


def front_matter() -> dict[str, Any]:
    text = (DATASET / "README.md").read_text(encoding="utf-8")
    opening, matter, _ = text.split("---\n", 2)
    assert opening == ""
    content: dict[str, Any] = yaml.safe_load(matter)
    return content


def test_dataset_card_lacks_a_table() -> None:
    """The dataset card lacks a table, or points at a file that is not there."""
    configs = front_matter()["configs"]
    assert [config["config_name"] for config in configs] == list(TABLES)
    assert all((DATASET / config["data_files"]).is_file() for config in configs)


def test_dataset_card_hides_the_exception() -> None:
    """The dataset card hides the exception: it gives the licence, and not that the article's own words are outside it."""
    assert front_matter()["license"] == "cc-by-4.0"
    text = " ".join((DATASET / "README.md").read_text(encoding="utf-8").split())
    assert "the article's own text is excepted" in text


@pytest.mark.slow
def test_dataset_card_is_no_card(offline_hub: Path) -> None:
    """The dataset card is no card: huggingface_hub cannot read it, or reads other metadata than it is to give."""
    from huggingface_hub import DatasetCard

    card = DatasetCard.load(DATASET / "README.md", ignore_metadata_errors=False)
    descriptor = json.loads((DATASET / "datapackage.json").read_text(encoding="utf-8"))
    assert card.data.license == descriptor["licenses"][0]["name"].lower()
    assert card.data.pretty_name == descriptor["title"]
    assert card.data.tags == descriptor["keywords"]
    assert card.data.language == ["en"]
    assert descriptor["description"] in card.text


@pytest.mark.slow
def test_dataset_card_reads_otherwise(offline_hub: Path, tmp_path: Path) -> None:
    """The dataset card reads otherwise: rows of a table are lost, or a value, its type or a null is another."""
    import datasets

    for name in TABLES:
        read = datasets.load_dataset(str(DATASET), name, split="train", cache_dir=str(tmp_path))
        assert read.to_list() == rows_of(name)


# --- All of them ---


def test_build_imports_a_reader() -> None:
    """The build imports a reader of these formats: it then needs a test's packages, and takes seconds longer."""
    reader = re.compile(r"^\s*(?:import|from) (?:mlcroissant|rdflib|csvw|huggingface_hub|datasets)\b", re.MULTILINE)
    code = [file for folder in ("schema", "scripts") for file in (ROOT / folder).rglob("*.py")]
    assert code
    assert [file for file in code if reader.search(file.read_text(encoding="utf-8"))] == []
