"""The record of treatment: courses, sessions, vital signs, adverse events."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from kap.core import clock
from kap.core.db import Model, Versioned
from kap.core.sealed import Sealed
from kap.people.models import OfPatient, User
from kap.treatment import rules
from kap.treatment.plan import Plan
from kap.treatment.terms import TERMS


class Worded(StrEnum):
    """An enumeration whose words on the page are in `_LABELS`."""

    @property
    def label(self) -> str:
        """The words on the page."""
        return _LABELS.get(self, self.value.replace("_", " ").capitalize())


class Condition(Worded):
    """What a course treats."""

    DEPRESSION = "treatment_resistant_depression"
    ANXIETY = "anxiety"
    PTSD = "ptsd"
    OCD = "ocd"
    SUICIDAL_IDEATION = "suicidal_ideation"
    CHRONIC_PAIN = "chronic_pain"
    NOT_RECORDED = "not_recorded"


class EndReason(Worded):
    """Why a course ended."""

    COMPLETED = "completed"
    STOPPED_BY_PATIENT = "stopped_by_patient"
    STOPPED_BY_CLINIC = "stopped_by_clinic"
    ADVERSE_EVENT = "adverse_event"
    LOST_TO_FOLLOW_UP = "lost_to_follow_up"
    TRANSFERRED = "transferred"
    DIED = "died"


class Kind(Worded):
    """The three kinds of session."""

    PREPARATION = "preparation"
    DOSING = "dosing"
    INTEGRATION = "integration"


class Status(Worded):
    """Where a session stands. Held (back): the patient came and the dose was not given."""

    PLANNED = "planned"
    TOOK_PLACE = "took_place"
    HELD = "held"
    CANCELLED = "cancelled"


class Route(Worded):
    """How the medicine was given."""

    IV_INFUSION = "iv_infusion"
    IM = "im"
    ESKETAMINE_NASAL = "esketamine_nasal"
    SUBLINGUAL = "sublingual"
    ORAL = "oral"
    INTRANASAL_RACEMIC = "intranasal_racemic"
    SUBCUTANEOUS = "subcutaneous"


class Medicine(Worded):
    """What was given."""

    KETAMINE = "ketamine"
    ESKETAMINE = "esketamine"


class Severity(Worded):
    """How bad an adverse event was."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class EventTerm(Worded):
    """The adverse events that are asked about by name; anything else is written out."""

    DIZZINESS = "dizziness"
    NAUSEA = "nausea"
    DISSOCIATION = "dissociation"
    BP_INCREASED = "bp_increased"
    OTHER = "other"


class Modality(Worded):
    """The kind of talk therapy."""

    SUPPORTIVE = "supportive"
    PSYCHOEDUCATION = "psychoeducation"
    PSYCHODYNAMIC = "psychodynamic"
    CBT = "cbt"
    ACT = "act"
    IFS = "ifs"
    EMDR = "emdr"
    SOMATIC = "somatic"
    MOTIVATIONAL = "motivational"
    MINDFULNESS = "mindfulness"
    RELAPSE_PREVENTION = "relapse_prevention"
    EXPOSURE = "exposure"
    NARRATIVE = "narrative"
    EXISTENTIAL = "existential"
    TRANSPERSONAL = "transpersonal"
    ART_MUSIC = "art_music"
    BREATHWORK = "breathwork"
    GROUP = "group"
    OTHER = "other"


class Theme(Worded):
    """What came up, by names under which it is found again (our own starter list)."""

    GRIEF = "grief"
    TRAUMA = "trauma"
    SELF_WORTH = "self_worth"
    SHAME = "shame"
    RELATIONSHIPS = "relationships"
    FAMILY_OF_ORIGIN = "family_of_origin"
    IDENTITY = "identity"
    SPIRITUALITY = "spirituality"
    DEATH = "death"
    BODY = "body"
    ADDICTION = "addiction"
    CREATIVITY = "creativity"
    PURPOSE = "purpose"
    FORGIVENESS = "forgiveness"
    FEAR = "fear"
    JOY = "joy"


