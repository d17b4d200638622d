"""The closed vocabularies, each term with a definition by which another coder would decide the same way.

The published `terms` table is this module, row by row. A term, once published, keeps its spelling and meaning.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum, auto

from .core.vocabulary import Mark, Term, Vocabulary

VOCABULARIES: dict[str, Vocabulary] = {}


class Side(Enum):
    """What those in a role do to the others in an event or agreement."""

    SOURCE = auto()
    TARGET = auto()
    MUTUAL = auto()
    ASIDE = auto()
    """Neither acts, nor is acted on."""


def _vocabulary(
    name: str,
    description: str,
    terms: dict[str, tuple[str, str, *tuple[Hashable, ...]]],
    *,
    set_beside: bool = False,
) -> Vocabulary:
    """Define a vocabulary: each term with its label, its definition, and the marks by which code knows it."""
    vocabulary = Vocabulary(
        name,
        description,
        tuple(Term(term, label, definition) for term, (label, definition, *_) in terms.items()),
        frozenset((term, mark) for term, (_, _, *marks) in terms.items() for mark in marks),
        set_beside,
    )
    VOCABULARIES[name] = vocabulary
    return vocabulary


# --- Who says it, and how surely ---

FACTUALITY = _vocabulary(
    "factuality",
    "FactBank's values for how certain a voice is that something is, or is not, the case. How cues map to values is "
    "this project's own working rule.",
    {
        "CT+": ("Certain", "The voice asserts it flatly, without a hedge, or says that it is scheduled or will be."),
        "PR+": ("Probable", "The voice hedges it as likely."),
        "PS+": ("Possible", "The voice allows that it may be so."),
        "CT-": ("Certainly not", "The voice denies it flatly, without a hedge."),
        "PR-": ("Probably not", "The voice hedges it as unlikely."),
        "PS-": ("Possibly not", "The voice allows that it may not be so."),
        "CTu": (
            "Known, but not said which way",
            "The voice knows whether it is so, and the text does not say whether it is.",
        ),
        "Uu": (
            "Left open",
            "The voice does not commit itself: it reports what another says, says only that something is provided for, or "
            "leaves it open as a subject of speculation.",
        ),
    },
    set_beside=True,
)

# --- What happened ---

EVENT_TYPE = _vocabulary(
    "event_type",
    "The kind of act or happening.",
    {
        "signing": ("Signing", "Parties put their signatures to an agreement."),
        "finalization": (
            "Finalization",
            "The text of an agreement gets its final form, whether or not it is signed on that occasion.",
        ),
        "announcement": ("Announcement", "Somebody makes news public, as far as the source tells for the first time."),
        "statement": ("Statement", "Somebody says something to others, and it is no announcement and no demand."),
        "meeting": (
            "Meeting",
            "Two or more actors come together, in person or not; what they do there is another event.",
        ),
        "talks": ("Talks", "Two or more actors discuss or negotiate matters."),
        "visit": ("Visit", "An actor goes to another's territory as a guest."),
        "conclusion_of_work": ("Conclusion of work", "People who were sent to do something finish doing it."),
        "exercise": ("Military exercise", "Armed forces train, alone or together, as they would operate."),
        "cooperation": (
            "Cooperation activity",
            "States act together, or one for the other, under an agreement, other than in an exercise: they share, train or "
            "develop.",
        ),
        "demand": ("Demand", "An actor requires another to do, or not to do, something."),
        "sanctioning": (
            "Sanctioning",
            "Trade, finance or relations are restricted to punish an actor or change its conduct.",
        ),
        "pressuring": ("Pressuring", "An actor tries to change another's conduct by means that are not named."),
    },
    set_beside=True,
)

EVENT_STATUS = _vocabulary(
    "event_status",
    "Where the event stands in time, as the source tells it.",
    {
        "occurred": ("Occurred", "Told as past and complete."),
        "ongoing": ("Ongoing", "Told as going on at the time of writing."),
        "planned": ("Planned", "Told as scheduled, agreed or expected, and not yet begun."),
        "hypothetical": ("Hypothetical", "Told only as a possibility."),
    },
)

PLACE_PRECISION = _vocabulary(
    "place_precision",
    "How closely the source locates an event.",
    {
        "settlement": ("Settlement", "A city, town or village is named."),
        "country": ("Country", "A country is named and nothing smaller."),
        "one_of_several": ("One of several", "Two or more places are offered and none is chosen."),
        "online": ("Online", "The event takes place on a named platform, not in a geographic place."),
        "unplaced": ("Unplaced", "The source locates the event nowhere."),
    },
)

EVENT_ROLE = _vocabulary(
    "event_role",
    "What an actor does in an event.",
    {
        "signatory": ("Signatory", "Signs the agreement.", Side.MUTUAL),
        "initiator": ("Initiator", "Acts on another who does not act back: demands, presses, sanctions.", Side.SOURCE),
        "target": ("Target", "Is acted on by an initiator.", Side.TARGET),
        "participant": ("Participant", "Takes part on the same footing as others.", Side.MUTUAL),
        "visitor": ("Visitor", "Goes to the other's territory.", Side.SOURCE),
        "host": ("Host", "Is visited, or receives others on its territory.", Side.TARGET),
        "speaker": ("Speaker", "Says or announces something.", Side.SOURCE),
        "addressee": (
            "Addressee",
            "Is spoken to, or is the one to whom the statement offers something, or of whom it asks something.",
            Side.TARGET,
        ),
        "spoken_of": ("Spoken of", "Is what the statement is about, and is not spoken to.", Side.ASIDE),
        "channel": ("Channel", "The account or service by which a statement is made public.", Side.ASIDE),
        "contributor": ("Contributor", "Supplies people or equipment to the event.", Side.MUTUAL),
        "beneficiary": ("Beneficiary", "Is one for whose benefit the activity is held, such as a trainee.", Side.ASIDE),
    },
)

EVENT_RELATION = _vocabulary(
    "event_relation",
    "How an event (the row's `event_id`) stands to a related event.",
    {
        "part_of": ("Part of", "It happens within the related event, or is one of its components.", Mark.PART_OF),
        "maybe_part_of": ("Maybe part of", "It can be read as a component of the related event, but no words say so."),
        "occurs_during": ("Occurs during", "It happens while the related event goes on."),
        "follows": ("Follows", "It comes after the related event."),
        "repeats": ("Repeats", "It says again what the related event, an earlier one, said."),
        "announces": ("Announces", "It makes the related event, an earlier or a planned one, publicly known."),
        "confirms": ("Confirms", "It affirms that the related event, an earlier one, took place."),
        "maybe_same_as": (
            "Maybe the same as",
            "Both may be one happening under two descriptions; the source does not say.",
        ),
    },
)

CAMEO_CODE = _vocabulary(
    "cameo_code",
    "CAMEO event codes used here. Codes are text: 0312 is not 312. Labels as in the published code list; definitions "
    "are this project's.",
    {
        "010": ("Make statement", "A public statement that fits no more particular code."),
        "013": ("Make optimistic comment", "A statement that speaks well of how things stand or will go."),
        "031": (
            "Express intent to engage in material cooperation",
            "One says, promises or agrees that there will be material cooperation of a kind that has no code of its own.",
        ),
        "0312": (
            "Express intent to cooperate militarily",
            "One says, promises or agrees that there will be military cooperation, exercises and training included.",
        ),
        "0314": (
            "Express intent to cooperate on intelligence",
            "One says, promises or agrees that intelligence will be shared.",
        ),
        "036": ("Express intent to meet or negotiate", "One says that one is willing to meet, talk or negotiate."),
        "040": ("Consult", "A meeting or consultation of which neither a visit, nor talks, nor more is told."),
        "042": ("Make a visit", "An actor travels to another's territory; the visitor is the source."),
        "046": ("Engage in negotiation", "Talks, discussions or negotiations; takes precedence over 040, 042 and 043."),
        "057": ("Sign formal agreement", "Parties sign, ratify or finalize an agreement, whatever its terms."),
        "102": (
            "Demand diplomatic cooperation (such as policy support)",
            "One demands that another support or follow one's policy.",
        ),
        "130": ("Threaten", "Threats and warnings of a kind that is not told."),
        "163": (
            "Impose embargo, boycott, or sanctions",
            "Commercial or other exchange is restricted to protest or to punish.",
        ),
        "170": (
            "Coerce",
            "Repression, or violence against civilians, their rights or their property, of a kind that is not told.",
        ),
    },
    set_beside=True,
)

PLOVER_EVENT = _vocabulary(
    "plover_event",
    "PLOVER event categories used here. Plain statements are not coded in PLOVER.",
    {
        "AGREE": (
            "Agree",
            "Agreement to future cooperation; an exercise or sharing that is still to come is coded so.",
        ),
        "CONSULT": ("Consult", "Meetings, visits and talks."),
        "SUPPORT": ("Support", "Verbal or diplomatic cooperation, the signing of an agreement included."),
        "REQUEST": ("Request", "Requests and demands."),
        "THREATEN": ("Threaten", "Threats and warnings."),
        "SANCTION": (
            "Sanction",
            "Cutting back or breaking off relations, exchange or aid, international sanctions included.",
        ),
        "COERCE": ("Coerce", "Repression, restrictions of rights, or uses of power short of violence."),
    },
)

PLOVER_MODE = _vocabulary(
    "plover_mode",
    "PLOVER modes used here: how an event is carried out. Whether it is planned or hypothetical is told by `status`: PLOVER's "
    "auxiliary modes are no modes.",
    {
        "visit": ("Visit", "A consultation in which one party visits the other."),
        "assist": ("Assist", "A request for help, cooperation or support."),
        "discontinue": (
            "Discontinue",
            "Diplomatic, commercial or material exchange is curtailed or broken off, as by sanctions.",
        ),
    },
)

PLOVER_CONTEXT = _vocabulary(
    "plover_context",
    "PLOVER contexts used here: the subject that an event is about.",
    {
        "military": ("Military", "Armed forces, their exercises, training, people and equipment."),
        "economic": ("Economic", "Trade, finance, production and supply."),
        "intelligence": ("Intelligence", "Gathering and sharing of secret information."),
        "technology": ("Technology", "Development and transfer of technology."),
        "diplomatic": ("Diplomatic", "Relations between governments as such."),
    },
)

COUNTRY = _vocabulary(
    "country",
    "Countries spoken of, by ISO 3166-1 alpha-3 code.",
    {
        "BLR": ("Belarus", "The Republic of Belarus."),
        "IRN": ("Iran", "The Islamic Republic of Iran."),
        "RUS": ("Russia", "The Russian Federation."),
        "USA": ("United States", "The United States of America."),
    },
)

# --- Who ---

PLACE_KIND = _vocabulary(
    "place_kind",
    "What sort of place it is.",
    {
        "country": ("Country", "The territory of a state."),
        "settlement": ("Settlement", "A city, town or village."),
        "region": ("Region", "A part of the world larger than a country, or of unstated bounds."),
    },
    set_beside=True,
)

ACTOR_KIND = _vocabulary(
    "actor_kind",
    "What sort of actor it is.",
    {
        "state": ("State", "A country as an actor."),
        "government_body": (
            "Government body",
            "An organ of a state other than its armed forces, a department included, or a metonym for its leadership.",
        ),
        "military_body": ("Military body", "An organ of armed forces, such as a general staff, or forces of a state."),
        "person": ("Person", "One human being."),
        "office": ("Office", "A post, whether or not its holder is named; its holder is an actor of its own."),
        "delegation": ("Delegation", "People sent by a body to act for it."),
        "group": ("Group", "People or states taken together by a description, unnamed one by one."),
        "bloc": ("Bloc", "States taken together under a name for a political camp or region."),
        "platform": ("Platform", "A service on which statements are published, or an account on one."),
        "article_voice": (
            "A source's own voice",
            "Whoever speaks in a source, or in its headline, where no one else is named as speaking.",
        ),
    },
    set_beside=True,
)

MENTION_FORM = _vocabulary(
    "mention_form",
    "The form of words by which a mention picks out what it names.",
    {
        "name": ("Name", "A proper name, full or partial, rightly spelled, without the possessive ending."),
        "misspelling": ("Misspelling", "A proper name spelled otherwise than it is established."),
        "adjective": ("Adjective", "An adjective made from a name."),
        "metonym": ("Metonym", "A place or building named for those who govern from it."),
        "description": ("Description", "A common noun or a title, with what belongs to it."),
        "collective": (
            "Collective",
            "A noun phrase for two or more things at once; there is a mention for each.",
        ),
        "pronoun": (
            "Pronoun",
            "A pronoun or possessive determiner; for several things at once, there is a mention for each, and for what has no row none.",
        ),
        "verb": ("Verb", "A verb or participle that tells of the event itself."),
    },
)

# --- What was agreed ---

AGREEMENT_KIND = _vocabulary(
    "agreement_kind",
    "What sort of instrument it is.",
    {
        "cooperation_plan": (
            "Cooperation plan",
            "A program of joint activities for a set period.",
        ),
    },
    set_beside=True,
)

AGREEMENT_STAGE = _vocabulary(
    "agreement_stage",
    "The furthest stage that is reported as reached; a headline counts where the body says nothing of it.",
    {
        "finalized": ("Finalized", "The text is settled; no signing is reported."),
        "signed": ("Signed", "The parties have signed; no entry into force is reported."),
    },
    set_beside=True,
)

AGREEMENT_PUBLICITY = _vocabulary(
    "agreement_publicity",
    "Whether the agreement's existence is public, as the body of the source reports it.",
    {
        "announced": ("Announced", "A party, or an official of one, has made it public."),
        "secret": ("Secret", "It is said to be kept from the public."),
    },
)

LATERALITY = _vocabulary(
    "laterality",
    "How many parties an agreement has.",
    {
        "bilateral": ("Bilateral", "Two parties."),
        "multilateral": ("Multilateral", "Three parties or more."),
    },
)

AGREEMENT_ROLE = _vocabulary(
    "agreement_role",
    "What an actor is to an agreement.",
    {
        "party": (
            "Party",
            "Is bound by the agreement: has signed it, or is named as one between whom it is made.",
            Side.MUTUAL,
        ),
        "announcer": ("Announcer", "Made the agreement public.", Side.SOURCE),
        "negotiator": (
            "Negotiator",
            "Took part in the meeting or talks in which it was brought to its final form.",
            Side.MUTUAL,
        ),
    },
)

PROVISION_AREA = _vocabulary(
    "provision_area",
    "The field of cooperation that a provision belongs to.",
    {
        "general_cooperation": ("General cooperation", "Military cooperation at large, no field named."),
        "joint_exercise": ("Joint exercise", "Holding an exercise together, and who and what takes part."),
        "exercise_place": ("Place of the exercise", "Where an exercise is held."),
        "exercise_time": ("Time of the exercise", "When an exercise is held."),
        "counterterrorism": ("Counterterrorism", "Action against terrorism."),
        "logistics": ("Logistics", "Supply, transport and upkeep of forces."),
        "combined_arms": ("Combined arms", "Different arms of the forces operating together."),
        "intelligence": ("Intelligence", "Sharing of intelligence."),
        "training": ("Training", "Training and education of personnel."),
        "technology": ("Defense technology", "Developing, making or passing on military technology."),
    },
    set_beside=True,
)

COMMITMENT = _vocabulary(
    "commitment",
    "How firmly the source places the provision in the agreement.",
    {
        "agreed": ("Agreed", "The agreement is said to include it, with no hedge."),
        "scheduled": ("Scheduled", "It is said that it will take place, with or without a date."),
        "expected": ("Expected", "It is said to be likely, and not settled."),
        "potential": ("Potential", "The agreement is said to include its possibility only."),
        "considered": ("Considered", "It is said that it is being weighed, with no decision."),
    },
)

PROVISION_ROLE = _vocabulary(
    "provision_role",
    "What an actor is to a provision.",
    {
        "participant": ("Participant", "Carries out the provision together with others."),
        "contributor": ("Contributor", "Supplies people or equipment."),
        "contribution": ("Contribution", "Is itself what is supplied, such as troops."),
        "candidate_host": (
            "Candidate host",
            "Is one of those on whose territory it may be held; the source does not say which.",
        ),
        "beneficiary": ("Beneficiary", "Is one for whose benefit it is, such as a trainee."),
    },
)

# --- What is said ---

CLAIM_KIND = _vocabulary(
    "claim_kind",
    "What sort of proposition a claim is. The first that fits, read from the top, except that a hedge is no reason to "
    "choose: it is in the factuality columns.",
    {
        "speculation": ("Speculation", "A question left open: whether, or to what extent, something is or will be."),
        "motive": ("Motive", "What somebody aims at, seeks, or acts for."),
        "attitude": ("Attitude", "What somebody thinks, wants or fears, or is committed or open to."),
        "cause": ("Cause", "That one thing brought about another."),
        "trend": ("Trend", "That something is growing, deepening, changing or shifting."),
        "assessment": (
            "Assessment",
            "How something is valued, or what it shows, offers or is central to: its size, weight, quality or meaning.",
        ),
        "relation": ("Relation", "How two or more actors stand to each other: partners, allies, reliant, aligned."),
        "report": (
            "Report",
            "That an event, an act of speech included, took, takes or will take place, or when, where, how, how long, with whom "
            "and on what subject.",
        ),
        "context": ("Context", "The circumstances in which something takes place."),
        "description": ("Description", "What something is, has or contains: offices, names, subjects, contents."),
    },
)

ABOUT_ROLE = _vocabulary(
    "about_role",
    "What part something plays in a claim's proposition.",
    {
        "subject": ("Subject", "What the proposition says something of."),
        "object": (
            "Object",
            "What completes the predicate: whom or what the subject acts on, relies on, is part of, or is said to be.",
        ),
        "topic": (
            "Topic",
            "Whatever else the proposition names: the event or provision that it is a report of, or what stands in a modifier.",
        ),
    },
)

CUE_KIND = _vocabulary(
    "cue_kind",
    "What a cue does to the words in its scope.",
    {
        "hedge": ("Hedge", "It makes them less than certain.", Mark.CERTAINTY),
        "negation": ("Negation", "It denies them.", Mark.CERTAINTY),
        "futurity": ("Futurity", "It puts them into the future.", Mark.CERTAINTY),
        "attribution": ("Attribution", "It makes them somebody's words."),
        "quotation": ("Quotation", "Quotation marks stand around them."),
    },
)

DISCREPANCY_KIND = _vocabulary(
    "discrepancy_kind",
    "What disagrees with what.",
    {
        "headline_vs_body": (
            "Headline against body",
            "The headline says what the body does not say, or says otherwise.",
        ),
        "misspelling": ("Misspelling", "A name is printed otherwise than it is established."),
        "hedged_then_presupposed": (
            "Hedged, then presupposed",
            "What is hedged in one place is taken for granted in another.",
        ),
        "internal_tension": ("Internal tension", "Two statements of one source are hard to reconcile."),
        "unclear_reference": (
            "Unclear reference",
            "An expression may pick out several things, and the source does not say which.",
        ),
        "between_sources": ("Between sources", "Two sources say different things."),
    },
)

DISCREPANCY_SIDE = _vocabulary(
    "discrepancy_side",
    "The sides of a discrepancy.",
    {
        "first": ("First", "The side that stands first in the text."),
        "second": ("Second", "The side that it disagrees with."),
    },
)

RESOLUTION = _vocabulary(
    "resolution",
    "How a discrepancy is resolved in the tables.",
    {
        "unresolved": ("Unresolved", "Both sides stand as they are; the text does not decide."),
        "body_preferred": (
            "Body preferred",
            "The tables follow the body; the headline is kept as contradicting evidence or a claim.",
        ),
        "corrected": ("Corrected", "The tables hold the established form beside the printed one."),
        "hedged_reading_preferred": (
            "Hedged reading preferred",
            "The tables keep the hedge of the one place; the other is coded as presupposed.",
        ),
        "compatible": ("Compatible", "Read closely, both can be so."),
    },
)

# --- Why believe it ---

PASSAGE_KIND = _vocabulary(
    "passage_kind",
    "What a passage is within its source.",
    {
        "headline": ("Headline", "The first line."),
        "body": ("Body", "A sentence of the text."),
        "boilerplate": ("Boilerplate", "Page furniture: a line after the headline that is no sentence."),
    },
)

BASIS = _vocabulary(
    "basis",
    "How a value rests on the words quoted.",
    {
        "stated": ("Stated", "The words say it.", "source"),
        "judged": ("Judged", "A coder chose the term that the words call for.", "source", "coder"),
        "inferred": ("Inferred", "It follows from the words by the rule named.", "inferred", Mark.BY_RULE),
    },
)

STANCE = _vocabulary(
    "stance",
    "Whether the words speak for or against the value.",
    {
        "supports": ("Supports", "The words speak for the value.", Mark.FOR_VALUE),
        "contradicts": ("Contradicts", "The words speak for another value than the cell's; `value` gives it."),
        "own": ("Own", "The words speak for the value that their own source gives; each source has one of its own."),
    },
)

VALUE_BASIS = _vocabulary(
    "value_basis",
    "What a value rests on.",
    {
        "stated": ("Stated", "The source's words say it."),
        "inferred": ("Inferred", "It follows from the source's words by a written rule."),
        "none": ("None", "There is no value."),
    },
)

GAP_REASON = _vocabulary(
    "gap_reason",
    "Why a cell is empty.",
    {
        "not_stated": ("Not stated", "The source is silent on it."),
        "undisclosed": ("Undisclosed", "The source says that it is not disclosed; the words are quoted.", Mark.QUOTES),
        "ambiguous": (
            "Ambiguous",
            "The source's words allow several values and choose none; the words are quoted, one gap for each candidate.",
            Mark.QUOTES,
            Mark.OFFERS,
        ),
        "not_expressible": (
            "Not expressible",
            "The source states it, in words that the column's form cannot express; the words are quoted.",
            Mark.QUOTES,
        ),
        "not_applicable": ("Not applicable", "The question does not arise for this row."),
    },
)

INFERENCE_RULE = _vocabulary(
    "inference_rule",
    "The written rules by which `inferred` values follow from a source's words.",
    {
        "year_before_plan": (
            "The year before the plan",
            "A month without a year that precedes the news of a plan for year N, newly signed and not yet begun, is "
            "taken to lie in year N-1; the year is marked uncertain.",
        ),
        "place_is_country": (
            "The place is a country",
            "Where the place named is a country, that is the country.",
        ),
        "no_attribution": (
            "No attribution",
            "Where no one is named as saying something, it is said in the source's own voice, or in its headline's.",
        ),
        "parties_of_the_plan": (
            "Parties of the plan",
            "What an agreement between two parties provides for is between these two, unless the source says otherwise.",
        ),
        "hedger_is_target": (
            "Who hedges is the target",
            "What an actor is said to hedge against is taken to be directed at that actor.",
        ),
        "officials_at_home": (
            "Officials at home",
            "Where officials of one state meet a delegation of another in a city, the city is taken to lie in the "
            "officials' state, since a delegation is sent away from home.",
        ),
    },
)

RESIDUE_REASON = _vocabulary(
    "residue_reason",
    "Why nothing was coded from words.",
    {
        "connective": ("Connective", "The words join clauses and say nothing of their own: and, while, however."),
        "boilerplate": ("Boilerplate", "Page furniture, no part of the text."),
    },
)

QUESTION_STATUS = _vocabulary(
    "question_status",
    "How far the sources answer a question.",
    {
        "not_stated": ("Not stated", "They are silent on it."),
        "undisclosed": ("Undisclosed", "They say that it is not disclosed."),
        "partly": ("Partly answered", "They say something of it, and leave the rest open."),
        "answered": ("Answered", "A row answers it."),
    },
)

RULE_STATUS = _vocabulary(
    "rule_status",
    "How far a program decides a rule of the coding manual.",
    {
        "checked": ("Checked", "Laws decide it.", Mark.EXECUTABLE, Mark.BY_LAW),
        "partly": (
            "Checked in part",
            "Laws decide part of it; the rest is a coder's judgement.",
            Mark.EXECUTABLE,
            Mark.BY_LAW,
        ),
        "form": (
            "Form",
            "It is about how the seeds are written, and the build refuses what is written otherwise.",
            Mark.EXECUTABLE,
        ),
        "judgement": ("Judgement", "No program decides it; a coder does."),
    },
)

# --- How to merge it ---

QUAD_CLASS = _vocabulary(
    "quad_class",
    "The four classes of conflict and cooperation, by the root of the CAMEO code; roots 09 and 14 have none, since users of the "
    "scheme differ on them.",
    {
        "verbal_cooperation": ("Verbal cooperation", "Roots 01 to 05."),
        "material_cooperation": ("Material cooperation", "Roots 06 to 08."),
        "verbal_conflict": ("Verbal conflict", "Roots 10 to 13."),
        "material_conflict": ("Material conflict", "Roots 15 to 20."),
    },
)

SCHEME = _vocabulary(
    "scheme",
    "The schemes that terms are set beside.",
    {
        "CAMEO": ("CAMEO", "Conflict and Mediation Event Observations: event codes."),
        "PLOVER": ("PLOVER", "Political Language Ontology for Verifiable Event Records: events, modes, contexts."),
        "DCAD": ("DCAD", "Defense Cooperation Agreement Dataset: issue areas of bilateral defense agreements."),
        "ATOP": ("ATOP", "Alliance Treaty Obligations and Provisions: variables of alliance treaties."),
        "FactBank": ("FactBank", "FactBank: factuality values of events in text."),
        "FollowTheMoney": ("FollowTheMoney", "FollowTheMoney: schemata of entities."),
        "schema.org": ("schema.org", "schema.org: types of things on the web."),
        "any": (
            "Any of these",
            "All the schemes of this vocabulary, as far as read; used to say that none has a counterpart.",
        ),
    },
)

MATCH = _vocabulary(
    "match",
    "How a term relates to another scheme's code.",
    {
        "exact": ("Exact", "Term and code mean the same."),
        "close": ("Close", "Term and code can be used for each other in most cases."),
        "broad": ("Broad", "The code means more than the term."),
        "narrow": ("Narrow", "The code means less than the term."),
        "related": ("Related", "The code is of another kind, and has to do with the term."),
        "none": ("None", "The scheme has no counterpart."),
    },
)

VERDICT = _vocabulary(
    "verdict",
    "Whether a row would belong in another dataset.",
    {
        "in": ("In", "It meets that dataset's rules of inclusion."),
        "out": ("Out", "It fails at least one of them."),
        "unclear": ("Unclear", "The rules or the article do not let one decide."),
    },
)

READING_DECISION = _vocabulary(
    "reading_decision",
    "Which of two readings that differ holds.",
    {
        "first": ("First", "The first reading holds."),
        "second": ("Second", "The second reading holds, and the cell was changed.", Mark.SECOND),
    },
)

# --- Views ---

ORDER_BASIS = _vocabulary(
    "order_basis",
    "What places a row of `timeline` in its order.",
    {
        "date": ("Date", "Its own date."),
        "link": ("Link", "What `event_links` tell of its order with other events."),
        "status": ("Status", "Nothing but that it is told as past, as going on, or as still to come."),
    },
)

DIRECTION = _vocabulary(
    "direction",
    "How the two states of a dyad stand in an event.",
    {
        "directed": (
            "Directed",
            "The source initiates, visits or speaks, and the target is acted on, hosts or is addressed.",
        ),
        "mutual": ("Mutual", "Both sign, take part or contribute on the same footing."),
    },
)
