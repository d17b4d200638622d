"""The Belarus-Iran 2026 military cooperation plan, as one news article reports it: events, actors and provisions.

    import belarus_iran_pact as bip

    bip.tables()          # what there is
    bip.load("events")    # a pyarrow.Table

Importing this package imports neither pyarrow nor pydantic; `load` imports pyarrow when it is called.
"""

from .loading import TableInfo, load, path, tables

__version__ = "0.1.0"

__all__ = ["TableInfo", "__version__", "load", "path", "tables"]
