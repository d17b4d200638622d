"""The subcommands `verify` and `download` of the command line.

What they need is imported when they run, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    # argparse gives no public name to what `add_subparsers` returns.
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(subparsers: Subparsers) -> None:
    """Add both subcommands; `arguments.run(arguments)` then returns the exit code."""
    verify = subparsers.add_parser(
        "verify",
        help="check files and laws of a package",
        description="Check a package by its files alone: bytes and hashes, keys, vocabularies, spans, explanations, views.",
        epilog="example:\n  belarus-iran-pact verify\n\nexit codes: 0 no faults, 1 faults, 2 no such folder or wrong usage",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verify.add_argument("path", nargs="?", metavar="PATH", help="the package's folder (default: the installed data)")
    verify.set_defaults(run=_verify)

    download = subparsers.add_parser(
        "download",
        help="get a released package",
        description="Download a release, check its hash, and unpack it; prints the folder that holds datapackage.json.",
        epilog="example:\n  belarus-iran-pact download 1.0.0 --from http://127.0.0.1:8000/ --to package\n\n"
        "exit codes: 0 done, 1 the download failed, 2 no such version, no source, or wrong usage",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    download.add_argument("version", nargs="?", metavar="VERSION", help="such as 1.0.0 (default: the newest final one)")
    download.add_argument(
        "--format", choices=("all", "csv", "parquet"), default="all", help="whole package or one form (default: all)"
    )
    download.add_argument(
        "--to", metavar="DIR", help="put the package into this new or empty folder (default: the cache)"
    )
    download.add_argument(
        "--from",
        dest="source",
        metavar="URL",
        help="address or folder that holds releases.json (default: what BELARUS_IRAN_PACT_RELEASES says)",
    )
    download.add_argument("--replace", action="store_true", help="DIR may be a package already, which is then replaced")
    download.set_defaults(run=_download)


def _verify(arguments: argparse.Namespace) -> int:
    from .core.verify import verify

    try:
        report = verify(arguments.path)
    except FileNotFoundError as error:
        return _refused(error, 2)
    print(report)
    return 0 if report.ok else 1


def _download(arguments: argparse.Namespace) -> int:
    from .downloading import download

    try:
        folder = download(
            arguments.version,
            format=arguments.format,
            to=arguments.to,
            source=arguments.source,
            replace=arguments.replace,
        )
    except ValueError as error:
        return _refused(error, 2)
    except (OSError, ImportError) as error:
        return _refused(error, 1)
    print(folder)
    return 0


def _refused(error: Exception, code: int) -> int:
    print(f"belarus-iran-pact: error: {' '.join(str(error).split())}", file=sys.stderr)
    return code
