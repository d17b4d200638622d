"""The Belarus-Iran 2026 military cooperation plan, as one news article reports it: events, actors and provisions.

    import belarus_iran_pact as bip

    bip.tables()                                                   # what there is
    bip.load("events")                                             # a pyarrow.Table
    bip.load("events", backend="pandas")                           # or pandas, polars, duckdb
    bip.explain("events", "event-minsk-meeting", "place_id")       # why a value is there
    bip.text()                                                     # the article, which spans count in

Importing this package imports neither pyarrow nor pydantic; functions import what they need when they are called.
"""

from .loading import TableInfo, connect, load, path, records, tables, text, verify

__version__ = "2.0.0"

__all__ = [
    "TableInfo",
    "__version__",
    "connect",
    "download",
    "explain",
    "export",
    "load",
    "mentions_of",
    "path",
    "records",
    "sentence",
    "tables",
    "text",
    "verify",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .downloading import download
    from .explaining import explain, mentions_of, sentence
    from .exporting import export


# What explains, exports and verifies needs pydantic or more: too slow to import for a mere `load`.
_MODULES = {
    "download": "downloading",
    "explain": "explaining",
    "export": "exporting",
    "mentions_of": "explaining",
    "sentence": "explaining",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
