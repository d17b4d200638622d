"""Verification of published files: a change of any byte is seen, laws are asked, and a good package passes."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from edtf import parse_edtf
from edtf.parser.edtf_exceptions import EDTFParseException

from belarus_iran_pact import __version__
from belarus_iran_pact.core import edtf
from belarus_iran_pact.core.column import EDTF_PATTERN
from belarus_iran_pact.core.reading import DESCRIPTOR, SEAL, sealed
from belarus_iran_pact.core.releases import INDEX, SUMS, Index, describe
from belarus_iran_pact.core.schemas import arrow_tables
from belarus_iran_pact.core.verify import Report
from belarus_iran_pact.downloading import CACHE_VARIABLE
from belarus_iran_pact.loading import verify
from belarus_iran_pact.models import DATASET, TABLES
from publication import package as publish
from releasing import release_files as archives

ROOT = Path(__file__).resolve().parents[1]


def mend_descriptor(folder: Path, change: Callable[[dict[str, Any]], object] = lambda _: None) -> None:
    """Let the descriptor of a changed package say what its files are now, and state its own hash."""
    file = folder / DESCRIPTOR
    descriptor = json.loads(file.read_text(encoding="utf-8"))
    for resource in descriptor["resources"]:
        path = folder / resource["path"]
        if path.is_file() and path.stat().st_size < 1 << 30:
            content = path.read_bytes()
            resource |= {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
            table = folder / "parquet" / f"{resource['name']}.parquet"
            if "rowCount" in resource and table.is_file():
                resource["rowCount"] = pq.ParquetFile(table).metadata.num_rows
    change(descriptor)
    file.write_text(sealed(descriptor), encoding="utf-8")


@pytest.fixture(scope="session")
def good(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good package whose descriptor states its own hash; to be read only."""
    folder = shutil.copytree(package, tmp_path_factory.mktemp("good") / "package")
    mend_descriptor(folder)
    return folder


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    """A copy of the good package, to break."""
    return shutil.copytree(good, tmp_path / "package")


