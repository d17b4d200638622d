"""Downloads from a real server on this machine: whatever goes wrong, one clear error, nothing partial, the cache as it was."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from conftest import files_of

import belarus_iran_pact as bip
from belarus_iran_pact import downloading
from belarus_iran_pact.cli import main
from belarus_iran_pact.core import reading
from belarus_iran_pact.downloading import DownloadError, download

NAME = "belarus-iran-pact"
TOP = f"{NAME}-1.0.0"
ARCHIVE = f"1.0.0/{TOP}.zip"
Respond = Callable[["Handler"], object]


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder, except where the server has another answer for a path."""

    server: Server

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        self.server.asked.append(path)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.server.answers.get(path, lambda _: super(Handler, self).do_GET())(self)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server on this machine, for one test."""

    daemon_threads = True
    request_queue_size = 50

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: dict[str, Respond] = {}
        self.asked: list[str] = []
        self.closing = threading.Event()
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.address = f"http://127.0.0.1:{self.server_port}"


def members(version: str, **more: bytes) -> dict[str, bytes]:
    """What a small archive holds, by path."""
    files = {
        "csv/events.csv": b"event_id\n" + version.encode(),
        "parquet/events.parquet": hashlib.sha256(version.encode()).digest() * 4000,
        **more,
    }
    descriptor = {"name": NAME, "version": version, "resources": [{"name": path, "path": path} for path in files]}
    return {"datapackage.json": json.dumps(descriptor).encode(), **files}


def zipped(contents: dict[str, bytes], top: str = f"{TOP}/", compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in contents.items():
            archive.writestr(f"{top}{name}", content)
    return stream.getvalue()


def package(version: str) -> bytes:
    return zipped(members(version), f"{NAME}-{version}/")


def publish(folder: Path, archives: dict[str, bytes]) -> None:
    """Write a releases folder: for each version an archive of the bytes given."""
    releases = []
    for version, content in archives.items():
        path = f"{version}/{NAME}-{version}.zip"
        (folder / version).mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        file = {"path": path, "kind": "all", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        releases.append({"version": version, "commit": "c" * 40, "files": [file]})
    (folder / "releases.json").write_text(json.dumps({"name": NAME, "releases": releases}), encoding="utf-8")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of three small releases."""
    folder = tmp_path / "releases"
    publish(folder, {version: package(version) for version in ("1.0.0", "1.9.0", "1.10.0")})
    with Server(folder) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache for each test, and no source."""
    monkeypatch.setenv(downloading.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.delenv(downloading.SOURCE_VARIABLE, raising=False)
    return tmp_path / "cache"


def assert_nothing_partial(cache: Path) -> None:
    """What the cache holds is whole: archives of their hash, packages with all files, nothing set aside."""
    assert not list(cache.parent.rglob("*.partial"))
    for folder in cache.glob("packages/*"):
        (package,) = folder.glob(f"{NAME}-*")
        assert files_of(package) == members(package.name.removeprefix(f"{NAME}-"))
        assert hashlib.sha256((folder / "archive.zip").read_bytes()).hexdigest() == folder.name


def assert_fails(source: str, cache: Path, what: str) -> None:
    """A download fails with one line that says this, and leaves nothing; what the cache holds is whole."""
    before = set(os.listdir(cache.parent))
    with pytest.raises((DownloadError, ValueError)) as failure:
        download("1.0.0", source=source, to=cache.parent / "new" / "target")
    message = str(failure.value)
    assert what in message
    assert "\n" not in message
    assert set(os.listdir(cache.parent)) <= before | {"cache"}
    assert_nothing_partial(cache)


# --- What is wanted ---


def test_downloaded_package_is_another(server: Server, cache: Path) -> None:
    """A downloaded package is another than was released, or is not kept: the server is asked again."""
    folder = download("1.0.0", source=server.address)
    assert folder.name == TOP
    assert files_of(folder) == members("1.0.0")
    assert server.asked == ["releases.json", ARCHIVE]
    assert download("1.0.0", source=server.address) == folder
    assert server.asked == ["releases.json", ARCHIVE]
    assert_nothing_partial(cache)


def test_default_is_not_the_newest(server: Server) -> None:
    """The default is not the newest version: 1.9.0 is greater than 1.10.0 as text."""
    assert download(source=server.address).name == f"{NAME}-1.10.0"


def test_source_is_not_understood(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source is not understood: a folder, a file URL, the index itself, a slash at the end, the environment."""
    folder = server.folder
    for source in (folder, folder.as_uri(), f"{server.address}/releases.json", f"{server.address}/", f"{folder}/"):
        assert files_of(download("1.0.0", source=source)) == members("1.0.0")
    monkeypatch.setenv(downloading.SOURCE_VARIABLE, server.address)
    assert files_of(downloading.downloaded("1.9.0")) == members("1.9.0")


