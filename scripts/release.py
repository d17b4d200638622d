#!/usr/bin/env python
"""Make a release of the commit that is checked out: archives, wheel, sdist, checksums, notes, and the index of releases.

    python scripts/release.py FOLDER            add the release to a releases folder, whole or not at all
    python scripts/release.py --check FOLDER    exit 1 unless the release there is, byte for byte, what this commit gives

FOLDER then has releases.json and one folder for each version, and any static host can serve it. Everything is made from
a clone of the commit, so that nothing else in the tree can get in.

Exit codes: 0 done; 1 refused, each reason on a line of its own; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from filelock import FileLock

import belarus_iran_pact
from curation.faults import Faults
from publication.descriptor import NAME, citation
from releasing.archives import (
    DESCRIPTOR,
    FORMS,
    INDEX,
    NOTES,
    SUMS,
    Entry,
    Index,
    ReleaseError,
    archive_name,
    check_entry,
    checksums,
    extended,
    file_of,
    is_version,
    read_index,
    sha256_of,
    version_key,
    write_archive,
)
from releasing.changes import Changes, compare, given_ids, used_again
from releasing.packages import read_package
from releasing.reports import as_changelog, as_markdown
from releasing.retired import FILE as RETIRED
from releasing.retired import RetiredIds, read_retired

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "belarus_iran_pact"
FAST_TESTS = (sys.executable, "-m", "pytest", "-q", "-m", "not slow")

# Where the version stands, and how.
_VERSIONS = {
    "schema/belarus_iran_pact/__init__.py": r'^__version__ = "([^"]+)"$',
    f"dataset/{DESCRIPTOR}": r'^  "version": "([^"]+)",$',
    "CITATION.cff": r"^version: \"?([^\"\s]+)\"?$",
    "CHANGELOG.md": r"^## \[?([^\]\s]+)\]?.*$",
}


class Refused(Exception):
    """There is no release, for these reasons; each is one line."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


def release(folder: Path, tree: Path = ROOT, tests: Sequence[str] = FAST_TESTS) -> str:
    """Add the release of the commit that `tree` has checked out to a releases folder, which is made if need be.

    Args:
        folder: the releases folder.
        tree: the repository.
        tests: the command that runs the fast tests; only tests of this script have reason to give another.

    Returns:
        The version released.

    Raises:
        Refused: `folder` is as it was.
    """
    # Beside the folder, so that what is done here can be renamed into it, and is never served.
    work = folder.parent / f".{folder.name}.release"
    work.mkdir(parents=True, exist_ok=True)
    with FileLock(work / "lock"):
        _clear(work)
        try:
            _refuse_dirty(tree)
            commit = _git(tree, "rev-parse", "HEAD")
            clone = _clone(tree, commit, work / "clone")
            version = _version(clone)
            index = read_index(folder)
            extended(index, version, commit, [])
            _refuse_other_folder(tree, version, index, folder)
            _check_built(clone)
            staged = work / version
            _stage(clone, version, folder, index, staged)
            _run(tests, clone, "the fast tests fail", "a release passes them; mend what is broken")
            _refuse_dirty(tree)
            text = extended(index, version, commit, _entries(staged))
            _publish(staged, folder, text)
        except ReleaseError as error:
            raise Refused([str(error)]) from None
        finally:
            _clear(work)
    return version