class PracticeKind(Worded):
    """What sort of thing was agreed to do."""

    JOURNALING = "journaling"
    MEDITATION = "meditation"
    BREATH = "breath"
    MOVEMENT = "movement"
    NATURE = "nature"
    ART = "art"
    MUSIC = "music"
    TALK = "talk"
    ACTIVATION = "activation"
    SLEEP_DIET = "sleep_diet"
    VALUES = "values"
    COMMUNITY = "community"
    OTHER = "other"


class Kept(Worded):
    """What became of something that was agreed, or of an intention, when it was asked about."""

    KEPT = "kept"
    SOMETIMES = "sometimes"
    CHANGED = "changed"
    DONE = "done"
    DROPPED = "dropped"


_LABELS: dict[Worded, str] = {
    Condition.DEPRESSION: "Treatment-resistant depression",
    Condition.PTSD: "PTSD",
    Condition.OCD: "OCD",
    EndReason.STOPPED_BY_PATIENT: "Stopped by the patient",
    EndReason.STOPPED_BY_CLINIC: "Stopped by the clinic",
    EndReason.LOST_TO_FOLLOW_UP: "Lost to follow-up",
    Status.HELD: "Held back",
    Route.IV_INFUSION: "IV infusion",
    Route.IM: "IM injection",
    Route.ESKETAMINE_NASAL: "Esketamine nasal spray",
    Route.SUBLINGUAL: "Sublingual lozenge",
    Route.ORAL: "Oral lozenge (swallowed)",
    Route.INTRANASAL_RACEMIC: "Racemic nasal spray",
    Route.SUBCUTANEOUS: "Subcutaneous injection",
    Medicine.KETAMINE: "Ketamine (racemic)",
    EventTerm.BP_INCREASED: "Raised blood pressure",
    EventTerm.OTHER: "Something else",
    Modality.CBT: "CBT",
    Modality.ACT: "ACT",
    Modality.IFS: "Parts work (IFS)",
    Modality.EMDR: "EMDR",
    Modality.MOTIVATIONAL: "Motivational enhancement",
    Modality.RELAPSE_PREVENTION: "Mindfulness-based relapse prevention",
    Modality.ART_MUSIC: "Art or music",
    Theme.GRIEF: "Grief and loss",
    Theme.SELF_WORTH: "Self-worth",
    Theme.SPIRITUALITY: "Spirituality and meaning",
    Theme.ADDICTION: "Addiction and craving",
    Theme.FEAR: "Fear and control",
    Theme.JOY: "Joy and connection",
    PracticeKind.BREATH: "Breathing",
    PracticeKind.MOVEMENT: "Movement or yoga",
    PracticeKind.NATURE: "Time in nature",
    PracticeKind.TALK: "Talk with somebody close",
    PracticeKind.ACTIVATION: "Doing things again",
    PracticeKind.SLEEP_DIET: "Sleep and food",
    PracticeKind.VALUES: "A step towards what matters",
    PracticeKind.OTHER: "Something else",
    Kept.KEPT: "Still doing it",
    Kept.CHANGED: "Doing it another way",
    Kept.DROPPED: "Let go",
}


