"""The explorer: the page and its pictures say what the tables say, as text, and work in a real browser.

The browser tests need Debian's chromium, and axe-core for the check of accessibility; where either is missing they are
skipped and say so. `CHROMIUM` and `AXE_CORE` name them where they are in unusual places.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

from belarus_iran_pact.core.table import Tables, primary_key
from belarus_iran_pact.models import TABLES
from publication import package as publish
from publication.explorer import explorer, pictures
from publication.explorer.content import sentence_addresses
from publication.explorer.drawing import STYLE
from publication.explorer.segments import Span, segments

ROOT = Path(__file__).resolve().parents[1]
DATASET = ROOT / "dataset"
MOST_BYTES = 1_000_000

AXE = Path(
    os.environ.get("AXE_CORE")
    or Path.home() / ".cache" / "belarus-iran-pact" / "node_modules" / "axe-core" / "axe.min.js"
)
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

HOSTILE = (
    "</script><script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\"> "
    "'\"><b id=intruder>&amp; {{ 7 * 7 }} ]]> \u2028 <!-- " + "w" * 400
)


@pytest.fixture(scope="session")
def tables() -> Tables:
    """The published tables; to be read only."""
    return publish.read_tables(DATASET, "csv")


@pytest.fixture(scope="session")
def page(tables: Tables) -> str:
    """The explorer page of the published tables."""
    return explorer(tables, "0")


@pytest.fixture(scope="session")
def parsed(page: str) -> Parsed:
    """What the page holds."""
    return Parsed(page)


@pytest.fixture(scope="session")
def drawn(tables: Tables) -> dict[str, ElementTree.Element]:
    """The pictures that stand alone, by file name."""
    return {name: ElementTree.fromstring(text) for name, text in pictures(tables).items()}


@pytest.fixture(scope="session")
def hostile(tables: Tables) -> Tables:
    """The published tables with markup, quotes and very long words in titles, remarks and ids."""
    spoilt = copy.deepcopy(tables)
    for table, column, at, new in (
        ("claims", "statement", 3, f"claim {HOSTILE}"),
        ("places", "name", 0, f"place {HOSTILE}"),
        ("cues", "text", 0, f"cue {HOSTILE}"),
        ("open_questions", "question", 0, f"question {HOSTILE}"),
        ("claims", "note", 9, f"note {HOSTILE}"),
        ("events", "label", 0, f"event {HOSTILE}"),
        ("actors", "name", 1, f"actor {HOSTILE}"),
        ("provisions", "label", 2, f"provision {HOSTILE}"),
        ("agreements", "label", 0, f"agreement {HOSTILE}"),
        ("discrepancies", "description", 0, f"discrepancy {HOSTILE}"),
        ("terms", "definition", 0, f"term {HOSTILE}"),
        ("claims", "claim_id", 5, "claim-\"><script>document.title='broken'</script>"),
        ("events", "event_id", 1, "event-\"'><img src=x onerror=alert(1)>"),
    ):
        old = spoilt[table][at][column]
        for rows in spoilt.values():
            for row in rows:
                row |= {name: new for name, value in row.items() if value == old}
    return spoilt


@pytest.fixture(scope="session")
def hostile_page(hostile: Tables) -> str:
    """The explorer page of the hostile tables."""
    return explorer(hostile, "0")


class Parsed(HTMLParser):
    """What a page holds: its elements with their attributes, and its text without style and script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._silent = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._silent = tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text += data

    def attributes(self, name: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(name)) is not None]


# --- Segments ---


def test_overlapping_marks_lose_words_or_hide_each_other() -> None:
    """Overlapping marks lose words or hide each other: each segment must know every span over it, and no other."""
    spans = [
        Span(10, 16, "claim", "possible"),
        Span(12, 18, "event"),
        Span(12, 14, "mention"),
        Span(12, 14, "mention"),
    ]
    found = segments("abcdefghij", 10, spans)
    told = [(segment.text, segment.kinds, segment.hints) for segment in found]
    assert told == [
        ("ab", ("claim",), ()),
        ("cd", ("claim", "event", "mention"), ()),
        ("ef", ("claim", "event"), ("possible",)),
        ("gh", ("event",), ()),
        ("ij", (), ()),
    ]
    assert all(left.end == right.start for left, right in pairwise(found))


