#!/usr/bin/env python
"""Compare two published packages: rows, cells with their evidence, schemas, and the smallest version bump they ask for.

    python scripts/diff.py OLD NEW                                 each a folder or an archive
    python scripts/diff.py 1.0.0 dataset --releases FOLDER         or a version of a releases folder
    python scripts/diff.py OLD NEW --format markdown|jsonl         for release notes, for programs
    python scripts/diff.py OLD NEW --format changelog              the tables that the changelog's section must have

Exit codes: 0 compared; 1 a package cannot be read, or an id or a column that went is not in seeds/retired.yaml; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from belarus_iran_pact.core.releases import ReleaseError, is_version
from curation.faults import Faults
from releasing.compare import compare, find_package
from releasing.diff_formats import as_changelog, as_json_lines, as_markdown, as_text
from releasing.retired import FILE, read_retired

ROOT = Path(__file__).resolve().parent.parent
FORMATS = {"text": as_text, "markdown": as_markdown, "jsonl": as_json_lines, "changelog": as_changelog}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("old", help="the package before: a folder, an archive, or a version")
    parser.add_argument("new", help="the package after")
    parser.add_argument("--format", choices=FORMATS, default="text", help="the form of the output (default: text)")
    parser.add_argument("--releases", type=Path, metavar="FOLDER", help="where releases.json is, to look versions up")
    retired_by_default = ROOT / "seeds" / FILE
    parser.add_argument("--retired", type=Path, metavar="FILE", default=retired_by_default, help="the retired ids")
    options = parser.parse_args(arguments)
    for given in (options.old, options.new):
        if options.releases is None and is_version(given) and not Path(given).exists():
            parser.error(f"{given} is a version: say where the releases are, with --releases FOLDER")
    faults = Faults()
    retired = read_retired(options.retired, faults)
    if faults:
        for fault in faults.sorted():
            print(fault.text(Path.cwd()), file=sys.stderr)
        return 1
    try:
        old, new = (find_package(given, options.releases) for given in (options.old, options.new))
        changes = compare(old, new, retired)
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.write(FORMATS[options.format](changes))
    for line in changes.faults:
        print(line, file=sys.stderr)
    return 1 if changes.faults else 0


if __name__ == "__main__":
    sys.exit(main())
