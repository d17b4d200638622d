"""Reading a published package from a folder or an archive, whoever made it and whatever it holds.

    package = open_package(Path("folder or archive.zip"))
    package.version, package.descriptor, package.table("events")

A package may come from anybody. Nothing is opened but regular files within it that have the size listed for them, no table is
decoded that would take far more memory than its file has bytes, and what a package says of itself is never taken for a path,
a type or a statement before it is known to be one. Whatever is wrong is a `PackageError`.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import json
import os
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from .messages import one_line, visible

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

DESCRIPTOR = "datapackage.json"
FORMS = ("csv", "parquet")
PARQUET_SUFFIX = "-parquet"
"""What the name of a Parquet file's resource has after its table's name."""

# Far above what a package needs, far below what harms a machine.
MAX_DESCRIPTOR_BYTES = 8 << 20
MAX_FILE_BYTES = 1 << 30
MAX_FOOTER_BYTES = 2 << 20
MAX_FILES = 10_000
# All that a package's tables and members may take, unpacked, above RATIO times the bytes of their files.
SPARE_BYTES = 64 << 20
RATIO = 20

_BLOCK = 1 << 20
_NO_TABLE = "cannot be read as this table"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TABLE = re.compile(rf"(csv|parquet)/({_NAME.pattern})\.\1")


class PackageError(ValueError):
    """What is wrong with a package, in one line.

    Attributes:
        file: the file within the package, or the package itself.
        what, why: texts without closing punctuation.
    """

    def __init__(self, file: object, what: str, why: object) -> None:
        self.file, self.what, self.why = (shown(text) for text in (file, what, why))
        super().__init__(f"{self.file}: {self.what}; {self.why}")


class MissingFileError(PackageError):
    """A file that is listed is not there."""


@contextlib.contextmanager
def _told(file: object, what: str) -> Iterator[None]:
    """Tell any error as one of a file: Python and Arrow have one for each way in which bytes can be wrong."""
    try:
        yield
    except PackageError:
        raise
    except Exception as error:
        raise PackageError(file, what, f"{type(error).__name__}: {error}") from None


def shown(text: object, most: int = 300) -> str:
    """A text on one line, cut after `most` characters, without what a terminal would obey or no encoding can write."""
    return one_line(visible(str(text)), most).encode(errors="backslashreplace").decode()


# --- The descriptor's own hash ---

SEAL = "descriptorHash"
_NO_SEAL = "sha256:" + "0" * 64
_SEALED = re.compile(rb'"descriptorHash": "sha256:([0-9a-f]{64})"')


def sealed(descriptor: Mapping[str, Any]) -> str:
    """The text of `datapackage.json` with its own hash in it: JSON with `descriptorHash` as last property.

    The hash is the SHA-256 of the very text with zeros for its 64 digits.
    """
    content = {**{name: value for name, value in descriptor.items() if name != SEAL}, SEAL: _NO_SEAL}
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    before, after = text.rsplit(_NO_SEAL, 1)
    return f"{before}sha256:{hashlib.sha256(text.encode()).hexdigest()}{after}"


def seal_holds(content: bytes) -> bool | None:
    """Whether a descriptor has the hash that it says; None where it says none."""
    found = list(_SEALED.finditer(content))
    if not found:
        return None
    start, end = found[-1].span(1)
    return hashlib.sha256(content[:start] + b"0" * 64 + content[end:]).hexdigest().encode() == content[start:end]


CODEBOOK = "CODEBOOK.md"
# What a package of one form holds besides the form's own folder.
_COMPANIONS = {"csv": (CODEBOOK, "csv-metadata.json"), "parquet": (CODEBOOK,)}


def in_form(descriptor: Mapping[str, Any], form: str) -> dict[str, Any]:
    """The descriptor of a package that holds one form only; for the form "all", as it is.

    Without the CSV files nothing would say what the columns are, so each Parquet file then has its table's schema. It still
    is a plain file to validators, by its format.
    """
    part = copy.deepcopy(dict(descriptor))
    if form == "all":
        return part
    schemas = {resource["name"]: resource["schema"] for resource in part["resources"] if "schema" in resource}
    part["resources"] = [
        resource
        for resource in part["resources"]
        if resource["path"].startswith(f"{form}/") or resource["path"] in _COMPANIONS[form]
    ]
    for resource in part["resources"]:
        table = resource["name"].removesuffix(PARQUET_SUFFIX)
        if form == "parquet" and table in schemas:
            resource["schema"] = schemas[table]
            for foreign in resource["schema"].get("foreignKeys", []):
                target = foreign["reference"]["resource"]
                foreign["reference"]["resource"] = f"{target}{PARQUET_SUFFIX}" if target else ""
    return part


# --- Where a package's files are ---

_MISSING = ("is missing", f"{DESCRIPTOR} lists it")
_IRREGULAR = ("is no regular file", "a package holds files only")


class _Folder:
    """The files of a package in a folder, by path within it."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def paths(self) -> Iterator[str]:
        """Everything that is there and no folder, in order."""
        for place, folders, files in os.walk(self.place):
            folders.sort()
            linked = [name for name in folders if os.path.islink(os.path.join(place, name))]
            for name in sorted(files + linked):
                yield Path(place, name).relative_to(self.place).as_posix()

    def size(self, path: str) -> int:
        """A file's size in bytes; a `PackageError` where there is none, or something that is no regular file."""
        file = self.place
        try:
            for part in path.split("/"):
                found = os.lstat(file := file / part)
                if stat.S_ISLNK(found.st_mode):
                    raise PackageError(path, "is a link", "a package holds its files itself")
        except (FileNotFoundError, NotADirectoryError):
            raise MissingFileError(path, *_MISSING) from None
        except OSError as error:
            raise PackageError(path, "cannot be read", error.strerror or error) from None
        if not stat.S_ISREG(found.st_mode):
            raise PackageError(path, *_IRREGULAR)
        return found.st_size

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[io.BufferedIOBase]:
        """A file whose size has been asked, to be read from any place in it."""
        # Should the file have been exchanged since, neither a link is followed nor a pipe waited for.
        flags = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"))
        try:
            number = os.open(self.place / path, flags)
        except OSError as error:
            raise PackageError(path, "cannot be read", error.strerror or error) from None
        with os.fdopen(number, "rb") as stream:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise PackageError(path, *_IRREGULAR)
            yield stream


