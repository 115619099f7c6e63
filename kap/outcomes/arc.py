"""A course as one arc: what was intended, given and talked about, what was agreed, and the scores beside it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from textwrap import shorten
from typing import Any, NamedTuple
from uuid import UUID

from kap.charts.arc import ARC_NARROW, ARC_WIDE, Arc, Stop, Tie, arc
from kap.core import clock
from kap.dosing.queries.experience import experiences_of
from kap.dosing.rules.sheets import EXPERIENCE
from kap.durability import Reading
from kap.measures.instruments import Catalogue, Instrument
from kap.measures.scoring import format_score
from kap.outcomes.chart import MAX_GAP_DAYS, point_of
from kap.outcomes.courses import standing
from kap.outcomes.doses import TONES, given_text
from kap.outcomes.followed import Dose, Followed, Talk, coverage, followed, told
from kap.outcomes.progress import Judged, Record, judged
from kap.outcomes.rules import Change, settle_days, since_dose
from kap.outcomes.timeline import MARKS, Session
from kap.outcomes.wording import LABELS, change_words, headline, plural, sentence
from kap.people.models import Patient
from kap.treatment.agreed import PracticeRow, practices_of
from kap.treatment.models import Course, Kept, Kind, Status, Theme
from kap.treatment.plan import Plan
from kap.treatment.queries import signed_parts, unsigned
from kap.treatment.stations import doses_named, intentions_found, themes_in, written_in
from kap.treatment.talk import NEXT_DOSE
from kap.web.filters import moment, written

GLIMPSE = 320
"""How much of a longer text is shown at a station, in characters; the whole stands on the page of the session."""
AHEAD = timedelta(days=28)
"""How far beyond today what is planned is drawn: further, it would press together what happened."""
SHORTEST = timedelta(days=14)

_TAGS = {field.name: field for field in EXPERIENCE}
_PLANS: dict[Any, str] = {value: label.lower() for value, label in NEXT_DOSE if value != "go_on"}
"""What is planned of the next dose, where it is another than to go on."""
_TICKED_TONES = {Kept.KEPT: "info", Kept.DONE: "good"}


class Verdict(NamedTuple):
    """Where the course stands, in the words of the patient's page."""

    headline: str
    sentence: str
    tone: str
    as_of: date


class Standing(NamedTuple):
    """A practice, and what became of it."""

    words: str
    often: str
    status: str
    tone: str
    ticked: date | None


class Scored(NamedTuple):
    """The score at a station, beside the one before the last dose; no change where there is none."""

    since: str
    value: str
    change: str
    chip: tuple[str, str] | None
    note: str


class Station(NamedTuple):
    """A session on the arc, as the page writes it; what was not written down is empty."""

    session_id: UUID
    mark: str
    state: str
    title: str
    on: date
    when: str
    chips: Sequence[tuple[str, str]]
    after: str
    intention: str
    found: str
    reworded: str
    came: str
    said: str
    tags: Sequence[str]
    themes: Sequence[Theme]
    words: str
    agreed: Sequence[Standing]
    scored: Scored | None
    thread: str


@dataclass(frozen=True)
class CourseArc:
    """A course, ready for the page."""

    course: Course
    measure: str
    verdict: Verdict | None
    coverage: tuple[str, str]
    wide: Arc | None
    narrow: Arc | None
    stations: Sequence[Station]


def course_arc(course: Course, patient: Patient, record: Record, catalogue: Catalogue) -> CourseArc:
    """Gather it: a dozen statements, however many sessions the course has."""
    gathered = _Gathered(course, patient, record, catalogue)
    wide, narrow = gathered.drawn()
    return CourseArc(
        course=course,
        measure=gathered.instrument.name if gathered.instrument else course.primary_measure,
        verdict=gathered.verdict(),
        coverage=told(coverage(gathered.followed), gathered.window),
        wide=wide,
        narrow=narrow,
        stations=gathered.stations(),
    )


