"""The form of a group session: what is shared, once."""

from collections.abc import Sequence
from typing import Any

from wtforms.fields import SelectChoice, enum_choices  # type: ignore[attr-defined]
from wtforms.validators import Optional

from kap.treatment.fields import Ticks, blank
from kap.treatment.forms.asked import Boxes
from kap.treatment.forms.talk import TalkForm, made_of
from kap.treatment.models import Theme
from kap.treatment.queries import Grouped
from kap.treatment.talk import GROUP
from kap.web.forms import Text

_Shared: Any = made_of(TalkForm, GROUP, "_Shared")


class GroupForm(_Shared):
    """A group session of several of one's own patients."""

    course_id = None
    intention = None

    patients = Ticks("Who was there")
    coded_themes = Boxes(
        "Topic",
        validators=[Optional()],
        choices=[*enum_choices(Theme, label=lambda theme: theme.label)],
    )
    themes = Text("Topic in words", filters=[blank])
    narrative = Text("Shared note", filters=[blank])

    def __init__(self, *args: Any, offered: Sequence[Grouped], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patients.choices = [SelectChoice(value=row.patient_id, label=row.label) for row in offered]

    def values(self) -> dict[str, Any]:
        """What `record_group` takes."""
        names = ("status", "status_reason", "team", "narrative", "themes")
        return {name: self[name].data for name in names} | {
            "starts_at": self.starts_at.moment,
            "ends_at": self.end,
            "modalities": self.modalities.data or (),
            "coded_themes": self.coded_themes.data or (),
            "answers": self.answers,
        }
