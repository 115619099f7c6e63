"""A dosing session of a story, played as it would be logged: phase by phase, by the actions of the pages."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import partial
from typing import Any, NamedTuple

from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.demo.stories import Adverse, Dose, Scene, Story
from kap.dosing.actions.events import report
from kap.dosing.actions.giving import correct, give, go_on
from kap.dosing.actions.phases import answer_checklist, decide, give_consent, record_call, save_sheet
from kap.dosing.actions.room import answer_alert, note, take_reading
from kap.dosing.models import Administration, GivenBy, GoNoGo, ObservationKind
from kap.dosing.queries.content import content_of
from kap.dosing.queries.phases import consents_of, eligibility_count, latest_number, record_of
from kap.dosing.rules.consents import wanted
from kap.dosing.rules.eligibility import CHECKLIST
from kap.dosing.rules.events import Told
from kap.dosing.rules.giving import Giving
from kap.dosing.rules.room import Signs
from kap.dosing.rules.sheets import CHECKS, SHEETS
from kap.people.models import Patient, User
from kap.stock import actions as stock
from kap.stock.models import Lot, Place
from kap.stock.queries import calls_for
from kap.treatment.actions import record_dosing
from kap.treatment.models import Course, DosingSession, Part, Route, Status
from kap.treatment.rules import Reading
from kap.treatment.signing import add_addendum, sign_part

ARRIVAL = timedelta(minutes=20)
"""From the arrival to the dose."""

INFUSION = timedelta(minutes=40)
VIAL_MG, DEVICE_MG, LOZENGE_MG = Decimal(500), Decimal(28), Decimal(50)
DRAWN_IN = Decimal(10)
"""A syringe is filled to the next ten milligrams; what is over is wasted before a witness."""


class Safe(NamedTuple):
    """What the clinic has in its safe, by the route for which it is used."""

    place: Place
    lots: Mapping[Route, Lot]


class People(NamedTuple):
    """Who is there."""

    patient: Patient
    course: Course
    therapist: User
    medical: User
    team: list[User]


def fill_the_safe(by: User) -> Safe:
    """Receive what the stories give."""
    now = clock.now()
    expires_on = (now + timedelta(days=730)).date()
    place = stock.add_place(name="Safe in the preparation room", by=by)
    vial = stock.add_product(
        substance="ketamine",
        name="Ketamine",
        form="vial",
        unit_mg=VIAL_MG,
        mg_per_ml=Decimal(50),
        volume_ml=Decimal(10),
        by=by,
    )
    spray = stock.add_product(substance="esketamine", name="Esketamine spray", form="device", unit_mg=DEVICE_MG, by=by)
    lozenge = stock.add_product(
        substance="ketamine", name="Ketamine lozenge", form="lozenge", unit_mg=LOZENGE_MG, by=by
    )
    db.session.flush()
    received: dict[str, Any] = {"place": place, "supplier": "A wholesaler (synthetic)", "at": now, "by": by}
    lots = {
        product: stock.receive(
            product, number=number, expires_on=expires_on, amount_mg=product.unit_mg * units, units=units, **received
        ).lot
        for product, number, units in (
            (vial, "SYN-K-201", Decimal(20)),
            (spray, "SYN-E-118", Decimal(60)),
            (lozenge, "SYN-L-034", Decimal(60)),
        )
    }
    by_route = {Route.ESKETAMINE_NASAL: spray, Route.SUBLINGUAL: lozenge, Route.ORAL: lozenge}
    return Safe(place, {route: lots[by_route.get(route, vial)] for route in Route})


class Bedside:
    """Plays one dosing session; `readings` are those of the story, the first before the dose."""

    patient: Patient
    course: Course
    therapist: User
    medical: User
    session: DosingSession
    given: Administration

    def __init__(
        self,
        story: Story,
        dose: Dose,
        start: datetime,
        readings: list[Reading],
        safe: Safe,
        people: Callable[[], People],
    ) -> None:
        self.story, self.dose, self.safe, self.people = story, dose, safe, people
        self.start, self.dosed = start, start + ARRIVAL
        self.readings = readings
        self.end = readings[-1].at + timedelta(minutes=10)

    def acts(self) -> Iterator[tuple[datetime, Any]]:
        """What is done, and when."""
        given = self.dose.status is Status.TOOK_PLACE
        yield self.start + timedelta(minutes=2), self._arrive
        yield self.start + timedelta(minutes=12), partial(self._read, self.readings[0])
        yield self.start + timedelta(minutes=16), self._decide if given else self._hold_back
        if given:
            yield from self._dose()
            yield from self._watch()
            yield self.end, self._discharge
        yield self.end + timedelta(minutes=20), partial(self._sign, Part.ADMINISTRATION)
        yield self.end + timedelta(minutes=40), partial(self._sign, Part.THERAPY)
        if given:
            yield self.end + timedelta(minutes=45), self._witness
            yield self.dosed + timedelta(hours=24, minutes=10), self._call
        if self.dose.scene is Scene.ADDENDUM:
            yield self.end + timedelta(days=2), self._add

    def _arrive(self) -> None:
        self.patient, self.course, self.therapist, self.medical, team = self.people()
        session = self.session = record_dosing(
            self.course,
            by=self.therapist,
            status=Status.PLANNED,
            starts_at=self.start,
            team=team,
            intention=self.dose.intention,
        )
        # What is held, or read anew, has to be written first; the whole clinic is one transaction.
        db.session.flush()
        route = self.story.route
        answers: dict[str, tuple[str | None, str]] = {item.name: ("no", "") for item in CHECKLIST}
        answer_checklist(session, answers=answers, version=eligibility_count(session), by=self.medical)
        known = {consent.consent_type for consent in consents_of(self.patient)}
        for kind in wanted(route=route, place="clinic", touch="hand_or_shoulder"):
            if kind not in known:
                self._consent(kind)
        self._save("screening", self._screening(), self.medical)
        self._save("before", self._before(), self.medical)
        self._save("setting", self._setting(), self.therapist)

    def _consent(self, kind: str) -> None:
        give_consent(
            self.session,
            consent_type=kind,
            document_version="3 (synthetic)",
            language="English",
            signed_at=self.start - timedelta(days=1),
            signer="patient",
            method="paper",
            capacity_by=self.medical.id,
            by=self.therapist,
        )

    def _screening(self) -> dict[str, Any]:
        return {
            "indication": "As agreed when the course was opened.",
            "examined_on": self.course.opened_on,
            "examined_by": self.medical.name,
            "reconciled": "yes",
            "concomitant": ["none"] if self.story.route is Route.ESKETAMINE_NASAL else [],
            "pregnancy": "cannot",
            "exposure": "None outside this clinic.",
            "rems_enrolled": "yes" if self.story.route is Route.ESKETAMINE_NASAL else None,
            "eligible": "yes",
            "eligible_by": str(self.medical.id),
        }

    def _before(self) -> dict[str, Any]:
        nasal = self.story.route is Route.ESKETAMINE_NASAL
        return {
            "place": "clinic",
            "planned_route": self.story.route,
            "planned_mg": Decimal(self.dose.mg) if self.dose.mg else None,
            "identity": ["name", "birth_date"],
            "consent_again": "yes",
            "escort": self.story.left_with,
            "ride": "escort_drives",
            "last_food": self.start - timedelta(hours=9),
            "last_drink": self.start - timedelta(hours=4),
            "nasal_used": "no" if nasal else None,
            "bp_medicine": "none",
            "substances": ["none"],
            "interval": "no",
            "suicide_risk": "none",
            "orientation": "fully",
            "equipment": ["oxygen", "airway", "aed", "suction", "rescue", "oximeter"],
            "prescriber_there": "yes" if nasal else None,
        }

    def _setting(self) -> dict[str, Any]:
        return {
            "intention": self.dose.intention,
            "touch": "hand_or_shoulder",
            "touch_terms": f"A hand on the shoulder, by {self.therapist.name} alone, when asked for.",
            "touch_prepared": "yes",
            "stop_signal": "A raised hand",
            "present": ", ".join(member.user.name for member in self.session.team),
            "eye_shades": "yes",
            "music": "Without voices",
        }

    def _decide(self) -> None:
        warned = [warning.sentence for warning in record_of(self.session).warnings]
        decide(
            self.session,
            decision=GoNoGo.GO,
            decided_by=self.medical.id,
            reason="Weighed with the patient, who has had it so before." if warned else "",
            seen=warned,
            may_pass=True,
            by=self.medical,
        )

    def _hold_back(self) -> None:
        self._read(self.readings[-1]._replace(at=clock.now()))
        decide(
            self.session,
            decision=GoNoGo.HOLD,
            decided_by=self.medical.id,
            reason=self.dose.reason,
            seen=[warning.sentence for warning in record_of(self.session).warnings],
            may_pass=True,
            by=self.medical,
        )
        if self.dose.narrative:
            self._save("experience", {"narrative": self.dose.narrative}, self.therapist)

    def _dose(self) -> Iterator[tuple[datetime, Any]]:
        route, mg = self.story.route, Decimal(self.dose.mg)
        booster = DRAWN_IN if self.dose.scene is Scene.BOOSTER else Decimal(0)
        devices = int(mg / DEVICE_MG) if route is Route.ESKETAMINE_NASAL else 0
        sprayed = [(self.dosed + timedelta(minutes=5 * number)).isoformat() for number in range(devices)]
        first = partial(self._giving, self.dosed, mg - booster, device_times=sprayed or None)
        slip = self.dose.scene is Scene.SLIP
        typed = partial(first, amount_mg=(mg - booster) / 10) if slip else first
        yield self.dosed + timedelta(minutes=5 * max(devices - 1, 0) + 1), partial(self._give, typed)
        if slip:
            yield self.dosed + timedelta(minutes=4), partial(self._put_right, first)
        if route is Route.IV_INFUSION:
            yield self.dosed + INFUSION, self._end_infusion
        if booster:
            at = self.dosed + timedelta(minutes=50)
            extra = partial(self._giving, at, booster, booster=True, method="bolus", planned_minutes=None)
            yield at + timedelta(minutes=1), partial(self._give, extra)

    def _giving(self, at: datetime, mg: Decimal, **other: Any) -> Giving:
        route = self.story.route
        by_mouth = route in (Route.SUBLINGUAL, Route.ORAL)
        own = by_mouth or route is Route.ESKETAMINE_NASAL
        drawn = mg if own else (mg / DRAWN_IN).to_integral_value(ROUND_CEILING) * DRAWN_IN
        return Giving(
            at=at,
            route=route,
            substance=self.story.medicine,
            amount_mg=mg,
            given_by=GivenBy.SELF_OBSERVED if own else GivenBy.STAFF,
            lot_id=self.safe.lots[route].id,
            place_id=self.safe.place.id,
            site="Left deltoid" if route is Route.IM else None,
            weight_kg=Decimal(self.story.weight_kg),
            weight_on=self.start.date(),
            planned_minutes=40 if route is Route.IV_INFUSION else None,
            tablets=mg / LOZENGE_MG if by_mouth else None,
            strength_mg=LOZENGE_MG if by_mouth else None,
            hold_minutes=12 if route is Route.SUBLINGUAL else None,
            remainder="swallowed" if by_mouth else None,
            drawn_mg=drawn,
            wasted_mg=drawn - mg if drawn > mg else None,
            waste_witness=self.therapist.id if drawn > mg else None,
            giver_id=None if own else self.medical.id,
            observed_by=self.medical.id if own else None,
            checked_by=None if own else self.therapist.id,
        )._replace(**other)

    def _give(self, made: Callable[[], Giving]) -> None:
        try:
            self.given = give(self.session, made(), by=self.medical)
        except Refused:
            reason = "As planned for this course, and weighed before."
            self.given = give(self.session, made(), reason=reason, by=self.medical)

    def _put_right(self, made: Callable[[], Giving]) -> None:
        self.given = correct(self.given, made(), why="The point was set one place too far left.", by=self.medical)

    def _end_infusion(self) -> None:
        self.given = go_on(self.given, at=clock.now(), end=True, by=self.medical)

    def _watch(self) -> Iterator[tuple[datetime, Any]]:
        for reading in self.readings[1:]:
            yield reading.at, partial(self._read, reading)
        middle = self.readings[len(self.readings) // 2].at + timedelta(minutes=3)
        yield middle, partial(self._note, ObservationKind.OBSERVATION, "eyes_closed")
        yield middle + timedelta(minutes=2), partial(self._note, ObservationKind.DISSOCIATION, None, 6)
        yield self.end - timedelta(minutes=15), partial(self._note, ObservationKind.OBSERVATION, "as_before")
        yield self.end - timedelta(minutes=14), partial(self._note, ObservationKind.DISSOCIATION, None, 0)
        for event in self.dose.events:
            yield self.dosed + timedelta(minutes=event.after), partial(self._report, event)

    def _read(self, reading: Reading) -> None:
        signs = Signs(*reading[1:5])
        take_reading(self.session, signs, at=reading.at if reading.at <= clock.now() else clock.now(), by=self.medical)
        urgent = self.dose.scene is Scene.TRANSFER
        for alert in record_of(self.session).alerts:
            if alert.open:
                done = ["prescriber_called", "emergency_services_called"] if urgent else ["reassured", "repositioned"]
                answer_alert(alert, done=done, words="", at=clock.now(), by=self.medical)

    def _note(self, kind: ObservationKind, term: str | None, value: int | None = None) -> None:
        note(self.session, kind=kind, at=clock.now(), term=term, value=value, by=self.therapist)

    def _report(self, event: Adverse) -> None:
        told = Told(event.term, event.words or None, event.severity, onset_at=clock.now(), expected=True)
        if event.serious:
            told = told._replace(
                serious=True,
                criteria="hospital",
                ctcae_grade=3,
                expected=False,
                relatedness="possible",
                action_taken="withdrawn",
                outcome="recovered",
                reported_to="The clinic’s safety board",
                follow_up_on=(self.start + timedelta(days=3)).date(),
            )
        report(self.session, told, by=self.medical)

    def _discharge(self) -> None:
        transferred = self.dose.scene is Scene.TRANSFER
        experience = {
            "onset": 8,
            "peak": 30,
            "back": 75,
            "narrative": self.dose.narrative,
            "challenging": "severe" if transferred else "none",
            "touched": "no",
            "interventions": ["silence", "music"],
        }
        if transferred:
            experience |= {"challenging_what": "Fear of the heart.", "support": "Stayed close.", "resolved": "no"}
        if self.dose.scene is Scene.TWO_HANDS:
            self._save("experience", experience | {"narrative": self.dose.narrative[:60]}, self.medical)
        self._save("experience", experience, self.therapist)
        checks = dict.fromkeys((check.name for check in CHECKS), "no" if transferred else "yes")
        leaving: dict[str, Any] = {"outcome": "home", "left_with": self.story.left_with}
        if transferred:
            leaving = {
                "outcome": "transferred",
                "transferred_to": "Ambulance crew, then the emergency department",
                "handover": "Readings, times, dose and route; the partner of the ward doctor has the copy.",
                "shortfall_reason": "Handed over to emergency care before the usual end.",
            }
        nasal = self.story.route is Route.ESKETAMINE_NASAL
        left = {"discharged_at": clock.now(), "stable_by": str(self.medical.id), "ready_after": 95 if nasal else None}
        self._save("discharge", checks | leaving | left, self.medical)
        booked = (self.start + timedelta(days=2)).date()
        self._save(
            "after-care",
            {"emergency_contact": "yes", "crisis_card": "yes", "integration_on": booked, "left_over": 0},
            self.therapist,
        )

    def _save(self, name: str, answers: dict[str, Any], by: User) -> None:
        version = latest_number(self.session, name)
        save_sheet(self.session, SHEETS[name], answers=answers, version=version, by=by)

    def _sign(self, part: Part) -> None:
        by = self.medical if part is Part.ADMINISTRATION else self.therapist
        sign_as_shown(self.session, {part: by})

    def _witness(self) -> None:
        for call in calls_for(self.therapist):
            stock.confirm_waste(call, by=self.therapist)

    def _call(self) -> None:
        call_after(self.session, by=self.therapist)

    def _add(self) -> None:
        add_addendum(
            self.session,
            Part.THERAPY,
            kind="addendum",
            reason="Remembered on the way home",
            text="She wrote the next day that the smell of bread had come back while cooking, and stayed.",
            by=self.therapist,
        )


def call_after(session: DosingSession, *, by: User) -> None:
    """Ring the patient on the day after and find all well."""
    said = {"mood": 6, "suicidal": "none", "sleep": "good"}
    record_call(session, called_at=clock.now(), reached=True, answers=said, by=by)


def sign_as_shown(session: DosingSession, signers: Mapping[Part, User]) -> None:
    """Sign parts, each by its signer, with what stands in them."""
    db.session.flush()
    record = record_of(session)
    for part, by in signers.items():
        content = content_of(record, part)
        sign_part(session, part, content=content, version=None, settings_number=record.limits.number, by=by)