class _Gathered:
    """All that the arc is made of."""

    def __init__(self, course: Course, patient: Patient, record: Record, catalogue: Catalogue) -> None:
        self.course, self.record = course, record
        self.instrument: Instrument | None = None
        self.judged = Judged((), None, None)
        if course.primary_measure in catalogue:
            self.instrument = catalogue.get(course.primary_measure)
            self.judged = judged(record, course, self.instrument)
        self.sessions = [one for one in record.sessions if one.row.course_id == course.id]
        self.doses = [one for one in self.sessions if one.row.number is not None]
        self.named = doses_named(patient)
        self.window = (course.plan or Plan()).window
        self.written = written_in(course, patient)
        self.followed = self._followed()
        self.about = self._about()
        self.signed = signed_parts(patient)
        self.themes = themes_in(course, patient)
        self.experiences = experiences_of(course, patient)
        self.found = intentions_found(patient)
        self.practices: dict[UUID, list[PracticeRow]] = defaultdict(list)
        for practice in practices_of(patient):
            self.practices[practice.session_id].append(practice)
        history = self.judged.history
        self.scores = [
            score
            for score in self.judged.scores
            if history is not None and history.begin <= score.taken_on <= min(history.end, record.today)
        ]
        self.readings = [Reading(score.taken_on, score.value) for score in self.scores]

    def _followed(self) -> list[Followed]:
        """The doses of the course, each with what followed it: perhaps a session that belongs to the next course."""
        doses = [Dose(one.row.id, self.written[one.row.id].at, self.window) for one in self.doses]
        talks = [
            Talk(one.row.id, one.row.starts_at, self.named.get(one.row.id, ()))
            for one in self.record.sessions
            if one.took_place and one.row.kind is Kind.INTEGRATION
        ]
        return followed(doses, talks, clock.now())

    def _about(self) -> dict[UUID, list[UUID]]:
        """The doses that each talk is about: those that it names, else those after which it came first."""
        about = {one: list(named) for one, named in self.named.items()}
        for one in self.followed:
            if one.talk is not None and not one.talk.doses:
                about.setdefault(one.talk.id, []).append(one.dose.id)
        return about

    def verdict(self) -> Verdict | None:
        """Where the course stands, if that can be said."""
        found = standing(self.record, self.course, self.instrument) if self.instrument else None
        if found is None or self.instrument is None:
            return None
        return Verdict(
            headline(found, to_patient=False),
            sentence(found, self.instrument, to_patient=False),
            LABELS[found.state][1],
            found.as_of,
        )

    def drawn(self) -> tuple[Arc | None, Arc | None]:
        """The wide and the narrow drawing; none of a measure that is not known here any more."""
        instrument = self.instrument
        if instrument is None:
            return None, None
        stops = [self._stop(one) for one in self.sessions if one.row.status in (Status.TOOK_PLACE, Status.PLANNED)]
        first, last = self._days(stops)
        points = [point_of(score, instrument, to_patient=False) for score in self.scores]
        open_ = sum(one.talk is None for one in self.followed)
        description = (
            f"{plural(len(points), 'score')} of {instrument.name} from {written(first)} to {written(last)}, "
            f"{plural(len(self.doses), 'dose')} and the integration sessions tied to them"
            f"{f'; {open_} without one' if open_ else ''}. All of it is told in words below."
        )

        def draw(frame: Any) -> Arc:
            return arc(
                points,
                stops,
                self._ties(),
                minimum=instrument.minimum,
                maximum=instrument.maximum,
                start=first,
                end=last,
                today=self.record.today,
                max_gap_days=instrument.scale.max_gap_days if instrument.scale else MAX_GAP_DAYS,
                higher_is_worse=instrument.higher_is_worse,
                frame=frame,
                title=f"The course, and {instrument.name} above it",
                description=description,
            )

        return draw(ARC_WIDE), draw(ARC_NARROW)

    def _days(self, stops: Sequence[Stop]) -> tuple[date, date]:
        """The first and last day of the drawing: to today while the course is under way, and a little beyond."""
        today = self.record.today
        days = [score.taken_on for score in self.scores] + [stop.on for stop in stops if stop.on <= today + AHEAD]
        days += [today] if self.course.open or not days else []
        return min(days), max(*days, min(days) + SHORTEST)

    def _stop(self, session: Session) -> Stop:
        row = session.row
        title = f"Dose {row.number}" if row.number else f"{row.kind.label} session"
        planned = row.status is Status.PLANNED
        tip = f"{written(session.on)}: {title}{', planned' if planned else self._after(session)}"
        open_ = any(one.talk is None and one.dose.id == row.id for one in self.followed)
        return Stop(row.id, session.on, row.kind.value, str(row.number or ""), tip, planned, open_)

    def _ties(self) -> list[Tie]:
        ties = [Tie(dose, talk) for talk, doses in self.about.items() for dose in doses]
        dosing = [one for one in self.sessions if one.row.number or self._ahead(one, Kind.DOSING)]
        for one in self.sessions:
            if one.row.kind is Kind.PREPARATION:
                ties += [Tie(one.row.id, dose.row.id) for dose in dosing if dose.row.starts_at >= one.row.starts_at][:1]
        coming = next((one for one in self.sessions if self._ahead(one, Kind.INTEGRATION)), None)
        if coming is not None and coming.row.id not in self.about:
            ties += [Tie(one.dose.id, coming.row.id) for one in self.followed if one.talk is None]
        return ties

    @staticmethod
    def _ahead(session: Session, kind: Kind) -> bool:
        return session.row.kind is kind and session.row.status is Status.PLANNED

    def stations(self) -> list[Station]:
        """What happened, in order; then what is planned."""
        order = sorted(self.sessions, key=lambda one: one.row.status is Status.PLANNED)
        return [self._station(one, thread) for one, thread in zip(order, self._threads(order), strict=True)]

    def _threads(self, order: Sequence[Session]) -> list[str]:
        """What leads on from each station: a dose on its way to the talk about it, one without any, or just time."""
        place = {one.row.id: number for number, one in enumerate(order)}
        spans = [
            (place[dose], place[talk])
            for talk, doses in self.about.items()
            for dose in doses
            if talk in place and dose in place
        ]
        loose = {one.dose.id for one in self.followed if one.talk is None}
        return [
            "tied" if any(dose <= number < talk for dose, talk in spans) else "loose" if one.row.id in loose else ""
            for number, one in enumerate(order)
        ]

    def _station(self, session: Session, thread: str) -> Station:
        row, kind = session.row, session.row.kind
        told = self.written[row.id]
        experience = self.experiences.get(row.id, {})
        insights = told.answers.get("insights")
        narrative = row.narrative or str(experience.get("narrative") or "")
        said = insights.strip() if isinstance(insights, str) else ""
        found, reworded = self.found.get(row.id, ("", ""))
        planned, happened = row.status is Status.PLANNED, session.took_place
        return Station(
            session_id=row.id,
            mark=MARKS[kind],
            state="planned" if planned else "" if happened else "off",
            title=f"Dose {row.number}"
            if row.number
            else kind.label
            if happened or planned
            else f"{kind.label} session",
            on=session.on,
            when=moment(row.starts_at),
            chips=self._chips(session),
            after=self._after(session).removeprefix(", ") if happened else "",
            intention=told.intention,
            found=found,
            reworded=reworded,
            came=shorten(narrative, GLIMPSE, placeholder=" …") if not said else "",
            said=said,
            tags=_tags(experience),
            themes=self.themes.get(row.id, ()),
            words=told.themes,
            agreed=[_agreed(practice) for practice in self.practices.get(row.id, ())],
            scored=self._scored(session) if happened else None,
            thread=thread,
        )

    def _chips(self, session: Session) -> list[tuple[str, str]]:
        row = session.row
        chips = [(given_text(session), "dose")] if row.number else []
        if not session.took_place:
            chips.append((row.status.label, "warn" if row.status is Status.HELD else ""))
        if unsigned(row, self.signed):
            chips.append(("Draft", ""))
        plan = _PLANS.get(self.written[row.id].answers.get("next_dose"))
        if plan and session.took_place:
            chips.append((f"Next dose: {plan}", "warn"))
        return chips

    def _after(self, session: Session) -> str:
        """How long after its dose a talk was, or what followed a dose; begins with a comma."""
        row = session.row
        if row.kind is Kind.INTEGRATION:
            doses = [one for one in self.doses if one.row.starts_at <= row.starts_at]
            if not doses:
                return ""
            about = [str(one.row.number) for one in doses if one.row.id in self.about.get(row.id, ())]
            others = (
                f", about doses {' and '.join(filter(None, [', '.join(about[:-1]), about[-1]]))}" if about[1:] else ""
            )
            apart = _apart(self.written[doses[-1].row.id].at, row.starts_at)
            return f", {apart} after dose {doses[-1].row.number}{others}"
        following = next((one for one in self.followed if one.dose.id == row.id), None)
        if following is None:
            return ""
        if following.talk is not None and following.after is not None:
            return f", integration {_apart(following.dose.at, following.talk.at)} later"
        return ", no integration session yet" if following.how == "open" else ", no integration session followed"

    def _scored(self, session: Session) -> Scored | None:
        """The score at a station, and its change since the dose before it."""
        instrument = self.instrument
        if instrument is None:
            return None
        before = [one for one in self.doses if one.row.starts_at < session.row.starts_at]
        if not before:
            known = [reading for reading in self.readings if reading.on <= session.on]
            if not known or session.row.kind is not Kind.DOSING:
                return None
            latest = max(known, key=lambda reading: reading.on)
            note = f"{instrument.name}, {written(latest.on)}"
            return Scored("Before the first dose", format_score(instrument, latest.score), "", None, note)
        dose = before[-1]
        found = since_dose(
            dose.on,
            session.on,
            self.readings,
            scale=instrument.scale,
            higher_is_worse=instrument.higher_is_worse,
        )
        since = f"Since dose {dose.row.number}"
        if found.latest is None:
            return Scored(f"No score since dose {dose.row.number}", "", "", None, "")
        value = format_score(instrument, found.latest.score)
        note = f"{instrument.name}, {written(found.latest.on)}"
        if (found.latest.on - dose.on).days < settle_days(instrument.scale, instrument.recall_days):
            note += "; it looks back to before the dose"
        if found.before is None or found.better is None:
            return Scored(since, value, "nothing to compare it with", None, note)
        change = change_words(instrument, found.better)
        if found.change is Change.WITHIN:
            change += f", {found.change}"
        chip = (str(found.change), TONES[found.change]) if found.change in TONES else None
        return Scored(since, f"{format_score(instrument, found.before.score)} → {value}", change, chip, note)


def _tags(experience: Mapping[str, Any]) -> list[str]:
    """What the sheet names of an experience: its marks in words, and that it was hard."""
    words = dict(_TAGS["tags"].choices)
    tags = [words[one] for one in experience.get("tags") or () if one in words]
    hard = experience.get("challenging")
    return [*tags, f"Challenging: {hard}"] if hard and hard != "none" else tags


def _agreed(practice: PracticeRow) -> Standing:
    status = practice.status
    label = status.label if status else ""
    tone = _TICKED_TONES.get(status, "") if status else ""
    return Standing(practice.words, practice.often, label, tone, max(practice.ticked, default=None))


def _apart(earlier: datetime, later: datetime) -> str:
    """ "46 hours", or "19 days" where that is many."""
    hours = round((later - earlier) / timedelta(hours=1))
    return plural(hours, "hour") if hours < 96 else plural(round(hours / 24), "day")
