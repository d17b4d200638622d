"""Downloads from a real server on this machine: whatever goes wrong, one clear error, nothing partial, the cache as it was."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import belarus_iran_pact as bip
from belarus_iran_pact import cli, downloading
from belarus_iran_pact.downloading import DownloadError, data_folder_of, download

ROOT = Path(__file__).resolve().parents[1]
NAME = "belarus-iran-pact"
Respond = Callable[["Handler"], None]


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder, except where the server has another answer for a path."""

    server: Server

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        self.server.asked.append(path)
        respond = self.server.answers.get(path)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if respond is None:
                super().do_GET()
            else:
                respond(self)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server on this machine, for one test."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: dict[str, Respond] = {}
        self.asked: list[str] = []
        self.closing = threading.Event()
        super().__init__(("127.0.0.1", 0), lambda *parts: Handler(*parts, directory=str(folder)))

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


def package_bytes(version: str, more: dict[str, bytes] | None = None) -> dict[str, bytes]:
    """The members of a small archive."""
    top = f"{NAME}-{version}"
    noise = hashlib.sha256(version.encode()).digest() * 4000
    return {
        f"{top}/datapackage.json": json.dumps({"name": NAME, "version": version, "resources": []}).encode(),
        f"{top}/csv/events.csv": b"event_id\n" + version.encode(),
        f"{top}/parquet/events.parquet": noise,
        **{f"{top}/{name}": content for name, content in (more or {}).items()},
    }


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def publish(folder: Path, archives: dict[str, bytes], kind: str = "all") -> None:
    """Write a releases folder: for each version an archive of the bytes given."""
    releases = []
    for version, content in archives.items():
        path = f"{version}/{NAME}-{version}.zip"
        (folder / version).mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        entry = {"path": path, "kind": kind, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        releases.append({"version": version, "files": [entry]})
    (folder / "releases.json").write_text(json.dumps({"name": NAME, "releases": releases}), encoding="utf-8")


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    """A folder with two small releases and a pre-release."""
    folder = tmp_path / "releases"
    publish(folder, {version: zipped(package_bytes(version)) for version in ("1.0.0", "1.10.0", "1.9.0", "2.0.0-rc1")})
    return folder


@pytest.fixture
def server(releases: Path) -> Iterator[Server]:
    with Server(releases) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache for each test, no source, and little patience."""
    folder = tmp_path / "cache"
    monkeypatch.setenv(downloading.CACHE_VARIABLE, str(folder))
    monkeypatch.delenv(downloading.SOURCE_VARIABLE, raising=False)
    monkeypatch.setattr(downloading, "TIMEOUT", 1.0)
    return folder


def content_of(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def expected(version: str) -> dict[str, bytes]:
    return {name.partition("/")[2]: content for name, content in package_bytes(version).items()}


def assert_nothing_partial(cache: Path) -> None:
    """What the cache holds is whole: archives of their hash, packages with all files, nothing set aside."""
    assert not list(cache.parent.rglob("*partial-*"))
    for archive in (cache / "archives").glob("*"):
        assert hashlib.sha256(archive.read_bytes()).hexdigest() == archive.stem
    for package in (cache / "packages").glob("[!.]*/*"):
        assert content_of(package) == expected(package.name.removeprefix(f"{NAME}-"))


def assert_fails(server: Server | str, cache: Path, what: str, version: str | None = "1.0.0") -> None:
    """A download fails with one line that says this; the cache, which held another version, is as it was."""
    source = server if isinstance(server, str) else server.address
    with pytest.raises((DownloadError, ValueError)) as failure:
        download(version, source=source)
    message = str(failure.value)
    assert what in message, message
    assert "\n" not in message
    assert_nothing_partial(cache)
    with pytest.raises((DownloadError, ValueError)):
        download(version, source=source, to=cache.parent / "target")
    assert not (cache.parent / "target").exists()
    assert_nothing_partial(cache)


# --- What is wanted ---


def test_downloaded_package(server: Server, cache: Path) -> None:
    """A package is downloaded with other files than were released, or not kept."""
    folder = download("1.0.0", source=server.address)
    assert folder.name == f"{NAME}-1.0.0"
    assert content_of(folder) == expected("1.0.0")
    asked = list(server.asked)
    assert download("1.0.0", source=server.address) == folder
    assert server.asked == asked, "a version that is there was asked for again"
    assert_nothing_partial(cache)


def test_newest_final_version(server: Server) -> None:
    """The default version is a pre-release, or 1.9.0 for being greater than 1.10.0 as text."""
    assert download(source=server.address).name == f"{NAME}-1.10.0"


@pytest.mark.parametrize("form", ["folder", "file URL", "index", "trailing slash"])
def test_source_spellings(releases: Path, server: Server, form: str) -> None:
    """A source cannot be given as a folder, a file URL, the index itself, or with a slash at its end."""
    sources = {
        "folder": str(releases),
        "file URL": releases.as_uri(),
        "index": f"{server.address}/releases.json",
        "trailing slash": f"{server.address}/",
    }
    assert content_of(download("1.0.0", source=sources[form])) == expected("1.0.0")


def test_source_from_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment variable is not read."""
    monkeypatch.setenv(downloading.SOURCE_VARIABLE, server.address)
    assert content_of(download("1.0.0")) == expected("1.0.0")
    assert content_of(data_folder_of("1.9.0")) == expected("1.9.0")


def test_source_from_metadata(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address in the package's metadata is not read."""
    import importlib.metadata

    class Metadata:
        def get_all(self, name: str) -> list[str]:
            return ["Other, https://example.invalid", f"Releases, {server.address}"] if name == "Project-URL" else []

    monkeypatch.setattr(importlib.metadata, "metadata", lambda _: Metadata())
    assert content_of(download("1.0.0")) == expected("1.0.0")


def test_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a source one is invented, or nobody is told how to give one."""
    monkeypatch.setattr(downloading, "_source_in_metadata", lambda: None)
    with pytest.raises(ValueError, match=r"--from, or the environment variable BELARUS_IRAN_PACT_RELEASES"):
        download("1.0.0")


@pytest.mark.parametrize("source", ["ftp://127.0.0.1/x", "http://", "http://127.0.0.1/?x=1", "data://x"])
def test_strange_source(source: str) -> None:
    """A source of another kind is followed, or ends in a traceback that says nothing."""
    with pytest.raises(ValueError, match="is no address"):
        download("1.0.0", source=source)


def test_installed_version() -> None:
    """The installed version is downloaded though its data are there."""
    assert data_folder_of(bip.__version__) == bip.path("events").parent.parent


def test_unknown_version(server: Server) -> None:
    """An unknown version fails without telling which there are."""
    with pytest.raises(ValueError, match=r"no version '3\.0\.0'\..* The versions at .* are: 1\.0\.0, 1\.10\.0"):
        download("3.0.0", source=server.address)


def test_unknown_format(server: Server) -> None:
    """A format that the release has no file of gives another one's file."""
    with pytest.raises(ValueError, match="no file of format 'csv'"):
        download("1.0.0", source=server.address, format="csv")
    with pytest.raises(ValueError, match="The formats are: all, csv, parquet"):
        download("1.0.0", source=server.address, format="xlsx")  # type: ignore[arg-type]


def test_command_of_the_standard_library(releases: Path) -> None:
    """A folder served by `python -m http.server` cannot be downloaded from."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(releases)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.05)
            assert content_of(download("1.0.0", source=f"http://127.0.0.1:{port}")) == expected("1.0.0")
        finally:
            process.terminate()


def test_progress_on_a_terminal_only(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar is written into logs and pipes, or none to a terminal."""

    class Stream(io.StringIO):
        terminal = False

        def isatty(self) -> bool:
            return self.terminal

    quiet, terminal = Stream(), Stream()
    terminal.terminal = True
    monkeypatch.setattr(sys, "stderr", quiet)
    download("1.0.0", source=server.address)
    monkeypatch.setattr(sys, "stderr", terminal)
    download("1.9.0", source=server.address)
    assert quiet.getvalue() == ""
    assert terminal.getvalue().endswith("100%\n")


# --- Into a folder ---


def test_target_folder(server: Server, tmp_path: Path) -> None:
    """`to` gets another content than the release has, or a folder around it, or leftovers beside it."""
    target = tmp_path / "my data" / "pact"
    assert download("1.0.0", source=server.address, to=target) == target
    assert content_of(target) == expected("1.0.0")
    assert os.listdir(target.parent) == ["pact"]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert content_of(download("1.0.0", source=server.address, to=empty)) == expected("1.0.0")


def test_target_not_empty(server: Server, tmp_path: Path) -> None:
    """A folder that is not empty, or a file, is written over."""
    target = tmp_path / "mine"
    target.mkdir()
    (target / "thesis.txt").write_text("years of work", encoding="utf-8")
    for replace in (False, True):
        for taken in (target, target / "thesis.txt"):
            with pytest.raises(FileExistsError, match="choose another folder"):
                download("1.0.0", source=server.address, to=taken, replace=replace)
    assert content_of(target) == {"thesis.txt": b"years of work"}
    assert server.asked == []


@pytest.mark.parametrize("exchange", [True, False])
def test_target_replaced(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool) -> None:
    """A package that may be replaced is mixed with the new one, or refused; also where folders cannot be exchanged."""
    if not exchange:
        monkeypatch.setattr(downloading, "_exchanged", lambda *_: False)
    target = download("1.0.0", source=server.address, to=tmp_path / "pact")
    (target / "stray.txt").write_text("x", encoding="utf-8")
    with pytest.raises(FileExistsError, match="say that it may be replaced"):
        download("1.9.0", source=server.address, to=target)
    download("1.9.0", source=server.address, to=target, replace=True)
    assert content_of(target) == expected("1.9.0")
    assert not list(tmp_path.glob(".*"))


# --- Servers that fail ---


def whole(handler: Handler) -> bytes:
    return (handler.server.folder / handler.path.lstrip("/")).read_bytes()


def head(handler: Handler, length: int, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()


def wrong_bytes(handler: Handler) -> None:
    content = bytearray(whole(handler))
    content[100] ^= 1
    head(handler, len(content))
    handler.wfile.write(content)


def truncated(handler: Handler) -> None:
    """Says the right length, sends half and closes in order."""
    content = whole(handler)
    head(handler, len(content))
    handler.wfile.write(content[: len(content) // 2])
    handler.close_connection = True


def shorter(handler: Handler) -> None:
    """Sends half, and says so."""
    content = whole(handler)
    head(handler, len(content) // 2)
    handler.wfile.write(content[: len(content) // 2])


def unsized_half(handler: Handler) -> None:
    """Sends half, and no length."""
    content = whole(handler)
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])
    handler.close_connection = True


def unsized_endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.closing.is_set():
        handler.wfile.write(b"0" * 65536)


def dropped(handler: Handler) -> None:
    """Sends a part, then resets the connection."""
    content = whole(handler)
    head(handler, len(content))
    handler.wfile.write(content[: min(1000, len(content) // 2)])
    handler.wfile.flush()
    time.sleep(0.1)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.connection.close()
    handler.close_connection = True


def silent(handler: Handler) -> None:
    """Accepts, and never answers."""
    handler.server.closing.wait(30)


def stalled(handler: Handler) -> None:
    """Sends a part, and then nothing."""
    content = whole(handler)
    head(handler, len(content))
    handler.wfile.write(content[: min(1000, len(content) // 2)])
    handler.wfile.flush()
    handler.server.closing.wait(30)


def dripping(handler: Handler) -> None:
    """Sends a byte now and then, so that no single wait is long."""
    content = whole(handler)
    head(handler, len(content))
    for at in range(len(content)):
        handler.wfile.write(content[at : at + 1])
        handler.wfile.flush()
        if handler.server.closing.wait(0.2):
            return


def not_found(handler: Handler) -> None:
    handler.send_error(404)


def broken(handler: Handler) -> None:
    handler.send_error(500)


def partial_answer(handler: Handler) -> None:
    content = whole(handler)
    head(handler, len(content), 206)
    handler.wfile.write(content)


def loop(handler: Handler) -> None:
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.end_headers()


def long_chain(handler: Handler) -> None:
    """Redirects to a new address each time."""
    path = f"{handler.path}x".lstrip("/")
    handler.server.answers[path] = long_chain
    handler.send_response(302)
    handler.send_header("Location", f"/{path}")
    handler.end_headers()


def to_a_file(handler: Handler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "file:///etc/passwd")
    handler.end_headers()


def garbage(handler: Handler) -> None:
    handler.wfile.write(b"\0\1\2 this is no HTTP\r\n\r\n")
    handler.close_connection = True


def bad_chunks(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"5\r\nabcde\r\nzzzz\r\n")
    handler.close_connection = True


FAILING: list[tuple[Respond, str]] = [
    (wrong_bytes, "has not the SHA-256"),
    (truncated, "broke off after"),
    (shorter, "bytes, not the"),
    (unsized_half, "broke off after"),
    (unsized_endless, "more bytes than"),
    (dropped, "cannot be read"),
    (silent, "no answer within"),
    (stalled, "no answer within"),
    (dripping, "the server is too slow"),
    (not_found, "the server answers 404"),
    (broken, "the server answers 500"),
    (partial_answer, "the server answers 206"),
    (loop, "infinite loop"),
    (long_chain, "infinite loop"),
    (to_a_file, "is not allowed"),
    (garbage, "cannot be read"),
    (bad_chunks, "cannot be read"),
]


@pytest.mark.parametrize(("respond", "what"), FAILING, ids=[respond.__name__ for respond, _ in FAILING])
def test_failing_server(server: Server, cache: Path, respond: Respond, what: str) -> None:
    """A server fails amid the archive: something partial is left, the cache is spoilt, or the next download fails too."""
    kept = download("1.9.0", source=server.address)
    path = f"1.0.0/{NAME}-1.0.0.zip"
    server.answers[path] = respond
    assert_fails(server, cache, what)
    assert content_of(kept) == expected("1.9.0")
    del server.answers[path]
    assert content_of(download("1.0.0", source=server.address)) == expected("1.0.0")


FAILING_INDEX = [item for item in FAILING if item[0] not in (wrong_bytes, shorter, unsized_half, unsized_endless)]


@pytest.mark.parametrize(("respond", "what"), FAILING_INDEX, ids=[respond.__name__ for respond, _ in FAILING_INDEX])
def test_failing_server_at_index(server: Server, cache: Path, respond: Respond, what: str) -> None:
    """A server fails at the index: an error that says nothing, or a wait without end."""
    server.answers["releases.json"] = respond
    assert_fails(server, cache, what)


def test_server_that_is_not_there(cache: Path) -> None:
    """A server that is not there ends in a traceback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert_fails(f"http://127.0.0.1:{port}", cache, "cannot be reached")


def test_folder_that_is_not_there(cache: Path) -> None:
    """A local folder that is not there ends in a traceback."""
    assert_fails(str(cache.parent / "nowhere"), cache, "cannot be read: FileNotFoundError")


# --- Hostile indexes ---


def entry(**changes: Any) -> dict[str, Any]:
    return {"path": "1.0.0/x.zip", "kind": "all", "bytes": 10, "sha256": "0" * 64, **changes}


def index_of(*files: dict[str, Any], version: Any = "1.0.0") -> dict[str, Any]:
    return {"name": NAME, "releases": [{"version": version, "files": list(files)}]}


HOSTILE_INDEXES: dict[str, Any] = {
    "no JSON": "<html>Sign in to continue</html>",
    "nothing": "",
    "deep": "[" * 100_000,
    "a list": [],
    "null": None,
    "another name": {"name": "numpy", "releases": []},
    "no releases": {"name": NAME},
    "releases no list": {"name": NAME, "releases": {"1.0.0": {}}},
    "files no list": {"name": NAME, "releases": [{"version": "1.0.0", "files": "x"}]},
    "numeric version": index_of(entry(), version=1.0),
    "version with a path": index_of(entry(), version="1.0.0/../../x"),
    "long version": index_of(entry(), version=f"{'9' * 5000}.0.0"),
    "path upwards": index_of(entry(path="../../secret.zip")),
    "path upwards inside": index_of(entry(path="1.0.0/../../secret.zip")),
    "absolute path": index_of(entry(path="/etc/passwd")),
    "Windows path": index_of(entry(path="C:\\x.zip")),
    "backslashes": index_of(entry(path="..\\x.zip")),
    "other host": index_of(entry(path="http://127.0.0.1:9/x.zip")),
    "other host without scheme": index_of(entry(path="//127.0.0.1:9/x.zip")),
    "escaped path": index_of(entry(path="%2e%2e/x.zip")),
    "query": index_of(entry(path="x.zip?y")),
    "line feed in path": index_of(entry(path="x.zip\nHost: y")),
    "line feed after path": index_of(entry(path="x.zip\n")),
    "numeric path": index_of(entry(path=7)),
    "size as text": index_of(entry(bytes="10")),
    "size as truth": index_of(entry(bytes=True)),
    "no size": index_of(entry(bytes=0)),
    "negative size": index_of(entry(bytes=-1)),
    "huge size": index_of(entry(bytes=10**15)),
    "astronomic size": index_of(entry(bytes=10**400)),
    "short hash": index_of(entry(sha256="00")),
    "path as hash": index_of(entry(sha256="../" * 21 + "x")),
    "version twice": {"name": NAME, "releases": [{"version": "1.0.0", "files": []}] * 2},
    "kind twice": index_of(entry(), entry(path="1.0.0/y.zip")),
    "path twice": index_of(entry(), entry(kind="csv")),
}


@pytest.mark.parametrize("index", HOSTILE_INDEXES.values(), ids=HOSTILE_INDEXES.keys())
def test_hostile_index(server: Server, cache: Path, index: Any) -> None:
    """An index that is none, or means harm, is followed, or ends in a traceback."""
    text = index if isinstance(index, str) else json.dumps(index)
    (server.folder / "releases.json").write_text(text, encoding="utf-8")
    assert_fails(server, cache, "is no index of releases: ")
    assert set(server.asked) == {"releases.json"}


def test_endless_index(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index without end fills the memory."""
    monkeypatch.setattr(downloading, "MAX_INDEX_BYTES", 1 << 20)
    server.answers["releases.json"] = unsized_endless
    assert_fails(server, cache, "more bytes than at most")


def test_changed_release(server: Server, cache: Path) -> None:
    """A release that was there before has another hash now, and is taken for the same."""
    kept = download("1.0.0", source=server.address)
    publish(server.folder, {version: zipped(package_bytes("6.6.6")) for version in ("1.0.0", "1.9.0", "3.0.0")})
    with pytest.raises(DownloadError, match="a release never changes"):
        download("3.0.0", source=server.address)
    assert download("1.0.0", source=server.address) == kept
    assert_nothing_partial(cache)


# --- Hostile archives: their hash is the one that the index gives ---


def linked(content: bytes) -> bytes:
    stream = io.BytesIO(content)
    with zipfile.ZipFile(stream, "a") as archive:
        member = zipfile.ZipInfo(f"{NAME}-1.0.0/link")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc/passwd")
    return stream.getvalue()


def twice(content: bytes) -> bytes:
    stream = io.BytesIO(content)
    with zipfile.ZipFile(stream, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(f"{NAME}-1.0.0/csv/events.csv", "again")
    return stream.getvalue()


def with_member(name: str, content: bytes = b"x") -> bytes:
    return zipped({**package_bytes("1.0.0"), name: content})


def lying_size(content: bytes) -> bytes:
    """The directory at the end says that a member is smaller than it is."""
    at = content.rindex(b"PK\x01\x02")
    return content[: at + 24] + b"\1\0\0\0" + content[at + 28 :]


def bad_checksum(content: bytes) -> bytes:
    at = content.index(b"event_id")
    return content[:at] + b"E" + content[at + 1 :]


def hostile_archives() -> dict[str, Callable[[], bytes]]:
    good = zipped(package_bytes("1.0.0"))
    top = f"{NAME}-1.0.0"
    return {
        "no zip": lambda: b"this is no zip at all, whatever its name says" * 100,
        "cut zip": lambda: good[: len(good) // 2],
        "path upwards": lambda: with_member(f"{top}/../../outside"),
        "absolute path": lambda: with_member("/tmp/outside"),
        "Windows path": lambda: with_member("C:/outside"),
        "backslashes": lambda: with_member(f"{top}/..\\outside"),
        "other top folder": lambda: with_member("other/file"),
        "beside the top folder": lambda: with_member("file"),
        "hidden": lambda: with_member(f"{top}/.bashrc"),
        "device of Windows": lambda: with_member(f"{top}/aux.csv"),
        "empty part": lambda: with_member(f"{top}//x"),
        "zero character": lambda: with_member(f"{top}/x_zero_y").replace(b"x_zero_y", b"x\0zero_y"),
        "link": lambda: linked(good),
        "name twice": lambda: twice(good),
        "name twice but for case": lambda: with_member(f"{top}/CSV/Events.csv"),
        "file and folder": lambda: with_member(f"{top}/csv/events.csv/more"),
        "bomb": lambda: zipped({**package_bytes("1.0.0"), f"{top}/bomb": bytes(300 << 20)}, zipfile.ZIP_DEFLATED),
        "many members": lambda: zipped({**package_bytes("1.0.0"), **{f"{top}/m{n}": b"" for n in range(10_001)}}),
        "lying size": lambda: lying_size(good),
        "bad checksum": lambda: bad_checksum(good),
        "no descriptor": lambda: zipped({f"{top}/x": b"x"}),
        "another version": lambda: zipped(package_bytes("1.9.0")),
        "nothing": lambda: zipped({}),
    }


@pytest.mark.parametrize("kind", hostile_archives())
def test_hostile_archive(server: Server, cache: Path, kind: str) -> None:
    """An archive that means harm, or is damaged, is unpacked, in part or elsewhere."""
    publish(server.folder, {"1.0.0": hostile_archives()[kind](), "1.9.0": zipped(package_bytes("1.9.0"))})
    before = set(os.listdir(cache.parent))
    assert_fails(server, cache, "is no archive of this package: ")
    assert set(os.listdir(cache.parent)) <= before | {"cache"}
    assert not list((cache / "packages").glob("[!.]*/*"))
    assert not Path("/tmp/outside").exists()


# --- The machine fails ---


def test_full_disk(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full in the middle of a file: a part of it stays, or the error does not say what to do."""
    real = downloading._Progress.advance

    def full(progress: Any, count: int) -> None:
        real(progress, count)
        if progress.count > 70_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "archive")

    monkeypatch.setattr(downloading._Progress, "advance", full)
    assert_fails(server, cache, "cannot store the download at archive: No space left on device; make room")
    monkeypatch.undo()
    monkeypatch.setenv(downloading.CACHE_VARIABLE, str(cache))
    assert content_of(download("1.0.0", source=server.address)) == expected("1.0.0")


@pytest.mark.parametrize("limit", [50_000, 150_000])
@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX")
def test_file_too_large_for_the_system(server: Server, cache: Path, limit: int) -> None:
    """The system itself refuses to write on, in the archive or while unpacking: a part stays."""
    code = f"""
import resource
from belarus_iran_pact import downloading
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    downloading.download("1.0.0", source={server.address!r})
except downloading.DownloadError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    if limit < len(zipped(package_bytes("1.0.0"))):
        assert "cannot store the download" in done.stdout, done.stdout
    assert_nothing_partial(cache)


def from_memory(content: bytes) -> Respond:
    def respond(handler: Handler) -> None:
        head(handler, len(content))
        handler.wfile.write(content)

    return respond


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX")
@pytest.mark.parametrize("where", ["cache", "target"])
def test_no_permission(server: Server, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """There is no permission to write into the cache or the target: a traceback, or a part stays."""
    for path in ("releases.json", f"1.0.0/{NAME}-1.0.0.zip"):
        server.answers[path] = from_memory((server.folder / path).read_bytes())
    # So that all modules are loaded, which may stand where others cannot read.
    download("1.0.0", source=server.address)
    # Not below pytest's folder, which is closed to others as a whole.
    with tempfile.TemporaryDirectory() as work:
        closed, open_to_all = Path(work) / "closed", Path(work) / "open"
        closed.mkdir(mode=0o555)
        open_to_all.mkdir()
        for folder in (Path(work), open_to_all):
            folder.chmod(0o777)
        monkeypatch.setenv(downloading.CACHE_VARIABLE, str((closed if where == "cache" else open_to_all) / "cache"))
        target = (closed if where == "target" else open_to_all) / "pact"
        root = os.geteuid() == 0
        try:
            if root:
                os.seteuid(65534)
            with pytest.raises(
                DownloadError, match=r"cannot store the download at .*: Permission denied; make room or"
            ):
                download("1.0.0", source=server.address, to=target)
        finally:
            if root:
                os.seteuid(0)
        assert os.listdir(closed) == []
        assert not target.exists()


def test_cache_is_a_file(server: Server, cache: Path) -> None:
    """The cache's place is taken by a file: a traceback."""
    cache.write_text("x", encoding="utf-8")
    with pytest.raises(DownloadError, match="cannot store the download"):
        download("1.0.0", source=server.address)
    assert cache.read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize("what", ["archive", "file", "missing file", "more files", "index"])
def test_damaged_cache(server: Server, cache: Path, what: str) -> None:
    """What was damaged in the cache is used, or keeps the version from being downloaded."""
    folder = download("1.0.0", source=server.address)
    if what == "archive":
        (archive,) = (cache / "archives").iterdir()
        archive.write_bytes(archive.read_bytes()[:-1])
    elif what == "file":
        (folder / "csv/events.csv").write_bytes((folder / "csv/events.csv").read_bytes().swapcase())
    elif what == "missing file":
        (folder / "csv/events.csv").unlink()
    elif what == "more files":
        (folder / "csv/more.csv").write_text("x", encoding="utf-8")
    else:
        (index,) = (cache / "indexes").iterdir()
        index.write_text("{", encoding="utf-8")
    assert content_of(download("1.0.0", source=server.address)) == expected("1.0.0")
    assert_nothing_partial(cache)


def test_two_downloads_at_once(server: Server, cache: Path, tmp_path: Path) -> None:
    """Several downloads of one version at once disturb each other."""
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(download, "1.0.0", source=server.address) for _ in range(8)]
        folders = {job.result() for job in jobs}
    assert len(folders) == 1
    assert_nothing_partial(cache)


def test_two_processes_at_once(server: Server, cache: Path) -> None:
    """Several processes that download one version at once clear away each other's work."""
    code = f"from belarus_iran_pact.downloading import download; print(download('1.0.0', source={server.address!r}))"
    processes = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = {process.communicate(timeout=60)[0] for process in processes}
    assert all(process.returncode == 0 for process in processes)
    assert len(said) == 1
    assert_nothing_partial(cache)


def test_two_downloads_into_one_folder(server: Server, tmp_path: Path) -> None:
    """Two downloads into one folder mix their files: one gets it, the other is refused."""
    target = tmp_path / "pact"
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(download, version, source=server.address, to=target) for version in ("1.0.0", "1.9.0")]
        outcomes = [job.exception() for job in jobs]
    assert content_of(target) in (expected("1.0.0"), expected("1.9.0"))
    assert any(outcome is None for outcome in outcomes)
    assert all(outcome is None or isinstance(outcome, (FileExistsError, DownloadError)) for outcome in outcomes)


# --- Killed ---

# Counts what the download asks of the system, and ends the process at the one wanted, as SIGKILL would.
KILLED = """
import os, signal, sys
from belarus_iran_pact import downloading
from pathlib import Path
downloading.TIMEOUT = 10.0
count, wanted = 0, int(sys.argv[1])
WATCHED = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.scandir", "shutil.rmtree", "socket.connect",
           "tempfile.mkdtemp", "fcntl.flock", "shutil.copyfile", "ctypes.dlopen")
def watch(event, arguments):
    global count
    if event in WATCHED:
        count += 1
        if count == wanted:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
downloading.download(sys.argv[2], source=sys.argv[3], to=sys.argv[4], replace=True)
print(count)
"""


def killed_at(point: int, source: str, target: Path, version: str = "1.9.0") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", KILLED, str(point), version, source, str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def assert_recovers(point: int, source: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill a download that replaces 1.0.0 by 1.9.0 at a point; old or new stands, and the next download succeeds."""
    cache, target = folder / "cache", folder / "pact"
    monkeypatch.setenv(downloading.CACHE_VARIABLE, str(cache))
    download("1.0.0", source=source, to=target)
    done = killed_at(point, source, target)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert content_of(target) in (expected("1.0.0"), expected("1.9.0"))
    for archive in (cache / "archives").glob("*.zip"):
        assert hashlib.sha256(archive.read_bytes()).hexdigest() == archive.stem
    for package in (cache / "packages").glob("[!.]*/*"):
        assert content_of(package) == expected(package.name.removeprefix(f"{NAME}-"))
    # As if time had passed, so that folders without a lock count as left behind.
    monkeypatch.setattr(downloading, "_ABANDONED_AFTER", -1.0)
    download("1.9.0", source=source, to=target, replace=True)
    download("1.10.0", source=source)
    assert content_of(target) == expected("1.9.0")
    assert sorted(os.listdir(folder)) == ["cache", "pact"]
    assert_nothing_partial(cache)


def points(source: str, folder: Path) -> int:
    """How many points there are at which a download can be killed."""
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patch:
        patch.setenv(downloading.CACHE_VARIABLE, str(folder / "counting"))
        download("1.0.0", source=source, to=folder / "counted")
        done = killed_at(0, source, folder / "counted")
    assert done.returncode == 0, done.stderr
    shutil.rmtree(folder / "counting")
    shutil.rmtree(folder / "counted")
    return int(done.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_killed_download(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A download killed at one of a few moments leaves half a folder, or keeps the next from succeeding."""
    count = points(server.address, tmp_path)
    assert count >= 20
    for point in range(1, count + 1, max(count // 6, 1)):
        folder = tmp_path / f"killed-{point}"
        folder.mkdir()
        assert_recovers(point, server.address, folder, monkeypatch)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("part", range(4))
def test_killed_download_anywhere(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    """A download killed at any moment leaves half a folder, or keeps the next from succeeding."""
    count = points(server.address, tmp_path)
    for point in range(1 + part, count + 1, 4):
        folder = tmp_path / f"killed-{point}"
        folder.mkdir()
        assert_recovers(point, server.address, folder, monkeypatch)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_killed_between_bytes(server: Server, cache: Path, tmp_path: Path) -> None:
    """A download killed while bytes come leaves a part of the archive under its name."""
    server.answers[f"1.9.0/{NAME}-1.9.0.zip"] = stalled
    command = [sys.executable, "-c", KILLED, "0", "1.9.0", server.address, str(tmp_path / "pact")]
    with subprocess.Popen(command) as process:
        while f"1.9.0/{NAME}-1.9.0.zip" not in server.asked:
            time.sleep(0.02)
        time.sleep(0.1)
        process.kill()
    assert not (tmp_path / "pact").exists()
    assert not list((cache / "archives").glob("*.zip"))
    server.answers.clear()
    assert content_of(download("1.9.0", source=server.address)) == expected("1.9.0")
    assert_nothing_partial(cache)


# --- The command line ---


def run_command(*words: str) -> int:
    return cli.main(words)


def test_download_command(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command does something else than the function, or does not tell where the package is."""
    target = tmp_path / "pact"
    assert run_command("download", "1.0.0", "--from", server.address, "--to", str(target)) == 0
    assert capsys.readouterr().out == f"{target}\n"
    assert content_of(target) == expected("1.0.0")


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (("9.9.9",), 2, "no version '9.9.9'"),
        (("1.0.0", "--to", "."), 1, "not empty"),
        (("1.0.0", "--from", "nowhere-at-all"), 1, "cannot be read"),
    ],
)
def test_download_command_fails(
    server: Server, words: tuple[str, ...], code: int, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failed command exits with 0, prints a traceback, or prints to standard output."""
    source = () if "--from" in words else ("--from", server.address)
    assert run_command("download", *words, *source) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert what in said.err
    assert said.err.count("\n") == 1


def test_verify_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Faults, or a folder that is not there, pass for success."""
    assert run_command("verify", str(tmp_path / "nothing")) == 1
    assert run_command("verify", str(tmp_path)) == 1
    assert "datapackage.json: cannot be read" in capsys.readouterr().out
