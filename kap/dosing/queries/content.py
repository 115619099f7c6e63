"""What is signed of a dosing session: all that stands in a part, also what was corrected."""

from typing import Any

from sqlalchemy import inspect

from kap.dosing.queries.phases import Record
from kap.dosing.rules.sheets import SHEETS
from kap.treatment.models import Part

OF_THERAPY = {"intention", "narrative"}
"""The columns of the session that belong to the therapy; all others are of the administration."""
LEFT_OUT = {"clinic_id", "version", "error_at", "error_by", "error_reason"}
"""What is said of the session elsewhere, or changes without it."""


def content_of(record: Record, part: Part) -> dict[str, Any]:
    """What somebody signs with a part."""
    session = record.session
    told = _row(session)
    of_part = OF_THERAPY if part is Part.THERAPY else told.keys() - OF_THERAPY - LEFT_OUT
    content: dict[str, Any] = {
        "session": {name: told[name] for name in sorted({*of_part, "id", "patient_id", "status", "starts_at"})},
        "team": sorted(f"{member.user_id} {member.user.name}" for member in session.team),
        "sheets": {
            name: _row(sheet) for name, sheet in sorted(record.sheets.items()) if SHEETS[name].part == part.value
        },
    }
    if part is Part.ADMINISTRATION:
        content |= {
            "limits": record.limits.number,
            "eligibility": [_row(state.answer) for state in record.eligibility if state.answer],
        }
        rows = ("consents", "decisions", "administrations", "readings", "observations", "events", "alerts")
        content |= {name: [_row(row) for row in getattr(record, name)] for name in rows}
    return content


def _row(row: Any) -> dict[str, Any]:
    """All columns of a row, what is sealed opened."""
    names = [column.key.removesuffix("_sealed") for column in inspect(type(row)).column_attrs]
    return {name: getattr(row, name) for name in names}
