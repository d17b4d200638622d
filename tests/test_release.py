"""Releases: the same commit gives the same bytes, what must not be released is refused, and nothing is half there."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import frictionless
import pytest
from conftest import ROOT, SOURCE, append, copy_row, edit, files_of, forget_readings, row_of

import belarus_iran_pact
import build
import diff
import release
from belarus_iran_pact.core.releases import INDEX, Index, ReleasedFile, ReleaseError, check_file, file_of, read_index
from releasing import release_files
from releasing.commit import VERSIONS, check_built, version_of
from releasing.compare import compare, read_package
from releasing.diff_formats import as_changelog
from releasing.release_files import FORMATS, Format, archive_name, write_archive

refuse_unread = release.refuse_unread
PASS, FAIL = (("true",), (sys.executable, "-c", "print('1 failed, 2 passed'); raise SystemExit(1)"))

# --- Archives ---


each_form = pytest.mark.parametrize("form", FORMATS)


@each_form
def test_archive_depends_on_the_machine(package: Path, tmp_path: Path, form: Format) -> None:
    """An archive depends on the machine: times, modes, the order of files or the compressor show in its bytes."""
    copy = shutil.copytree(package, tmp_path / "copy")
    for at, file in enumerate(sorted(copy.rglob("*"), reverse=True)):
        os.utime(file, (at, at))
        file.chmod(0o700)
    for folder, name in ((package, "one.zip"), (copy, "two.zip")):
        write_archive(folder, form, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        members = archive.infolist()
    assert [member.filename for member in members] == sorted(member.filename for member in members)
    assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}
    assert {member.external_attr >> 16 for member in members} == {stat.S_IFREG | 0o644}
    assert {member.compress_type for member in members} == {zipfile.ZIP_STORED}


def unpacked(package: Path, form: Format, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """The folder in an archive, and its descriptor."""
    write_archive(package, form, tmp_path / "archive.zip")
    with zipfile.ZipFile(tmp_path / "archive.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    (folder,) = (tmp_path / "unpacked").iterdir()
    return folder, json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


@each_form
def test_archive_holds_what_it_does_not_list(package: Path, tmp_path: Path, form: Format) -> None:
    """An archive holds what it does not list, lists what it does not hold, or mixes forms."""
    folder, descriptor = unpacked(package, form, tmp_path)
    held = files_of(folder)
    assert folder.name == f"belarus-iran-pact-{descriptor['version']}"
    assert set(held) == {"datapackage.json", *(resource["path"] for resource in descriptor["resources"])}
    folders, published = {name.partition("/")[0] for name in held if "/" in name}, files_of(package)
    if form == "all":
        assert held == published
    else:
        assert folders == {form}
        assert {name for name in held if held[name] != published[name]} == {"datapackage.json"}


def test_parquet_archive_does_not_explain_its_columns(package: Path, tmp_path: Path) -> None:
    """The Parquet archive does not explain its columns: only CSV resources have a schema in the whole package."""
    _, descriptor = unpacked(package, "parquet", tmp_path)
    names = {resource["name"] for resource in descriptor["resources"]}
    tables = [resource for resource in descriptor["resources"] if resource["path"].startswith("parquet/")]
    assert tables
    for resource in tables:
        assert resource["schema"]["fields"]
        for key in resource["schema"].get("foreignKeys", []):
            assert key["reference"]["resource"] in names | {""}


@pytest.mark.slow
def test_frictionless_rejects_an_archive(package: Path, tmp_path: Path) -> None:
    """Frictionless rejects an archive's package, or passes it without reading: a damaged file must be found."""
    folder, descriptor = unpacked(package, "parquet", tmp_path)  # The build lets it read the CSV files.
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["title", "message"])
    assert len(report.tasks) == len(descriptor["resources"])
    file = folder / descriptor["resources"][0]["path"]
    file.write_bytes(file.read_bytes()[:-1])
    assert not frictionless.validate(str(folder / "datapackage.json")).valid


# --- The index ---


