"""Who may see and do what, said a second time: this table must not look at the policy of the app.

Each endpoint has its row, and `whose` says how its arguments are read. Of what belongs to a patient, whoever does not
see the patient gets 404 whatever their role; whoever sees the patient in a role without the permission gets 403.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

STREET = "somebody off the street"
COPIED = "a cookie copied before its owner signed out"

HERE = frozenset({"lead", "therapist", "medical", "former", "other", "admin", "patient account"})
THERE = frozenset({"foreign lead", "foreign therapist", "stranger account"})
EVERYBODY = HERE | THERE
LEADS = frozenset({"lead", "foreign lead"})
RUNNING = LEADS | {"admin"}
SETTING = LEADS | {"medical"}
TREATING = frozenset({"therapist", "medical", "former", "other", "foreign therapist"})
CLINICAL = LEADS | TREATING
THERAPISTS = TREATING - {"medical"}
DRAFTING = frozenset({"therapist", "foreign therapist"})
"""Those who left a draft: nobody else is shown it or throws it away."""
KEEPERS = frozenset({"medical"})
STOCK = LEADS | KEEPERS
GIVING = frozenset({"medical"})
PATIENTS = frozenset({"patient account", "stranger account"})
NOBODY: frozenset[str] = frozenset()

SEES = {
    "patient": {"lead", "therapist", "medical", "patient account"},
    "unseen": {"lead"},
    "stranger": {"foreign lead", "foreign therapist", "stranger account"},
    "asked": {"therapist"},
    "asked there": {"foreign lead"},
    "author": {"therapist"},
    "author there": {"foreign therapist"},
}
"""Who may know of which patient: the care team as it stands, the leads of the clinic, the patient. And who was asked to
witness a waste: nobody else answers. And who wrote a psychotherapy note: for all others there is none.
"""

_FOREIGN = "foreign canary|foreign heron|foreigninvited|Patient Elsewhere|Another clinic"
_OURS = "(?<!foreign )canary|(?<!foreign )heron|(?<!foreign)invited@|Patient One|P-002|Test clinic"
_NOTE = "nightingale"
_ANY_PATIENT = "canary|Patient One|Patient Elsewhere|P-00[12]"
HIDDEN = {
    "lead": f"{_FOREIGN}|{_NOTE}",
    "therapist": f"{_FOREIGN}|P-002",
    "medical": f"{_FOREIGN}|P-002|{_NOTE}",
    "former": f"{_FOREIGN}|{_ANY_PATIENT}",
    "other": f"{_FOREIGN}|{_ANY_PATIENT}",
    "admin": f"{_FOREIGN}|{_ANY_PATIENT}",
    "patient account": f"{_FOREIGN}|canary(?! practice)|P-002",
    "foreign lead": f"{_OURS}|{_NOTE}",
    "foreign therapist": _OURS,
    "stranger account": f"{_OURS}|canary(?! practice)",
    STREET: f"{_FOREIGN}|{_OURS}|{_ANY_PATIENT}",
    COPIED: f"{_FOREIGN}|{_OURS}|{_ANY_PATIENT}",
}
"""What no page shows to whom. To patients no text of a session before it is signed, but what they agreed to."""


class Whose(Enum):
    """How the arguments of an endpoint are read."""

    PATIENT = "something of a patient"
    CLINIC = "something of a clinic, and only within one's role"
    OWN = "one's own, or nobody's in particular"
    PUBLIC = "open to the street"


@dataclass(frozen=True)
class Target:
    """What an address names. `of` is whose it is, a patient's or a clinic's; None where there is no such thing."""

    of: str | None
    arguments: Mapping[str, str]
    status: int = 200
    """What reading it answers to whoever may."""


@dataclass(frozen=True)
class Rule:
    """Who may read and who may write.

    `writer`, sending `sends` in the form for the first target, changes the record: so refusing others means something.
    """

    whose: Whose
    get: frozenset[str] = NOBODY
    post: frozenset[str] = NOBODY
    targets: Sequence[Target] = (Target("", {}),)
    query: Mapping[str, str] = field(default_factory=dict)
    writer: str | None = None
    sends: Mapping[str, Any] = field(default_factory=dict)


NOTHING = "nothing"
"""In a target: an id of the right form that nothing has."""


def _targets(argument: str, **of: str) -> list[Target]:
    """What this argument can name: things of the cast and whose they are, and nothing."""
    named = [Target(whose, {argument: name.replace("_", " ")}) for name, whose in of.items()]
    return [*named, Target(None, {argument: NOTHING})]


A_PATIENT = _targets("patient_id", patient="patient", unseen="unseen", stranger="stranger")
A_COURSE = _targets("course_id", course="patient", foreign_course="stranger")
A_SESSION = _targets(
    "session_id",
    dosing="patient",
    preparation="patient",
    integration="patient",
    planned="patient",
    foreign_dosing="stranger",
    foreign_preparation="stranger",
    foreign_integration="stranger",
)
A_TALK = _targets(
    "session_id",
    preparation="patient",
    integration="patient",
    planned="patient",
    foreign_preparation="stranger",
    foreign_integration="stranger",
)
A_DOSING = _targets("session_id", dosing="patient", foreign_dosing="stranger")
A_PRACTICE = _targets("practice_id", practice="patient", foreign_practice="stranger")
A_GIVING = _targets("administration_id", giving="patient", foreign_giving="stranger")
AN_EVENT = _targets("event_id", adverse="patient", foreign_adverse="stranger")


A_NOTE = [
    Target("patient", {"session_id": "dosing", "what": "note", "entry_id": "noted"}),
    Target("stranger", {"session_id": "foreign dosing", "what": "note", "entry_id": "foreign noted"}),
    Target(None, {"session_id": "dosing", "what": "note", "entry_id": NOTHING}),
    Target(None, {"session_id": "dosing", "what": "nothing", "entry_id": "noted"}),
]
A_VITALS_ALERT = [
    Target("patient", {"session_id": "dosing", "alert_id": "vitals alert"}),
    Target("stranger", {"session_id": "foreign dosing", "alert_id": "foreign vitals alert"}),
    Target(None, {"session_id": "dosing", "alert_id": NOTHING}),
]


def _answering(status: int, targets: Sequence[Target]) -> list[Target]:
    """The same, where reading leads elsewhere."""
    return [target if target.of is None else replace(target, status=status) for target in targets]


A_PLANNED_SESSION = _targets("session_id", planned="patient", foreign_planned="stranger")
A_SIGNED_SESSION = _targets("session_id", signed="patient", foreign_signed="stranger")
A_TALK_SESSION = _targets("session_id", preparation="patient", foreign_integration="stranger")
A_DRAFT = _targets("draft_id", draft="patient", foreign_draft="stranger")
A_PSYCHOTHERAPY_NOTE = _targets("note_id", psychotherapy_note="author", foreign_psychotherapy_note="author there")
A_SIGNED_NOTE = _targets("note_id", signed_note="author", foreign_signed_note="author there")
AN_ALERT = _targets("alert_id", alert="patient", foreign_alert="stranger")
A_SCORE = _targets("score_id", score="patient", foreign_score="stranger")
A_QUESTIONNAIRE = _targets(
    "questionnaire_id",
    begun="patient",
    questionnaire="patient",
    foreign_begun="stranger",
    foreign_questionnaire="stranger",
)
A_USER = _targets(
    "user_id",
    other="clinic",
    gone="clinic",
    foreign_therapist="other clinic",
    foreign_lead="other clinic",
    patient_account="nobody",
    stranger_account="nobody",
)
A_CASELOAD = _targets(
    "user_id", medical="clinic", gone="clinic", foreign_therapist="other clinic", patient_account="nobody"
)
A_GONE_USER = _targets("user_id", gone="clinic", foreign_therapist="other clinic")
AN_INVITATION = _targets(
    "invitation_id", invitation="clinic", foreign_invitation="other clinic", patient_invitation="nobody"
)
A_MEMBERSHIP = [
    Target("patient", {"patient_id": "patient", "member_id": "membership"}),
    Target(None, {"patient_id": "patient", "member_id": "foreign membership"}),
    Target(None, {"patient_id": "patient", "member_id": NOTHING}),
    Target("stranger", {"patient_id": "stranger", "member_id": "foreign membership"}),
]
A_SIGN_IN = [Target(None, {"sign_in_id": NOTHING})]
A_PATIENT_INVITATION = [
    Target("unseen", {"patient_id": "unseen", "invitation_id": "patient invitation"}),
    Target(None, {"patient_id": "patient", "invitation_id": "patient invitation"}),
    Target(None, {"patient_id": "stranger", "invitation_id": "patient invitation"}),
    Target(None, {"patient_id": "unseen", "invitation_id": "invitation"}),
]
A_PAPER_FORM = [
    *(Target(whose.of, {**whose.arguments, "instrument_id": "phq-9"}) for whose in A_PATIENT),
    Target(None, {"patient_id": "patient", "instrument_id": "no-such-measure"}),
]
A_PROTOCOL = _targets("protocol_id", protocol="clinic", foreign_protocol="other clinic")
A_ROOM = _targets("room_id", room="clinic", foreign_room="other clinic")
A_MEASURE = [Target("", {"instrument_id": "phq-9"}), Target(None, {"instrument_id": "no-such-measure"})]
A_LOOK_AT_A_LIST = _targets("event_id", look="clinic", foreign_look="other clinic", lead="nobody")
A_PLACE = _targets("place_id", place="clinic", foreign_place="other clinic")
A_PRODUCT = _targets("product_id", product="clinic", foreign_product="other clinic")
A_LOT = _targets("lot_id", lot="clinic", foreign_lot="other clinic")
A_RECEIPT = _targets("act_id", receipt="clinic", foreign_receipt="other clinic")
A_WASTE = _targets("act_id", waste="clinic", foreign_waste="other clinic")
A_DOSE = _targets("administration_id", dose="clinic", foreign_dose="other clinic")
A_CALL = _targets("call_id", call="asked", foreign_call="asked there")
OF_A_LOT = {"lot": "lot", "place": "place", "amount": "1"}
A_LINK = [
    Target("", {"token": "invitation"}),
    Target("", {"token": "patient invitation"}),
    Target(None, {"token": "guessed"}),
]
A_RESET_LINK = [Target("", {"token": "reset"}), Target(None, {"token": "guessed"})]
AN_ADDRESS_LINK = [
    Target("", {"token": "old address"}),
    Target("", {"token": "new address"}),
    Target(None, {"token": "guessed"}),
]

ORACLE = {
    # The way in, and what everybody may see
    "static": Rule(Whose.PUBLIC, EVERYBODY, targets=[Target("", {"filename": "css/app.css"})]),
    "home.crisis": Rule(Whose.PUBLIC, EVERYBODY),
    "home.health": Rule(Whose.PUBLIC, EVERYBODY),
    "security.login": Rule(Whose.PUBLIC, EVERYBODY, EVERYBODY),
    "security.logout": Rule(Whose.PUBLIC, post=EVERYBODY),
    "people.join": Rule(Whose.PUBLIC, EVERYBODY, EVERYBODY, A_LINK),
    # The log: for the lead the whole clinic's, for the patient that of their own record
    "home.log": Rule(Whose.OWN, LEADS),
    "home.listed": Rule(Whose.CLINIC, LEADS, targets=A_LOOK_AT_A_LIST),
    "home.readers": Rule(Whose.OWN, PATIENTS),
    # For whoever works on the pages; not there in production
    "parts.show": Rule(Whose.OWN, EVERYBODY, EVERYBODY),
    "people.forgotten": Rule(Whose.PUBLIC, EVERYBODY, EVERYBODY),
    "people.reset": Rule(Whose.PUBLIC, EVERYBODY, EVERYBODY, A_RESET_LINK),
    "people.confirm_address": Rule(Whose.PUBLIC, EVERYBODY, EVERYBODY, AN_ADDRESS_LINK),
    # The clinic and its people
    "home.start": Rule(Whose.OWN, EVERYBODY, targets=[Target("", {}, status=302)]),
    "people.account": Rule(
        Whose.OWN,
        EVERYBODY,
        EVERYBODY,
        writer="medical",
        sends={"password_current": "a long enough password", "password": "another long password"},
    ),
    "people.change_name": Rule(Whose.OWN, EVERYBODY, EVERYBODY, writer="other", sends={"name": "Another name"}),
    # (without a mail server nothing comes of it: see tests/people/test_address.py)
    "people.change_address": Rule(Whose.OWN, EVERYBODY, EVERYBODY),
    "people.withdraw_address_change": Rule(Whose.OWN, post=EVERYBODY, writer="former"),
    "people.end_sign_in": Rule(Whose.OWN, post=EVERYBODY, targets=A_SIGN_IN),
    "people.end_other_sign_ins": Rule(Whose.OWN, post=EVERYBODY),
    "people.roles": Rule(Whose.OWN, EVERYBODY),
    "home.day": Rule(Whose.OWN, CLINICAL),
    "home.due": Rule(Whose.OWN, CLINICAL),
    "home.clinic": Rule(Whose.OWN, CLINICAL | RUNNING),
    "people.clinic_settings": Rule(Whose.OWN, RUNNING, RUNNING, writer="lead", sends={"name": "A new name"}),
    "people.users": Rule(Whose.OWN, RUNNING),
    "people.invite": Rule(
        Whose.OWN, RUNNING, RUNNING, writer="admin", sends={"email": "new@example.org", "roles": ["therapist"]}
    ),
    "people.renew_invitation": Rule(Whose.CLINIC, post=RUNNING, targets=AN_INVITATION, writer="admin"),
    "people.revoke_invitation": Rule(Whose.CLINIC, post=RUNNING, targets=AN_INVITATION, writer="admin"),
    "people.edit_user": Rule(
        Whose.CLINIC, RUNNING, RUNNING, A_USER, writer="lead", sends={"roles": ["therapist", "admin"]}
    ),
    "people.deactivate": Rule(Whose.CLINIC, post=RUNNING, targets=A_USER, writer="lead"),
    "people.reactivate": Rule(Whose.CLINIC, post=RUNNING, targets=A_GONE_USER, writer="lead"),
    "people.reset_link": Rule(Whose.CLINIC, post=RUNNING, targets=A_USER, writer="admin"),
    "home.hand_over": Rule(
        Whose.CLINIC, LEADS, LEADS, A_CASELOAD, writer="lead", sends={"taker": "other", "since": "2026-03-20"}
    ),
    # Patients and who treats them
    "outcomes.caseload": Rule(Whose.OWN, CLINICAL),
    "outcomes.coverage": Rule(Whose.OWN, CLINICAL),
    "outcomes.find": Rule(Whose.OWN, post=CLINICAL, sends={"text": "Patient"}),
    "outcomes.patient": Rule(Whose.PATIENT, CLINICAL, targets=A_PATIENT),
    "outcomes.in_error": Rule(Whose.PATIENT, CLINICAL, targets=A_PATIENT),
    "outcomes.beside": Rule(Whose.PATIENT, CLINICAL, targets=A_PATIENT),
    "outcomes.doses": Rule(Whose.PATIENT, CLINICAL, targets=A_PATIENT),
    "outcomes.practices": Rule(Whose.PATIENT, CLINICAL, targets=A_PATIENT),
    "outcomes.arc": Rule(Whose.PATIENT, CLINICAL, targets=A_COURSE),
    "people.new_patient": Rule(Whose.OWN, CLINICAL, CLINICAL, writer="therapist", sends={"code": "P-100"}),
    "people.edit_patient": Rule(
        Whose.PATIENT, CLINICAL, CLINICAL, A_PATIENT, writer="therapist", sends={"name": "Another name"}
    ),
    "people.team": Rule(Whose.PATIENT, CLINICAL, CLINICAL, A_PATIENT, writer="therapist", sends={"user": "other"}),
    "people.edit_membership": Rule(
        Whose.PATIENT, CLINICAL, CLINICAL, A_MEMBERSHIP, writer="therapist", sends={"until": "2026-04-01"}
    ),
    "people.end_membership": Rule(Whose.PATIENT, post=CLINICAL, targets=A_MEMBERSHIP, writer="therapist"),
    "people.invite_patient": Rule(
        Whose.PATIENT,
        CLINICAL,
        CLINICAL,
        [Target("unseen", {"patient_id": "unseen"}), *A_PATIENT],
        writer="lead",
        sends={"email": "new@example.org"},
    ),
    "people.renew_patient_invitation": Rule(Whose.PATIENT, post=CLINICAL, targets=A_PATIENT_INVITATION, writer="lead"),
    "people.patient_reset_link": Rule(Whose.PATIENT, post=CLINICAL, targets=A_PATIENT, writer="therapist"),
    "people.revoke_patient_invitation": Rule(Whose.PATIENT, post=CLINICAL, targets=A_PATIENT_INVITATION, writer="lead"),
    # Alerts
    "safety.alerts": Rule(Whose.OWN, CLINICAL),
    "safety.alert": Rule(Whose.PATIENT, CLINICAL, targets=AN_ALERT),
    "safety.act": Rule(
        Whose.PATIENT, post=CLINICAL, targets=AN_ALERT, writer="medical", sends={"action": "We talked."}
    ),
    # Courses and sessions: written by those who treat, read by the lead too
    # (a second course beside the open one is refused to everybody, so this has no writer)
    "treatment.new_course": Rule(
        Whose.PATIENT,
        TREATING,
        TREATING,
        A_PATIENT,
        sends={"condition": "anxiety", "primary_measure": "gad-7", "opened_on": "2026-03-01"},
    ),
    "treatment.edit_course": Rule(
        Whose.PATIENT, TREATING, TREATING, A_COURSE, writer="therapist", sends={"planned_doses": "6"}
    ),
    "treatment.end_course": Rule(
        Whose.PATIENT, TREATING, TREATING, A_COURSE, writer="medical", sends={"end_reason": "completed"}
    ),
    # Protocols: for the clinic, whoever its patients are
    "treatment.protocols": Rule(Whose.OWN, CLINICAL),
    "treatment.new_protocol": Rule(Whose.OWN, SETTING, SETTING, writer="medical", sends={"name": "A new one"}),
    "treatment.take_over_protocol": Rule(
        Whose.OWN, post=SETTING, targets=[Target("", {"key": "sage"}), Target(None, {"key": "no-such"})], writer="lead"
    ),
    "treatment.edit_protocol": Rule(
        Whose.CLINIC, SETTING, SETTING, A_PROTOCOL, writer="medical", sends={"name": "Another name"}
    ),
    "treatment.put_protocol_away": Rule(Whose.CLINIC, post=SETTING, targets=A_PROTOCOL, writer="lead"),
    "treatment.use_protocol_again": Rule(Whose.CLINIC, post=SETTING, targets=A_PROTOCOL),
    "treatment.new_session": Rule(
        Whose.PATIENT,
        TREATING,
        TREATING,
        A_PATIENT,
        query={"kind": "preparation"},
        writer="therapist",
        sends={"narrative": "We talked."},
    ),
    "treatment.found": Rule(Whose.OWN, CLINICAL),
    # Who was there is chosen in the form: tests/treatment/test_groups.py tries those of whom nothing may be known.
    "treatment.new_group": Rule(Whose.OWN, TREATING, TREATING, sends={"narrative": "We talked."}),
    "treatment.show": Rule(Whose.PATIENT, CLINICAL, targets=[*A_TALK, *_answering(302, A_DOSING)]),
    # A dosing session, phase by phase
    "dosing.show": Rule(Whose.PATIENT, CLINICAL, targets=A_DOSING),
    "dosing.administration": Rule(
        Whose.PATIENT,
        CLINICAL,
        TREATING,
        A_DOSING,
        writer="medical",
        sends={"route": "im", "amount_mg": "20", "at": "2025-12-20T10:00"},
    ),
    "dosing.correct_administration": Rule(
        Whose.PATIENT, TREATING, TREATING, A_GIVING, writer="medical", sends={"why": "Misread", "amount_mg": "40"}
    ),
    "dosing.withdraw_administration": Rule(
        Whose.PATIENT, TREATING, TREATING, A_GIVING, writer="therapist", sends={"why": "Another patient"}
    ),
    # Only an infusion goes on, and the cast has none.
    "dosing.go_on": Rule(Whose.PATIENT, TREATING, TREATING, A_GIVING),
    "dosing.events": Rule(
        Whose.PATIENT, CLINICAL, TREATING, A_DOSING, writer="therapist", sends={"term": "nausea", "severity": "mild"}
    ),
    "dosing.change_event": Rule(
        Whose.PATIENT, TREATING, TREATING, AN_EVENT, writer="therapist", sends={"outcome": "recovered"}
    ),
    "dosing.withdraw_event": Rule(
        Whose.PATIENT, TREATING, TREATING, AN_EVENT, writer="therapist", sends={"why": "Another patient"}
    ),
    "dosing.room": Rule(
        Whose.PATIENT,
        CLINICAL,
        TREATING,
        A_DOSING,
        writer="therapist",
        sends={"kind": "reading", "systolic": "120", "diastolic": "80"},
    ),
    "dosing.room_news": Rule(Whose.PATIENT, CLINICAL, targets=A_DOSING),
    "dosing.room_entry": Rule(
        Whose.PATIENT, TREATING, TREATING, A_NOTE, writer="medical", sends={"words": "Somebody else’s"}
    ),
    "dosing.room_alert": Rule(
        Whose.PATIENT, TREATING, TREATING, A_VITALS_ALERT, writer="therapist", sends={"words": "Somebody else’s"}
    ),
    "dosing.waiting": Rule(Whose.OWN, CLINICAL),
    "dosing.limits": Rule(
        Whose.OWN, CLINICAL, SETTING, writer="medical", sends={"reason": "By our own count", "hours_between": "72"}
    ),
    "dosing.start": Rule(Whose.PATIENT, post=TREATING, targets=A_PATIENT, writer="therapist"),
    "dosing.sheet": Rule(
        Whose.PATIENT,
        TREATING,
        TREATING,
        [Target(one.of, {**one.arguments, "name": "before"}) for one in A_DOSING],
        writer="therapist",
        sends={"escort": "Somebody else’s"},
    ),
    "dosing.checklist": Rule(Whose.PATIENT, TREATING, TREATING, A_DOSING, writer="therapist", sends={"aneurysm": "no"}),
    "dosing.clear": Rule(
        Whose.PATIENT,
        GIVING,
        GIVING,
        [Target(one.of, {**one.arguments, "item": "aneurysm"}) for one in A_DOSING],
        writer="medical",
        sends={"reason": "Somebody else’s", "until": "2026-12-31"},
    ),
    "dosing.consent": Rule(
        Whose.PATIENT,
        TREATING,
        TREATING,
        A_DOSING,
        writer="therapist",
        sends={"document_version": "1", "signed_at": "2026-01-05T10:00"},
    ),
    "dosing.withdraw": Rule(
        Whose.PATIENT,
        TREATING,
        TREATING,
        [
            Target("patient", {"session_id": "dosing", "consent_id": "consent"}),
            Target("stranger", {"session_id": "foreign dosing", "consent_id": "foreign consent"}),
            Target(None, {"session_id": "dosing", "consent_id": NOTHING}),
        ],
        writer="therapist",
        sends={"reason": "Somebody else’s"},
    ),
    "dosing.decide": Rule(
        Whose.PATIENT,
        TREATING,
        TREATING,
        A_DOSING,
        writer="medical",
        sends={"decision": "hold", "reason": "Somebody else’s"},
    ),
    "dosing.call": Rule(Whose.PATIENT, TREATING, TREATING, A_DOSING, writer="therapist", sends={"reached": "no"}),
    "dosing.calls": Rule(Whose.OWN, CLINICAL),
    "dosing.rems": Rule(
        Whose.PATIENT, CLINICAL, TREATING, A_DOSING, writer="therapist", sends={"sex": "Somebody else’s"}
    ),
    "dosing.rems_paper": Rule(Whose.PATIENT, CLINICAL, targets=A_DOSING),
    "dosing.rems_sent": Rule(Whose.PATIENT, TREATING, TREATING, A_DOSING, writer="medical", sends={"how": "fax"}),
    "dosing.rems_list": Rule(Whose.OWN, CLINICAL),
    "dosing.sign": Rule(
        Whose.PATIENT,
        THERAPISTS,
        THERAPISTS,
        [Target(one.of, {**one.arguments, "part": "therapy"}) for one in A_DOSING],
        writer="therapist",
    ),
    "treatment.edit": Rule(
        Whose.PATIENT, TREATING, TREATING, A_TALK, writer="therapist", sends={"narrative": "We talked."}
    ),
    "treatment.status": Rule(
        Whose.PATIENT,
        TREATING,
        TREATING,
        A_PLANNED_SESSION,
        writer="therapist",
        sends={"status": "cancelled", "status_reason": "Ill"},
    ),
    "treatment.error": Rule(
        Whose.PATIENT, TREATING, TREATING, A_SESSION, writer="therapist", sends={"reason": "Somebody else's"}
    ),
    # Booked and moved by whoever treats; the file for a calendar is the patient's too, and the rooms the clinic's
    "treatment.book": Rule(
        Whose.PATIENT,
        TREATING,
        TREATING,
        A_PATIENT,
        writer="therapist",
        sends={"kind": "preparation", "starts_at": "2027-01-11T10:00"},
    ),
    "treatment.move": Rule(
        Whose.PATIENT, TREATING, TREATING, A_PLANNED_SESSION, writer="medical", sends={"starts_at": "2027-01-12T10:00"}
    ),
    "treatment.appointment_of": Rule(Whose.PATIENT, CLINICAL, targets=A_PLANNED_SESSION),
    "treatment.own_appointment": Rule(Whose.PATIENT, PATIENTS, targets=A_PLANNED_SESSION),
    "treatment.rooms": Rule(Whose.OWN, RUNNING, RUNNING, writer="admin", sends={"name": "Garden"}),
    "treatment.edit_room": Rule(Whose.CLINIC, RUNNING, RUNNING, A_ROOM, writer="lead", sends={"name": "Garden"}),
    "treatment.put_room_away": Rule(Whose.CLINIC, post=RUNNING, targets=A_ROOM, writer="lead"),
    "treatment.use_room_again": Rule(Whose.CLINIC, post=RUNNING, targets=A_ROOM),
    "treatment.unsigned": Rule(Whose.OWN, CLINICAL),
    # Signed by the therapist, added to by whoever treats; a draft is its author's alone
    "treatment.sign": Rule(Whose.PATIENT, THERAPISTS, THERAPISTS, A_TALK_SESSION, writer="therapist"),
    "treatment.addendum": Rule(
        Whose.PATIENT,
        TREATING,
        TREATING,
        A_SIGNED_SESSION,
        writer="therapist",
        sends={"kind": "addendum", "reason": "It came up later", "text": "More to say"},
    ),
    # Held back from the patient, and released, by whoever signs it
    "treatment.hold_back": Rule(
        Whose.PATIENT,
        THERAPISTS,
        THERAPISTS,
        A_TALK_SESSION,
        writer="therapist",
        sends={"ground": "preventing_harm", "reason": "What is likely", "until": "2026-04-01"},
    ),
    "treatment.release_held": Rule(Whose.PATIENT, post=THERAPISTS, targets=A_TALK_SESSION, writer="therapist"),
    "treatment.held": Rule(Whose.OWN, CLINICAL),
    "treatment.keep_draft": Rule(
        Whose.PATIENT,
        post=TREATING,
        targets=A_PATIENT,
        query={"at": "treatment.new_session/dosing"},
        writer="therapist",
        sends={"narrative": "Half a sentence"},
    ),
    "treatment.discard": Rule(Whose.PATIENT, post=DRAFTING, targets=A_DRAFT, writer="therapist"),
    # Psychotherapy notes: started by therapists, and then their author's alone
    "psychotherapy.start": Rule(Whose.PATIENT, THERAPISTS, THERAPISTS, A_TALK_SESSION, writer="therapist"),
    "psychotherapy.show": Rule(Whose.PATIENT, THERAPISTS, targets=[*A_PSYCHOTHERAPY_NOTE, *A_SIGNED_NOTE]),
    "psychotherapy.write": Rule(
        Whose.PATIENT,
        THERAPISTS,
        THERAPISTS,
        A_PSYCHOTHERAPY_NOTE,
        writer="therapist",
        sends={"text": "What I make of it"},
    ),
    "psychotherapy.sign": Rule(Whose.PATIENT, THERAPISTS, THERAPISTS, A_PSYCHOTHERAPY_NOTE, writer="therapist"),
    "psychotherapy.add": Rule(
        Whose.PATIENT,
        THERAPISTS,
        THERAPISTS,
        A_SIGNED_NOTE,
        writer="therapist",
        sends={"kind": "addendum", "reason": "It came up later", "text": "More to say"},
    ),
    "psychotherapy.supervisor": Rule(
        Whose.PATIENT,
        THERAPISTS,
        THERAPISTS,
        A_SIGNED_NOTE,
        writer="therapist",
        sends={"supervisor": "other"},
    ),
    # Questionnaires: answered by the patient alone, entered from paper by those who treat
    "measures.mine": Rule(Whose.OWN, PATIENTS),
    "measures.start": Rule(Whose.OWN, post=PATIENTS, targets=A_MEASURE, writer="patient account"),
    "measures.answer": Rule(
        Whose.PATIENT, PATIENTS, PATIENTS, A_QUESTIONNAIRE, writer="patient account", sends={"q1": "3"}
    ),
    "measures.answer_item": Rule(
        Whose.PATIENT, post=PATIENTS, targets=A_QUESTIONNAIRE, writer="patient account", sends={"q2": "3"}
    ),
    "measures.support": Rule(Whose.PATIENT, PATIENTS, targets=A_QUESTIONNAIRE),
    "measures.done": Rule(
        Whose.PATIENT,
        PATIENTS,
        targets=[Target(found.of, found.arguments, status=302) for found in A_QUESTIONNAIRE],
    ),
    "measures.choose": Rule(Whose.PATIENT, TREATING, targets=A_PATIENT),
    "measures.paper": Rule(
        Whose.PATIENT,
        TREATING,
        TREATING,
        A_PAPER_FORM,
        writer="therapist",
        sends={"taken_on": "2026-03-01", **{f"q{item}": "1" for item in range(1, 10)}},
    ),
    "measures.score": Rule(Whose.PATIENT, CLINICAL, targets=A_SCORE),
    "measures.score_error": Rule(
        Whose.PATIENT, TREATING, TREATING, A_SCORE, writer="therapist", sends={"reason": "A slip of the pen"}
    ),
    # The drug log: kept by medical staff, read by the lead too; a waste is witnessed by whoever was asked
    "stock.show": Rule(Whose.OWN, STOCK),
    "stock.log": Rule(Whose.OWN, STOCK),
    "stock.set_up": Rule(Whose.OWN, STOCK),
    "stock.receive": Rule(
        Whose.OWN,
        KEEPERS,
        KEEPERS,
        writer="medical",
        sends={"chosen": "product", "number": "B-1", "expires_on": "2027-01-31", "place": "place", "amount": "2"},
    ),
    "stock.move": Rule(Whose.OWN, KEEPERS, KEEPERS, sends={**OF_A_LOT, "target": "place"}),
    "stock.open_unit": Rule(Whose.OWN, KEEPERS, KEEPERS, writer="medical", sends=OF_A_LOT),
    "stock.count": Rule(Whose.OWN, KEEPERS, KEEPERS, writer="medical", sends={**OF_A_LOT, "reason": "Gone"}),
    "stock.waste": Rule(Whose.OWN, KEEPERS, KEEPERS, writer="medical", sends=OF_A_LOT),
    "stock.give_back": Rule(Whose.OWN, KEEPERS, KEEPERS, writer="medical", sends={**OF_A_LOT, "supplier": "Them"}),
    "stock.waste_rest": Rule(Whose.CLINIC, KEEPERS, KEEPERS, A_DOSE, writer="medical"),
    "stock.act": Rule(Whose.CLINIC, STOCK, targets=[*A_RECEIPT, *A_WASTE]),
    "stock.reverse": Rule(Whose.CLINIC, KEEPERS, KEEPERS, A_RECEIPT, writer="medical", sends={"reason": "A slip"}),
    "stock.ask": Rule(Whose.CLINIC, KEEPERS, KEEPERS, A_WASTE, writer="medical", sends={"witness": "other"}),
    "stock.witness": Rule(Whose.OWN, CLINICAL),
    "stock.confirm": Rule(Whose.PATIENT, post=CLINICAL, targets=A_CALL, writer="therapist"),
    "stock.decline": Rule(
        Whose.PATIENT, CLINICAL, CLINICAL, A_CALL, writer="therapist", sends={"reason": "I was not there."}
    ),
    "stock.new_place": Rule(Whose.OWN, KEEPERS, KEEPERS, writer="medical", sends={"name": "Cart"}),
    "stock.edit_place": Rule(Whose.CLINIC, KEEPERS, KEEPERS, A_PLACE, writer="medical", sends={"name": "Cart"}),
    "stock.new_product": Rule(
        Whose.OWN, KEEPERS, KEEPERS, writer="medical", sends={"name": "Spravato", "form": "device", "unit_mg": "28"}
    ),
    "stock.edit_product": Rule(Whose.CLINIC, KEEPERS, KEEPERS, A_PRODUCT, writer="medical", sends={"name": "Other"}),
    "stock.edit_lot": Rule(Whose.CLINIC, KEEPERS, KEEPERS, A_LOT, writer="medical", sends={"number": "B-2"}),
    # The patient's own pages
    "outcomes.my": Rule(Whose.OWN, PATIENTS),
    "outcomes.my_beside": Rule(Whose.OWN, PATIENTS),
    "outcomes.my_practices": Rule(Whose.OWN, PATIENTS),
    "outcomes.tick_practice": Rule(
        Whose.PATIENT,
        post=PATIENTS,
        targets=A_PRACTICE,
        writer="patient account",
        sends={"on": "2026-03-18", "today": "y", "ticked": "y"},
    ),
    "outcomes.practice_later": Rule(Whose.PATIENT, post=PATIENTS, targets=A_PRACTICE),
    "outcomes.say_of_practice": Rule(
        Whose.PATIENT, PATIENTS, PATIENTS, A_PRACTICE, writer="patient account", sends={"status": "sometimes"}
    ),
    "outcomes.my_session": Rule(Whose.PATIENT, PATIENTS, targets=A_SIGNED_SESSION),
}


def expected(person: str, rule: Rule, target: Target, allowed: frozenset[str]) -> int:
    """The status of the answer where it is not 'yes'; 200 or the target's own where it is."""
    if rule.whose is Whose.PUBLIC:
        return target.status if target.of is not None else 404
    if person in (STREET, COPIED):
        return 401
    if rule.whose is Whose.PATIENT:
        patient = target.arguments.get("patient_id", target.of)
        if person not in SEES.get(patient or "", ()):
            return 404
    if person not in allowed:
        return 403
    if target.of is None:
        return 404
    if rule.whose is Whose.CLINIC and target.of != ("clinic" if person in HERE else "other clinic"):
        return 404
    return target.status
