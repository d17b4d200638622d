"""Putting in place: whatever kills a process, and however many are at work, what stands is whole, and nothing else is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import files_of

from belarus_iran_pact.core import placing
from belarus_iran_pact.core.placing import place, place_files, workspace

OLD, NEW = {"a/content": b"old", "gone": b"x"}, {"a/content": b"new", "come": b"y"}


def folder_with(folder: Path, content: dict[str, bytes]) -> Path:
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def put(target: Path, content: dict[str, bytes] = NEW) -> None:
    with workspace(target) as work:
        place(folder_with(work / "new", content), target)


@pytest.fixture(params=["exchange", "renames"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How folders change places: as Linux can, and as other systems must."""
    if request.param == "renames":
        monkeypatch.setattr(placing, "_exchanged", lambda *_: False)
    return str(request.param)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("there", [True, False], ids=["over an old one", "where nothing is"])
def test_folders_are_mixed(tmp_path: Path, there: bool) -> None:
    """Folders are mixed: the new one must stand alone, with neither the old one's files nor a workspace beside it."""
    target = tmp_path / "deep" / "folder"
    if there:
        folder_with(target, OLD)
    put(target)
    assert files_of(target) == NEW
    assert os.listdir(target.parent) == ["folder"]


def test_failure_leaves_something(tmp_path: Path) -> None:
    """A failure leaves something: a part, a workspace, or folders made for it."""
    with pytest.raises(KeyboardInterrupt), workspace(tmp_path / "deep" / "er" / "folder") as work:
        folder_with(work / "new", NEW)
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("failing", [1, 2])
def test_failed_rename_loses_the_old_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    """A failed rename loses the old folder: whichever of the two fails, it must stand as it was."""
    target = folder_with(tmp_path / "folder", OLD)
    rename, left = os.rename, [failing]

    def rename_or_fail(source: Path, destination: Path) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise PermissionError(13, "Permission denied", str(source))
        rename(source, destination)

    monkeypatch.setattr(placing, "_exchanged", lambda *_: False)
    monkeypatch.setattr(os, "rename", rename_or_fail)
    with pytest.raises(PermissionError):
        put(target)
    assert files_of(tmp_path) == {f"folder/{name}": data for name, data in OLD.items()}


def test_failure_mixes_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure while files are moved mixes them: some new, some old, some gone. A link among the old ones stays a link."""
    folder_with(tmp_path, {"one": b"old", "mine": b"mine"})
    (tmp_path / "two").symlink_to("mine")
    replace = os.replace

    def replace_or_fail(source: Path, destination: Path) -> None:
        if source.parent.name == "new" and source.name == "four":
            raise PermissionError(13, "Permission denied")
        replace(source, destination)

    monkeypatch.setattr(os, "replace", replace_or_fail)
    with pytest.raises(PermissionError), workspace(tmp_path / "x") as work:
        names = ["one", "two", "three", "four"]
        place_files(folder_with(work / "new", dict.fromkeys(names, b"new")), tmp_path, names)
    assert files_of(tmp_path) == {"one": b"old", "mine": b"mine", "two": b"mine"}
    assert (tmp_path / "two").is_symlink()


def test_two_share_a_workspace(tmp_path: Path) -> None:
    """Two share a workspace, or one that waited goes on in one that is gone."""
    inside = threading.Lock()

    def work_alone(number: int) -> None:
        with workspace(tmp_path / "folder") as work:
            assert inside.acquire(blocking=False), "somebody else is in it"
            assert [item.name for item in work.iterdir()] == ["lock"]
            place(folder_with(work / "new", {"number": str(number).encode()}), tmp_path / "folder")
            inside.release()

    with ThreadPoolExecutor(8) as pool:
        for job in [pool.submit(work_alone, number) for number in range(80)]:
            job.result()
    assert [item.name for item in tmp_path.iterdir()] == ["folder"]


# --- Killed ---

# Notes what it does to files, and kills itself before the step of the given number, from 0; prints how many there are.
KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import placing
at, way, target = int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
STEPS = ("open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "shutil.rmtree", "fcntl.flock", "ctypes.dlopen", "ctypes.dlsym")
steps = 0
def note(event, _):
    global steps
    if event in STEPS:
        if steps == at:
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1
if way == "renames":
    placing._exchanged = lambda *_: False
sys.addaudithook(note)
with placing.workspace(target) as work:
    (work / "new" / "a").mkdir(parents=True)
    (work / "new" / "a" / "content").write_bytes(b"new")
    (work / "new" / "come").write_bytes(b"y")
    if way == "with a file":
        placing.place(work / "new" / "come", target.with_name("file"))
    placing.place(work / "new", target)
print(steps)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("way", ["exchange", "renames", "with a file", "where nothing is"])
def test_kill_leaves_half_of_it(tmp_path: Path, way: str) -> None:
    """A kill leaves half of it: before whichever step it comes, the old or the new stands, or is put back by the next."""
    before = None if way == "where nothing is" else OLD
    after = {"a/content": b"new"} if way == "with a file" else NEW
    found = []
    for at in range(-1, 100):
        target = tmp_path / str(at) / "folder"
        target.parent.mkdir()
        if before:
            folder_with(target, before)
        command = [sys.executable, "-S", "-c", KILLED, str(Path(placing.__file__).parent), str(at), way, str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if at >= 0 and done.returncode == 0:
            break  # All steps are done.
        assert done.returncode == (0 if at < 0 else -signal.SIGKILL), done.stderr
        found.append(target.exists())
        with workspace(target) as work:
            assert os.listdir(work) == ["lock"], "what the killed process left is still there"
            assert (files_of(target) if target.exists() else None) in (before, after), f"killed before step {at}"
        put(target)
        assert files_of(target) == NEW
        if (file := target.with_name("file")).exists():
            assert file.read_bytes() == b"y"
            file.unlink()
        assert os.listdir(target.parent) == ["folder"]
    assert len(found) > 10
    assert (False in found) == (way in ("renames", "where nothing is")), "the kill never came between the renames"
