"""The record of a dosing session: what was asked, agreed, decided, given, watched and arranged.

Nothing here is changed once it is written: an answer is followed by a later one, an entry that was wrong is marked and
names the one that corrects it.
"""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kap.core import clock
from kap.core.db import Model
from kap.core.sealed import Sealed
from kap.people.models import OfPatient
from kap.treatment.models import Entered, ErrorMarked, OfSession, Worded


class GivenBy(Worded):
    """Who did the giving. What was reported was given elsewhere, or is written down from paper."""

    STAFF = "staff"
    SELF_OBSERVED = "self_observed"
    REPORTED = "reported"

    @property
    def label(self) -> str:
        """The words on the page."""
        return {
            GivenBy.STAFF: "Given by staff",
            GivenBy.SELF_OBSERVED: "Taken by the patient, observed",
            GivenBy.REPORTED: "Reported, not seen",
        }[self]


class Method(Worded):
    """How it was brought in by its route."""

    INFUSION = "infusion"
    INJECTION = "injection"
    BOLUS = "bolus"
    SPRAY = "spray"
    HELD_IN_MOUTH = "held_in_mouth"
    SWALLOWED = "swallowed"


class DoseForm(Worded):
    """What it came in."""

    VIAL = "vial"
    SPRAY_DEVICE = "spray_device"
    LOZENGE = "lozenge"
    TROCHE = "troche"
    RAPID_DISSOLVE_TABLET = "rapid_dissolve_tablet"
    CAPSULE = "capsule"
    SOLUTION = "solution"


class ObservationKind(Worded):
    """What was noted in the room."""

    OBSERVATION = "observation"
    INTERVENTION = "intervention"
    WORDS = "words"
    SEDATION = "sedation"
    DISSOCIATION = "dissociation"
    MEDICATION = "medication"


class GoNoGo(Worded):
    """The decision before the dose."""

    GO = "go"
    HOLD = "hold"