class Course(OfPatient, Versioned, Model):
    """A course of doses and the talk therapy round it, followed by one primary measure. A patient has one open."""

    condition: Mapped[str] = mapped_column(String(40), default=Condition.NOT_RECORDED)
    primary_measure: Mapped[str] = mapped_column(String(40))
    planned_doses: Mapped[int | None]
    protocol: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The protocol that it was made from, as it stood then; what becomes of that later changes nothing here."""
    opened_on: Mapped[date]
    ended_on: Mapped[date | None]
    end_reason: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        OfPatient.of_patient(),
        UniqueConstraint("clinic_id", "patient_id", "id"),
        CheckConstraint("(ended_on IS NULL) = (end_reason IS NULL)", name="ended_with_reason"),
        CheckConstraint("ended_on IS NULL OR ended_on >= opened_on", name="ended_after_opened"),
        Index(
            "uq_course_open",
            "clinic_id",
            "patient_id",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
    )

    @property
    def open(self) -> bool:
        """True until it is ended."""
        return self.ended_on is None

    @property
    def plan(self) -> Plan | None:
        """What its protocol plans, with as many doses as are planned for this patient; None without a protocol."""
        if self.protocol is None:
            return None
        plan = Plan(**self.protocol["plan"])
        return plan._replace(doses=self.planned_doses) if self.planned_doses else plan

    @property
    def protocol_as(self) -> str:
        """Which protocol it was made from, and as which version of it; empty without one."""
        return "{id}:{version}".format(**self.protocol) if self.protocol else ""


class ErrorMarked:
    """A row that can be marked entered in error: out of verdict and lists, never out of the record."""

    error_at: Mapped[datetime | None]
    error_reason_sealed: Mapped[bytes | None]
    error_reason = Sealed("error_reason_sealed")

    @declared_attr
    def error_by(cls) -> Mapped[UUID | None]:
        return mapped_column(ForeignKey("app_user.id"))

    @staticmethod
    def error_whole() -> CheckConstraint:
        """The constraint for `__table_args__` that keeps the mark whole."""
        return CheckConstraint("(error_at IS NULL) = (error_reason_sealed IS NULL)", name="error_with_reason")

    @property
    def in_error(self) -> bool:
        """True once it was marked."""
        return self.error_at is not None


class Entered(ErrorMarked):
    """A row that is written down once: to correct it marks it and writes another, which names it.

    `entered_at` is when it was written down, which may be later than what it tells of.
    """

    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    corrects_id: Mapped[UUID | None]

    @declared_attr
    def entered_by(cls) -> Mapped[UUID | None]:
        return mapped_column(ForeignKey("app_user.id"))


class Room(Model):
    """A room of the clinic that sessions are booked into."""

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    name: Mapped[str] = mapped_column(String(80))
    archived_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("clinic_id", "id"), UniqueConstraint("clinic_id", "name"))


_PLANNED = "status = 'planned' AND error_at IS NULL"
"""The condition of an index: what is planned is a small part of what took place."""


class TreatmentSession(OfPatient, ErrorMarked, Model):
    """What every session has: its kind, where it stands, and its times."""

    course_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default=Status.PLANNED)
    status_reason_sealed: Mapped[bytes | None]
    status_reason = Sealed("status_reason_sealed")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    intention_sealed: Mapped[bytes | None]
    intention = Sealed("intention_sealed")
    narrative_sealed: Mapped[bytes | None]
    narrative = Sealed("narrative_sealed")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    version: Mapped[int] = mapped_column(default=1)

    course: Mapped[Course] = relationship(primaryjoin="foreign(TreatmentSession.course_id) == Course.id", viewonly=True)
    booking: Mapped["RoomBooking | None"] = relationship(cascade="all, delete-orphan")
    team: Mapped[list["SessionMember"]] = relationship(cascade="all, delete-orphan", order_by="SessionMember.id")

    __mapper_args__: dict[str, Any] = {  # noqa: RUF012
        "polymorphic_on": "kind",
        "version_id_col": version,
    }
    __table_args__: tuple[Any, ...] = (
        OfPatient.of_patient(),
        ForeignKeyConstraint(
            ["clinic_id", "patient_id", "course_id"], ["course.clinic_id", "course.patient_id", "course.id"]
        ),
        UniqueConstraint("clinic_id", "patient_id", "id"),
        CheckConstraint("ends_at IS NULL OR ends_at >= starts_at", name="ends_after_start"),
        ErrorMarked.error_whole(),
        Index(None, "clinic_id", "patient_id", "starts_at"),
        Index(
            "ix_treatment_session_planned",
            "clinic_id",
            "starts_at",
            "patient_id",
            sqlite_where=text(_PLANNED),
            postgresql_where=text(_PLANNED),
        ),
    )

    @property
    def room(self) -> Room | None:
        """Where it is, if that was written down."""
        return self.booking.room if self.booking else None

    @property
    def minutes(self) -> int | None:
        """From start to end, in whole minutes."""
        return (self.ends_at - self.starts_at) // timedelta(minutes=1) if self.ends_at else None


class Talk:
    """What the two kinds of talk session have besides: how it was worked, and the answers to what `talk` asks."""

    modalities: Mapped[list[str]] = mapped_column(JSON, default=list)
    answers_sealed: Mapped[bytes | None]
    _answers = Sealed("answers_sealed")

    @property
    def answers(self) -> dict[str, Any]:
        """The answers by the names of the fields, as JSON holds them."""
        return json.loads(self._answers) if self._answers else {}

    @answers.setter
    def answers(self, answers: dict[str, Any]) -> None:
        self._answers = json.dumps(answers, sort_keys=True) if answers else ""


class PreparationSession(Talk, TreatmentSession):
    """A talk session before a dose. Its narrative is the progress note; the intention the patient's hope."""

    id: Mapped[UUID] = mapped_column(ForeignKey("treatment_session.id"), primary_key=True)

    __mapper_args__ = {"polymorphic_identity": Kind.PREPARATION}  # noqa: RUF012


