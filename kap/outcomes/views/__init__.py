"""The caseload, a patient's progress for the clinic, and the same for the patient."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission
from kap.audit.log import viewed
from kap.audit.models import Action
from kap.core import clock
from kap.measures.queries import catalogue, open_questionnaires
from kap.outcomes.ahead import ahead_of
from kap.outcomes.arc import course_arc
from kap.outcomes.beside import MOST, Asked, side_by_side
from kap.outcomes.caseload import NARROWS, caseload_page, shortened
from kap.outcomes.courses import course_lines
from kap.outcomes.coverage import DAYS, coverage_in_sight
from kap.outcomes.doses import dose_days
from kap.outcomes.followed import told
from kap.outcomes.later import asked_later
from kap.outcomes.own_session import own_session
from kap.outcomes.practices import own_card, said_text
from kap.outcomes.progress import SPANS, Choice, Progress, Record, marked_in_error, progress_of, record_of
from kap.outcomes.search import MOST_SEARCHED, sealed_search
from kap.outcomes.timeline import Rail, listed, timeline
from kap.people.load import load, load_own_record, load_patient
from kap.people.models import Patient
from kap.safety.queries import open_alerts_of
from kap.treatment.agreed import PracticeRow, practices_of
from kap.treatment.models import Course, TreatmentSession
from kap.treatment.queries import released_parts, signed_parts
from kap.treatment.window import WINDOW_EVIDENCE
from kap.web.forms import clinic_zone, page_number

bp = Blueprint("outcomes", __name__)


@bp.get("/patients")
def caseload() -> str:
    """The patients in one's sight, those who need somebody first."""
    gate.require(Permission.CASELOAD_VIEW)
    user = current_user._get_current_object()
    page = caseload_page(user, request.args, today=clock.today(clinic_zone()), base=url_for(".caseload"))
    seen = [str(line.patient_id) for line in page.lines]
    viewed(Action.LIST_VIEWED, by=user, name="caseload", patients=seen, **page.asked)
    return render_template("outcomes/caseload.html", page=page)


@bp.post("/patients/find")
def find() -> ResponseReturnValue:
    """Search the list: what was typed is often a name, so it goes into the address sealed."""
    gate.require(Permission.CASELOAD_VIEW)
    text, cut = shortened(request.form.get("text", ""))
    if cut:
        flash(f"This was long: only its first {MOST_SEARCHED} characters are searched for.", "info")
    found = sealed_search(text, current_user) if text else None
    chosen: dict[str, Any] = {name: request.args.get(name) for name in NARROWS}
    return redirect(url_for(".caseload", find=found, **chosen))


@bp.get("/patients/integration")
def coverage() -> str:
    """Which doses of the last months an integration session has followed; the courses where most wait first."""
    gate.require(Permission.CASELOAD_VIEW)
    user = current_user._get_current_object()
    found = coverage_in_sight(user, clock.now(), page_number(request.args.get("page")))
    viewed(Action.LIST_VIEWED, by=user, name="coverage", patients=[str(one.patient_id) for one in found.waiting])
    return render_template(
        "outcomes/coverage.html",
        found=found,
        told=told(found.counts, found.window),
        days=DAYS,
        window_evidence=WINDOW_EVIDENCE,
    )


@bp.get("/patients/<uuid:patient_id>")
def patient(patient_id: UUID) -> str:
    """One patient: is the change lasting? With the sessions and scores beneath."""
    patient = load_patient(patient_id, Permission.PATIENT_VIEW)
    record, progress = _progress(patient, to_patient=False)
    practices = practices_of(patient)
    return render_template(
        "outcomes/patient.html",
        patient=patient,
        record=record,
        progress=progress,
        spans=SPANS,
        courses=course_lines(record, catalogue()),
        ahead=ahead_of(record, clock.now().astimezone(clinic_zone())),
        practices=practices,
        said_text=said_text,
        rail=_rail(patient, record, progress, practices, to_patient=False),
        alerts=open_alerts_of(patient),
    )


