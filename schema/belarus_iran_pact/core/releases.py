"""What `releases.json` is: the index of all releases, which lists the files of each version with their sizes and SHA-256.

It stands at the top of the folder, or below the address, that holds the releases; paths are relative to it. Versions are
MAJOR.MINOR.PATCH and ascend. What is in an index once never changes: a release is added at its end.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from . import NAME

INDEX = "releases.json"
SUMS = "SHA256SUMS"
"""A file of a version's folder: the hashes of the others, as `sha256sum` prints and checks them."""

# Far above what is needed, far below what harms a machine.
MAX_INDEX_BYTES = 16 << 20
MAX_FILE_BYTES = 2 << 30

_VERSION = r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})"
_Version = Annotated[str, StringConstraints(pattern=f"^{_VERSION}$")]


class ReleaseError(Exception):
    """An index, a release or a file of one that cannot be read or made, for the reasons in `args`, each of them one line."""

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


class _Strict(BaseModel):
    # Later versions of the index may say more; what is said here is as it is written, not converted.
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class ReleasedFile(_Strict):
    """A file of a release: its path below the index's place, what it is, its size in bytes, and its SHA-256."""

    path: Annotated[str, StringConstraints(pattern=rf"^{_VERSION}/[A-Za-z0-9_][A-Za-z0-9_.+-]*$", max_length=200)]
    kind: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    bytes: Annotated[int, Field(gt=0, le=MAX_FILE_BYTES)]
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class Release(_Strict):
    """A released version: the commit that it was made of, and its files, one of each kind."""

    version: _Version
    commit: Annotated[str, StringConstraints(pattern="^[0-9a-f]{40,64}$")]
    files: list[ReleasedFile]

    @model_validator(mode="after")
    def _own_files(self) -> Self:
        for item in self.files:
            if not item.path.startswith(f"{self.version}/"):
                raise ValueError(f"version {self.version} lists {item.path}, which is not in its folder")
        for what in ("path", "kind"):
            if len({getattr(item, what) for item in self.files}) != len(self.files):
                raise ValueError(f"version {self.version} has a {what} twice")
        return self

    def file(self, kind: str) -> ReleasedFile | None:
        """The file of a kind, if there is one."""
        return next((item for item in self.files if item.kind == kind), None)


class Index(_Strict):
    """The index of all releases, versions ascending."""

    name: Literal["belarus-iran-pact"]
    releases: list[Release]

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        keys = [version_key(item.version) for item in self.releases]
        if keys != sorted(set(keys)):
            raise ValueError("the versions are not in ascending order, each once")
        return self

    @property
    def versions(self) -> list[str]:
        """The versions, ascending."""
        return [item.version for item in self.releases]

    @property
    def last(self) -> str | None:
        """The last version, if there is one."""
        return self.versions[-1] if self.releases else None

    def release(self, version: str) -> Release | None:
        """The release of a version, if there is one."""
        return next((item for item in self.releases if item.version == version), None)

    def before(self, version: str) -> Index:
        """The index as it was before a version was added."""
        key = version_key(version)
        return Index(name=NAME, releases=[item for item in self.releases if version_key(item.version) < key])

    def with_release(self, version: str, commit: str, files: Iterable[ReleasedFile]) -> Index:
        """The index with one more release at its end.

        Raises:
            ReleaseError: the version is none, is in the index already, or is not above its last one.
        """
        key = version_key(version)
        if version in self.versions:
            raise ReleaseError(f"version {version} is in the index already; a release never changes: raise the version")
        if self.last is not None and key < version_key(self.last):
            raise ReleaseError(f"version {version} is not above {self.last}, the last in the index; raise the version")
        # Through the reader, so that nothing is written that could not be read.
        content = self.model_dump()
        listed = [item.model_dump() for item in files]
        content["releases"].append({"version": version, "commit": commit, "files": listed})
        return parse_index(json.dumps(content).encode(), INDEX)

    def text(self) -> str:
        """The index as it is written; of an index with one more release, this one's text is the beginning."""
        return json.dumps(self.model_dump(), indent=2, ensure_ascii=False) + "\n"


def is_version(text: str) -> bool:
    """Whether a text is a version, three numbers."""
    return re.fullmatch(_VERSION, text) is not None


