"""What is due, counted: each kind with its page. Counted here alone, for to count costs a statement or two each."""

from typing import NamedTuple

from kap.core import clock
from kap.dosing.queries.events import waiting_events
from kap.dosing.queries.phases import calls_due
from kap.dosing.queries.rems import rems_due
from kap.people.models import User
from kap.stock.queries import call_count
from kap.treatment.queries import held_back, unsigned_sessions
from kap.web.forms import clinic_zone


class Due(NamedTuple):
    """A page of what is due: what stands there, how much of it, and how much of that is late."""

    label: str
    endpoint: str
    note: str
    number: int
    late: int = 0


def due_of(user: User) -> list[Due]:
    """What waits for `user`, or for a lead for anybody of the clinic."""
    today = clock.today(clinic_zone())
    calls, forms = calls_due(user), rems_due(user)[0]
    return [
        Due("Wastes to witness", "stock.witness", "Somebody says that you saw it", call_count(user)),
        Due(
            "Follow-up calls",
            "dosing.calls",
            "To whoever had a dose, on the day after",
            len(calls),
            sum(call.due_at <= clock.now() for call in calls),
        ),
        Due(
            "Adverse events",
            "dosing.waiting",
            "Not complete yet, serious and not reported, or to be followed up",
            len(waiting_events(user)),
        ),
        Due(
            "REMS forms",
            "dosing.rems_list",
            "To be sent within 7 days of a session with esketamine",
            len(forms),
            sum(form.due_on < today for form in forms),
        ),
        Due(
            "Sessions to sign",
            "treatment.unsigned",
            "More than a day old, and within the last 30 days",
            len(unsigned_sessions(user)),
        ),
        Due(
            "Notes held back",
            "treatment.held",
            "Those that open to their patients within 14 days, unless they are held back anew",
            sum(held.soon for held in held_back(user)),
        ),
    ]