@bp.get("/patients/<uuid:patient_id>/in-error")
def in_error(patient_id: UUID) -> str:
    """What was marked as entered in error: out of verdict and lists, and still in the record."""
    patient = load_patient(patient_id, Permission.SESSION_VIEW)
    marked = marked_in_error(patient, zone=clinic_zone())
    rail = timeline(marked.sessions, marked.scores, catalogue(), signed=None, whole=True, to_patient=False)
    return render_template("outcomes/in_error.html", patient=patient, rail=rail)


@bp.get("/patients/<uuid:patient_id>/side-by-side")
def beside(patient_id: UUID) -> str:
    """Up to three measures on one axis: what changed, and what did not."""
    patient = load_patient(patient_id, Permission.PATIENT_VIEW)
    return _side_by_side("outcomes/beside.html", patient, to_patient=False)


@bp.get("/patients/<uuid:patient_id>/doses")
def doses(patient_id: UUID) -> str:
    """The scores before and after each dose of a course."""
    patient = load_patient(patient_id, Permission.PATIENT_VIEW)
    record = record_of(patient, zone=clinic_zone())
    compared = dose_days(record, catalogue(), request.args.get("course"))
    return render_template("outcomes/doses.html", patient=patient, record=record, compared=compared)


@bp.get("/courses/<uuid:course_id>/arc")
def arc(course_id: UUID) -> str:
    """A course from intention to what is kept: its sessions in order, with the scores beside them."""
    course = load(Course, course_id, Permission.SESSION_VIEW)
    patient = course.patient
    record = record_of(patient, zone=clinic_zone())
    arc = course_arc(course, patient, record, catalogue())
    return render_template("outcomes/arc.html", patient=patient, arc=arc, window_evidence=WINDOW_EVIDENCE)


@bp.get("/my/side-by-side")
def my_beside() -> str:
    """The patient's own measures on one axis."""
    patient = load_own_record(Permission.OWN_RECORD)
    return _side_by_side("outcomes/my_beside.html", patient, to_patient=True)


@bp.get("/my")
def my() -> str:
    """The same facts for the patient, in plain words."""
    patient = load_own_record(Permission.OWN_RECORD)
    record, progress = _progress(patient, to_patient=True)
    practices = practices_of(patient)
    return render_template(
        "outcomes/my.html",
        patient=patient,
        record=record,
        progress=progress,
        spans=SPANS,
        agreed=own_card(practices, today=record.today, later=asked_later(record.today)),
        rail=_rail(patient, record, progress, practices, to_patient=True),
        unfinished=open_questionnaires(patient),
    )


@bp.get("/my/sessions/<uuid:session_id>")
def my_session(session_id: UUID) -> str:
    """What happened in a session and what was agreed, once it is signed."""
    session = load(TreatmentSession, session_id, Permission.OWN_RECORD)
    told = own_session(session) or abort(404)
    return render_template("outcomes/my_session.html", session=session, told=told)


def _side_by_side(template: str, patient: Patient, *, to_patient: bool) -> str:
    record = record_of(patient, zone=clinic_zone())
    wanted = ",".join(request.args.getlist("beside")).split(",")
    asked = Asked(wanted, request.args.get("course"), request.args.get("span"))
    shown = side_by_side(record, catalogue(), asked, to_patient=to_patient)
    return render_template(template, patient=patient, record=record, shown=shown, spans=SPANS, most=MOST)


def _rail(
    patient: Patient,
    record: Record,
    progress: Progress | None,
    practices: Sequence[PracticeRow],
    *,
    to_patient: bool,
) -> Rail:
    scores = listed(record.scores, catalogue(), progress.instrument.id if progress else None)
    whole = request.args.get("whole") == "1"
    signed = released_parts(patient) if to_patient else signed_parts(patient)
    return timeline(
        record.sessions,
        scores,
        catalogue(),
        signed=signed,
        practices=practices,
        whole=whole,
        to_patient=to_patient,
    )


def _progress(patient: Patient, *, to_patient: bool) -> tuple[Record, Progress | None]:
    record = record_of(patient, zone=clinic_zone())
    choice = Choice(request.args.get("measure"), request.args.get("course"), request.args.get("span"))
    return record, progress_of(record, catalogue(), choice, to_patient=to_patient)


# It registers its pages on the blueprint.
import kap.outcomes.views.practices  # noqa: E402, F401
