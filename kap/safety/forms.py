"""The form on which somebody says what was done about an alert."""

from kap.web.forms import Form, Text


class ActForm(Form):
    """What was done; it closes the alert."""

    action = Text("What was done", required=True)
