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
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import belarus_iran_pact
from belarus_iran_pact.core import NAME
from belarus_iran_pact.core.judging import told_unread, unread
from belarus_iran_pact.core.placing import place, workspace
from belarus_iran_pact.core.releases import (
    INDEX,
    Index,
    ReleasedFile,
    ReleaseError,
    check_file,
    file_of,
    is_version,
    read_index,
    sha256_of,
    version_key,
)
from belarus_iran_pact.models import DATASET
from curation.faults import Faults
from publication.package import read_tables
from releasing.commit import PACKAGE, check_built, clone, git, refuse_dirty, run, version_of
from releasing.compare import Changes, Package, compare, given_ids, read_package, unexplained
from releasing.diff_formats import as_changelog
from releasing.release_files import write_files
from releasing.retired import FILE as RETIRED
from releasing.retired import RetiredIds, read_retired

ROOT = Path(__file__).resolve().parent.parent
FAST_TESTS = (sys.executable, "-m", "pytest", "-q", "-m", "not slow")


def release(folder: Path, tree: Path = ROOT, tests: Sequence[str] = FAST_TESTS) -> str:
    """Add the release of the commit that `tree` has checked out to a releases folder, which is made if need be.

    Args:
        folder: the releases folder.
        tree: the repository.
        tests: the command that runs the fast tests; only tests of this script have reason to give another.

    Returns:
        The version released.

    Raises:
        ReleaseError: there is no release, for one reason or several; `folder` is as it was.
    """
    with workspace(folder) as work:
        refuse_dirty(tree)
        commit = git(tree, "rev-parse", "HEAD")
        copy = clone(tree, commit, work / "clone")
        version = version_of(copy)
        index = read_index(folder)
        index.with_release(version, commit, [])
        _refuse_other_folder(tree, version, index, folder)
        files = _write(copy, version, folder, index, work / version)
        run(tests, copy, "the fast tests fail", "a release passes them; mend what is broken")
        refuse_dirty(tree)
        (work / INDEX).write_bytes(index.with_release(version, commit, files).text().encode())
        folder.mkdir(parents=True, exist_ok=True)
        # The index last, so that it never lists what is not there whole. What a killed release put in this place was never listed.
        place(work / version, folder / version)
        place(work / INDEX, folder / INDEX)
    return version


def check(folder: Path, tree: Path = ROOT) -> str:
    """Check that a releases folder has the release of the commit that `tree` has checked out, and all that it lists.

    Returns:
        The version checked.

    Raises:
        ReleaseError: files are missing, or are not what this commit gives; a reason for each.
    """
    with tempfile.TemporaryDirectory() as work:
        commit = git(tree, "rev-parse", "HEAD")
        copy = clone(tree, commit, Path(work) / "clone")
        version = version_of(copy)
        index = read_index(folder)
        file_of(folder, index, version, "all")
        reasons = []
        for item in (item for listed in index.releases for item in listed.files):
            try:
                check_file(folder, item)
            except ReleaseError as error:
                reasons.append(str(error))
        before = index.before(version)
        files = _write(copy, version, folder, before, Path(work) / version)
        names = {file.name for file in [*(Path(work) / version).iterdir(), *(folder / version).iterdir()]}
        for name in sorted(names):
            made, released = Path(work) / version / name, folder / version / name
            if not made.is_file():
                reasons.append(f"{released}: not part of the release; take it away")
            elif not released.is_file():
                reasons.append(f"{released}: is missing; restore it")
            elif sha256_of(made) != sha256_of(released):
                reasons.append(f"{released}: not what commit {commit} gives with the tools of this environment")
        if index.release(version) != before.with_release(version, commit, files).release(version):
            reasons.append(f"{folder / INDEX}: what it says of {version} is not what commit {commit} gives")
    if reasons:
        raise ReleaseError(*reasons)
    return version


def _write(copy: Path, version: str, folder: Path, earlier: Index, staged: Path) -> list[ReleasedFile]:
    """Write what `write_files` makes of a clone that may be released after the earlier releases."""
    check_built(copy)
    refuse_unread(copy)
    changes = _changes(copy, version, folder, earlier)
    return write_files(copy, version, _section(copy, changes), changes, staged)


