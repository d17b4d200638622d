"""The files of a release, and how each is made of a commit: archives, wheel and sdist, notes, and checksums.

The bytes of an archive depend on the package alone, those of the wheel and the sdist on the pinned tools as well.
"""

from __future__ import annotations

import json
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from belarus_iran_pact.core import NAME
from belarus_iran_pact.core.reading import DESCRIPTOR, in_form, sealed
from belarus_iran_pact.core.releases import SUMS, ReleasedFile, ReleaseError, describe, sha256_of
from belarus_iran_pact.downloading import FORMATS, Format
from publication.descriptor import citation

from .commit import PACKAGE, git, run
from .compare import Changes, read_package
from .diff_formats import as_markdown

NOTES = "NOTES.md"


def write_files(tree: Path, version: str, section: str, changes: Changes | None, staged: Path) -> list[ReleasedFile]:
    """Write all files of a release into the new folder `staged`, named for its version; and what the index says of them.

    Args:
        tree: a clone of the commit.
        version: its version.
        section: the changelog's section on it.
        changes: what differs from the last release; None for the first.
        staged: where to.

    Raises:
        ReleaseError: wheel or sdist cannot be built, or do not hold what the commit has; one reason for each file.
    """
    staged.mkdir()
    for form in FORMATS:
        write_archive(tree / "dataset", form, staged / archive_name(version, form))
    write_distributions(tree, staged)
    if reasons := list(_distribution_faults(tree, staged)):
        raise ReleaseError(*reasons)
    (staged / NOTES).write_bytes(_notes(tree, version, section, changes).encode())
    # What `sha256sum` prints.
    sums = "".join(f"{sha256_of(file)}  {file.name}\n" for file in sorted(staged.iterdir()))
    kinds: dict[str, str] = {
        **{archive_name(version, form): form for form in FORMATS},
        **{file.name: "wheel" for file in staged.glob("*.whl")},
        **{file.name: "sdist" for file in staged.glob("*.tar.gz")},
        NOTES: "notes",
    }
    (staged / SUMS).write_bytes(sums.encode())
    return [describe(staged / name, kind) for name, kind in kinds.items()]


# --- Archives ---


def archive_name(version: str, form: Format) -> str:
    """The file name of an archive."""
    return f"{NAME}-{version}.zip" if form == "all" else f"{NAME}-{version}-{form}.zip"


def write_archive(package: Path, form: Format, target: Path) -> None:
    """Zip the package folder, or what it has in one form, below one folder named for its version.

    The bytes depend on the package's bytes alone. Members are stored, not compressed: what deflate makes of them differs
    between builds of zlib, and a static host compresses on the way if it wants to.
    """
    full = json.loads((package / DESCRIPTOR).read_bytes())
    held = in_form(full, form)
    names = sorted([DESCRIPTOR, *(resource["path"] for resource in held["resources"])])
    with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED) as archive:
        for name in names:
            content = (package / name).read_bytes()
            if name == DESCRIPTOR and form != "all":
                content = sealed(held).encode()
            member = zipfile.ZipInfo(f"{NAME}-{full['version']}/{name}", (1980, 1, 1, 0, 0, 0))
            member.create_system = 3  # Unix, whatever the system is, so that the mode below means the same.
            member.external_attr = 0o100644 << 16
            archive.writestr(member, content)


# --- Wheel and sdist ---


def write_distributions(tree: Path, folder: Path) -> None:
    """Build wheel and sdist of a tree, without network: with the build tools of this environment, at their pinned versions."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--wheel", "--outdir", str(folder), "."]
    run(command, tree, "wheel and sdist cannot be built", "install the pinned tools: pip install -e '.[test]'")


def _distribution_faults(tree: Path, folder: Path) -> Iterator[str]:
    """Every file of wheel and sdist that the commit has not, or has otherwise, and every one that they lack."""
    data = f"{PACKAGE}/_data/"
    origins = {f"{data}{name}": file for name, file in _files(tree / "dataset").items()} | {
        f"{PACKAGE}/{name}": file for name, file in _files(tree / "schema" / PACKAGE).items()
    }
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.partition("/")[0].endswith(".dist-info")}
        for name in sorted(held):
            if name not in origins or archive.read(name) != origins[name].read_bytes():
                yield f"{wheel.name}: {name} is not a file of the commit; report this"
    # What only repeats the tables may be left out of the wheel.
    optional = {name for name in origins if name.startswith(data)} - {f"{data}{DESCRIPTOR}"}
    optional -= {name for name in origins if name.startswith((f"{data}csv/", f"{data}parquet/"))}
    for name in sorted(origins.keys() - held - optional):
        yield f"{wheel.name}: lacks {name}; see the wheel's settings in pyproject.toml"
    (sdist,) = folder.glob("*.tar.gz")
    tracked = {*git(tree, "ls-files", "-z").rstrip("\0").split("\0"), "PKG-INFO"}
    with tarfile.open(sdist) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    yield from (f"{sdist.name}: {name} is too much; report this" for name in sorted(names - tracked))
    yield from (f"{sdist.name}: lacks {name}; report this" for name in sorted(tracked - names))


def _files(folder: Path) -> dict[str, Path]:
    return {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}


# --- Notes ---


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
