"""How the package says what is wrong: one line, and nothing that acts on SQL."""

from __future__ import annotations


def one_line(text: object, most: int | None = None) -> str:
    """A text, or an error's message, on one line, cut after `most` characters."""
    return " ".join(str(text).split())[:most]


def sql_name(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def sql_text(text: str) -> str:
    """A quoted SQL string."""
    return "'" + text.replace("'", "''") + "'"
