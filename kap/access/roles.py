"""Permissions, roles, and the one table that ties them."""

from enum import StrEnum


class Permission(StrEnum):
    """What can be asked of the gate: `object:verb`."""

    ACCOUNT_OWN = "account:own"
    USERS_VIEW = "users:view"
    USERS_INVITE = "users:invite"
    CLINIC_VIEW = "clinic:view"
    CLINIC_SETTINGS = "clinic:settings"
    CASELOAD_VIEW = "caseload:view"
    CASELOAD_HAND_OVER = "caseload:hand-over"
    PATIENT_VIEW = "patient:view"
    PATIENT_ADD = "patient:add"
    PATIENT_EDIT = "patient:edit"
    PATIENT_INVITE = "patient:invite"
    CARE_TEAM_EDIT = "care-team:edit"
    COURSE_EDIT = "course:edit"
    SESSION_VIEW = "session:view"
    SESSION_PLAN = "session:plan"
    SESSION_RECORD = "session:record"
    SCORE_VIEW = "score:view"
    SCORE_ENTER = "score:enter"
    ERROR_MARK = "error:mark"
    DOSE_GIVE = "dose:give"
    DOSE_SIGN = "dose:sign"
    THERAPY_SIGN = "therapy:sign"
    PSYCHOTHERAPY_WRITE = "psychotherapy-note:write"
    LIMITS_VIEW = "limits:view"
    LIMITS_SET = "limits:set"
    PROTOCOL_VIEW = "protocol:view"
    PROTOCOL_EDIT = "protocol:edit"
    STOCK_VIEW = "stock:view"
    STOCK_KEEP = "stock:keep"
    STOCK_WITNESS = "stock:witness"
    ALERT_VIEW = "alert:view"
    ALERT_ACT = "alert:act"
    AUDIT_VIEW = "audit:view"
    OWN_RECORD = "own-record:view"
    OWN_READERS = "own-readers:view"
    OWN_ANSWERS = "own-answers:give"
    OWN_PRACTICES = "own-practices:tick"

    @property
    def label(self) -> str:
        """What it allows, in words."""
        return _PERMITTED[self]


class Role(StrEnum):
    """What a person is to the clinic; one may be several."""

    THERAPIST = "therapist"
    MEDICAL = "medical"
    LEAD = "lead"
    PATIENT = "patient"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        """The word on the page."""
        return {"medical": "Prescriber or nurse", "lead": "Clinic lead"}.get(self.value, self.value.capitalize())

    @property
    def meaning(self) -> str:
        """One line on what it is for."""
        return _MEANINGS[self]

    def get_permissions(self) -> frozenset[str]:
        """None, to Flask-Security, which asks each role at sign-in: here the gate alone decides."""
        return frozenset()


_PERMITTED = {
    Permission.ACCOUNT_OWN: "Use one's own account",
    Permission.USERS_VIEW: "See who works in the clinic",
    Permission.USERS_INVITE: "Invite people, give and take roles",
    Permission.CLINIC_VIEW: "See how the clinic is set up",
    Permission.CLINIC_SETTINGS: "Change the clinic's settings",
    Permission.CASELOAD_VIEW: "See the list of patients",
    Permission.CASELOAD_HAND_OVER: "Hand the patients of one person over to another",
    Permission.PATIENT_VIEW: "Open a patient's record",
    Permission.PATIENT_ADD: "Add a patient",
    Permission.PATIENT_EDIT: "Change a patient's details",
    Permission.PATIENT_INVITE: "Invite a patient",
    Permission.CARE_TEAM_EDIT: "Change a care team",
    Permission.COURSE_EDIT: "Open, change and end courses",
    Permission.SESSION_VIEW: "Read sessions",
    Permission.SESSION_PLAN: "Plan sessions",
    Permission.SESSION_RECORD: "Write sessions",
    Permission.SCORE_VIEW: "Read scores and answers",
    Permission.SCORE_ENTER: "Enter scores from paper",
    Permission.ERROR_MARK: "Mark sessions and scores as entered in error",
    Permission.DOSE_GIVE: "Give a dose, clear somebody for it, confirm an unusual amount",
    Permission.DOSE_SIGN: "Sign the medical part of a dosing session",
    Permission.THERAPY_SIGN: "Sign the therapy part of a session",
    Permission.PSYCHOTHERAPY_WRITE: "Keep psychotherapy notes of one's own, apart from the record",
    Permission.LIMITS_VIEW: "See the limits and schedules for doses",
    Permission.LIMITS_SET: "Set the limits and schedules for doses",
    Permission.PROTOCOL_VIEW: "See the protocols of the clinic",
    Permission.PROTOCOL_EDIT: "Change the protocols of the clinic",
    Permission.STOCK_VIEW: "See the drug log",
    Permission.STOCK_KEEP: "Keep the drug log",
    Permission.STOCK_WITNESS: "Witness that a drug was wasted",
    Permission.ALERT_VIEW: "See alerts",
    Permission.ALERT_ACT: "Act on alerts",
    Permission.AUDIT_VIEW: "See who read and changed what",
    Permission.OWN_RECORD: "See one's own scores and timeline",
    Permission.OWN_READERS: "See who opened one's own record",
    Permission.OWN_ANSWERS: "Answer questionnaires",
    Permission.OWN_PRACTICES: "Tick what was agreed, and say whether it is still done",
}

