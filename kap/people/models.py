"""Clinics, users, patients, care teams, and the ways in."""

import hashlib
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from kap.access.roles import STAFF, Role
from kap.core import clock
from kap.core.db import Model, Versioned
from kap.people.rules import TREATING

if TYPE_CHECKING:
    # Flask-Security's own declares the types of its default model, of which ours is none.
    from flask_login import UserMixin
else:
    from flask_security import UserMixin


class Clinic(Versioned, Model):
    """A clinic: its name, its time zone (IANA) and the country whose crisis lines it shows.

    `psychotherapy_notes`: whether new ones can be started here, which is a question of the law.
    """

    name: Mapped[str] = mapped_column(String(200))
    zone: Mapped[str] = mapped_column(String(64))
    country: Mapped[str] = mapped_column(String(2))
    psychotherapy_notes: Mapped[bool] = mapped_column(server_default=false())
    synthetic: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def zone_info(self) -> ZoneInfo:
        """The zone that its clocks show."""
        return ZoneInfo(self.zone)


class User(Versioned, UserMixin, Model):
    """Somebody who signs in, in one or several roles."""

    __tablename__ = "app_user"

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    clinic: Mapped[Clinic] = relationship(lazy="joined", innerjoin=True)
    held: Mapped[list["RoleHeld"]] = relationship(lazy="joined", cascade="all, delete-orphan")

    __table_args__ = (UniqueConstraint("clinic_id", "id"),)

    @property
    def roles(self) -> frozenset[Role]:
        """What the person is to the clinic."""
        return frozenset(Role(held.role) for held in self.held)

    @property
    def is_staff(self) -> bool:
        """True for whoever works in the clinic."""
        return bool(self.roles & STAFF)


class RoleHeld(Model):
    """A role that a user holds."""

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    role: Mapped[str] = mapped_column(String(20))

    __table_args__ = (UniqueConstraint("user_id", "role"),)


class Patient(Versioned, Model):
    """Somebody who is treated. The code is all that is needed; name, birth date and e-mail are optional."""

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str | None] = mapped_column(String(200))
    birth_date: Mapped[date | None]
    email: Mapped[str | None] = mapped_column(String(254))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (UniqueConstraint("clinic_id", "code"), UniqueConstraint("clinic_id", "id"))

    @property
    def label(self) -> str:
        """The name, or the code where no name is kept."""
        return self.name or self.code

    @property
    def patient_id(self) -> UUID:
        """Its own id: so that a patient is loaded as everything of a patient is."""
        return self.id


class OfPatient:
    """A row of one patient's record; the keys of clinic and patient go together, so that none strays."""

    clinic_id: Mapped[UUID]
    patient_id: Mapped[UUID]

    @declared_attr
    def patient(cls: type[Any]) -> Mapped[Patient]:
        return relationship(Patient, primaryjoin=f"foreign({cls.__name__}.patient_id) == Patient.id", viewonly=True)

    @staticmethod
    def of_patient() -> ForeignKeyConstraint:
        """The constraint for `__table_args__` that ties clinic and patient."""
        return ForeignKeyConstraint(["clinic_id", "patient_id"], ["patient.clinic_id", "patient.id"])

    @classmethod
    def of(cls, patient: Patient, **values: Any) -> Self:
        """A new row of this patient's record."""
        return cls(**{"clinic_id": patient.clinic_id, "patient_id": patient.id} | values)


class CareTeamMember(OfPatient, Model):
    """A user who treats a patient, from a moment on and perhaps until another."""

    user_id: Mapped[UUID]
    since: Mapped[datetime] = mapped_column(default=clock.now)
    until: Mapped[datetime | None]

    user: Mapped[User] = relationship(
        primaryjoin="foreign(CareTeamMember.user_id) == User.id", viewonly=True, lazy="joined", innerjoin=True
    )

    @property
    def attends(self) -> bool:
        """True for whoever is on the team at this moment, can sign in, and treats: alerts reach them."""
        stands = self.begun and not self.over
        return stands and self.user.active and bool(self.user.roles & TREATING)

    @property
    def begun(self) -> bool:
        """True from the first moment on."""
        return self.since <= clock.now()

    @property
    def over(self) -> bool:
        """True once it has ended."""
        return self.until is not None and self.until <= clock.now()

    @property
    def last_moment(self) -> datetime | None:
        """A moment of its last day, for `until` is the first one after."""
        return None if self.until is None else self.until - timedelta(microseconds=1)

    __table_args__ = (
        OfPatient.of_patient(),
        ForeignKeyConstraint(["clinic_id", "user_id"], ["app_user.clinic_id", "app_user.id"]),
        CheckConstraint("until IS NULL OR until >= since", name="until_after_since"),
        # With its days, so that whole care teams are read from the index alone.
        Index("ix_care_team_member_user", "clinic_id", "user_id", "patient_id", "since", "until"),
        Index(None, "clinic_id", "patient_id"),
    )


