"""Downloading released packages from any place that serves files: a web address, or a local folder.

    download("1.0.0")                           into the cache
    download("1.0.0", to="folder")              into a folder of one's own

Such a place has `releases.json`, which lists every version's files with their sizes and SHA-256, and those files. Nothing is used
before its hash is checked. Whatever happens, what stands in the cache or in `to` is whole: files are made aside and put in place
in one step, and what a killed download left aside is cleared by the next.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http.client
import os
import re
import shutil
import stat
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from .core.messages import UsageError, unknown
from .core.placing import exchange_folders as _exchanged
from .loading import data_folder

DISTRIBUTION = "belarus-iran-pact"
INDEX = "releases.json"
SOURCE_VARIABLE = "BELARUS_IRAN_PACT_RELEASES"
CACHE_VARIABLE = "BELARUS_IRAN_PACT_CACHE"
SOURCE_LABEL = "Releases"
"""The label of the `Project-URL` in the package's metadata that says where releases are, if it says so."""

Format = Literal["all", "csv", "parquet"]
FORMATS: tuple[Format, ...] = ("all", "csv", "parquet")

# Far above what this package will need, far below what harms a machine.
MAX_INDEX_BYTES = 16 << 20
MAX_ARCHIVE_BYTES = 2 << 30
MAX_UNPACKED_BYTES = 8 << 30
MAX_RATIO = 200
MAX_MEMBERS = 10_000

TIMEOUT = 30.0
"""Seconds without any answer after which a server counts as dead."""
SLOWEST = 1024
"""Bytes a second, over `TIMEOUT` seconds, below which a server counts as dead."""

_BLOCK = 1 << 16
_ABANDONED_AFTER = 60.0
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_FINAL = re.compile(r"(\d+)\.(\d+)\.(\d+)")


class DownloadError(OSError):
    """A download that could not be completed; nothing of it is left, and what was there before is as it was."""


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
        version: such as "1.0.0"; by default the newest that is no pre-release.
        format: "all" for the whole package, "csv" or "parquet" for the tables in one form.
        to: a folder to put the package into, all at once: a new or an empty one. By default it stays in the cache, which is
            asked first either way.
        source: the web address or local folder that holds `releases.json`; by default what the environment variable
            BELARUS_IRAN_PACT_RELEASES says, else the address that the installed package's metadata gives.
        replace: whether `to` may be a folder that holds such a package already; that one is then replaced.

    Returns:
        The folder that holds `datapackage.json`.

    Raises:
        ValueError: there is no such format or version, or no source is known; the message says what there is, and how to give
            one.
        FileExistsError: `to` is not empty, and is no package that may be replaced.
        DownloadError: the download failed; the message says at what.
    """
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    target = None if to is None else Path(os.path.abspath(to))
    place = _place(source)
    try:
        if target is not None:
            _check_target(target, replace)
        number, file = _find(place, version, format)
        package = _cached_package(place, number, file)
        return package if target is None else _put_copy(package, target, replace)
    except (DownloadError, FileExistsError):
        raise
    except OSError as error:
        where = f" at {error.filename}" if error.filename else ""
        raise DownloadError(
            f"cannot store the download{where}: {error.strerror or error}; make room or choose another folder: "
            f"--to, or {CACHE_VARIABLE} for the cache"
        ) from error


@functools.cache
def _folder_of(version: str, source: str, cache: str) -> Path:
    return download(version, source=source or None)


def data_folder_of(version: str) -> Path:
    """The data of a version: the installed ones if they are of that version, else those downloaded, now or before.

    Raises:
        ValueError, DownloadError: as `download` does.
    """
    from . import __version__

    if version == __version__:
        return Path(data_folder())
    # Asked once for each place and cache that the environment names, so that many tables load fast.
    return _folder_of(version, os.environ.get(SOURCE_VARIABLE, ""), os.environ.get(CACHE_VARIABLE, ""))


def cache_folder() -> Path:
    """Where downloads are kept: what BELARUS_IRAN_PACT_CACHE says, else the platform's folder for caches."""
    if own := os.environ.get(CACHE_VARIABLE):
        return Path(os.path.abspath(own))
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/AppData/Local")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / DISTRIBUTION


# --- The index ---