@pytest.mark.parametrize(("start", "end"), [(4, 7), (12, 17), (8, 8), (9, 8)])
def test_span_reaches_out_of_its_sentence(start: int, end: int) -> None:
    """A span reaches out of its sentence, or is empty, and words are marked that no row rests on."""
    with pytest.raises(ValueError, match="does not lie within"):
        segments("sentence", 6, [Span(start, end, "claim")])


def test_article_is_not_what_the_tables_hold(tables: Tables, page: str) -> None:
    """The article is not what the tables hold: a sentence's words differ once it is cut into segments."""
    segment = re.compile(r'<span class="seg[^>]*>(.*?)</span>', re.DOTALL)
    for passage in tables["passages"]:
        start = page.index(f'id="passages/{passage["passage_id"]}">')
        inner = page[start : page.index("</p>", start)]
        assert Parsed("".join(segment.findall(inner))).text == passage["text"]


# --- The page as a file ---


def test_row_or_sentence_has_no_address(tables: Tables, parsed: Parsed) -> None:
    """A row or sentence has no address, or shares it: a colleague cannot be pointed at it. Rules and readings are not on the page."""
    ids = Counter(parsed.attributes("id"))
    shown = tables.keys() - {"rules", "readings", "reliability"}
    rows = [f"{name}/{row[primary_key(TABLES[name])]}" for name in shown for row in tables[name]]
    sentences = [row["passage_id"].rpartition(".")[2] for row in tables["passages"]]
    assert [address for address in (*rows, *sentences) if ids[address] != 1] == []
    assert [address for address, count in ids.items() if count > 1] == []


def test_sentences_of_two_sources_share_an_address(tables: Tables) -> None:
    """Sentences of two sources share an address: then the whole id must tell them apart."""
    assert sentence_addresses([{"passage_id": "a.s01"}, {"passage_id": "b.s01"}]) == {
        "a.s01": "a.s01",
        "b.s01": "b.s01",
    }
    assert sentence_addresses(tables["passages"])[tables["passages"][3]["passage_id"]] == "s04"


def test_link_leads_nowhere(parsed: Parsed) -> None:
    """A link leads nowhere: it names an address that nothing on the page has, or leaves the page."""
    ids = {f"#{address}" for address in parsed.attributes("id")}
    links = {link for tag, attributes in parsed.elements if tag == "a" and (link := attributes.get("href"))}
    assert links
    assert not links - ids


def test_claim_is_shown_by_its_bare_proposition(tables: Tables, page: str) -> None:
    """A claim is shown by its bare proposition, which says the opposite of what is denied: links must have its statement."""
    statements = {row["claim_id"]: row["statement"] for row in tables["claims"]}
    links = re.findall(r'<a href="#claims/([^"]*)">(.*?)</a>', page)
    assert {claim_id for claim_id, _ in links} == statements.keys()
    assert [claim_id for claim_id, text in links if unescape(text) != statements[claim_id]] == []


def test_happening_is_counted_twice(tables: Tables, page: str) -> None:
    """A happening is counted twice on the page, or not at all, or an event that tells of it does not lead to the one counted."""
    told = r'<tr class="row" id="timeline/([^"]*)"[^\n]*<td>(?:(once|no)|with <a href="#events/([^"]*)">[^\n]*?)</td>'
    expected = []
    for row in tables["timeline"]:
        (event,) = (event for event in tables["events"] if event["event_id"] == row["event_id"])
        if event["happening_id"] == event["event_id"]:
            expected.append((event["event_id"], "once" if event["count_once"] else "no", ""))
        else:
            expected.append((event["event_id"], "", event["happening_id"]))
    assert re.findall(told, page) == expected


def test_page_is_too_heavy(page: str) -> None:
    """The page is too heavy to send to a colleague: one megabyte is the limit."""
    assert len(page.encode()) < MOST_BYTES