def test_source_in_metadata_is_passed_over(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address in the package's metadata is passed over."""
    import importlib.metadata
    from email.message import Message

    found = Message()
    found["Project-URL"] = "Other, https://example.invalid"
    found["Project-URL"] = f"Releases, {server.address}"
    monkeypatch.setattr(importlib.metadata, "metadata", lambda _: found)
    assert files_of(download("1.0.0")) == members("1.0.0")


def test_wrong_request_is_unexplained(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong request is unexplained: nobody learns how to give a source, or which formats there are."""
    monkeypatch.setattr(downloading, "_source_in_metadata", lambda: None)
    with pytest.raises(ValueError, match="--from, or the environment variable BELARUS_IRAN_PACT_RELEASES"):
        download("1.0.0")
    for source in ("ftp://127.0.0.1/x", "http://", "http://127.0.0.1/?x=1"):
        with pytest.raises(ValueError, match="is not an address"):
            download("1.0.0", source=source)
    with pytest.raises(ValueError, match="The formats are: all, csv, parquet"):
        download("1.0.0", format="xlsx")  # type: ignore[arg-type]


def test_missing_version_is_unexplained(server: Server) -> None:
    """A missing version or file is unexplained, or another is taken for it."""
    with pytest.raises(ValueError, match=r"no version '3\.0\.0'.* The versions at .* are: 1\.0\.0, 1\.9\.0, 1\.10\.0"):
        download("3.0.0", source=server.address)
    with pytest.raises(ValueError, match=r"version 1\.0\.0 has no file of format 'csv'"):
        download("1.0.0", source=server.address, format="csv")


def test_installed_version_is_downloaded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installed version is downloaded though its data are there, or another version is not."""
    monkeypatch.setenv(downloading.SOURCE_VARIABLE, server.address)
    assert bip.load("events", version=bip.__version__).equals(bip.load("events"))
    assert server.asked == []
    with pytest.raises(Exception):  # noqa: B017  The small package has no real tables.
        bip.load("events", version="1.9.0")
    assert f"1.9.0/{NAME}-1.9.0.zip" in server.asked


@pytest.mark.parametrize("library", ["pooch", "tqdm"])
def test_missing_library_is_unexplained(
    library: str, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing library is unexplained: the message must have the line that installs it."""
    monkeypatch.setitem(sys.modules, library, None)
    assert main(["download", "1.0.0", "--from", server.address]) == 1
    message = f"{library} is not installed; install it with: pip install 'belarus-iran-pact[download]'"
    assert capsys.readouterr().err == f"belarus-iran-pact: error: {message}\n"


def test_log_is_full_of_bars(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log is full of bars and of what pooch tells, or a terminal has no bar."""
    said = {}
    for terminal, version in ((False, "1.0.0"), (True, "1.9.0")):
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda is_terminal=terminal: is_terminal, raising=False)
        monkeypatch.setattr(sys, "stderr", stream)
        download(version, source=server.address)
        said[terminal] = stream.getvalue()
    assert said[False] == ""
    assert "100%" in said[True]


def test_password_is_echoed(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password in an address is echoed, in a message or in the cache, or is not sent."""
    sent = []
    server.answers["releases.json"] = lambda handler: (
        sent.append(handler.headers["Authorization"]),
        not_found(handler),
    )
    monkeypatch.setattr(downloading, "TIMEOUT", 0.5)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        hosts = (f"127.0.0.1:{server.server_port}", f"127.0.0.1:{closed.getsockname()[1]}", "h/?x", "", "h/a@b:c")
        for address in (*(f"http://user:secret@{host}" for host in hosts), "http://user:sec/ret@h:x"):
            with pytest.raises((ValueError, OSError)) as failure:
                download("1.0.0", source=address)
            assert "sec" not in str(failure.value)
    assert sent == [requests.auth._basic_auth_str("user", "secret")]
    assert not [name for name, content in files_of(cache).items() if b"secret" in content]


# --- Into a folder ---


def test_target_gets_something_else(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`to` gets another content than the release has, a folder around it, or leftovers beside it; from the command as well."""
    target = tmp_path / "my data" / "pact"
    assert main(["download", "1.0.0", "--from", server.address, "--to", str(target)]) == 0
    assert capsys.readouterr().out == f"{target}\n"
    assert files_of(target) == members("1.0.0")
    assert os.listdir(target.parent) == ["pact"]
    (tmp_path / "empty").mkdir()
    assert files_of(download("1.0.0", source=server.address, to=tmp_path / "empty")) == members("1.0.0")


def test_target_is_written_over(server: Server, tmp_path: Path) -> None:
    """A folder that is not empty, or a file, is written over; a package unasked, or mixed with the new one."""
    target = tmp_path / "mine"
    target.mkdir()
    (target / "thesis.txt").write_text("years of work", encoding="utf-8")
    for replace in (False, True):
        for taken in (target, target / "thesis.txt"):
            with pytest.raises(FileExistsError, match="choose another folder"):
                download("1.0.0", source=server.address, to=taken, replace=replace)
    assert files_of(target) == {"thesis.txt": b"years of work"}
    assert server.asked == []
    (target / "datapackage.json").touch()
    with pytest.raises(FileExistsError, match="pass replace=True"):
        download("1.9.0", source=server.address, to=target)
    download("1.9.0", source=server.address, to=target, replace=True)
    assert files_of(target) == members("1.9.0")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (("9.9.9",), 2, "no version '9.9.9'"),
        (("1.0.0", "--to", "."), 1, "not empty"),
        (("1.0.0", "--from", "nowhere-at-all"), 1, "cannot be read: No such file or directory"),
    ],
)
def test_failed_command_looks_well(
    server: Server, words: tuple[str, ...], code: int, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failed command exits with 0, prints a traceback, or prints to standard output."""
    source = () if "--from" in words else ("--from", server.address)
    assert main(["download", *words, *source]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert what in said.err
    assert said.err.count("\n") == 1


# --- Servers that fail ---


def whole(handler: Handler) -> bytes:
    return (handler.server.folder / handler.path.lstrip("/")).read_bytes()


def answer(handler: Handler, body: bytes, length: int | None, status: int = 200) -> None:
    """Answer with these bytes; with this length in the header, if one is given."""
    handler.send_response(status)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.wfile.write(body)
    handler.wfile.flush()
    handler.close_connection = True


def endless(handler: Handler) -> None:
    answer(handler, b"", None)
    while not handler.server.closing.is_set():
        handler.wfile.write(b"0" * 65536)


def dropped(handler: Handler) -> None:
    """Sends a part, then resets the connection."""
    answer(handler, whole(handler)[:100], len(whole(handler)))
    time.sleep(0.1)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.connection.close()


def silent(handler: Handler) -> None:
    handler.server.closing.wait(30)


def stalled(handler: Handler) -> None:
    """Sends a part, and then nothing."""
    answer(handler, whole(handler)[:100], len(whole(handler)))
    handler.server.closing.wait(30)


def dripping(handler: Handler) -> None:
    """Sends a byte now and then, so that no single wait is long."""
    content = whole(handler)
    answer(handler, b"", len(content))
    for at in range(len(content)):
        handler.wfile.write(content[at : at + 1])
        if handler.server.closing.wait(0.1):
            return


def not_found(handler: Handler) -> None:
    handler.send_error(404)


def redirect(handler: Handler, target: str) -> None:
    handler.send_response(302)
    handler.send_header("Location", target)
    handler.end_headers()


def garbage(handler: Handler) -> None:
    handler.wfile.write(b"\0\1\2 this is no HTTP\r\n\r\n")
    handler.close_connection = True


def bad_chunks(handler: Handler) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"5\r\nabcde\r\nzzzz\r\n")
    handler.close_connection = True


FAILING: dict[str, tuple[Respond, str]] = {
    "wrong bytes": (lambda h: answer(h, b"#" + whole(h)[1:], len(whole(h))), "does not have the SHA-256"),
    "half of it": (lambda h: answer(h, whole(h)[:5000], len(whole(h))), "cannot be read: the connection broke"),
    "half, and says so": (lambda h: answer(h, whole(h)[:5000], 5000), "broke off after"),
    "endless": (endless, "more bytes than"),
    "dropped": (dropped, "cannot be read: Connection reset by peer"),
    "silent": (silent, "no answer within"),
    "stalled": (stalled, "no answer within"),
    "dripping": (dripping, "the server is too slow"),
    "partial": (lambda h: answer(h, whole(h), len(whole(h)), 206), "the server answers 206"),
    "loop": (lambda h: redirect(h, h.path), "cannot be read: TooManyRedirects"),
    "to a file": (lambda h: redirect(h, "file:///etc/passwd"), "cannot be read: InvalidSchema"),
    "garbage": (garbage, "cannot be read: "),
    "bad chunks": (bad_chunks, "cannot be read: "),
}


@pytest.mark.parametrize(("respond", "what"), FAILING.values(), ids=FAILING.keys())
def test_failing_server_leaves_something(
    server: Server, cache: Path, respond: Respond, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server fails amid the archive: something partial is left, the cache is spoilt, or the next download fails too."""
    kept = download("1.9.0", source=server.address)
    server.answers[ARCHIVE] = respond
    with monkeypatch.context() as patch:
        if respond in (silent, stalled, dripping):
            patch.setattr(downloading, "TIMEOUT", 0.5)
        assert_fails(server.address, cache, what)
    assert files_of(kept) == members("1.9.0")
    del server.answers[ARCHIVE]
    assert files_of(download("1.0.0", source=server.address)) == members("1.0.0")


@pytest.mark.parametrize(("respond", "what"), [(endless, "more bytes than"), (not_found, "the server answers 404")])
def test_failing_index_is_waited_for(
    server: Server, cache: Path, respond: Respond, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server fails at the index: an error that says nothing, or a full memory."""
    monkeypatch.setattr(downloading, "MAX_INDEX_BYTES", 1 << 20)
    server.answers["releases.json"] = respond
    assert_fails(server.address, cache, what)


def test_missing_server_is_a_traceback(cache: Path) -> None:
    """A server or a folder that is not there ends in a traceback."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert_fails(f"http://127.0.0.1:{closed.getsockname()[1]}", cache, "cannot be read: Connection refused")
    assert_fails(str(cache.parent / "nowhere"), cache, "cannot be read: No such file or directory")


def test_redirect_gives_up_encryption(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirect gives up encryption: who listens in between could give another index."""
    get = requests.get
    monkeypatch.setattr(requests, "get", lambda url, **more: get(url.replace("https:", "http:"), **more))
    assert_fails(server.address.replace("http:", "https:"), cache, "redirects to an address without encryption")


def test_changed_release_is_trusted(server: Server, cache: Path) -> None:
    """A release that was there before has another hash now, and is taken for the same."""
    kept = download("1.0.0", source=server.address)
    publish(server.folder, {version: package("6.6.6") for version in ("1.0.0", "1.9.0", "3.0.0")})
    with pytest.raises(DownloadError, match="a release never changes"):
        download("3.0.0", source=server.address)
    assert download("1.0.0", source=server.address) == kept
    assert_nothing_partial(cache)


# --- Hostile indexes ---


def index_of(*changes: dict[str, Any], version: Any = "1.0.0") -> dict[str, Any]:
    """An index of one release, its files changed like this."""
    file = {"path": "1.0.0/x.zip", "kind": "all", "bytes": 10, "sha256": "0" * 64}
    files = [{**file, **change} for change in changes]
    return {"name": NAME, "releases": [{"version": version, "commit": "c" * 40, "files": files}]}


PATHS = ("../../x.zip", "1.0.0/../../x.zip", "/etc/passwd", "1.0.0/C:\\x", "http://127.0.0.1:9/x.zip", "1.0.0/%2e%2e")
PATHS += ("1.0.0/x.zip?y", "1.0.0/x.zip\n", "1.9.0/x.zip")
HOSTILE_INDEXES: list[Any] = [
    *("<html>Sign in to continue</html>", "", "[" * 100_000, []),
    {"name": "numpy", "releases": []},
    {"name": NAME},
    {"name": NAME, "releases": [{"version": "1.0.0", "commit": "c" * 40, "files": "x"}]},
    {"name": NAME, "releases": index_of()["releases"] * 2},
    *(index_of({}, version=version) for version in (1.0, "1.0.0/../../x", f"{'9' * 5000}.0.0")),
    *(index_of({"path": path}) for path in (*PATHS, 7)),
    *(index_of({"bytes": size}) for size in ("10", True, 0, 10**15, 10**400)),
    index_of({"sha256": "../" * 21 + "x"}),
    index_of({}, {"path": "1.0.0/y.zip"}),  # A kind twice.
    index_of({}, {"kind": "csv"}),  # A path twice.
]


def test_hostile_index_is_followed(tmp_path: Path, cache: Path) -> None:
    """An index that is none, or means harm, is followed, or ends in a traceback."""
    for index in HOSTILE_INDEXES:
        text = index if isinstance(index, str) else json.dumps(index)
        (tmp_path / "releases.json").write_text(text, encoding="utf-8")
        assert_fails(str(tmp_path), cache, "this is not an index of releases: ")


# --- Hostile archives: their hash is the one that the index gives ---


def linked() -> bytes:
    """A file that the descriptor lists is a link."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members("1.0.0", link=b"/etc/passwd").items():
            member = zipfile.ZipInfo(f"{TOP}/{name}")
            member.external_attr = ((stat.S_IFLNK if name == "link" else stat.S_IFREG) | 0o777) << 16
            archive.writestr(member, content)
    return stream.getvalue()


def lying_size(content: bytes) -> bytes:
    """The directory at the end says that a member is smaller than it is."""
    at = content.rindex(b"PK\x01\x02")
    return content[: at + 24] + b"\1\0\0\0" + content[at + 28 :]


GOOD = package("1.0.0")
LISTED = ("../../outside", "..\\outside", ".bashrc", "aux.csv", "x//y", "CSV/Events.csv", "csv/events.csv/more", "a\0b")
HOSTILE_ARCHIVES = {
    "no zip": b"this is no zip at all, whatever its name says" * 100,
    "cut zip": GOOD[: len(GOOD) // 2],
    **{repr(path): zipped(members("1.0.0", **{path: b"x"})) for path in LISTED},
    **{
        path: zipped({f"{TOP}/{file}": content for file, content in members("1.0.0").items()} | {path: b"x"}, "")
        for path in ("/tmp/outside", "C:/outside", "other/file", "file", f"{TOP}/unlisted")
    },
    "zero character": zipped(members("1.0.0", x_zero_y=b"x")).replace(b"/x_zero_y", b"/x\0zero_y"),
    "name twice": zipped(members("1.0.0", x_name=b"x", y_name=b"x")).replace(b"/y_name", b"/x_name"),
    "link": linked(),
    "bomb": zipped(members("1.0.0", bomb=bytes(30 << 20)), compression=zipfile.ZIP_DEFLATED),
    "unusual compression": zipped(members("1.0.0"), compression=zipfile.ZIP_LZMA),
    "many members": zipped(members("1.0.0", **{f"m{number}": b"" for number in range(100)})),
    "lying size": lying_size(GOOD),
    "bad checksum": GOOD.replace(b"event_id", b"Event_id"),
    "no descriptor": zipped({"x": b"x"}),
    "another version": package("1.9.0"),
    "nothing": zipped({}),
}


@pytest.mark.parametrize("content", HOSTILE_ARCHIVES.values(), ids=HOSTILE_ARCHIVES.keys())
def test_hostile_archive_is_unpacked(tmp_path: Path, cache: Path, content: bytes, monkeypatch: Any) -> None:
    """An archive that means harm, or is damaged, is unpacked, in part or elsewhere."""
    monkeypatch.setattr(reading, "MAX_FILES", 100)
    monkeypatch.setattr(reading, "SPARE_BYTES", 10 << 20)
    publish(tmp_path / "releases", {"1.0.0": content})
    assert_fails(str(tmp_path / "releases"), cache, "is not an archive of this package: ")
    assert not (cache / "packages").exists()
    assert not Path("/tmp/outside").exists()


# --- The machine fails ---


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX")
def test_full_disk_leaves_a_part(server: Server, cache: Path) -> None:
    """A full disk leaves a part of the archive, or an error that does not say what to do."""
    # No file may grow beyond the limit: the system refuses the rest, as a full disk does.
    code = (
        "import resource, sys\n"
        "from belarus_iran_pact.cli import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        f"sys.exit(main(['download', '1.0.0', '--from', {server.address!r}]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "cannot store the download: File too large; make room or choose another folder: --to, or " in done.stderr
    assert_nothing_partial(cache)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX")
@pytest.mark.parametrize("where", ["cache", "target"])
def test_missing_permission_is_a_traceback(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """A missing permission to write into the cache or the target is a traceback, or a part stays."""
    if where == "target":
        download("1.0.0", source=server.address)
    mkdir = Path.mkdir

    def refusing(path: Path, *arguments: Any, **more: Any) -> None:
        if path.is_relative_to(tmp_path / where):
            raise PermissionError(13, "Permission denied", str(path))
        mkdir(path, *arguments, **more)

    # Not by modes of folders: who runs the tests may be one whom they do not stop.
    monkeypatch.setattr(Path, "mkdir", refusing)
    with pytest.raises(DownloadError, match=r"cannot store the download at .*: Permission denied; make room or"):
        download("1.0.0", source=server.address, to=tmp_path / "target" / "pact")
    assert not (tmp_path / "target").exists()


DAMAGES: dict[str, Callable[[Path, Path], object]] = {
    "archive": lambda cache, _: next(cache.glob("packages/*/archive.zip")).write_bytes(GOOD[:-1]),
    "file": lambda _, folder: (folder / "csv/events.csv").write_bytes(b"EVENT_ID\n1.0.0"),
    "missing file": lambda _, folder: (folder / "csv/events.csv").unlink(),
    "more files": lambda _, folder: (folder / "csv/more.csv").touch(),
    "index": lambda cache, _: next(cache.glob("indexes/*")).write_text("{"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_cache_is_used(server: Server, cache: Path, damage: Callable[[Path, Path], object]) -> None:
    """What was damaged in the cache is used, or keeps the version from being downloaded."""
    damage(cache, download("1.0.0", source=server.address))
    assert files_of(download("1.0.0", source=server.address)) == members("1.0.0")
    assert_nothing_partial(cache)


def test_processes_at_once_disturb_each_other(server: Server, cache: Path) -> None:
    """Several processes that download one version at once disturb each other: they clear away each other's work."""
    # With the index known, and slow enough for all of them to wait for the first.
    download("1.9.0", source=server.address)
    server.answers[ARCHIVE] = lambda handler: (time.sleep(1.5), answer(handler, whole(handler), len(whole(handler))))
    code = (
        "from belarus_iran_pact.downloading import download\n"
        f"folder = download('1.0.0', source={server.address!r})\n"
        "print(folder, folder.stat().st_ino)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = {process.communicate(timeout=60)[0] for process in processes}
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(said) == 1
    assert server.asked.count(ARCHIVE) == 1
    assert_nothing_partial(cache)


def test_two_downloads_mix_in_a_folder(server: Server, tmp_path: Path) -> None:
    """Two downloads into one folder mix their files: one must get it, the other be refused."""
    target = tmp_path / "pact"
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(download, version, source=server.address, to=target) for version in ("1.0.0", "1.9.0")]
        refused, done = sorted((job.exception() for job in jobs), key=lambda outcome: outcome is None)
    assert done is None
    assert isinstance(refused, FileExistsError)
    assert files_of(target) in (members("1.0.0"), members("1.9.0"))


# --- Killed ---

# Ends the process before it moves a file or folder into place for the n-th time, or amid the bytes, as SIGKILL would.
KILLED = """
import os, signal, sys
from belarus_iran_pact import downloading
left = int(sys.argv[1])
def watch(event, arguments):
    global left
    if event in ("os.rename", "ctypes.dlopen"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
downloading.download("1.9.0", source=sys.argv[2], to=sys.argv[3], replace=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("move", [1, 3, "bytes"])
def test_killed_download_is_half_there(server: Server, cache: Path, tmp_path: Path, move: int | str) -> None:
    """A killed download is half there, or keeps the next from succeeding; tests/test_placing.py kills at every step of a move."""
    target = download("1.0.0", source=server.address, to=tmp_path / "pact")
    (cache / "indexes").rename(tmp_path / "forgotten")
    command = [sys.executable, "-c", KILLED, str(move if move != "bytes" else 0), server.address, str(target)]
    if move == "bytes":
        server.answers[f"1.9.0/{NAME}-1.9.0.zip"] = stalled
        with subprocess.Popen(command) as process:
            while f"1.9.0/{NAME}-1.9.0.zip" not in server.asked:
                time.sleep(0.02)
            time.sleep(0.1)
            process.kill()
        server.answers.clear()
    else:
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert files_of(target) in (members("1.0.0"), members("1.9.0"))
    download("1.9.0", source=server.address, to=target, replace=True)
    download("1.10.0", source=server.address)
    assert files_of(target) == members("1.9.0")
    assert_nothing_partial(cache)