def version_key(version: str) -> tuple[int, int, int]:
    """A version as MAJOR, MINOR and PATCH.

    Raises:
        ReleaseError: it is not three numbers.
    """
    if not is_version(version):
        raise ReleaseError(f"{version!r} is no version: a release is MAJOR.MINOR.PATCH, three numbers")
    major, minor, patch = map(int, version.split("."))
    return major, minor, patch


def parse_index(content: bytes, name: str) -> Index:
    """Read an index that came from `name`, an address or a file.

    Raises:
        ReleaseError: it is no index; the message names the place, and what is wrong there.
    """
    try:
        return Index.model_validate_json(content)
    except ValidationError as error:
        faults = [
            ": ".join(filter(None, [".".join(map(str, item["loc"])), item["msg"].removeprefix("Value error, ")]))
            for item in error.errors(include_input=False)
        ]
        more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise ReleaseError(f"{name}: this is not an index of releases: {'; '.join(faults[:3])}{more}") from None


def read_index(folder: Path) -> Index:
    """The index of a releases folder; an empty one where there is none yet.

    Raises:
        ReleaseError: it cannot be read, or is not as it is written, so that it could not be extended unchanged.
    """
    file = folder / INDEX
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return Index(name=NAME, releases=[])
    except OSError as error:
        raise ReleaseError(f"{file}: the index cannot be read: {error.strerror or error}") from None
    index = parse_index(content, str(file))
    if index.text().encode() != content:
        raise ReleaseError(
            f"{file}: says more than this version knows, or was edited, so it cannot be extended unchanged; "
            "restore the published one"
        )
    return index


def file_of(folder: Path, index: Index, version: str, kind: str) -> Path:
    """A file of a release in a releases folder, its bytes checked against the index.

    Raises:
        ReleaseError: there is no such release, the file is not there, or it is not the one released.
    """
    release = index.release(version)
    if release is None:
        known = ", ".join(index.versions) or "none"
        raise ReleaseError(f"no version {version} in {folder / INDEX}; the versions are: {known}")
    item = release.file(kind)
    if item is None:
        raise ReleaseError(f"version {version} in {folder / INDEX} has no file of kind {kind}")
    check_file(folder, item)
    return folder / item.path


def check_file(folder: Path, item: ReleasedFile) -> None:
    """Check that a file is the one that the index lists.

    Raises:
        ReleaseError: it is not there, or not with these bytes.
    """
    file = folder / item.path
    try:
        found = describe(file, item.kind)
    except OSError as error:
        raise ReleaseError(f"{file}: {error.strerror or error}; the index lists it: restore it") from None
    if found != item:
        raise ReleaseError(f"{file}: not the file that was released: its bytes are not those of the index; restore it")


def listed_hashes(file: Path) -> Iterator[tuple[str, str]]:
    """What lists a file where it lies, SHA256SUMS beside it or the index above, and the SHA-256 that each gives for it.

    Raises:
        ReleaseError: one of them cannot be read.
    """
    sums, index = file.parent / SUMS, file.parent.parent / INDEX
    for line in (_content(sums) or b"").decode(errors="replace").splitlines():
        sha256, _, name = line.partition("  ")
        if name == file.name:
            yield SUMS, sha256
    if content := _content(index):
        for release in parse_index(content, str(index)).releases:
            yield from (
                (INDEX, item.sha256) for item in release.files if item.path == f"{file.parent.name}/{file.name}"
            )


def _content(file: Path) -> bytes | None:
    """The bytes of a small file; None where there is none."""
    if not file.is_file():
        return None
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_INDEX_BYTES + 1)
    except OSError as error:
        raise ReleaseError(f"{file}: cannot be read: {error.strerror or error}") from None
    if len(content) > MAX_INDEX_BYTES:
        raise ReleaseError(f"{file}: has more than {MAX_INDEX_BYTES} bytes")
    return content


def describe(file: Path, kind: str) -> ReleasedFile:
    """What the index says of a file that lies in the folder of its version.

    Raises:
        OSError: it cannot be read.
    """
    path = f"{file.parent.name}/{file.name}"
    # Not validated: a damaged file may be empty.
    return ReleasedFile.model_construct(path=path, kind=kind, bytes=file.stat().st_size, sha256=sha256_of(file))


def sha256_of(file: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