class _Strict(BaseModel):
    # Later versions of the index may say more; what is said here is as it is written, not converted.
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class ReleasedFile(_Strict):
    """A file of a release: its path below the index's place, what it is, its size in bytes and its SHA-256."""

    path: Annotated[str, StringConstraints(pattern=rf"^(?:{_NAME}/)*{_NAME}$", max_length=200)]
    kind: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    bytes: Annotated[int, Field(gt=0, le=MAX_ARCHIVE_BYTES)]
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class Release(_Strict):
    """A released version and its files."""

    version: Annotated[
        str, StringConstraints(pattern=r"^[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}([.+-]?[0-9A-Za-z.+-]+)?$", max_length=60)
    ]
    files: list[ReleasedFile]


class Index(_Strict):
    """What `releases.json` says."""

    name: Literal["belarus-iran-pact"]
    releases: list[Release]


def _read_index(content: bytes, name: str) -> Index:
    try:
        index = Index.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DownloadError(
            f"{name} is no index of releases: {where + ': ' if where else ''}{first['msg']}; ask whoever publishes it"
        ) from None
    versions = [release.version for release in index.releases]
    paths = [file.path for release in index.releases for file in release.files]
    kinds = [(release.version, file.kind) for release in index.releases for file in release.files]
    wanted = [kind for kind in kinds if kind[1] in FORMATS]
    for what, values in (("version", versions), ("path", paths), ("kind", wanted)):
        if len(set(values)) != len(values):
            raise DownloadError(f"{name} is no index of releases: a {what} is there twice; ask whoever publishes it")
    return index


def _find(place: _Place, version: str | None, format: Format) -> tuple[str, ReleasedFile]:
    """The version and the file to get. What is published once never changes, so an index read before may answer."""
    known_at = cache_folder() / "indexes" / f"{hashlib.sha256(place.name.encode()).hexdigest()[:16]}.json"
    known = _known_index(known_at)
    if known is not None and version is not None and (file := _file_of(known, version, format)) is not None:
        return version, file
    content = b"".join(place.blocks(INDEX, MAX_INDEX_BYTES, None))
    index = _read_index(content, place.file(INDEX))
    if known is not None:
        _check_unchanged(known, index, place, known_at)
    with _Staging(known_at.parent) as staging:
        (staging / INDEX).write_bytes(content)
        os.replace(staging / INDEX, known_at)
    versions = [release.version for release in index.releases]
    if version is None:
        final = {tuple(map(int, match.groups())): match.group() for match in map(_FINAL.fullmatch, versions) if match}
        if not final:
            raise UsageError(
                f"{place.file(INDEX)} has no final release; the versions are: {', '.join(versions) or 'none'}"
            )
        version = final[max(final)]
    found = _file_of(index, version, format)
    if found is None:
        if version in versions:
            raise UsageError(f"version {version} has no file of format {format!r} at {place.name}")
        raise unknown("version", version, versions, f"versions at {place.name}")
    return version, found


def _known_index(file: Path) -> Index | None:
    try:
        return _read_index(file.read_bytes(), str(file))
    except OSError:  # There is none, or it is none.
        return None


def _file_of(index: Index, version: str, format: Format) -> ReleasedFile | None:
    files = [file for release in index.releases if release.version == version for file in release.files]
    return next((file for file in files if file.kind == format), None)


def _check_unchanged(known: Index, index: Index, place: _Place, known_at: Path) -> None:
    now = {(release.version, file.kind): file.sha256 for release in index.releases for file in release.files}
    for release in known.releases:
        for file in release.files:
            if now.get((release.version, file.kind), file.sha256) != file.sha256:
                raise DownloadError(
                    f"{place.file(INDEX)} gives version {release.version} another hash than before; a release never changes: "
                    f"ask whoever publishes it, or remove {known_at} to trust the new one"
                )


# --- Places to download from ---


