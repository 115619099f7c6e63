"""Each act of the log in plain words: for the clinic lead, and for the patient whose record it was."""

from kap.audit.models import Action

WORDS: dict[str, tuple[str, str]] = {
    Action.CLINIC_SET_UP: ("", "set up the clinic"),
    Action.CLINIC_CHANGED: ("", "changed the clinic's settings"),
    Action.DEMO_PLAYED: ("", "filled the clinic with made-up people"),
    Action.USER_INVITED: ("invited", "invited somebody to work here"),
    Action.USER_JOINED: ("", "joined"),
    Action.ACCOUNT_CHANGED: ("changed the account of", "changed an account"),
    Action.SIGNED_IN: ("", "signed in"),
    Action.SIGN_IN_FAILED: ("tried to sign in, and failed, as", "tried to sign in with an unknown address, and failed"),
    Action.SIGNED_OUT: ("", "signed out"),
    Action.PATIENT_ADDED: ("added", "added a patient"),
    Action.PATIENT_CHANGED: ("changed the details of", "changed the details of a patient"),
    Action.CARE_TEAM_CHANGED: ("changed the care team of", "changed a care team"),
    Action.COURSE_OPENED: ("opened a course for", "opened a course"),
    Action.COURSE_CHANGED: ("changed the course of", "changed a course"),
    Action.COURSE_ENDED: ("ended the course of", "ended a course"),
    Action.SESSION_PLANNED: ("planned a session with", "planned a session"),
    Action.SESSION_RECORDED: ("wrote up a session with", "wrote up a session"),
    Action.SESSION_CHANGED: ("changed a session of", "changed a session"),
    Action.SESSION_IN_ERROR: (
        "marked as entered in error a session of",
        "marked a session as entered in error",
    ),
    Action.ANSWERS_KEPT: ("kept answers of", "kept answers"),
    Action.SCORE_ENTERED: ("entered a score of", "entered a score"),
    Action.SCORE_IN_ERROR: ("marked as entered in error a score of", "marked a score as entered in error"),
    Action.ALERT_RAISED: ("entered an answer that raised an alert about", "raised an alert"),
    Action.ALERT_ACTED_ON: ("wrote down what was done about an alert about", "closed an alert"),
    Action.SCORES_IMPORTED: ("imported scores of", "imported scores from a file"),
    Action.SESSIONS_IMPORTED: ("imported sessions of", "imported sessions from a file"),
    Action.RECORD_VIEWED: ("opened the record of", "opened a record"),
    Action.LIST_VIEWED: ("", "looked at a list"),
    Action.AUDIT_VIEWED: ("looked up who opened the record of", "looked through this log"),
    Action.INVITATION_REVOKED: ("withdrew the invitation of", "withdrew an invitation"),
    Action.USER_CHANGED: ("changed the roles of", "changed somebody's roles"),
    Action.USER_DEACTIVATED: ("shut out", "shut somebody out"),
    Action.USER_REACTIVATED: ("let in again", "let somebody in again"),
}
"""What somebody did: before the name of whom it was done to, and where nobody is named."""

LISTS = {
    "caseload": "looked at the list of patients",
    "alerts": "looked at the open alerts",
    "verdicts": "printed the verdicts of all patients",
}
"""The lists by the name that their event gives."""

TO_PATIENT: dict[str, str | None] = {
    Action.CLINIC_SET_UP: None,
    Action.CLINIC_CHANGED: None,
    Action.DEMO_PLAYED: None,
    Action.USER_INVITED: "invited you to this site",
    Action.USER_JOINED: None,
    Action.ACCOUNT_CHANGED: "changed your account",
    Action.SIGNED_IN: None,
    Action.SIGN_IN_FAILED: None,
    Action.SIGNED_OUT: None,
    Action.PATIENT_ADDED: "began your record",
    Action.PATIENT_CHANGED: "changed your details",
    Action.CARE_TEAM_CHANGED: "changed who is on your care team",
    Action.COURSE_OPENED: "opened a course of treatment",
    Action.COURSE_CHANGED: "changed the plan of your course",
    Action.COURSE_ENDED: "closed a course of treatment",
    Action.SESSION_PLANNED: "planned a session",
    Action.SESSION_RECORDED: "wrote up a session",
    Action.SESSION_CHANGED: "changed what was written about a session",
    Action.SESSION_IN_ERROR: "took back a session that was entered by mistake",
    Action.ANSWERS_KEPT: "entered answers",
    Action.SCORE_ENTERED: "entered a score",
    Action.SCORE_IN_ERROR: "took back a score that was entered by mistake",
    # That an answer raised an alert they were told at that moment, with whom to talk to; here it would only weigh.
    Action.ALERT_RAISED: None,
    Action.ALERT_ACTED_ON: "wrote in your record",
    Action.SCORES_IMPORTED: "brought scores over from another file",
    Action.SESSIONS_IMPORTED: "brought sessions over from another file",
    Action.RECORD_VIEWED: "read your record",
    Action.LIST_VIEWED: "saw you on the list of patients",
    Action.AUDIT_VIEWED: "looked up who opened your record",
    Action.INVITATION_REVOKED: "took back an invitation to this site",
    Action.USER_CHANGED: None,
    Action.USER_DEACTIVATED: None,
    Action.USER_REACTIVATED: None,
}
"""The same to the patient whose record it was; None for what they are not told, or what concerns no record."""
