"""The forms of psychotherapy notes. Nothing of them is kept before it is saved: drafts are sealed with other keys."""

from collections.abc import Sequence
from typing import Any

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from kap.people.models import User
from kap.web.forms import EditForm, Text


class NoteForm(EditForm):
    """The text of a note."""

    text = Text("Note")


class SupervisorForm(EditForm):
    """Who may read a note besides its author."""

    supervisor = SelectField("Supervisor", choices=[])

    def __init__(self, *args: Any, people: Sequence[User] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = {str(user.id): user for user in people}
        self.supervisor.choices = [
            SelectChoice(value="", label="Nobody"),
            *(SelectChoice(value=key, label=user.name) for key, user in self._people.items()),
        ]

    @property
    def named(self) -> User | None:
        """Who was chosen."""
        return self._people.get(self.supervisor.data or "")
