"""The files of a release: archives whose bytes depend on the package alone, their checksums, and the index of all releases."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from belarus_iran_pact.core.reading import sealed
from publication.descriptor import NAME

INDEX = "releases.json"
SUMS = "SHA256SUMS"
NOTES = "NOTES.md"
DESCRIPTOR = "datapackage.json"

Form = Literal["all", "csv", "parquet"]
FORMS: tuple[Form, ...] = ("all", "csv", "parquet")

# What an archive of one form holds besides the form's own folder.
_COMPANIONS: dict[Form, tuple[str, ...]] = {
    "all": (),
    "csv": ("CODEBOOK.md", "csv-metadata.json"),
    "parquet": ("CODEBOOK.md",),
}
PARQUET_SUFFIX = "-parquet"


class ReleaseError(Exception):
    """A release, a package or an index that cannot be made, read or extended; the message is one line."""


# --- Archives ---


def archive_name(version: str, form: Form) -> str:
    """The file name of an archive."""
    return f"{NAME}-{version}.zip" if form == "all" else f"{NAME}-{version}-{form}.zip"


def write_archive(package: Path, form: Form, target: Path) -> None:
    """Zip the package folder, or what it has in one form, below one folder named for its version.

    The bytes depend on the package's bytes alone. Members are stored, not compressed: what deflate makes of them differs
    between builds of zlib, and a static host compresses on the way if it wants to.
    """
    full = json.loads((package / DESCRIPTOR).read_bytes())
    held = part_of(full, form)
    names = sorted([DESCRIPTOR, *(resource["path"] for resource in held["resources"])])
    with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED) as archive:
        for name in names:
            content = (package / name).read_bytes()
            if name == DESCRIPTOR and form != "all":
                content = sealed(held).encode()
            member = zipfile.ZipInfo(f"{NAME}-{full['version']}/{name}", (1980, 1, 1, 0, 0, 0))
            member.create_system = 3  # Unix, whatever the system is, so that the mode below means the same.
            member.external_attr = 0o100644 << 16
            archive.writestr(member, content)


def part_of(descriptor: Mapping[str, Any], form: Form) -> dict[str, Any]:
    """The descriptor of a package that holds one form only.

    Without the CSV files nothing would say what the columns are, so each Parquet file then has its table's schema. It still
    is a plain file: see `descriptor.PLAIN_PARQUET`.
    """
    part = copy.deepcopy(dict(descriptor))
    if form == "all":
        return part
    schemas = {resource["name"]: resource["schema"] for resource in part["resources"] if "schema" in resource}
    part["resources"] = [
        resource
        for resource in part["resources"]
        if resource["path"].startswith(f"{form}/") or resource["path"] in _COMPANIONS[form]
    ]
    for resource in part["resources"]:
        table = resource["name"].removesuffix(PARQUET_SUFFIX)
        if form == "parquet" and table in schemas:
            resource["schema"] = schemas[table]
            for foreign in resource["schema"].get("foreignKeys", []):
                target = foreign["reference"]["resource"]
                foreign["reference"]["resource"] = f"{target}{PARQUET_SUFFIX}" if target else ""
    return part


# --- Checksums ---


def sha256_of(file: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def checksums(files: Iterable[Path]) -> str:
    """What `sha256sum` prints for files of one folder, sorted by name."""
    return "".join(f"{sha256_of(file)}  {file.name}\n" for file in sorted(files, key=lambda file: file.name))


# --- The index ---


@dataclass(frozen=True)
class Entry:
    """A file of a release as the index lists it: path within the releases folder, kind, size in bytes, and SHA-256."""

    path: str
    kind: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Index:
    """The index of all releases: its text, and the files of each version, versions ascending."""

    text: str
    releases: dict[str, list[Entry]]

    @property
    def last(self) -> str | None:
        """The last version, if there is one."""
        return next(reversed(self.releases), None)


_EMPTY: dict[str, Any] = {"name": NAME, "releases": []}
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
# A path in the index: below its version's folder, and nowhere else.
_PATH = re.compile(r"[0-9.]+/[A-Za-z0-9_][A-Za-z0-9_.+-]*")


def is_version(text: str) -> bool:
    """Whether a text is a version, three numbers."""
    return _VERSION.fullmatch(text) is not None


def version_key(version: str) -> tuple[int, int, int]:
    """A version as MAJOR, MINOR and PATCH.

    Raises:
        ReleaseError: it is not three numbers.
    """
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ReleaseError(f"{version!r} is no version: a release is MAJOR.MINOR.PATCH, three numbers")
    major, minor, patch = map(int, found.groups())
    return major, minor, patch


def read_index(folder: Path) -> Index:
    """The index of a releases folder; an empty one where there is none yet.

    Raises:
        ReleaseError: it is not an index as `extended` writes it.
    """
    file = folder / INDEX
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Index(_dump(_EMPTY), {})
    except (OSError, UnicodeDecodeError) as error:
        raise ReleaseError(f"{file}: the index cannot be read: {error}") from None
    try:
        content = json.loads(text)
        releases = {
            str(release["version"]): [
                Entry(str(item["path"]), str(item["kind"]), int(item["bytes"]), str(item["sha256"]))
                for item in release["files"]
            ]
            for release in content["releases"]
        }
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{file}: this is not an index of releases: {type(error).__name__} {error}") from None
    if _dump(content) != text:
        raise ReleaseError(
            f"{file}: not as this script writes it, so that it cannot be extended unchanged; restore the published one"
        )
    for version, files in releases.items():
        for item in files:
            if not _PATH.fullmatch(item.path) or not item.path.startswith(f"{version}/"):
                raise ReleaseError(f"{file}: version {version} lists {item.path!r}, which is not in its folder")
    keys = [version_key(version) for version in releases]
    if keys != sorted(set(keys)) or len(keys) != len(content["releases"]):
        raise ReleaseError(f"{file}: the versions are not in ascending order, each once")
    return Index(text, releases)


def extended(index: Index, version: str, commit: str, files: Iterable[Entry]) -> str:
    """The index's text with one more release at its end: what it says already stays byte for byte.

    Raises:
        ReleaseError: the version is in it already, or is not above its last one.
    """
    if version in index.releases:
        raise ReleaseError(f"version {version} is in the index already; a release never changes: raise the version")
    if index.last is not None and version_key(version) < version_key(index.last):
        raise ReleaseError(f"version {version} is not above {index.last}, the last in the index; raise the version")
    content = json.loads(index.text)
    content["releases"].append({"version": version, "commit": commit, "files": [vars(item) for item in files]})
    return _dump(content)


def _dump(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def file_of(folder: Path, index: Index, version: str, kind: str) -> Path:
    """A file of a release, its bytes checked against the index.

    Raises:
        ReleaseError: there is no such release, the file is not there, or it is not the one released.
    """
    if version not in index.releases:
        known = ", ".join(index.releases) or "none"
        raise ReleaseError(f"no version {version} in {folder / INDEX}; the versions are: {known}")
    for item in index.releases[version]:
        if item.kind == kind:
            check_entry(folder, item)
            return folder / item.path
    raise ReleaseError(f"version {version} in {folder / INDEX} has no file of kind {kind}")


def check_entry(folder: Path, item: Entry) -> None:
    """Check that a file is the one that the index lists.

    Raises:
        ReleaseError: it is not there, or not with these bytes.
    """
    file = folder / item.path
    try:
        size, digest = file.stat().st_size, sha256_of(file)
    except OSError as error:
        raise ReleaseError(f"{file}: {error.strerror or error}; the index lists it: restore it") from None
    if (size, digest) != (item.bytes, item.sha256):
        raise ReleaseError(f"{file}: not the file that was released: its bytes are not those of the index; restore it")
