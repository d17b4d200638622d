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
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from publication import package as publish

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


def leftovers(dataset: Path) -> set[str]:
    return {file.name for file in (dataset.parent / ".build").iterdir()} - {"lock"}


@dataclass(frozen=True)
class Built:
    """Seeds, the package built from them, its digests, and the seconds that the build took."""

    seeds: Path
    dataset: Path
    digests: dict[str, str]
    seconds: float


def built(seeds: Path, dataset: Path) -> Built:
    started = time.perf_counter()
    build(seeds, dataset)
    return Built(seeds, dataset, digests(dataset), time.perf_counter() - started)


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
    changed, count = re.subn(r"^( +label: \w.*)$", r"\1 (changed)", text, count=1, flags=re.MULTILINE)
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
        assert leftovers(dataset) == set()


# --- Whole packages, whatever happens ---


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.1, 0.3, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95])
def test_killed_build_leaves_half_a_package(reference: Built, other: Built, dataset: Path, share: float) -> None:
    """A killed build leaves half a package: at whatever share of its time it dies, the old one or the new must stand whole."""
    process = subprocess.Popen(
        command(reference.seeds, dataset), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(share * reference.seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert digests(dataset) in (other.digests, reference.digests)
    build(reference.seeds, dataset)
    assert digests(dataset) == reference.digests
    assert leftovers(dataset) == set()


# A build, in a process of its own, that kills itself at a given moment. Delays hit the moments that matter by chance only.
TAMPERED = """
import os, signal, sys
sys.path.insert(0, sys.argv.pop(1))
import build
from publication import package as publish

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def dying_after(action, calls=1):
    left = [calls]
    def act(*arguments):
        result = action(*arguments)
        left[0] -= 1
        return result if left[0] else die()
    return act

{moment}
sys.exit(build.main(sys.argv[1:]))
"""
WITHOUT_EXCHANGE = "publish._exchange = lambda *_: False; os.rename = dying_after(os.rename, calls={calls})"


def build_with(moment: str, seeds: Path, dataset: Path, expected: int) -> None:
    """Run a build that `moment` tampers with, and that must end with the `expected` exit code."""
    arguments = ["--seeds", str(seeds), "--dataset", str(dataset)]
    done = subprocess.run(
        [sys.executable, "-c", TAMPERED.replace("{moment}", moment), str(SCRIPTS), *arguments],
        capture_output=True,
        check=False,
    )
    assert done.returncode == expected, done.stderr.decode(errors="replace")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "is_new"),
    [
        ("build.publish.write_package = die", False),
        ("publish.codebook = die", False),
        ("publish.check_package = die", False),
        ("publish.swap = die", False),
        ("publish._exchange = dying_after(publish._exchange)", True),
        ("publish.swap = dying_after(publish.swap)", True),
        (WITHOUT_EXCHANGE.format(calls=2), True),
        (WITHOUT_EXCHANGE.format(calls=3), True),
    ],
    ids=[
        "before writing",
        "while writing",
        "before checking",
        "before the swap",
        "in the swap",
        "after the swap",
        "after the second rename",
        "after the third rename",
    ],
)
def test_kill_at_the_worst_moment_leaves_half_a_package(
    reference: Built, other: Built, dataset: Path, moment: str, is_new: bool
) -> None:
    """A kill at the worst moment leaves half a package, or litter that the next build does not clear."""
    build_with(moment, reference.seeds, dataset, -signal.SIGKILL)
    # Where the system cannot exchange folders, the kill "in the swap" comes before the first rename.
    exchanged = "_exchange = dying" not in moment or sys.platform.startswith("linux")
    assert digests(dataset) == (reference if is_new and exchanged else other).digests
    build(reference.seeds, dataset)
    assert digests(dataset) == reference.digests
    assert leftovers(dataset) == set()


@pytest.mark.slow
def test_kill_between_renames_loses_the_package(reference: Built, other: Built, dataset: Path) -> None:
    """A kill between the renames loses the package: the old one, set aside for the new one, is cleared and not put back."""
    build_with(WITHOUT_EXCHANGE.format(calls=1), reference.seeds, dataset, -signal.SIGKILL)
    assert not dataset.exists(), "the kill did not come between the renames"
    publish.recover(dataset.parent / ".build", dataset)
    assert dataset.exists(), "the old package was not put back"
    assert digests(dataset) == other.digests
    assert leftovers(dataset) == set()