def check(folder: Path, tree: Path = ROOT) -> str:
    """Check that a releases folder has the release of the commit that `tree` has checked out, and all that it lists.

    Returns:
        The version checked.

    Raises:
        Refused: a file is missing, or is not what this commit gives.
    """
    with tempfile.TemporaryDirectory() as work:
        try:
            commit = _git(tree, "rev-parse", "HEAD")
            clone = _clone(tree, commit, Path(work) / "clone")
            version = _version(clone)
            index = read_index(folder)
            file_of(folder, index, version, "all")
            reasons = []
            for entry in (entry for entries in index.releases.values() for entry in entries):
                try:
                    check_entry(folder, entry)
                except ReleaseError as error:
                    reasons.append(str(error))
            before = _before(index, version)
            _check_built(clone)
            staged = Path(work) / version
            _stage(clone, version, folder, before, staged)
            names = {file.name for file in [*staged.iterdir(), *(folder / version).iterdir()]}
            for name in sorted(names):
                made, released = staged / name, folder / version / name
                if not made.is_file():
                    reasons.append(f"{released}: not part of the release; take it away")
                elif not released.is_file():
                    reasons.append(f"{released}: is missing; restore it")
                elif sha256_of(made) != sha256_of(released):
                    reasons.append(f"{released}: not what commit {commit} gives with the tools of this environment")
            if not index.text.startswith(
                extended(before, version, commit, _entries(staged)).removesuffix("\n  ]\n}\n")
            ):
                reasons.append(f"{folder / INDEX}: what it says of {version} is not what commit {commit} gives")
        except ReleaseError as error:
            raise Refused([str(error)]) from None
    if reasons:
        raise Refused(reasons)
    return version


def _before(index: Index, version: str) -> Index:
    """The index as it was before a version was added."""
    content = json.loads(index.text)
    earlier = [item for item in index.releases if version_key(item) < version_key(version)]
    content["releases"] = content["releases"][: len(earlier)]
    return Index(
        json.dumps(content, indent=2, ensure_ascii=False) + "\n", {item: index.releases[item] for item in earlier}
    )


# --- The commit ---


def _refuse_dirty(tree: Path) -> None:
    changed = _git(tree, "status", "--porcelain", "--untracked-files=all").splitlines()
    if changed:
        names = ", ".join(line[2:].strip() for line in changed[:5]) + (" ..." if len(changed) > 5 else "")
        raise ReleaseError(
            f"the tree is dirty: {len(changed)} file(s) differ from the commit: {names}; commit them first"
        )


def _refuse_other_folder(tree: Path, version: str, index: Index, folder: Path) -> None:
    """Refuse an index without the earlier releases that the repository has tags of: nothing would be compared with them."""
    tags = [tag.removeprefix("v") for tag in _git(tree, "tag", "--list", "v*").splitlines()]
    earlier = [tag for tag in tags if is_version(tag) and version_key(tag) < version_key(version)]
    lacking = sorted(set(earlier) - index.releases.keys(), key=version_key)
    if lacking:
        raise ReleaseError(
            f"{folder / INDEX}: lacks {', '.join(lacking)}, of which there are tags; give the folder that has all releases"
        )


def _clone(tree: Path, commit: str, clone: Path) -> Path:
    _git(tree, "clone", "--quiet", "--no-hardlinks", "--no-checkout", str(tree), str(clone))
    _git(clone, "checkout", "--quiet", "--detach", commit)
    return clone


def _git(tree: Path, *arguments: str) -> str:
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


def _run(command: Sequence[str], tree: Path, what: str, remedy: str) -> None:
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


# --- What a release must be ---


def _version(tree: Path) -> str:
    """The version of a tree, which must be the same everywhere."""
    found: dict[str, tuple[int, str]] = {}
    for name, pattern in _VERSIONS.items():
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
        raise Refused(reasons)
    version_key(package)
    return package


def _check_built(tree: Path) -> None:
    command = [sys.executable, "scripts/build.py", "--check"]
    _run(command, tree, "dataset/ is stale", "run scripts/build.py and commit what it writes")


