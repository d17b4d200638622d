"""Same inputs, same bytes, on any machine; and whatever interrupts a build, dataset/ is a whole package."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import ROOT, files_of

import belarus_iran_pact
from build import tables_from
from publication.package import write_package

BUILD = ROOT / "scripts" / "build.py"
DATASET = ROOT / "dataset"

# Everything that a user's shell may set and that Python, its libraries or the C library might heed.
HEEDED = re.compile(r"LANG|LANGUAGE|LC_.*|LOCPATH|TZ|PYTHON(HASHSEED|UTF8|IOENCODING|COERCECLOCALE)|SOURCE_DATE_EPOCH")

# Two machines that have nothing in common.
MACHINES: tuple[dict[str, str], ...] = (
    {
        "LC_ALL": "tr_TR.ISO-8859-9",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "ascii",
        "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "0",
    },
    {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "TZ": "Pacific/Pago_Pago",
        "PYTHONHASHSEED": "12345",
        "SOURCE_DATE_EPOCH": "1",
    },
)


def environment(settings: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not HEEDED.fullmatch(name)}
    return kept | settings


def start(seeds: Path | str, dataset: Path | str, *, hook: str = "", **options: Any) -> subprocess.Popen[str]:
    """Start a build in a process of its own, in which `hook`, Python code, runs first."""
    # `runpy` does not put the script's folder on the path, as running the script does.
    code = f"import runpy, sys\n{hook}\nsys.path.insert(0, {str(BUILD.parent)!r})\nsys.argv = sys.argv[1:]\nrunpy.run_path(sys.argv[0], run_name='__main__')"
    command = [sys.executable, "-c", code, str(BUILD), "--seeds", str(seeds), "--dataset", str(dataset)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options)


def build(seeds: Path | str, dataset: Path | str, cwd: Path = ROOT, **settings: str) -> None:
    process = start(seeds, dataset, cwd=cwd, env=environment(settings), errors="replace")
    _, errors = process.communicate()
    assert process.returncode == 0, f"{settings}\n{errors}"


def digests(dataset: Path) -> dict[str, str]:
    """Each file of a package with the hash of its bytes: all there is to compare, and short to print."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in files_of(dataset).items()}


def leftovers(dataset: Path) -> set[Path]:
    """What a build has left beside the package."""
    return {file for file in dataset.parent.rglob("*") if not file.is_relative_to(dataset)}


@pytest.fixture
def dataset(package: Path, tmp_path: Path) -> Path:
    """A folder of its own, in which an earlier package of other content is already published."""
    folder = shutil.copytree(package, tmp_path / "published" / "dataset")
    (folder / "csv" / "events.csv").write_text("of an earlier version\n", encoding="utf-8")
    (folder / "csv" / "litter.csv").write_text("not of this version\n", encoding="utf-8")
    return folder


# --- Same inputs, same bytes ---


def test_committed_dataset_is_stale(tmp_path: Path) -> None:
    """The committed dataset/ is stale: it is not what the seeds give. Parquet counts by content, its bytes name their writer."""
    package = tmp_path / "dataset"
    write_package(package, tables_from(ROOT / "seeds"), belarus_iran_pact.__version__)
    committed, fresh = digests(DATASET), digests(package)
    assert committed.keys() == fresh.keys()
    different = {name for name in committed if committed[name] != fresh[name]}
    listing = {"datapackage.json", "croissant.json"}
    assert {name for name in different if not name.endswith(".parquet")} <= listing
    assert descriptor(DATASET) == descriptor(package)
    assert croissant(DATASET) == croissant(package)
    for name in sorted(different - listing):
        new, old = (pq.ParquetFile(folder / name).read() for folder in (package, DATASET))
        assert old.schema.equals(new.schema, check_metadata=True), name
        assert old.equals(new), name


def descriptor(folder: Path) -> dict[str, Any]:
    """The descriptor without the fixity of Parquet files, and of the Croissant file, which names theirs."""
    content: dict[str, Any] = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in content["resources"]:
        if resource["path"].endswith(".parquet") or resource["path"] == "croissant.json":
            del resource["bytes"], resource["hash"]
    return content


