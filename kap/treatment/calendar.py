"""An appointment as a calendar takes it (iCalendar, RFC 5545). It says that there is one and when, and nothing else."""

from datetime import UTC, datetime
from uuid import UUID, uuid5


def appointment(
    session_id: UUID, starts_at: datetime, ends_at: datetime, *, sequence: int, stamp: datetime, cancelled: bool
) -> str:
    """The file. A session that was moved keeps its UID and has a higher `sequence`, so that it replaces itself."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Appointment//EN",
        "BEGIN:VEVENT",
        # Made from the key of the session, which tells when it was planned.
        f"UID:{uuid5(session_id, 'appointment')}",
        f"SEQUENCE:{sequence}",
        f"DTSTAMP:{_utc(stamp)}",
        f"DTSTART:{_utc(starts_at)}",
        f"DTEND:{_utc(ends_at)}",
        "SUMMARY:Appointment",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{line}\r\n" for line in lines)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
