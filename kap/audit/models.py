"""The log of what was done and seen."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kap.core import clock
from kap.core.db import Model


class Kind(StrEnum):
    """What sort of act it was, by which the log is looked through."""

    READ = "read"
    LIST = "list"
    CHANGE = "change"
    SIGN_IN = "sign-in"
    PEOPLE = "people"
    STOCK = "stock"


class Action(StrEnum):
    """What can stand in the log: `object:verb`."""

    CLINIC_SET_UP = "clinic:set-up"
    CLINIC_CHANGED = "clinic:changed"
    DEMO_PLAYED = "demo:played"
    KEYS_ROTATED = "keys:rotated"
    KEYS_DROPPED = "keys:dropped"
    USER_INVITED = "user:invited"
    USER_JOINED = "user:joined"
    ACCOUNT_CHANGED = "account:changed"
    SIGNED_IN = "account:signed-in"
    SIGN_IN_FAILED = "account:sign-in-failed"
    SIGNED_OUT = "account:signed-out"
    PATIENT_ADDED = "patient:added"
    PATIENT_CHANGED = "patient:changed"
    CARE_TEAM_CHANGED = "care-team:changed"
    COURSE_OPENED = "course:opened"
    COURSE_CHANGED = "course:changed"
    COURSE_ENDED = "course:ended"
    SESSION_PLANNED = "session:planned"
    SESSION_RECORDED = "session:recorded"
    GROUP_RECORDED = "group:recorded"
    SESSION_CHANGED = "session:changed"
    SESSION_IN_ERROR = "session:entered-in-error"
    SESSION_SIGNED = "session:signed"
    ADDENDUM_WRITTEN = "addendum:written"
    RELEASE_HELD = "release:held-back"
    RELEASE_LIFTED = "release:lifted"
    NOTE_STARTED = "psychotherapy-note:started"
    NOTE_VIEWED = "psychotherapy-note:viewed"
    NOTE_CHANGED = "psychotherapy-note:changed"
    NOTE_SIGNED = "psychotherapy-note:signed"
    NOTE_ADDED_TO = "psychotherapy-note:added-to"
    NOTE_SUPERVISOR_NAMED = "psychotherapy-note:supervisor-named"
    DRAFT_KEPT = "draft:kept"
    DRAFT_DISCARDED = "draft:discarded"
    PRACTICE_TICKED = "practice:ticked"
    PRACTICE_UNTICKED = "practice:unticked"
    PRACTICE_REVIEWED = "practice:reviewed"
    ROOM_CHANGED = "room:changed"
    ANSWERS_KEPT = "answers:kept"
    SCORE_ENTERED = "score:entered"
    SCORE_IN_ERROR = "score:entered-in-error"
    ALERT_ACTED_ON = "alert:acted-on"
    CASELOAD_FILLED = "caseload:filled"
    SCORES_IMPORTED = "scores:imported"
    SESSIONS_IMPORTED = "sessions:imported"
    RECORD_VIEWED = "record:viewed"
    LIST_VIEWED = "list:viewed"
    AUDIT_VIEWED = "audit:viewed"
    INVITATION_REVOKED = "invitation:revoked"
    USER_CHANGED = "user:changed"
    USER_DEACTIVATED = "user:deactivated"
    USER_REACTIVATED = "user:reactivated"
    ALERT_RAISED = "alert:raised"
    INVITATION_RENEWED = "invitation:renewed"
    INVITATION_SENT = "invitation:sent"
    SIGN_IN_ENDED = "sign-in:ended"
    PASSWORD_CHANGED = "password:changed"  # noqa: S105
    PASSWORD_RESET = "password:reset"  # noqa: S105
    RESET_ASKED = "password:reset-asked"
    RESET_LINK_MADE = "password:reset-link-made"
    ADDRESS_CHANGE_ASKED = "address:change-asked"
    ADDRESS_CONFIRMED = "address:confirmed"
    ADDRESS_CHANGED = "address:changed"
    ADDRESS_CHANGE_WITHDRAWN = "address:change-withdrawn"
    CARE_TEAM_HANDED_OVER = "care-team:handed-over"
    CASELOAD_HANDED_OVER = "caseload:handed-over"
    ELIGIBILITY_ANSWERED = "eligibility:answered"
    CONSENT_GIVEN = "consent:given"
    CONSENT_WITHDRAWN = "consent:withdrawn"
    PHASE_SAVED = "phase:saved"
    DOSE_DECIDED = "dose:decided"
    DOSE_GIVEN = "dose:given"
    DOSE_CORRECTED = "dose:corrected"
    READING_TAKEN = "reading:taken"
    OBSERVATION_NOTED = "observation:noted"
    ENTRY_CORRECTED = "entry:corrected"
    EVENT_REPORTED = "adverse-event:reported"
    EVENT_CHANGED = "adverse-event:changed"
    VITALS_ALERT_RAISED = "vitals-alert:raised"
    VITALS_ALERT_ANSWERED = "vitals-alert:answered"
    CALL_MADE = "follow-up-call:made"
    REMS_FORM_SAVED = "rems-form:saved"
    REMS_FORM_FILED = "rems-form:filed"
    REMS_FORM_UNFILED = "rems-form:unfiled"
    LIMITS_SET = "limits:set"
    PROTOCOL_ADDED = "protocol:added"
    PROTOCOL_CHANGED = "protocol:changed"
    PROTOCOL_ARCHIVED = "protocol:archived"
    PROTOCOL_RESTORED = "protocol:restored"
    STOCK_SET_UP = "stock:set-up"
    STOCK_RECEIVED = "stock:received"
    STOCK_MOVED = "stock:moved"
    STOCK_OPENED = "stock:opened"
    STOCK_COUNTED = "stock:counted"
    STOCK_GIVEN = "stock:given"
    STOCK_WASTED = "stock:wasted"
    STOCK_RETURNED = "stock:returned"
    STOCK_REVERSED = "stock:reversed"
    WITNESS_ASKED = "stock:witness-asked"
    WASTE_WITNESSED = "stock:witnessed"
    WASTE_DECLINED = "stock:witness-declined"

    @property
    def kind(self) -> Kind:
        """The sort that it belongs to, by its object and its verb."""
        thing, _, verb = self.partition(":")
        if verb == "viewed":
            return Kind.LIST if thing == "list" else Kind.READ
        return _KINDS.get(thing, Kind.CHANGE)


_KINDS = {
    "account": Kind.SIGN_IN,
    "address": Kind.SIGN_IN,
    "password": Kind.SIGN_IN,
    "sign-in": Kind.SIGN_IN,
    "caseload": Kind.PEOPLE,
    "clinic": Kind.PEOPLE,
    "demo": Kind.PEOPLE,
    "invitation": Kind.PEOPLE,
    "keys": Kind.PEOPLE,
    "limits": Kind.PEOPLE,
    "protocol": Kind.PEOPLE,
    "room": Kind.PEOPLE,
    "stock": Kind.STOCK,
    "user": Kind.PEOPLE,
}
"""Where it is not a change of a record."""


def _kind(context: Any) -> Kind:
    return Action(context.get_current_parameters()["action"]).kind


class AuditEvent(Model):
    """One act. It holds no text of the record and points at rows without foreign keys, for it outlives them."""

    clinic_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor_id: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(8), default=_kind)
    patient_id: Mapped[UUID | None]
    object_type: Mapped[str | None] = mapped_column(String(40))
    object_id: Mapped[UUID | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    passed_over = False
    """Set inside `recording` where the log has the act already and nothing of the record is touched: see `Draft`."""

    __table_args__ = (
        Index(None, "clinic_id", "kind", "at"),
        Index(None, "clinic_id", "actor_id", "kind", "at"),
        Index(None, "clinic_id", "patient_id", "kind", "at"),
    )

    def about(self, thing: Any) -> None:
        """Name the row that the act was done to."""
        self.object_type, self.object_id = thing.__tablename__, thing.id


class Submission(Model):
    """A form that was sent and kept: its key, so that sending it again makes no second record."""

    user_id: Mapped[UUID]
    key: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    patient_id: Mapped[UUID | None]

    __table_args__ = (Index(None, "user_id", "key", unique=True),)
