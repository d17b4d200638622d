"""The tables: one pydantic row model each, the single definition of names, types, keys, origins and meanings.

Read top to bottom: what happened, who, what was agreed, what is said, why believe it, how to merge it, views. `TABLES` at
the end lists them in the order in which they are published.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

from . import views
from . import vocabularies as v
from .core import NAME
from .core.column import (
    SHA256_PATTERN,
    Default,
    Rule,
    coder,
    derived,
    edtf,
    identifier,
    inferred,
    key,
    link,
    note,
    reference,
    source,
)
from .core.table import Computed, Dataset, Part, Row, Table

if TYPE_CHECKING:
    from .core.laws import Law

ISO_3166 = "ISO 3166-1"
SPAN_UNIT = "Unicode code points from the start of the source, counted from 0; the end is excluded"


_NO_ATTRIBUTION = Rule("voice_actor_id.kind", "article_voice", "no_attribution")
_OWN_VOICE = Default("voice_actor_id.kind", "article_voice", like="factuality")

# What columns are computed from, where several are from the same.
_OF_STATEMENT = (
    "voice_actor_id.name",
    "voice_actor_id.kind",
    "factuality",
    "presupposed",
    "kind",
    "proposition",
    "claim_cues(claim_id).cue_id.kind",
    # Names keep their capital within a sentence.
    "mentions().text",
    "mentions().form",
    "actors().kind",
    "actors().name",
    "actors().named",
)
_OF_HAPPENING = (
    "events(happening_id).status",
    "events(happening_id).type",
    "events(happening_id).event_links(event_id).relation",
    "events(happening_id).event_links(event_id).related_event_id.type",
    "events(happening_id).event_links(related_event_id=event_id).relation",
    "events(happening_id).event_links(related_event_id=event_id).event_id.type",
)
# Which events of a happening took place, which states take part in them, and which of them speaks for the pair.
_OF_PAIR = (
    "events(happening_id).status",
    "events(happening_id).cameo_code",
    "events(happening_id).event_actors(event_id).role",
    "events(happening_id).event_actors(event_id).actor_id.country",
    "actors().iso_alpha3",
)
_OF_READINGS = (
    "readings().table_name",
    "readings().column_name",
    "readings().first_value",
    "readings().second_value",
)
_OF_DATES = (*_OF_PAIR, "events(happening_id).date_earliest", "events(happening_id).date_latest")

# --- What happened ---


class Event(Row):
    """Things that happen at a time, past or planned, however vague.

    States, attitudes, motives, trends, assessments and topics talked about are not events.
    """

    table = Table(
        "events",
        "What happened",
        column_groups={
            "dates": ("date_text", "date_edtf", "date_inferred_edtf"),
            "places": ("place_text", "place_id"),
            "plover": ("plover_event", "plover_mode", "plover_contexts"),
        },
    )

    event_id: Annotated[str, identifier("The event.")]
    label: Annotated[str, coder("The event in a few words.")]
    type: Annotated[str, coder("What kind of happening it is.", vocabulary=v.EVENT_TYPE)]
    status: Annotated[
        str, coder("Whether it has occurred, goes on, is planned or is only possible.", vocabulary=v.EVENT_STATUS)
    ]
    voice_actor_id: Annotated[
        str,
        link(
            "actors",
            "Whose word it is that the event takes place.",
            origin="source",
            voice=True,
            inferable=True,
            follows=_NO_ATTRIBUTION,
        ),
    ]
    factuality: Annotated[str, coder("How sure that voice is of it.", vocabulary=v.FACTUALITY, certainty=True)]
    author_factuality: Annotated[
        str,
        coder(
            "How far the article's own voice, outside its headline, is committed to it.",
            vocabulary=v.FACTUALITY,
            rests_on="voice",
            default=_OWN_VOICE,
            certainty=True,
        ),
    ]
    agreement_id: Annotated[
        str | None,
        link(
            "agreements",
            "The agreement that the event makes, makes known, or is held under.",
            null_means="No agreement.",
        ),
    ]
    provision_id: Annotated[
        str | None, link("provisions", "The provision that the event would carry out.", null_means="No provision.")
    ]
    date_text: Annotated[str | None, source("When, in the article's words.", verbatim=True)]
    date_edtf: Annotated[str | None, edtf("source", "When, as far as the article states it.")]
    date_inferred_edtf: Annotated[str | None, edtf("inferred", "When, as it follows by a written rule.")]
    date_earliest: Annotated[
        date | None,
        derived(
            "First day of `date_inferred_edtf`, else of `date_edtf`.",
            null_means="Neither gives a year. Whether that is not stated or not disclosed: `date_words` in `timeline`, and `gaps`.",
            computed_from=("date_inferred_edtf", "date_edtf"),
        ),
    ]
    date_latest: Annotated[
        date | None,
        derived(
            "Last day of `date_inferred_edtf`, else of `date_edtf`.",
            null_means="Neither gives a year. Whether that is not stated or not disclosed: `date_words` in `timeline`, and `gaps`.",
            computed_from=("date_inferred_edtf", "date_edtf"),
        ),
    ]
    date_basis: Annotated[
        str,
        derived(
            "Whether the first and last day rest on a stated date or an inferred one.",
            vocabulary=v.VALUE_BASIS,
            computed_from=("date_inferred_edtf", "date_edtf"),
        ),
    ]
    place_text: Annotated[str | None, source("Where, in the article's words.", verbatim=True)]
    place_id: Annotated[str | None, link("places", "Where it takes place.", origin="coder")]
    place_country: Annotated[
        str | None,
        derived(
            "The country of the place, from `places`.",
            vocabulary=v.COUNTRY,
            unit="ISO 3166-1 alpha-3",
            null_means="No place, or one that is open or in no one country: `place_id` and its gap say which.",
            computed_from=("place_id.country",),
        ),
    ]
    place_precision: Annotated[str, coder("How closely the article locates it.", vocabulary=v.PLACE_PRECISION)]
    cameo_code: Annotated[
        str | None,
        coder(
            "CAMEO event code; where the words leave it open, `gaps` has the codes that are possible.",
            vocabulary=v.CAMEO_CODE,
            unit="CAMEO code",
        ),
    ]
    plover_event: Annotated[str | None, coder("PLOVER event category.", vocabulary=v.PLOVER_EVENT)]
    plover_mode: Annotated[str | None, coder("PLOVER mode.", vocabulary=v.PLOVER_MODE)]
    plover_contexts: Annotated[
        str | None,
        coder(
            "PLOVER contexts, joined by `;`: of signings, offers to talk, demands and sanctions what PLOVER's conversion from CAMEO "
            "gives, diplomatic; of meetings, talks and cooperation the subject.",
            vocabulary=v.PLOVER_CONTEXT,
            joined=True,
        ),
    ]
    happening_id: Annotated[
        str,
        derived(
            "The main event of the happening that the event belongs to; a rule for counting, no claim of identity. Events are one "
            "happening where `maybe_same_as` joins them, or `occurs_during`, `part_of` or `maybe_part_of` where both are visit, "
            "meeting or talks.",
            computed_from=_OF_HAPPENING,
        ),
    ]
    count_once: Annotated[
        bool,
        derived(
            "True on one row of each happening that occurred or goes on, the main event; false on all others. Count the "
            "rows where it is true.",
            computed_from=("happening_id", "status"),
        ),
    ]
    note: Annotated[str | None, note()]


class EventActor(Row):
    """Who has to do with an event, and as what: one row for each actor and role.

    Who is only spoken of, or is the channel of a statement, takes no part: see `role`. An actor whom the words leave open has no row.
    """

    table = Table("event_actors", "What happened", id_from=("event_id", "actor_id", "role"), within="events")

    event_actor_id: Annotated[str, identifier("The part that an actor has in an event.")]
    event_id: Annotated[str, link("events", "The event.")]
    actor_id: Annotated[str, link("actors", "The actor.")]
    role: Annotated[str, coder("The actor's role in the event.", vocabulary=v.EVENT_ROLE, inferable=True)]
    basis: Annotated[
        str,
        derived(
            "Whether words say that the actor has this role, or it follows by a rule.",
            vocabulary=v.VALUE_BASIS,
            computed_from=("role",),
        ),
    ]
    note: Annotated[str | None, note()]


class EventLink(Row):
    """How one event stands to another; directed, one row for each relation."""

    table = Table(
        "event_links",
        "What happened",
        id_from=("event_id", "relation", "related_event_id"),
        within="events",
        part_of=("event_id", "related_event_id", "relation"),
    )

    event_link_id: Annotated[str, identifier("The link.")]
    event_id: Annotated[str, link("events", "The event that stands in the relation.")]
    related_event_id: Annotated[str, link("events", "The event that it stands to.")]
    relation: Annotated[
        str, coder("The relation, read from `event_id` to `related_event_id`.", vocabulary=v.EVENT_RELATION)
    ]
    note: Annotated[str | None, note()]


# --- Who ---


class Actor(Row):
    """States, bodies, people, groups, blocs, platforms, and the article's own voice.

    Metonyms (Moscow, the Kremlin) and unnamed groups (analysts, the West) are actors in their own right.
    """

    table = Table("actors", "Who and where")

    actor_id: Annotated[str, identifier("The actor.")]
    name: Annotated[
        str,
        reference(
            "The actor's name in established English spelling, or a description where it has no name.",
            authority="This project; where it is another spelling than `name_as_printed`, `note` says why",
        ),
    ]
    kind: Annotated[str, coder("What sort of actor it is.", vocabulary=v.ACTOR_KIND)]
    named: Annotated[bool, coder("Whether the article gives it a name, not just a description.")]
    parent_actor_id: Annotated[
        str | None, link("actors", "The actor that it belongs to, speaks for, or is sent by.", origin="coder")
    ]
    country: Annotated[
        str | None,
        coder("The country that it is, or belongs to.", vocabulary=v.COUNTRY, unit="ISO 3166-1 alpha-3"),
    ]
    name_as_printed: Annotated[
        str | None,
        source("The fullest name or description that the article prints.", verbatim=True, row_quote=True),
    ]
    iso_alpha3: Annotated[
        str | None,
        reference(
            "ISO three-letter code of a state.",
            authority=ISO_3166,
            pattern="[A-Z]{3}",
            unit="ISO 3166-1 alpha-3",
            null_means="Not a state.",
        ),
    ]
    iso_alpha2: Annotated[
        str | None,
        reference(
            "ISO two-letter code of a state.",
            authority=ISO_3166,
            pattern="[A-Z]{2}",
            unit="ISO 3166-1 alpha-2",
            null_means="Not a state.",
        ),
    ]
    cow_code: Annotated[
        int | None,
        reference(
            "Correlates of War code of a state.",
            authority="Correlates of War state system",
            unit="COW country code",
            null_means="Not a state.",
        ),
    ]
    gw_code: Annotated[
        int | None,
        reference(
            "Gleditsch and Ward code of a state.",
            authority="Gleditsch and Ward list of independent states",
            unit="GW country code",
            null_means="Not a state.",
        ),
    ]
    wikidata_id: Annotated[
        str | None,
        reference("Wikidata item.", authority="Wikidata", pattern="Q[0-9]+", null_means="Not verified, or none."),
    ]
    note: Annotated[str | None, note()]


class ActorOffice(Row):
    """The offices that a person holds: one row for each."""

    table = Table("actor_offices", "Who and where", id_from=("actor_id", "title"), within="actors")

    actor_office_id: Annotated[str, identifier("The office held.")]
    actor_id: Annotated[str, link("actors", "Who holds it.")]
    title: Annotated[str, source("The office's title as printed.", verbatim=True, row_quote=True)]
    office_actor_id: Annotated[str, link("actors", "The office as an actor.")]
    body_actor_id: Annotated[
        str | None, link("actors", "The body, office or state that the office is of.", origin="coder")
    ]
    note: Annotated[str | None, note()]


class Place(Row):
    """Places where events are, or are said to be, located, and regions that are spoken of."""

    table = Table("places", "Who and where")

    place_id: Annotated[str, identifier("The place.")]
    name: Annotated[
        str,
        reference(
            "The place's name in established English spelling, or a description where it has no name.",
            authority="This project",
        ),
    ]
    kind: Annotated[str, coder("What sort of place it is.", vocabulary=v.PLACE_KIND)]
    name_as_printed: Annotated[str, source("The name or description that the source prints.", verbatim=True)]
    parent_place_id: Annotated[
        str | None,
        link("places", "The place that it lies in, where that can be inferred.", null_means="None can be inferred."),
    ]
    country: Annotated[
        str | None,
        inferred("The country that it is, or lies in.", vocabulary=v.COUNTRY, unit="ISO 3166-1 alpha-3"),
    ]
    geonames_id: Annotated[
        str | None,
        reference("GeoNames id.", authority="GeoNames", pattern="[0-9]+", null_means="Not verified, or no one place."),
    ]
    note: Annotated[str | None, note()]


class Mention(Row):
    """Every expression in a source that picks out an actor, event, agreement, provision or place.

    One row for each expression and thing picked out, so `count(DISTINCT (start_char, end_char))` counts the expressions. What an unclear
    expression may pick out besides is in `discrepancies`, of the kind `unclear_reference`.
    """

    # A mention tells that somebody is spoken of, not what is said: its evidence accounts for no word.
    table = Table(
        "mentions",
        "Who and where",
        id_from=(
            "actor_id",
            "event_id",
            "agreement_id",
            "provision_id",
            "place_id",
            "source_id",
            "start_char",
            "end_char",
        ),
        anchored=True,
        accounts_for_words=False,
        one_of=(("actor_id",), ("event_id",), ("agreement_id",), ("provision_id",), ("place_id",)),
    )

    mention_id: Annotated[str, identifier("The mention.")]
    actor_id: Annotated[str | None, link("actors", "The actor picked out.", null_means="Something else is picked out.")]
    event_id: Annotated[str | None, link("events", "The event picked out.", null_means="Something else is picked out.")]
    agreement_id: Annotated[
        str | None, link("agreements", "The agreement picked out.", null_means="Something else is picked out.")
    ]
    provision_id: Annotated[
        str | None, link("provisions", "The provision picked out.", null_means="Something else is picked out.")
    ]
    place_id: Annotated[str | None, link("places", "The place picked out.", null_means="Something else is picked out.")]
    source_id: Annotated[str, link("sources", "The source.")]
    passage_id: Annotated[str, link("passages", "The sentence.")]
    start_char: Annotated[int, key("Where the expression starts.", unit=SPAN_UNIT)]
    end_char: Annotated[int, key("Where it ends.", unit=SPAN_UNIT)]
    text: Annotated[str, derived("The expression: the source's text from `start_char` to `end_char`.")]
    form: Annotated[str, coder("The form of words.", vocabulary=v.MENTION_FORM)]
    note: Annotated[str | None, note()]


# --- What was agreed ---


class Agreement(Row):
    """Agreements that the sources report."""

    table = Table("agreements", "What was agreed")

    agreement_id: Annotated[str, identifier("The agreement.")]
    label: Annotated[str, coder("The agreement in a few words.")]
    kind: Annotated[str, coder("What sort of instrument it is.", vocabulary=v.AGREEMENT_KIND)]
    stage: Annotated[str, coder("The furthest stage reported as reached.", vocabulary=v.AGREEMENT_STAGE)]
    form_text: Annotated[str, source("What the article calls it.", verbatim=True)]
    period_text: Annotated[str | None, source("The period it covers, in the article's words.", verbatim=True)]
    period_edtf: Annotated[str | None, edtf("source", "The period it covers.")]
    period_earliest: Annotated[
        date | None,
        derived("First day of `period_edtf`.", null_means="No period with a year.", computed_from=("period_edtf",)),
    ]
    period_latest: Annotated[
        date | None,
        derived("Last day of `period_edtf`.", null_means="No period with a year.", computed_from=("period_edtf",)),
    ]
    signed_edtf: Annotated[
        str | None,
        edtf(
            "source",
            "When it was signed.",
            question=(
                "When was the plan signed?",
                "ATOP begyr, begmo, begday; DCAD signYear, signMonth, signDay; PA-X Dat",
            ),
        ),
    ]
    signed_place: Annotated[
        str | None,
        source(
            "Where it was signed, as printed.", verbatim=True, question=("Where was the plan signed?", "journalists")
        ),
    ]
    laterality: Annotated[str, coder("Whether it has two parties or more.", vocabulary=v.LATERALITY)]
    formal_title: Annotated[
        str | None,
        source(
            "Its official title, as printed.",
            verbatim=True,
            question=("What is the official title of the plan?", "PA-X Agt"),
        ),
    ]
    entry_into_force_edtf: Annotated[
        str | None,
        edtf(
            "source",
            "When it enters or entered into force.",
            question=("When does the plan enter into force?", "DCAD EIFYear, EIFMonth, EIFDay"),
        ),
    ]
    renewal_text: Annotated[
        str | None,
        source(
            "What is said of its renewal, as printed.",
            verbatim=True,
            question=("May the plan be renewed?", "ATOP proren, renewlgt; DCAD renewType, renewYears"),
        ),
    ]
    termination_text: Annotated[
        str | None,
        source(
            "What is said of how it may be ended, as printed.",
            verbatim=True,
            question=("How may the plan be terminated?", "ATOP renounce"),
        ),
    ]
    publicity: Annotated[str, coder("Whether its existence is public.", vocabulary=v.AGREEMENT_PUBLICITY)]
    voice_actor_id: Annotated[
        str,
        link(
            "actors",
            "Who says that there is this agreement.",
            origin="source",
            voice=True,
            inferable=True,
            follows=_NO_ATTRIBUTION,
        ),
    ]
    factuality: Annotated[str, coder("How sure that voice is of it.", vocabulary=v.FACTUALITY, certainty=True)]
    author_factuality: Annotated[
        str,
        coder(
            "How far the article's own voice, outside its headline, is committed to it.",
            vocabulary=v.FACTUALITY,
            rests_on="voice",
            default=_OWN_VOICE,
            certainty=True,
        ),
    ]
    note: Annotated[str | None, note()]


class AgreementActor(Row):
    """Who has to do with an agreement, and as what."""

    table = Table(
        "agreement_actors", "What was agreed", id_from=("agreement_id", "actor_id", "role"), within="agreements"
    )

    agreement_actor_id: Annotated[str, identifier("The part that an actor has in an agreement.")]
    agreement_id: Annotated[str, link("agreements", "The agreement.")]
    actor_id: Annotated[str, link("actors", "The actor.")]
    role: Annotated[str, coder("What the actor is to the agreement.", vocabulary=v.AGREEMENT_ROLE)]
    note: Annotated[str | None, note()]


class Provision(Row):
    """What the article places inside an agreement: one row for each separable content, parts under their whole."""

    table = Table("provisions", "What was agreed")

    provision_id: Annotated[str, identifier("The provision.")]
    agreement_id: Annotated[str, link("agreements", "The agreement.")]
    parent_provision_id: Annotated[
        str | None, link("provisions", "The provision that this one is a part of.", null_means="Not part of another.")
    ]
    ordinal: Annotated[
        int,
        derived(
            "Place within the agreement, from 1: by where `wording` stands in the source, the longer wording first, "
            "then by `provision_id`.",
            computed_from=("provisions(agreement_id).wording",),
        ),
    ]
    label: Annotated[str, coder("The provision in a few words.")]
    wording: Annotated[str, source("The article's words for it.", verbatim=True)]
    area: Annotated[str, coder("The field of cooperation.", vocabulary=v.PROVISION_AREA)]
    commitment: Annotated[str, coder("How firmly the article places it in the agreement.", vocabulary=v.COMMITMENT)]
    centerpiece: Annotated[bool, coder("Whether the article calls it the centerpiece.")]
    voice_actor_id: Annotated[
        str,
        link(
            "actors",
            "Whose word it is that the agreement contains it.",
            origin="source",
            voice=True,
            inferable=True,
            follows=_NO_ATTRIBUTION,
        ),
    ]
    factuality: Annotated[
        str, coder("How sure that voice is that the agreement contains it.", vocabulary=v.FACTUALITY, certainty=True)
    ]
    author_factuality: Annotated[
        str,
        coder(
            "How far the article's own voice, outside its headline, is committed to that.",
            vocabulary=v.FACTUALITY,
            rests_on="voice",
            default=_OWN_VOICE,
            certainty=True,
        ),
    ]
    content_factuality: Annotated[
        str,
        coder("How sure that voice is that what it provides for comes about.", vocabulary=v.FACTUALITY, certainty=True),
    ]
    note: Annotated[str | None, note()]


class ProvisionActor(Row):
    """Who has to do with a provision, and as what; where a provision has parts, the parts have those who do the particular thing."""

    table = Table(
        "provision_actors", "What was agreed", id_from=("provision_id", "actor_id", "role"), within="provisions"
    )

    provision_actor_id: Annotated[str, identifier("The part that an actor has in a provision.")]
    provision_id: Annotated[str, link("provisions", "The provision.")]
    actor_id: Annotated[str, link("actors", "The actor.")]
    role: Annotated[str, coder("What the actor is to the provision.", vocabulary=v.PROVISION_ROLE, inferable=True)]
    basis: Annotated[
        str,
        derived(
            "Whether words say that the actor has this role, or it follows by a rule.",
            vocabulary=v.VALUE_BASIS,
            computed_from=("role",),
        ),
    ]
    note: Annotated[str | None, note()]


# --- What is said ---


class Claim(Row):
    """What is said, or taken for granted, by somebody: one row for each proposition and voice."""

    table = Table("claims", "What is said")

    claim_id: Annotated[str, identifier("The claim.")]
    source_id: Annotated[str, link("sources", "The source that has it.")]
    statement: Annotated[
        str,
        derived(
            "Who says it, how surely, and what, in a sentence that can be quoted: this is the column to show and to search.",
            computed_from=_OF_STATEMENT,
        ),
    ]
    proposition: Annotated[
        str,
        coder(
            "What is said, without its hedge and its negation, which are in the factuality columns: with CT- the voice says "
            "that it is not so. Not to be shown alone."
        ),
    ]
    kind: Annotated[str, coder("What sort of proposition it is.", vocabulary=v.CLAIM_KIND)]
    voice_actor_id: Annotated[
        str,
        link("actors", "Whose claim it is.", origin="source", voice=True, inferable=True, follows=_NO_ATTRIBUTION),
    ]
    factuality: Annotated[
        str, coder("How sure that voice is of it.", vocabulary=v.FACTUALITY, certainty=True, rests_on="cues")
    ]
    author_factuality: Annotated[
        str,
        coder(
            "How far the article's own voice, outside its headline, is committed to it.",
            vocabulary=v.FACTUALITY,
            rests_on="voice",
            default=_OWN_VOICE,
            certainty=True,
        ),
    ]
    presupposed: Annotated[bool, coder("Whether it is taken for granted rather than put forward.")]
    quoted: Annotated[
        bool, coder("Whether it stands in quotation marks, in whole or in part; `cues` has the words inside.")
    ]
    restates_claim_id: Annotated[
        str | None,
        link(
            "claims",
            "The claim on the same relation of the same actors that this one restates.",
            null_means="It restates none.",
        ),
    ]
    note: Annotated[str | None, note()]


class Cue(Row):
    """The words that hedge, negate, attribute, quote or put into the future, each with the words that it reaches."""

    table = Table("cues", "What is said", anchored=True, accounts_for_words=False)

    cue_id: Annotated[str, identifier("The cue.")]
    kind: Annotated[str, coder("What it does.", vocabulary=v.CUE_KIND)]
    actor_id: Annotated[
        str | None,
        link(
            "actors",
            "Whose words an attribution or quotation gives.",
            null_means="A cue of another kind.",
        ),
    ]
    source_id: Annotated[str, link("sources", "The source.")]
    passage_id: Annotated[str, link("passages", "The sentence.")]
    start_char: Annotated[int, key("Where the cue starts.", unit=SPAN_UNIT)]
    end_char: Annotated[int, key("Where it ends.", unit=SPAN_UNIT)]
    text: Annotated[str, derived("The cue: the source's text from `start_char` to `end_char`.")]
    scope_start_char: Annotated[int, key("Where the words that it reaches start.", unit=SPAN_UNIT)]
    scope_end_char: Annotated[int, key("Where they end.", unit=SPAN_UNIT)]
    scope_text: Annotated[
        str,
        derived(
            "The words that it reaches, without the subject of their verb: the source's text from `scope_start_char` to "
            "`scope_end_char`. What is said in them, or of what they name, is in the claims that `claim_cues` links."
        ),
    ]
    note: Annotated[str | None, note()]


class ClaimCue(Row):
    """Which cues stand on a claim: one row for each."""

    table = Table("claim_cues", "What is said", id_from=("claim_id", "cue_id"), within="claims")

    claim_cue_id: Annotated[str, identifier("The claim and the cue.")]
    claim_id: Annotated[str, link("claims", "The claim.")]
    cue_id: Annotated[str, link("cues", "The cue.")]
    note: Annotated[str | None, note()]


class ClaimAbout(Row):
    """What a claim is about: one row for each actor, event, provision, agreement or place."""

    table = Table(
        "claim_about",
        "What is said",
        id_from=("claim_id", "role", "actor_id", "event_id", "provision_id", "agreement_id", "place_id"),
        within="claims",
        one_of=(("actor_id",), ("event_id",), ("provision_id",), ("agreement_id",), ("place_id",)),
    )

    claim_about_id: Annotated[str, identifier("The claim and what it is about.")]
    claim_id: Annotated[str, link("claims", "The claim.")]
    role: Annotated[str, coder("What part it plays in the proposition.", vocabulary=v.ABOUT_ROLE)]
    actor_id: Annotated[str | None, link("actors", "The actor it is about.", null_means="About something else.")]
    event_id: Annotated[str | None, link("events", "The event it is about.", null_means="About something else.")]
    provision_id: Annotated[
        str | None, link("provisions", "The provision it is about.", null_means="About something else.")
    ]
    agreement_id: Annotated[
        str | None, link("agreements", "The agreement it is about.", null_means="About something else.")
    ]
    place_id: Annotated[str | None, link("places", "The place it is about.", null_means="About something else.")]
    note: Annotated[str | None, note()]


class Discrepancy(Row):
    """Where sources disagree or are unclear.

    They disagree with each other, headline with body, or one sentence with another; a name is misprinted; or it is unclear what an
    expression picks out. `kind` says which.
    """

    table = Table("discrepancies", "What is said")

    discrepancy_id: Annotated[str, identifier("The discrepancy.")]
    kind: Annotated[str, coder("What disagrees with what.", vocabulary=v.DISCREPANCY_KIND)]
    description: Annotated[str, coder("The discrepancy in a sentence.")]
    resolution: Annotated[str, coder("How it is resolved.", vocabulary=v.RESOLUTION)]
    rationale: Annotated[str, coder("Why it is resolved so, from the text.")]
    note: Annotated[str | None, note()]


class DiscrepancySide(Row):
    """The sides of a discrepancy: one row for each claim or cell, with the words."""

    table = Table(
        "discrepancy_sides",
        "What is said",
        id_from=("discrepancy_id", "side", "source_id", "start_char", "end_char"),
        within="discrepancies",
        grounds_whole=True,
        anchored=True,
        one_of=(("claim_id",), ("table_name", "row_id", "column_name")),
    )

    discrepancy_side_id: Annotated[str, identifier("The side.")]
    discrepancy_id: Annotated[str, link("discrepancies", "The discrepancy.")]
    side: Annotated[str, coder("Which side.", vocabulary=v.DISCREPANCY_SIDE)]
    claim_id: Annotated[str | None, link("claims", "The claim on this side.", null_means="A cell is.")]
    table_name: Annotated[str | None, key("The table of the cell on this side.", null_means="A claim is.")]
    row_id: Annotated[
        str | None, key("The row of the cell on this side, by its primary key.", null_means="A claim is.")
    ]
    column_name: Annotated[str | None, key("The column of the cell on this side.", null_means="A claim is.")]
    source_id: Annotated[str, link("sources", "The source quoted.")]
    passage_id: Annotated[str, link("passages", "The sentence quoted.")]
    start_char: Annotated[int, key("Where the quote starts.", unit=SPAN_UNIT)]
    end_char: Annotated[int, key("Where it ends.", unit=SPAN_UNIT)]
    quote: Annotated[str, derived("The words on this side: the source's text from `start_char` to `end_char`.")]
    note: Annotated[str | None, note()]


class OpenQuestion(Row):
    """What the field asks and no column is made for, or the sources leave open: one row for each question and row that it is asked of.

    `status` says how far it is answered; what is answered leads to the row that has the answer.
    """

    table = Table("open_questions", "What is said", explained=False, part=Part.QUESTIONS)

    open_question_id: Annotated[str, identifier("The question.")]
    question: Annotated[str, coder("The question.")]
    table_name: Annotated[str, key("The table of the row that it is asked of.")]
    row_id: Annotated[str, key("The row that it is asked of, by its primary key.")]
    column_name: Annotated[str | None, key("The column that would hold the answer.", null_means="No column would.")]
    status: Annotated[str, coder("How far it is answered.", vocabulary=v.QUESTION_STATUS)]
    asked_by: Annotated[
        str,
        reference(
            "Who asks it: a dataset and its variables, spelled as in the dataset's files (ATOP's in lower case), or a kind of user.",
            authority="This project",
        ),
    ]
    answer_table_name: Annotated[str | None, key("The table of the row that answers.", null_means="Not answered.")]
    answer_row_id: Annotated[str | None, key("The row that answers, by its primary key.", null_means="Not answered.")]
    source_id: Annotated[str | None, link("sources", "The source quoted.", null_means="Nothing to quote.")]
    passage_id: Annotated[str | None, link("passages", "The sentence quoted.", null_means="Nothing to quote.")]
    start_char: Annotated[int | None, key("Where the quote starts.", unit=SPAN_UNIT, null_means="Nothing to quote.")]
    end_char: Annotated[int | None, key("Where it ends.", unit=SPAN_UNIT, null_means="Nothing to quote.")]
    quote: Annotated[
        str | None, derived("The words that say something of it, or leave it open.", null_means="Nothing to quote.")
    ]
    note: Annotated[str | None, note()]


# --- Why believe it ---


class Source(Row):
    """The documents coded, as received, and what they state about themselves."""

    # The headline, as a source's title, covers its words whatever they claim.
    table = Table("sources", "Why believe it", part=Part.SOURCES, accounts_for_words=False, pinned=("sha256",))

    source_id: Annotated[str, identifier("The source: its file's name without suffix.")]
    path: Annotated[str, derived("The file in the repository.", computed_from=("source_id",))]
    headline: Annotated[str, source("The headline as printed.", verbatim=True)]
    publisher: Annotated[
        str | None,
        source("Who published it, as printed.", verbatim=True, question=("Who published the article?", "analysts")),
    ]
    author: Annotated[
        str | None, source("Who wrote it, as printed.", verbatim=True, question=("Who wrote the article?", "analysts"))
    ]
    published_edtf: Annotated[
        str | None, edtf("source", "When it was published.", question=("When was the article published?", "event data"))
    ]
    language: Annotated[str, coder("The language it is written in.", pattern="[a-z]{2,3}", unit="ISO 639 code")]
    sha256: Annotated[str, key("SHA-256 of the file's bytes; pins the source.", pattern=SHA256_PATTERN)]
    byte_count: Annotated[int, derived("Length of the file.", unit="bytes", measured=len)]
    character_count: Annotated[
        int,
        derived("Length of the decoded text.", unit="Unicode code points", measured=lambda file: len(file.decode())),
    ]
    line_count: Annotated[
        int, derived("Number of lines.", unit="lines", measured=lambda file: len(file.decode().splitlines()))
    ]
    url: Annotated[
        str | None,
        reference(
            "The address at which it was published.",
            authority="The project's record of receipt",
            null_means="Not known.",
        ),
    ]
    publisher_name: Annotated[
        str | None,
        reference("Who published it.", authority="The project's record of receipt", null_means="Not known."),
    ]
    published_on: Annotated[
        date | None,
        reference("Day of publication.", authority="The project's record of receipt", null_means="Not known."),
    ]
    retrieved_on: Annotated[
        date | None,
        reference("Day of retrieval.", authority="The project's record of receipt", null_means="Not known."),
    ]
    completeness: Annotated[
        str | None,
        reference("Whether the text is whole.", authority="The project's record of receipt", null_means="Not known."),
    ]
    rights: Annotated[
        str | None,
        reference(
            "Who may use the text, and how.",
            authority="The project's record of receipt",
            null_means="Not stated: the text is its publisher's.",
        ),
    ]
    derived_from_source_id: Annotated[
        str | None, link("sources", "The source that this one rewrites or reprints.", origin="coder")
    ]
    note: Annotated[str | None, note()]


class Passage(Row):
    """The sentences of the sources, in order; headline and page furniture are passages too."""

    table = Table(
        "passages",
        "Why believe it",
        rows_from="build",
        part=Part.PASSAGES,
        pinned=("source_id", "start_char", "end_char"),
    )

    passage_id: Annotated[str, identifier("The passage.")]
    source_id: Annotated[str, link("sources", "The source.")]
    ordinal: Annotated[
        int, derived("Place within the source, from 1.", computed_from=("passages(source_id).start_char",))
    ]
    line: Annotated[int, derived("Line of the file, from 1.", unit="lines")]
    kind: Annotated[
        str,
        derived(
            "Headline, body or boilerplate, by place and closing punctuation.",
            vocabulary=v.PASSAGE_KIND,
            computed_from=("ordinal", "text"),
        ),
    ]
    start_char: Annotated[int, key("Where the passage starts.", unit=SPAN_UNIT)]
    end_char: Annotated[int, key("Where it ends.", unit=SPAN_UNIT)]
    text: Annotated[str, derived("The passage: the source's text from `start_char` to `end_char`.")]


class Evidence(Row):
    """The words that a cell rests on: one row for each cell and quote."""

    table = Table(
        "evidence",
        "Why believe it",
        id_from=("table_name", "row_id", "column_name", "source_id", "start_char", "end_char", "value"),
        id_hashed=True,
        rows_from="cells",
        explained=False,
        part=Part.EVIDENCE,
    )

    evidence_id: Annotated[str, identifier("The piece of evidence: a hash of what it explains and where it stands.")]
    table_name: Annotated[str, key("The table of the cell explained.")]
    row_id: Annotated[str, key("The row of the cell explained, by its primary key.")]
    column_name: Annotated[str, key("The column of the cell explained.")]
    basis: Annotated[str, coder("How the value rests on the words.", vocabulary=v.BASIS)]
    value: Annotated[
        str,
        source(
            "The value that the words speak for, as text. A claim's words may deny its `proposition`: the evidence of its "
            "`factuality` says so."
        ),
    ]
    stance: Annotated[
        str,
        derived(
            "Whether that is the cell's value, another source's own, or one against it.",
            vocabulary=v.STANCE,
            computed_from=("value",),
        ),
    ]
    rule: Annotated[
        str | None,
        coder("The rule by which the value follows.", vocabulary=v.INFERENCE_RULE, null_means="Not inferred."),
    ]
    source_id: Annotated[str, link("sources", "The source quoted.")]
    passage_id: Annotated[str, link("passages", "The sentence quoted.")]
    start_char: Annotated[int, key("Where the quote starts.", unit=SPAN_UNIT)]
    end_char: Annotated[int, key("Where it ends.", unit=SPAN_UNIT)]
    quote: Annotated[str, derived("The words: the source's text from `start_char` to `end_char`.")]


class Gap(Row):
    """Why a cell is empty: one row for each reason, and for each candidate where several values are possible.

    Of cells of origin `source`, `coder` and `inferred`; for the others the column says what empty means. `open_questions` has these and
    what no column is made for.
    """

    table = Table(
        "gaps",
        "Why believe it",
        id_from=("table_name", "row_id", "column_name", "reason", "candidate", "source_id", "start_char", "end_char"),
        id_hashed=True,
        rows_from="build",
        explained=False,
        part=Part.GAPS,
    )

    gap_id: Annotated[str, identifier("The gap: a hash of the cell, the reason and the candidate.")]
    table_name: Annotated[str, key("The table of the empty cell.")]
    row_id: Annotated[str, key("The row of the empty cell, by its primary key.")]
    column_name: Annotated[str, key("The column of the empty cell.")]
    reason: Annotated[str, coder("Why it is empty.", vocabulary=v.GAP_REASON)]
    candidate: Annotated[str | None, coder("A value that the words allow.", null_means="None is singled out.")]
    source_id: Annotated[str, link("sources", "The source that leaves it open.")]
    passage_id: Annotated[str | None, link("passages", "The sentence quoted.", null_means="Nothing to quote.")]
    start_char: Annotated[int | None, key("Where the quote starts.", unit=SPAN_UNIT, null_means="Nothing to quote.")]
    end_char: Annotated[int | None, key("Where it ends.", unit=SPAN_UNIT, null_means="Nothing to quote.")]
    quote: Annotated[str | None, derived("The words that leave the cell open.", null_means="Nothing to quote.")]


class Residue(Row):
    """The words of the sources that nothing was coded from: connectives and page furniture."""

    table = Table(
        "residue",
        "Why believe it",
        id_from=("source_id", "start_char", "end_char"),
        anchored=True,
        explained=False,
        part=Part.RESIDUE,
    )

    residue_id: Annotated[str, identifier("The stretch of words.")]
    source_id: Annotated[str, link("sources", "The source.")]
    passage_id: Annotated[str, link("passages", "The sentence.")]
    start_char: Annotated[int, key("Where the words start.", unit=SPAN_UNIT)]
    end_char: Annotated[int, key("Where they end.", unit=SPAN_UNIT)]
    text: Annotated[str, derived("The words: the source's text from `start_char` to `end_char`.")]
    reason: Annotated[str, coder("Why nothing was coded from them.", vocabulary=v.RESIDUE_REASON)]
    note: Annotated[str | None, note()]


class Reading(Row):
    """Both readings of every judged cell that was read twice: one row for each cell.

    The first reading is the coding; the second reader saw the source, the manual, and of the coding only which words each row rests
    on. Where the two differ, it was decided between them, with a reason, and the cell has the value of the one that holds.
    """

    table = Table(
        "readings",
        "Why believe it",
        id_from=("table_name", "row_id", "column_name"),
        rows_from="sheet",
        explained=False,
        part=Part.READINGS,
    )

    reading_id: Annotated[str, identifier("The readings of the cell.")]
    table_name: Annotated[str, key("The table of the cell.")]
    row_id: Annotated[str, key("The row of the cell, by its primary key.")]
    column_name: Annotated[str, key("The column of the cell.")]
    source_id: Annotated[str, link("sources", "The source that was read.")]
    first_value: Annotated[
        str | None,
        coder(
            "The first reading: the cell's value as text, or where it is empty the reason, as in `gaps`.",
            null_means="Empty, in a column that gives no reason.",
        ),
    ]
    second_value: Annotated[
        str | None, coder("The second reading, likewise.", null_means="Empty, in a column that gives no reason.")
    ]
    agree: Annotated[
        bool,
        derived(
            "Whether the two are the same; joined terms are, in any order.",
            computed_from=("first_value", "second_value"),
        ),
    ]
    decision: Annotated[
        str | None,
        coder(
            "Which of two readings that differ holds.",
            vocabulary=v.READING_DECISION,
            null_means="Nothing to decide: they agree.",
        ),
    ]
    reason: Annotated[str | None, coder("Why it holds.", null_means="Nothing to decide: they agree.")]


class ManualRule(Row):
    """The rules of the coding manual: how far a program decides each, by which laws, and what mistake stays unseen."""

    table = Table("rules", "Why believe it", rows_from="build", explained=False, part=Part.RULES)

    rule_id: Annotated[str, identifier("The rule, by its id in the manual.")]
    topic: Annotated[
        str, reference("The heading that it stands under.", authority="The coding manual, `seeds/CODING.md`")
    ]
    status: Annotated[
        str, reference("How far a program decides it.", authority="This project", vocabulary=v.RULE_STATUS)
    ]
    laws: Annotated[
        str | None,
        reference(
            "The numbers of the laws that check it, joined by `;`.", authority="This project", null_means="No law does."
        ),
    ]
    invisible: Annotated[
        str | None,
        reference(
            "What kind of mistake against it no check sees.", authority="This project", null_means="None that is known."
        ),
    ]


# --- How to merge it ---


class TermRow(Row):
    """The closed vocabularies: every term that a coded column may hold, with its definition."""

    table = Table(
        "terms",
        "How to merge it",
        rows_from="build",
        explained=False,
        part=Part.TERMS,
        pinned=("vocabulary", "term"),
    )

    term_id: Annotated[str, identifier("The term: vocabulary and term joined by a full stop.")]
    vocabulary: Annotated[str, key("The vocabulary it belongs to.")]
    term: Annotated[str, key("The value as it stands in coded columns.")]
    label: Annotated[
        str, reference("The term for people.", authority="This project; for `cameo_code` the CAMEO code list")
    ]
    definition: Annotated[str, reference("When to choose it.", authority="This project")]
    goldstein: Annotated[
        float | None,
        reference(
            "Goldstein score of the code, from -10 (conflict) to 10 (cooperation).",
            authority="CAMEO list of the R package icews",
            null_means="No CAMEO code.",
        ),
    ]
    quad_class: Annotated[
        str | None,
        derived(
            "The class of the code, by its root.",
            vocabulary=v.QUAD_CLASS,
            null_means="No CAMEO code, or root 09 or 14, on which users of the scheme differ.",
            computed_from=("vocabulary", "term"),
        ),
    ]


class Crosswalk(Row):
    """How the vocabularies' terms correspond to other schemes; `none` says that a scheme has no counterpart."""

    table = Table(
        "crosswalk",
        "How to merge it",
        id_from=("term_id", "scheme", "code"),
        rows_from="reference",
        explained=False,
        part=Part.CROSSWALK,
    )

    crosswalk_id: Annotated[str, identifier("The correspondence.")]
    term_id: Annotated[str, link("terms", "The term.")]
    scheme: Annotated[
        str, reference("The other scheme.", authority="The scheme's own documentation", vocabulary=v.SCHEME)
    ]
    scheme_version: Annotated[
        str | None,
        reference(
            "The version or list in which the code was read.",
            authority="The scheme's own documentation",
            null_means="No version was verified.",
        ),
    ]
    code: Annotated[
        str | None,
        reference(
            "The scheme's code or name, as text.",
            authority="The scheme's own documentation",
            null_means="No counterpart, or no code verified.",
        ),
    ]
    code_label: Annotated[
        str | None,
        reference(
            "The scheme's label for the code.", authority="The scheme's own documentation", null_means="No label."
        ),
    ]
    match: Annotated[str, reference("How the term relates to the code.", authority="This project", vocabulary=v.MATCH)]
    note: Annotated[str | None, note()]


