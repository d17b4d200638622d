"""Releases: the same commit gives the same bytes, what must not be released is refused, and nothing is half there."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import frictionless
import pytest
from conftest import ROOT, SOURCE, append, copy_row, edit, files_of, row_of

import diff
import release
from releasing.archives import (
    FORMS,
    INDEX,
    Entry,
    Form,
    Index,
    ReleaseError,
    archive_name,
    check_entry,
    extended,
    read_index,
    write_archive,
)

PASS, FAIL = (("true",), (sys.executable, "-c", "print('1 failed, 2 passed'); raise SystemExit(1)"))

# --- Archives ---


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Form:
    chosen: Form = request.param
    return chosen


def test_archive_depends_on_the_machine(package: Path, tmp_path: Path, form: Form) -> None:
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


def unpacked(package: Path, form: Form, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """The folder in an archive, and its descriptor."""
    write_archive(package, form, tmp_path / "archive.zip")
    with zipfile.ZipFile(tmp_path / "archive.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    (folder,) = (tmp_path / "unpacked").iterdir()
    return folder, json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


def test_archive_holds_what_it_does_not_list(package: Path, tmp_path: Path, form: Form) -> None:
    """An archive holds what it does not list, lists what it does not hold, or mixes forms."""
    folder, descriptor = unpacked(package, form, tmp_path)
    held = files_of(folder)
    assert folder.name == f"belarus-iran-pact-{descriptor['version']}"
    assert set(held) == {"datapackage.json", *(resource["path"] for resource in descriptor["resources"])}
    assert {name.partition("/")[0] for name in held if "/" in name} >= ({"csv", "parquet"} if form == "all" else {form})
    assert form == "all" or not any(
        name.startswith(("parquet/" if form == "csv" else "csv/", "pictures/")) for name in held
    )
    published = files_of(package)
    assert {name for name in held if held[name] != published[name]} <= (
        set() if form == "all" else {"datapackage.json"}
    )
    if form == "all":
        assert held == published


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
def test_frictionless_rejects_an_archive(package: Path, tmp_path: Path, form: Form) -> None:
    """Frictionless rejects an archive's package, or passes it without reading: a damaged file must be found."""
    folder, descriptor = unpacked(package, form, tmp_path)
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["title", "message"])
    assert len(report.tasks) == len(descriptor["resources"])
    file = folder / descriptor["resources"][0]["path"]
    file.write_bytes(file.read_bytes()[:-1])
    assert not frictionless.validate(str(folder / "datapackage.json")).valid


# --- The index ---

ENTRY = Entry("1.0.0/a.zip", "all", 1, "0" * 64)


def index_of(*versions: str) -> Index:
    index = read_index(Path("nowhere"))
    for version in versions:
        entry = Entry(f"{version}/a.zip", "all", 1, "0" * 64)
        index = Index(extended(index, version, "c" * 40, [entry]), {**index.releases, version: [entry]})
    return index


def test_index_is_rewritten() -> None:
    """The index is rewritten: what it said of earlier versions must stay byte for byte."""
    before = index_of("1.0.0", "1.2.0")
    after = extended(before, "1.10.0", "d" * 40, [ENTRY])
    kept = before.text.removesuffix("\n  ]\n}\n")
    assert after.startswith(f"{kept},\n")
    assert json.loads(after)["releases"][-1]["version"] == "1.10.0"


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.2.0", r"version 1\.2\.0 is in the index already"),
        ("1.1.0", r"version 1\.1\.0 is not above 1\.2\.0"),
        ("1.3", "'1.3' is no version"),
        ("1.3.0rc1", "'1.3.0rc1' is no version"),
        ("01.3.0", "'01.3.0' is no version"),
    ],
)
def test_version_goes_back(version: str, said: str) -> None:
    """A version goes back, is released twice, or is none."""
    with pytest.raises(ReleaseError, match=said):
        extended(index_of("1.0.0", "1.2.0"), version, "d" * 40, [])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-20],
        lambda text: text.replace('"files"', '"file"'),
        lambda text: text.replace("  ", " "),
        lambda text: text.replace('"1.0.0/a.zip"', '"1.0.0/../a.zip"'),
        lambda text: text.replace('"1.0.0/a.zip"', '"/a.zip"'),
        lambda text: text.replace('"1.0.0/a.zip"', '"1.2.0/a.zip"'),
        lambda text: text.replace("1.2.0", "0.2.0"),
        lambda text: text.replace("1.2.0", "1.0.0"),
        lambda text: "[]\n",
    ],
    ids=["cut", "renamed", "reformatted", "upwards", "absolute", "other folder", "descending", "doubled", "list"],
)
def test_spoilt_index_is_extended(tmp_path: Path, spoil: Callable[[str], str]) -> None:
    """A spoilt index is extended, or gives a traceback instead of a line that names it."""
    text = index_of("1.0.0", "1.2.0").text
    assert spoil(text) != text
    (tmp_path / INDEX).write_text(spoil(text), encoding="utf-8")
    with pytest.raises(ReleaseError, match=rf"^{re.escape(str(tmp_path / INDEX))}: "):
        read_index(tmp_path)