def refuse_unread(tree: Path) -> None:
    """Law 13: refuse a tree with codes that were not read twice."""
    if left := unread(DATASET, read_tables(tree / "dataset", "csv")):
        raise ReleaseError(f"{told_unread(left)}; in a release every code was: scripts/second_reading.py says how")


def _refuse_other_folder(tree: Path, version: str, index: Index, folder: Path) -> None:
    """Refuse an index without the earlier releases that the repository has tags of: nothing would be compared with them."""
    tags = [tag.removeprefix("v") for tag in git(tree, "tag", "--list", "v*").splitlines()]
    earlier = [tag for tag in tags if is_version(tag) and version_key(tag) < version_key(version)]
    lacking = sorted(set(earlier) - set(index.versions), key=version_key)
    if lacking:
        raise ReleaseError(
            f"{folder / INDEX}: lacks {', '.join(lacking)}, of which there are tags; give the folder that has all releases"
        )


def _changes(tree: Path, version: str, folder: Path, index: Index) -> Changes | None:
    """What differs from the last release; None for the first.

    Raises:
        ReleaseError: the version is too small for it; or ids of any earlier release are gone unexplained, or used again.
    """
    if index.last is None:
        return None
    retired = read_retired(tree / "seeds" / RETIRED, Faults())  # Its faults would have failed the build.
    new = read_package(tree / "dataset")
    changes = compare(read_package(file_of(folder, index, index.last, "all")), new, retired)
    if reasons := dict.fromkeys([*changes.faults, *_lost_ids(folder, index, new, retired)]):
        raise ReleaseError(*reasons)
    if version_key(version) < version_key(changes.smallest):
        raise ReleaseError(
            f"version {version} is too small: the change since {index.last} is {changes.level.name}, "
            f"which asks for {changes.smallest} at least; scripts/diff.py shows why"
        )
    return changes


def _lost_ids(folder: Path, index: Index, new: Package, retired: RetiredIds) -> Iterator[str]:
    """A line for each given id that an earlier release had and that is neither there nor retired, or is used again."""
    present, before, gone = given_ids(new), set[tuple[str, str]](), set[tuple[str, str]]()
    for version in index.versions:
        ids = given_ids(read_package(file_of(folder, index, version, "all")))
        gone = (gone | before) - ids
        before = ids
        yield from unexplained(sorted(ids - present), retired)
    for table, row_id in sorted(gone & present):
        yield f"{table} {row_id} was in an earlier release, was gone from {index.last}, and is used again; give it another id"


def _section(tree: Path, changes: Changes | None) -> str:
    """The changelog's section on this version; it must be finished, and have the tables that diff gives."""
    text = (tree / "CHANGELOG.md").read_text(encoding="utf-8")
    _, head, rest = re.split(r"(^## .*$)", text, maxsplit=1, flags=re.MULTILINE)
    section = re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0].strip()
    line = text.count("\n", 0, text.index(head)) + 1
    if "unreleased" in head:
        raise ReleaseError(
            f"CHANGELOG.md:{line}: the heading says unreleased; take that away once all of the section is true"
        )
    if not section:
        raise ReleaseError(f"CHANGELOG.md:{line}: the section is empty; say what changed")
    if changes is not None and any(table not in section for table in as_changelog(changes).strip().split("\n\n")):
        raise ReleaseError(
            f"CHANGELOG.md:{line}: the section has not the tables that diff gives; "
            f"paste what this prints: scripts/diff.py {changes.old} dataset --releases FOLDER --format changelog"
        )
    return section


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
            raise ReleaseError(
                f"the package imported is not this tree's: {belarus_iran_pact.__file__}; pip install -e . here"
            )
        version = check(folder) if options.check else release(folder, tests=tests)
    except ReleaseError as refused:
        for reason in refused.args:
            print(f"refused: {reason}", file=sys.stderr)
        return 1
    print(f"{NAME} {version} is {'what this commit gives' if options.check else 'released'}: {folder / version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
