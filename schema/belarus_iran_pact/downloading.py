"""Downloading released packages from any place that serves files: a web address, or a local folder.

    download("1.0.0")                           into the cache
    download("1.0.0", to="folder")              into a folder of one's own

Such a place has `releases.json` (see `core.releases`) and the files that it lists. Nothing is used before its hash is checked, and
what stands in the cache or in `to` is whole, whatever happens.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import shutil
import time
import urllib.parse
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from .core import NAME
from .core.messages import UsageError, one_line, unknown
from .core.placing import place, workspace
from .core.reading import DESCRIPTOR, open_package
from .core.releases import INDEX, MAX_INDEX_BYTES, Index, ReleasedFile, ReleaseError, parse_index, sha256_of

if TYPE_CHECKING:
    from types import ModuleType

SOURCE_VARIABLE = "BELARUS_IRAN_PACT_RELEASES"
CACHE_VARIABLE = "BELARUS_IRAN_PACT_CACHE"
SOURCE_LABEL = "Releases"
"""The label of the `Project-URL` in the package's metadata that says where releases are, if it says so."""

Format = Literal["all", "csv", "parquet"]
FORMATS: tuple[Format, ...] = ("all", "csv", "parquet")

TIMEOUT = 30.0
"""A server that sends nothing for this many seconds counts as dead."""
SLOWEST = 1024
"""A server that sends fewer bytes a second than this, on average, counts as dead."""

_BLOCK = 1 << 16
# What a file or folder in an archive may be called: no hidden one, no way upwards, no device of Windows.
_PART = r"(?!(?i:con|prn|aux|nul|com\d|lpt\d)(?:[./]|$))[A-Za-z0-9_][A-Za-z0-9_.+-]*"
_MEMBER = re.compile(rf"(?:{_PART}/)*{_PART}")
_ARCHIVE = "archive.zip"
# What zipfile and `core.reading` raise, and the system where a name is there as a file and as a folder.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, FileExistsError, NotADirectoryError)
# A user name and password are sent but never shown.
_ADDRESS = re.compile(
    r"(?P<all>(?P<scheme>https?://)(?:[^/?#\s]*@)?(?P<host>(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d+)?)(?P<path>/[^?#\s]*)?)",
    re.IGNORECASE,
)


class DownloadError(OSError):
    """A download that could not be completed; nothing of it is kept, and earlier files are unchanged."""


def download(
    version: str | None = None,
    *,
    format: Format = "all",
    to: str | os.PathLike[str] | None = None,
    source: str | os.PathLike[str] | None = None,
    replace: bool = False,
) -> Path:
    """Download a released package, check it, and unpack it.

    Args:
        version: such as "1.0.0"; by default the last one released.
        format: "all" for the whole package, "csv" or "parquet" for the tables in one form.
        to: a new or empty folder to put the package into, all at once. By default the package stays in the cache, which is
            checked first either way.
        source: the web address or local folder that holds `releases.json`; by default the value of the environment variable
            BELARUS_IRAN_PACT_RELEASES, else the address that the installed package's metadata gives.
        replace: whether to replace a package of this kind that `to` already holds.

    Returns:
        The folder that holds `datapackage.json`.

    Raises:
        ImportError: pooch is not installed; the message says how to install it.
        ValueError: there is no such format or version, or no source is known; the message lists what there is, or says how to
            give a source.
        FileExistsError: `to` is not empty, and does not hold a package that may be replaced.
        DownloadError: the download failed; the message says why.
    """
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    _pooch()
    target = None if to is None else Path(os.path.abspath(to))
    origin = _origin(source)
    try:
        if target is not None:
            _check_target(target, replace)
        package = _cached_package(origin, *_find(origin, version, format))
        return package if target is None else _put_copy(package, target, replace)
    except (DownloadError, FileExistsError):
        raise
    except OSError as error:
        where = f" at {error.filename}" if error.filename else ""
        raise DownloadError(
            f"cannot store the download{where}: {error.strerror or error}; make room or choose another folder: "
            f"--to, or {CACHE_VARIABLE} for the cache"
        ) from error


def downloaded(version: str) -> Path:
    """The folder of a version's package, downloaded if need be; looked up once per source and cache, so that loading is fast.

    Raises:
        ImportError, ValueError, DownloadError: as `download` does.
    """
    return _downloaded(version, os.environ.get(SOURCE_VARIABLE, ""), os.environ.get(CACHE_VARIABLE, ""))


@functools.cache
def _downloaded(version: str, source: str, cache: str) -> Path:
    return download(version, source=source or None)


def released_by(source: str | os.PathLike[str]) -> Callable[[str, str], tuple[str, Path]]:
    """For a version and a format, the name of its release in a source, and the folder of its package, downloaded if need be."""

    origin = _origin(source)

    def released(version: str, form: str) -> tuple[str, Path]:
        return f"the release {version} of {origin.name}", download(version, format=cast("Format", form), source=source)

    return released