def index_of(*versions: str) -> Index:
    index = read_index(Path("nowhere"))
    for version in versions:
        file = ReleasedFile(path=f"{version}/a.zip", kind="all", bytes=1, sha256="0" * 64)
        index = index.with_release(version, "c" * 40, [file])
    return index


def test_index_is_rewritten() -> None:
    """The index is rewritten: what it said of earlier versions must stay byte for byte."""
    kept = index_of("1.0.0", "1.2.0").text().removesuffix("\n  ]\n}\n")
    after = index_of("1.0.0", "1.2.0", "1.10.0").text()
    assert after.startswith(f"{kept},\n")
    assert json.loads(after)["releases"][-1]["version"] == "1.10.0"


def test_version_goes_back() -> None:
    """A version goes back, is released twice, or is none."""
    for version, said in (
        ("1.2.0", r"version 1\.2\.0 is in the index already"),
        ("1.1.0", r"version 1\.1\.0 is not above 1\.2\.0"),
        ("1.3", "'1.3' is no version"),
        ("1.3.0rc1", "'1.3.0rc1' is no version"),
        ("01.3.0", "'01.3.0' is no version"),
    ):
        with pytest.raises(ReleaseError, match=said):
            index_of("1.0.0", "1.2.0").with_release(version, "d" * 40, [])


def test_spoilt_index_is_extended(tmp_path: Path) -> None:
    """A spoilt index is extended, or gives a traceback instead of a line that names it; test_download.py has more of them."""
    text = index_of("1.0.0", "1.2.0").text()
    for spoilt in (text[:-20], text.replace("  ", " "), text.replace('"name"', '"more": 1, "name"')):
        (tmp_path / INDEX).write_text(spoilt, encoding="utf-8")
        with pytest.raises(ReleaseError, match=rf"^{re.escape(str(tmp_path / INDEX))}: "):
            read_index(tmp_path)


# --- A repository of its own, and releases of it ---


def snapshot(folder: Path) -> Path:
    """The working tree as it is, committed in a repository of its own; without second readings, so that its coding can be changed."""
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()]
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", *ignored))
    forget_readings(folder / "seeds")
    # Built anew before it is released: the one committed has the readings, which must not vanish unasked.
    shutil.rmtree(folder / "dataset")
    git(folder, "init", "--quiet")
    for key, value in (("user.name", "A"), ("user.email", "a@example.org"), ("commit.gpgsign", "false")):
        git(folder, "config", key, value)
    return folder


def git(tree: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(tree), *arguments], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def environment(tree: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(tree / "schema"), **more}


def prepare(tree: Path, version: str, *, since: Path | None = None, changelog: str = "- Something changed.") -> None:
    """What a maintainer does before a release: the version everywhere, the build, the changelog; and commit."""
    with pytest.MonkeyPatch.context() as patch:
        # The build itself is tested elsewhere; here in this process, without the slowest of its checks.
        patch.setattr(build.publish, "check_with_frictionless", lambda *_: None)
        patch.setattr(belarus_iran_pact, "__version__", version)
        build.build(tree / "seeds", tree / "dataset")
    if since is not None:
        old = read_package(file_of(since, read_index(since), str(read_index(since).last), "all"))
        changelog += f"\n\n{as_changelog(compare(old, read_package(tree / 'dataset'), {}))}"
    for name, pattern in VERSIONS.items():
        file = tree / name
        text = file.read_text(encoding="utf-8")
        if name == "CHANGELOG.md":
            text = text.replace("\n## ", f"\n## {version}\n\n{changelog}\n\n## ", 1)
        elif not name.startswith("dataset/"):
            found = re.search(pattern, text, flags=re.MULTILINE)
            assert found is not None
            text = text[: found.start(1)] + version + text[found.end(1) :]
        file.write_text(text, encoding="utf-8")
    commit(tree)


def commit(tree: Path) -> None:
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "A change")


