"""The caseload: the patients in sight with the verdict of today, those who need somebody first, ready to be written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from kap.access.roles import Role
from kap.charts.sparkline import HEIGHT, WIDTH, Sparkline
from kap.durability import State
from kap.measures.instruments import Catalogue
from kap.measures.queries import catalogue
from kap.measures.scoring import format_score
from kap.outcomes.roster import (
    ORDER,
    STALE,
    URGENCY,
    CaseloadRow,
    Places,
    Segment,
    Sort,
    Wanted,
    found_by,
    lines_of,
    places_of,
)
from kap.outcomes.rules import LONG_AGO, NEVER, CourseState, folded, state_on
from kap.outcomes.search import MOST_SEARCHED, opened_search, search_text
from kap.outcomes.wording import LABELS, plural
from kap.people.models import User
from kap.people.queries import treating_names
from kap.treatment.models import Condition
from kap.treatment.queries import Planned, next_sessions
from kap.web.filters import day, written
from kap.web.forms import page_number

PAGE = 50
MOST_CHOICES = 60
"""How many people can be chosen from; where more treat, a part of a name is typed instead."""
MOST_STAFF = 5000
"""How many people a clinic has at most, as far as this list looks."""
MOST_FOUND = 500
"""How many patients are looked at of those whom a search finds: what finds more is no search."""

NOBODY = "nobody"
"""In an address: nobody on the care team."""
UNJUDGED = "none"
"""In an address: no verdict at all."""
NO_VERDICT = ("No verdict", "")
ANY = ("", "All")
SORTS = {
    Sort.URGENCY: "Most urgent first",
    Sort.SCORE: "Latest score first",
    Sort.DOSE: "Longest since a dose",
    Sort.NEXT: "Next session first",
    Sort.NAME: "Name",
    Sort.CODE: "Code",
}
"""The orders of the list, as they stand in the address and on the page."""

NARROWS = ("state", "course", "condition", "therapist", "sort")
"""What of the address a search goes on with."""


class Line(NamedTuple):
    """A patient of the list, as the page writes it; what is not known is empty."""

    patient_id: UUID
    href: str
    label: str
    code: str
    alert: str
    state: str
    tone: str
    note: str
    trend: Sparkline | None
    latest: str
    measure: str
    latest_on: str
    since_dose: str
    dosed_on: str
    next: str
    next_on: str
    course: str


class Count(NamedTuple):
    """How many patients are in a state, and the list of them (or of all again, where they are shown)."""

    label: str
    tone: str
    number: str
    href: str
    current: bool


class Option(NamedTuple):
    """What can be chosen."""

    value: str
    label: str
    chosen: bool


class Filter(NamedTuple):
    """A choice of the form: its name in the address, its words, and what there is to choose; else what was typed."""

    name: str
    label: str
    options: Sequence[Option]
    typed: str = ""

    @property
    def active(self) -> str:
        """What was chosen, as it stands in the address; empty where it leaves nobody out."""
        return next((option.value for option in self.options if option.chosen), self.typed)

    @property
    def words(self) -> str:
        """The same in words."""
        chosen = next((option.label for option in self.options if option.chosen), self.typed.capitalize())
        return f"{self.label}: {chosen}"


class Active(NamedTuple):
    """A filter in words, and the list without it."""

    words: str
    href: str


@dataclass(frozen=True)
class Page:
    """A part of the list, how many there are in all, and the ways from here."""

    lines: Sequence[Line]
    number: int
    pages: int
    total: int
    counts: Sequence[Count]
    filters: Sequence[Filter]
    sort: Filter
    active: Sequence[Active]
    find: str
    text: str
    query: str
    notes: Sequence[str]
    earlier: str
    later: str
    everybody: str

    @property
    def asked(self) -> dict[str, str | int]:
        """What the list was narrowed by, for the log: that something was searched for, but not what."""
        chosen: dict[str, str | int] = {one.name: one.active for one in self.filters if one.active}
        return chosen | ({"find": "sealed"} if self.text else {}) | ({"page": self.number} if self.number > 1 else {})

    @property
    def place(self) -> str:
        """Which patients are shown."""
        first = (self.number - 1) * PAGE + 1
        last = first + len(self.lines) - 1
        return f"{first:,} to {last:,} of {plural(self.total, 'patient')}"


def caseload_page(user: User, asked: Mapping[str, str], *, today: date, base: str) -> Page:
    """The page that the address asks for; what it asks that is not known is as good as nothing. `base`: its path."""
    filters, sort, people = _filters(asked), _filter("sort", "Order", SORTS.items(), asked), None
    if Role.LEAD in user.roles:
        people = _care_team(user, asked)
        filters.append(people.filter)
    text = opened_search(asked["find"], user) if asked.get("find") else ""
    chosen = {one.name: one.active for one in (*filters, sort) if one.active}
    if text:
        chosen["find"] = asked["find"]
    # Accents without a letter fold to nothing, and nobody has nothing in their name.
    sought = folded(text or "")
    found = (found_by(user, sought, MOST_FOUND + 1) if sought else []) if text else None
    wanted = _wanted(chosen, people.members if people else None, found)

    places = places_of(user, wanted, today)
    segments = [one for one in _segments(places) if wanted.state is None or _reads_as(one.place) == wanted.state]
    total = sum(segment.number for segment in segments)
    pages = max(1, -(-total // PAGE))
    number = min(page_number(asked.get("page")), pages)
    rows = lines_of(user, wanted, today, segments, start=(number - 1) * PAGE, most=PAGE)
    upcoming = next_sessions(user.clinic_id, [row.patient_id for row in rows]) if rows else {}
    return Page(
        lines=[_line(row, upcoming.get(row.patient_id), today, f"{base}/", catalogue()) for row in rows],
        number=number,
        pages=pages,
        total=total,
        counts=_counts(places, chosen, base),
        filters=filters,
        sort=sort,
        active=_active(filters, text or "", chosen, base),
        find=chosen.get("find", ""),
        text=text or "",
        query=urlencode({name: value for name, value in chosen.items() if name != "find"}),
        notes=_notes(asked, chosen, found),
        earlier=_href(base, chosen | {"page": str(number - 1)}) if number > 1 else "",
        later=_href(base, chosen | {"page": str(number + 1)}) if number < pages else "",
        everybody=base,
    )


def shortened(typed: str) -> tuple[str, bool]:
    """What is searched for of what was typed, and whether that is but its beginning."""
    text = search_text(typed)
    return text[:MOST_SEARCHED].rstrip(), len(text) > MOST_SEARCHED


def _filters(asked: Mapping[str, str]) -> list[Filter]:
    states = [(state.value, LABELS[state][0]) for state in URGENCY]
    return [
        _filter("state", "Verdict", [ANY, *states, (UNJUDGED, NO_VERDICT[0])], asked),
        _filter("course", "Course", [ANY, *((state.value, state.label) for state in CourseState)], asked),
        _filter("condition", "Condition", [ANY, *((one.value, one.label) for one in Condition)], asked),
    ]


def _filter(name: str, label: str, options: Iterable[tuple[str, str]], asked: Mapping[str, str]) -> Filter:
    value = asked.get(name, "")
    return Filter(name, label, [Option(one, words, one == value) for one, words in options])


class _CareTeam(NamedTuple):
    """The filter by care team, and whom it means."""

    filter: Filter
    members: Sequence[UUID] | None


def _care_team(user: User, asked: Mapping[str, str]) -> _CareTeam:
    people = treating_names(user.clinic_id, MOST_CHOICES + 1)
    value = asked.get("therapist", "")
    if len(people) <= MOST_CHOICES:
        options = [ANY, *((str(one), name) for one, name in people), (NOBODY, "Nobody")]
        return _CareTeam(
            _filter("therapist", "Care team", options, asked), [one for one, _ in people if str(one) == value]
        )
    typed = search_text(value)[:MOST_SEARCHED]
    members: list[UUID] = []
    if typed and typed != NOBODY:
        everybody = treating_names(user.clinic_id, MOST_STAFF)
        members = [one for one, name in everybody if folded(typed) in folded(name)][:MOST_CHOICES]
    return _CareTeam(Filter("therapist", "Care team", [], typed), members)


def _wanted(chosen: Mapping[str, str], members: Sequence[UUID] | None, found: Sequence[UUID] | None) -> Wanted:
    state, member = chosen.get("state"), chosen.get("therapist")
    return Wanted(
        state="" if state == UNJUDGED else state,
        course=chosen.get("course"),
        condition=chosen.get("condition"),
        members=members if member and member != NOBODY else None,
        unattended=member == NOBODY,
        found=found[:MOST_FOUND] if found is not None else None,
        sort=chosen.get("sort", Sort.URGENCY),
    )


def _notes(asked: Mapping[str, str], chosen: Mapping[str, str], found: Sequence[UUID] | None) -> list[str]:
    """What has to be said about what was asked for."""
    notes = []
    if any(asked.get(name) and name not in chosen for name in (*NARROWS, "find")):
        notes.append(
            "This address asks for something that is not known here, such as a search that somebody else made. "
            "It was left out."
        )
    if found is not None and len(found) > MOST_FOUND:
        notes.append(
            f"More than {MOST_FOUND} patients have this in code or name: only some are listed. Type more of it."
        )
    return notes


def _reads_as(place: str) -> str:
    return State.NOT_ENOUGH_DATA.value if place == STALE else place


def _segments(places: Places) -> list[Segment]:
    """The stretches of the list in its order: open alerts first, then by urgency."""
    return [Segment(alerted, place, places.get((alerted, place), 0)) for alerted in (True, False) for place in ORDER]


def _counts(places: Places, chosen: Mapping[str, str], base: str) -> list[Count]:
    """How many patients are in each state, in the order of the list."""
    numbers: dict[str, int] = {}
    for (_, place), number in places.items():
        numbers[_reads_as(place)] = numbers.get(_reads_as(place), 0) + number
    words = [(state.value, state.value, *LABELS[state]) for state in URGENCY] + [("", UNJUDGED, *NO_VERDICT)]
    without = {name: value for name, value in chosen.items() if name != "state"}
    counts = []
    for state, value, label, tone in words:
        current = chosen.get("state") == value
        if numbers.get(state) or current:
            href = _href(base, without if current else without | {"state": value})
            counts.append(Count(label, tone, f"{numbers.get(state, 0):,}", href, current))
    return counts


def _active(filters: Sequence[Filter], text: str, chosen: Mapping[str, str], base: str) -> list[Active]:
    found = [(one.name, one.words) for one in filters if one.active]
    if text:
        found.append(("find", f"Search: {text}"))
    return [
        Active(words, _href(base, {name: value for name, value in chosen.items() if name != cleared}))
        for cleared, words in found
    ]


def _href(base: str, chosen: Mapping[str, str]) -> str:
    return f"{base}?{urlencode(chosen)}" if chosen else base


def _line(row: CaseloadRow, planned: Planned | None, today: date, prefix: str, measures: Catalogue) -> Line:
    known = State(row.state) if row.state else None
    state, reason = state_on(today, known, row.reason, row.stale_on)
    label, tone = LABELS[state] if state else ("", "")
    instrument = measures.get(row.measure) if row.measure and row.measure in measures else None
    latest = format_score(instrument, row.latest) if instrument and row.latest is not None else ""
    dosed, name = row.last_dose_on != NEVER, instrument.name if instrument else ""
    return Line(
        patient_id=row.patient_id,
        href=f"{prefix}{row.patient_id}",
        label=row.name or row.code,
        code=row.code if row.name else "",
        alert="" if not row.alerts else "Open alert" if row.alerts == 1 else f"{row.alerts} open alerts",
        state=label,
        tone=tone,
        note=_note(row, known, reason),
        trend=_trend(row, name, latest),
        latest=latest,
        measure=name,
        latest_on=written(row.latest_on) if row.latest_on != LONG_AGO else "",
        since_dose=plural((today - row.last_dose_on).days, "day") if dosed else "",
        dosed_on=written(row.last_dose_on) if dosed else "",
        next=planned.kind.label if planned else "",
        next_on=day(planned.starts_at) if planned else "",
        course=_course(row),
    )


def _course(row: CaseloadRow) -> str:
    """What the latest course treats, and that it has ended."""
    if row.condition is None:
        return "no course yet"
    treats = Condition(row.condition).label
    return f"{treats}, ended {written(row.ended_on)}" if row.ended_on else treats


def _trend(row: CaseloadRow, name: str, latest: str) -> Sparkline | None:
    if not row.trend or not name:
        return None
    count, line, bridges, x, y = row.trend
    label = f"{name}: {plural(count, 'score')}, the latest {latest}"
    return Sparkline(width=WIDTH, height=HEIGHT, label=label, line=line, bridges=bridges, latest=(x, y))


def _note(row: CaseloadRow, known: State | None, reason: str) -> str:
    """What stands beside the state: its weeks, or where it stood when it was last known."""
    weeks = plural(row.weeks, "week") if row.weeks is not None else ""
    if reason == "stale" and known is not None:
        return f"was: {LABELS[known][0].lower()}" + (f", {weeks}" if weeks else "")
    return weeks or _REASONS.get(reason, "")


_REASONS = {
    "no_dose": "no dose yet",
    "no_baseline": "no baseline",
    "no_score_after_first_dose": "no score since the first dose",
    "too_early": "too early",
    "gap_too_long": "with a gap",
    "unstable": "up and down",
    "borderline": "borderline",
}