def cache_folder() -> Path:
    """Where downloads are kept: the folder named by BELARUS_IRAN_PACT_CACHE, else the platform's cache folder."""
    return Path(os.path.abspath(os.environ.get(CACHE_VARIABLE) or _pooch().os_cache(NAME)))


def _pooch() -> ModuleType:
    try:
        import pooch
        import tqdm  # noqa: F401  It makes the bar, and comes with the same extra.
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{error.name} is not installed; install it with: pip install '{NAME}[download]'", name=error.name
        ) from error
    return cast("ModuleType", pooch)


# --- Where releases are ---


@dataclass(frozen=True)
class _Origin:
    """A web address or a local folder, without a slash at its end; `name` is what messages call it, without a password."""

    place: str
    name: str

    def blocks(self, path: str, size: int | None) -> Iterator[bytes]:
        """The bytes of a file there, which has this size; where none is given, an index's at most."""
        from urllib3.exceptions import HTTPError

        name = f"{self.name}/{path}"
        limit, count, started = size or MAX_INDEX_BYTES, 0, time.monotonic()
        try:
            with contextlib.closing(self._open(path)) as stream:
                # `read1` gives what has come, where `read` would wait for a whole block from a server that sends single bytes.
                while block := stream.read1(_BLOCK):
                    count += len(block)
                    if count > limit:
                        raise DownloadError(f"{name} has more bytes than the {limit} allowed; nothing of it is kept")
                    yield block
                    if time.monotonic() - started > max(TIMEOUT, count / SLOWEST):
                        raise DownloadError(
                            f"{name}: the server is too slow, {count} bytes in all this time; try again later"
                        )
        except DownloadError:
            raise
        except (OSError, ValueError, HTTPError) as error:
            raise DownloadError(f"{name} cannot be read: {_reason(error)}; try again later") from None
        if count < (size or 0):
            raise DownloadError(f"{name} broke off after {count} of {size} bytes; try again")

    def _open(self, path: str) -> Any:
        if not _ADDRESS.fullmatch(self.place):
            return open(os.path.join(self.place, *path.split("/")), "rb")
        import requests

        headers = {"User-Agent": NAME, "Accept-Encoding": "identity"}
        response = requests.get(f"{self.place}/{path}", headers=headers, stream=True, timeout=TIMEOUT)
        if response.status_code != 200:
            raise DownloadError(f"{self.name}/{path}: the server answers {response.status_code} {response.reason:.80}")
        if self.place.lower().startswith("https:") and not response.url.startswith("https:"):
            raise DownloadError(f"{self.name}/{path}: the server redirects to an address without encryption")
        return response.raw


def _reason(error: BaseException) -> str:
    """Why something cannot be read, in the system's words: those of requests can have a password in them."""
    from urllib3.exceptions import ProtocolError

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, TimeoutError):
            return f"no answer within {TIMEOUT:g} seconds"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return "the connection broke" if isinstance(error, ProtocolError) else type(error).__name__


def _origin(source: str | os.PathLike[str] | None) -> _Origin:
    given = os.fspath(source) if source is not None else os.environ.get(SOURCE_VARIABLE) or _source_in_metadata()
    if not given:
        raise UsageError(
            f"no source of releases is known; give the address or folder that holds {INDEX}: source=... or --from, or the "
            f"environment variable {SOURCE_VARIABLE}"
        )
    if found := _ADDRESS.fullmatch(given.removesuffix(INDEX)):
        return _Origin(found["all"].rstrip("/"), f"{found['scheme']}{found['host']}{found['path'] or ''}".rstrip("/"))
    if given.startswith("file://"):
        return _origin(urllib.request.url2pathname(urllib.parse.urlsplit(given).path))
    if "://" in given:
        shown = "the source given" if "@" in given else repr(given)
        raise UsageError(
            f"{shown} is not an address of releases; give http(s)://HOST/PATH without ? and #, or a local folder"
        )
    folder = os.path.abspath(given.removesuffix(INDEX))
    return _Origin(folder, folder)


def _source_in_metadata() -> str | None:
    from importlib.metadata import PackageNotFoundError, metadata

    with contextlib.suppress(PackageNotFoundError):
        for line in metadata(NAME).get_all("Project-URL") or ():
            label, _, address = line.partition(",")
            if label.strip() == SOURCE_LABEL:
                return str(address.strip())
    return None


# --- The index ---


def _find(origin: _Origin, version: str | None, format: Format) -> tuple[str, ReleasedFile]:
    """The version and the file to get. What is released once never changes, so an index read before may answer."""
    known_at = cache_folder() / "indexes" / f"{hashlib.sha256(origin.name.encode()).hexdigest()[:16]}.json"
    known = Index(name=NAME, releases=[])
    with contextlib.suppress(OSError, ReleaseError):
        known = parse_index(known_at.read_bytes(), str(known_at))
    release = known.release(version or "")
    if release is None:
        index = _fetch_index(origin, known, known_at)
        release = index.release(version or index.last or "")
        if release is None:
            raise unknown("version", version, index.versions, f"versions at {origin.name}")
    file = release.file(format)
    if file is None:
        raise UsageError(f"version {release.version} has no file of format {format!r} at {origin.name}")
    return release.version, file


