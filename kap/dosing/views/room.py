"""The live page: one for the room, where every tap is kept at once and two people see the same log."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access.roles import Permission
from kap.audit.log import nothing_shown
from kap.core import clock
from kap.dosing.actions.room import withdraw_entry
from kap.dosing.forms.room import CORRECTIONS, EVENT, READING, AnswerForm, Tap, WithdrawForm, tap_form
from kap.dosing.models import ObservationKind, VitalsAlert
from kap.dosing.queries import room as queries
from kap.dosing.queries.limits import limits_of
from kap.dosing.rules import room as rules
from kap.dosing.rules.limits import Due, Level, Limits, next_due
from kap.dosing.rules.phases import Phase
from kap.dosing.views import bp, load_dosing, render_phase
from kap.people.load import load
from kap.treatment.models import DosingSession, Severity
from kap.treatment.terms import TERMS
from kap.web.forms import sent_by_script

KINDS = {READING, EVENT, *ObservationKind}


@bp.route("/sessions/<uuid:session_id>/room", methods=["GET", "POST"])
def room(session_id: UUID) -> ResponseReturnValue:
    """What happens in the room, as it happens."""
    if request.method == "GET":
        return _page(load_dosing(session_id, Permission.SESSION_VIEW))
    session = load_dosing(session_id, Permission.SESSION_RECORD)
    if request.form.get("kind") not in KINDS:
        abort(400)
    form = tap_form(request.form["kind"])
    if form.validate_on_submit() and form.attempt(form.keep, session):
        return _kept(session_id)
    return _refused(form) if sent_by_script() else _page(session, form)


@bp.get("/sessions/<uuid:session_id>/room/news")
def room_news(session_id: UUID) -> ResponseReturnValue:
    """The log where it is another than the page has `seen`; else nothing, and nothing is logged."""
    session = load_dosing(session_id, Permission.SESSION_VIEW)
    state = queries.state_of(session)
    if request.args.get("seen") == state:
        nothing_shown()
        return "", 204
    if queries.looking(session, current_user):
        nothing_shown()
    return {"html": render_template("dosing/_room_live.html", session=session, **_live(session, state))}


@bp.route("/sessions/<uuid:session_id>/room/<what>/<uuid:entry_id>", methods=["GET", "POST"])
def room_entry(session_id: UUID, what: str, entry_id: UUID) -> ResponseReturnValue:
    """Put right what was tapped, or take it out; what stood there stays in the record."""
    kind, correction = CORRECTIONS.get(what) or abort(404)
    entry = load(kind, entry_id, Permission.SESSION_RECORD)
    session = load_dosing(session_id, Permission.SESSION_RECORD)
    if entry.session_id != session_id:
        abort(404)
    form = correction(entry, session)
    withdrawal = WithdrawForm()
    if "why" in request.form:
        if withdrawal.validate_on_submit() and withdrawal.done(
            withdraw_entry, entry, reason=withdrawal.why.data, by=current_user
        ):
            return redirect(url_for(".room", session_id=session_id))
    elif form.validate_on_submit() and form.attempt(form.keep):
        return redirect(url_for(".room", session_id=session_id))
    return render_phase(
        "dosing/room_entry.html", session, Phase.MONITORING, form=form, withdrawal=withdrawal, entry=entry, what=what
    )


@bp.route("/sessions/<uuid:session_id>/room/alerts/<uuid:alert_id>", methods=["GET", "POST"])
def room_alert(session_id: UUID, alert_id: UUID) -> ResponseReturnValue:
    """Say what was done about a limit that was crossed."""
    alert = load(VitalsAlert, alert_id, Permission.SESSION_RECORD)
    session = load_dosing(session_id, Permission.SESSION_RECORD)
    if alert.session_id != session_id:
        abort(404)
    form = AnswerForm()
    if form.validate_on_submit() and form.attempt(form.keep, alert):
        return _kept(session_id)
    if sent_by_script():
        return _refused(form)
    return render_phase(
        "dosing/room_alert.html", session, Phase.MONITORING, form=form, alert=alert, actions=rules.DONE, new_key=uuid4
    )


def _kept(session_id: UUID) -> ResponseReturnValue:
    """A script is told no more than that, and the page asks for the log itself: so a tap costs little."""
    if sent_by_script():
        nothing_shown()
        return {"kept": True}
    flash("Saved.", "success")
    return redirect(url_for(".room", session_id=session_id))


def _refused(form: Tap) -> ResponseReturnValue:
    """What has to be put right, for the page, which still holds what was typed."""
    nothing_shown()
    return {"problems": list(form.problems())}, 409 if form.of_another else 422


def _page(session: DosingSession, form: Tap | None = None) -> str:
    """The whole page; `form` is what could not be kept, and stands open on it."""
    state = queries.state_of(session)
    values = _live(session, state)
    values |= {
        "form": form,
        "rules": rules,
        "terms": [(term, TERMS[term].label) for term in rules.OFTEN],
        "severities": [(severity.value, severity.label) for severity in Severity],
        "administration": url_for(".administration", session_id=session.id),
    }
    return render_phase("dosing/room.html", session, Phase.MONITORING, **values)


def _live(session: DosingSession, state: str) -> dict[str, Any]:
    """What changes while the page stands: the clock, what is due, the alerts and the log."""
    limits, now = limits_of(session.clinic_id), clock.now()
    entries, alerts = queries.entries(session), queries.alerts(session)
    stay = limits.observe(session.route)
    readings = {entry.id: entry for entry in entries if entry.what == READING and entry.error_at is None}
    return {
        "state": state,
        "entries": entries,
        "raised": _by_source(alerts),
        "waiting": list(_by_source(alert for alert in alerts if alert.open).values()),
        "by_id": {entry.id: entry for entry in entries},
        "late": timedelta(minutes=limits.late_after_minutes),
        "due": None if session.discharged_at else _due(session, alerts, readings, limits),
        "leaves_at": session.dosed_at + timedelta(minutes=stay) if session.dosed_at and stay else None,
        "now": now,
        "done": rules.DONE,
        "ago": rules.AGO,
        "new_key": uuid4,
    }


def _by_source(alerts: Iterable[queries.Alert]) -> dict[UUID, list[queries.Alert]]:
    """The alerts of each entry, the loudest first."""
    found: dict[UUID, list[queries.Alert]] = {}
    for alert in sorted(alerts, key=lambda one: -list(Level).index(one.level)):
        found.setdefault(alert.source_id, []).append(alert)
    return found


def _due(
    session: DosingSession, alerts: Iterable[queries.Alert], readings: dict[UUID, queries.Entry], limits: Limits
) -> Due | None:
    """The next reading: by the schedule of the route, or sooner to repeat one that crossed a limit."""
    taken = [entry.at for entry in readings.values()]
    due = next_due(session.route, session.dosed_at, taken, limits, clock.now())
    wait = timedelta(minutes=limits.repeat_after_minutes)
    repeats = [
        Due(readings[alert.source_id].at + wait, limits.repeat_after_minutes, "to repeat the last")
        for alert in alerts
        if alert.repeat_id is None and alert.level is not Level.NOTICE and alert.source_id in readings
    ]
    return min(filter(None, (due, *repeats)), key=lambda one: one.at, default=None)