class DosingSession(TreatmentSession):
    """A session in which the medicine is given, or was meant to be."""

    id: Mapped[UUID] = mapped_column(ForeignKey("treatment_session.id"), primary_key=True)
    route: Mapped[str | None] = mapped_column(String(20))
    medicine: Mapped[str | None] = mapped_column(String(20))
    dose_mg: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    weight_kg: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    dosed_at: Mapped[datetime | None]
    discharged_at: Mapped[datetime | None]
    left_with: Mapped[str | None] = mapped_column(String(200))
    discharge_sealed: Mapped[bytes | None]
    discharge = Sealed("discharge_sealed")

    vital_signs: Mapped[list["VitalSign"]] = relationship(
        primaryjoin="and_(TreatmentSession.id == foreign(VitalSign.session_id), VitalSign.error_at.is_(None))",
        order_by="VitalSign.at, VitalSign.id",
        viewonly=True,
    )
    adverse_events: Mapped[list["AdverseEvent"]] = relationship(
        primaryjoin="and_(TreatmentSession.id == foreign(AdverseEvent.session_id), AdverseEvent.error_at.is_(None))",
        order_by="AdverseEvent.id",
        viewonly=True,
    )

    __mapper_args__ = {"polymorphic_identity": Kind.DOSING}  # noqa: RUF012
    __table_args__ = (
        CheckConstraint("dose_mg IS NULL OR dose_mg > 0", name="dose_positive"),
        CheckConstraint("weight_kg IS NULL OR weight_kg > 0", name="weight_positive"),
    )

    @property
    def begun(self) -> bool:
        """True once it is more than a plan: it is then added to piece by piece."""
        return self.status != Status.PLANNED or bool(self.vital_signs or self.adverse_events)

    @property
    def mg_per_kg(self) -> Decimal | None:
        """The dose by body weight, to 0.01 mg/kg."""
        return rules.mg_per_kg(self.dose_mg, self.weight_kg)

    @property
    def given_at(self) -> datetime:
        """When the dose was given, as far as that is known: from here its readings count."""
        return self.dosed_at or self.starts_at