class Answer(Worded):
    """An answer to an item of the eligibility checklist."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


class Sheet(OfSession, Model):
    """What was filled in on one form of a session, in full, each time it was saved; the highest number counts."""

    name: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    answers_sealed: Mapped[bytes | None]
    _answers = Sealed("answers_sealed")
    saved_at: Mapped[datetime] = mapped_column(default=clock.now)
    saved_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (OfSession.of_session(), UniqueConstraint("session_id", "name", "number"))

    @property
    def answers(self) -> dict[str, Any]:
        """The answers by the names of the fields, as JSON holds them."""
        return json.loads(self._answers) if self._answers else {}

    @answers.setter
    def answers(self, answers: dict[str, Any]) -> None:
        self._answers = json.dumps(answers, sort_keys=True)


class EligibilityAnswer(OfPatient, Model):
    """One answer to one item of the checklist, asked once or again in a session; the latest of an item counts.

    A yes can be cleared: by whom, why and until when.
    """

    item: Mapped[str] = mapped_column(String(40))
    answer: Mapped[str] = mapped_column(String(10))
    session_id: Mapped[UUID | None]
    evidence_sealed: Mapped[bytes | None]
    evidence = Sealed("evidence_sealed")
    answered_at: Mapped[datetime] = mapped_column(default=clock.now)
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    cleared_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    clearance_sealed: Mapped[bytes | None]
    clearance = Sealed("clearance_sealed")
    cleared_until: Mapped[date | None]

    __table_args__ = (
        OfPatient.of_patient(),
        OfSession.of_session(),
        CheckConstraint("(cleared_by IS NULL) = (clearance_sealed IS NULL)", name="cleared_with_reason"),
        Index(None, "clinic_id", "patient_id"),
    )


class Consent(OfPatient, Model):
    """That the patient agreed to something, in which version of which text; and perhaps no longer does."""

    consent_type: Mapped[str] = mapped_column(String(40))
    document_version: Mapped[str] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(20))
    signed_at: Mapped[datetime]
    signer: Mapped[str] = mapped_column(String(20))
    signer_name: Mapped[str | None] = mapped_column(String(200))
    method: Mapped[str] = mapped_column(String(20))
    witness: Mapped[str | None] = mapped_column(String(200))
    capacity_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    terms_sealed: Mapped[bytes | None]
    terms = Sealed("terms_sealed")
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    entered_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawal_sealed: Mapped[bytes | None]
    withdrawal = Sealed("withdrawal_sealed")
    withdrawal_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (OfPatient.of_patient(), Index(None, "clinic_id", "patient_id"))


class Decision(OfSession, Model):
    """Go or no-go: who decided, when and why, and past which warnings; the latest counts."""

    decision: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[UUID]
    decided_at: Mapped[datetime] = mapped_column(default=clock.now)
    reason_sealed: Mapped[bytes | None]
    reason = Sealed("reason_sealed")
    warned_sealed: Mapped[bytes | None]
    warned = Sealed("warned_sealed")
    entered_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (
        OfSession.of_session(),
        ForeignKeyConstraint(["clinic_id", "decided_by"], ["app_user.clinic_id", "app_user.id"]),
        Index(None, "session_id"),
    )


class Administration(OfSession, Entered, Model):
    """One giving of the medicine: a first dose, a part of it, or a booster.

    Amounts in mg, concentration in mg/mL, volume in mL, rate in mL/h.
    `rate_changes` are [moment, mL/h, reason], 0 mL/h being a pause; `device_times` the moments of each spray device;
    both as ISO texts in UTC.
    """

    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    booster: Mapped[bool] = mapped_column(default=False)
    substance: Mapped[str] = mapped_column(String(20))
    product: Mapped[str | None] = mapped_column(String(200))
    lot: Mapped[str | None] = mapped_column(String(80))
    lot_id: Mapped[UUID | None]
    place_id: Mapped[UUID | None]
    expires_on: Mapped[date | None]
    route: Mapped[str] = mapped_column(String(20))
    method: Mapped[str | None] = mapped_column(String(20))
    dose_form: Mapped[str | None] = mapped_column(String(40))
    site: Mapped[str | None] = mapped_column(String(80))
    amount_mg: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    weight_kg: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    weight_on: Mapped[date | None]
    concentration: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    volume_ml: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    rate_ml_h: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    planned_minutes: Mapped[int | None]
    rate_changes: Mapped[list[Any] | None] = mapped_column(JSON)
    device_times: Mapped[list[Any] | None] = mapped_column(JSON)
    tablets: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    strength_mg: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    hold_minutes: Mapped[int | None]
    remainder: Mapped[str | None] = mapped_column(String(20))
    drawn_mg: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    wasted_mg: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    waste_witness: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    given_by: Mapped[str] = mapped_column(String(20))
    giver_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    observed_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    checked_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    reason_sealed: Mapped[bytes | None]
    reason = Sealed("reason_sealed")
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    note_sealed: Mapped[bytes | None]
    note = Sealed("note_sealed")

    __table_args__ = (
        OfSession.of_session(),
        ErrorMarked.error_whole(),
        CheckConstraint("amount_mg > 0", name="amount_positive"),
        CheckConstraint("ended_at IS NULL OR ended_at >= at", name="ends_after_start"),
        Index(None, "session_id"),
    )


class Observation(OfSession, Entered, Model):
    """Something noted in the room: seen, done, said, or scored.

    `value` is MOAA/S (0 to 5) for sedation and 0 to 10 for dissociation; `term` what was done, from a list, or which
    medicine besides the dose was given, in `value` no amount: that stands in `words`.
    """

    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    term: Mapped[str | None] = mapped_column(String(40))
    value: Mapped[int | None]
    words_sealed: Mapped[bytes | None]
    words = Sealed("words_sealed")

    __table_args__ = (OfSession.of_session(), ErrorMarked.error_whole(), Index(None, "session_id"))


class VitalsAlert(OfSession, Model):
    """That a reading or a score crossed a limit of the clinic, and what was done about it.

    `rule` names the limit, `sentence` is what was said, `source_id` the reading or observation, `repeat_id` the
    reading taken after.
    """

    rule: Mapped[str] = mapped_column(String(40))
    level: Mapped[str] = mapped_column(String(10))
    sentence: Mapped[str] = mapped_column(String(200))
    source_id: Mapped[UUID]
    raised_at: Mapped[datetime] = mapped_column(default=clock.now)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    action_sealed: Mapped[bytes | None]
    action = Sealed("action_sealed")
    repeat_id: Mapped[UUID | None]

    __table_args__ = (
        OfSession.of_session(),
        UniqueConstraint("source_id", "rule"),
        CheckConstraint("(answered_at IS NULL) = (answered_by IS NULL)", name="answered_by_somebody"),
        Index(None, "session_id"),
    )

    @property
    def open(self) -> bool:
        """True until somebody said what was done."""
        return self.answered_at is None


class FollowUpCall(OfSession, Model):
    """One try to reach the patient on the day after. What was said is sealed, as JSON by the names of the fields."""

    called_at: Mapped[datetime]
    reached: Mapped[bool]
    called_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    answers_sealed: Mapped[bytes | None]
    answers = Sealed("answers_sealed")
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (OfSession.of_session(), Index(None, "session_id"))


class RemsForm(OfSession, Model):
    """The form that the Spravato REMS asks for after a session: what was typed into it, and that somebody sent it.

    `setting` is who monitors and where, the clinic's own details without a word of the patient: the next form of the
    clinic takes them over. When a form is due follows from its session, which may have none yet: see `queries.rems`.
    """

    answers_sealed: Mapped[bytes | None]
    answers = Sealed("answers_sealed")
    setting: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    filed_at: Mapped[datetime | None]
    filed_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    filed_how: Mapped[str | None] = mapped_column(String(20))
    reference: Mapped[str | None] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        OfSession.of_session(),
        UniqueConstraint("session_id"),
        CheckConstraint("(filed_at IS NULL) = (filed_how IS NULL)", name="filed_somehow"),
        Index(None, "clinic_id", "patient_id"),
    )


class LimitSet(Model):
    """The limits and schedules of a clinic from a moment on, as JSON; the highest number counts, earlier ones stay."""

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    number: Mapped[int]
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(1000))
    set_at: Mapped[datetime] = mapped_column(default=clock.now)
    set_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (UniqueConstraint("clinic_id", "number"),)
