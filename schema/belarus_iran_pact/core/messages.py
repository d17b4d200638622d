"""How the package says what is wrong: one line, what was probably meant, nothing that acts on a terminal or on SQL."""

from __future__ import annotations

from collections.abc import Iterable

MANY = 40
"""Up to this many choices are listed in full; of more, only the closest."""

# Characters that could move the cursor, change colours or reverse what is read. Line feeds are not among them.
_CONTROLS = (*range(0x0A), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A))
_SPELLED_OUT = {code: chr(code).encode("unicode_escape").decode() for code in _CONTROLS}


class UsageError(ValueError):
    """The caller asked for something that cannot be: an unknown name, or a value of the wrong form."""


def unknown(noun: str, word: object, known: Iterable[str], nouns: str = "") -> UsageError:
    """The error to raise for a name that nothing has: it suggests the closest one and lists what there is.

    Args:
        noun: what the name should be of, such as "table".
        word: the name given.
        known: the names that there are.
        nouns: what those are called together; by default `noun` with an s.
    """
    sentences = _suggestions(str(word), known, nouns or f"{noun}s")
    return UsageError(" ".join([f"no {noun} {word!r}.", *(text[0].upper() + text[1:] for text in sentences)]))


def did_you_mean(word: str, known: Iterable[str], nouns: str) -> str:
    """What to do about an unknown word, as the last part of a fault: the closest known word, then all of them."""
    return " ".join(_suggestions(word, known, nouns))


def _suggestions(word: str, known: Iterable[str], nouns: str) -> list[str]:
    import difflib  # Imported only when something is wrong, so that loading stays fast.

    choices = list(known)
    close = difflib.get_close_matches(word, choices, n=5, cutoff=0.5)
    hint = [f"did you mean {close[0]!r}?"] if close else []
    if len(choices) > MANY:
        return [*hint, f"of the {len(choices)} {nouns}, the closest are: {', '.join(close) or 'none'}"]
    return [*hint, f"the {nouns} are: {', '.join(choices) or 'none'}"]


def fault_text(place: object, what: str, why: str, remedy: str) -> str:
    """A fault as one line. `place` is a file, or `file:line`."""
    return f"{place}: {what}; {why}; {remedy}"


def one_line(text: object, most: int | None = None) -> str:
    """A text, or an error's message, on one line, cut after `most` characters."""
    return " ".join(str(text).split())[:most]


def visible(text: str) -> str:
    """A text whose control characters, line feeds apart, are spelled out, so that they cannot act on a terminal."""
    return text.translate(_SPELLED_OUT)


def sql_name(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def sql_text(text: str) -> str:
    """A quoted SQL string."""
    return "'" + text.replace("'", "''") + "'"