def _fetch_index(origin: _Origin, known: Index, known_at: Path) -> Index:
    content = b"".join(origin.blocks(INDEX, None))
    name = f"{origin.name}/{INDEX}"
    try:
        index = parse_index(content, name)
    except ReleaseError as error:
        raise DownloadError(f"{error}; ask whoever publishes it") from None
    for release in known.releases:
        if index.release(release.version) not in (release, None):
            raise DownloadError(
                f"{name} lists different files for version {release.version} than before; a release never changes: ask whoever "
                f"publishes it, or remove {known_at} to trust the new one"
            )
    known_at.parent.mkdir(parents=True, exist_ok=True)
    with workspace(cache_folder() / "download") as work:
        (work / INDEX).write_bytes(content)
        place(work / INDEX, known_at)
    return index


# --- The cache ---


def _cached_package(origin: _Origin, version: str, file: ReleasedFile) -> Path:
    """The package's folder in the cache; downloaded and unpacked only where it is not there whole."""
    folder = cache_folder() / "packages" / file.sha256
    package = folder / f"{NAME}-{version}"
    if not _is_whole(package, file):
        with workspace(cache_folder() / "download") as work:
            # Another download may have finished first.
            if not _is_whole(package, file):
                _fetch(origin, file, work / "new")
                _unpack(work / "new", package.name, file)
                folder.parent.mkdir(exist_ok=True)
                place(work / "new", folder)
    return package


def _fetch(origin: _Origin, file: ReleasedFile, folder: Path) -> None:
    """Download a file into a folder, as `archive.zip`."""
    from tqdm import tqdm

    pooch = _pooch()

    def write(url: str, output: str, _: object) -> None:
        # A progress bar on a terminal, nothing elsewhere.
        with open(output, "wb") as stream, tqdm(total=file.bytes, unit="B", unit_scale=True, disable=None) as bar:
            for block in origin.blocks(file.path, file.bytes):
                stream.write(block)
                bar.update(len(block))

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")  # Otherwise it reports every download.
    try:
        pooch.retrieve(f"{origin.name}/{file.path}", file.sha256, _ARCHIVE, folder, downloader=write)
    except ValueError:
        raise DownloadError(
            f"{origin.name}/{file.path} does not have the SHA-256 that {INDEX} gives; nothing of it is kept: try again, or ask "
            "whoever publishes it"
        ) from None
    finally:
        logger.setLevel(level)


def _is_whole(package: Path, file: ReleasedFile) -> bool:
    """Whether a folder holds the files of the archive beside it, which is the one released, and nothing else."""
    archive = package.with_name(_ARCHIVE)
    if not archive.is_file() or sha256_of(archive) != file.sha256:
        return False
    found = {item.relative_to(package.parent).as_posix(): item for item in package.rglob("*") if not item.is_dir()}
    with zipfile.ZipFile(archive) as opened:
        checksums = {info.filename: info.CRC for info in opened.infolist()}
    return {name: zlib.crc32(item.read_bytes()) for name, item in found.items()} == checksums


def _unpack(folder: Path, top: str, file: ReleasedFile) -> None:
    """Unpack an archive of the right hash into its folder. Where the index means harm, so can the archive.

    Raises:
        DownloadError: it is damaged, is no package of moderate size, or is not one folder `top` of the files that this lists.
    """
    archive = folder / _ARCHIVE
    try:
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise ValueError(f"{member.filename} is compressed in an unusual way")
            package = open_package(archive)
            listed = {f"{top}/{path}" for path in (DESCRIPTOR, *package.resources)}
            for name in opened.namelist():
                if name not in listed or not _MEMBER.fullmatch(name):
                    raise ValueError(f"{name!r:.80} is no plain path below {top}/ that {DESCRIPTOR} lists")
            for path in package.resources:
                package.files.size(path)  # It raises where there is a link or a device.
            if len({name.casefold() for name in listed}) != len(listed):
                raise ValueError("a name occurs twice")
            opened.extractall(folder)
    except _DAMAGED as error:
        why = one_line(str(error).removeprefix(f"{archive}: "), 200)
        raise DownloadError(
            f"{file.path} is not an archive of this package: {why}; nothing of it is kept: ask whoever publishes it"
        ) from error


# --- Into a folder of one's own ---


def _check_target(target: Path, replace: bool) -> None:
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not replace:
        raise FileExistsError(
            f"{target} exists and is not empty; choose another folder, or pass replace=True (command line: --replace)"
        )
    if not (target / DESCRIPTOR).is_file():
        raise FileExistsError(f"{target} holds no data package, so it is not replaced; choose another folder")


def _put_copy(package: Path, target: Path, replace: bool) -> Path:
    with workspace(target) as work:
        shutil.copytree(package, work / "new", copy_function=shutil.copyfile)
        # Checked again: another process may have written there meanwhile.
        _check_target(target, replace)
        place(work / "new", target)
    return target
