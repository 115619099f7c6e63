"""What a patient sends about a practice: a tick of a day, and whether they still do it."""

from wtforms import BooleanField, HiddenField, RadioField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired

from kap.treatment.models import Kept
from kap.web.forms import Day, Form, Text

ASKED = (
    (Kept.KEPT, "Yes"),
    (Kept.SOMETIMES, "Sometimes"),
    (Kept.CHANGED, "In another way"),
    (Kept.DROPPED, "No longer"),
)
"""The answers to “Are you still doing this?”. Who would rather not say now is asked again another day."""
SAID = (
    (Kept.KEPT, "I still do it"),
    (Kept.SOMETIMES, "I do it sometimes"),
    (Kept.CHANGED, "I do it in another way"),
    (Kept.DONE, "It is done"),
    (Kept.DROPPED, "I let it go"),
)
"""What can be said of it at any time."""


class TickForm(Form):
    """Whether it was done `on` a day, which is `today` where the page said so. It has no key: twice does no more."""

    form_key = HiddenField(default="")
    on = Day("Day", required=True)
    today = BooleanField("Today")
    ticked = BooleanField("Done")


class SaidForm(Form):
    """What the patient says of a practice, with a few words if they like."""

    status = RadioField(
        "How is it with this now?",
        choices=[SelectChoice(*one) for one in SAID],
        validators=[InputRequired("Please choose one.")],
    )
    words = Text("A few words, if you like")
