"""What the pictures share: drawing with drawsvg, texts cut into lines, and the style that makes a picture stand alone."""

from __future__ import annotations

import textwrap
from html import escape
from pathlib import Path
from typing import Any

import drawsvg  # type: ignore[import-untyped]

STYLE = (Path(__file__).parent / "picture.css").read_text(encoding="utf-8")

LINE = 15
"""The distance of two lines of text, in the unit of the pictures, which is a pixel at full size."""


class _Link(drawsvg.DrawingParentElement):  # type: ignore[misc]
    TAG_NAME = "a"


class _Style(drawsvg.DrawingParentElement):  # type: ignore[misc]
    TAG_NAME = "style"
    has_content = True

    def write_content(self, _id_map: Any, _is_duplicate: Any, output_file: Any, _context: Any, _dry_run: Any) -> None:
        output_file.write(STYLE)


class Picture:
    """A picture under way.

    drawsvg escapes texts and leaves attributes as they are, so whatever comes from the tables goes through here.

    Attributes:
        alone: whether it is to stand alone in a file, with its style and without links into the page.
    """

    def __init__(self, width: int, height: int, title: str, summary: str, *, alone: bool) -> None:
        self.alone = alone
        label = escape(f"{title}. {summary}")
        # What is within an image is hidden from screen readers, and so must not be a link.
        role = "img" if alone else "group"
        self._drawing = drawsvg.Drawing(width, height, **{"class": "picture", "role": role, "aria-label": label})
        self._drawing.append_title(title)
        if alone:
            self._drawing.append(_Style())
        self._drawing.append(drawsvg.Rectangle(0, 0, width, height, class_="paper"))
        self._into: Any = self._drawing

    def row(self, *addresses: str) -> None:
        """What is drawn from here on belongs to rows: it is marked with them, and links to the first."""
        self.between(*addresses)
        if not self.alone:
            # Tables beside the picture have the same links for the keyboard.
            link = _Link(href=escape(f"#{addresses[0]}"), tabindex=-1)
            self._into.append(link)
            self._into = link

    def between(self, *addresses: str) -> None:
        """What is drawn from here on belongs to rows, as those above, and links to none, having no words of its own."""
        self._into = drawsvg.Group(data_rows=escape(" ".join(addresses)))
        self._drawing.append(self._into)

    def furniture(self) -> None:
        """What is drawn from here on belongs to no row."""
        self._into = self._drawing

    def text(self, x: int, y: int, lines: str | list[str], *, style: str = "", anchor: str = "start") -> None:
        """Text, one line below the other; `y` is the first one's baseline."""
        anchored = {} if anchor == "start" else {"text_anchor": anchor}
        for at, line in enumerate([lines] if isinstance(lines, str) else lines):
            # The size is the style sheet's.
            self._into.append(drawsvg.Text(line, None, x, y + at * LINE, class_=f"t {style}".strip(), **anchored))

    def box(self, x: int, y: int, width: int, height: int, style: str, *, round_by: int = 0) -> None:
        """A rectangle."""
        self._into.append(drawsvg.Rectangle(x, y, width, height, rx=round_by, class_=style))

    def line(self, x: int, y: int, to_x: int, to_y: int, style: str) -> None:
        """A straight line."""
        self._into.append(drawsvg.Line(x, y, to_x, to_y, class_=style))

    def curve(self, x: int, y: int, to_x: int, to_y: int, style: str) -> None:
        """A line that leaves and arrives level."""
        middle = (x + to_x) // 2
        path = drawsvg.Path(class_=style)
        path.M(x, y).C(middle, y, middle, to_y, to_x, to_y)
        self._into.append(path)

    def shape(self, points: list[tuple[int, int]], style: str) -> None:
        """A polygon."""
        self._into.append(drawsvg.Lines(*[value for point in points for value in point], close=True, class_=style))

    def circle(self, x: int, y: int, radius: int, style: str) -> None:
        """A circle."""
        self._into.append(drawsvg.Circle(x, y, radius, class_=style))

    def svg(self) -> str:
        """The picture as SVG text."""
        text: str = self._drawing.as_svg(header="", skip_js=True, skip_css=True)
        return text.strip() + "\n"


def lines_of(text: str, characters: int) -> list[str]:
    """A text cut into lines of so many characters at most; words that are longer are cut too."""
    return textwrap.wrap(text, characters) or [""]
