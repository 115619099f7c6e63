"""A small named cast, made by the same actions as the pages: two clinics, their people, and one record worth seeing.

`therapist` and `medical` are on the care team of `patient`; `former` was and is no longer; `other` never was; `gone`
was deactivated.
`unseen` is a patient on nobody's team, `stranger` one of the other clinic. What is called "foreign ..." is the other
clinic's. Every text holds the word canary, that of a psychotherapy note nightingale too, and what names a drug or its
place the word heron, so that a page that shows it to the wrong person can be told.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from kap.access.roles import Role
from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, new_id
from kap.dosing.actions.events import report
from kap.dosing.actions.giving import give
from kap.dosing.actions.phases import answer_checklist, give_consent
from kap.dosing.actions.room import note
from kap.dosing.models import GivenBy
from kap.dosing.queries.room import open_alerts_from
from kap.dosing.rules.events import Told
from kap.dosing.rules.giving import Giving
from kap.measures.actions import enter_paper, keep_answers, start_questionnaire
from kap.people.account import ask_address_change, make_reset_link
from kap.people.actions import (
    accept,
    add_patient,
    change_clinic,
    deactivate,
    invite,
    join_care_team,
    leave_care_team,
    set_up_clinic,
)
from kap.people.models import Clinic, Patient, User
from kap.people.queries import team_of
from kap.psychotherapy.actions import sign_note, start_note, write_note
from kap.psychotherapy.models import PsychotherapyNote
from kap.safety.queries import open_alerts
from kap.stock import actions as stock
from kap.stock.models import WasteMethod
from kap.stock.queries import calls_for
from kap.treatment.actions import (
    open_course,
    plan_session,
    record_dosing,
    record_integration,
    record_preparation,
)
from kap.treatment.booking import add_room
from kap.treatment.content import content_of
from kap.treatment.drafts import keep_draft
from kap.treatment.models import (
    Condition,
    Course,
    Ground,
    Kind,
    Medicine,
    Modality,
    Part,
    Route,
    Status,
    Theme,
    TreatmentSession,
)
from kap.treatment.practices import Agreed
from kap.treatment.protocols import take_over
from kap.treatment.published import published
from kap.treatment.release import hold_back
from kap.treatment.signing import sign_part

PASSWORD = "a long enough password"
NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)
"""When the cast was gathered; their record lies before it."""

STAFF = {
    "lead": {Role.LEAD},
    "therapist": {Role.THERAPIST},
    "medical": {Role.MEDICAL},
    "former": {Role.THERAPIST},
    "other": {Role.THERAPIST},
    "admin": {Role.ADMIN},
    "gone": {Role.THERAPIST},
}


@dataclass
class Cast:
    """The ids of everybody and everything, by name."""

    ids: dict[str, UUID] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> UUID:
        return self.ids[name]

    def email(self, name: str) -> str:
        """The address by which one of the cast signs in."""
        return f"{name.replace(' ', '-')}@example.org"


def gather() -> Cast:
    """Make the cast in an empty database; needs an application context."""
    cast = Cast()
    with clock.at(NOW - timedelta(days=120)):
        here = _clinic(cast, "clinic", "Test clinic", prefix="")
        there = _clinic(cast, "other clinic", "Another clinic", prefix="foreign ")
        therapist, medical = _user(cast, "therapist"), _user(cast, "medical")
        patient = add_patient(code="P-001", name="Patient One", birth_date=date(1980, 5, 17), by=therapist)
        cast.ids["membership"] = join_care_team(patient, medical, by=therapist).id
        membership = join_care_team(patient, _user(cast, "former"), by=therapist)
        unseen = add_patient(code="P-002", by=_user(cast, "lead"))
        stranger = add_patient(code="P-001", name="Patient Elsewhere", by=_user(cast, "foreign therapist"))
        (foreign_member,) = team_of(stranger)
        cast.ids |= {
            "patient": patient.id,
            "unseen": unseen.id,
            "stranger": stranger.id,
            "foreign membership": foreign_member.id,
        }
        for name, of, by in (
            ("patient", patient, therapist),
            ("stranger", stranger, _user(cast, "foreign therapist")),
        ):
            _join(cast, f"{name} account", here if name == "patient" else there, {Role.PATIENT}, of, by)
    with clock.at(NOW - timedelta(days=100)):
        leave_care_team(membership, by=therapist)
        deactivate(_user(cast, "gone"), by=_user(cast, "lead"))
    _record(cast, "", patient, therapist)
    _record(cast, "foreign ", stranger, _user(cast, "foreign therapist"))
    with clock.at(NOW - timedelta(hours=2)):
        _stock(cast, "", patient, by="medical", witness="therapist")
        _stock(cast, "foreign ", stranger, by="foreign therapist", witness="foreign lead")
    with clock.at(NOW - timedelta(hours=1)):
        _leave_open(cast, "", patient, unseen)
        _leave_open(cast, "foreign ", stranger, None)
    return cast


def _clinic(cast: Cast, key: str, name: str, *, prefix: str) -> Clinic:
    clinic = set_up_clinic(name=name, zone="Europe/Berlin", country="DE")
    cast.ids[key] = clinic.id
    people = STAFF if not prefix else {"lead": {Role.LEAD}, "therapist": {Role.THERAPIST}}
    for role, roles in people.items():
        _join(cast, prefix + role, clinic, roles)
    told: dict[str, Any] = {
        "name": clinic.name,
        "zone": clinic.zone,
        "country": clinic.country,
        "version": clinic.version,
    }
    change_clinic(clinic, psychotherapy_notes=True, **told, by=_user(cast, f"{prefix}lead"))
    return clinic


def _join(
    cast: Cast,
    name: str,
    clinic: Clinic,
    roles: set[Role],
    patient: Patient | None = None,
    by: User | None = None,
) -> None:
    email = cast.email(name)
    _, token = invite(clinic=clinic, roles=frozenset(roles), email=email, patient=patient, by=by)
    cast.ids[name] = accept(token, name=f"The {name}", email=email, password=PASSWORD).id


def _user(cast: Cast, name: str) -> User:
    return db.session.get_one(User, cast[name])


def _record(cast: Cast, prefix: str, patient: Patient, by: User) -> None:
    """A course with all three kinds of session, scores that fall, and an alert."""
    start = NOW - timedelta(days=90)
    with clock.at(start):
        course = open_course(
            patient,
            condition=Condition.DEPRESSION,
            primary_measure="phq-9",
            planned_doses=3,
            opened_on=start.date(),
            by=by,
        )
        preparation = record_preparation(
            course, by=by, status=Status.TOOK_PLACE, starts_at=start, narrative=f"{prefix}canary preparation"
        )
        _phq9(patient, start, (3, 3, 3, 2, 2, 2, 2, 2, 1), by)
    with clock.at(start + timedelta(days=1)):
        signed = record_preparation(
            course, by=by, status=Status.TOOK_PLACE, starts_at=clock.now(), narrative=f"{prefix}signed words"
        )
        sign_part(signed, Part.THERAPY, content=content_of(signed), version=signed.version, by=by)
    with clock.at(start + timedelta(days=2)):
        dosing = record_dosing(
            course,
            by=by,
            status=Status.TOOK_PLACE,
            starts_at=clock.now() - timedelta(hours=3),
            ends_at=clock.now() - timedelta(hours=1),
            route=Route.IM,
            medicine=Medicine.KETAMINE,
            dose_mg=Decimal(50),
            weight_kg=Decimal(70),
            team=[by],
            intention=f"{prefix}canary intention",
            narrative=f"{prefix}canary narrative",
        )
        given = Giving(dosing.starts_at, Route.IM, Medicine.KETAMINE, Decimal(50), GivenBy.REPORTED)
        administration = give(dosing, given._replace(note=f"{prefix}canary dose"), by=by)
        adverse = report(dosing, Told("headache", words=f"{prefix}canary event", severity="mild"), by=by)
        said = note(dosing, kind="words", at=clock.now(), words=f"{prefix}canary words", by=by)
        asleep = note(dosing, kind="sedation", at=clock.now(), value=3, by=by)
        (sedated,) = open_alerts_from(asleep.id)
    with clock.at(start + timedelta(days=2)):
        answer_checklist(dosing, answers={"aneurysm": ("yes", f"{prefix}canary evidence")}, version=0, by=by)
        consent = give_consent(
            dosing,
            consent_type="treatment",
            document_version="1",
            language="English",
            signed_at=start,
            signer="patient",
            method="paper",
            terms=f"{prefix}canary terms",
            by=by,
        )
    with clock.at(start + timedelta(days=2)):
        note_, signed_note = (_note(session, f"{prefix}canary nightingale", by) for session in (dosing, signed))
        sign_note(signed_note, version=signed_note.version, by=by)
    with clock.at(start + timedelta(days=3)):
        integration = record_integration(
            course,
            by=by,
            status=Status.TOOK_PLACE,
            starts_at=clock.now() - timedelta(hours=1),
            ends_at=clock.now(),
            modalities=[Modality.ACT],
            narrative=f"{prefix}canary summary",
            practices=[Agreed(f"{prefix}canary practice")],
            themes=f"{prefix}canary theme",
            coded_themes=[Theme.GRIEF],
            integrates=[dosing.id],
        )
    for days, answers in ((16, (1, 1, 1, 1, 1, 1, 1, 0, 0)), (40, (1, 1, 1, 1, 1, 0, 0, 0, 0))):
        with clock.at(start + timedelta(days=days)):
            score = _phq9(patient, clock.now(), answers, by)
    with clock.at(start + timedelta(days=41)):
        questionnaire = start_questionnaire(patient, "gad-7", taken_on=clock.now().date(), by=by)
        keep_answers(questionnaire, {1: 1}, by=by)
    (alert,) = [alert for alert in open_alerts(by) if alert.patient_id == patient.id]
    cast.ids |= {
        f"{prefix}course": course.id,
        f"{prefix}preparation": preparation.id,
        f"{prefix}signed": signed.id,
        f"{prefix}dosing": dosing.id,
        f"{prefix}giving": administration.id,
        f"{prefix}adverse": adverse.id,
        f"{prefix}noted": said.id,
        f"{prefix}psychotherapy note": note_.id,
        f"{prefix}signed note": signed_note.id,
        f"{prefix}vitals alert": sedated.id,
        f"{prefix}consent": consent.id,
        f"{prefix}integration": integration.id,
        f"{prefix}practice": integration.practices[0].id,
        f"{prefix}score": score,
        f"{prefix}questionnaire": questionnaire.id,
        f"{prefix}alert": alert.id,
    }


def _note(session: TreatmentSession, text: str, by: User) -> PsychotherapyNote:
    """A psychotherapy note that says this."""
    note_ = start_note(session, by=by)
    return write_note(note_, text=text, version=note_.version, by=by)


def _stock(cast: Cast, prefix: str, patient: Patient, *, by: str, witness: str) -> None:
    """A vial in a safe, of which a dose was drawn and not all given, and a waste that waits for its witness."""
    user, dose = _user(cast, by), new_id()
    safe = stock.add_place(name=f"{prefix}heron safe", by=user)
    vial = stock.add_product(
        substance="ketamine", name=f"{prefix}heron vial", form="vial", unit_mg=Decimal(500), by=user
    )
    told: dict[str, Any] = {"place": safe, "at": clock.now(), "by": user}
    came = stock.receive(
        vial, number=f"{prefix}heron lot", expires_on=date(2027, 6, 30), amount_mg=Decimal(5000), **told
    )
    stock.record_given(
        came.lot,
        patient=patient,
        session_id=cast[f"{prefix}dosing"],
        administration_id=dose,
        drawn_mg=Decimal(60),
        given_mg=Decimal(50),
        **told,
    )
    wasted = stock.waste(
        came.lot,
        amount_mg=Decimal(20),
        method=WasteMethod.SPILT,
        reason=f"{prefix}canary waste",
        witness=_user(cast, witness),
        **told,
    )
    cast.ids |= {
        f"{prefix}place": safe.id,
        f"{prefix}product": vial.id,
        f"{prefix}lot": came.lot_id,
        f"{prefix}receipt": came.act_id,
        f"{prefix}dose": dose,
        f"{prefix}waste": wasted[0].act_id,
        f"{prefix}call": calls_for(_user(cast, witness))[0].id,
    }


def _leave_open(cast: Cast, prefix: str, patient: Patient, uninvited: Patient | None) -> None:
    """What is under way: a form half answered, a session planned, one held back, a list looked at, links to be used."""
    lead, therapist = _user(cast, f"{prefix}lead"), _user(cast, f"{prefix}therapist")
    answering = db.session.get_one(User, patient.user_id)
    begun = start_questionnaire(patient, "gad-7", taken_on=clock.now().date(), by=answering)
    keep_answers(begun, {1: 2}, by=answering)
    course = db.session.get_one(Course, cast[f"{prefix}course"])
    planned = plan_session(
        course,
        kind=Kind.INTEGRATION,
        starts_at=clock.now() + timedelta(days=7),
        intention=f"{prefix}canary plan",
        by=therapist,
    )
    room = add_room(name=f"{prefix}heron room", by=lead)
    typed = MultiDict({"narrative": f"{prefix}canary draft"})
    preparation = db.session.get_one(TreatmentSession, cast[f"{prefix}preparation"])
    hold_back(
        preparation,
        ground=Ground.HARM,
        reason=f"{prefix}canary hold",
        until=clock.now().date() + timedelta(days=10),
        by=therapist,
    )
    draft = keep_draft(patient, place=f"treatment.status/{planned.id}", form=typed, by=therapist)
    protocol = take_over(published()["typical"], by=lead)
    with recording(Action.LIST_VIEWED, by=therapist) as look:
        look.detail = {"name": "caseload", "patients": [str(patient.id)]}
    cast.ids |= {
        f"{prefix}begun": begun.id,
        f"{prefix}planned": planned.id,
        f"{prefix}room": room.id,
        f"{prefix}look": look.id,
        f"{prefix}draft": draft.id,
        f"{prefix}protocol": protocol.id,
    }
    invited = invite(
        clinic=lead.clinic, roles=frozenset({Role.MEDICAL}), email=f"{prefix.strip()}invited@example.org", by=lead
    )
    cast.ids[f"{prefix}invitation"], cast.tokens[f"{prefix}invitation"] = invited[0].id, invited[1]
    if not prefix:
        former = _user(cast, "former")
        with clock.at(NOW - timedelta(minutes=10)):
            cast.tokens["reset"] = make_reset_link(former, by=lead)
        (old, new), _ = ask_address_change(former, email="elsewhere@example.org", current=PASSWORD)
        cast.tokens |= {"old address": old, "new address": new}
    if uninvited is not None:
        invited = invite(clinic=lead.clinic, roles=frozenset({Role.PATIENT}), patient=uninvited, by=lead)
        cast.ids["patient invitation"], cast.tokens["patient invitation"] = invited[0].id, invited[1]


def _phq9(patient: Patient, on: datetime, answers: tuple[int, ...], by: User) -> UUID:
    kept = dict(enumerate(answers, start=1))
    return enter_paper(patient, "phq-9", taken_on=on.date(), answers=kept, by=by).id