def test_page_refers_to_the_web(page: str, tables: Tables) -> None:
    """The page or a picture refers to the web: only the names of SVG's namespaces may look like addresses."""
    for text in (page, *pictures(tables).values()):
        found = set(re.findall(r"\w+://[^\s\"'<]*", text))
        assert found <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_policy_pins_other_text_than_the_page_has(page: str) -> None:
    """The policy pins other text than the page has: a browser would run no script and show no style."""
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src &#39;none&#39;;")
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;" in policy


def test_hostile_cell_becomes_markup(hostile_page: str) -> None:
    """A hostile cell becomes markup: tags, quotes and template braces from a table must stay text."""
    parsed = Parsed(hostile_page)
    assert [tag for tag, _ in parsed.elements].count("script") == 1
    assert not [tag for tag, _ in parsed.elements if tag in ("img", "iframe", "object", "embed", "base")]
    assert not [name for _, attributes in parsed.elements for name in attributes if name.startswith(("on", "style"))]
    assert "intruder" not in parsed.attributes("id")
    for kind in (
        "claim",
        "note",
        "event",
        "actor",
        "provision",
        "agreement",
        "discrepancy",
        "term",
        "place",
        "cue",
        "question",
    ):
        assert f"{kind} {HOSTILE}" in parsed.text, kind


def test_hostile_cell_breaks_a_picture(hostile: Tables) -> None:
    """A hostile cell breaks a picture: what stands alone must be well-formed XML with no script in it."""
    for text in pictures(hostile).values():
        root = ElementTree.fromstring(text)
        assert not [element for element in root.iter() if element.tag.endswith(("}script", "}img", "}a"))]


def test_picture_says_nothing_to_who_cannot_see_it(drawn: dict[str, ElementTree.Element]) -> None:
    """A picture says nothing to who cannot see it: each needs a title and a text in its stead."""
    for root in drawn.values():
        assert root.get("role") == "img"
        assert len(root.get("aria-label", "")) > 100
        assert root.findtext("{http://www.w3.org/2000/svg}title")


def luminance(colour: str) -> float:
    """The relative luminance of a colour such as #0b5394, as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_picture_is_pale() -> None:
    """A picture is pale: text needs a contrast of 4.5 to what is behind it, lines and shapes one of 3."""
    needed = {"ink": 4.5, "soft": 4.5, "event": 3, "stated": 3, "inferred": 3, "first": 3, "second": 3, "other": 3}
    for scheme in STYLE.split("@media"):
        colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", scheme))
        for name, least in needed.items():
            for behind in ("paper", "fill"):
                low, high = sorted(luminance(colours[which]) for which in (name, behind))
                assert (high + 0.05) / (low + 0.05) >= least, (name, behind)


def test_picture_has_fractions(drawn: dict[str, ElementTree.Element]) -> None:
    """A picture has fractions: coordinates that are not whole numbers may differ between machines."""
    for root in drawn.values():
        for element in root.iter():
            for name in ("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height", "d", "points"):
                assert "." not in element.get(name, ""), (element.tag, name, element.get(name))


def test_timeline_leaves_out_an_event(tables: Tables, drawn: dict[str, ElementTree.Element]) -> None:
    """The timeline leaves out an event: undated ones must be drawn too."""
    text = " ".join(drawn["timeline.svg"].itertext())
    for row in tables["events"]:
        assert all(word in text for word in row["label"].split()), row["label"]


@pytest.mark.parametrize("empty", ["events", "actors"])
def test_picture_of_little_fails(tables: Tables, empty: str) -> None:
    """A picture of little fails: a package without dates, or without anybody's part in anything, must be drawn too."""
    less = dict(copy.deepcopy(tables))
    if empty == "events":
        for row in (*less["events"], *less["timeline"]):
            row |= {name: None for name in row if name.startswith("date_")}
    else:
        less["event_actors"], less["agreement_actors"] = [], []
    for text in pictures(less).values():
        ElementTree.fromstring(text)