_MEANINGS = {
    Role.THERAPIST: "Logs sessions with the patients of their care teams.",
    Role.MEDICAL: "Gives or watches doses of the patients of their care teams.",
    Role.LEAD: "Reviews the clinic's session records and progress; sees every patient of the clinic.",
    Role.PATIENT: "Answers questionnaires and sees their own timeline.",
    Role.ADMIN: "Looks after users and settings; sees no patients.",
}

_OWN_ACCOUNT = frozenset({Permission.ACCOUNT_OWN})
_READING = frozenset(
    {
        Permission.CLINIC_VIEW,
        Permission.CASELOAD_VIEW,
        Permission.PATIENT_VIEW,
        Permission.PATIENT_ADD,
        Permission.PATIENT_EDIT,
        Permission.PATIENT_INVITE,
        Permission.CARE_TEAM_EDIT,
        Permission.SESSION_VIEW,
        Permission.SCORE_VIEW,
        Permission.ALERT_VIEW,
        Permission.ALERT_ACT,
        Permission.LIMITS_VIEW,
        Permission.PROTOCOL_VIEW,
        Permission.STOCK_WITNESS,
    }
)
_WRITING = frozenset(
    {
        Permission.COURSE_EDIT,
        Permission.SESSION_PLAN,
        Permission.SESSION_RECORD,
        Permission.SCORE_ENTER,
        Permission.ERROR_MARK,
    }
)
_SETTING = frozenset({Permission.LIMITS_SET, Permission.PROTOCOL_EDIT, Permission.STOCK_VIEW})
_RUNNING = frozenset(
    {Permission.CLINIC_VIEW, Permission.USERS_VIEW, Permission.USERS_INVITE, Permission.CLINIC_SETTINGS}
)

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.THERAPIST: _OWN_ACCOUNT | _READING | _WRITING | {Permission.THERAPY_SIGN, Permission.PSYCHOTHERAPY_WRITE},
    Role.MEDICAL: _OWN_ACCOUNT
    | _READING
    | _WRITING
    | _SETTING
    | {Permission.DOSE_GIVE, Permission.DOSE_SIGN, Permission.STOCK_KEEP},
    Role.LEAD: _OWN_ACCOUNT | _READING | _RUNNING | _SETTING | {Permission.CASELOAD_HAND_OVER, Permission.AUDIT_VIEW},
    Role.PATIENT: _OWN_ACCOUNT
    | {Permission.OWN_RECORD, Permission.OWN_READERS, Permission.OWN_ANSWERS, Permission.OWN_PRACTICES},
    Role.ADMIN: _OWN_ACCOUNT | _RUNNING,
}
"""What each role may do, towards those patients whom it lets one see."""

STAFF = frozenset(Role) - {Role.PATIENT}


def granted(roles: frozenset[Role]) -> frozenset[Permission]:
    """All that these roles allow together."""
    return frozenset().union(*(GRANTS[role] for role in roles))