class ScopeVerdict(Row):
    """Whether a row would belong in another dataset, by that dataset's own rules of inclusion; no verdict, not judged."""

    table = Table(
        "scope_verdicts", "How to merge it", id_from=("dataset", "row_id"), rows_from="reference", explained=False
    )

    scope_verdict_id: Annotated[str, identifier("The verdict.")]
    dataset: Annotated[str, reference("The other dataset.", authority="This project")]
    dataset_version: Annotated[
        str | None,
        reference("The version judged.", authority="The dataset's own documentation", null_means="Not verified."),
    ]
    table_name: Annotated[str, key("The table of the row judged.")]
    row_id: Annotated[str, key("The row judged, by its primary key.")]
    verdict: Annotated[str, reference("Whether it belongs.", authority="This project", vocabulary=v.VERDICT)]
    reason: Annotated[str, reference("Why.", authority="This project")]
    authority: Annotated[str, reference("Whose rules of inclusion decide.", authority="This project")]
    note: Annotated[str | None, note()]


# --- Views: computed from the tables above, for reading and for joining ---


class TimelineEntry(Row):
    """The events in the order in which they can be told: one row for each event, in words.

    The order is that of dates and of what `event_links` tell; `order_basis` says what places a row. Computed from the other tables.
    """

    table = Table("timeline", "Views", rows_from="build", explained=False, view=True)

    event_id: Annotated[str, link("events", "The event.")]
    ordinal: Annotated[
        int,
        derived(
            "Place in the order, from 1.",
            computed_from=(
                "events().date_earliest",
                "events().date_latest",
                "events().status",
                "events().happening_id",
                "event_links().event_id",
                "event_links().related_event_id",
                "event_links().relation",
            ),
        ),
    ]
    order_basis: Annotated[
        str,
        derived(
            "What places the row in the order: its date, its links to other events, or only its status.",
            vocabulary=v.ORDER_BASIS,
            computed_from=(
                "event_id.date_earliest",
                "event_id.status",
                "event_links(event_id).relation",
                "event_links(event_id).related_event_id.status",
                "event_links(related_event_id=event_id).relation",
                "event_links(related_event_id=event_id).event_id.status",
                "events(happening_id).happening_id",
            ),
        ),
    ]
    happening_id: Annotated[
        str, derived("The main event of the happening that it belongs to.", computed_from=("event_id.happening_id",))
    ]
    date_earliest: Annotated[
        date | None,
        derived("First day that the date allows.", null_means="Undated.", computed_from=("event_id.date_earliest",)),
    ]
    date_latest: Annotated[
        date | None,
        derived("Last day that the date allows.", null_means="Undated.", computed_from=("event_id.date_latest",)),
    ]
    date_basis: Annotated[
        str,
        derived(
            "Whether the first and last day rest on a stated date or an inferred one.",
            vocabulary=v.VALUE_BASIS,
            computed_from=("event_id.date_basis",),
        ),
    ]
    date_words: Annotated[
        str,
        derived(
            "When, in words: as stated, what is inferred, or that it is undated or undisclosed.",
            computed_from=("event_id.date_text", "event_id.date_inferred_edtf"),
        ),
    ]
    actors: Annotated[
        str,
        derived(
            "The actors by name, each with its roles.",
            computed_from=("event_actors(event_id).role", "event_actors(event_id).actor_id.name"),
        ),
    ]
    label: Annotated[str, derived("The event's label.", computed_from=("event_id.label",))]
    place: Annotated[
        str,
        derived(
            "Where, in words: as stated, or that it is not stated or open.",
            computed_from=("event_id.place_id.name", "event_id.place_text"),
        ),
    ]
    status: Annotated[
        str,
        derived(
            "Whether it has occurred, goes on, is planned or is only possible.",
            vocabulary=v.EVENT_STATUS,
            computed_from=("event_id.status",),
        ),
    ]
    voice: Annotated[str, derived("Whose word it is, by name.", computed_from=("event_id.voice_actor_id.name",))]
    certainty: Annotated[str, derived("How sure that voice is, in words.", computed_from=("event_id.factuality",))]
    quote: Annotated[
        str,
        derived(
            "The words that the event's label rests on; several stretches joined by ' ... '.",
            computed_from=("event_id.label",),
        ),
    ]