def test_file_is_not_listed_as_a_plain_file() -> None:
    """A file is not listed as a plain file: validators check bytes and hash of those only."""
    listed = json.loads((DATASET / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    found = {resource["path"]: resource for resource in listed}
    for path in ("explorer.html", "pictures/timeline.svg", "pictures/network.svg"):
        assert {"bytes", "hash", "mediatype"} <= found[path].keys()
        assert "type" not in found[path]
        assert found[path]["format"] != "html"


# --- In a browser ---


RESET = """() => {
    document.querySelector('#filter').reset();
    const query = document.querySelector('#query');
    query.value = '';
    query.dispatchEvent(new Event('input'));
    document.activeElement.blur();
    location.hash = '';
    scrollTo(0, 0);
    return new Promise((done) => setTimeout(done));
}"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, headless."""
    if CHROMIUM is None:
        pytest.skip("no browser: install Debian's chromium to test the explorer in one")
    api = pytest.importorskip("playwright.sync_api", reason="no playwright to drive a browser")
    with api.sync_playwright() as playwright:
        # Each launch has a new user-data-dir of its own.
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield running
        running.close()


class Opened(NamedTuple):
    """A page in the browser, and what it said and asked for since it was opened."""

    page: Any
    said: list[str]
    requests: list[str]


def opened(browser: Any, folder: Path, text: str, fragment: str = "", **options: Any) -> Opened:
    """A page opened from disk."""
    file = folder / "explorer.html"
    file.write_bytes(text.encode())
    # Without animations, nothing has to be waited for.
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce", **options)
    found = Opened(context.new_page(), [], [])
    found.page.on("console", lambda message: found.said.append(message.text))
    found.page.on("pageerror", lambda error: found.said.append(str(error)))
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.goto(file.as_uri() + fragment)
    return found


@pytest.fixture(scope="session")
def good(browser: Any, tmp_path_factory: pytest.TempPathFactory, page: str) -> Opened:
    """The page of the published tables, opened once."""
    return opened(browser, tmp_path_factory.mktemp("good"), page)


@pytest.fixture
def shown(good: Opened) -> Iterator[Any]:
    """The page of the published tables as it is when just opened; it must not complain, nor ask for anything else."""
    good.page.set_viewport_size({"width": 1280, "height": 800})
    good.page.emulate_media(media="screen", color_scheme="light")
    good.page.evaluate(RESET)
    yield good.page
    assert good.said == []
    assert {url for url in good.requests if not url.startswith("data:")} == {good.page.url.partition("#")[0]}


@pytest.fixture(scope="session")
def bad(browser: Any, tmp_path_factory: pytest.TempPathFactory, hostile_page: str) -> Opened:
    """The page of the hostile tables, opened once."""
    return opened(browser, tmp_path_factory.mktemp("bad"), hostile_page)


def selection(page: Any) -> str:
    text: str = page.locator("#selection").inner_text()
    return text


def go(page: Any, fragment: str) -> None:
    """Follow an address on the page."""
    page.evaluate("id => { location.hash = id; return new Promise((done) => setTimeout(done)); }", fragment)


@pytest.mark.slow
def test_sentence_does_not_show_its_rows(shown: Any, tables: Tables) -> None:
    """Selecting a sentence does not show the rows that rest on it, or the way back does not bring it back."""
    shown.locator("#s04 .no").click()
    passage = next(row for row in tables["passages"] if row["passage_id"].endswith(".s04"))
    texts = {row["claim_id"]: row["statement"] for row in tables["claims"]}
    resting = {
        texts[row["row_id"]]
        for row in tables["evidence"]
        if row["table_name"] == "claims" and row["passage_id"] == passage["passage_id"]
    }
    assert resting
    assert not [text for text in resting if text not in selection(shown)]
    assert shown.url.endswith("#s04")
    shown.locator("#s05 .no").click()
    shown.go_back()
    assert "Sentence 4" in selection(shown)


@pytest.mark.slow
def test_words_show_rows_of_other_words(shown: Any) -> None:
    """Selecting a marked word shows rows of other words, or not those of its own."""
    shown.locator("#s04 .seg", has_text="Minsk").click()
    assert "took place in Minsk." in selection(shown)
    assert "place_id" in selection(shown)
    assert "the delegation from Iran's General Staff concluded its work." not in selection(shown)


@pytest.mark.slow
def test_row_does_not_mark_its_words(shown: Any) -> None:
    """Selecting a row does not mark its words in the article, or does not quote them."""
    shown.locator('[id="claims/claim-exercise-demonstrates-commitment"] .title a').click()
    marked = "".join(shown.locator("#s09 .seg.hit").all_text_contents())
    assert "the exercise could serve as a demonstration" in marked
    assert "could" in selection(shown)
    assert shown.locator('[id="claims/claim-exercise-demonstrates-commitment"].selected').count() == 1
    assert shown.locator("#s09 .seg.hit").first.is_visible()
    shown.set_viewport_size({"width": 360, "height": 800})
    shown.locator('[id="claims/claim-closed-topics"] .title a').click()
    assert "Alexander Lukashenko" in selection(shown)
    assert shown.locator(".sentence .seg.hit").count() > 0


@pytest.mark.slow
def test_picture_does_not_lead_to_its_row(shown: Any) -> None:
    """A picture does not lead to its row, or a selected row is not marked in the pictures."""
    shown.locator('#network svg a[href="#actors/actor-lukashenko"] text').first.click()
    assert shown.url.endswith("#actors/actor-lukashenko")
    assert "Alexander Lukashenko" in selection(shown)
    assert shown.locator('#network [data-rows~="actors/actor-lukashenko"].hit').count() > 1


@pytest.mark.slow
def test_search_finds_nothing(shown: Any) -> None:
    """The search finds nothing, or not both rows and sentences, or its first result cannot be opened by Enter."""
    shown.fill("#query", "missile technology")
    kinds = shown.locator("#results small").all_text_contents()
    assert {"sentence 20", "claims"} <= set(kinds)
    assert "found" in shown.locator("#found").inner_text()
    shown.press("#query", "Enter")
    assert shown.url.endswith("#s20")
    assert shown.locator("#results").is_hidden()
    shown.fill("#query", "no such words here")
    assert shown.locator("#found").inner_text() == "0 found"


@pytest.mark.slow
def test_filter_shows_the_wrong_claims(shown: Any, tables: Tables) -> None:
    """A filter or a count shows the wrong claims, cannot be undone, or hides a claim that an address names."""
    claims = tables["claims"]
    visible = shown.locator("#claims .card:visible")

    def count(voice: str, sure: str) -> int:
        return sum(
            row["voice_actor_id"] == voice and row["factuality"] in (sure or row["factuality"],) for row in claims
        )

    shown.select_option('[name="voice"]', "actor-analysts")
    assert visible.count() == count("actor-analysts", "")
    shown.select_option('[name="sure"]', "PS+")
    assert visible.count() == count("actor-analysts", "PS+")
    assert shown.locator("#count").inner_text() == f"{visible.count()} of {len(claims)} claims"
    go(shown, "claims/claim-closed-topics")
    assert shown.locator('[id="claims/claim-closed-topics"]').is_visible()
    shown.locator('.counts td[data-voice="actor-article"][data-sure="PS+"] button').click()
    assert visible.count() == count("actor-article", "PS+")
    shown.get_by_role("button", name="Show all").click()
    shown.wait_for_timeout(50)
    assert visible.count() == len(claims)
    shown.check('[name="granted"]')
    assert visible.count() == sum(row["presupposed"] for row in claims)


@pytest.mark.slow
def test_address_does_not_open_what_it_names(shown: Any, tables: Tables) -> None:
    """An address does not open what it names: opened there, the page must select it and bring it into view."""
    evidence = tables["evidence"][40]["evidence_id"]
    side = next(row for row in tables["discrepancy_sides"] if row["quote"] == "Secret")
    for fragment, selected, says in (
        ("s04", "#s04", "Sentence 4"),
        (f"passages/{tables['passages'][3]['passage_id']}", "#s04", "Sentence 4"),
        ("claims/claim-closed-topics", '[id="claims/claim-closed-topics"]', "Alexander Lukashenko"),
        ("actors/actor-kremlin", '[id="actors/actor-kremlin"]', "The Kremlin"),
        ("event_actors/event-signing.actor-iran.signatory", '[id="events/event-signing"]', "Belarus and Iran sign"),
        # These two rest on words that the page quotes once, with the row that they belong to.
        (
            "claim_about/claim-closed-topics.subject.actor-iran",
            '[id="claims/claim-closed-topics"]',
            "are no closed topics",
        ),
        (
            f"discrepancy_sides/{side['discrepancy_side_id']}",
            f'[id="discrepancies/{side["discrepancy_id"]}"]',
            "Secret",
        ),
        ("terms/event_type.signing", '[id="terms/event_type.signing"]', "Signing"),
        ("timeline/event-signing", '[id="timeline/event-signing"]', "Belarus and Iran sign"),
        (f"evidence/{evidence}", ".card", "rests on"),
    ):
        go(shown, fragment)
        assert says in selection(shown)
        assert shown.locator(f"{selected}:is(.selected, .within)").count() == 1
        top = shown.evaluate("id => document.getElementById(id).getBoundingClientRect().top", fragment)
        assert 0 <= top < 800, fragment
    shown.reload()
    assert "rests on" in selection(shown)


@pytest.mark.slow
def test_keyboard_alone_does_not_do(shown: Any) -> None:
    """The keyboard alone does not do: words must be reached by Tab and arrows, selected by Enter, let go by Escape."""
    shown.reload()  # Else Tab goes on from where the last test was.
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.className") == "skip"
    shown.keyboard.press("Enter")
    for _ in range(20):
        shown.keyboard.press("Tab")
        if shown.evaluate("document.activeElement.classList.contains('seg')"):
            break
    shown.keyboard.press("ArrowRight")
    shown.keyboard.press("ArrowRight")
    words = shown.evaluate("document.activeElement.textContent.trim()")
    shown.keyboard.press("Enter")
    assert words in selection(shown)
    # The rows shown are reached from there.
    for _ in range(80):
        shown.keyboard.press("Tab")
        if shown.evaluate("!!document.activeElement.closest('#selection a')"):
            break
    shown.keyboard.press("Enter")
    assert "/" in shown.evaluate("decodeURIComponent(location.hash)")
    shown.keyboard.press("Escape")
    assert shown.locator("#selection").is_hidden()


@pytest.mark.slow
def test_page_is_empty_without_script(browser: Any, page: str, tables: Tables, tmp_path: Path) -> None:
    """The page is empty without script: article, tables and pictures must be there, and no dead controls."""
    bare = opened(browser, tmp_path, page, "#claims/claim-closed-topics", java_script_enabled=False).page
    text = bare.locator("main").inner_text()
    assert not [row["text"] for row in tables["passages"] if row["kind"] == "body" and row["text"][:20] not in text]
    assert not [row["statement"] for row in tables["claims"] if row["statement"] not in text]
    assert bare.locator("svg.picture:visible").count() == 2
    assert bare.locator(".js-only:visible").count() == 0
    assert bare.locator('[id="claims/claim-closed-topics"]').is_visible()
    bare.context.close()


@pytest.mark.slow
def test_print_shows_controls(shown: Any) -> None:
    """The print shows controls, or leaves out the article or the pictures."""
    go(shown, "s04")
    shown.emulate_media(media="print")
    for selector in (".bar", "#selection", "#filter"):
        assert shown.locator(selector).is_hidden(), selector
    for selector in ("#s22", "#when svg", "#network svg"):
        assert shown.locator(selector).is_visible(), selector
    assert shown.evaluate("getComputedStyle(document.querySelector('#article')).overflowY") == "visible"


@pytest.mark.slow
def test_dark_mode_stays_light(shown: Any) -> None:
    """Dark mode stays light, on the page or in the pictures."""
    look = "['body', '.paper'].map((at) => getComputedStyle(document.querySelector(at)))"
    light = shown.evaluate(f"{look}.map((style) => [style.backgroundColor, style.fill])")
    shown.emulate_media(color_scheme="dark")
    dark = shown.evaluate(f"{look}.map((style) => [style.backgroundColor, style.fill])")
    assert light[0][0] != dark[0][0]
    assert light[1][1] != dark[1][1]


@pytest.mark.slow
def test_kinds_differ_by_colour_only(shown: Any) -> None:
    """Kinds of marked words differ by colour only: without colours, their looks must still differ."""
    looks = shown.evaluate(
        """() => [...document.querySelectorAll('.legend .seg')].map((element) => {
            const style = getComputedStyle(element);
            const lines = style.backgroundImage.replace(/rgba?\\(([^)]*)\\)/g, (all, c) => (/, 0$/.test(c) ? 'none' : 'ink'));
            return [lines, style.backgroundColor === 'rgba(0, 0, 0, 0)', style.fontStyle, style.fontWeight].join();
        })"""
    )
    assert len(looks) == len(set(looks)) == 6


@pytest.mark.slow
def test_hostile_text_runs(bad: Opened, hostile: Tables) -> None:
    """Hostile text in a cell runs or breaks the page, instead of being shown."""
    page = bad.page
    page.fill("#query", "document.title")
    page.locator("#results a").first.click()
    page.locator("#claims .title a", has_text="claim </script>").click()
    assert "</script><script>document.title='broken'" in selection(page)
    statement = hostile["claims"][5]["statement"]  # Its id is hostile.
    page.locator("#claims .title a", has_text=statement).click()
    assert statement in selection(page)
    page.locator("#s01 .no").click()
    assert "intruder" in selection(page)
    assert page.locator("#intruder, img, iframe").count() == 0
    assert page.locator("script").count() == 1
    assert page.title().startswith("Explorer: ")
    assert bad.said == []


@pytest.mark.slow
def test_page_scrolls_sideways(bad: Opened) -> None:
    """The page scrolls sideways at 360 pixels, long words and all: only pictures and tables may, within themselves."""
    bad.page.set_viewport_size({"width": 360, "height": 800})
    bad.page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    for fragment in ("s01", "discrepancies/discrepancy-secret"):
        go(bad.page, fragment)
        assert bad.page.evaluate("document.documentElement.scrollWidth") <= 360


# Leaves cards of every look, a few rows of each table and a few sentences, so that axe takes seconds; opens everything.
ONE_OF_EACH = """() => {
    const seen = new Set();
    for (const card of document.querySelectorAll('.card')) {
        const looks = [card, ...card.querySelectorAll('.b, .cue, .note, .role')].map((at) => card.closest('section').id + at.className);
        if (looks.every((look) => seen.has(look))) card.remove();
        looks.forEach((look) => seen.add(look));
    }
    const more = 'tbody tr:nth-child(n+4), .sentence:nth-child(n+5):not(#s09), .nested > :nth-child(n+3), .w ~ .w ~ .w, .cells > :nth-child(n+9)';
    for (const element of document.querySelectorAll(more)) element.remove();
    for (const details of document.querySelectorAll('details')) details.open = true;
    // axe does not judge contrast on lines drawn as gradients; without these it does, on the tints that remain.
    document.styleSheets[0].insertRule('.seg { background: var(--tint) !important; }', document.styleSheets[0].cssRules.length);
}"""


def axe_finds(page: Any) -> list[tuple[str, list[str]]]:
    """The breaches of WCAG A or AA that axe finds on a page: the rule, and the elements that break it."""
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})", RULES
    )
    return [(item["id"], [node["html"][:200] for node in item["nodes"][:9]]) for item in found["violations"]]


@pytest.fixture
def axe() -> str:
    """The script of axe-core."""
    if not AXE.is_file():
        pytest.skip(f"no axe-core at {AXE}: npm install --prefix {AXE.parents[2]} axe-core")
    return AXE.read_text(encoding="utf-8")


@pytest.mark.slow
def test_published_page_is_not_accessible(browser: Any, page: str, axe: str, tmp_path: Path) -> None:
    """The published page is not accessible, whole and as it opens: axe finds a breach of WCAG A or AA."""
    whole = opened(browser, tmp_path, page).page
    whole.evaluate(axe)
    assert axe_finds(whole) == []


@pytest.mark.slow
def test_page_is_not_accessible(bad: Opened, axe: str) -> None:
    """The page is not accessible: axe finds a breach of WCAG A or AA while all is open, found and selected."""
    page = bad.page
    page.evaluate(axe)
    page.evaluate(ONE_OF_EACH)
    for scheme, width, id_ in (("light", 1280, "#claims .card:nth-child(3)"), ("dark", 360, "#s09")):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate(RESET)
        go(page, page.locator(id_).first.get_attribute("id"))
        page.fill("#query", "Minsk")
        assert axe_finds(page) == []