@dataclass(frozen=True)
class _Place:
    """Where releases are.

    Attributes:
        name: the web address or the folder, without a slash at its end.
        open: gives a stream for a path below it, and the length that the place tells, if it does.
    """

    name: str
    open: Callable[[str], contextlib.AbstractContextManager[tuple[IO[bytes], int | None]]]

    def file(self, path: str) -> str:
        """The name of a file there."""
        return f"{self.name}/{path}"

    def blocks(self, path: str, limit: int, expected: int | None) -> Iterator[bytes]:
        """A file's bytes, at most `limit` of them; exactly `expected` where that is given."""
        name = self.file(path)
        try:
            with self.open(path) as (stream, length):
                if length is not None and (length > limit or (expected is not None and length != expected)):
                    raise DownloadError(f"{name} has {length} bytes, not {_amount(limit, expected)}; try again later")
                yield from _counted(stream, name, limit, expected if expected is not None else length)
        except DownloadError:
            raise
        except urllib.error.HTTPError as error:
            raise DownloadError(f"{name}: the server answers {error.code} {_one_line(error.reason)}") from error
        except TimeoutError as error:
            raise DownloadError(f"{name}: no answer within {TIMEOUT:g} seconds; try again later") from error
        except urllib.error.URLError as error:
            reason = f"no answer within {TIMEOUT:g} seconds" if isinstance(error.reason, TimeoutError) else error.reason
            raise DownloadError(f"{name} cannot be reached: {_one_line(reason)}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise DownloadError(f"{name} cannot be read: {type(error).__name__}: {_one_line(error)}") from error


def _amount(limit: int, expected: int | None) -> str:
    return f"at most {limit}" if expected is None else f"the {expected} that {INDEX} says"


def _counted(stream: IO[bytes], name: str, limit: int, expected: int | None) -> Iterator[bytes]:
    # `read1` gives what has come, where `read` would wait for a whole block from a server that sends byte by byte.
    read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
    count, window, in_window = 0, time.monotonic(), 0
    while block := read(_BLOCK):
        count += len(block)
        if count > (limit if expected is None else min(limit, expected)):
            raise DownloadError(f"{name} has more bytes than {_amount(limit, expected)}; nothing of it is kept")
        yield block
        in_window += len(block)
        if time.monotonic() - window > TIMEOUT:
            if in_window < SLOWEST * TIMEOUT:
                raise DownloadError(f"{name}: the server is too slow, {in_window} bytes in {TIMEOUT:g} seconds")
            window, in_window = time.monotonic(), 0
    if expected is not None and count < expected:
        raise DownloadError(f"{name} broke off after {count} of {expected} bytes; try again")


def _place(source: str | os.PathLike[str] | None) -> _Place:
    given = os.fspath(source) if source is not None else os.environ.get(SOURCE_VARIABLE) or _source_in_metadata()
    if not given:
        raise UsageError(
            f"no place to download from is known; give the address or folder that holds {INDEX}: source=... or --from, or the "
            f"environment variable {SOURCE_VARIABLE}"
        )
    given = given.removesuffix(INDEX)
    parts = urllib.parse.urlsplit(given)
    if parts.scheme in ("http", "https"):
        if not parts.hostname or parts.query or parts.fragment:
            raise UsageError(f"{given!r} is no address of a folder; give it as https://HOST/PATH, without ? and #")
        return _Place(given.rstrip("/"), functools.partial(_from_web, given.rstrip("/")))
    if parts.scheme == "file":
        given = urllib.request.url2pathname(parts.path)
    elif "://" in given:
        raise UsageError(f"{given!r} is no address that can be read; give http://, https://, file:// or a local folder")
    folder = os.path.abspath(given)
    return _Place(folder, functools.partial(_from_folder, folder))


def _source_in_metadata() -> str | None:
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        addresses = metadata(DISTRIBUTION).get_all("Project-URL") or []
    except PackageNotFoundError:
        return None
    labelled = (address.partition(",") for address in addresses)
    return next((address.strip() for label, _, address in labelled if label.strip() == SOURCE_LABEL), None)


@contextlib.contextmanager
def _from_folder(folder: str, path: str) -> Iterator[tuple[IO[bytes], int | None]]:
    with open(os.path.join(folder, *path.split("/")), "rb") as stream:
        yield stream, os.fstat(stream.fileno()).st_size


@contextlib.contextmanager
def _from_web(address: str, path: str) -> Iterator[tuple[IO[bytes], int | None]]:
    request = urllib.request.Request(f"{address}/{path}", headers={"User-Agent": DISTRIBUTION})
    with urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT) as response:
        if response.status != 200:
            raise DownloadError(f"{address}/{path}: the server answers {response.status}, not 200")
        length = response.headers.get("Content-Length", "")
        yield response, int(length) if length.isdecimal() else None


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, which file hosts use, as long as they stay on the web and do not give up encryption."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        scheme = urllib.parse.urlsplit(newurl).scheme
        if scheme not in ("http", "https") or (req.type == "https" and scheme != "https"):
            raise DownloadError(f"{req.full_url}: the server redirects to {newurl!r:.80}, which is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


# --- The cache ---


def _cached_package(place: _Place, version: str, file: ReleasedFile) -> Path:
    """The package's folder in the cache; downloaded and unpacked only where it is not there whole."""
    cache = cache_folder()
    archive = cache / "archives" / f"{file.sha256}.zip"
    if not _has_hash(archive, file.sha256):
        _fetch(place, file, archive)
    unpacked = cache / "packages" / file.sha256
    package = unpacked / f"{DISTRIBUTION}-{version}"
    with _opened(archive, file.path) as opened:
        members = _members(opened, version, file)
        if _is_whole(package, members):
            return package
        with _Staging(unpacked.parent) as staging:
            _unpack(opened, members, staging / "new" / package.name)
            if unpacked.exists() and not _is_whole(package, members):
                # Damaged since; it goes with the staging folder.
                os.rename(unpacked, staging / "damaged")
            try:
                os.rename(staging / "new", unpacked)
            except OSError:
                # Another download was first.
                if not _is_whole(package, members):
                    raise
    return package


def _has_hash(file: Path, sha256: str) -> bool:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def _fetch(place: _Place, file: ReleasedFile, archive: Path) -> None:
    digest = hashlib.sha256()
    with _Staging(archive.parent) as staging:
        with (staging / archive.name).open("xb") as stream, _Progress(file.path, file.bytes) as progress:
            for block in place.blocks(file.path, MAX_ARCHIVE_BYTES, file.bytes):
                digest.update(block)
                stream.write(block)
                progress.advance(len(block))
        if digest.hexdigest() != file.sha256:
            raise DownloadError(
                f"{place.file(file.path)} has not the SHA-256 that {INDEX} gives; nothing of it is kept: try again, or ask "
                "whoever publishes it"
            )
        os.replace(staging / archive.name, archive)


@contextlib.contextmanager
def _opened(archive: Path, path: str) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        raise _refused(path, f"it is damaged: {_one_line(error)}") from error


def _refused(path: str, why: str) -> DownloadError:
    return DownloadError(
        f"{path} is no archive of this package: {why}; nothing of it is kept: ask whoever publishes it"
    )


def _members(opened: zipfile.ZipFile, version: str, file: ReleasedFile) -> dict[str, zipfile.ZipInfo]:
    """The archive's files by path below its one folder, all of them safe to unpack."""
    top = f"{DISTRIBUTION}-{version}/"
    members: dict[str, zipfile.ZipInfo] = {}
    infos = opened.infolist()
    if len(infos) > MAX_MEMBERS:
        raise _refused(file.path, f"it has {len(infos)} members")
    for info in infos:
        name, shown = info.filename, f"{info.orig_filename!r:.80}"
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFDIR if info.is_dir() else stat.S_IFREG):
            raise _refused(file.path, f"{shown} is a link or a device")
        if info.flag_bits & 1:
            raise _refused(file.path, f"{shown} is encrypted")
        inner = name.removeprefix(top).removesuffix("/" if info.is_dir() else "")
        if name == top:
            continue
        parts = inner.split("/")
        plain = all(re.fullmatch(_NAME, part) and not _RESERVED.fullmatch(part) for part in parts)
        if not name.startswith(top) or not plain or info.orig_filename != name:
            raise _refused(file.path, f"{shown} is no plain path below {top}")
        if info.is_dir():
            continue
        members[inner] = info
    folded = [inner.casefold() for inner in members]
    files = [info for info in infos if not info.is_dir()]
    if len(set(folded)) != len(files):
        raise _refused(file.path, "a name is there twice")
    folders = {str(folder) for inner in folded for folder in PurePosixPath(inner).parents}
    if not folders.isdisjoint(folded):
        raise _refused(file.path, "a name is there as a file and as a folder")
    size = sum(info.file_size for info in files)
    if size > min(MAX_UNPACKED_BYTES, MAX_RATIO * file.bytes):
        raise _refused(file.path, f"it would unpack to {size} bytes")
    if "datapackage.json" not in members:
        raise _refused(file.path, f"it has no {top}datapackage.json")
    return members