def _changes(tree: Path, version: str, folder: Path, index: Index) -> Changes | None:
    """What differs from the last release; None for the first.

    Raises:
        ReleaseError: the version is too small for it.
        Refused: an id of any earlier release is gone unexplained, or is used again.
    """
    if index.last is None:
        return None
    faults = Faults()
    retired = read_retired(tree / "seeds" / RETIRED, faults)
    new = read_package(tree / "dataset")
    changes = compare(read_package(file_of(folder, index, index.last, "all")), new, retired)
    reasons = list(dict.fromkeys([*changes.faults, *_lost_ids(folder, index, tree, retired)]))
    if reasons:
        raise Refused(reasons)
    if version_key(version) < version_key(changes.smallest):
        raise ReleaseError(
            f"version {version} is too small: the change since {index.last} is {changes.level.name}, "
            f"which asks for {changes.smallest} at least; scripts/diff.py shows why"
        )
    return changes


def _lost_ids(folder: Path, index: Index, tree: Path, retired: RetiredIds) -> Iterator[str]:
    """A line for each given id that an earlier release had and that is neither there nor retired, or is used again."""
    now = read_package(tree / "dataset")
    present = given_ids(now)
    yield from used_again(now, retired)
    before: set[tuple[str, str]] = set()
    gone: set[tuple[str, str]] = set()
    for version in index.releases:
        ids = given_ids(read_package(file_of(folder, index, version, "all")))
        gone = (gone | before) - ids
        before = ids
        for table, row_id in sorted(ids - present):
            if (table, row_id) not in retired and (table, None) not in retired:
                yield f"{table} {row_id} is gone without successor or reason; add it to seeds/{RETIRED}"
    for table, row_id in sorted(gone & present):
        yield f"{table} {row_id} was in an earlier release, was gone from {index.last}, and is used again; give it another id"


def _section(tree: Path, changes: Changes | None) -> str:
    """The changelog's section on this version; it must have the counts that diff gives."""
    text = (tree / "CHANGELOG.md").read_text(encoding="utf-8")
    _, head, rest = re.split(r"(^## .*$)", text, maxsplit=1, flags=re.MULTILINE)
    section = re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0].strip()
    line = text.count("\n", 0, text.index(head)) + 1
    if not section:
        raise ReleaseError(f"CHANGELOG.md:{line}: the section is empty; say what changed")
    if changes is not None and as_changelog(changes).strip() not in section:
        raise ReleaseError(
            f"CHANGELOG.md:{line}: the section has not the counts that diff gives; "
            f"paste what this prints: scripts/diff.py {changes.old} dataset --releases FOLDER --format changelog"
        )
    return section


# --- What a release holds ---


def _stage(tree: Path, version: str, folder: Path, index: Index, staged: Path) -> None:
    """Write all files of a release into the new folder `staged`."""
    changes = _changes(tree, version, folder, index)
    section = _section(tree, changes)
    staged.mkdir()
    for form in FORMS:
        write_archive(tree / "dataset", form, staged / archive_name(version, form))
    write_distributions(tree, staged)
    _check_distributions(tree, staged)
    (staged / NOTES).write_bytes(_notes(tree, version, section, changes).encode())
    sums = checksums(staged.iterdir())
    (staged / SUMS).write_bytes(sums.encode())