class _Archive:
    """The same for an archive, whose files are at its top or in the one folder there."""

    def __init__(self, place: Path) -> None:
        self.place = place
        with self._opened() as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > MAX_FILES:
            raise PackageError(place, f"has {len(infos)} members", f"a package has at most {MAX_FILES} files")
        size, packed = sum(info.file_size for info in infos), place.stat().st_size
        if size > RATIO * packed + SPARE_BYTES:
            raise PackageError(place, f"would unpack to {size} bytes", f"it has {packed}")
        tops = [info.filename for info in infos if re.fullmatch(rf"([^/]+/)?{DESCRIPTOR}", info.filename)]
        if len(tops) != 1:
            raise PackageError(place, f"has no {DESCRIPTOR}, or several", "a package has one, at its top")
        top = tops[0].removesuffix(DESCRIPTOR)
        self.members = {info.filename.removeprefix(top): info for info in infos if info.filename.startswith(top)}
        if len(self.members) != len(infos):
            what = "holds a file twice, or one outside of its folder"
            raise PackageError(place, what, "a package holds its own files")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        with _told(self.place, "is no archive that can be read"), zipfile.ZipFile(self.place) as archive:
            yield archive

    def paths(self) -> Iterator[str]:
        yield from sorted(self.members)

    def size(self, path: str) -> int:
        if path not in self.members:
            raise MissingFileError(path, *_MISSING)
        info = self.members[path]
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise PackageError(path, *_IRREGULAR)
        return info.file_size

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[io.BufferedIOBase]:
        with self._opened() as archive:
            content = archive.read(self.members[path])
        yield io.BytesIO(content)


Files = _Folder | _Archive


def files_at(path: Path) -> Files:
    """The files of the package at a path: of a folder, which may be given by its `datapackage.json`, or an archive.

    Raises:
        FileNotFoundError: there is neither.
        PackageError: the archive cannot be read, or holds more than a package.
    """
    if path.name == DESCRIPTOR and path.is_file():
        path = path.parent
    if path.is_dir():
        return _Folder(path)
    if path.is_file():
        return _Archive(path)
    raise FileNotFoundError(f"there is no folder or archive {str(path)!r}; give what holds {DESCRIPTOR}")


# --- The package ---


def open_package(path: Path) -> Package:
    """The package at a path: a folder, its `datapackage.json`, or an archive.

    Raises:
        FileNotFoundError: there is neither folder nor file.
        PackageError: the descriptor cannot be read, is none, or lists what no package holds.
    """
    files = files_at(path)
    package = Package(files, descriptor_bytes(files))
    if package.problems:
        raise package.problems[0]
    return package