def _unpack(opened: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], folder: Path) -> None:
    for inner, info in members.items():
        target = folder / inner
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(info) as stream, target.open("xb") as copy:
            shutil.copyfileobj(stream, copy, _BLOCK)


def _is_whole(package: Path, members: dict[str, zipfile.ZipInfo]) -> bool:
    """Whether a folder holds the files of an archive, and nothing else."""
    if not package.is_dir():
        return False
    found = {file.relative_to(package).as_posix(): file for file in package.rglob("*") if not file.is_dir()}
    return found.keys() == members.keys() and all(
        file.stat().st_size == members[inner].file_size and zlib.crc32(file.read_bytes()) == members[inner].CRC
        for inner, file in found.items()
    )


# --- Putting in place ---


def _check_target(target: Path, replace: bool) -> None:
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not replace:
        raise FileExistsError(f"{target} is there and not empty; choose another folder, or say that it may be replaced")
    if not (target / "datapackage.json").is_file():
        raise FileExistsError(f"{target} holds no data package, so it is not replaced; choose another folder")


def _put_copy(package: Path, target: Path, replace: bool) -> Path:
    with _Staging(target.parent, f".{target.name}.", target) as staging:
        shutil.copytree(package, staging / "new", copy_function=shutil.copyfile)
        _check_target(target, replace)
        if not target.exists():
            os.rename(staging / "new", target)
        elif not _exchanged(staging / "new", target):
            os.rename(target, staging / _PREVIOUS)
            try:
                os.rename(staging / "new", target)
            except BaseException:
                os.rename(staging / _PREVIOUS, target)
                raise
    return target