@pytest.mark.slow
def test_failing_build_after_a_kill_loses_the_package(reference: Built, other: Built, dataset: Path) -> None:
    """A failing build after a kill loses the package: the kill came between the renames, and the next build then fails."""
    build_with(WITHOUT_EXCHANGE.format(calls=1), reference.seeds, dataset, -signal.SIGKILL)
    assert not dataset.exists(), "the kill did not come between the renames"
    build_with("build.publish.write_package = lambda *_: sys.exit(3)", reference.seeds, dataset, 3)
    assert dataset.exists(), "the old package was not put back"
    assert digests(dataset) == other.digests


@pytest.mark.slow
@pytest.mark.parametrize("failing", [1, 2])
def test_failed_rename_loses_the_package(
    reference: Built, other: Built, dataset: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """A failed rename loses the package: a build that fails must leave dataset/ as it was, in the swap too."""
    import build as builder  # scripts/build.py, by pytest's `pythonpath`; not the packaging tool of that name.

    rename, calls = os.rename, 0

    def rename_or_fail(source: Path, target: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise PermissionError(13, "Permission denied", str(source))
        rename(source, target)

    monkeypatch.setattr(publish, "_exchange", lambda *_: False)
    monkeypatch.setattr(os, "rename", rename_or_fail)
    with pytest.raises(PermissionError):
        builder.build(reference.seeds, dataset)
    monkeypatch.undo()
    assert dataset.exists()
    assert digests(dataset) == other.digests
    assert leftovers(dataset) == set()


@pytest.mark.slow
def test_two_builds_at_once_mix(reference: Built, other: Built, dataset: Path) -> None:
    """Two builds at once mix: one of them fails, clears the other's staging folder, or both write into one package."""
    processes = [
        subprocess.Popen(
            command(package.seeds, dataset), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for package in (reference, other, reference)
    ]
    errors = [process.communicate()[1].decode(errors="replace") for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    assert digests(dataset) in (other.digests, reference.digests)
    assert leftovers(dataset) == set()


@pytest.fixture(params=["exchange", "renames"])
def swapping(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Swap as Linux can, and as other systems must."""
    if request.param == "renames":
        monkeypatch.setattr(publish, "_exchange", lambda *_: False)
    return str(request.param)


def folder_with(folder: Path, content: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "content").write_text(content, encoding="utf-8")
    return folder


def staged_beside(target: Path, content: str) -> Path:
    """A staged package where the build puts it: in a folder of its own below the work folder."""
    work = target.parent / ".build"
    work.mkdir()
    return folder_with(Path(tempfile.mkdtemp(prefix="staging-", dir=work)) / "dataset", content)


@pytest.mark.usefixtures("swapping")
def test_swap_mixes_folders(tmp_path: Path) -> None:
    """The swap mixes folders: afterwards the new one must be published, the old one staged, and nothing else left."""
    target = folder_with(tmp_path / "dataset", "old")
    staged = staged_beside(target, "new")
    publish.swap(staged, target)
    assert (target / "content").read_text(encoding="utf-8") == "new"
    assert (staged / "content").read_text(encoding="utf-8") == "old"
    assert list(staged.parent.iterdir()) == [staged]
    assert {file.name for file in tmp_path.iterdir()} == {"dataset", ".build"}


@pytest.mark.usefixtures("swapping")
def test_first_swap_fails(tmp_path: Path) -> None:
    """The first swap fails: with nothing published yet, the staged folder must simply take the place."""
    target = tmp_path / "dataset"
    staged = staged_beside(target, "new")
    publish.swap(staged, target)
    assert (target / "content").read_text(encoding="utf-8") == "new"
    assert not staged.exists()


def test_recovery_touches_a_whole_package(tmp_path: Path) -> None:
    """Recovery touches a whole package: with one published, it must only clear what killed builds left."""
    target = folder_with(tmp_path / "dataset", "published")
    staged = staged_beside(target, "half")
    (tmp_path / ".build" / "lock").touch()
    publish.recover(tmp_path / ".build", target)
    assert (target / "content").read_text(encoding="utf-8") == "published"
    assert not staged.parent.exists()
    assert [file.name for file in (tmp_path / ".build").iterdir()] == ["lock"]


def test_recovery_publishes_a_staged_folder(tmp_path: Path) -> None:
    """Recovery publishes a staged folder: nothing was published before, and what a killed build staged was never checked."""
    target = tmp_path / "dataset"
    staged_beside(target, "half")
    publish.recover(tmp_path / ".build", target)
    assert not target.exists()
    assert list((tmp_path / ".build").iterdir()) == []
