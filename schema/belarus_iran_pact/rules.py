"""The rules of the coding manual (`seeds/CODING.md`) that a program can decide, as laws of the data.

Each check goes through the cases to which its rules apply, and says of each whether the rule holds. So a rule that no case puts to the
test is not mistaken for one that holds: `judged` counts the cases.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from .coding import CERTAINTY_KINDS, OWN_VOICE, SAYING_KINDS, Coding, Span, any_meets, grouped, span_of, thing_of
from .core.content import Breach, Content
from .core.laws import Asked, Law


class Case(NamedTuple):
    """A case to which a rule applies, and whether it holds there; `what` is said where it does not."""

    rule: str
    holds: bool
    table: str
    row_id: str
    column: str | None
    what: str


# --- What the manual lists ---

CODES: dict[str, set[tuple[str | None, str | None, str | None]]] = {
    "signing": {("057", "SUPPORT", None)},
    "finalization": {("057", "SUPPORT", None)},
    "announcement": {("010", None, None)},
    "demand": {("102", "REQUEST", "assist")},
    "statement": {("036", "AGREE", None), ("013", None, None), ("010", None, None)},
    "visit": {("042", "CONSULT", "visit")},
    "talks": {("046", "CONSULT", None)},
    "meeting": {("042", "CONSULT", "visit"), ("040", "CONSULT", None)},
    "conclusion_of_work": {(None, None, None)},
    "exercise": {("0312", "AGREE", None)},
    "cooperation": {("0312", "AGREE", None), ("0314", "AGREE", None), ("031", "AGREE", None)},
    "sanctioning": {("163", "SANCTION", "discontinue")},
    "pressuring": {(None, None, None)},
}
"""By type of event, what CAMEO code, PLOVER event and mode it may have together (E9)."""

TO_COME = ("exercise", "cooperation")
"""The types whose codes are of what is still to come (E9)."""

ROLES: dict[str, tuple[str, ...]] = {
    "signatory": ("signing",),
    "speaker": ("announcement", "statement"),
    "channel": ("announcement", "statement"),
    "addressee": ("announcement", "statement"),
    "spoken_of": ("announcement", "statement"),
    "visitor": ("visit",),
    "host": ("visit", "exercise", "meeting"),
    "initiator": ("demand", "sanctioning", "pressuring"),
    "target": ("demand", "sanctioning", "pressuring"),
    "beneficiary": ("exercise", "cooperation"),
    "contributor": ("exercise", "cooperation"),
    "participant": ("finalization", "meeting", "talks", "conclusion_of_work", "exercise", "cooperation"),
}
"""By role, the types of event that have it (E11)."""

# By strength, the first that fits (F2). A negation turns the sign of what the other cues give.
STRENGTH = (
    ("Uu", "hedge", r"whether|extent|speculation"),
    ("PR-", "hedge", r"unlikely"),
    ("PS+", "hedge", r"may|might|could|potential|possible|possibly"),
    ("PR+", "hedge", r"expected|likely|suggests?"),
    ("CT+", "futurity", r"scheduled|set to|will"),
    ("Uu", "futurity", r"plans?|planned|provisions?|covers?"),
)
FACTIVE = r"made by|shared|announced?|announcing|confirm(s|ed|ing)?|acknowledg(es?|ed|ing)|not(es?|ed|ing)"
"""Verbs of saying that commit the article to what is said (F4)."""

BY_COMMITMENT = {
    "potential": ("CT+", "PS+", r"potential|possible"),
    "expected": ("Uu", "PR+", r"expected"),
    "considered": ("CT+", "PS+", r"consider|weigh"),
    "scheduled": ("CT+", "CT+", r"scheduled|set to|will"),
    "agreed": ("CT+", "Uu", r""),
}
"""What `commitment` says of `factuality` and `content_factuality`, and the words that show it (P7, P8)."""

STATE_CODES = ("iso_alpha3", "iso_alpha2", "cow_code", "gw_code")
"""The columns of `actors` for the codes of states; two states have none in common (N10)."""

# Not the `calendar` module's, which are the locale's.
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
SUBJECTS = {
    "counterterrorism": r"terror",
    "logistics": r"logistic",
    "combined_arms": r"combined arms",
    "intelligence": r"intelligence",
    "training": r"training",
    "technology": r"technolog",
}
"""Words by which a provision names its subject (P6)."""

PRONOUN = (
    r"(I|you|he|she|it|we|they|me|him|us|them|my|your|his|her|its|our|their|who|whom|whose|which|that|this|these|those)"
)
QUANTIFIER = r"(some|both|one|others|another|several|many|none|all|each|neither|either)"
BODIES = ("government_body", "military_body")
EQUAL_NOUNS = (r"\b(ties|relationship|engagement|links)\b", r"\bpartnership\b")
"""Nouns that name the same relation (C19)."""

CERTAIN = "CT+"


def date_of(text: str) -> str | None:
    """The EDTF date that English words state (D1); None where they state none that EDTF can express."""
    words = text.lower().replace(",", " ").split()
    months = [MONTHS.index(word) + 1 for word in words if word in MONTHS]
    years = [word for word in words if re.fullmatch(r"\d{4}", word)]
    days = [match[1] for word in words if (match := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", word))]
    if len(months) > 1 or len(years) > 1 or len(days) > 1 or not (months or years):
        return None
    parts = [years[0] if years else "XXXX", *(f"{month:02d}" for month in months), *(f"{int(day):02d}" for day in days)]
    return "-".join(parts)


def certainty_of(cues: Iterable[tuple[str, str]]) -> str | None:
    """The factuality that cues (kind, text) give (F2); None where a cue is not among those of the manual."""
    value, negated, rank = CERTAIN, False, len(STRENGTH)
    for kind, text in cues:
        if kind == "negation":
            negated = True
        elif kind in CERTAINTY_KINDS:
            of_kind = (
                at
                for at, (_, of, words) in enumerate(STRENGTH)
                if of == kind and re.search(rf"\b({words})\b", text, re.I)
            )
            found = next(of_kind, None)
            if found is None:
                return None
            rank = min(rank, found)
    if rank < len(STRENGTH):
        value = STRENGTH[rank][0]
    return value.replace("+", "-") if negated else value


# --- The list of laws ---

Checked = Callable[[Coding], Iterator[Case]]

RULES: list[Law] = []
"""The laws that are rules of the manual."""

_CHECKS: dict[str, Checked] = {}


def judged(content: Content) -> Counter[tuple[str, str]]:
    """How many cases each law puts each of its rules to."""
    coding = content.shared(Coding)
    return Counter((number, case.rule) for number, check in _CHECKS.items() for case in check(coding))


def untested(content: Content) -> list[str]:
    """The rules, each with its law, that no row puts to the test."""
    cases = judged(content)
    return [f"{rule} (law {law.number})" for law in RULES for rule in law.rules if not cases[(law.number, rule)]]


def _rule(number: str, rules: str, text: str, remedy: str) -> Callable[[Checked], Checked]:
    """Add a check to the list: its rules, its name and sentence, and what to do where it does not hold."""
    name, sentence = text.split(": ", 1)

    def listed(checked: Checked) -> Checked:
        def check(content: Content) -> Iterator[Breach]:
            wrong: dict[tuple[str, str, str | None], dict[str, str]] = defaultdict(dict)
            for case in checked(content.shared(Coding)):
                if not case.holds:
                    wrong[(case.rule, case.table, case.column)][case.row_id] = case.what
            for (rule, table, column), said in wrong.items():
                rows = {content.row_number(table, row_id): what for row_id, what in said.items()}
                yield from content.at(table, rows, column)(
                    f"{{said}}; by rule {rule} of the manual, {name[0].lower()}{name[1:]}; {remedy}"
                )

        _CHECKS[number] = checked
        RULES.append(Law(number, name, sentence, check, Asked.OF_SOUND_CELLS, tuple(rules.split()), of_version=True))
        return checked

    return listed


BY_EVERY_LAW = {
    "1a": ("Q1",),
    "1d": ("Q1", "A9"),
    "2a": ("G1",),
    "2b": ("G1",),
    "2c": ("N6",),
    "3": ("Q5",),
    "4a": ("N6",),
    "4b": ("V5",),
    "5": ("V1",),
    "6d": ("M1",),
    "7a": ("N9",),
    "7d": ("N9",),
}
"""The rules that laws of every dataset check, by law."""


def laws_by_rule() -> dict[str, list[str]]:
    """The numbers of the laws that check each rule."""
    found = defaultdict(list)
    for number, rules in (*BY_EVERY_LAW.items(), *((law.number, law.rules) for law in RULES)):
        for rule in rules:
            found[rule].append(number)
    return found


# --- Quotes and mentions ---


@_rule(
    "11b",
    "Q1",
    "Quotes are whole words: A quote begins and ends where words do.",
    "quote whole words",
)
def _quotes_are_whole_words(coding: Coding) -> Iterator[Case]:
    content = coding.content
    for (table, column), (spans, _) in content.spans.items():
        whole = {}
        for at, start, end, row in zip(
            *(spans[name].to_pylist() for name in ("passage", "start", "end", "row")), strict=True
        ):
            text = content.texts[at]
            if (at, start, end) not in whole:
                cuts = [
                    cut
                    for cut in (start, end)
                    if 0 < cut < len(text) and re.fullmatch(r"\w\w", text[cut - 1 : cut + 1])
                ]
                whole[(at, start, end)] = not cuts
            if not whole[(at, start, end)] or row == 0:
                what = f"{text[start:end]!r:.80} begins or ends within a word"
                yield Case("Q1", whole[(at, start, end)], table, content.row_id(table, row), column, what)


@_rule(
    "11c",
    "M1 Q3",
    "Names are mentions: Wherever a name by which something is mentioned is printed, there is a mention; the printed name of an actor "
    "or place is one of its mentions, and no longer name is printed.",
    "add the mention, or correct the printed name",
)
def _names_are_mentions(coding: Coding) -> Iterator[Case]:
    texts = {
        row["passage_id"]: (Span(row["source_id"], row["start_char"], row["end_char"]), row["text"])
        for row in coding["passages"]
    }
    mentioned = defaultdict(list)
    for row in coding["mentions"]:
        mentioned[row["source_id"]].append((span_of(row), row["form"]))
    by_source = grouped(coding["passages"], "source_id")
    names = {
        (row["source_id"], row["text"]): row
        for row in coding["mentions"]
        if row["form"] in ("name", "misspelling", "adjective", "metonym") and (row["actor_id"] or row["place_id"])
    }
    for (source_id, name), row in names.items():
        spans = {span for span, _ in mentioned[source_id]}
        longer = [span for span, form in mentioned[source_id] if form in ("name", "misspelling")]
        for passage in by_source[source_id]:
            span, text = texts[passage["passage_id"]]
            for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text):
                printed = Span(source_id, span.start + match.start(), span.start + match.end())
                there = printed in spans or any(printed.within(other) for other in longer)
                what = f"{name!r} at {printed.start} is no mention"
                yield Case("M1", there, "mentions", row["mention_id"], "text", what)
    states = defaultdict(list)
    for row in coding["actors"]:
        if row["kind"] == "state":
            states[row["name"]].append(row["actor_id"])
    for table in ("actors", "places"):
        for row_id, row in coding.by_id[table].items():
            # A country is an actor as well, and may be mentioned by its name as that alone.
            words = [
                *coding.spoken_of(row_id),
                *(span for state in states.get(row["name"], ()) for span in coding.spoken_of(state)),
            ]
            grounds = coding.grounds(table, row_id, "name_as_printed")
            if grounds:
                what = f"{row['name_as_printed']!r:.60} is no mention of {row_id}"
                yield Case("M1", any_meets(grounds, words), table, row_id, "name_as_printed", what)
                named = [m["text"] for m in coding.mentions.get(row_id, ()) if m["form"] in ("name", "misspelling")]
                own = [text for text in named if row["name_as_printed"] in text]
                fullest = max(own, key=len, default="").removeprefix("the ")
                what = f"{row['name_as_printed']!r:.60} is printed more fully as {fullest!r}"
                yield Case("Q3", len(fullest) <= len(row["name_as_printed"]), table, row_id, "name_as_printed", what)
    repeated = {link["related_event_id"] for link in coding["event_links"] if link["relation"] == "repeats"}
    for row_id in coding.by_id["events"]:
        told = row_id in repeated or any_meets(coding.grounds("events", row_id, "type"), coding.spoken_of(row_id))
        yield Case("Q3", told, "events", row_id, "type", f"the quote of {row_id} has no mention of it")


@_rule(
    "11d",
    "M2 M3 M4 M5",
    "Mentions have their form: A mention is a whole phrase without possessive ending; a pronoun is a pronoun, a verb tells of an event, a "
    "name or adjective has a capital letter, and words for several things at once are a mention for each.",
    "correct the extent, the form, or what is mentioned",
)
def _mentions_have_their_form(coding: Coding) -> Iterator[Case]:
    # A country is an actor and a place, and a provision its event, in the same words.
    kinds = {
        row["mention_id"]: next((kind for kind in ("place", "provision") if row[f"{kind}_id"]), "")
        for row in coding["mentions"]
    }
    shared = Counter((span_of(row), kinds[row["mention_id"]]) for row in coding["mentions"])
    wordings = Counter(row["provision_id"] for row in coding["mentions"] if row["provision_id"])
    for row in coding["mentions"]:
        text, form, row_id = row["text"], row["form"], row["mention_id"]
        # "U.S." ends with a full stop of its own.
        whole = not re.search(r"[’']s?$|[\s,.;:]$", re.sub(r"\b([A-Z]\.)+$", "", text))
        whole = whole and not (form == "name" and re.match(r"(both|one of) ", text, re.I))
        yield Case("M2", whole, "mentions", row_id, "text", f"{text!r} has what is no part of the phrase")
        is_pronoun = bool(re.fullmatch(PRONOUN, text, re.I))
        fits = is_pronoun <= (form == "pronoun") <= (is_pronoun or bool(re.fullmatch(QUANTIFIER, text, re.I)))
        fits = fits and (form != "verb" or row["event_id"] is not None)
        body = row["actor_id"] is not None and coding.by_id["actors"][row["actor_id"]]["kind"] in BODIES
        if form in ("misspelling", "adjective", "metonym") or (form == "name" and not body):
            fits = fits and bool(re.match(r"([Tt]he )?[A-Z]", text))
        several = shared[(span_of(row), kinds[row_id])] > 1
        if row["provision_id"] is None:
            fits = fits and (not several or form in ("collective", "pronoun")) and (several or form != "collective")
        yield Case("M3", fits, "mentions", row_id, "form", f"{text!r} is coded as {form}")
        if row["provision_id"]:
            thing = row["provision_id"]
            once = wordings[thing] == 1 and any_meets([span_of(row)], coding.grounds("provisions", thing, "wording"))
            what = f"{text!r} is not the one mention of {thing}, in its wording"
            yield Case("M4", once, "mentions", row_id, "provision_id", what)
        no_mention = re.fullmatch(r"bilateral|joint|where|western", text, re.I)
        yield Case("M5", not no_mention, "mentions", row_id, "text", f"{text!r} picks out nothing")


# --- Actors ---


@_rule(
    "11e",
    "A2 A4 A5 A6 A7 A8 N10",
    "Actors stand where they belong: States, blocs and an article's own voice have no parent; an actor's country is its parent's; an actor "
    "is named if a name or a title says who it is; each source has a voice of its own, and its headline one under it; a state's codes "
    "are no other state's.",
    "correct the kind, the parent, the country, the name or the code",
)
def _actors_stand_where_they_belong(coding: Coding) -> Iterator[Case]:
    actors = coding.by_id["actors"]
    states = {tuple(row[code] for code in STATE_CODES) for row in actors.values() if row["iso_alpha3"]}
    for row_id, row in actors.items():
        kind, parent, country = row["kind"], row["parent_actor_id"], row["country"]
        reasons = {
            column: coding.gaps.get(("actors", row_id, column), set()) for column in ("parent_actor_id", "country")
        }
        if kind == OWN_VOICE:
            yield Case("A6", not row["named"], "actors", row_id, "named", f"{row_id}, a voice, is named")
            continue
        if kind in ("state", "bloc"):
            closed = reasons["parent_actor_id"] == {"not_applicable"}
            what = f"the {kind} {row_id} has a parent, or a gap of another reason"
            yield Case("A7", closed, "actors", row_id, "parent_actor_id", what)
        elif kind in ("delegation", "office", "government_body"):
            what = f"the {kind} {row_id} has no parent"
            yield Case("A7", parent is not None, "actors", row_id, "parent_actor_id", what)
        if kind == "bloc":
            closed = reasons["country"] == {"not_applicable"}
            what = f"the bloc {row_id} has a country, or a gap of another reason"
            yield Case("A8", closed, "actors", row_id, "country", what)
        elif kind == "state":
            yield Case("A8", country is not None, "actors", row_id, "country", f"the state {row_id} has no country")
        elif parent is not None:
            same = country == actors[parent]["country"]
            what = f"{row_id} is of {country}, its parent of {actors[parent]['country']}"
            yield Case("A8", same, "actors", row_id, "country", what)
        else:
            alike = reasons["country"] == reasons["parent_actor_id"]
            what = f"{row_id} has no parent, and otherwise no country"
            yield Case("A8", alike and country is None, "actors", row_id, "country", what)
        forms = {mention["form"] for mention in coding.mentions.get(row_id, ())}
        titled = bool(forms & {"name", "misspelling", "adjective", "metonym"}) or kind == "office"
        what = f"{row_id} is {'' if row['named'] else 'not '}named, by {', '.join(sorted(forms))}"
        yield Case("A6", row["named"] == titled, "actors", row_id, "named", what)
        kinds = {
            "state": forms <= {"name", "adjective", "collective", "pronoun", "description"} and titled,
            "group": not titled,
            "bloc": titled,
            "delegation": not titled,
        }
        what = f"the {kind} {row_id} is mentioned by {', '.join(sorted(forms))}"
        yield Case("A5", kinds.get(kind, True), "actors", row_id, "kind", what)
        yield Case("A2", ("metonym" in forms) <= (kind == "government_body"), "actors", row_id, "kind", what)
        codes = tuple(row[code] for code in STATE_CODES)
        if kind == "state" and country is not None:
            pairs = (pair for other in states - {codes} for pair in zip(codes, other, strict=True))
            own = all(code is None or code != its for code, its in pairs)
            what = f"the codes {codes} of {row_id} are not those of {country} alone"
            yield Case("N10", codes[0] == country and own, "actors", row_id, "country", what)
        else:
            yield Case("N10", not any(codes), "actors", row_id, "iso_alpha3", f"{row_id}, no state, has a state's code")
    yield from _offices_stand_where_they_belong(coding)
    yield from _sources_have_voices(coding)


def _sources_have_voices(coding: Coding) -> Iterator[Case]:
    actors = coding.by_id["actors"]
    sources = defaultdict(list)
    for row_id, row in actors.items():
        for span in coding.grounds("actors", row_id, "kind") if row["kind"] == OWN_VOICE else ():
            sources[span.source_id].append(row_id)
    speaking = {row["source_id"] for row in coding["claims"]}
    for row in coding["sources"]:
        if row["source_id"] not in speaking:
            continue
        voices = sources[row["source_id"]]
        own = [voice for voice in voices if not coding.of_headline(voice)]
        under = [voice for voice in voices if coding.of_headline(voice) and actors[voice]["parent_actor_id"] in own]
        what = f"{row['source_id']} has {len(own)} voices of its own and {len(under)} of its headline"
        yield Case("A4", len(own) == 1 and len(under) == 1, "sources", row["source_id"], None, what)


def _offices_stand_where_they_belong(coding: Coding) -> Iterator[Case]:
    actors, offices = coding.by_id["actors"], grouped(coding["actor_offices"], "actor_id")
    for row in coding["actor_offices"]:
        fits = actors[row["actor_id"]]["kind"] == "person" and actors[row["office_actor_id"]]["kind"] == "office"
        what = f"{row['actor_office_id']} is no person's office"
        yield Case("A5", fits, "actor_offices", row["actor_office_id"], "office_actor_id", what)
        own, body = (
            actors[row["actor_id"]]["parent_actor_id"],
            {row["body_actor_id"], actors[row["office_actor_id"]]["parent_actor_id"]},
        )
        bodies = {other["body_actor_id"] for other in offices[row["actor_id"]]}
        fits = own in bodies and actors[row["office_actor_id"]]["parent_actor_id"] in body and len(body) == 1
        what = f"{row['actor_id']} or its office belongs elsewhere than to {row['body_actor_id']}"
        yield Case("A7", fits, "actor_offices", row["actor_office_id"], "body_actor_id", what)


@_rule(
    "11f",
    "A9 X2",
    "Misspellings are discrepancies: A misspelled name has a note and a discrepancy that is corrected, and nothing else is corrected.",
    "add the note and the discrepancy, or correct the form or the resolution",
)
def _misspellings_are_discrepancies(coding: Coding) -> Iterator[Case]:
    by_id = {row["discrepancy_id"]: row for row in coding["discrepancies"]}
    told = {
        row["row_id"]
        for row in coding["discrepancy_sides"]
        if row["table_name"] == "actors" and by_id[row["discrepancy_id"]]["kind"] == "misspelling"
    }
    for row_id, row in coding.by_id["actors"].items():
        misspelt = any(mention["form"] == "misspelling" for mention in coding.mentions.get(row_id, ()))
        if misspelt or row_id in told:
            noted = misspelt and row_id in told and row["note"] is not None and row["name"] != row["name_as_printed"]
            what = f"the misspelled name of {row_id} is not told of everywhere"
            yield Case("A9", noted, "actors", row_id, "name", what)
    fitting = {
        "corrected": "misspelling",
        "body_preferred": "headline_vs_body",
        "hedged_reading_preferred": "hedged_then_presupposed",
    }
    for row_id, row in by_id.items():
        fits = fitting.get(row["resolution"], row["kind"]) == row["kind"] and (row["kind"] == "misspelling") == (
            row["resolution"] == "corrected"
        )
        what = f"the {row['kind']} {row_id} is {row['resolution']}"
        yield Case("X2", fits, "discrepancies", row_id, "resolution", what)


# --- Places and dates ---


@_rule(
    "11g",
    "W1 W2 W3",
    "Places are recomputed: The country of a place follows by its rule; what happens during something shares its place and date; the "
    "precision is that of the place.",
    "correct the place, its country, the date or the precision",
)
def _places_are_recomputed(coding: Coding) -> Iterator[Case]:
    states = {row["name"]: row["country"] for row in coding["actors"] if row["kind"] == "state"}
    located = grouped(coding["events"], "place_id")
    for row_id, row in coding.by_id["places"].items():
        rules = {item["rule"] for item in coding.evidence("places", row_id, "country")}
        if row["kind"] == "country":
            holds = row["country"] == states.get(row["name"]) and rules <= {"place_is_country"}
        elif row["country"] is not None and "officials_at_home" in rules:
            there = {
                coding.by_id["actors"][actor["actor_id"]]["country"]
                for event in located.get(row_id, ())
                for actor in coding.event_actors.get(event["event_id"], ())
                if coding.by_id["actors"][actor["actor_id"]]["kind"] != "delegation"
            }
            holds = row["country"] in there and row["kind"] == "settlement"
        else:
            holds = row["country"] is None
        what = f"the country {row['country']} of {row_id} does not follow"
        yield Case("W1", holds, "places", row_id, "country", what)
    for link in coding["event_links"]:
        if link["relation"] == "occurs_during":
            part, whole = (coding.by_id["events"][link[column]] for column in ("event_id", "related_event_id"))
            same = all(part[column] == whole[column] for column in ("place_id", "date_edtf", "date_inferred_edtf"))
            what = f"{part['event_id']} has another place or date than {whole['event_id']}, during which it happens"
            yield Case("W2", same, "events", part["event_id"], "place_id", what)
    for row_id, row in coding.by_id["events"].items():
        place = coding.by_id["places"].get(row["place_id"])
        reasons = coding.gaps.get(("events", row_id, "place_id"), set())
        by_reason = {"ambiguous": "one_of_several", "not_applicable": "online"}
        expected = (
            place["kind"]
            if place
            else next((by_reason[reason] for reason in reasons if reason in by_reason), "unplaced")
        )
        holds = row["place_precision"] == expected
        what = f"{row_id} is coded as {row['place_precision']}, its place as {expected}"
        yield Case("W3", holds, "events", row_id, "place_precision", what)
        if place:
            what = f"the place of {row_id} rests on words that do not mention it"
            words = any_meets(coding.grounds("events", row_id, "place_id"), coding.spoken_of(place["place_id"]))
            yield Case("W1", words, "events", row_id, "place_id", what)


@_rule(
    "11h",
    "D1 D2 Q2",
    "Dates are parsed: A date is what the words for it say, in EDTF, and rests on these words; an inferred one is the year before that of "
    "the plan.",
    "correct the date, or quote the words that state it",
)
def _dates_are_parsed(coding: Coding) -> Iterator[Case]:
    for table, text_column, date_column in (
        ("events", "date_text", "date_edtf"),
        ("agreements", "period_text", "period_edtf"),
    ):
        for row_id, row in coding.by_id[table].items():
            text, date = row[text_column], row[date_column]
            if text is not None or date is not None:
                stated = None if text is None else date_of(text)
                what = f"{date_column} of {row_id} is {date}, and {text!r} states {stated}"
                yield Case("D1", date == stated, table, row_id, date_column, what)
            if date is not None:
                quotes = [item["quote"] for item in coding.evidence(table, row_id, date_column)]
                what = f"{date_column} of {row_id} rests on {' | '.join(quotes)!r:.60}, which does not state it"
                own = {
                    span_of(item) for item in coding.evidence(table, row_id, "type" if table == "events" else "kind")
                }
                dated = any(
                    re.search(rf"\b{re.escape(word)}\b", quote)
                    for quote in quotes
                    for word in (text or "").split()[-1:]
                )
                yield Case(
                    "Q2",
                    dated and not own & set(coding.grounds(table, row_id, date_column)),
                    table,
                    row_id,
                    date_column,
                    what,
                )
    plans = [
        (int(row["period_edtf"]), coding.grounds("agreements", row_id, "period_text"))
        for row_id, row in coding.by_id["agreements"].items()
        if re.fullmatch(r"\d{4}", row["period_edtf"] or "")
    ]
    for row_id, row in coding.by_id["events"].items():
        date, inferred = row["date_edtf"], row["date_inferred_edtf"]
        reasons = coding.gaps.get(("events", row_id, "date_inferred_edtf"), set())
        if inferred is not None:
            items = coding.evidence("events", row_id, "date_inferred_edtf")
            grounds = [span_of(item) for item in items]
            words = any(row["date_text"] and row["date_text"] in item["quote"] for item in items)
            from_plan = any(
                date is not None and inferred == f"{year - 1}?{date.removeprefix('XXXX')}" and any_meets(grounds, plan)
                for year, plan in plans
            )
            holds = from_plan and words and len(grounds) > 2 and bool(date and date.startswith("XXXX-"))
            what = f"{inferred} of {row_id} is not the year before the plan's with {date}, or a premise has no words"
        else:
            yearless = {"not_stated"} if (date or "").startswith("XXXX") else {"not_applicable"}
            expected = yearless if date is not None else coding.gaps.get(("events", row_id, "date_edtf"), set())
            holds, what = reasons == expected, f"{row_id} has no inferred date for another reason than its date gives"
        yield Case("D2", holds, "events", row_id, "date_inferred_edtf", what)


# --- Events ---


@_rule(
    "11i",
    "E7 E9 G1",
    "Codes fit the act: CAMEO code, PLOVER event and mode are those that the code lists give for the type of event and its status; the "
    "status fits the factuality.",
    "correct the type, the status or the code",
)
def _codes_fit_the_act(coding: Coding) -> Iterator[Case]:
    for row_id, row in coding.by_id["events"].items():
        cameo, event, mode = codes = row["cameo_code"], row["plover_event"], row["plover_mode"]
        reasons = {
            column: coding.gaps.get(("events", row_id, column), set())
            for column in ("cameo_code", "plover_event", "plover_mode", "plover_contexts")
        }
        holds = codes in CODES.get(row["type"], ()) and (row["type"] in TO_COME) <= (
            row["status"] in ("planned", "hypothetical")
        )
        open_ = row["type"] == "pressuring"
        holds = holds and (not open_ or reasons["cameo_code"] == reasons["plover_event"] == {"ambiguous"})
        what = f"the {row['status']} {row['type']} {row_id} is coded {cameo}, {event}, {mode}"
        yield Case("E9", holds, "events", row_id, "cameo_code", what)
        contexts = row["plover_contexts"]
        holds = event is not None or contexts is None
        if cameo == "0314":
            holds = contexts == "intelligence"
        elif row["type"] in ("signing", "finalization", "statement", "visit", "demand", "sanctioning") and event:
            holds = contexts == "diplomatic"
        elif cameo == "0312":
            holds = contexts == "military"
        elif row["type"] == "meeting":
            holds = contexts in (("diplomatic",) if cameo == "042" else ("military", "diplomatic"))
        what = f"the {row['type']} {row_id} has the contexts {contexts}"
        yield Case("E9", holds, "events", row_id, "plover_contexts", what)
        if mode is None:
            expected = {"not_stated"} if event == "CONSULT" else {"not_applicable"}
            what = f"{row_id} has no mode for another reason than its event gives"
            yield Case("G1", reasons["plover_mode"] == expected, "events", row_id, "plover_mode", what)
        fitting = {
            "occurred": ("CT+",),
            "ongoing": ("CT+",),
            "hypothetical": ("PS+", "Uu"),
            "planned": ("CT+", "PR+", "Uu"),
        }
        fits = row["factuality"] in fitting.get(row["status"], ())
        what = f"{row_id} is {row['status']}, and its voice says {row['factuality']}"
        yield Case("E7", fits, "events", row_id, "status", what)


@_rule(
    "11j",
    "E5 E10 E11 E12 P9",
    "Roles rest on mentions: The words for a role mention the actor, or it follows by a named rule; roles fit the type of event.",
    "correct the actor or the role, or quote the words that name the actor",
)
def _roles_rest_on_mentions(coding: Coding) -> Iterator[Case]:
    agreement_of: dict[Any, Any] = {
        row_id: row["agreement_id"] for table in ("events", "provisions") for row_id, row in coding.by_id[table].items()
    }
    by_rule: dict[str, set[str]] = defaultdict(set)
    of_agreement = [("agreement_actors", row, row["agreement_id"], "P9") for row in coding["agreement_actors"]]
    of_event = [("event_actors", row, row["event_id"], "E10") for row in coding["event_actors"]]
    of_provision = [("provision_actors", row, row["provision_id"], "P9") for row in coding["provision_actors"]]
    for table, row, thing, rule in (*of_agreement, *of_event, *of_provision):
        row_id = next(iter(row.values()))
        items = coding.evidence(table, row_id, "role")
        rules = {item["rule"] for item in items}
        if rules == {"parties_of_the_plan"}:
            holds = row["role"] == "participant" and row["actor_id"] in coding.parties[agreement_of[thing]]
            by_rule[thing].add(row["actor_id"])
            yield Case("E10", holds, table, row_id, "role", f"{row_id} is by a rule for the parties of the plan")
        elif rules == {"hedger_is_target"}:
            holds = row["role"] == "target" and coding.by_id["events"][thing]["status"] == "hypothetical"
            holds = holds and any_meets([span_of(item) for item in items], coding.spoken_of(row["actor_id"]))
            holds = holds and any("hedge" in item["quote"] for item in items)
            yield Case("E12", holds, table, row_id, "role", f"{row_id} is by a rule for who hedges")
        else:
            named = any_meets([span_of(item) for item in items], coding.spoken_of(row["actor_id"]))
            party = row["role"] == "participant" and row["actor_id"] in coding.parties[agreement_of.get(thing, thing)]
            named = named or (party and any(re.search(r"\b(joint|bilateral|co-\w)", item["quote"]) for item in items))
            quotes = " | ".join(item["quote"] for item in items)
            what = f"{row_id} rests on {quotes!r:.60}, which does not mention the actor"
            yield Case(rule, named, table, row_id, "role", what)
    for thing, actors in by_rule.items():
        table = "events" if thing in coding.by_id["events"] else "provisions"
        holds = actors == coding.parties[agreement_of[thing]]
        what = f"{thing} has by rule {', '.join(sorted(actors))}, not both parties"
        yield Case("E10", holds, table, thing, None, what)
    needed = {"announcement": "speaker", "statement": "speaker", "visit": "visitor", "demand": "initiator"}
    for row_id, row in coding.by_id["events"].items():
        roles = {actor["role"] for actor in coding.event_actors.get(row_id, ())}
        if row["type"] in needed:
            what = f"the {row['type']} {row_id} has no {needed[row['type']]}"
            yield Case("E11", needed[row["type"]] in roles, "events", row_id, "type", what)
        for actor in coding.event_actors.get(row_id, ()):
            if actor["role"] == "speaker":
                speaks = coding.by_id["actors"][actor["actor_id"]]["kind"] not in ("group", OWN_VOICE)
                what = f"{actor['actor_id']}, an unnamed group or a voice, speaks in an event"
                yield Case("E5", speaks, "event_actors", actor["event_actor_id"], "actor_id", what)
            fits = row["type"] in ROLES.get(actor["role"], ())
            what = f"{actor['role']} is no role in a {row['type']}"
            yield Case("E11", fits, "event_actors", actor["event_actor_id"], "role", what)
    for row in coding["provision_actors"]:
        area = coding.by_id["provisions"][row["provision_id"]]["area"]
        kind = coding.by_id["actors"][row["actor_id"]]["kind"]
        holds = (row["role"] == "candidate_host") <= (area == "exercise_place") and (
            row["role"] != "contribution" or kind == "military_body"
        )
        holds = holds and not (row["role"] == "contributor" and kind == "military_body")
        what = f"{row['role']} does not fit {row['provision_actor_id']}"
        yield Case("P9", holds, "provision_actors", row["provision_actor_id"], "role", what)


@_rule(
    "11k",
    "E8 L4 P3 P4 P8",
    "Events carry out what is provided for: Each provision without a whole has one event, of its agreement, with its voice and the "
    "factuality of its content; an event is part of another as its provision is part of another's.",
    "correct the provision, the event or the link",
)
def _events_carry_out_provisions(coding: Coding) -> Iterator[Case]:
    events, provisions = coding.by_id["events"], coding.by_id["provisions"]
    to_come = [row for row in events.values() if row["type"] in TO_COME and row["status"] == "planned"]
    subjects = [row for row in to_come if row["provision_id"] is None and not coding.of_headline(row["voice_actor_id"])]
    planned = {row["agreement_id"] for row in subjects}
    of_provision, parts = grouped(events.values(), "provision_id"), grouped(provisions.values(), "parent_provision_id")
    for row_id, row in provisions.items():
        own = of_provision.get(row_id, [])
        top = row["parent_provision_id"] is None
        what = f"{row_id} has {len(own)} events that carry it out"
        yield Case("E8", bool(own) == top, "provisions", row_id, None, what)
        if own:
            possible = row["commitment"] in ("potential", "considered")
            told = [(event["factuality"], event["voice_actor_id"], event["status"] == "hypothetical") for event in own]
            same = (row["content_factuality"], row["voice_actor_id"], possible) in told
            what = f"{own[0]['event_id']} is told otherwise than what {row_id} provides for"
            yield Case("P8", same, "events", own[0]["event_id"], "factuality", what)
        if not top:
            whole = provisions[row["parent_provision_id"]]
            same = whole["agreement_id"] == row["agreement_id"] and whole["voice_actor_id"] == row["voice_actor_id"]
            what = f"{row_id} is of another agreement or voice than its whole"
            yield Case("P4", same, "provisions", row_id, "parent_provision_id", what)
            siblings = parts[row["parent_provision_id"]]
            wordings = coding.grounds("provisions", whole["provision_id"], "wording")
            listed = [
                other
                for other in siblings
                if all(
                    any(s.within(w) for w in wordings)
                    for s in coding.grounds("provisions", other["provision_id"], "wording")
                )
            ]
            if row in listed:
                what = f"{row_id} is the only item of its list"
                yield Case("P4", len(listed) > 1, "provisions", row_id, "parent_provision_id", what)
        what = f"the wording of {row_id} is no mention of it"
        yield Case(
            "P3",
            any_meets(coding.grounds("provisions", row_id, "wording"), coding.spoken_of(row_id)),
            "provisions",
            row_id,
            "wording",
            what,
        )
    for row_id, row in events.items():
        if row["provision_id"] is not None:
            provision = provisions[row["provision_id"]]
            same = row["agreement_id"] == provision["agreement_id"]
            what = f"{row_id} is of another agreement than its provision"
            yield Case("E8", same, "events", row_id, "agreement_id", what)
            wholes = [
                events[link["related_event_id"]]
                for link in coding.links.get(row_id, ())
                if link["relation"] == "part_of"
            ]
            allowed = (None, row["provision_id"], provision["parent_provision_id"])
            holds = len(wholes) == (row["agreement_id"] in planned) and all(
                whole["provision_id"] in allowed and whole["agreement_id"] == row["agreement_id"] for whole in wholes
            )
            what = f"{row_id} is no part of what its provision is part of"
            yield Case("L4", holds, "events", row_id, "provision_id", what)
        if row["type"] in ("signing", "finalization", "announcement"):
            what = f"the {row['type']} {row_id} is of no agreement"
            yield Case("E8", row["agreement_id"] is not None, "events", row_id, "agreement_id", what)


@_rule(
    "11l",
    "E8 L1 L2 L3 L5 L6 L7 L8",
    "Links fit what they link: No two events are linked both ways; relations fit the types, agreements and dates of what they link, and run "
    "from what is told later or less closely.",
    "correct the relation, or the events that it links",
)
def _links_fit(coding: Coding) -> Iterator[Case]:
    events = coding.by_id["events"]
    links = coding["event_links"]
    pairs = {(link["event_id"], link["related_event_id"]) for link in links}
    told = {
        row_id: min((span.start for span in coding.grounds("events", row_id, "type")), default=0) for row_id in events
    }
    speaking = ("statement", "announcement")
    maybe_part = Counter(link["event_id"] for link in links if link["relation"] == "maybe_part_of")
    for link in links:
        link_id, relation = link["event_link_id"], link["relation"]
        one, other = events[link["event_id"]], events[link["related_event_id"]]
        where = ("event_links", link_id, "relation")
        what = f"{one['event_id']} and {other['event_id']} are linked both ways"
        yield Case("L1", (other["event_id"], one["event_id"]) not in pairs, *where, what)
        if relation in ("announces", "confirms", "repeats"):
            fits = one["type"] in (("announcement",) if relation == "announces" else speaking)
            fits = fits and (relation != "repeats" or other["type"] in speaking)
            yield Case("L2", fits, *where, f"a {one['type']} {relation} a {other['type']}")
        if relation in ("announces", "confirms", "part_of"):
            same = one["agreement_id"] == other["agreement_id"]
            what = f"{one['event_id']} is of another agreement than what it {relation}"
            yield Case("E8", same, "events", one["event_id"], "agreement_id", what)
        if relation == "follows":
            days = one["date_latest"], other["date_earliest"]
            fits = None in days or days[0] >= days[1]
            yield Case("L3", fits, *where, f"{one['event_id']} comes before {other['event_id']}, which it follows")
        if relation == "maybe_same_as":
            same = None in (agreed := {one["agreement_id"], other["agreement_id"]}) or len(agreed) == 1
            kinds = {one["type"], other["type"]}
            fits = same and (
                kinds <= {"signing", "finalization"}
                or any(kinds <= set(alike) for alike in (speaking, TO_COME, ("talks", "meeting")))
            )
            speakers = [
                {
                    actor["actor_id"]
                    for actor in coding.event_actors.get(row["event_id"], ())
                    if actor["role"] == "speaker"
                }
                for row in (one, other)
            ]
            fits = fits and (not kinds <= set(speaking) or speakers[0] == speakers[1])
            yield Case("L5", fits, *where, f"a {one['type']} is hardly the {other['type']} {other['event_id']}")
            placed = [row["place_id"] is not None or row["date_edtf"] is not None for row in (one, other)]
            fits = placed[1] if placed[0] != placed[1] else told[one["event_id"]] > told[other["event_id"]]
            yield Case("L6", fits, *where, f"{link_id} runs from the event that is told first or more closely")
            if kinds == {"talks", "meeting"}:
                fits = any(
                    maybe["relation"] == "maybe_part_of" and maybe["related_event_id"] == other["event_id"]
                    for maybe in coding.links[one["event_id"]]
                )
                what = f"{one['event_id']} may be the whole of {other['event_id']}, but no part of it"
                yield Case("L8", fits, *where, what)
        if relation == "maybe_part_of":
            fits = (
                maybe_part[one["event_id"]] == 1
                and told[one["event_id"]] > told[other["event_id"]]
                and other["type"] in ("meeting", "talks", "visit")
            )
            people = [
                {actor["actor_id"] for actor in coding.event_actors.get(row["event_id"], ())} for row in (one, other)
            ]
            what = f"{one['event_id']} shares nobody with {other['event_id']}, or is told before it"
            yield Case("L7", fits and bool(people[0] & people[1]), *where, what)


# --- Agreements and provisions ---


@_rule(
    "11m",
    "P1 P2",
    "Roles in an agreement follow from its events: Who signs is a party, who announces it the announcer, who meets where it is finalized a "
    "negotiator; what it is called is a mention in the body; two parties are bilateral.",
    "correct the role, or the events of the agreement",
)
def _agreements_follow_from_events(coding: Coding) -> Iterator[Case]:
    of_agreement = grouped(coding["events"], "agreement_id")
    roles = grouped(coding["agreement_actors"], "agreement_id")
    by_type = {"party": ("signing", "signatory"), "announcer": ("announcement", "speaker")}
    for row_id, row in coding.by_id["agreements"].items():
        own = of_agreement.get(row_id, [])
        expected: dict[str, set[str]] = defaultdict(set)
        for event in own:
            for actor in coding.event_actors.get(event["event_id"], ()):
                for role, wanted in by_type.items():
                    state = coding.by_id["actors"][actor["actor_id"]]["kind"] == "state"
                    if (event["type"], actor["role"]) == wanted and (state or role != "party"):
                        expected[role].add(actor["actor_id"])
            for link in coding.links.get(event["event_id"], ()):
                if event["type"] == "finalization" and link["relation"] == "occurs_during":
                    expected["negotiator"] |= {
                        actor["actor_id"] for actor in coding.event_actors.get(link["related_event_id"], ())
                    }
        found = defaultdict(set)
        for actor in roles.get(row_id, ()):
            found[actor["role"]].add(actor["actor_id"])
        for role in ("party", "announcer", "negotiator"):
            if expected[role]:
                what = f"{row_id} has as {role} {', '.join(sorted(found[role]))}, its events {', '.join(sorted(expected[role]))}"
                yield Case("P2", found[role] == expected[role], "agreements", row_id, None, what)
        two = (row["laterality"] == "bilateral") == (len(found["party"]) == 2)
        what = f"the {row['laterality']} {row_id} has {len(found['party'])} parties"
        yield Case("P1", two, "agreements", row_id, "laterality", what)
        called = any_meets(coding.grounds("agreements", row_id, "form_text"), coding.spoken_of(row_id))
        body = all(
            coding.by_id["passages"][item["passage_id"]]["kind"] == "body"
            for item in coding.evidence("agreements", row_id, "form_text")
        )
        what = f"{row['form_text']!r} is no mention of {row_id} in the body"
        yield Case("P1", called and body, "agreements", row_id, "form_text", what)
        signed = any(event["type"] == "signing" and event["status"] == "occurred" for event in own)
        what = f"{row_id} is {row['stage']}, and its signing is {'' if signed else 'not '}told"
        yield Case("P1", (row["stage"] == "signed") == signed, "agreements", row_id, "stage", what)


@_rule(
    "11n",
    "P6 P7 P8",
    "Commitment decides how sure a provision is: The words show how firmly the provision is put, and its factualities follow from that.",
    "correct the commitment, the factuality, or the words",
)
def _commitment_decides(coding: Coding) -> Iterator[Case]:
    wholes = {row["parent_provision_id"] for row in coding["provisions"]}
    for row_id, row in coding.by_id["provisions"].items():
        factuality, content, _ = BY_COMMITMENT.get(row["commitment"], (None, None, None))
        quotes = [item["quote"] for item in coding.evidence("provisions", row_id, "commitment")]
        shown = {
            name
            for name, (_, _, sign) in BY_COMMITMENT.items()
            if sign and any(re.search(rf"\b({sign})\b", quote) for quote in quotes)
        }
        first = next((name for name in BY_COMMITMENT if name in shown), "agreed")
        what = f"{row_id} is {row['commitment']}, by {' | '.join(quotes)!r:.60}"
        yield Case("P7", row["commitment"] == first, "provisions", row_id, "commitment", what)
        sure = row["factuality"], row["content_factuality"]
        what = f"{row_id}, which is {row['commitment']}, has {sure}"
        yield Case("P8", sure == (factuality, content), "provisions", row_id, "factuality", what)
        subjects = {area for area, words in SUBJECTS.items() if re.search(words, row["wording"], re.I)}
        fits = row_id in wholes or not subjects or row["area"] in subjects
        what = f"{row['wording']!r:.60} is of the area {row['area']}"
        yield Case("P6", fits, "provisions", row_id, "area", what)


# --- Sentences ---


@_rule(
    "11o",
    "C15 E13 P5",
    "Sentences stand on their own: A proposition is a sentence with its full stop and no pronoun for its subject; a label has no full stop, "
    "and says that what is possible is so.",
    "rewrite the sentence",
)
def _sentences_stand_alone(coding: Coding) -> Iterator[Case]:
    begins = r"(?!(I|you|he|she|it|we|they|his|her|its|our|their|my|your)\b)[‘“\"]?\w"
    for row_id, row in coding.by_id["claims"].items():
        text = row["proposition"]
        holds = (
            bool(re.fullmatch(rf"{begins}.*[^.\s]\.[’”\"]?", text, re.I))
            and text[0] == text[0].upper()
            and "  " not in text
        )
        yield Case("C15", holds, "claims", row_id, "proposition", f"{text!r:.80} is no sentence that stands on its own")
    for table in ("events", "agreements", "provisions"):
        for row_id, row in coding.by_id[table].items():
            text = row["label"]
            holds = (
                bool(re.fullmatch(rf"{begins}.*[^.\s]", text, re.I)) and text[0] == text[0].upper() and "  " not in text
            )
            yield Case("E13", holds, table, row_id, "label", f"{text!r:.80} is no label")
            if row.get("status") == "hypothetical" or row.get("commitment") == "potential":
                hedged = bool(re.search(r"\b(may|might|could|potential|possibl[ey])\b", text, re.I))
                rule = "E13" if table == "events" else "P5"
                yield Case(rule, hedged, table, row_id, "label", f"{text!r:.80} leaves out the hedge")


# --- Voice, factuality and cues ---


@_rule(
    "11p",
    "V1 V3 V4 V5 E6 Q2",
    "Voices are heard: The words for a voice overlap a cue that gives its words, or a mention of it, or no one is named; what lies within an "
    "attribution has its voice, and the headline's words have the headline's.",
    "correct the voice, or quote the words that attribute",
)
def _voices_are_heard(coding: Coding) -> Iterator[Case]:
    speaking = grouped((cue for cue in coding["cues"] if cue["kind"] == "attribution"), "passage_id")
    mentions = {span_of(row) for row in coding["mentions"]}
    for table, row_id, row, said in coding.voiced:
        voice, where = row["voice_actor_id"], (table, row_id, "voice_actor_id")
        headline = {coding.by_id["passages"][item["passage_id"]]["kind"] == "headline" for item in said}
        if coding.own_voice(voice):
            rule = "E6" if table == "events" else "V5"
            what = f"{row_id} has the voice {voice}, and other words"
            yield Case(rule, headline == {coding.of_headline(voice)}, *where, what)
        else:
            words = coding.grounds(table, row_id, "voice_actor_id")
            giving = [span_of(cue) for cue in coding.saying.get(voice, ())]
            what = f"the voice {voice} of {row_id} rests on words that do not attribute it"
            yield Case("Q2", any_meets(words, giving), *where, what)
            yield Case("V5", headline == {False}, *where, f"{row_id} stands in the headline, and has the voice {voice}")
        spans = [span_of(item) for item in said]
        for cue in {cue["cue_id"]: cue for item in said for cue in speaking.get(item["passage_id"], ())}.values():
            scope = span_of(cue, "scope_")
            if scope in mentions or not all(span.within(scope) for span in spans):
                continue
            if "speculation" in cue["text"]:
                holds = (voice == cue["actor_id"]) == (row["factuality"] == "Uu")
                yield Case("V4", holds, *where, f"{row_id} has the voice {voice} under {cue['text']!r}")
            else:
                what = f"{row_id} lies under {cue['text']!r} of {cue['actor_id']}, and has the voice {voice}"
                yield Case("V1", voice == cue["actor_id"], *where, what)
    order = {row["passage_id"]: row["ordinal"] for row in coding["passages"]}
    for claim_id, cues in coding.claim_cues.items():
        for cue in cues:
            for item in coding.evidence("claims", claim_id, "proposition"):
                if cue["kind"] in SAYING_KINDS and item["passage_id"] != cue["passage_id"]:
                    next_ = (
                        order[cue["passage_id"]] == order[item["passage_id"]] + 1 and span_of(cue, "scope_") in mentions
                    )
                    what = f"{claim_id} has its voice by {cue['text']!r}, of no next sentence"
                    yield Case("V3", next_, "claims", claim_id, "voice_actor_id", what)


@_rule(
    "11q",
    "F4 F5",
    "The article's own commitment is recomputed: In the article's voice it is the voice's own; under another it is left open in quotation "
    "marks, equal after a factive verb, and else certain only by words outside what is said; in the headline it is open or taken up.",
    "correct author_factuality, or quote the article's own words",
)
def _own_commitment_is_recomputed(coding: Coding) -> Iterator[Case]:
    for table, row_id, row, _ in coding.voiced:
        voice, sure, own = row["voice_actor_id"], row["factuality"], row["author_factuality"]
        where = (table, row_id, "author_factuality")
        items = coding.evidence(*where)
        words = [span_of(item) for item in items]
        if coding.of_headline(voice):
            outside = [item for item in items if coding.by_id["passages"][item["passage_id"]]["kind"] != "headline"]
            holds = (own == sure and bool(outside)) if own != "Uu" else not outside
            yield Case("F5", holds, *where, f"the article's {own} of {row_id} is not what its body gives")
        elif coding.own_voice(voice):
            yield Case("F4", own == sure, *where, f"{row_id} is in the article's own voice, and has {sure} and {own}")
        else:
            cues = coding.attributions(table, row_id, row)
            scopes = [span_of(cue, "scope_") for cue in cues]
            elsewhere = not any_meets(words, (*scopes, *map(span_of, cues)))
            factive = any(re.fullmatch(FACTIVE, cue["text"]) for cue in cues)
            if any(cue["kind"] == "quotation" for cue in cues):
                holds = own == "Uu"
            elif factive:
                holds = own == sure
            else:
                holds = own == "Uu" or (own == CERTAIN and elsewhere)
            what = f"{row_id} under {', '.join(cue['text'] for cue in cues)!r} has {sure} and {own}"
            yield Case("F4", holds, *where, what)


@_rule(
    "11r",
    "F1 F2 F3 K5 Q2 Q4 V2",
    "Factuality is recomputed from cues: A claim's is what the hedges, negations and futurities on it give; one that is not certain rests on "
    "such a cue, of its strength; cues stand on claims in their scope and of their voice.",
    "correct the factuality, or the cues of the claim",
)
def _factuality_is_recomputed(coding: Coding) -> Iterator[Case]:
    for claim_id, row in coding.by_id["claims"].items():
        cues = coding.claim_cues.get(claim_id, [])
        found = certainty_of((cue["kind"], cue["text"]) for cue in cues)
        said = [f"{cue['kind']} {cue['text']!r}" for cue in cues if cue["kind"] in CERTAINTY_KINDS]
        what = f"{claim_id} is {row['factuality']}, and its cues ({', '.join(said) or 'none'}) give {found}"
        yield Case("F2", found == row["factuality"], "claims", claim_id, "factuality", what)
        saying = [cue for cue in cues if cue["kind"] in SAYING_KINDS]
        if coding.own_voice(row["voice_actor_id"]):
            what = f"{claim_id} is in the article's own voice, and under {len(saying)} attributions"
            yield Case("K5", not saying, "claims", claim_id, "voice_actor_id", what)
        else:
            holds = bool(saying) and {cue["actor_id"] for cue in saying} == {row["voice_actor_id"]}
            what = f"{claim_id} is under no cue of {row['voice_actor_id']}, or one of another"
            yield Case("K5", holds, "claims", claim_id, "voice_actor_id", what)
        for item in coding.evidence("claims", claim_id, "proposition"):
            for cue in cues:
                if cue["passage_id"] == item["passage_id"]:
                    reached = span_of(item).meets(span_of(cue, "scope_"))
                    what = f"{claim_id} lies outside the scope of {cue['text']!r}"
                    rule = "V2" if cue["kind"] in SAYING_KINDS else "F3"
                    yield Case(rule, reached, "claims", claim_id, "proposition", what)
                    if cue["kind"] == "attribution":
                        apart = not span_of(item).meets(span_of(cue)) or "speculation" in cue["text"]
                        what = f"the quote of {claim_id} has {cue['text']!r}, which attributes it"
                        yield Case("Q4", apart, "claims", claim_id, "proposition", what)
    on_claims = {cue["cue_id"] for cues in coding.claim_cues.values() for cue in cues}
    for cue in coding["cues"]:
        if cue["kind"] in SAYING_KINDS:
            what = f"the cue {cue['text']!r} stands on no claim"
            yield Case("K5", cue["cue_id"] in on_claims, "cues", cue["cue_id"], None, what)
    for table, row_id, row, _ in coding.voiced:
        for column, sure in ((name, row.get(name)) for name in ("factuality", "content_factuality")):
            if sure not in (None, CERTAIN):
                grounds = coding.grounds(table, row_id, column)
                cues = [cue for cue in coding.judging if any_meets(grounds, [span_of(cue)])]
                own = set(coding.grounds(table, row_id, "label" if table != "claims" else "proposition"))
                rule = "Q2" if table == "claims" else "F1"
                fits = bool(cues) and (
                    table == "claims"
                    or sure
                    in {certainty_of([(cue["kind"], cue["text"])]) for cue in cues} | {"Uu"} & {row["factuality"]}
                )
                fits = fits and not (own & set(grounds))
                what = f"{column} of {row_id} is {sure}, by words that have no such cue"
                yield Case(rule, fits, table, row_id, column, what)


@_rule(
    "11s",
    "K1 K2 K3 K4",
    "Cues have their form: An attribution or quotation says whose words it gives, no other cue does; a quotation is its words with marks "
    "around them; a hedge, negation or futurity is one of the manual's; a scope lies apart from its cue, in its sentence.",
    "correct the cue or its scope",
)
def _cues_have_their_form(coding: Coding) -> Iterator[Case]:
    for cue in coding["cues"]:
        kind, text, where = cue["kind"], cue["text"], ("cues", cue["cue_id"], "text")
        own, scope = span_of(cue), span_of(cue, "scope_")
        owned = (kind in SAYING_KINDS) == (cue["actor_id"] is not None)
        what = f"the {kind} {text!r} is of {cue['actor_id'] or 'nobody'}"
        yield Case("K1", owned, "cues", cue["cue_id"], "actor_id", what)
        if kind == "quotation":
            marked = re.fullmatch(r"[‘“\"'](.+)[’”\"']", text)
            what = f"{text!r} has no marks around it, or another scope"
            yield Case("K2", bool(marked) and scope.within(own) and scope.start == own.start + 1, *where, what)
        elif kind == "negation":
            what = f"{text!r} is no negation"
            yield Case("K3", bool(re.search(r"\b(no|not|never|none|den(y|ies|ied))\b|n[’']t\b", text)), *where, what)
        elif kind in CERTAINTY_KINDS:
            yield Case("K3", certainty_of([(kind, text)]) is not None, *where, f"{text!r} is no {kind} of the manual")
        if kind != "quotation":
            what = f"the scope of {text!r} has the cue in it"
            yield Case("K4", not own.meets(scope), "cues", cue["cue_id"], "scope_text", what)
    passages = coding.by_id["passages"]
    for cue in coding["cues"]:
        holds = span_of(cue, "scope_").within(span_of(passages[cue["passage_id"]]))
        what = f"the scope of {cue['text']!r} lies in another sentence"
        yield Case("K4", holds, "cues", cue["cue_id"], "scope_text", what)


# --- Claims ---


@_rule(
    "11t",
    "C1 C2 C10 C11 C14 C20",
    "Claims are told apart: No proposition is twice in one voice; rows stand in the order of the text; each has a subject, and is about "
    "actors that its sentence mentions; offices, provisions and events are claimed.",
    "correct the claim, or add what is missing",
)
def _claims_are_told_apart(coding: Coding) -> Iterator[Case]:
    claims = coding.by_id["claims"]
    seen: dict[tuple[str, str, str], str] = {}
    before: dict[str, tuple[int, int]] = {}
    for claim_id, row in claims.items():
        here = ("claims", claim_id)
        first = seen.setdefault((row["source_id"], row["voice_actor_id"], row["proposition"]), claim_id)
        yield Case("C1", first == claim_id, *here, "proposition", f"{claim_id} says what {first} says")
        quotes = coding.evidence("claims", claim_id, "proposition")
        place = min(((item["start_char"], item["end_char"]) for item in quotes), default=(0, 0))
        in_order = before.get(row["source_id"], (0, 0)) <= place
        yield Case("C14", in_order, *here, None, f"{claim_id} stands after a claim whose words come later")
        before[row["source_id"]] = place
        about = coding.about.get(claim_id, [])
        yield Case("C20", any(item["role"] == "subject" for item in about), *here, None, f"{claim_id} has no subject")
        passages = {item["passage_id"] for item in quotes}
        for actor in coding.actors_about(claim_id):
            if not coding.own_voice(actor):
                named = any(mention["passage_id"] in passages for mention in coding.mentions.get(actor, ()))
                what = f"{claim_id} is about {actor}, whom its sentence does not mention"
                yield Case("C20", named, *here, None, what)
    abouts = defaultdict(list)
    for row in coding["claim_about"]:
        abouts[thing_of(row)].append(row)
    for row in coding["actor_offices"]:
        holders = {item["claim_id"] for item in abouts.get(row["actor_id"], ()) if item["role"] == "subject"}
        offices = {item["claim_id"] for item in abouts.get(row["office_actor_id"], ())}
        told = any(claims[claim_id]["presupposed"] for claim_id in holders & offices)
        what = f"no claim says that {row['actor_id']} is {row['title']!r:.60}"
        yield Case("C10", told, "actor_offices", row["actor_office_id"], None, what)
    # A whole that only holds a list together is told by its items.
    wholes = {row["parent_provision_id"] for row in coding["provisions"]}
    for row_id, row in coding.by_id["provisions"].items():
        what = f"no claim says that the agreement has {row_id}"
        told = row_id in abouts or (row_id in wholes and row["parent_provision_id"] is not None)
        yield Case("C11", told, "provisions", row_id, None, what)
    for row_id in coding.by_id["events"]:
        yield Case("C2", row_id in abouts, "events", row_id, None, f"no claim reports {row_id}")


@_rule(
    "11u",
    "C16 C17 C18 C19",
    "Claims fit their cues: A question left open is speculation, and nothing left open is presupposed; what is quoted has a quotation cue "
    "whose words lie in its quote; a relation restates the first one like it.",
    "correct the claim or its cues",
)
def _claims_fit_their_cues(coding: Coding) -> Iterator[Case]:
    claims = coding.by_id["claims"]
    relations: dict[tuple[str, frozenset[str], str], list[str]] = defaultdict(list)
    for claim_id, row in claims.items():
        here = ("claims", claim_id)
        cues, quotes = coding.claim_cues.get(claim_id, []), coding.grounds("claims", claim_id, "proposition")
        open_ = any(re.search(r"\b(extent|whether)\b", cue["text"]) for cue in cues)
        what = f"{claim_id} is of the kind {row['kind']}, with{'' if open_ else 'out'} a question left open"
        yield Case("C16", (row["kind"] == "speculation") == open_, *here, "kind", what)
        if row["presupposed"]:
            what = f"{claim_id} is left open and presupposed"
            yield Case("C17", row["factuality"] != "Uu", *here, "presupposed", what)
        marks = [span_of(cue, "scope_") for cue in cues if cue["kind"] == "quotation"]
        inside = all(mark.meets(quote) for mark in marks for quote in quotes)
        what = f"quoted is {str(row['quoted']).lower()} of {claim_id}, with {len(marks)} quotations in it"
        yield Case("C18", row["quoted"] == bool(marks) and inside, *here, "quoted", what)
        again = row["restates_claim_id"]
        nouns = [noun for noun in EQUAL_NOUNS if row["kind"] == "relation" and re.search(noun, row["proposition"])]
        alike = [(row["source_id"], frozenset(coding.actors_about(claim_id)), noun) for noun in nouns]
        # Items of one list are relations of their own.
        first = next(
            (
                other
                for like in alike
                for other in relations[like]
                if not any_meets(coding.grounds("claims", other, "proposition"), quotes)
            ),
            None,
        )
        if alike:
            what = f"{claim_id} restates {again}, and the first like it is {first}"
            yield Case("C19", again == first, *here, "restates_claim_id", what)
        elif again is not None:
            same = {row["kind"], claims[again]["kind"]} == {"relation"} and claims[again]["restates_claim_id"] is None
            what = f"{claim_id} restates {again}, which is no relation, or restates one itself"
            yield Case("C19", same, *here, "restates_claim_id", what)
        for like in alike:
            relations[like].append(claim_id)


# --- Discrepancies and open questions ---


@_rule(
    "11v",
    "X1",
    "Discrepancies have two sides: The first side stands first in the text; each side that is a claim is one of its own sentence; the kind "
    "fits the sides.",
    "correct the sides or the kind",
)
def _discrepancies_have_two_sides(coding: Coding) -> Iterator[Case]:
    sides = grouped(coding["discrepancy_sides"], "discrepancy_id")
    claims, passages = coding.by_id["claims"], coding.by_id["passages"]
    for row in coding["discrepancies"]:
        row_id, kind = row["discrepancy_id"], row["kind"]
        by_side = grouped(sides.get(row_id, ()), "side")
        whole = set(by_side) == {"first", "second"}
        yield Case("X1", whole, "discrepancies", row_id, None, f"{row_id} has one side only")
        if not whole:
            continue
        places = [min(map(span_of, by_side[name])) for name in ("first", "second")]
        in_order = kind in ("between_sources", "misspelling") or places[0] <= places[1]
        yield Case("X1", in_order, "discrepancies", row_id, None, f"the first side of {row_id} stands after the second")
        headlines = [
            {passages[side["passage_id"]]["kind"] == "headline" for side in by_side[name]}
            for name in ("first", "second")
        ]
        fits = kind == "between_sources" or (headlines == [{True}, {False}]) == (kind == "headline_vs_body")
        if kind == "hedged_then_presupposed":
            sure = {claims[side["claim_id"]]["factuality"] == CERTAIN for side in sides[row_id] if side["claim_id"]}
            fits = fits and sure != {True}
        yield Case("X1", fits, "discrepancies", row_id, "kind", f"the sides of {row_id} are no {kind}")
        for side in sides[row_id]:
            if side["claim_id"]:
                own = {item["passage_id"] for item in coding.evidence("claims", side["claim_id"], "proposition")}
                what = f"{side['claim_id']} is of another sentence than {side['quote']!r:.60}"
                yield Case(
                    "X1", side["passage_id"] in own, "discrepancy_sides", side["discrepancy_side_id"], "claim_id", what
                )


@_rule(
    "11w",
    "O1",
    "Questions follow gaps: A question of an empty cell has the reason of its gap; what is partly answered or "
    "undisclosed quotes the words.",
    "correct the status, or the words quoted",
)
def _questions_follow_gaps(coding: Coding) -> Iterator[Case]:
    for row in coding["open_questions"]:
        row_id, status = row["open_question_id"], row["status"]
        fits = row["quote"] is not None or status not in ("partly", "undisclosed")
        reasons = coding.gaps.get((row["table_name"], row["row_id"], row["column_name"] or ""), set())
        if reasons and status not in ("answered", "partly"):
            fits = fits and status in reasons
        what = f"{row_id} is {status}, and quotes {row['quote']!r:.60}"
        yield Case("O1", fits, "open_questions", row_id, "status", what)