def names(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def faults(folder: Path) -> list[str]:
    return [str(fault) for fault in verify(folder).faults]


def assert_named(report: Report, name: str) -> None:
    assert not report.ok
    assert name in {fault.file for fault in report.faults}, str(report)


# --- A good package ---


def test_good_package(good: Path) -> None:
    """A good package has faults: then every other test here would pass for the wrong reason."""
    report = verify(good)
    assert report.ok, str(report)
    assert bool(report)
    assert report.files == len(names(good)) - 1
    assert report.rows == sum(pq.ParquetFile(good / f"parquet/{name}.parquet").metadata.num_rows for name in TABLES)
    assert "no faults" in repr(report)
    assert report.pinned_by == ()
    assert "\nunpinned: " in str(report)


def test_rewritten_package(folder: Path) -> None:
    """Rewriting alone breaks a package: then the tests of laws would see their own doing."""
    for name, rows in publish.read_tables(folder, "parquet").items():
        rewrite(folder, name, rows, "csv", "parquet")
    mend_descriptor(folder)
    assert faults(folder) == []


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_package_of_one_form(good: Path, form: archives.Form, tmp_path: Path) -> None:
    """A package of one form is refused for lacking the other, or a fault in it is not seen."""
    archives.write_archive(good, form, tmp_path / "one.zip")
    zipfile.ZipFile(tmp_path / "one.zip").extractall(tmp_path)
    (one,) = tmp_path.glob("belarus-iran-pact-*")
    (one / DESCRIPTOR).write_text(sealed(json.loads((one / DESCRIPTOR).read_text(encoding="utf-8"))), encoding="utf-8")
    assert faults(one) == []
    (one / form / f"events.{form}").unlink()
    assert_named(verify(one), f"{form}/events.{form}")


def test_descriptor_given(good: Path) -> None:
    """The descriptor's path is refused, though that is what other tools are given."""
    assert verify(good / DESCRIPTOR).ok


def test_no_folder(tmp_path: Path) -> None:
    """A folder that is not there passes, or ends in a traceback that says nothing."""
    with pytest.raises(FileNotFoundError, match="give what holds"):
        verify(tmp_path / "nothing")


def test_needs_build_packages(good: Path) -> None:
    """Verification needs packages that only the build has: a user without them gets an ImportError."""
    blocked = ("edtf", "yaml", "frictionless", "filelock", "pandas", "numpy", "polars", "duckdb")
    code = (
        f"import sys\nfor name in {blocked!r}: sys.modules[name] = None\n"
        f"from belarus_iran_pact.loading import verify\nassert verify({str(good)!r}).ok"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# --- Bytes ---


def change_byte(file: Path, at: int) -> bytes:
    content = file.read_bytes()
    file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    return content


def test_changed_byte(folder: Path) -> None:
    """A byte of a file is changed and the report does not name the file. Every file is changed, and named, at once."""
    chosen = random.Random(1)
    listed = [name for name in names(folder) if name != DESCRIPTOR]
    places: list[Callable[[int], int]] = [lambda size: 0, lambda size: size - 1, chosen.randrange]
    for place in places:
        contents = {name: change_byte(folder / name, place((folder / name).stat().st_size)) for name in listed}
        changed = {fault.file for fault in verify(folder).faults if fault.what == "has changed"}
        assert changed == set(listed)
        for name, content in contents.items():
            (folder / name).write_bytes(content)
    assert verify(folder).ok


def test_changed_byte_of_descriptor(folder: Path) -> None:
    """A byte of the descriptor, which lists all other hashes, is changed and nothing notices."""
    file = folder / DESCRIPTOR
    size = file.stat().st_size
    seal = file.read_bytes().rindex(SEAL.encode())
    for at in {*range(0, size, size // 5), *range(seal - 2, size, 19), size - 1}:
        content = change_byte(file, at)
        assert_named(verify(folder), DESCRIPTOR)
        file.write_bytes(content)


def test_descriptor_without_hash_of_itself(folder: Path) -> None:
    """The descriptor's own hash is taken out, and with it the pin, unseen."""
    file = folder / DESCRIPTOR
    file.write_text(re.sub(rf',\s+"{SEAL}": "[^"]+"', "", file.read_text(encoding="utf-8")), encoding="utf-8")
    (fault,) = faults(folder)
    assert fault.startswith(f"{DESCRIPTOR}: has no {SEAL}; ")


def test_file_not_as_listed(folder: Path) -> None:
    """A file is missing, empty, cut off or longer, and that is not reported, or verification crashes."""
    said = {}
    for form, table in (("csv", "events"), ("parquet", "actors")):
        for how, name in (("missing", "claims"), ("empty", table), ("cut", "gaps"), ("longer", "terms")):
            file = folder / form / f"{name}.{form}"
            content = file.read_bytes()
            file.unlink()
            if how != "missing":
                file.write_bytes({"empty": b"", "cut": content[:-1], "longer": content + b"\n"}[how])
            said[f"{form}/{name}.{form}"] = "is missing" if how == "missing" else "has changed: "
    told = verify(folder).faults
    assert {fault.file for fault in told} == set(said)
    assert all(fault.what.startswith(said[fault.file]) for fault in told)
    for content in (b"", (folder / DESCRIPTOR).read_bytes()[:-3], None):
        (folder / DESCRIPTOR).unlink() if content is None else (folder / DESCRIPTOR).write_bytes(content)
        assert_named(verify(folder), DESCRIPTOR)


def test_unlisted_file(folder: Path) -> None:
    """A file that the descriptor does not list goes unseen, hidden or in a folder of its own."""
    more = ["csv/.hidden", "csv/more/deep.csv", "extra.txt", "parquet/events.parquet.bak"]
    for name in more:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("more", encoding="utf-8")
    assert sorted(faults(folder)) == [
        f"{name}: is not listed; a package holds what its datapackage.json lists; take it away" for name in more
    ]


def of_first(**said: Any) -> Callable[[dict[str, Any]], None]:
    """Let the descriptor say something else of the first file, csv/events.csv."""
    return lambda descriptor: descriptor["resources"][0].update(said)


def other_column(descriptor: dict[str, Any]) -> None:
    descriptor["resources"][0]["schema"]["fields"][1]["description"] += "!"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda descriptor: descriptor["resources"].pop(0), "lists no csv/events.csv"),
        (of_first(path="../outside"), "lists '../outside'"),
        (of_first(name="actors"), "lists a name or path twice"),
        (other_column, "describes events otherwise"),
        (of_first(rowCount=1), "says 1 rows of events"),
        (of_first(path=7), "is no descriptor of a data package"),
        (lambda descriptor: descriptor.update(resources=[]), "lists no tables"),
        (dict.clear, "is no descriptor of a data package"),
    ],
)
def test_wrong_descriptor(folder: Path, change: Callable[[dict[str, Any]], object], what: str) -> None:
    """A descriptor that states its own hash rightly, and is wrong, passes or crashes verification."""
    mend_descriptor(folder, change)
    assert [fault for fault in faults(folder) if fault.startswith(f"{DESCRIPTOR}: ") and what in fault], faults(folder)


def test_other_version(folder: Path) -> None:
    """A package of another version with other columns is judged by this version's laws: hundreds of faults, none to the point."""

    def change(descriptor: dict[str, Any]) -> None:
        descriptor["version"] = "99.0.0"
        descriptor["resources"][0]["schema"]["fields"].append({"name": "more", "type": "string"})

    mend_descriptor(folder, change)
    (fault,) = faults(folder)
    assert "pip install belarus-iran-pact==99.0.0" in fault


def test_other_version_of_same_shape(folder: Path) -> None:
    """A package of another version that has the same columns cannot be verified."""
    mend_descriptor(folder, lambda descriptor: descriptor.update(version="99.0.1"))
    assert faults(folder) == []


# --- What pins a package ---


def of_table(table: str, change: Callable[[list[dict[str, Any]]], object]) -> Callable[[Path], object]:
    """Let the rows of a table be others, in both forms alike."""

    def edit(folder: Path) -> None:
        rows = publish.read_tables(folder, "parquet")[table]
        change(rows)
        rewrite(folder, table, rows, "csv", "parquet")

    return edit


def of_file(name: str) -> Callable[[Path], object]:
    """Let a file that goes with the tables say something else."""
    return lambda folder: (folder / name).write_text(
        (folder / name).read_text(encoding="utf-8") + " ", encoding="utf-8"
    )


def licence(descriptor: dict[str, Any]) -> None:
    descriptor["licenses"][0]["name"] = "CC0-1.0"


def reword(descriptor: dict[str, Any]) -> None:
    descriptor["resources"][0]["description"] = "Something else."


UNLAWFUL_NOWHERE: dict[str, Callable[[Path], object]] = {
    "a note": of_table("claims", lambda rows: rows[0].update(note="Nothing of the kind.")),
    "outside knowledge": of_table("actors", lambda rows: rows[1].update(wikidata_id="Q1")),
    "the order of rows": of_table("actors", list.reverse),
    "a text of the descriptor": lambda folder: mend_descriptor(folder, reword),
    "the licence": lambda folder: mend_descriptor(folder, licence),
    **{
        name: of_file(name)
        for name in ("README.md", "croissant.json", "csv-metadata.json", "annotations.jsonld", "explorer.html")
    },
    "a picture": of_file("pictures/network.svg"),
}


@pytest.fixture(scope="session")
def releases(good: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A releases folder with the good package in all forms; to be read only."""
    folder = tmp_path_factory.mktemp("releases")
    (folder / __version__).mkdir()
    listed = []
    for form in archives.FORMATS:
        archive = folder / __version__ / archives.archive_name(__version__, form)
        archives.write_archive(good, form, archive)
        listed.append(describe(archive, form))
    index = Index(name="belarus-iran-pact", releases=[]).with_release(__version__, "c" * 40, listed)
    (folder / INDEX).write_text(index.text(), encoding="utf-8")
    sums = "".join(f"{item.sha256}  {Path(item.path).name}\n" for item in listed)
    (folder / __version__ / SUMS).write_text(sums, encoding="utf-8")
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache for downloads."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))


@pytest.mark.parametrize("what", UNLAWFUL_NOWHERE)
def test_change_against_no_law(folder: Path, releases: Path, cache: None, what: str) -> None:
    """What no law is about is changed, all hashes are mended, and the release does not tell; or a package is called pinned
    that nothing pins."""
    UNLAWFUL_NOWHERE[what](folder)
    mend_descriptor(folder)
    report = verify(folder)
    assert (report.faults, report.pinned_by) == ((), ())
    assert "\nunpinned: " in str(report)
    report = verify(folder, source=releases)
    assert report.pinned_by == (f"the release {__version__} of {releases}",)
    assert [(fault.file, fault.what) for fault in report.faults] == [(DESCRIPTOR, "has changed")]


@pytest.mark.parametrize("form", archives.FORMATS)
def test_released_package(releases: Path, cache: None, form: archives.Format, tmp_path: Path) -> None:
    """A package as released, whole or in one form, differs from its release; or nothing in the archive's folder pins it."""
    archive = releases / __version__ / archives.archive_name(__version__, form)
    report = verify(archive, source=releases)
    assert report.ok, str(report)
    pinned = (f"{SUMS} of its folder", f"{INDEX} of its folder", f"the release {__version__} of {releases}")
    assert report.pinned_by == pinned
    zipfile.ZipFile(archive).extractall(tmp_path)
    (unpacked,) = tmp_path.glob("belarus-iran-pact-*")
    assert verify(unpacked, source=releases).ok
    mend_descriptor(unpacked, reword)
    assert_named(verify(unpacked, source=releases), DESCRIPTOR)


@pytest.mark.parametrize("gone", [SUMS, INDEX])
def test_changed_archive(folder: Path, releases: Path, tmp_path: Path, gone: str) -> None:
    """Another archive is in the place of the one released, and neither the checksums beside it nor the index above tell."""
    copy = shutil.copytree(releases, tmp_path / "releases")
    mend_descriptor(folder, licence)
    archive = copy / __version__ / archives.archive_name(__version__, "all")
    archive.unlink()
    archives.write_archive(folder, "all", archive)
    (file,) = copy.rglob(gone)
    content = file.read_bytes()
    file.unlink()
    (kept,) = {SUMS, INDEX} - {gone}
    (fault,) = faults(archive)
    assert fault.startswith(f"{archive.name}: has changed; its SHA-256 is not the one in {kept} of its folder")
    file.write_bytes(content)
    (copy / INDEX).write_text("{}", encoding="utf-8")
    assert f"{archive.name}: cannot be compared with what lists it" in "\n".join(faults(archive))


@pytest.mark.parametrize("version", ["99.0.0", "", "2\x1b[2J"])
def test_version_that_was_never_released(folder: Path, releases: Path, cache: None, version: str) -> None:
    """A changed package calls itself another version, so that there is no release to compare it with, and passes."""
    mend_descriptor(folder, lambda descriptor: descriptor.update(version=version))
    report = verify(folder, source=releases)
    assert_named(report, DESCRIPTOR)
    assert str(report).replace("\n", "").isprintable()


def test_source_that_is_none(good: Path) -> None:
    """What is no source of releases is taken for a fault of the package."""
    with pytest.raises(ValueError, match="not an address of releases"):
        verify(good, source="ftp://127.0.0.1/")


def test_changed_codebook(folder: Path) -> None:
    """The codebook says something else than the tables, its hash is mended, and nobody tells, pinned or not."""
    of_file("CODEBOOK.md")(folder)
    mend_descriptor(folder)
    (fault,) = faults(folder)
    assert fault.startswith("CODEBOOK.md: is not what it is generated as; ")


@pytest.mark.slow
def test_installed_wheel_pins_its_version(tmp_path: Path) -> None:
    """The installed data or licences are changed, or another package of their version is, and the wheel's RECORD does not tell."""
    # Isolated, so that no folder of this machine's PYTHONPATH, like scripts/, has a `build` of its own.
    command = [sys.executable, "-I", "-m", "build", "--no-isolation", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    code = "import sys; from belarus_iran_pact.loading import verify; print(verify(*sys.argv[1:]))"
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def said(*path: Path) -> str:
        command = [sys.executable, "-c", code, *map(str, path)]
        return subprocess.check_output(command, cwd=tmp_path, env=environment, text=True)

    record = "the RECORD of the installed wheel"
    assert said().splitlines()[1:] == [f"pinned by: {record}"]
    for form in archives.FORMATS:
        other = tmp_path / f"{form}.zip"
        archives.write_archive(ROOT / "dataset", form, other)
        assert said(other).splitlines()[1:] == [f"pinned by: the {DESCRIPTOR} of the installed wheel"]
    other = shutil.copytree(ROOT / "dataset", tmp_path / "other")
    mend_descriptor(other, licence)
    assert f"{DESCRIPTOR}: has changed; its SHA-256 is not the one in the {DESCRIPTOR} of the installed" in said(other)
    (file,) = installed.rglob("LICENSE-DATA.md")
    of_file(file.name)(file.parent)
    assert f"LICENSE-DATA.md: has changed; its SHA-256 is not the one in {record}" in said()
    file.unlink()
    assert f"LICENSE-DATA.md: has changed; its SHA-256 is not the one in {record}" in said()
    mend_descriptor(installed / "belarus_iran_pact/_data", licence)
    assert f"{DESCRIPTOR}: has changed; its SHA-256 is not the one in {record}" in said()
    assert "\nunpinned: " in said(ROOT / "dataset")


# --- Packages made to harm ---


def bomb(
    folder: Path, count: int, text: str, *, said: int | None = None, forged: bool = False, encoding: str | None = None
) -> None:
    """Let passages.parquet be a small file of many rows, and the descriptor say a number of them."""
    file = folder / "parquet/passages.parquet"
    schema = pq.ParquetFile(file).schema_arrow
    texts = pa.DictionaryArray.from_arrays(pa.nulls(count, pa.int32()).fill_null(0), [text])
    columns = [texts, *(pa.nulls(count, field.type) for field in list(schema)[1:])]
    options = {"use_dictionary": False, "column_encoding": {schema.names[0]: encoding}} if encoding else {}
    pq.write_table(pa.table(columns, schema.names), file, compression="zstd", store_schema=False, **options)
    if forged:
        content, size = file.read_bytes(), pq.ParquetFile(file).metadata.row_group(0).column(0).total_uncompressed_size
        digits = [size << 1 >> shift & 127 | 128 for shift in range(0, (size << 1).bit_length(), 7)]
        number = bytes([*digits[:-1], digits[-1] & 127])
        assert number in content
        file.write_bytes(content.replace(number, b"\x90" + b"\x80" * (len(number) - 2) + b"\x00"))
    assert file.stat().st_size < 100_000

    def change(descriptor: dict[str, Any]) -> None:
        (item,) = (item for item in descriptor["resources"] if item["name"] == "passages")
        item["rowCount"] = count if said is None else said

    mend_descriptor(folder, change)


def sparse(file: Path) -> None:
    """Let a file have a terabyte, which takes no room on the disk."""
    with file.open("ab") as stream:
        stream.truncate(1 << 40)


# What stands in the place of a file, what the descriptor says of its size if not what it has, and what is told.
IN_PLACE: dict[str, tuple[Callable[[Path], object], int | None, str]] = {
    "csv/actors.csv": (os.mkfifo, None, "is no regular file"),
    "csv/claims.csv": (Path.mkdir, None, "is no regular file"),
    "csv/gaps.csv": (lambda file: file.symlink_to("/dev/zero"), None, "is a link"),
    "csv/terms.csv": (lambda file: file.symlink_to(ROOT / "LICENSE"), None, "is a link"),
    "csv/mentions.csv": (sparse, None, "has changed: 1099511627776 bytes"),
    "parquet/actors.parquet": (os.mkfifo, 0, "is no regular file"),
    "parquet/claims.parquet": (sparse, 1 << 40, "a file has at most"),
}


def spoil(folder: Path) -> None:
    """Let no regular files, and none of the sizes listed, stand in the place of files and of a folder."""
    for name, (make, _, _) in IN_PLACE.items():
        (folder / name).unlink()
        make(folder / name)
    (folder / "pictures").rename(folder.parent / "pictures")
    (folder / "pictures").symlink_to(folder.parent / "pictures")
    (folder / "a\x1b[2J\nb").touch()
    (folder / os.fsdecode(b"a\xff")).touch()

    def change(descriptor: dict[str, Any]) -> None:
        for resource in descriptor["resources"]:
            _, size, _ = IN_PLACE.get(resource["path"], (None, None, None))
            resource["bytes"] = resource["bytes"] if size is None else size

    mend_descriptor(folder, change)


PATHS = ('"../x"', '"/etc/x"', '"csv/../../x"', r'"a\u001b[2Jb"', r'"a\nb"', r'"\ud800"', r'"a\u202eb"', '""')


def list_paths(folder: Path) -> None:
    """Let the descriptor list files of these paths, as JSON has them."""
    file = folder / DESCRIPTOR
    items = (f'{{"name": "more{n}", "path": {path}, "bytes": 1}}, ' for n, path in enumerate(PATHS))
    content = file.read_text(encoding="utf-8")
    file.write_text(content.replace('"resources": [', f'"resources": [{"".join(items)}', 1), encoding="utf-8")


def swollen(folder: Path) -> None:
    """Let the package be an archive of a few kilobytes that unpacks to much more."""
    shutil.rmtree(folder)
    with zipfile.ZipFile(folder, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", bytes(68 << 20))


def of_descriptor(make: Callable[[Path], object]) -> Callable[[Path], object]:
    """Let something else stand in the place of the descriptor."""
    return lambda folder: ((folder / DESCRIPTOR).unlink(), make(folder / DESCRIPTOR))


PASSAGES = "parquet/passages.parquet"

# What is done to a package, and of each fault the file that it must name and what it must say.
HARM: dict[str, tuple[Callable[[Path], object], list[tuple[str, str]]]] = {
    "files": (
        spoil,
        [
            *((name, what) for name, (_, _, what) in IN_PLACE.items()),
            ("pictures/timeline.svg", "is a link"),
            ("a\\x1b[2J b", "is not listed"),
            ("a\\udcff", "is not listed"),
        ],
    ),
    "paths": (list_paths, [(DESCRIPTOR, "paths stay within the package")] * len(PATHS)),
    "descriptor pipe": (of_descriptor(os.mkfifo), [(DESCRIPTOR, "is no regular file")]),
    "descriptor device": (of_descriptor(lambda file: file.symlink_to("/dev/zero")), [(DESCRIPTOR, "is a link")]),
    "descriptor large": (of_descriptor(sparse), [(DESCRIPTOR, "a descriptor has at most")]),
    **{
        f"descriptor {name}": (
            lambda folder, content=content: (folder / DESCRIPTOR).write_bytes(content),
            [(DESCRIPTOR, f"is no descriptor of a data package; {why}")],
        )
        for name, content, why in (
            ("deep", b"[" * 1_000_000, "RecursionError"),
            ("list", b"[]", "TypeError: it is no object"),
            ("number", b'{"version": NaN}', "ValueError: NaN is no number of JSON"),
            ("double", b'{"version": "1", "version": "2"}', "ValueError: an object has a property twice"),
            ("Latin", '{"version": "\xe9"}'.encode("latin-1"), "UnicodeDecodeError"),
            ("texts", b'{"version": "1", "resources": ["a"]}', "TypeError"),
        )
    },
    "bomb": (lambda folder: bomb(folder, 540_000, "x" * 10_000), [(PASSAGES, "would take")]),
    "bomb counted": (
        lambda folder: bomb(folder, 540_000, "x" * 10_000, said=22),
        [(DESCRIPTOR, "says 22 rows of passages")],
    ),
    "bomb of nulls": (lambda folder: bomb(folder, 3_000_000, ""), [(PASSAGES, "would take")]),
    "bomb with a forged footer": (
        lambda folder: bomb(folder, 1, "x" * 70_000_000, forged=True, encoding="PLAIN"),
        [(PASSAGES, "would take")],
    ),
    "bomb of prefixes": (
        lambda folder: bomb(folder, 500, "x" * 10_000, encoding="DELTA_BYTE_ARRAY"),
        [(PASSAGES, "DELTA_BYTE_ARRAY")],
    ),
    "archive bomb": (swollen, [("archive bomb", "would unpack to 71303168 bytes")]),
    "no archive": (
        lambda folder: (shutil.rmtree(folder), folder.write_bytes(b"PK")),
        [("no archive", "is no archive")],
    ),
}


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory is measured, and links and pipes made, as on Linux"
)
def test_harm(good: Path, tmp_path: Path) -> None:
    """A package made to harm has verification hang, crash, take gigabytes, or print what acts on a terminal."""
    for name, (harm, _) in HARM.items():
        harm(shutil.copytree(good, tmp_path / name))
    code = (
        "import pathlib, re, sys, time, belarus_iran_pact as bip\n"
        "for folder in sys.argv[1:]:\n"
        "    started = time.perf_counter()\n"
        "    print(str(bip.verify(folder)).replace('\\n', '\\t'))\n"
        "    status = pathlib.Path('/proc/self/status').read_text()\n"
        "    print(time.perf_counter() - started, int(re.search(r'VmHWM:\\s+(\\d+)', status)[1]) // 1024)\n"
    )
    command = [sys.executable, "-c", code, *(str(tmp_path / name) for name in HARM)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    lines = done.stdout.splitlines()
    assert len(lines) == 2 * len(HARM)
    for (name, (_, expected)), report, spent in zip(HARM.items(), lines[::2], lines[1::2], strict=True):
        for file, what in expected:
            told = [fault for fault in report.split("\t")[2:] if f"{file}: " in fault and what in fault]
            assert len(told) == expected.count((file, what)), (name, file, report)
        assert all(letter.isprintable() for letter in report.replace("\t", "")), name
        seconds, peak = map(float, spent.split())
        assert seconds < 20, name
        assert peak < 500, name


# --- Tables ---


def rewrite(folder: Path, table: str, rows: list[dict[str, Any]], *forms: str) -> None:
    """Write the rows of a table in the forms given."""
    (content,) = arrow_tables(DATASET, {table: rows}).values()
    if "csv" in forms:
        pyarrow.csv.write_csv(content, folder / "csv" / f"{table}.csv")
    if "parquet" in forms:
        pq.write_table(content, folder / "parquet" / f"{table}.parquet")


def test_broken_law(folder: Path) -> None:
    """A law is broken in both forms alike, every hash fits, and nobody is told which line of which file."""
    rows = publish.read_tables(folder, "parquet")["evidence"]
    rows[2]["quote"] = rows[2]["quote"].swapcase()
    rewrite(folder, "evidence", rows, "csv", "parquet")
    mend_descriptor(folder)
    (fault,) = verify(folder).faults
    assert str(fault).startswith("csv/evidence.csv:4: quote is not the text at ")
    assert "(law 1a)" in fault.why
    assert fault.row_id == rows[2]["evidence_id"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_forms_differ(folder: Path, form: str) -> None:
    """CSV and Parquet differ in a cell that breaks no other law, every hash fits, and nobody is told which cell."""
    rows = publish.read_tables(folder, form)["actors"]
    rows[1]["name"] += " (changed)"
    rewrite(folder, "actors", rows, form)
    mend_descriptor(folder)
    assert "csv/actors.csv:3: actors differs between CSV and Parquet in name; " in faults(folder)[0]


def test_null_made_empty_text(folder: Path) -> None:
    """CSV has an empty text where Parquet has a null, and the two are read alike."""
    file = folder / "csv/actors.csv"
    header, row, *rest = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([header, row.replace(",,", ',"",', 1), *rest]), encoding="utf-8")
    mend_descriptor(folder)
    assert "csv/actors.csv:2: actors differs between CSV and Parquet in " in faults(folder)[0]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('"start_char"', '"begin"', "its columns are"),
        (",0,74,", ",zero,74,", "CSV conversion error to int64"),
        (",0,74,", ",0,74,5,", "Expected 8 columns, got 9"),
    ],
)
def test_unreadable_csv(folder: Path, old: str, new: str, what: str) -> None:
    """A CSV file is not the table that it should be, its hash fits, and verification crashes or does not say why."""
    file = folder / "csv/passages.csv"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    mend_descriptor(folder)
    assert [f for f in faults(folder) if f.startswith("csv/passages.csv: cannot be read as this table") and what in f]


# --- What the package computes by itself, against those who know ---


def outcome(bounds: Callable[[str], edtf.Bounds], text: str) -> edtf.Bounds | None:
    try:
        return bounds(text)
    # The parser breaks on some intervals without both ends.
    except (ValueError, TypeError, EDTFParseException):
        return None


def edtf_texts() -> list[str]:
    years = ("2026", "1900", "20XX", "19X4", "XXXX", "0000")
    months = [f"{year}{month}" for year in years for month in ("", "-02", "-08", "-13", "-XX")]
    days = itertools.product(("2026", "XXXX"), ("-02", "-08", "-XX"), ("-01", "-29", "-31", "-XX", "-00"), ("", "?"))
    odd = ["1900-02-29", "2024-02-29?", "2026-12?", "X999?", "2026?-08", "2026-08?-01", "2026~", "2026%", "2025?-08"]
    ends = ("2026", "2025-12", "XXXX", "..", "2026-13", "")
    intervals = [f"{first}/{last}" for first in ends for last in ends]
    return [*months, *("".join(parts) for parts in days), *odd, *intervals, "2024-02-XX/2026", "", "..", "today"]


def test_bounds_differ_from_the_parser() -> None:
    """The bounds of EDTF dates are not those that an EDTF parser gives."""
    parse = functools.cache(parse_edtf)

    def edge(text: str, lower: bool) -> date | None:
        # An open end, or a year of which nothing is known, bounds nothing: the parser would say year 0 or 9999.
        if text == "..":
            return None
        if text.startswith("XXXX"):
            parse("2000" + text[4:])
            return None
        parsed = parse(text)
        return date(*(parsed.lower_strict() if lower else parsed.upper_strict())[:3])

    def parsed(text: str) -> edtf.Bounds:
        parse(text)
        first, _, last = text.partition("/")
        earliest, latest = edge(first, True), edge(last or first, False)
        if earliest and latest and earliest > latest:
            raise ValueError(text)
        return earliest, latest

    compared = 0
    for text in edtf_texts():
        own = outcome(edtf.bounds, text)
        if not re.fullmatch(EDTF_PATTERN, text):
            assert own is None, text
        # What the parser alone rejects, such as two qualifiers in one date, is asked of nobody.
        elif (other := outcome(parsed, text)) is not None:
            assert own == other, text
            compared += 1
    assert compared > 60