def write_distributions(tree: Path, folder: Path) -> None:
    """Build wheel and sdist of a tree, without network: with the build tools of this environment, at their pinned versions."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--wheel", "--outdir", str(folder), "."]
    _run(command, tree, "wheel and sdist cannot be built", "install the pinned tools: pip install -e '.[test]'")


def _check_distributions(tree: Path, folder: Path) -> None:
    """Check that wheel and sdist hold what the commit has, and nothing else.

    Raises:
        Refused: with every file that is too much, missing or another.
    """
    data = f"{PACKAGE}/_data/"
    dataset = {file.relative_to(tree / "dataset").as_posix(): file for file in _files(tree / "dataset")}
    code = {file.relative_to(tree / "schema").as_posix(): file for file in _files(tree / "schema" / PACKAGE)}
    reasons = []
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            origin = dataset.get(name.removeprefix(data)) if name.startswith(data) else code.get(name)
            if name.partition("/")[0].endswith(".dist-info"):
                continue
            if origin is None or archive.read(name) != origin.read_bytes():
                reasons.append(f"{wheel.name}: {name} is not a file of the commit; report this")
        needed = [f"{data}{name}" for name in dataset if name.startswith(("csv/", "parquet/")) or name == DESCRIPTOR]
        lacking = sorted({*needed, *code} - set(archive.namelist()))
        reasons += [f"{wheel.name}: lacks {name}; see the wheel's settings in pyproject.toml" for name in lacking]
    (sdist,) = folder.glob("*.tar.gz")
    tracked = {*_git(tree, "ls-files", "-z").rstrip("\0").split("\0"), "PKG-INFO"}
    with tarfile.open(sdist) as archive_:
        names = {name.partition("/")[2] for name in archive_.getnames()}
    reasons += [f"{sdist.name}: {name} is too much; report this" for name in sorted(names - tracked)]
    reasons += [f"{sdist.name}: lacks {name}; report this" for name in sorted(tracked - names)]
    if reasons:
        raise Refused(reasons)


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def _notes(tree: Path, version: str, section: str, changes: Changes | None) -> str:
    """The release notes, as Markdown."""
    if changes is None:
        tables = read_package(tree / "dataset").tables
        counts = "".join(f"| `{name}` | {len(table.rows)} |\n" for name, table in tables.items())
        since = f"## Rows\n\nThe first release.\n\n| table | rows |\n| --- | ---: |\n{counts}"
    else:
        since = f"## Since {changes.old}\n\n{as_markdown(changes)}"
    return (
        f"# {NAME} {version}\n\nTo cite: {citation(version)}\n\n## Changes\n\n{section}\n\n{since}\n"
        f"## Check\n\nIn the folder with the downloaded files:\n\n```sh\nsha256sum --ignore-missing -c {SUMS}\n```\n"
    )


def _entries(staged: Path) -> list[Entry]:
    """The files of a release as the index lists them."""
    kinds: Mapping[str, str] = {
        **{archive_name(staged.name, form): form for form in FORMS},
        **{file.name: "wheel" for file in staged.glob("*.whl")},
        **{file.name: "sdist" for file in staged.glob("*.tar.gz")},
        NOTES: "notes",
    }
    return [
        Entry(f"{staged.name}/{name}", kind, (staged / name).stat().st_size, sha256_of(staged / name))
        for name, kind in kinds.items()
    ]


# --- Into place ---


def _publish(staged: Path, folder: Path, index: str) -> None:
    """Move a release into its place; the index last, in one step, so that it never lists what is not there whole."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / staged.name
    if target.exists():
        # A release that was killed before its index was in place: never listed, so nobody has it.
        os.rename(target, staged.parent / "unlisted")
    os.rename(staged, target)
    new = staged.parent / INDEX
    with new.open("wb") as stream:
        stream.write(index.encode())
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(new, folder / INDEX)


def _clear(work: Path) -> None:
    """Take away all that a release, this one or a killed one, left in the work folder."""
    for item in work.iterdir():
        if item.is_dir():
            shutil.rmtree(item)
        elif item.name != "lock":
            item.unlink()


def main(arguments: Sequence[str] | None = None, tests: Sequence[str] = FAST_TESTS) -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the releases folder")
    parser.add_argument(
        "--check", action="store_true", help="release nothing; compare FOLDER with what the commit gives"
    )
    options = parser.parse_args(arguments)
    folder = options.folder.resolve()
    try:
        if not Path(belarus_iran_pact.__file__).is_relative_to(ROOT / "schema" / PACKAGE):
            raise Refused(
                [f"the package imported is not this tree's: {belarus_iran_pact.__file__}; pip install -e . here"]
            )
        version = check(folder) if options.check else release(folder, tests=tests)
    except Refused as refused:
        for reason in refused.reasons:
            print(f"refused: {reason}", file=sys.stderr)
        return 1
    print(f"{NAME} {version} is {'what this commit gives' if options.check else 'released'}: {folder / version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
