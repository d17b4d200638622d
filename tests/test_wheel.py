"""What pip installs: the data and the licences are inside, nothing else is, and it works away from this tree, offline."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import belarus_iran_pact as bip

ROOT = Path(__file__).resolve().parents[1]
DATASET = ROOT / "dataset"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# The largest wheel that is still a light dependency. It grows with each article and table: raise it knowingly.
MAX_WHEEL_BYTES = 700_000


@dataclass(frozen=True)
class Distributions:
    """A wheel and an sdist, built from one tree."""

    wheel: Path
    sdist: Path


def run(*command: str | Path, cwd: Path) -> str:
    """The standard output of a command that must succeed."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def build(folder: Path, *forms: str) -> Distributions:
    """Build this tree's distributions: with `forms` each from the tree, without them the wheel from the sdist."""
    folder.mkdir()
    # Isolated, so that no folder of this machine's PYTHONPATH, like scripts/, has a `build` of its own.
    run(sys.executable, "-I", "-m", "build", "--no-isolation", *forms, "--outdir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return Distributions(wheel, sdist)


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    return build(tmp_path_factory.mktemp("distributions") / "dist", "--sdist", "--wheel")


@pytest.fixture(scope="session")
def members(distributions: Distributions) -> dict[str, bytes]:
    """The wheel's files by name."""
    with zipfile.ZipFile(distributions.wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.slow
def test_wheel_lacks_data(members: dict[str, bytes]) -> None:
    """The wheel lacks data: a resource of the descriptor is not in it, or with other bytes than the descriptor promises."""
    data = "belarus_iran_pact/_data/"
    assert members[f"{data}datapackage.json"] == (DATASET / "datapackage.json").read_bytes()
    resources = json.loads(members[f"{data}datapackage.json"])["resources"]
    assert resources
    found = {name.removeprefix(data): content for name, content in members.items() if name.startswith(data)}
    assert {
        name: f"sha256:{hashlib.sha256(found[name]).hexdigest()}" for name in found.keys() - {"datapackage.json"}
    } == {resource["path"]: resource["hash"] for resource in resources if resource.get("inWheel", True)}
    # What repeats the tables for looking at them is left to the archives of releases, and nothing that is loaded is.
    left_out = {resource["path"] for resource in resources if not resource.get("inWheel", True)}
    assert left_out == {"annotations.jsonld", "explorer.html", "pictures/timeline.svg", "pictures/network.svg"}


@pytest.mark.slow
def test_wheel_lacks_code(members: dict[str, bytes]) -> None:
    """The wheel lacks code: a module of the package, or the marker by which type checkers trust its annotations."""
    package = "belarus_iran_pact/"
    found = {name for name in members if name.startswith(package) and not name.startswith(f"{package}_data/")}
    source = ROOT / "schema" / "belarus_iran_pact"
    assert found == {f"{package}{file.relative_to(source).as_posix()}" for file in source.rglob("*.py")} | {
        f"{package}py.typed"
    }


@pytest.mark.slow
def test_wheel_lacks_licences(members: dict[str, bytes]) -> None:
    """The wheel lacks licences: of the code or of the data, as files or as metadata."""
    names = PROJECT["project"]["license-files"]
    assert len(names) == 2
    (info,) = {name.partition("/")[0] for name in members if ".dist-info/" in name}
    for name in names:
        assert members[f"{info}/licenses/{name}"] == (ROOT / name).read_bytes()
    metadata = members[f"{info}/METADATA"].decode()
    assert f"License-Expression: {PROJECT['project']['license']}\n" in metadata
    assert f"Version: {bip.__version__}\n" in metadata


@pytest.mark.slow
def test_wheel_installs_other_names(members: dict[str, bytes]) -> None:
    """The wheel installs other names: a top-level `schema`, `dataset`, `scripts` or `tests` would clash with anybody's."""
    assert {name.partition("/")[0] for name in members} == {
        "belarus_iran_pact",
        f"belarus_iran_pact-{bip.__version__}.dist-info",
    }


@pytest.mark.slow
def test_wheel_is_heavy(distributions: Distributions) -> None:
    """The wheel is heavy: more than a dependency on a few tables should cost."""
    assert distributions.wheel.stat().st_size < MAX_WHEEL_BYTES


@pytest.mark.slow
def test_rebuilt_distributions_differ(distributions: Distributions, tmp_path: Path) -> None:
    """Rebuilt distributions differ: the same tree gives other bytes a second time, so that no checksum can be trusted.

    Or the wheel from the sdist differs from the tree's: the sdist leaves out what the build needs, or the data.
    """
    again = build(tmp_path / "dist")
    assert again.sdist.read_bytes() == distributions.sdist.read_bytes()
    assert again.wheel.name == distributions.wheel.name
    assert again.wheel.read_bytes() == distributions.wheel.read_bytes()


@pytest.mark.slow
def test_sdist_holds_litter(distributions: Distributions) -> None:
    """The sdist holds litter: caches, environments or a build's work folder of the machine that it was made on."""
    with tarfile.open(distributions.sdist) as archive:
        parts = {part for name in archive.getnames() for part in Path(name).parts[1:]}
    assert parts >= {"dataset", "seeds", "schema", "scripts", "tests", "pyproject.toml"}
    litter = {".git", ".venv", ".dataset.partial", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", "dist"}
    assert parts & litter == set()


# --- Installed ---


@pytest.fixture(scope="session")
def installed(distributions: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that has the wheel, and the dependencies of the running one."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = ["install", "--no-index", "--no-deps", "--disable-pip-version-check", "--quiet"]
    run(sys.executable, "-m", "pip", "--python", python, *install, distributions.wheel, cwd=folder.parent)
    # A .pth file lends the dependencies. It comes after this environment's own folder, and .pth files inside the folder it
    # names are not read: the running environment's editable install of the package stays out.
    purelib = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    lent = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    (purelib / "lent.pth").write_text("".join(f"{path}\n" for path in lent), encoding="utf-8")
    return python


def offline() -> list[str]:
    """The start of a command line that runs a command without network, where this machine can do that."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return []
    command = [unshare, "--map-root-user", "--net"]
    return command if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0 else []


# The hook stands in where the machine cannot take the network away, and names the culprit where it can.
LOAD_ALL = """
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"):
        raise RuntimeError(f"{event} {arguments}: the network was used")

sys.addaudithook(refuse)

import json
import belarus_iran_pact as bip

tables = {table.name: bip.load(table.name) for table in bip.tables()}
print(json.dumps({
    "package": bip.__file__,
    "version": bip.__version__,
    "files": {name: str(bip.path(name, "csv")) for name in tables},
    "tables": {name: table.to_pylist() for name, table in tables.items()},
}, default=str))
"""


@pytest.mark.slow
def test_installed_wheel_needs_this_tree(installed: Path, tmp_path: Path) -> None:
    """The installed wheel needs this tree, or the network: from another folder, offline, a table fails to load or differs."""
    # -I keeps PYTHONPATH and the working directory out, so that the package can come from the wheel only.
    found = json.loads(run(*offline(), installed, "-I", "-c", LOAD_ALL, cwd=tmp_path))
    environment = installed.parent.parent
    assert Path(found["package"]).is_relative_to(environment)
    assert found["version"] == bip.__version__
    resources = json.loads((DATASET / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    names = [resource["name"] for resource in resources if resource.get("type") == "table"]
    assert list(found["tables"]) == names
    for name in names:
        assert Path(found["files"][name]).is_relative_to(environment)
        assert Path(found["files"][name]).read_bytes() == (DATASET / "csv" / f"{name}.csv").read_bytes()
        assert found["tables"][name] == json.loads(json.dumps(bip.load(name).to_pylist(), default=str))


@pytest.mark.slow
def test_network_guard_is_asleep(installed: Path, tmp_path: Path) -> None:
    """The network guard is asleep: a connection from the loading script would go through, and its test prove nothing."""
    script = LOAD_ALL.replace("import json\n", "import socket; socket.create_connection(('127.0.0.1', 9))\n", 1)
    with pytest.raises(AssertionError, match="the network was used"):
        run(*offline(), installed, "-I", "-c", script, cwd=tmp_path)


def test_editable_install_reads_a_copy() -> None:
    """The editable install reads a copy: in a checkout, a rebuilt dataset/ must be what is loaded next."""
    assert Path(bip.__file__).parent == ROOT / "schema" / "belarus_iran_pact"
    for table in bip.tables():
        assert bip.path(table.name).resolve() == DATASET / "parquet" / f"{table.name}.parquet"
        assert bip.path(table.name, "csv").resolve() == DATASET / "csv" / f"{table.name}.csv"


# --- The code itself ---


@pytest.mark.slow
def test_types_do_not_hold() -> None:
    """The types do not hold: mypy, as strict as the project sets it, finds an error in the package or the scripts."""
    assert PROJECT["tool"]["mypy"]["strict"] is True
    run(sys.executable, "-m", "mypy", cwd=ROOT)


def test_code_is_unclean() -> None:
    """The code is unclean: ruff finds a fault, or would format a file otherwise."""
    run(sys.executable, "-m", "ruff", "check", "--no-cache", ".", cwd=ROOT)
    run(sys.executable, "-m", "ruff", "format", "--check", "--no-cache", ".", cwd=ROOT)