class IntegrationSession(Talk, TreatmentSession):
    """A talk session after one or more doses. The narrative is the progress note; `themes` are those in words."""

    id: Mapped[UUID] = mapped_column(ForeignKey("treatment_session.id"), primary_key=True)
    themes_sealed: Mapped[bytes | None]
    themes = Sealed("themes_sealed")

    coded_themes: Mapped[list["SessionTheme"]] = relationship(
        cascade="all, delete-orphan", order_by="SessionTheme.theme"
    )
    integrates: Mapped[list["IntegratedDose"]] = relationship(
        cascade="all, delete-orphan", foreign_keys="IntegratedDose.integration_id"
    )
    practices: Mapped[list["Practice"]] = relationship(
        primaryjoin="and_(TreatmentSession.id == foreign(Practice.session_id), Practice.error_at.is_(None))",
        order_by="Practice.position, Practice.id",
        viewonly=True,
    )
    practice_reviews: Mapped[list["PracticeReview"]] = relationship(
        primaryjoin="TreatmentSession.id == foreign(PracticeReview.session_id)",
        order_by="PracticeReview.id",
        viewonly=True,
    )
    intention_reviews: Mapped[list["IntentionReview"]] = relationship(
        primaryjoin="TreatmentSession.id == foreign(IntentionReview.session_id)",
        order_by="IntentionReview.id",
        viewonly=True,
    )

    __mapper_args__ = {"polymorphic_identity": Kind.INTEGRATION}  # noqa: RUF012


KINDS: dict[Kind, type[TreatmentSession]] = {
    Kind.PREPARATION: PreparationSession,
    Kind.DOSING: DosingSession,
    Kind.INTEGRATION: IntegrationSession,
}
"""The class of each kind of session."""


class OfSession(OfPatient):
    """A row under a session of the same patient."""

    session_id: Mapped[UUID]

    @staticmethod
    def of_session(column: str = "session_id") -> ForeignKeyConstraint:
        """The constraint for `__table_args__` that ties the session to the patient."""
        return ForeignKeyConstraint(
            ["clinic_id", "patient_id", column],
            ["treatment_session.clinic_id", "treatment_session.patient_id", "treatment_session.id"],
        )


class SessionMember(OfSession, Model):
    """Somebody of the clinic who was there."""

    user_id: Mapped[UUID]

    user: Mapped[User] = relationship(primaryjoin="foreign(SessionMember.user_id) == User.id", viewonly=True)

    __table_args__ = (
        OfSession.of_session(),
        ForeignKeyConstraint(["clinic_id", "user_id"], ["app_user.clinic_id", "app_user.id"]),
        UniqueConstraint("session_id", "user_id"),
    )


class RoomBooking(OfSession, Model):
    """That a session is in a room."""

    room_id: Mapped[UUID]

    room: Mapped[Room] = relationship(primaryjoin="foreign(RoomBooking.room_id) == Room.id", viewonly=True)

    __table_args__ = (
        OfSession.of_session(),
        ForeignKeyConstraint(["clinic_id", "room_id"], ["room.clinic_id", "room.id"]),
        UniqueConstraint("session_id"),
    )


class VitalSign(OfSession, Entered, Model):
    """One reading: mmHg, beats and breaths a minute, percent of oxygen saturation, litres of oxygen a minute, °C."""

    at: Mapped[datetime]
    systolic: Mapped[int | None]
    diastolic: Mapped[int | None]
    heart_rate: Mapped[int | None]
    spo2: Mapped[int | None]
    respiratory_rate: Mapped[int | None]
    oxygen_lpm: Mapped[Decimal | None] = mapped_column(Numeric(4, 1))
    temperature: Mapped[Decimal | None] = mapped_column(Numeric(4, 1))
    taken_by: Mapped[str | None] = mapped_column(String(20))

    __table_args__ = (OfSession.of_session(), ErrorMarked.error_whole(), Index(None, "session_id"))

    @property
    def reading(self) -> rules.Reading:
        """What the row says."""
        return rules.Reading(*(getattr(self, name) for name in rules.Reading._fields))


