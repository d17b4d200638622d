"""The commit that is released: a clone of it, its version, and commands that run in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from belarus_iran_pact.core.reading import DESCRIPTOR
from belarus_iran_pact.core.releases import ReleaseError, version_key

PACKAGE = "belarus_iran_pact"

# Where the version stands, and how.
VERSIONS = {
    "schema/belarus_iran_pact/__init__.py": r'^__version__ = "([^"]+)"$',
    f"dataset/{DESCRIPTOR}": r'^  "version": "([^"]+)",$',
    "CITATION.cff": r"^version: \"?([^\"\s]+)\"?$",
    "CHANGELOG.md": r"^## \[?([^\]\s]+)\]?.*$",
}


def refuse_dirty(tree: Path) -> None:
    """Refuse a tree with files that differ from the commit, or are not in it.

    Raises:
        ReleaseError: there are some.
    """
    changed = git(tree, "status", "--porcelain", "--untracked-files=all").splitlines()
    if changed:
        names = ", ".join(line[2:].strip() for line in changed[:5]) + (" ..." if len(changed) > 5 else "")
        raise ReleaseError(
            f"the tree is dirty: {len(changed)} file(s) differ from the commit: {names}; commit them first"
        )


def clone(tree: Path, commit: str, folder: Path) -> Path:
    """A clone of a commit in a new folder, so that nothing else in the tree can get in."""
    git(tree, "clone", "--quiet", "--no-hardlinks", "--no-checkout", str(tree), str(folder))
    git(folder, "checkout", "--quiet", "--detach", commit)
    return folder


def git(tree: Path, *arguments: str) -> str:
    """What a git command prints.

    Raises:
        ReleaseError: it fails.
    """
    done = subprocess.run(
        ["git", "-C", str(tree), *arguments], env=_environment(tree), capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        text = " ".join(done.stderr.split()) or "no message"
        raise ReleaseError(f"git {arguments[0]} fails in {tree}: {text}; a release is of a commit")
    return done.stdout.rstrip("\n")


def _environment(tree: Path) -> dict[str, str]:
    """The environment without what would show in the release, and with the package of this tree to be imported."""
    heeded = re.compile(r"GIT_.*|PYTHON.*|SOURCE_DATE_EPOCH")
    kept = {name: value for name, value in os.environ.items() if not heeded.fullmatch(name)}
    return kept | {"PYTHONPATH": str(tree / "schema"), "PYTHONDONTWRITEBYTECODE": "1"}


def run(command: Sequence[str], tree: Path, what: str, remedy: str) -> None:
    """Run a command in a tree; if it fails, show what it printed, and refuse."""
    done = subprocess.run(
        list(command),
        cwd=tree,
        env=_environment(tree),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stdout)
        last = (done.stdout.strip().splitlines() or ["no output"])[-1]
        raise ReleaseError(f"{what} (exit code {done.returncode}): {last.strip('= ')}; {remedy}")


def version_of(tree: Path) -> str:
    """The version of a tree, which must be the same everywhere."""
    found: dict[str, tuple[int, str]] = {}
    for name, pattern in VERSIONS.items():
        file = tree / name
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        match = re.search(pattern, text, flags=re.MULTILINE)
        if match is None:
            raise ReleaseError(f"{name}:1: no version there; write it as before")
        found[name] = (text.count("\n", 0, match.start()) + 1, match[1])
    package = found["schema/belarus_iran_pact/__init__.py"][1]
    reasons = [
        f"{name}:{line}: version {version}, but the package is {package}; write {package}, and build"
        for name, (line, version) in found.items()
        if version != package
    ]
    if reasons:
        raise ReleaseError(*reasons)
    version_key(package)
    return package


def check_built(tree: Path) -> None:
    """Refuse a tree whose dataset/ is not what its seeds give."""
    command = [sys.executable, "scripts/build.py", "--check"]
    run(command, tree, "dataset/ is stale", "run scripts/build.py and commit what it writes")