def descriptor_bytes(files: Files) -> bytes:
    """The descriptor's bytes; a `PackageError` where it is missing, no regular file, or larger than any descriptor."""
    size = files.size(DESCRIPTOR)
    if size > MAX_DESCRIPTOR_BYTES:
        raise PackageError(DESCRIPTOR, f"has {size} bytes", f"a descriptor has at most {MAX_DESCRIPTOR_BYTES}")
    with files.open(DESCRIPTOR) as stream:
        return stream.read(size)


class Package:
    """A published package; its methods raise a `PackageError` where files or tables are not as the descriptor says.

    Attributes:
        version: its version.
        descriptor: what its `datapackage.json` says.
        resources: the files that it lists, by path; all paths are plain ones.
        forms: the forms that it holds, of "csv" and "parquet".
        problems: what is wrong with the list of files; `open_package` raises the first.
    """

    def __init__(self, files: Files, content: bytes) -> None:
        self.files = files
        with _told(DESCRIPTOR, "is no descriptor of a data package"):
            self.descriptor = _json(content)
            self.version = _text(self.descriptor["version"])
            resources = [{**item, "path": _text(item["path"])} for item in self.descriptor["resources"]]
            names = {_text(item["name"]) for item in resources}
        if len(resources) > MAX_FILES:
            raise PackageError(DESCRIPTOR, f"lists {len(resources)} files", f"a package has at most {MAX_FILES}")
        paths = [item["path"] for item in resources]
        self.resources = {path: item for path, item in zip(paths, resources, strict=True) if _is_plain(path)}
        self.problems = [
            PackageError(DESCRIPTOR, f"lists {path!r}", "paths stay within the package")
            for path in paths
            if path not in self.resources
        ]
        if not len(names) == len(set(paths)) == len(paths):
            self.problems.append(PackageError(DESCRIPTOR, "lists a name or path twice", "each resource is listed once"))
        self._tables = [found.groups() for path in self.resources if (found := _TABLE.fullmatch(path))]
        self.forms = tuple(form for form in FORMS if any(form == found for found, _ in self._tables))
        self._spare = SPARE_BYTES

    def check(self, path: str) -> None:
        """Check that a listed file is there, is a regular one, and has the size and SHA-256 listed for it."""
        with self._open(path) as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if f"sha256:{digest}" != self.resources[path].get("hash"):
            raise PackageError(path, "has changed", f"its SHA-256 is not the one in {DESCRIPTOR}")

    def read(self, path: str) -> bytes:
        """A listed file's bytes."""
        with self._open(path) as stream:
            return stream.read()

    @contextlib.contextmanager
    def _open(self, path: str) -> Iterator[io.BufferedIOBase]:
        """A listed file of the size listed for it."""
        if path not in self.resources:
            raise PackageError(DESCRIPTOR, f"lists no {path}", "a package holds what it lists")
        size, listed = self.files.size(path), self.resources[path].get("bytes")
        if size != listed:
            raise PackageError(path, f"has changed: {size} bytes", f"{DESCRIPTOR} says {listed}")
        if size > MAX_FILE_BYTES:
            raise PackageError(path, f"has {size} bytes", f"a file has at most {MAX_FILE_BYTES}")
        with self.files.open(path) as stream:
            yield stream

    def table_names(self) -> list[str]:
        """The names of the tables, in the order of the descriptor."""
        return list(dict.fromkeys(name for _, name in self._tables))

    def resource(self, name: str) -> dict[str, Any]:
        """What the descriptor says of a table: its CSV file's resource where it has one, else its Parquet file's."""
        for form in FORMS:
            resource = self.resources.get(f"{form}/{name}.{form}", {})
            if "schema" in resource:
                return resource
        raise PackageError(DESCRIPTOR, f"describes no table {name}", "a table has the schema of its columns")

    def schema(self, name: str) -> pa.Schema:
        """The columns of a table as the descriptor describes them."""
        import pyarrow as pa

        types = {
            "string": pa.string(),
            "integer": pa.int64(),
            "number": pa.float64(),
            "boolean": pa.bool_(),
            "date": pa.date32(),
        }
        described = self.resource(name)["schema"]
        with _told(DESCRIPTOR, f"describes {name} with columns that are none"):
            columns = [(item["name"], types[item["type"]]) for item in described["fields"]]
            if wrong := [name for name, _ in columns if not _NAME.fullmatch(name)]:
                raise ValueError(f"{wrong[0]!r} is no name of a column")
        if len(dict(columns)) != len(columns):
            raise PackageError(DESCRIPTOR, f"describes {name} with a column twice", "each column has its own name")
        return pa.schema(columns)

    def table(self, name: str, form: str | None = None, schema: pa.Schema | None = None) -> pa.Table:
        """A table's rows; its files' hashes are not checked.

        Args:
            name: the table's name.
            form: "csv" or "parquet"; by default the first of these that is described.
            schema: the columns and types that it is to have; by default what the descriptor describes.

        Raises:
            PackageError: the file is missing, is not of the size listed, cannot be read as this table, has another
                number of rows than the descriptor says, or would take far more memory than it has bytes.
        """
        form = form or PurePosixPath(self.resource(name)["path"]).parts[0]
        path = f"{form}/{name}.{form}"
        schema = self.schema(name) if schema is None else schema
        with self._open(path) as stream, _told(path, _NO_TABLE):
            if form == "parquet":
                return self._parquet(name, stream.read(), schema)
            table = read_csv(stream, schema)
            _check_shape(path, table.schema, schema)
            self._check_count(name, table.num_rows)
            return table

    def check_schema(self, name: str) -> None:
        """Check that a table's Parquet file has the columns that the descriptor describes; no row is read."""
        path = f"parquet/{name}.parquet"
        with self._open(path) as stream, _told(path, _NO_TABLE):
            _check_shape(path, _parquet_file(stream.read()).schema_arrow, self.schema(name))

    def _check_count(self, name: str, found: int) -> None:
        said = self.resources.get(f"csv/{name}.csv", {}).get("rowCount")
        if said is not None and said != found:
            raise PackageError(DESCRIPTOR, f"says {said} rows of {name}", f"there are {found}")

    def _parquet(self, name: str, content: bytes, schema: pa.Schema) -> pa.Table:
        import pyarrow as pa
        import pyarrow.compute as pc

        groups = _row_groups(content)
        rows = sum(group[3] for group in groups)
        self._check_count(name, rows)
        whole = _parquet_file(content).schema_arrow
        _check_shape(f"parquet/{name}.parquet", whole, schema)
        # What is packed, as it is unpacked; and for each cell eight bytes and a bit, since nulls and numbers may take none.
        needed, coded = 0, set()
        for group in groups:
            for field, chunk in zip(schema, group[1], strict=True):
                size, has_dictionary = _unpacked(content, chunk[3])
                needed += size + 9 * max(chunk[3][5], group[3])
                self._afford(name, needed, len(content))
                if has_dictionary and pa.types.is_string(field.type):
                    coded.add(field.name)
        # Texts that the file has as codes of a dictionary are read as such, and are spelled out only once it is known
        # what that takes: the dictionary holds a text once, however many rows have it.
        table = _parquet_file(content, [*coded]).read(use_threads=len(content) >= _BLOCK)
        for part in (part for column in coded for part in table[column].chunks):
            needed += pc.sum(pc.binary_length(part.dictionary).take(part.indices)).as_py() or 0
        self._spare -= max(0, self._afford(name, needed, len(content)))
        if table.num_rows != rows:
            raise ValueError(f"it has {table.num_rows} rows, and says {rows}")
        return table.cast(whole)

    def _afford(self, name: str, needed: int, size: int) -> int:
        """What a file's table would take of the memory that all tables may take beyond that for their files' bytes."""
        if (beyond := needed - RATIO * size) > self._spare:
            raise PackageError(f"parquet/{name}.parquet", f"would take {needed} bytes of memory", f"it has {size}")
        return beyond


