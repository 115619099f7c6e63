"""Pages of adverse events: those of a session, one of them, and those that wait for somebody."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access import gate
from kap.access.roles import Permission
from kap.audit.log import viewed
from kap.audit.models import Action
from kap.dosing.actions import events as actions
from kap.dosing.forms.events import EventChangeForm, EventForm, stored
from kap.dosing.forms.giving import WhyForm
from kap.dosing.queries.events import as_told, events_of, waiting_events
from kap.dosing.rules.events import ACTIONS, CRITERIA, GRADES, OUTCOMES, RELATEDNESS, wanting
from kap.dosing.rules.phases import Phase
from kap.dosing.views import bp, load_dosing, render_phase
from kap.people.load import load
from kap.people.queries import name_of
from kap.treatment.models import AdverseEvent, Severity
from kap.web.filters import day, moment


@bp.route("/sessions/<uuid:session_id>/events", methods=["GET", "POST"])
def events(session_id: UUID) -> ResponseReturnValue:
    """The adverse events of a session, and a form for another."""
    writes = request.method == "POST"
    session = load_dosing(session_id, Permission.SESSION_RECORD if writes else Permission.SESSION_VIEW)
    form = EventForm()
    if form.validate_on_submit() and form.attempt(actions.report, session, form.told(), by=current_user):
        flash("The adverse event is written down.", "success")
        return redirect(url_for(".events", session_id=session_id))
    found = [(version, wanting(as_told(version.now))) for version in events_of(session)]
    return render_phase(
        "dosing/events.html", session, Phase.MONITORING, form=form, found=found, facts_of=_facts, severity=_severity
    )


@bp.route("/adverse-events/<uuid:event_id>", methods=["GET", "POST"])
def change_event(event_id: UUID) -> ResponseReturnValue:
    """Say more about an event, or correct it."""
    event = load(AdverseEvent, event_id, Permission.SESSION_RECORD)
    form = EventChangeForm(data=stored(event))
    if form.validate_on_submit() and form.attempt(
        actions.change, event, form.told(), why=form.why.data or "", by=current_user
    ):
        flash("Saved. What was said before stays in the record.", "success")
        return redirect(url_for(".events", session_id=event.session_id))
    session = load_dosing(event.session_id, Permission.SESSION_RECORD)
    return render_template("dosing/event.html", form=form, event=event, session=session, patient=session.patient)


@bp.route("/adverse-events/<uuid:event_id>/withdraw", methods=["GET", "POST"])
def withdraw_event(event_id: UUID) -> ResponseReturnValue:
    """Say that there was no such event."""
    event = load(AdverseEvent, event_id, Permission.SESSION_RECORD)
    form = WhyForm()
    if form.validate_on_submit() and form.attempt(
        actions.withdraw_event, event, why=form.why.data or "", by=current_user
    ):
        flash("Taken back. It no longer counts, and stays in the record.", "success")
        return redirect(url_for(".events", session_id=event.session_id))
    session = load_dosing(event.session_id, Permission.SESSION_RECORD)
    return render_template(
        "dosing/take_back.html",
        form=form,
        session=session,
        patient=session.patient,
        heading="There was no such event",
        what=event.label,
        back=url_for(".events", session_id=session.id),
    )


@bp.get("/events")
def waiting() -> str:
    """The events that want something of somebody, of the patients that one may see."""
    gate.require(Permission.SESSION_VIEW)
    found = waiting_events(current_user)
    viewed(
        Action.LIST_VIEWED,
        by=current_user,
        name="events",
        patients=sorted({str(event.patient_id) for event in found}),
    )
    rows = [(event, wanting(as_told(event))) for event in found]
    return render_template("dosing/waiting_events.html", rows=rows)


def _severity(event: AdverseEvent) -> str:
    return Severity(event.severity).label if event.severity else "How bad is not said yet"


def _facts(event: AdverseEvent) -> list[tuple[str, str | None]]:
    """What a row says, in pairs of name and words."""
    said = {True: "Yes", False: "No", None: None}
    criteria = [CRITERIA[name] for name in (event.criteria or "").split(",") if name in CRITERIA]
    grade = f"{event.ctcae_grade}: {GRADES[event.ctcae_grade]}" if event.ctcae_grade else None
    return [
        ("In words", event.words),
        ("Since", moment(event.onset_at) if event.onset_at else None),
        ("Until", moment(event.ended_at) if event.ended_at else None),
        ("CTCAE grade", grade),
        ("Serious", "; ".join(criteria) if event.serious and criteria else said[event.serious]),
        ("Expected", said[event.expected]),
        ("Related to the drug", RELATEDNESS.get(event.relatedness or "")),
        ("Done with the drug", ACTIONS.get(event.action_taken or "")),
        ("Treatment", event.treatment),
        ("Outcome", OUTCOMES.get(event.outcome or "")),
        ("Follow up on", day(event.follow_up_on) if event.follow_up_on else None),
        ("Reported to", " · ".join(filter(None, [event.reported_to, event.report_reference])) or None),
        ("Written down", f"{moment(event.entered_at)}, {name_of(event.entered_by) or 'not known by whom'}"),
    ]