class AdverseEvent(OfSession, Entered, Model):
    """Something unwanted that happened. Severity is how bad it was; `serious` what it led to, by `criteria`."""

    term: Mapped[str] = mapped_column(String(40))
    words_sealed: Mapped[bytes | None]
    words = Sealed("words_sealed")
    severity: Mapped[str | None] = mapped_column(String(20))
    onset_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ctcae_grade: Mapped[int | None]
    serious: Mapped[bool | None]
    criteria: Mapped[str | None] = mapped_column(String(200))
    expected: Mapped[bool | None]
    relatedness: Mapped[str | None] = mapped_column(String(20))
    action_taken: Mapped[str | None] = mapped_column(String(40))
    treatment_sealed: Mapped[bytes | None]
    treatment = Sealed("treatment_sealed")
    outcome: Mapped[str | None] = mapped_column(String(20))
    reported_to: Mapped[str | None] = mapped_column(String(200))
    report_reference: Mapped[str | None] = mapped_column(String(200))
    follow_up_on: Mapped[date | None]
    administration_id: Mapped[UUID | None]

    __table_args__ = (
        OfSession.of_session(),
        ErrorMarked.error_whole(),
        CheckConstraint("term <> 'other' OR words_sealed IS NOT NULL", name="other_in_words"),
        Index(None, "session_id"),
    )

    @property
    def label(self) -> str:
        """What happened, in words."""
        if self.term == EventTerm.OTHER:
            return self.words or TERMS[self.term].label
        return TERMS[self.term].label


class IntegratedDose(OfPatient, Model):
    """That an integration session works on what came up in a dosing session."""

    integration_id: Mapped[UUID]
    dosing_id: Mapped[UUID]

    __table_args__ = (
        OfSession.of_session("integration_id"),
        OfSession.of_session("dosing_id"),
        UniqueConstraint("integration_id", "dosing_id"),
    )


class SessionTheme(OfSession, Model):
    """A theme of a session, by its code alone: so sessions are found by it without opening what was written."""

    theme: Mapped[str] = mapped_column(String(20))

    __table_args__ = (
        OfSession.of_session(),
        UniqueConstraint("session_id", "theme"),
        Index(None, "clinic_id", "theme"),
    )


class IntentionReview(OfSession, Model):
    """What a session found of the intention of an earlier one, `about_id`; `words` where it changed."""

    about_id: Mapped[UUID]
    status: Mapped[str] = mapped_column(String(20))
    words_sealed: Mapped[bytes | None]
    words = Sealed("words_sealed")

    __table_args__ = (
        OfSession.of_session(),
        OfSession.of_session("about_id"),
        UniqueConstraint("session_id", "about_id"),
    )

    @property
    def label(self) -> str:
        """What became of it, in words."""
        return {Kept.KEPT: "Kept", Kept.CHANGED: "Changed"}.get(Kept(self.status), Kept(self.status).label)


class Practice(OfSession, ErrorMarked, Model):
    """Something that the patient agreed to do in a session; they see it, tick it and are asked about it.

    What was taken off the session before it was signed is marked as entered in error, for it may have been ticked.
    """

    course_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(20))
    words_sealed: Mapped[bytes]
    words = Sealed("words_sealed")
    often_sealed: Mapped[bytes | None]
    often = Sealed("often_sealed")
    agreed_on: Mapped[date]
    due_on: Mapped[date | None]
    position: Mapped[int]

    __table_args__ = (
        OfSession.of_session(),
        ForeignKeyConstraint(
            ["clinic_id", "patient_id", "course_id"], ["course.clinic_id", "course.patient_id", "course.id"]
        ),
        UniqueConstraint("clinic_id", "patient_id", "id"),
        ErrorMarked.error_whole(),
        Index(None, "session_id"),
    )


class OfPractice(OfPatient):
    """A row under a practice of the same patient."""

    practice_id: Mapped[UUID]

    @staticmethod
    def of_practice() -> ForeignKeyConstraint:
        """The constraint for `__table_args__` that ties the practice to the patient."""
        return ForeignKeyConstraint(
            ["clinic_id", "patient_id", "practice_id"],
            ["practice.clinic_id", "practice.patient_id", "practice.id"],
        )


class PracticeTick(OfPractice, Model):
    """That the patient did it on a day. No tick says nothing: nothing is counted, and no row of days is praised."""

    on: Mapped[date]
    ticked_at: Mapped[datetime] = mapped_column(default=clock.now)
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (OfPractice.of_practice(), UniqueConstraint("practice_id", "on"))