_STAGING = "partial-"
_PREVIOUS = "previous"


class _Staging:
    """A folder aside, in which to make what is then put in place by a rename; gone at the end.

    Folders that killed processes left are cleared first, those that living ones work in are not: each of these holds a lock, which
    the system takes back when it ends. What such a folder has of `target` is put back.
    """

    def __init__(self, parent: Path, prefix: str = ".", target: Path | None = None) -> None:
        self.parent = parent
        self.prefix = f"{prefix}{_STAGING}"
        self.target = target

    def __enter__(self) -> Path:
        self.parent.mkdir(parents=True, exist_ok=True)
        for leftover in self.parent.glob(f"{self.prefix}*"):
            self._clear(leftover)
        while True:
            self.folder = Path(tempfile.mkdtemp(prefix=self.prefix, dir=self.parent))
            with contextlib.suppress(FileNotFoundError):
                self.lock = (self.folder / "lock").open("xb")
                # Between the two steps another process may have taken the folder for a leftover.
                if _locked(self.lock) and (self.folder / "lock").exists():
                    return self.folder
                self.lock.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.lock.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _clear(self, leftover: Path) -> None:
        with contextlib.suppress(OSError):
            try:
                with (leftover / "lock").open("r+b") as lock:
                    if not _locked(lock):
                        return
                    self._put_back(leftover)
                    if os.name != "nt":
                        shutil.rmtree(leftover, ignore_errors=True)
                        return
            except FileNotFoundError:
                # Just made, or already being cleared.
                if time.time() - leftover.stat().st_mtime < _ABANDONED_AFTER:
                    return
            self._put_back(leftover)
            shutil.rmtree(leftover, ignore_errors=True)

    def _put_back(self, leftover: Path) -> None:
        if self.target is not None and (leftover / _PREVIOUS).exists() and not self.target.exists():
            os.rename(leftover / _PREVIOUS, self.target)


def _locked(file: IO[bytes]) -> bool:
    """Lock a file until it is closed; False where another process has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


# --- Progress ---


class _Progress:
    """A bar on standard error while a file comes, on a terminal only."""

    def __init__(self, path: str, size: int) -> None:
        self.path = path
        self.size = size
        self.count = 0
        self.shown = 0.0
        self.visible = sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def advance(self, count: int) -> None:
        """Count bytes that have come."""
        self.count += count
        if self.visible and (time.monotonic() - self.shown > 0.1 or self.count == self.size):
            self.shown = time.monotonic()
            done = 30 * self.count // self.size
            bar = f"{'#' * done}{'-' * (30 - done)}"
            print(f"\r{self.path} [{bar}] {100 * self.count // self.size}%", end="", file=sys.stderr, flush=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.visible:
            print(file=sys.stderr)


def _one_line(text: object) -> str:
    return f"{' '.join(str(text).split()):.200}"