@dataclass(frozen=True)
class Released:
    """A repository, and a releases folder with its releases."""

    tree: Path
    folder: Path


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """A repository and its release 1.0.0, made with nothing left out; to be read only."""
    base = tmp_path_factory.mktemp("original")
    tree = snapshot(base / "tree")
    prepare(tree, "1.0.0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "refuse_unread", lambda _: None)
        release.release(base / "releases", tree, PASS)
    return Released(tree, base / "releases")


@pytest.fixture(scope="session")
def corrected(original: Released, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository, ready for 1.0.1 with a corrected label; to be read only."""
    tree = shutil.copytree(original.tree, tmp_path_factory.mktemp("corrected") / "tree")
    edit(tree / "seeds" / SOURCE / "events.yaml", "label: Belarus and Iran sign", "label: Iran and Belarus sign")
    prepare(tree, "1.0.1", since=original.folder)
    return tree


# What takes long, and what the release 1.0.0 and tests of other parts try: building dataset/, wheel and sdist.
QUICK = """
from releasing import release_files
release_files.write_distributions = lambda *_: None
release_files._distribution_faults = lambda *_: ()
release.check_built = lambda _: None
"""
READ = "release.refuse_unread = lambda _: None"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Releases that leave out what takes long."""
    monkeypatch.setattr(release_files, "write_distributions", lambda *_: None)
    monkeypatch.setattr(release_files, "_distribution_faults", lambda *_: ())
    monkeypatch.setattr(release, "check_built", lambda _: None)
    monkeypatch.setattr(release, "refuse_unread", lambda _: None)


@pytest.fixture
def first(original: Released, tmp_path: Path, quick: None) -> Released:
    """A copy of the repository and its release 1.0.0; further releases are quick."""
    folder = shutil.copytree(original.folder, tmp_path / "releases")
    return Released(shutil.copytree(original.tree, tmp_path / "tree"), folder)


@pytest.fixture
def second(original: Released, corrected: Path, tmp_path: Path, quick: None) -> Released:
    """A copy of the corrected repository, and of the folder with 1.0.0."""
    return Released(
        shutil.copytree(corrected, tmp_path / "tree"), shutil.copytree(original.folder, tmp_path / "releases")
    )


CLAIM = "claim-headline-iran-finalizes"


def add_claim(tree: Path) -> None:
    file = tree / "seeds" / SOURCE / "claims.yaml"
    copy_row(file, f"claim_id: {CLAIM}", CLAIM, "claim-new")
    edit(file, "Iran finalizes", "Iran completes", after="claim_id: claim-new\n")


def remove_claim(tree: Path) -> None:
    file = tree / "seeds" / SOURCE / "claims.yaml"
    edit(file, row_of(file, f"claim_id: {CLAIM}"), "")


def retire_claim(tree: Path) -> None:
    remove_claim(tree)
    item = f"- {{table: claims, id: {CLAIM}, successor: claim-headline-belarus-finalizes, reason: one claim of both}}\n"
    (tree / "seeds" / "retired.yaml").write_text(item, encoding="utf-8")


def refusals(released: Released, tests: tuple[str, ...] = PASS) -> list[str]:
    """Why there is no release; and everything is as it was."""
    before = files_of(released.folder)
    beside = set(os.listdir(released.folder.parent))
    with pytest.raises(ReleaseError) as refused:
        release.release(released.folder, released.tree, tests)
    assert files_of(released.folder) == before
    assert set(os.listdir(released.folder.parent)) == beside
    assert all("\n" not in reason for reason in refused.value.args)
    return list(refused.value.args)


def assert_whole(folder: Path) -> Index:
    """Everything that the index lists is there as listed."""
    index = read_index(folder)
    for item in (item for listed in index.releases for item in listed.files):
        check_file(folder, item)
    return index


@pytest.mark.slow
def test_release_lacks_something(original: Released) -> None:
    """A release lacks something: a file, an entry of the index, or a line of SHA256SUMS; or `sha256sum -c` fails."""
    index = assert_whole(original.folder)
    kinds = {item.kind: item.path.partition("/")[2] for item in index.releases[0].files}
    assert kinds == {
        "all": "belarus-iran-pact-1.0.0.zip",
        "csv": "belarus-iran-pact-1.0.0-csv.zip",
        "parquet": "belarus-iran-pact-1.0.0-parquet.zip",
        "wheel": "belarus_iran_pact-1.0.0-py3-none-any.whl",
        "sdist": "belarus_iran_pact-1.0.0.tar.gz",
        "notes": "NOTES.md",
    }
    folder = original.folder / "1.0.0"
    assert {file.name for file in folder.iterdir()} == {*kinds.values(), "SHA256SUMS"}
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split(": OK\n")) == sorted(["", *kinds.values()])
    assert json.loads((original.folder / INDEX).read_text(encoding="utf-8"))["name"] == "belarus-iran-pact"


def released_by_command(
    tree: Path, folder: Path, before: str = "", *wrapper: str, **settings: str
) -> subprocess.Popen[str]:
    """Start a release in a process of its own, after some statements."""
    call = f"import sys; sys.path.insert(0, 'scripts'); import release\n{READ}\n{before}\nsys.exit(release.main(sys.argv[1:], tests=['true']))"
    return subprocess.Popen(
        [*wrapper, sys.executable, "-c", call, str(folder)],
        cwd=tree,
        env=environment(tree, **settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_second_clone_gives_other_bytes(original: Released, tmp_path: Path) -> None:
    """A second clone gives other bytes: time zone, locale, umask, hash seed or litter show, or the network is needed."""
    tree = tmp_path / "clone"
    git(original.tree, "clone", "--quiet", str(original.tree), str(tree))
    (tree / "schema" / "belarus_iran_pact" / "__pycache__").mkdir()
    (tree / "schema" / "belarus_iran_pact" / "__pycache__" / "x.pyc").write_bytes(b"litter")
    alone = ("unshare", "--map-root-user", "--net")
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        alone = ()  # This machine cannot take the network away.
    umask = ("sh", "-c", 'umask 077; exec "$@"', "sh")
    settings = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1", "PYTHONHASHSEED": "7"}
    process = released_by_command(tree, tmp_path / "releases", "", *alone, *umask, **settings)
    error = process.communicate()[1]
    assert process.returncode == 0, error
    assert files_of(tmp_path / "releases") == files_of(original.folder)


# --- Refusals ---


def test_versions_differ(tmp_path: Path) -> None:
    """Versions differ between the package, the descriptor, CITATION.cff and the changelog, and a release is made."""
    for name in VERSIONS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    version = version_of(tmp_path)
    for name in list(VERSIONS)[1:]:
        text = (tmp_path / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace(version, "9.9.9", 1), encoding="utf-8")
        with pytest.raises(ReleaseError) as refused:
            version_of(tmp_path)
        (reason,) = refused.value.args
        assert re.match(rf"{re.escape(name)}:\d+: version 9\.9\.9, but the package is {re.escape(version)}; ", reason)
        (tmp_path / name).write_text("", encoding="utf-8")
        with pytest.raises(ReleaseError, match=f"{name}:1: no version there"):
            version_of(tmp_path)
        (tmp_path / name).write_text(text, encoding="utf-8")


def test_unreleased_version_is_released(tmp_path: Path) -> None:
    """A version that the changelog still calls unreleased is released, or a finished section is refused."""
    file = tmp_path / "CHANGELOG.md"
    file.write_text("# Changelog\n\n## 2.0.0 (unreleased)\n\nNew.\n\n## 1.0.0\n\nOld.\n", encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"^CHANGELOG\.md:3: the heading says unreleased; take that away once "):
        release._section(tmp_path, None)
    edit(file, " (unreleased)", "")
    assert release._section(tmp_path, None) == "New."


@pytest.mark.slow
def test_dirty_tree_is_released(first: Released) -> None:
    """A dirty tree is released: a file changed, or one that is not committed."""
    append(first.tree / "README.md", "more")
    append(first.tree / "new.txt", "more")
    assert refusals(first) == [
        "the tree is dirty: 2 file(s) differ from the commit: README.md, new.txt; commit them first"
    ]


@pytest.mark.slow
def test_stale_dataset_is_released(
    second: Released, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stale dataset/ is released: the seeds were changed and committed without a build."""
    (tmp_path / "scripts").mkdir()
    script = "import sys; print('dataset/x: not what the seeds give'); sys.exit('--check' in sys.argv)"
    (tmp_path / "scripts" / "build.py").write_text(script, encoding="utf-8")
    monkeypatch.setattr(release, "check_built", lambda _: check_built(tmp_path))
    (reason,) = refusals(second)
    assert reason.startswith("dataset/ is stale (exit code 1): ")
    assert "dataset/x: not what the seeds give" in capfd.readouterr().err


@pytest.mark.slow
def test_code_read_once_is_released(second: Released, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release is made with codes that nobody read a second time."""
    monkeypatch.setattr(release, "refuse_unread", refuse_unread)
    (reason,) = refusals(second)
    assert re.match(r"\d+ rows have codes that were not read a second time: events event-", reason)


@pytest.mark.slow
def test_failing_tests_are_released(second: Released, capfd: pytest.CaptureFixture[str]) -> None:
    """A commit with failing tests is released."""
    (reason,) = refusals(second, FAIL)
    assert reason == "the fast tests fail (exit code 1): 1 failed, 2 passed; a release passes them; mend what is broken"
    assert "1 failed, 2 passed" in capfd.readouterr().err


def test_fast_tests_are_others() -> None:
    """The fast tests are others than those that README calls fast, or the command line can leave them out."""
    assert list(release.FAST_TESTS) == [sys.executable, "-m", "pytest", "-q", "-m", "not slow"]
    with pytest.raises(SystemExit):
        release.main(["--tests", "true", "folder"])


@pytest.mark.slow
def test_version_is_too_small(first: Released) -> None:
    """A version is too small for its change; test_diff.py has the change that asks for each."""
    add_claim(first.tree)
    prepare(first.tree, "1.0.1", since=first.folder)
    (reason,) = refusals(first)
    assert "the change since 1.0.0 is MINOR, which asks for 1.1.0 at least" in reason


@pytest.mark.slow
def test_other_folder_starts_a_second_index(second: Released) -> None:
    """Another folder, by a slip of the pen, starts a second index: the release would be compared with nothing."""
    git(second.tree, "tag", "v1.0.0")
    other = Released(second.tree, second.folder.parent / "slip")
    assert refusals(other) == [
        f"{other.folder / INDEX}: lacks 1.0.0, of which there are tags; give the folder that has all releases"
    ]


@pytest.mark.slow
def test_changelog_has_other_counts(second: Released) -> None:
    """The changelog has other counts than diff, or none."""
    edit(second.tree / "CHANGELOG.md", "| `events` | 0 | 0 | 1 |", "| `events` | 0 | 0 | 2 |")
    commit(second.tree)
    (reason,) = refusals(second)
    assert re.match(
        r"CHANGELOG\.md:\d+: the section has not the tables that diff gives; paste what this prints: ", reason
    )


@pytest.mark.slow
def test_damaged_release_is_built_upon(second: Released) -> None:
    """A damaged release is built upon: the last one's archive is not what the index lists, or is not there."""
    archive = second.folder / "1.0.0" / "belarus-iran-pact-1.0.0.zip"
    archive.write_bytes(archive.read_bytes()[:-1])
    assert refusals(second) == [
        f"{archive}: not the file that was released: its bytes are not those of the index; restore it"
    ]
    archive.unlink()
    assert refusals(second) == [f"{archive}: No such file or directory; the index lists it: restore it"]


def test_no_commit_is_released(tmp_path: Path) -> None:
    """What is no commit is released: a folder without git."""
    with pytest.raises(ReleaseError, match=r"git status fails in .*; a release is of a commit"):
        release.release(tmp_path / "releases", tmp_path, PASS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_distribution_holds_something_else(original: Released, tmp_path: Path) -> None:
    """A wheel or sdist holds something else than the commit: a file too many, too few, or another."""
    for name in ("belarus_iran_pact-1.0.0-py3-none-any.whl", "belarus_iran_pact-1.0.0.tar.gz"):
        shutil.copyfile(original.folder / "1.0.0" / name, tmp_path / name)
    assert list(release_files._distribution_faults(original.tree, tmp_path)) == []
    (wheel,) = tmp_path.glob("*.whl")
    held = zipfile.ZipFile(wheel)
    with zipfile.ZipFile(wheel.with_suffix(".new"), "w") as archive:
        for name in held.namelist():
            content = held.read(name)
            if not name.endswith(("/cli.py", "csv/events.csv", "croissant.json")):
                archive.writestr(name, content + b"\n" if name.endswith("/loading.py") else content)
        archive.writestr("belarus_iran_pact/litter.py", "")
    wheel.with_suffix(".new").replace(wheel)
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as held_, tarfile.open(sdist.with_suffix(".new"), "w:gz") as tar:
        for member in held_:
            member.name = member.name.replace("/README.md", "/litter.txt")
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    sdist.with_suffix(".new").replace(sdist)
    faults = [fault.partition(";")[0] for fault in release_files._distribution_faults(original.tree, tmp_path)]
    assert [fault.partition(": ")[2] for fault in faults if fault.startswith(wheel.name)] == [
        "belarus_iran_pact/litter.py is not a file of the commit",
        "belarus_iran_pact/loading.py is not a file of the commit",
        "lacks belarus_iran_pact/_data/csv/events.csv",
        "lacks belarus_iran_pact/cli.py",
    ]
    assert {fault.partition(": ")[2] for fault in faults if fault.startswith(sdist.name)} >= {
        "litter.txt is too much",
        "lacks README.md",
    }


# --- One release after another ---


@pytest.mark.slow
def test_later_releases_change_earlier_ones(second: Released, capsys: pytest.CaptureFixture[str]) -> None:
    """Later releases change earlier ones, lose an id for good, or let one that was retired come back."""
    tree, folder = second.tree, second.folder
    for change, version in ((None, "1.0.1"), (add_claim, "1.1.0"), (retire_claim, "2.0.0")):
        before = files_of(folder)
        if change is not None:
            change(tree)
            prepare(tree, version, since=folder)
        assert release.release(folder, tree, PASS) == version
        assert_whole(folder)
        after = files_of(folder)
        assert after[INDEX].startswith(before.pop(INDEX).removesuffix(b"\n  ]\n}\n"))
        assert before.items() <= after.items()
    (reason,) = refusals(second)
    assert reason == "version 2.0.0 is in the index already; a release never changes: raise the version"
    assert read_index(folder).versions == ["1.0.0", "1.0.1", "1.1.0", "2.0.0"]
    notes = (folder / "2.0.0" / "NOTES.md").read_text(encoding="utf-8")
    assert f"`{CLAIM}` (now claim-headline-belarus-finalizes; one claim of both) (MAJOR)" in notes

    retired = tree / "seeds" / "retired.yaml"
    assert diff.main(["1.0.0", "1.0.1", "--releases", str(folder)]) == 0
    assert "smallest bump PATCH, to 1.0.1" in capsys.readouterr().out
    assert diff.main(["1.0.0", "2.0.0", "--releases", str(folder)]) == 1
    assert diff.main(["1.0.0", "2.0.0", "--releases", str(folder), "--retired", str(retired)]) == 0
    assert "smallest bump MAJOR, to 2.0.0" in capsys.readouterr().out

    # The entry goes, with a version in which nothing else does: only the releases before the last know the id.
    retired.write_text("[]\n", encoding="utf-8")
    prepare(tree, "2.0.1", since=folder)
    assert refusals(second) == [f"claims {CLAIM} is gone without successor or reason; add it to seeds/retired.yaml"]
    file = tree / "seeds" / SOURCE / "claims.yaml"
    copy_row(file, "claim_id: claim-headline-belarus-finalizes", "claim-headline-belarus", "claim-headline-iran")
    edit(file, "Belarus finalizes", "Belarus completes", after=f"claim_id: {CLAIM}\n")
    prepare(tree, "2.1.0", since=folder)
    assert refusals(second) == [
        f"claims {CLAIM} was in an earlier release, was gone from 2.0.0, and is used again; give it another id"
    ]


# --- The gate ---


def gate(released: Released) -> list[str]:
    try:
        release.check(released.folder, released.tree)
    except ReleaseError as refused:
        return list(refused.args)
    return []


@pytest.mark.slow
def test_gate_lets_damage_through(second: Released) -> None:
    """The gate lets damage through: a byte of any file, a file too many or too few, an index or a commit that is another."""
    release.release(second.folder, second.tree, PASS)
    assert gate(second) == []
    whole = files_of(second.folder)
    alone = [INDEX, *(f"{version}/{archive_name(version, 'all')}" for version in ("1.0.0", "1.0.1"))]
    # Without these nothing else can be judged, so that each of them is the one reason. SHA256SUMS is in no index.
    for names in ([name for name in whole if name not in (*alone, "1.0.0/SHA256SUMS")], *([name] for name in alone)):
        for name in names:
            (second.folder / name).write_bytes(whole[name][:-9] + b"#" + whole[name][-8:])
        reasons = gate(second)
        assert [name for name in names if not any(str(second.folder / name) in reason for reason in reasons)] == []
        for name in names:
            (second.folder / name).write_bytes(whole[name])
    extra, sums = second.folder / "1.0.1" / "extra", second.folder / "1.0.1" / "SHA256SUMS"
    extra.touch()
    sums.unlink()
    assert gate(second) == [f"{sums}: is missing; restore it", f"{extra}: not part of the release; take it away"]
    extra.unlink()
    sums.write_bytes(whole["1.0.1/SHA256SUMS"])
    git(second.tree, "commit", "--quiet", "--allow-empty", "--message", "Another")
    (reason,) = gate(second)
    assert reason.startswith(f"{second.folder / INDEX}: what it says of 1.0.1 is not what commit ")


# --- Killed, and two at once; tests/test_placing.py kills at every step of putting a folder in place ---

# A release that kills itself where it would call something for the n-th time.
KILLED = """
import os, signal
left, called = {calls}, {name}
def die_in_the_end(*arguments):
    global left
    left -= 1
    return called(*arguments) if left else os.kill(os.getpid(), signal.SIGKILL)
{name} = die_in_the_end
"""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "calls"), [("release.run", 1), ("release.place", 2)])
def test_killed_release_is_half_there(second: Released, name: str, calls: int) -> None:
    """A killed release is half there: with its folder in place and not its index, it is not released, and the next one is."""
    old = files_of(second.folder)
    process = released_by_command(second.tree, second.folder, QUICK + KILLED.format(name=name, calls=calls))
    error = process.communicate()[1]
    assert process.returncode == -signal.SIGKILL, error
    found = files_of(second.folder)
    assert old.items() <= found.items()
    assert (found.keys() > old.keys()) == (calls == 2 and name == "release.place")
    assert release.release(second.folder, second.tree, PASS) == "1.0.1"
    assert gate(second) == []
    assert sorted(os.listdir(second.folder.parent)) == ["releases", "tree"]


@pytest.mark.slow
def test_two_releases_at_once_mix(second: Released) -> None:
    """Two releases at once mix, or both are made: one must be, and the other be refused."""
    processes = [released_by_command(second.tree, second.folder, QUICK) for _ in range(2)]
    errors = [process.communicate()[1] for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 1], errors
    assert "refused: version 1.0.1 is in the index already" in "".join(errors)
    assert gate(second) == []


# --- What the maintainer types ---


def test_contributing_names_other_commands() -> None:
    """CONTRIBUTING names scripts that are not there, or its list of commands does not end in a gate."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for name in re.findall(r"scripts/\w+\.py", text):
        assert (ROOT / name).is_file(), name
    commands = re.findall(r"^```sh\n(.*?)^```$", text.split("## Release", 1)[1], flags=re.MULTILINE | re.DOTALL)
    assert commands[-1].strip().splitlines()[-1].endswith("scripts/release.py --check ../belarus-iran-pact-releases")
