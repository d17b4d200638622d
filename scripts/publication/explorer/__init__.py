"""The explorer: one self-contained page that shows the article and everything coded from it, and pictures for elsewhere.

The page is complete without its script: every row, sentence and actor is there and has an address. The script adds
selection, search and filters, and finds all it needs in the page itself. Everything from the tables goes through the
template engine's escaping; nothing of it becomes script or style.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import jinja2
from markupsafe import Markup

from belarus_iran_pact.core.table import Tables

from .content import KINDS, Content
from .drawing import STYLE
from .network import Network
from .timeline import timeline_picture

_HERE = Path(__file__).parent

# Each table that the page shows as it is, with the question that it answers.
_PLAIN = {
    "dyads": "Which two states have to do with each other in which happening, with country codes to merge on?",
    "scope_verdicts": "Would these rows belong in other datasets?",
    "crosswalk": "What do the terms correspond to in other schemes?",
    "terms": "What do the coded values mean?",
    "residue": "Which words was nothing coded from?",
}

# Policies name style and script by hash, so that nothing that got into the page otherwise could run.
_POLICY = (
    "default-src 'none'; style-src {style}; script-src {script}; img-src data:; base-uri 'none'; form-action 'none'"
)


def explorer(tables: Tables, version: str) -> str:
    """The page as HTML."""
    style = (_HERE / "page.css").read_text(encoding="utf-8") + STYLE
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja").render(
        content=Content(tables, version),
        kinds=KINDS,
        plain=_PLAIN,
        policy=_POLICY.format(style=_pinned(style), script=_pinned(script)),
        style=Markup(style),
        script=Markup(script),
        timeline=Markup(timeline_picture(tables, alone=False)),
        network=Markup(Network(tables).picture(alone=False)),
    )


def pictures(tables: Tables) -> dict[str, str]:
    """The pictures that stand alone, as SVG by file name."""
    return {"timeline.svg": timeline_picture(tables, alone=True), "network.svg": Network(tables).picture(alone=True)}


def _pinned(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