# --- A repository of its own, and releases of it ---


def snapshot(folder: Path) -> Path:
    """The working tree as it is, committed in a repository of its own."""
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()]
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", *ignored))
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


def prepare(tree: Path, version: str, changelog: str = "- Something changed.", *, since: Path | None = None) -> None:
    """What a maintainer does before a release: the version everywhere, the build, the changelog; and commit."""
    for name, pattern in release._VERSIONS.items():
        file = tree / name
        text = file.read_text(encoding="utf-8")
        if name == "CHANGELOG.md":
            text = text.replace("\n## ", f"\n## {version}\n\n{changelog}\n\n## ", 1)
        elif not name.startswith("dataset/"):
            found = re.search(pattern, text, flags=re.MULTILINE)
            assert found is not None
            text = text[: found.start(1)] + version + text[found.end(1) :]
        file.write_text(text, encoding="utf-8")
    command = [sys.executable, "scripts/build.py"]
    done = subprocess.run(command, cwd=tree, env=environment(tree), capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    if since is not None:
        old = read_index(since).last
        command = [sys.executable, "scripts/diff.py", str(old), "dataset", "--releases", str(since)]
        done = subprocess.run(
            [*command, "--format", "changelog"],
            cwd=tree,
            env=environment(tree),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        file = tree / "CHANGELOG.md"
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(changelog, f"{changelog}\n\n{done.stdout.strip()}", 1), encoding="utf-8")
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
    """A repository and its release 1.0.0; to be read only."""
    base = tmp_path_factory.mktemp("original")
    tree = snapshot(base / "tree")
    prepare(tree, "1.0.0")
    release.release(base / "releases", tree, PASS)
    return Released(tree, base / "releases")


@pytest.fixture
def first(original: Released, tmp_path: Path) -> Released:
    """A copy of a repository and its release 1.0.0."""
    return Released(
        shutil.copytree(original.tree, tmp_path / "tree"), shutil.copytree(original.folder, tmp_path / "releases")
    )


def correct_label(tree: Path) -> None:
    edit(tree / "seeds" / SOURCE / "events.yaml", "label: Belarus and Iran sign", "label: Iran and Belarus sign")


def add_claim(tree: Path) -> None:
    file = tree / "seeds" / SOURCE / "claims.yaml"
    copy_row(file, f"claim_id: {CLAIM}", CLAIM, "claim-new")


def remove_claim(tree: Path) -> None:
    file = tree / "seeds" / SOURCE / "claims.yaml"
    edit(file, row_of(file, f"claim_id: {CLAIM}"), "")


def retire_claim(tree: Path) -> None:
    remove_claim(tree)
    item = f"- {{table: claims, id: {CLAIM}, successor: claim-headline-belarus-finalizes, reason: one claim of both}}\n"
    (tree / "seeds" / "retired.yaml").write_text(item, encoding="utf-8")


CLAIM = "claim-headline-iran-finalizes"


def refusals(first: Released, tests: tuple[str, ...] = PASS) -> list[str]:
    """Why there is no release; and the folder is as it was."""
    before = files_of(first.folder)
    with pytest.raises(release.Refused) as refused:
        release.release(first.folder, first.tree, tests)
    assert files_of(first.folder) == before
    assert {item.name for item in work_of(first.folder).iterdir()} <= {"lock"}
    assert all("\n" not in reason for reason in refused.value.reasons)
    return list(refused.value.reasons)


def work_of(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.release"


def assert_whole(folder: Path) -> Index:
    """Everything that the index lists is there as listed."""
    index = read_index(folder)
    for entries in index.releases.values():
        for entry in entries:
            check_entry(folder, entry)
    return index


@pytest.mark.slow
def test_release_lacks_something(original: Released) -> None:
    """A release lacks something: a file, an entry of the index, or a line of SHA256SUMS; or `sha256sum -c` fails."""
    index = assert_whole(original.folder)
    kinds = {entry.kind: entry.path.partition("/")[2] for entry in index.releases["1.0.0"]}
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


@pytest.mark.slow
def test_second_clone_gives_other_bytes(original: Released, tmp_path: Path) -> None:
    """A second clone gives other bytes: time zone, locale, umask, SOURCE_DATE_EPOCH or ignored litter show in a release."""
    tree = tmp_path / "clone"
    git(original.tree, "clone", "--quiet", str(original.tree), str(tree))
    (tree / ".build").mkdir()
    (tree / "schema" / "belarus_iran_pact" / "__pycache__").mkdir()
    (tree / "schema" / "belarus_iran_pact" / "__pycache__" / "x.pyc").write_bytes(b"litter")
    call = "import sys; sys.path.insert(0, 'scripts'); import release; sys.exit(release.main(sys.argv[1:], tests=['true']))"
    done = subprocess.run(
        ["sh", "-c", 'umask 077; exec "$@"', "sh", sys.executable, "-c", call, str(tmp_path / "releases")],
        cwd=tree,
        env=environment(tree, TZ="Pacific/Kiritimati", LC_ALL="C", SOURCE_DATE_EPOCH="1", PYTHONHASHSEED="7"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert files_of(tmp_path / "releases") == files_of(original.folder)


@pytest.mark.slow
def test_release_needs_the_network(original: Released, tmp_path: Path) -> None:
    """A release needs the network: to build the wheel, or to fetch a schema."""
    unshare = shutil.which("unshare")
    command = [str(unshare), "--map-root-user", "--net"]
    if unshare is None or subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine cannot take the network away")
    call = "import sys; sys.path.insert(0, 'scripts'); import release; sys.exit(release.main(sys.argv[1:], tests=['true']))"
    done = subprocess.run(
        [*command, sys.executable, "-c", call, str(tmp_path / "releases")],
        cwd=original.tree,
        env=environment(original.tree),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert files_of(tmp_path / "releases") == files_of(original.folder)


# --- Refusals ---


def test_versions_differ(tmp_path: Path) -> None:
    """Versions differ between the package, the descriptor, CITATION.cff and the changelog, and a release is made."""
    for name in release._VERSIONS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    version = release._version(tmp_path)
    for name in list(release._VERSIONS)[1:]:
        text = (tmp_path / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace(version, "9.9.9", 1), encoding="utf-8")
        with pytest.raises(release.Refused) as refused:
            release._version(tmp_path)
        (reason,) = refused.value.reasons
        assert re.match(rf"{re.escape(name)}:\d+: version 9\.9\.9, but the package is {re.escape(version)}; ", reason)
        (tmp_path / name).write_text("", encoding="utf-8")
        with pytest.raises(ReleaseError, match=f"{name}:1: no version there"):
            release._version(tmp_path)
        (tmp_path / name).write_text(text, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["README.md", "new.txt", "dataset/csv/events.csv"])
def test_dirty_tree_is_released(first: Released, name: str) -> None:
    """A dirty tree is released: a file changed, or one that is not committed."""
    append(first.tree / name, "more")
    (reason,) = refusals(first)
    assert reason == f"the tree is dirty: 1 file(s) differ from the commit: {name}; commit them first"


@pytest.mark.slow
def test_stale_dataset_is_released(first: Released, capfd: pytest.CaptureFixture[str]) -> None:
    """A stale dataset/ is released: the seeds were changed and committed without a build."""
    prepare(first.tree, "1.0.1")
    correct_label(first.tree)
    commit(first.tree)
    (reason,) = refusals(first)
    assert reason.startswith("dataset/ is stale (exit code 1): ")
    assert "dataset/csv/events.csv:1: not what the seeds give" in capfd.readouterr().err


@pytest.mark.slow
def test_failing_tests_are_released(first: Released, capfd: pytest.CaptureFixture[str]) -> None:
    """A commit with failing tests is released."""
    correct_label(first.tree)
    prepare(first.tree, "1.0.1", since=first.folder)
    (reason,) = refusals(first, FAIL)
    assert reason == "the fast tests fail (exit code 1): 1 failed, 2 passed; a release passes them; mend what is broken"
    assert "1 failed, 2 passed" in capfd.readouterr().err


def test_fast_tests_are_others() -> None:
    """The fast tests are others than those that README calls fast, or the command line can leave them out."""
    assert list(release.FAST_TESTS) == [sys.executable, "-m", "pytest", "-q", "-m", "not slow"]
    with pytest.raises(SystemExit):
        release.main(["--tests", "true", "folder"])


@pytest.mark.slow
def test_version_is_released_twice(first: Released) -> None:
    """A version is released twice: what people pinned would change."""
    (reason,) = refusals(first)
    assert reason == "version 1.0.0 is in the index already; a release never changes: raise the version"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "version", "said"),
    [
        (add_claim, "1.0.1", "the change since 1.0.0 is MINOR, which asks for 1.1.0 at least"),
        (retire_claim, "1.1.0", "the change since 1.0.0 is MAJOR, which asks for 2.0.0 at least"),
        (remove_claim, "2.0.0", f"claims {CLAIM} is gone without successor or reason; add it to seeds/retired.yaml"),
    ],
    ids=["new row", "retired id", "unexplained id"],
)
def test_version_is_too_small(first: Released, change: Callable[[Path], None], version: str, said: str) -> None:
    """A version is too small for its change, or an id is gone without a word."""
    change(first.tree)
    prepare(first.tree, version, since=first.folder)
    (reason,) = refusals(first)
    assert said in reason


@pytest.mark.slow
def test_other_folder_starts_a_second_index(first: Released) -> None:
    """Another folder, by a slip of the pen, starts a second index: the release would be compared with nothing."""
    git(first.tree, "tag", "v1.0.0")
    prepare(first.tree, "1.0.1")
    other = Released(first.tree, first.folder.parent / "slip")
    assert refusals(other) == [
        f"{other.folder / INDEX}: lacks 1.0.0, of which there are tags; give the folder that has all releases"
    ]


@pytest.mark.slow
def test_changelog_has_other_counts(first: Released) -> None:
    """The changelog has other counts than diff, or none."""
    correct_label(first.tree)
    prepare(first.tree, "1.0.1")
    (reason,) = refusals(first)
    assert re.match(
        r"CHANGELOG\.md:\d+: the section has not the counts that diff gives; paste what this prints: ", reason
    )


@pytest.mark.slow
def test_damaged_release_is_built_upon(first: Released) -> None:
    """A damaged release is built upon: the last one's archive is not what the index lists, or is not there."""
    correct_label(first.tree)
    prepare(first.tree, "1.0.1", since=first.folder)
    archive = first.folder / "1.0.0" / "belarus-iran-pact-1.0.0.zip"
    archive.write_bytes(archive.read_bytes()[:-1])
    assert refusals(first) == [
        f"{archive}: not the file that was released: its bytes are not those of the index; restore it"
    ]
    archive.unlink()
    assert refusals(first) == [f"{archive}: No such file or directory; the index lists it: restore it"]


def test_no_commit_is_released(tmp_path: Path) -> None:
    """What is no commit is released: a folder without git."""
    with pytest.raises(release.Refused, match=r"git status fails in .*; a release is of a commit"):
        release.release(tmp_path / "releases", tmp_path, PASS)
    assert not (tmp_path / "releases").exists()


# --- One release after another ---


@pytest.mark.slow
def test_later_releases_change_earlier_ones(first: Released, capsys: pytest.CaptureFixture[str]) -> None:
    """Later releases change earlier ones, lose an id for good, or let one that was retired come back."""
    before = files_of(first.folder)
    steps: list[tuple[Callable[[Path], None], str]] = [
        (correct_label, "1.0.1"),
        (add_claim, "1.1.0"),
        (retire_claim, "2.0.0"),
    ]
    for change, version in steps:
        text = (first.folder / INDEX).read_text(encoding="utf-8")
        change(first.tree)
        prepare(first.tree, version, since=first.folder)
        assert release.release(first.folder, first.tree, PASS) == version
        assert_whole(first.folder)
        assert (first.folder / INDEX).read_text(encoding="utf-8").startswith(text.removesuffix("\n  ]\n}\n"))
        after = files_of(first.folder)
        assert {name: after[name] for name in before if name != INDEX} == {
            name: content for name, content in before.items() if name != INDEX
        }
        before = after
    assert list(read_index(first.folder).releases) == ["1.0.0", "1.0.1", "1.1.0", "2.0.0"]
    notes = (first.folder / "2.0.0" / "NOTES.md").read_text(encoding="utf-8")
    assert f"`{CLAIM}` (now claim-headline-belarus-finalizes; one claim of both) (MAJOR)" in notes

    retired = str(first.tree / "seeds" / "retired.yaml")
    assert diff.main(["1.0.0", "1.0.1", "--releases", str(first.folder)]) == 0
    assert "smallest bump PATCH, to 1.0.1" in capsys.readouterr().out
    assert diff.main(["1.0.0", "2.0.0", "--releases", str(first.folder)]) == 1
    assert diff.main(["1.0.0", "2.0.0", "--releases", str(first.folder), "--retired", retired]) == 0
    assert "smallest bump MAJOR, to 2.0.0" in capsys.readouterr().out

    # The entry goes, with a version in which nothing else does: only the releases before the last know the id.
    (first.tree / "seeds" / "retired.yaml").write_text("[]\n", encoding="utf-8")
    prepare(first.tree, "2.0.1", since=first.folder)
    assert refusals(first) == [f"claims {CLAIM} is gone without successor or reason; add it to seeds/retired.yaml"]
    file = first.tree / "seeds" / SOURCE / "claims.yaml"
    other = "claim-headline-belarus-finalizes"
    copy_row(file, f"claim_id: {other}", other, CLAIM)
    prepare(first.tree, "2.1.0", since=first.folder)
    assert refusals(first) == [
        f"claims {CLAIM} was in an earlier release, was gone from 2.0.0, and is used again; give it another id"
    ]


# --- The gate ---


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def gate(folder: Path, tree: Path) -> list[str]:
    try:
        release.check(folder, tree)
    except release.Refused as refused:
        return list(refused.reasons)
    return []


@pytest.mark.slow
def test_gate_lets_damage_through(first: Released, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate lets damage through: a byte of any file, a file too many or too few, an index or a commit that is another."""
    made = {name: content for name, content in files_of(first.folder / "1.0.0").items() if "belarus_iran_pact" in name}

    def copied(_: Path, folder: Path) -> None:
        for name, content in made.items():
            (folder / name).write_bytes(content)

    assert gate(first.folder, first.tree) == []
    monkeypatch.setattr(release, "write_distributions", copied)
    monkeypatch.setattr(release, "_check_built", lambda _: None)
    whole = files_of(first.folder)
    for name in whole:
        flip(first.folder / name)
        reasons = gate(first.folder, first.tree)
        assert any(str(first.folder / name) in reason for reason in reasons), (name, reasons)
        (first.folder / name).unlink()
        assert gate(first.folder, first.tree), name
        (first.folder / name).write_bytes(whole[name])
    extra = first.folder / "1.0.0" / "extra"
    extra.touch()
    assert gate(first.folder, first.tree) == [f"{extra}: not part of the release; take it away"]
    extra.unlink()
    assert gate(first.folder, first.tree) == []
    git(first.tree, "commit", "--quiet", "--allow-empty", "--message", "Another")
    (reason,) = gate(first.folder, first.tree)
    assert reason.startswith(f"{first.folder / INDEX}: what it says of 1.0.0 is not what commit ")


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["whl", "tar.gz"])
def test_distribution_holds_something_else(
    first: Released, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """A wheel or sdist holds something else than the commit: a file too many or too few."""
    write = release.write_distributions

    def with_litter(tree: Path, folder: Path) -> None:
        name = "schema/belarus_iran_pact/litter.py" if suffix == "whl" else "litter.txt"
        (tree / name).write_text("litter\n", encoding="utf-8")
        write(tree, folder)
        (tree / name).unlink()

    monkeypatch.setattr(release, "write_distributions", with_litter)
    shutil.rmtree(first.folder)
    with pytest.raises(release.Refused) as refused:
        release.release(first.folder, first.tree, PASS)
    assert any(f".{suffix}: " in reason and "litter" in reason for reason in refused.value.reasons)
    assert not first.folder.exists()


# --- Killed ---

# A run that notes what it does to files, and kills itself before the step of the given number, so that every moment can be
# hit; it prints its steps. Started processes and calls of the C library (the exchange of folders) are steps as well. What
# takes long and happens elsewhere is left out: the builds of the dataset and of the wheel.
KILLED = """
import json, os, signal, sys
from pathlib import Path

at, tree, *arguments = sys.argv[1:]
sys.path.insert(0, str(Path(tree) / "scripts"))
STEPS = ("os.rename", "os.mkdir", "os.rmdir", "os.remove", "subprocess.Popen", "ctypes.dlsym")
steps = []

def note(event, details):
    if event == "open":
        mode, flags = details[1], details[2]
        writes = isinstance(mode, str) and set(mode) & set("wxa+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    else:
        writes = event in STEPS
    if writes:
        if len(steps) == int(at):
            os.kill(os.getpid(), signal.SIGKILL)
        steps.append(event)

{setup}
sys.addaudithook(note)
code = {call}
print(json.dumps(steps))
sys.exit(code)
"""
RELEASE_SETUP = """
import shutil
import release

made = Path(arguments.pop())

def copied(_, folder):
    for file in made.iterdir():
        shutil.copyfile(file, folder / file.name)

release.write_distributions = copied
release._check_built = lambda _: None
"""
RELEASE_CALL = "release.main(arguments, tests=['true'])"
BUILD_SETUP = """
import frictionless
import build
"""
BUILD_CALL = "build.main(arguments)"


NEVER = -1
# Steps before the kill: spread over all but the clearing away at the end, and counted from the last move into place.
SPREAD, AROUND = 16, range(-5, 5)
MOMENTS = [*(("spread", part) for part in range(SPREAD)), *(("around", offset) for offset in AROUND)]


def step_of(moment: tuple[str, int], steps: list[str]) -> int:
    """The number of the step before which a moment is."""
    kind, number = moment
    moves = [at for at, step in enumerate(steps) if step in ("os.rename", "ctypes.dlsym")]
    if kind == "around":
        return max(moves) + number
    before = [at for at, step in enumerate(steps) if step not in ("os.remove", "os.rmdir")]
    return before[number * len(before) // SPREAD]


def killing(at: int, tree: Path, setup: str, call: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run something that kills itself before its step number `at`, from 0; never where that is NEVER."""
    program = KILLED.replace("{setup}", setup).replace("{call}", call)
    return subprocess.run(
        [sys.executable, "-c", program, str(at), str(tree), *map(str, arguments)],
        cwd=tree,
        env=environment(tree),
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True)
class Second:
    """A repository that is ready for its second release, the folder with the first, the wheel and sdist that the release
    makes, its files when it is done, and the steps that it takes."""

    tree: Path
    folder: Path
    made: Path
    files: dict[str, bytes]
    steps: list[str]


@pytest.fixture(scope="session")
def second(original: Released, tmp_path_factory: pytest.TempPathFactory) -> Second:
    base = tmp_path_factory.mktemp("second")
    tree = shutil.copytree(original.tree, base / "tree")
    folder = shutil.copytree(original.folder, base / "releases")
    correct_label(tree)
    prepare(tree, "1.0.1", since=folder)
    release.release(folder, tree, PASS)
    made = base / "made"
    made.mkdir()
    for file in (folder / "1.0.1").glob("belarus_iran_pact*"):
        shutil.copyfile(file, made / file.name)
    again = shutil.copytree(original.folder, base / "again")
    done = killing(NEVER, tree, RELEASE_SETUP, RELEASE_CALL, again, made)
    assert done.returncode == 0, done.stderr
    files = files_of(folder)
    assert files_of(again) == files
    return Second(tree, original.folder, made, files, json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment[0]} {moment[1]}")
def test_killed_release_is_half_there(second: Second, tmp_path: Path, moment: tuple[str, int]) -> None:
    """A killed release is half there: at 26 moments, ten around the move into place, the index lists whole releases only."""
    folder = shutil.copytree(second.folder, tmp_path / "releases")
    old = files_of(folder)
    done = killing(step_of(moment, second.steps), second.tree, RELEASE_SETUP, RELEASE_CALL, folder, second.made)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    index = assert_whole(folder)
    found = files_of(folder)
    assert found[INDEX] in (old[INDEX], second.files[INDEX])
    again = killing(NEVER, second.tree, RELEASE_SETUP, RELEASE_CALL, folder, second.made)
    if "1.0.1" in index.releases:
        assert (
            again.stderr
            == "refused: version 1.0.1 is in the index already; a release never changes: raise the version\n"
        )
    else:
        assert again.returncode == 0, again.stderr
    assert files_of(folder) == second.files
    assert {item.name for item in work_of(folder).iterdir()} == {"lock"}


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.2, 0.7, 1.2, 1.7, 2.2, 2.7])
def test_release_killed_in_its_tools_is_half_there(second: Second, tmp_path: Path, delay: float) -> None:
    """A release killed while its tools are at work is half there: in the check of dataset/, or while the wheel is built."""
    folder = shutil.copytree(second.folder, tmp_path / "releases")
    call = "import sys; sys.path.insert(0, 'scripts'); import release; sys.exit(release.main(sys.argv[1:], tests=['true']))"
    process = subprocess.Popen(
        [sys.executable, "-c", call, str(folder)],
        cwd=second.tree,
        env=environment(second.tree),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert_whole(folder)
    if "1.0.1" not in read_index(folder).releases:
        release.release(folder, second.tree, PASS)
    assert files_of(folder) == second.files


@pytest.mark.slow
def test_two_releases_at_once_mix(second: Second, tmp_path: Path) -> None:
    """Two releases at once mix, or both are made: one must be, and the other be refused."""
    folder = shutil.copytree(second.folder, tmp_path / "releases")
    call = "import sys; sys.path.insert(0, 'scripts'); import release; sys.exit(release.main(sys.argv[1:], tests=['true']))"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", call, str(folder)],
            cwd=second.tree,
            env=environment(second.tree),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    errors = [process.communicate()[1] for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 1], errors
    assert "refused: version 1.0.1 is in the index already" in "".join(errors)
    assert files_of(folder) == second.files


@dataclass(frozen=True)
class Builds:
    """Two packages of other content, and the steps that it takes to build the new one over the old."""

    tree: Path
    seeds: Path
    old: Path
    new: dict[str, bytes]
    steps: list[str]


@pytest.fixture(scope="session")
def builds(second: Second, original: Released, tmp_path_factory: pytest.TempPathFactory) -> Builds:
    target = shutil.copytree(original.tree / "dataset", tmp_path_factory.mktemp("builds") / "dataset")
    seeds = second.tree / "seeds"
    done = killing(NEVER, second.tree, BUILD_SETUP, BUILD_CALL, "--seeds", seeds, "--dataset", target)
    assert done.returncode == 0, done.stderr
    return Builds(
        second.tree, seeds, original.tree / "dataset", files_of(target), json.loads(done.stdout.splitlines()[-1])
    )


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment[0]} {moment[1]}")
def test_killed_build_is_half_there(builds: Builds, tmp_path: Path, moment: tuple[str, int]) -> None:
    """A killed build is half there: at 26 moments, ten around the swap, what stands is the old package or the new one."""
    target = shutil.copytree(builds.old, tmp_path / "dataset")
    arguments = ["--seeds", builds.seeds, "--dataset", target]
    done = killing(step_of(moment, builds.steps), builds.tree, BUILD_SETUP, BUILD_CALL, *arguments)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    assert files_of(target) in (files_of(builds.old), builds.new)
    again = killing(NEVER, builds.tree, BUILD_SETUP, BUILD_CALL, *arguments)
    assert again.returncode == 0, again.stderr
    assert files_of(target) == builds.new
    assert {item.name for item in (tmp_path / ".build").iterdir()} == {"lock"}


# --- What the maintainer types ---


def test_contributing_names_other_commands() -> None:
    """CONTRIBUTING names scripts that are not there, or its list of commands does not end in a gate."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for name in re.findall(r"scripts/\w+\.py", text):
        assert (ROOT / name).is_file(), name
    commands = re.findall(r"^```sh\n(.*?)^```$", text.split("## Release", 1)[1], flags=re.MULTILINE | re.DOTALL)
    assert commands[-1].strip().splitlines()[-1].endswith("scripts/release.py --check ../belarus-iran-pact-releases")


def test_archive_names_collide() -> None:
    """Archive names collide."""
    assert len({archive_name("1.0.0", form) for form in FORMS}) == len(FORMS)