class Dyad(Row):
    """What states did to or with each other: one row for each happening that occurred or goes on and each pair of states in it.

    Where one acts on the other, `direction` is `directed`, from source to target. Where both act on the same footing it is
    `mutual`, and the pair stands once, in the order of ISO codes. Nothing planned or possible is here, and nobody whom the words
    do not say is acted on or with. Computed from the other tables.
    """

    table = Table(
        "dyads",
        "Views",
        id_from=("happening_id", "source_iso_alpha3", "target_iso_alpha3"),
        rows_from="build",
        explained=False,
        view=True,
    )

    happening_dyad_id: Annotated[str, identifier("The happening and pair.")]
    happening_id: Annotated[str, link("events", "The main event of the happening.")]
    event_ids: Annotated[str, derived("All events of the happening, joined by `;`.", computed_from=_OF_PAIR)]
    source_state: Annotated[
        str,
        derived(
            "The name of the state that acts; of a mutual pair, the first.",
            computed_from=("actors(iso_alpha3=source_iso_alpha3).name",),
        ),
    ]
    target_state: Annotated[
        str,
        derived(
            "The name of the state acted on; of a mutual pair, the second.",
            computed_from=("actors(iso_alpha3=target_iso_alpha3).name",),
        ),
    ]
    source_iso_alpha3: Annotated[
        str, derived("ISO code of the source state.", unit="ISO 3166-1 alpha-3", computed_from=_OF_PAIR)
    ]
    target_iso_alpha3: Annotated[
        str, derived("ISO code of the target state.", unit="ISO 3166-1 alpha-3", computed_from=_OF_PAIR)
    ]
    direction: Annotated[
        str,
        derived("Whether source acts on target, or both act alike.", vocabulary=v.DIRECTION, computed_from=_OF_PAIR),
    ]
    basis: Annotated[
        str,
        derived(
            "Whether words say that both take part, or it follows by a rule.",
            vocabulary=v.VALUE_BASIS,
            computed_from=(*_OF_PAIR, "events(happening_id).event_actors(event_id).basis"),
        ),
    ]
    source_cow_code: Annotated[
        int | None,
        derived(
            "Correlates of War code of the source state.",
            unit="COW country code",
            null_means="COW has no code for it.",
            computed_from=("actors(iso_alpha3=source_iso_alpha3).cow_code",),
        ),
    ]
    target_cow_code: Annotated[
        int | None,
        derived(
            "Correlates of War code of the target state.",
            unit="COW country code",
            null_means="COW has no code for it.",
            computed_from=("actors(iso_alpha3=target_iso_alpha3).cow_code",),
        ),
    ]
    cow_dyad: Annotated[
        int | None,
        derived(
            "The smaller COW code times 1000, plus the larger.",
            unit="COW dyad number",
            null_means="COW has no code for one of them.",
            computed_from=("source_cow_code", "target_cow_code"),
        ),
    ]
    source_gw_code: Annotated[
        int | None,
        derived(
            "Gleditsch and Ward code of the source state.",
            unit="GW country code",
            null_means="GW has no code for it.",
            computed_from=("actors(iso_alpha3=source_iso_alpha3).gw_code",),
        ),
    ]
    target_gw_code: Annotated[
        int | None,
        derived(
            "Gleditsch and Ward code of the target state.",
            unit="GW country code",
            null_means="GW has no code for it.",
            computed_from=("actors(iso_alpha3=target_iso_alpha3).gw_code",),
        ),
    ]
    type: Annotated[
        str,
        derived(
            "What kind of happening it is: the main event's type.",
            vocabulary=v.EVENT_TYPE,
            computed_from=("happening_id.type",),
        ),
    ]
    status: Annotated[
        str,
        derived(
            "Whether it has occurred or goes on.", vocabulary=v.EVENT_STATUS, computed_from=("happening_id.status",)
        ),
    ]
    cameo_code: Annotated[
        str | None,
        derived(
            "CAMEO event code, by the code list's precedence among those of the happening: 057; 046; 042 with 043; 040; others.",
            vocabulary=v.CAMEO_CODE,
            null_means="See the gaps of its events.",
            computed_from=_OF_PAIR,
        ),
    ]
    goldstein: Annotated[
        float | None,
        derived(
            "Goldstein score of the code.",
            null_means="No code.",
            computed_from=("terms(term=cameo_code).vocabulary", "terms(term=cameo_code).goldstein"),
        ),
    ]
    quad_class: Annotated[
        str | None,
        derived(
            "Class of the code.",
            vocabulary=v.QUAD_CLASS,
            null_means="No code.",
            computed_from=("terms(term=cameo_code).vocabulary", "terms(term=cameo_code).quad_class"),
        ),
    ]
    plover_event: Annotated[
        str | None,
        derived(
            "PLOVER event category.",
            vocabulary=v.PLOVER_EVENT,
            null_means="See the gaps of its events.",
            computed_from=(*_OF_PAIR, "events(happening_id).plover_event"),
        ),
    ]
    plover_mode: Annotated[
        str | None,
        derived(
            "PLOVER mode.",
            vocabulary=v.PLOVER_MODE,
            null_means="See the gaps of its events.",
            computed_from=(*_OF_PAIR, "events(happening_id).plover_mode"),
        ),
    ]
    plover_contexts: Annotated[
        str | None,
        derived(
            "PLOVER contexts, joined by `;`.",
            vocabulary=v.PLOVER_CONTEXT,
            joined=True,
            null_means="See the gaps of its events.",
            computed_from=(*_OF_PAIR, "events(happening_id).plover_contexts"),
        ),
    ]
    year: Annotated[
        int | None,
        derived(
            "The year, where the date allows one only.",
            null_means="Undated, or several years.",
            computed_from=_OF_DATES,
        ),
    ]
    date_earliest: Annotated[
        date | None,
        derived(
            "First day that the narrowest date of its events allows.", null_means="Undated.", computed_from=_OF_DATES
        ),
    ]
    date_latest: Annotated[
        date | None,
        derived(
            "Last day that the narrowest date of its events allows.", null_means="Undated.", computed_from=_OF_DATES
        ),
    ]
    date_basis: Annotated[
        str,
        derived(
            "Whether the first and last day rest on a stated date or an inferred one.",
            vocabulary=v.VALUE_BASIS,
            computed_from=(*_OF_DATES, "events(happening_id).date_basis"),
        ),
    ]
    voice_actor_id: Annotated[
        str,
        link(
            "actors",
            "Whose word it is that the main event takes place.",
            computed_from=("happening_id.voice_actor_id",),
        ),
    ]
    factuality: Annotated[
        str,
        derived("How sure that voice is of it.", vocabulary=v.FACTUALITY, computed_from=("happening_id.factuality",)),
    ]
    author_factuality: Annotated[
        str,
        derived(
            "How far the article's own voice, outside its headline, is committed to it.",
            vocabulary=v.FACTUALITY,
            computed_from=("happening_id.author_factuality",),
        ),
    ]


