"""The session as a whole, and the phases that are forms."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from kap.access import gate
from kap.access.roles import Permission, Role
from kap.audit.log import viewed
from kap.audit.models import Action
from kap.charts.vitals import Dose, Signs, Vitals, vitals
from kap.core import clock
from kap.dosing.actions import phases as actions
from kap.dosing.forms.phases import (
    CallForm,
    ChecklistForm,
    ClearForm,
    ConsentForm,
    DecisionForm,
    SignForm,
    WithdrawForm,
    sheet_form,
)
from kap.dosing.models import Consent, GoNoGo
from kap.dosing.queries.content import content_of
from kap.dosing.queries.phases import (
    AROUND,
    Record,
    calls_due,
    dosing_today,
    filled_checklist,
    filled_sheet,
    record_of,
    screened_before,
)
from kap.dosing.rules.consents import LABELS, METHODS, SIGNERS, TYPES
from kap.dosing.rules.eligibility import ITEMS, Level
from kap.dosing.rules.phases import Phase
from kap.dosing.rules.sheets import CALL, SHEETS
from kap.dosing.rules.standing import Missing, missing_of
from kap.dosing.views import bp, load_dosing, next_href, render_phase
from kap.dosing.views.giving import givings_shown
from kap.people.load import load, load_patient
from kap.people.queries import name_of
from kap.treatment.actions import plan_session
from kap.treatment.asked import grouped, read
from kap.treatment.content import canonical, digest_of
from kap.treatment.drafts import drafted
from kap.treatment.models import Kind as SessionKind
from kap.treatment.models import Part, Status
from kap.treatment.queries import integrations_of, open_course_of, session_rows
from kap.treatment.reading import told_fields
from kap.web.filters import number


def _any(names: Iterable[str]) -> str:
    """The names as the converter `any` takes them."""
    return ", ".join(f"'{name}'" for name in names)


@bp.get("/sessions/<uuid:session_id>/dosing")
def show(session_id: UUID) -> str:
    """All that stands in the record of a dosing session, and what is missing."""
    session = load_dosing(session_id, Permission.SESSION_VIEW)
    record = record_of(session)
    return render_phase("dosing/show.html", session, None, record, **_shown(record))


def _shown(record: Record) -> dict[str, Any]:
    """What the sections of the reading page are told."""
    session = record.session
    rows = {row.id: row for row in session_rows(session.patient)}
    return {
        "row": rows.get(session.id),
        "sheets": {name: told_sheet(record, name) for name in SHEETS},
        "givings": givings_shown(session, record.administrations, record.limits),
        "calls": [(call, told_fields(CALL, json.loads(call.answers or "{}"))) for call in record.calls],
        "decisions": [(decision, json.loads(decision.warned or "[]")) for decision in record.decisions],
        "labels": LABELS,
        "charts": _charts(record),
        "overdue": session.status == Status.PLANNED and session.starts_at < clock.now() - AROUND,
        "integrations": integrations_of(session),
        "error_by": name_of(session.error_by),
    }


def _charts(record: Record) -> list[tuple[str, Vitals]]:
    """The vital signs as drawn for a desk and for a phone."""
    start = record.session.given_at
    signs = [
        Signs(_minutes(start, row.at), row.systolic, row.diastolic, row.heart_rate)
        for row in record.readings
        if not row.in_error
    ]
    doses = [
        Dose(_minutes(start, row.at), f"{number(row.amount_mg)} mg")
        for row in record.administrations
        if not row.in_error
    ]
    drawn = [(look, vitals(signs, doses, width=width)) for look, width in (("wide", 760), ("narrow", 340))]
    return [(look, chart) for look, chart in drawn if chart is not None]


def _minutes(start: datetime, at: datetime) -> float:
    return (at - start).total_seconds() / 60


SIGNS = {Part.ADMINISTRATION: Permission.DOSE_SIGN, Part.THERAPY: Permission.THERAPY_SIGN}


@bp.route(f"/sessions/<uuid:session_id>/sign/<any({_any(Part)}):part>", methods=["GET", "POST"])
def sign(session_id: UUID, part: str) -> ResponseReturnValue:
    """Show a part as it will be signed, and sign it."""
    which = Part(part)
    session = load_dosing(session_id, SIGNS[which])
    form = SignForm()
    if form.validate_on_submit() and form.attempt(
        actions.sign, session, which, digest=form.digest.data or "", by=current_user
    ):
        flash("Signed. It stays as it is; what comes up later can be written as an addendum.", "success")
        return redirect(url_for(".show", session_id=session_id))
    record = record_of(session)
    if leave := _to_what_is_signed(record, which):
        return leave
    form.digest.data = digest_of(canonical(content_of(record, which)))
    return render_phase("dosing/sign.html", session, None, record, form=form, part=which, **_shown(record))


@bp.post("/patients/<uuid:patient_id>/dosing")
def start(patient_id: UUID) -> ResponseReturnValue:
    """Start a dosing session now: the one that is planned for these hours, or a new one."""
    patient = load_patient(patient_id, Permission.SESSION_RECORD)
    planned, course = dosing_today(patient), open_course_of(patient)
    if planned is not None:
        return redirect(url_for(".checklist", session_id=planned.id))
    if course is None:
        flash("A session belongs to a course of treatment. Please open one first.", "info")
        return redirect(url_for("treatment.new_course", patient_id=patient_id))
    made = plan_session(course, kind=SessionKind.DOSING, starts_at=clock.now(), team=[current_user.id], by=current_user)
    return redirect(url_for(".checklist", session_id=made.id))


@bp.route(f"/sessions/<uuid:session_id>/sheets/<any({_any(SHEETS)}):name>", methods=["GET", "POST"])
def sheet(session_id: UUID, name: str) -> ResponseReturnValue:
    """Fill in one sheet."""
    session = load_dosing(session_id, Permission.SESSION_RECORD)
    record, asked = record_of(session), SHEETS[name]
    draft, fields = drafted(session.patient, session_id, name), asked.offered(record.route, record.place)
    typed = {*request.form, *draft.filled.get("formdata", ())}
    if any(one.name in typed for one in asked.fields if one not in fields):
        # What somebody typed is kept, though the route has become another since their page was opened.
        fields = list(asked.fields)
    if (leave := _to_what_is_signed(record, asked.part)) and not draft.found:
        return leave
    form = sheet_form(tuple(fields))(obj=filled_sheet(record, name), **draft.filled)
    earlier = screened_before(session) if name == "screening" and name not in record.sheets else None
    if earlier and not form.is_submitted() and not draft.found:
        form.process(obj=None, **{field.name: read(field.kind, earlier.answers.get(field.name)) for field in fields})
        form.version.data = 0
    if form.validate_on_submit() and form.attempt(
        actions.save_sheet, session, asked, answers=form.answers(), version=form.version.data, by=current_user
    ):
        _say_saved(asked.label, _missing(record_of(session), name))
        return redirect(next_href(session) if "on" in request.form else request.path)
    return render_phase(
        "dosing/sheet.html",
        session,
        asked.phase,
        record,
        form=form,
        sheet=asked,
        groups=grouped(fields),
        draft=draft,
        earlier=earlier,
        missing=_missing(record, name),
    )


def _to_what_is_signed(record: Record, part: str | None) -> Response | None:
    """The way to the reading page for whoever opens a form of what is signed; what is sent the action answers."""
    if part is None or Part(part) not in record.signed.signatures or request.method == "POST":
        return None
    flash("This part is signed, and stays as it is. You can write an addendum.", "info")
    return redirect(url_for(".show", session_id=record.session.id))


def _missing(record: Record, name: str) -> list[Missing]:
    """What the sheet wants yet: its own fields, and what the record as a whole makes one of them wanted for."""
    found = missing_of(SHEETS[name], record.answers.get(name, {}), record.route, record.place)
    own = {field.name for field in SHEETS[name].fields}
    phase = next(standing for standing in record.phases if standing.phase is SHEETS[name].phase)
    return found + [one for one in phase.missing if one.field in own and one not in found]


def _say_saved(label: str, missing: list[Missing]) -> None:
    words = [one.words for one in missing]
    shown = ", ".join(words[:4]) + (f" and {len(words) - 4} more" if len(words) > 4 else "")
    flash(f"{label}: saved{f'; still missing: {shown}' if words else ', and complete'}.", "success")


@bp.route("/sessions/<uuid:session_id>/eligibility", methods=["GET", "POST"])
def checklist(session_id: UUID) -> ResponseReturnValue:
    """Answer the eligibility checklist."""
    session = load_dosing(session_id, Permission.SESSION_RECORD)
    record = record_of(session)
    if leave := _to_what_is_signed(record, Part.ADMINISTRATION):
        return leave
    form = ChecklistForm(obj=filled_checklist(session))
    if form.validate_on_submit() and form.done(
        actions.answer_checklist, session, answers=form.answers(), version=form.version.data, by=current_user
    ):
        left = sum(state.answer is None or state.ask_again for state in record_of(session).eligibility)
        flash(f"The checklist is saved{f'; {left} items are left' if left else ', and complete'}.", "success")
        return redirect(next_href(session) if "on" in request.form else request.path)
    levels = [(level, [state for state in record.eligibility if state.item.level is level]) for level in Level]
    return render_phase("dosing/checklist.html", session, Phase.ELIGIBILITY, record, form=form, levels=levels)


@bp.route(f"/sessions/<uuid:session_id>/eligibility/<any({_any(ITEMS)}):item>/clear", methods=["GET", "POST"])
def clear(session_id: UUID, item: str) -> ResponseReturnValue:
    """Clear a yes of the checklist."""
    session = load_dosing(session_id, Permission.DOSE_GIVE)
    form = ClearForm()
    if form.validate_on_submit() and form.attempt(
        actions.clear_item,
        session,
        item,
        reason=form.reason.data or "",
        until=form.until.data,
        by=current_user,
    ):
        flash("The item is cleared. It stays on the list, with your name and your reason.", "success")
        return redirect(url_for(".checklist", session_id=session_id))
    return render_phase("dosing/clear.html", session, Phase.ELIGIBILITY, form=form, item=ITEMS[item])


@bp.route("/sessions/<uuid:session_id>/consent", methods=["GET", "POST"])
def consent(session_id: UUID) -> ResponseReturnValue:
    """Show the consents of the patient, and write down another."""
    session = load_dosing(session_id, Permission.SESSION_RECORD)
    form = ConsentForm()
    if form.validate_on_submit() and form.attempt(actions.give_consent, session, **form.values(), by=current_user):
        flash("The consent is saved.", "success")
        return redirect(request.path)
    return render_phase(
        "dosing/consent.html",
        session,
        Phase.CONSENT,
        form=form,
        types=TYPES,
        labels=LABELS,
        methods=dict(METHODS),
        signers=dict(SIGNERS),
        next_href=next_href(session),
    )


@bp.route("/sessions/<uuid:session_id>/consent/<uuid:consent_id>/withdraw", methods=["GET", "POST"])
def withdraw(session_id: UUID, consent_id: UUID) -> ResponseReturnValue:
    """Write down that a consent was withdrawn."""
    found = load(Consent, consent_id, Permission.SESSION_RECORD)
    session = load_dosing(session_id, Permission.SESSION_RECORD)
    if session.patient_id != found.patient_id:
        abort(404)
    form = WithdrawForm()
    if form.validate_on_submit() and form.attempt(
        actions.withdraw_consent, found, reason=form.reason.data or "", by=current_user
    ):
        flash("The consent counts as withdrawn from now on.", "success")
        return redirect(url_for(".consent", session_id=session_id))
    return render_phase("dosing/withdraw.html", session, Phase.CONSENT, form=form, consent=found, labels=LABELS)


@bp.route("/sessions/<uuid:session_id>/decision", methods=["GET", "POST"])
def decide(session_id: UUID) -> ResponseReturnValue:
    """Say go or no-go, over all that speaks against a dose."""
    session = load_dosing(session_id, Permission.SESSION_RECORD)
    record = record_of(session)
    if leave := _to_what_is_signed(record, Part.ADMINISTRATION):
        return leave
    warned = [warning.sentence for warning in record.warnings]
    form = DecisionForm(warnings=warned)
    may_pass = Permission.DOSE_GIVE in g.held
    if form.validate_on_submit() and (
        made := form.attempt(
            actions.decide,
            session,
            decision=form.decision.data,
            decided_by=UUID(form.decided_by.data),
            reason=form.reason.data or "",
            seen=warned,
            may_pass=may_pass,
            by=current_user,
        )
    ):
        if made.decision == GoNoGo.GO:
            flash("Go. The decision is saved, with all that spoke against it.", "success")
            return redirect(next_href(session))
        flash("No-go. The session is held back; below is what could be arranged.", "success")
        return redirect(request.path)
    form.seen.data = form.now_seen
    return render_phase(
        "dosing/decide.html",
        session,
        Phase.BEFORE,
        record,
        form=form,
        may_pass=may_pass,
        decisions=[(decision, json.loads(decision.warned or "[]")) for decision in record.decisions],
        relative=[s for s in record.eligibility if s.uncleared and s.item.level is not Level.ABSOLUTE],
    )


@bp.route("/sessions/<uuid:session_id>/call", methods=["GET", "POST"])
def call(session_id: UUID) -> ResponseReturnValue:
    """Write down a try to reach the patient on the day after."""
    session = load_dosing(session_id, Permission.SESSION_RECORD)
    form = CallForm()
    if form.validate_on_submit() and form.attempt(
        actions.record_call,
        session,
        called_at=form.called_at.moment,
        reached=form.reached.data == "yes",
        answers=form.answers(),
        by=current_user,
    ):
        flash("The call is saved.", "success")
        return redirect(request.path)
    record = record_of(session)
    return render_phase(
        "dosing/call.html",
        session,
        Phase.AFTERCARE,
        record,
        form=form,
        groups=grouped(CALL),
        calls=[(one, told_fields(CALL, json.loads(one.answers or "{}"))) for one in record.calls],
    )


@bp.get("/calls")
def calls() -> str:
    """The calls that wait to be made to one's patients."""
    gate.require(Permission.CASELOAD_VIEW)
    due = calls_due(current_user)
    patients = sorted({str(one.patient_id) for one in due})
    viewed(Action.LIST_VIEWED, by=current_user, name="calls", patients=patients)
    leads = Role.LEAD in current_user.roles
    return render_template("dosing/calls.html", due=due, now=clock.now(), leads=leads)


def told_sheet(record: Record, name: str) -> list[tuple[str, str, bool]]:
    """What stands on a sheet: label, answer in words, and whether it is a text of its own."""
    return told_fields(SHEETS[name].fields, record.answers.get(name, {}))