class PracticeReview(OfPractice, Model):
    """What was said of a practice: in a session, or by the patient, who is asked after `month` months."""

    session_id: Mapped[UUID | None]
    month: Mapped[int | None]
    status: Mapped[str] = mapped_column(String(20))
    words_sealed: Mapped[bytes | None]
    words = Sealed("words_sealed")
    reviewed_at: Mapped[datetime] = mapped_column(default=clock.now)
    reviewed_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (
        OfPractice.of_practice(),
        OfSession.of_session(),
        UniqueConstraint("session_id", "practice_id"),
        Index(None, "practice_id"),
    )

    @property
    def label(self) -> str:
        """What became of it, in words."""
        return Kept(self.status).label


class Part(Worded):
    """What is signed by itself. A talk session is all therapy; a dosing session has both parts."""

    ADMINISTRATION = "administration"
    THERAPY = "therapy"


PARTS: dict[Kind, tuple[Part, ...]] = {
    Kind.PREPARATION: (Part.THERAPY,),
    Kind.DOSING: (Part.ADMINISTRATION, Part.THERAPY),
    Kind.INTEGRATION: (Part.THERAPY,),
}
"""The parts of each kind of session."""


class Signature(OfSession, Model):
    """That somebody stands for a part of a session, with the content as it was: from then on the part is locked."""

    part: Mapped[str] = mapped_column(String(20))
    signed_by: Mapped[UUID]
    signed_at: Mapped[datetime] = mapped_column(default=clock.now)
    content_sealed: Mapped[bytes]
    content = Sealed("content_sealed")
    digest: Mapped[str] = mapped_column(String(64))
    settings_number: Mapped[int | None]
    late: Mapped[bool]

    signer: Mapped[User] = relationship(primaryjoin="foreign(Signature.signed_by) == User.id", viewonly=True)

    __table_args__ = (
        OfSession.of_session(),
        ForeignKeyConstraint(["clinic_id", "signed_by"], ["app_user.clinic_id", "app_user.id"]),
        UniqueConstraint("session_id", "part"),
        Index(None, "clinic_id", "patient_id"),
    )


class AddendumKind(Worded):
    """Why something was written after the signature."""

    ADDENDUM = "addendum"
    LATE_ENTRY = "late_entry"
    CORRECTION = "correction"
    RETRACTION = "retraction"


class Addendum(OfSession, Model):
    """What was written to a part after it was signed: beside it, never into it, and at the time at which it was."""

    part: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    reason_sealed: Mapped[bytes]
    reason = Sealed("reason_sealed")
    text_sealed: Mapped[bytes]
    text = Sealed("text_sealed")
    refers_to: Mapped[date | None]
    author: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    writer: Mapped[User] = relationship(primaryjoin="foreign(Addendum.author) == User.id", viewonly=True)

    __table_args__ = (
        OfSession.of_session(),
        ForeignKeyConstraint(["clinic_id", "author"], ["app_user.clinic_id", "app_user.id"]),
        CheckConstraint("kind <> 'late_entry' OR refers_to IS NOT NULL", name="late_entry_of_a_day"),
        Index(None, "session_id"),
    )

    @property
    def label(self) -> str:
        """What it is, in words."""
        return AddendumKind(self.kind).label


DRAFTS_LIVE = timedelta(days=30)
"""A draft that was not touched for so long is shown no more, and swept away."""


class Draft(OfPatient, Model):
    """A form about a patient that its author has not saved yet, as it was last typed. It is no part of the record.

    `place` says which form: its endpoint and what its address names.
    """

    user_id: Mapped[UUID]
    place: Mapped[str] = mapped_column(String(200))
    body_sealed: Mapped[bytes | None]
    body = Sealed("body_sealed")
    saved_at: Mapped[datetime]

    __table_args__ = (
        OfPatient.of_patient(),
        ForeignKeyConstraint(["clinic_id", "user_id"], ["app_user.clinic_id", "app_user.id"]),
        UniqueConstraint("user_id", "patient_id", "place"),
    )


TELLING = {Kind.PREPARATION: Part.THERAPY, Kind.DOSING: Part.ADMINISTRATION, Kind.INTEGRATION: Part.THERAPY}
"""The part whose signature opens a session to the patient, unless its release is held back."""


