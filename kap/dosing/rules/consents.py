"""The kinds of consent, and which of them a session wants."""

from typing import NamedTuple


class ConsentType(NamedTuple):
    """A kind of consent, and what its text should cover."""

    name: str
    label: str
    covers: str = ""


TYPES = (
    ConsentType(
        "treatment",
        "Treatment, off-label use",
        "Off-label or compounded use, alternatives, effects and side effects, suicidality, pregnancy, fasting, no "
        "driving, escort, monitoring, emergencies, and that one may stop until the drug has been given",
    ),
    ConsentType("psychotherapy", "Psychotherapy", "Confidentiality and its limits, fees, the roles of both"),
    ConsentType("touch", "Touch", "Which, by whom, and the stop signal; never extends to others"),
    ConsentType("rems", "REMS enrolment", "Signed by prescriber and patient; says what data is shared"),
    ConsentType("telehealth", "Telehealth", "Session at home by video, chaperone, address for emergencies"),
    ConsentType("controlled", "Controlled substance", "Storage at home, no sharing, return of what is left"),
    ConsentType("recording", "Recording", "What is recorded, who hears it, when it is deleted"),
    ConsentType("observer", "Observer or trainee"),
    ConsentType("release", "Release of information", "To whom and what"),
    ConsentType("research", "Research", "Kept apart from treatment"),
)

LABELS = {kind.name: kind.label for kind in TYPES}
SIGNERS = (("patient", "The patient"), ("guardian", "A guardian"))
METHODS = (("paper", "On paper"), ("electronic", "Electronically"), ("spoken", "Spoken, with a witness"))


def wanted(*, route: str | None, place: str | None, touch: str | None) -> list[str]:
    """The kinds of consent that this session wants: our own default, but for the REMS."""
    found = ["treatment", "psychotherapy"]
    if route == "esketamine_nasal":
        found.append("rems")
    if place == "home":
        found.append("telehealth")
    if touch not in (None, "none"):
        found.append("touch")
    return found
