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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "scripts"
DATASET = ROOT / "dataset"

# Everything that a user's shell may set and that Python, its libraries or the C library might heed.
HEEDED = re.compile(r"LANG|LANGUAGE|LC_.*|LOCPATH|TZ|PYTHON(HASHSEED|UTF8|IOENCODING|COERCECLOCALE)|SOURCE_DATE_EPOCH")


def environment(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not HEEDED.fullmatch(name)}
    return kept | settings


def command(seeds: Path | str, dataset: Path | str) -> list[str]:
    return [sys.executable, str(SCRIPTS / "build.py"), "--seeds", str(seeds), "--dataset", str(dataset)]


def build(seeds: Path | str, dataset: Path | str, cwd: Path = ROOT, **settings: str) -> None:
    done = subprocess.run(
        command(seeds, dataset), cwd=cwd, env=environment(**settings), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def digests(dataset: Path) -> dict[str, str]:
    """Each file of a package with the hash of its bytes: all there is to compare, and short to print."""
    return {
        file.relative_to(dataset).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(dataset.rglob("*"))
        if file.is_file()
    }


@dataclass(frozen=True)
class Built:
    """Seeds, the package built from them, and its digests."""

    seeds: Path
    dataset: Path
    digests: dict[str, str]


def built(seeds: Path, dataset: Path) -> Built:
    build(seeds, dataset)
    return Built(seeds, dataset, digests(dataset))


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The package that the repository's seeds give."""
    folder = tmp_path_factory.mktemp("reference")
    seeds = shutil.copytree(ROOT / "seeds", folder / "seeds")
    return built(seeds, folder / "dataset")


@pytest.fixture(scope="session")
def other(reference: Built, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A package of other content: one label differs."""
    folder = tmp_path_factory.mktemp("other")
    seeds = shutil.copytree(reference.seeds, folder / "seeds")
    file = next(iter(sorted(seeds.glob("*/events.yaml"))))
    text = file.read_text(encoding="utf-8")
    changed, count = re.subn(r"^(  label: \w.*)$", r"\1 (changed)", text, count=1, flags=re.MULTILINE)
    assert count == 1
    file.write_text(changed, encoding="utf-8", newline="")
    package = built(seeds, folder / "dataset")
    assert package.digests.keys() == reference.digests.keys()
    assert package.digests["csv/events.csv"] != reference.digests["csv/events.csv"]
    return package


@pytest.fixture
def dataset(other: Built, tmp_path: Path) -> Path:
    """A folder of its own, in which an earlier package of other content is already published."""
    return shutil.copytree(other.dataset, tmp_path / "dataset")


# --- Same inputs, same bytes ---


def test_committed_dataset_is_stale(reference: Built) -> None:
    """The committed dataset/ is stale: it is not what the seeds give. Parquet counts by content, its bytes name their writer."""
    committed = digests(DATASET)
    assert committed.keys() == reference.digests.keys()
    different = {name for name in committed if committed[name] != reference.digests[name]}
    listing = {"datapackage.json", "croissant.json"}
    assert {name for name in different if not name.endswith(".parquet")} <= listing
    assert descriptor(DATASET) == descriptor(reference.dataset)
    assert croissant(DATASET) == croissant(reference.dataset)
    for name in sorted(different - listing):
        fresh, old = (pq.ParquetFile(folder / name).read() for folder in (reference.dataset, DATASET))
        assert old.schema.equals(fresh.schema, check_metadata=True), name
        assert old.equals(fresh), name


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
@pytest.mark.parametrize(
    "settings",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "tr_TR.ISO-8859-9", "PYTHONUTF8": "0"},
        {"LANG": "de_DE.UTF-8", "LC_NUMERIC": "de_DE.UTF-8"},
        {},
        {"PYTHONIOENCODING": "ascii"},
        {"TZ": "Pacific/Kiritimati"},
        {"TZ": "Pacific/Pago_Pago"},
        {"PYTHONHASHSEED": "0"},
        {"PYTHONHASHSEED": "12345"},
        {"SOURCE_DATE_EPOCH": "1"},
    ],
    ids=lambda settings: ",".join(f"{name}={value}" for name, value in settings.items()) or "nothing set",
)
def test_environment_changes_bytes(reference: Built, tmp_path: Path, settings: dict[str, str]) -> None:
    """The environment changes bytes: a locale, encoding, time zone or hash seed shows in what is published."""
    # Machines seldom have these locales installed, and one that is missing would silently mean "C".
    if shutil.which("localedef"):
        for name in {name for name in settings.values() if re.fullmatch(r"[a-z]{2}_[A-Z]{2}\..+", name)}:
            language, charset = name.split(".")
            subprocess.run(
                ["localedef", "-c", "-i", language, "-f", charset, str(tmp_path / name)],
                capture_output=True,
                check=False,
            )
    build(reference.seeds, tmp_path / "dataset", LOCPATH=str(tmp_path), **settings)
    assert digests(tmp_path / "dataset") == reference.digests


@pytest.mark.slow
def test_working_directory_changes_bytes(reference: Built, tmp_path: Path) -> None:
    """The working directory changes bytes, or relative paths are not taken from it."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    build(os.path.relpath(reference.seeds, elsewhere), "dataset", cwd=elsewhere)
    assert digests(elsewhere / "dataset") == reference.digests


@pytest.mark.slow
def test_file_order_changes_bytes(reference: Built, tmp_path: Path) -> None:
    """File order or times change bytes: a copy of the seeds, its files made in reverse and aged, gives another package."""
    seeds = tmp_path / "päth with späces"
    for file in sorted(reference.seeds.rglob("*"), reverse=True):
        if file.is_file():
            copy = seeds / file.relative_to(reference.seeds)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
            os.utime(copy, (1, 1))
    build(seeds, tmp_path / "dataset")
    assert digests(tmp_path / "dataset") == reference.digests


@pytest.mark.slow
def test_rebuilding_in_place_changes_bytes(reference: Built, dataset: Path) -> None:
    """Rebuilding in place changes bytes: what was published before shows in what is published next, or litter stays."""
    (dataset / "csv" / "litter.csv").write_text("not of this package\n", encoding="utf-8")
    for _ in range(2):
        build(reference.seeds, dataset)
        assert digests(dataset) == reference.digests
        assert os.listdir(dataset.parent) == ["dataset"]


# --- Whole packages, whatever happens; tests/test_placing.py kills at every step of putting a folder in place ---

# A build, in a process of its own, that kills itself before it calls something for the first time.
KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv.pop(1))
import build
from publication import package as publish
{moment} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
sys.exit(build.main(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["publish.codebook", "build.place"])
def test_killed_build_leaves_half_a_package(reference: Built, other: Built, dataset: Path, moment: str) -> None:
    """A killed build leaves half a package, or litter: killed while it writes, or with all written, it must leave the old one."""
    arguments = [str(SCRIPTS), "--seeds", str(reference.seeds), "--dataset", str(dataset)]
    done = subprocess.run([sys.executable, "-c", KILLED.replace("{moment}", moment), *arguments], check=False)
    assert done.returncode == -signal.SIGKILL
    assert digests(dataset) == other.digests
    build(reference.seeds, dataset)
    assert digests(dataset) == reference.digests
    assert os.listdir(dataset.parent) == ["dataset"]


@pytest.mark.slow
def test_two_builds_at_once_mix(reference: Built, other: Built, dataset: Path) -> None:
    """Two builds at once mix: one of them fails, clears the other's staging folder, or both write into one package."""
    processes = [
        subprocess.Popen(
            command(package.seeds, dataset), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for package in (reference, other)
    ]
    errors = [process.communicate()[1].decode(errors="replace") for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    assert digests(dataset) in (other.digests, reference.digests)
    assert os.listdir(dataset.parent) == ["dataset"]