class Ground(Worded):
    """On what ground something is kept from the patient whose it is: the exceptions that the law makes."""

    HARM = "preventing_harm"
    PRIVACY = "privacy_of_another"
    OTHER = "other_law"

    @property
    def label(self) -> str:
        """The words on the page."""
        return {
            Ground.HARM: "Serious harm is likely, to them or to somebody else",
            Ground.PRIVACY: "It would tell something about another person",
            Ground.OTHER: "Another ground that the law gives",
        }[self]


class ReleaseHold(OfSession, Model):
    """That a session is kept from the patient although it is signed, on which ground, why, and until when.

    It ends by itself at `until`, or before when somebody lifts it. To hold for longer takes a row of its own.
    """

    ground: Mapped[str] = mapped_column(String(20))
    reason_sealed: Mapped[bytes]
    reason = Sealed("reason_sealed")
    until: Mapped[datetime]
    held_by: Mapped[UUID]
    held_at: Mapped[datetime] = mapped_column(default=clock.now)
    lifted_by: Mapped[UUID | None]
    lifted_at: Mapped[datetime | None]

    holder: Mapped[User] = relationship(primaryjoin="foreign(ReleaseHold.held_by) == User.id", viewonly=True)
    lifter: Mapped[User | None] = relationship(primaryjoin="foreign(ReleaseHold.lifted_by) == User.id", viewonly=True)

    __table_args__ = (
        OfSession.of_session(),
        ForeignKeyConstraint(["clinic_id", "held_by"], ["app_user.clinic_id", "app_user.id"]),
        ForeignKeyConstraint(["clinic_id", "lifted_by"], ["app_user.clinic_id", "app_user.id"]),
        CheckConstraint("until > held_at", name="until_after_held"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by_somebody"),
        Index(None, "session_id"),
    )

    @property
    def in_force(self) -> bool:
        """True until its day has come or it is lifted."""
        return self.lifted_at is None and self.until > clock.now()

    @property
    def label(self) -> str:
        """Its ground, in words."""
        return Ground(self.ground).label


class Protocol(Versioned, Model):
    """A template of a course, the clinic's own. What each part means stands with `Plan`."""

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(default="")
    preparations: Mapped[int]
    doses: Mapped[int | None]
    spacing_min: Mapped[int | None]
    spacing_max: Mapped[int | None]
    integration: Mapped[str] = mapped_column(String(10))
    number: Mapped[int | None]
    after: Mapped[str] = mapped_column(String(400), default="")
    window_min: Mapped[int]
    window_max: Mapped[int]
    route: Mapped[str | None] = mapped_column(String(20))
    schedule: Mapped[str | None] = mapped_column(String(20))
    measures_before_dose: Mapped[list[str]] = mapped_column(JSON, default=list)
    measures_weekly: Mapped[list[str]] = mapped_column(JSON, default=list)
    measures_before_integration: Mapped[list[str]] = mapped_column(JSON, default=list)
    source: Mapped[str] = mapped_column(default="")
    seeded_from: Mapped[str | None] = mapped_column(String(40))
    """The key of the published shape that was taken over."""
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        Index(
            "uq_protocol_in_use",
            "clinic_id",
            "name",
            unique=True,
            sqlite_where=text("archived_at IS NULL"),
            postgresql_where=text("archived_at IS NULL"),
        ),
    )

    @property
    def plan(self) -> Plan:
        """What it plans."""
        return Plan._make(getattr(self, name) for name in Plan._fields)

    @property
    def archived(self) -> bool:
        """True of one that no new course is made from."""
        return self.archived_at is not None

    @property
    def as_kept(self) -> str:
        """Which it is, and in which version: as a course names it that is made from it now."""
        return f"{self.id}:{self.version}"

    @property
    def kept(self) -> dict[str, Any]:
        """What a course keeps of it."""
        return {"id": str(self.id), "name": self.name, "version": self.version, "plan": self.plan._asdict()}