def croissant(folder: Path) -> dict[str, Any]:
    """The Croissant file without the fixity of Parquet files."""
    content: dict[str, Any] = json.loads((folder / "croissant.json").read_text(encoding="utf-8"))
    for file in content["distribution"]:
        if file["contentUrl"].endswith(".parquet"):
            del file["contentSize"], file["sha256"]
    return content


@pytest.mark.slow
def test_machine_changes_bytes(good_seeds: Path, package: Path, dataset: Path, tmp_path: Path) -> None:
    """The machine changes bytes: a locale, encoding, time zone, hash seed, working directory, file order or age shows.

    Or what was published before shows in what is published next, or stays.
    """
    seeds = tmp_path / "päth with späces" / "seeds"
    for file in sorted(good_seeds.rglob("*"), reverse=True):
        if file.is_file():
            copy = seeds / file.relative_to(good_seeds)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
            os.utime(copy, (1, 1))
    # Machines seldom have this locale installed, and one that is missing would silently mean "C".
    if shutil.which("localedef"):
        compiled = str(tmp_path / "tr_TR.ISO-8859-9")
        subprocess.run(
            ["localedef", "-c", "-i", "tr_TR", "-f", "ISO-8859-9", compiled], capture_output=True, check=False
        )
    for settings in MACHINES:
        build(os.path.relpath(seeds, dataset.parent), "dataset", cwd=dataset.parent, LOCPATH=str(tmp_path), **settings)
        assert digests(dataset) == digests(package), settings
        assert leftovers(dataset) == set()


# --- Whole packages, whatever happens ---

# Kills the process when it is about to do something for the `after + 1`th time that Python reports and that names the path.
KILL = """
import ctypes, os, signal
left = {after}

def hook(event, arguments):
    global left
    if event == {event!r} and any(str(argument).endswith({path!r}) for argument in arguments[:2]):
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

sys.addaudithook(hook)
"""
WITHOUT_EXCHANGE = "ctypes.CDLL = lambda *_, **__: None\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hook", "stands"),
    [
        (KILL.format(event="open", path="datapackage.json", after=0), "old"),
        (KILL.format(event="shutil.rmtree", path="", after=0), "new"),
        (KILL.format(event="os.rename", path="dataset", after=1) + WITHOUT_EXCHANGE, "nothing"),
    ],
    ids=["while writing", "after the exchange", "between two renames"],
)
def test_killed_build_leaves_half_a_package(
    good_seeds: Path, package: Path, dataset: Path, tmp_path: Path, hook: str, stands: str
) -> None:
    """A killed build leaves half a package, or litter; or the next build, although it fails, does not mend that."""
    whole = {"old": digests(dataset), "new": digests(package), "nothing": {}}
    expected = whole[stands] or whole["old"]
    process = start(good_seeds, dataset, hook=hook)
    _, errors = process.communicate()
    assert process.returncode == -signal.SIGKILL, errors
    assert digests(dataset) == whole[stands]
    assert leftovers(dataset) != set()
    (tmp_path / "no seeds").mkdir()
    process = start(tmp_path / "no seeds", dataset)
    _, errors = process.communicate()
    assert process.returncode == 1, errors
    assert digests(dataset) == expected
    assert leftovers(dataset) == set()


@pytest.mark.slow
def test_build_killed_at_random_leaves_half_a_package(good_seeds: Path, package: Path, dataset: Path) -> None:
    """A build killed at random leaves half a package: at whatever share of its time it dies, the old one or the new must stand."""
    old, new = digests(dataset), digests(package)
    for seconds in (0.5, 1.5, 2.5):
        process = start(good_seeds, dataset)
        time.sleep(seconds)
        process.kill()
        process.communicate()
        assert digests(dataset) in (old, new), seconds


@pytest.mark.slow
def test_two_builds_at_once_mix(good_seeds: Path, package: Path, dataset: Path) -> None:
    """Two builds at once mix: one of them fails, clears the other's staging folder, or both write into one package."""
    processes = [start(good_seeds, dataset)]
    # The second comes while the first is writing: without a lock, it would take that for what a killed build left.
    while processes[0].poll() is None and "csv" not in {file.name for file in leftovers(dataset)}:
        time.sleep(0.01)
    processes.append(start(good_seeds, dataset))
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    assert digests(dataset) == digests(package)
    assert leftovers(dataset) == set()