class Reliability(Row):
    """How far two readings agree: one row for each column that was read twice, and one for each value that either reading has in it.

    An average over a column hides values that are often taken for others. Computed from `readings`.
    """

    table = Table(
        "reliability",
        "Views",
        id_from=("table_name", "column_name", "value"),
        rows_from="build",
        explained=False,
        view=True,
    )

    reliability_id: Annotated[str, identifier("The column, or the column and the value.")]
    table_name: Annotated[str, derived("The table.", computed_from=("readings().table_name",))]
    column_name: Annotated[str, derived("The column.", computed_from=("readings().column_name",))]
    value: Annotated[
        str | None,
        derived(
            "The value, one term where several are joined, that is set against all others.",
            null_means="The column as a whole.",
            computed_from=_OF_READINGS,
        ),
    ]
    cell_count: Annotated[int, derived("How many cells were read twice.", computed_from=_OF_READINGS)]
    first_count: Annotated[
        int, derived("In how many of them the first reading has the value, or any.", computed_from=_OF_READINGS)
    ]
    second_count: Annotated[
        int, derived("In how many of them the second reading has the value, or any.", computed_from=_OF_READINGS)
    ]
    share_equal: Annotated[
        float,
        derived(
            "The share of cells on which the readings agree; for a value, whether it fits.", computed_from=_OF_READINGS
        ),
    ]
    alpha: Annotated[
        float | None,
        derived(
            "Krippendorff's alpha, nominal: 1 if they always agree, 0 if as often as by chance.",
            null_means="Undefined: all readings are the same.",
            computed_from=_OF_READINGS,
        ),
    ]


MODELS: tuple[type[Row], ...] = (
    Event,
    EventActor,
    EventLink,
    Actor,
    ActorOffice,
    Place,
    Mention,
    Agreement,
    AgreementActor,
    Provision,
    ProvisionActor,
    Claim,
    ClaimAbout,
    Cue,
    ClaimCue,
    Discrepancy,
    DiscrepancySide,
    OpenQuestion,
    Source,
    Passage,
    Evidence,
    Gap,
    Residue,
    Reading,
    ManualRule,
    TermRow,
    Crosswalk,
    ScopeVerdict,
    TimelineEntry,
    Dyad,
    Reliability,
)


def _laws() -> Sequence[Law]:
    from .rules import RULES

    return RULES


DATASET = Dataset(
    name=NAME,
    models=MODELS,
    vocabularies=v.VOCABULARIES,
    derived=Computed(views.derived_values, views.DERIVED_FROM),
    views=Computed(views.views, views.VIEWS_FROM),
    laws=_laws,
)

TABLES = DATASET.tables