# --- The files of tables ---


def csv_conversion(types: pa.Schema | dict[str, pa.DataType]) -> pyarrow.csv.ConvertOptions:
    """How the published CSV files are read back: an empty cell is a null, and nothing else is."""
    import pyarrow.csv

    return pyarrow.csv.ConvertOptions(
        column_types=types,
        null_values=[""],
        true_values=["true"],
        false_values=["false"],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )


def read_csv(stream: io.BufferedIOBase, types: pa.Schema) -> pa.Table:
    """A published CSV file; its columns are as they are, those in `types` of these types.

    Raises:
        pyarrow.ArrowInvalid: it is no such file; the message tells the row.
    """
    import pyarrow as pa
    import pyarrow.csv

    size = stream.seek(0, os.SEEK_END)
    # Small files are read faster by one thread, and only the reader that takes one block after the other can tell the row.
    for threads in (True, False) if size >= _BLOCK else (False,):
        stream.seek(0)
        try:
            return pyarrow.csv.read_csv(
                pa.PythonFile(stream, "r"),
                pyarrow.csv.ReadOptions(use_threads=threads),
                pyarrow.csv.ParseOptions(newlines_in_values=True),
                csv_conversion(types),
            )
        except pa.ArrowInvalid:
            if not threads:
                raise