class LinkState(StrEnum):
    """What can be said of a single-use link."""

    OPEN = "open"
    USED = "used"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class SingleUse:
    """A link that works once, for a while; only a digest of its token is kept."""

    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    @property
    def state(self) -> LinkState:
        """Whether it can be used, or why it no longer can."""
        if self.used_at is not None:
            return LinkState.USED
        if self.revoked_at is not None:
            return LinkState.WITHDRAWN
        return LinkState.EXPIRED if clock.now() >= self.expires_at else LinkState.OPEN

    @property
    def open(self) -> bool:
        """True while it can be used."""
        return self.state is LinkState.OPEN

    @property
    def closed(self) -> str:
        """Why it can no longer be used, in a sentence; empty while it can."""
        return {
            LinkState.USED: "This link has been used already. If it was you who used it, please sign in.",
            LinkState.WITHDRAWN: "This link has been withdrawn. Please ask for a new one, or use the latest.",
            LinkState.EXPIRED: "This link has expired. Please ask for a new one.",
        }.get(self.state, "")


class Invitation(SingleUse, Model):
    """A link by which somebody joins. `sent_at` is when a letter with it went out, None while none has."""

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    roles: Mapped[str] = mapped_column(String(100))
    patient_id: Mapped[UUID | None]
    email: Mapped[str | None] = mapped_column(String(254))
    token_digest: Mapped[bytes] = mapped_column(unique=True)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    sent_at: Mapped[datetime | None]

    clinic: Mapped[Clinic] = relationship(lazy="joined", innerjoin=True)
    inviter: Mapped[User | None] = relationship(primaryjoin="foreign(Invitation.created_by) == User.id", viewonly=True)

    __table_args__ = (ForeignKeyConstraint(["clinic_id", "patient_id"], ["patient.clinic_id", "patient.id"]),)

    @property
    def role_set(self) -> frozenset[Role]:
        """The roles that whoever accepts it will hold."""
        return frozenset(Role(word) for word in self.roles.split())


class PasswordReset(SingleUse, Model):
    """A link by which the owner of an account sets a new password. `created_by` is who made it for them, if anybody."""

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    token_digest: Mapped[bytes] = mapped_column(unique=True)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))

    user: Mapped[User] = relationship(primaryjoin="foreign(PasswordReset.user_id) == User.id", viewonly=True)

    __table_args__ = (Index(None, "user_id", "created_at"),)


class AddressChange(SingleUse, Model):
    """A wish for another e-mail address: two links, one to each address. It is used once both have been confirmed."""

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    email: Mapped[str] = mapped_column(String(254))
    old_digest: Mapped[bytes] = mapped_column(unique=True)
    new_digest: Mapped[bytes] = mapped_column(unique=True)
    old_confirmed_at: Mapped[datetime | None]
    new_confirmed_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(primaryjoin="foreign(AddressChange.user_id) == User.id", viewonly=True)

    __table_args__ = (Index(None, "user_id", "created_at"),)

    def is_for_old(self, token: str) -> bool:
        """True of the link that went to the address that is to be left."""
        return digest(token) == self.old_digest


class SignIn(Model):
    """One sign-in on one device; a cookie counts only while its row is open.

    `device` is all that is kept of it, "Firefox on Windows"; `last_used_at` is true to some ten minutes.
    """

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    last_used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    device: Mapped[str | None] = mapped_column(String(60))

    __table_args__ = (Index(None, "user_id", "ended_at"),)


def digest(token: str) -> bytes:
    """What is kept of a token: SHA-256, for the token itself is 256 random bits."""
    return hashlib.sha256(token.encode()).digest()
