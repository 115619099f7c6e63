"""That the REMS form was sent; the form itself is made like a sheet, from `rules.rems.FIELDS`."""

from typing import Any

from wtforms import RadioField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired

from kap.core import clock
from kap.dosing.rules.rems import WAYS
from kap.web.forms import EditForm, Line, Moment, NotInFuture, NotTooEarly

NOT_SENT = "not_sent"


class SentForm(EditForm):
    """How the form was sent, and when; one that was marked as sent can be said not to have been."""

    how = RadioField("How", [InputRequired("Please choose one.")])
    sent_at = Moment("Sent at", required=True, default=clock.now, also=[NotInFuture(), NotTooEarly()])
    reference = Line("Confirmation or reason", most=80)

    def __init__(self, *args: Any, sent: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways = (*WAYS, (NOT_SENT, "It was not sent after all")) if sent else WAYS
        self.how.choices = [SelectChoice(value=value, label=label) for value, label in ways]