def _parquet_file(content: bytes, as_dictionary: Sequence[str] = ()) -> pq.ParquetFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.ParquetFile(
        pa.BufferReader(content),
        read_dictionary=as_dictionary,
        thrift_string_size_limit=MAX_DESCRIPTOR_BYTES,
        thrift_container_size_limit=MAX_FILES,
    )


# What a Parquet file will take in memory is read from its bytes: from a damaged footer, pyarrow's own objects for it may
# end the process. The numbers below are those of the fields in the format's definition.


def _row_groups(content: bytes) -> list[dict[int, Any]]:
    """The row groups of a Parquet file by its footer."""
    size = int.from_bytes(content[-8:-4], "little")
    if content[-4:] != b"PAR1" or not 0 < size <= min(MAX_FOOTER_BYTES, len(content) - 12):
        raise ValueError("it has no footer of a Parquet file")
    groups: list[dict[int, Any]] = _Thrift(content, len(content) - 8 - size).structure()[4]
    return groups


def _unpacked(content: bytes, chunk: dict[int, Any]) -> tuple[int, bool]:
    """How many bytes a column's pages have unpacked, and whether one is a dictionary.

    As each page says for itself: Arrow goes by that, not by the footer.
    """
    pages = [at for at in (chunk.get(11), chunk[9]) if at]
    if not pages and not chunk[7]:
        return 0, False  # A table without rows has none.
    stream = _Thrift(content, min(pages))
    end = stream.tell() + chunk[7]
    unpacked, has_dictionary = 0, False
    while stream.tell() < end:
        page = stream.structure()
        if 7 in (page.get(5, {}).get(2), page.get(8, {}).get(4)):
            # Few bytes may stand for any number of long texts.
            raise ValueError("a page is encoded as DELTA_BYTE_ARRAY, which no package uses")
        if min(page[2], page[3]) < 0:
            raise ValueError("a page has less than no bytes")
        unpacked += page[2]
        has_dictionary |= page[1] == 2
        stream.seek(page[3], os.SEEK_CUR)
    return unpacked, has_dictionary


class _Thrift(io.BytesIO):
    """Bytes in Thrift's compact protocol, read from a place on."""

    def __init__(self, content: bytes, at: int) -> None:
        super().__init__(content)
        self.seek(at)

    def structure(self) -> dict[int, Any]:
        """The integers, lists and structures of a structure, by number of field."""
        found: dict[int, Any] = {}
        number = 0
        while head := self.read(1)[0]:
            number = number + (head >> 4) if head >> 4 else self._value(4)
            if head & 15 > 2:  # Else it is a boolean, which is in the head.
                found[number] = self._value(head & 15)
        return found

    def _value(self, kind: int) -> Any:
        if kind in (3, 7, 8):
            size = {3: 1, 7: 8}.get(kind) or self._varint()
            if len(self.read(size)) < size:
                raise ValueError("it ends within a value")
            return None
        if kind in (4, 5, 6):
            value = self._varint()
            return (value >> 1) ^ -(value & 1)
        if kind in (9, 10):
            head = self.read(1)[0]
            size = head >> 4 if head >> 4 < 15 else self._varint()
            return [self._value(head & 15) for _ in range(size)]
        if kind == 12:
            return self.structure()
        raise ValueError(f"it has a field of type {kind}, which a Parquet file has nowhere")

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 64, 7):
            byte = self.read(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise ValueError("it has a number without an end")


def _check_shape(path: str, found: pa.Schema, expected: pa.Schema) -> None:
    if found.names != expected.names:
        why = f"its columns are {', '.join(found.names)}, not {', '.join(expected.names)}"
        raise PackageError(path, _NO_TABLE, why)
    for column, field in zip(found, expected, strict=True):
        if column.type != field.type:
            raise PackageError(path, _NO_TABLE, f"{column.name} is {column.type}, not {field.type}")


# --- What a descriptor says ---


def _json(content: bytes) -> dict[str, Any]:
    def properties(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found := dict(pairs)) != len(pairs):
            raise ValueError("an object has a property twice")
        return found

    def number(text: str) -> float:
        raise ValueError(f"{text} is no number of JSON")

    descriptor = json.loads(content.decode("utf-8"), object_pairs_hook=properties, parse_constant=number)
    if not isinstance(descriptor, dict):
        raise TypeError("it is no object")
    return descriptor


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.60} is no text")
    return value


def _is_plain(path: str) -> bool:
    parts = PurePosixPath(path)
    plain = path == str(parts) and not parts.is_absolute() and not {".", ".."} & {path, *parts.parts}
    return plain and path.isprintable() and not set(path) & set("\\:")
