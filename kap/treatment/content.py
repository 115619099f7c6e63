"""What is signed, as a text that comes out the same however it is asked for, and the digest of it."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from kap.treatment.models import IntegrationSession, PreparationSession


def canonical(content: Mapping[str, Any]) -> str:
    """JSON with sorted names and no spaces; times in UTC, numbers with decimals and keys as text."""
    return json.dumps(
        content, default=_told, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )


def digest_of(text: str) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def content_of(session: PreparationSession | IntegrationSession) -> dict[str, Any]:
    """All that stands in a talk session."""
    content = {
        "session": session.id,
        "patient": session.patient_id,
        "course": session.course_id,
        "kind": session.kind,
        "status": session.status,
        "status_reason": session.status_reason,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "modalities": session.modalities,
        "team": sorted(({"id": str(m.user_id), "name": m.user.name} for m in session.team), key=lambda m: m["id"]),
        "intention": session.intention,
        "narrative": session.narrative,
        "answers": session.answers,
        "room": session.room.name if session.room else None,
    }
    if isinstance(session, IntegrationSession):
        content |= {
            "themes": session.themes,
            "coded_themes": sorted(row.theme for row in session.coded_themes),
            "integrates": sorted(str(tie.dosing_id) for tie in session.integrates),
            "practices": [
                {name: getattr(row, name) for name in ("id", "kind", "words", "often", "agreed_on", "due_on")}
                for row in session.practices
            ],
            "practice_reviews": [
                {name: getattr(row, name) for name in ("practice_id", "status", "words")}
                for row in session.practice_reviews
            ],
            "intention_reviews": [
                {name: getattr(row, name) for name in ("about_id", "status", "words")}
                for row in session.intention_reviews
            ],
        }
    return content


def _told(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"A {type(value).__name__} has no canonical form.")
