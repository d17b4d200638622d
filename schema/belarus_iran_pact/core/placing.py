"""Putting files and folders in place whole, or not at all.

    with workspace(target) as work:
        ...                             # write into work / "new"; nothing outside it changes yet
        place(work / "new", target)

A workspace is a hidden folder beside its target, so that placing is renaming. It belongs to one process at a time; the others
wait. When a process is killed, the system takes its lock back, and the next one to enter clears what it left.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

_LOCK = "lock"


@contextlib.contextmanager
def workspace(target: Path) -> Iterator[Path]:
    """An empty folder in which to make what is to stand at `target`; it is gone at the end.

    Waits while another process, or thread, has the workspace of the same target. Folders above it are made, and taken away
    again if nothing was put there.

    Raises:
        OSError: the folder beside the target cannot be written to, or has no locks.
    """
    made = [folder for folder in target.parents if not folder.exists()]
    work = target.with_name(f".{target.name}.partial")
    try:
        with _locked(work):
            if (previous := _previous(work, target)).exists() and not target.exists():
                os.rename(previous, target)
            _clear(work)
            try:
                yield work
            finally:
                with contextlib.suppress(OSError):  # What is placed is placed, whatever becomes of the rest.
                    _clear(work)
    finally:
        with contextlib.suppress(OSError):
            for folder in made:
                folder.rmdir()


def place(staged: Path, target: Path) -> None:
    """Put a file or folder that lies in a workspace in the place of `target`; what stood there goes with the workspace.

    Readers see the old or the new, whole. Where the system cannot exchange two folders in one step, as Linux can, there is a
    short moment without either; a process killed in it has the old one put back by the next that enters the workspace.
    """
    if not staged.is_dir():
        with staged.open("rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(staged, target)
    elif not target.exists():
        os.rename(staged, target)
    elif not _exchanged(staged, target):
        previous = _previous(staged.parent, target)
        os.rename(target, previous)
        try:
            os.rename(staged, target)
        except BaseException:
            os.rename(previous, target)
            raise


def place_files(staged: Path, folder: Path, names: Iterable[str]) -> None:
    """Move files from a folder in a workspace into one that is there; if one cannot be moved, all are as they were.

    A process killed while it moves them leaves whole files, but maybe not all of them.
    """
    kept = staged.with_name(f"{staged.name}.kept")
    kept.mkdir()
    begun: list[str] = []
    try:
        for name in names:
            if os.path.lexists(folder / name):
                shutil.copy2(folder / name, kept / name, follow_symlinks=False)
        for name in names:
            begun.append(name)
            os.replace(staged / name, folder / name)
    except BaseException:
        for name in begun:
            if os.path.lexists(kept / name):
                os.replace(kept / name, folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
        raise


def _exchanged(left: Path, right: Path) -> bool:
    """Exchange two folders in one step; False where the system or the file system has no such call."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    at_working_directory, exchange = -100, 2
    result: int = renameat2(at_working_directory, os.fsencode(left), at_working_directory, os.fsencode(right), exchange)
    return result == 0


def _previous(work: Path, target: Path) -> Path:
    """Where a target is set aside between the two renames."""
    return work / f"previous-{target.name}"


def _clear(work: Path) -> None:
    for item in work.iterdir():
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        elif item.name != _LOCK:
            item.unlink()


@contextlib.contextmanager
def _locked(work: Path) -> Iterator[None]:
    """Make a folder and hold the lock in it; at the end both are gone, unless others wait for them."""
    while (stream := _lock(work)) is None:
        pass
    try:
        yield
    finally:
        if sys.platform == "win32":
            stream.close()  # There, nothing open can be removed.
        with contextlib.suppress(OSError):
            (work / _LOCK).unlink()
            work.rmdir()
        stream.close()


def _lock(work: Path) -> IO[bytes] | None:
    """The lock of a folder, once it is free; None where whoever had it took folder and lock away meanwhile."""
    with contextlib.ExitStack() as stack, contextlib.suppress(FileNotFoundError):
        # With `exist_ok` it would look whether the folder is there, and by then another may have taken it away.
        with contextlib.suppress(FileExistsError):
            work.mkdir(parents=True)
        stream = stack.enter_context((work / _LOCK).open("ab"))
        _wait_for(stream)
        if os.path.samestat(os.fstat(stream.fileno()), (work / _LOCK).stat()):
            stack.pop_all()
            return stream
    return None


def _wait_for(stream: IO[bytes]) -> None:
    """Lock an open file until it is closed, or the process ends, however it ends."""
    if sys.platform == "win32":
        import msvcrt

        while True:
            with contextlib.suppress(OSError):  # It gives up after ten seconds.
                return msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(stream, fcntl.LOCK_EX)
