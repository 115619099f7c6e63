"""Answering questionnaires, entering them from paper, looking at a score."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from kap.access.roles import Permission
from kap.measures import queries, rules, scoring
from kap.measures.actions import keep_answers, mark_score_in_error, start_questionnaire
from kap.measures.forms import AnswerForm, RepeatableForm, paper_form
from kap.measures.load import load_instrument
from kap.measures.models import Questionnaire, Score, Source
from kap.people.load import load, load_own_record, load_patient
from kap.people.queries import name_of
from kap.safety import crisis
from kap.treatment.forms.sessions import MARKED, ErrorForm

bp = Blueprint("measures", __name__)


@bp.get("/my/measures")
def mine() -> ResponseReturnValue:
    """Choose a questionnaire, or go on with one."""
    patient = load_own_record(Permission.OWN_ANSWERS)
    primary, others = queries.offered(patient)
    begun = [(form, load_instrument(form.instrument)) for form in queries.open_questionnaires(patient)]
    form = RepeatableForm()
    return render_template("measures/mine.html", form=form, primary=primary, others=others, begun=begun)


@bp.post("/my/measures/<instrument_id>/start")
def start(instrument_id: str) -> ResponseReturnValue:
    """Begin a questionnaire about today."""
    patient = load_own_record(Permission.OWN_ANSWERS)
    instrument = load_instrument(instrument_id)
    today = queries.clinic_day(patient)
    questionnaire = start_questionnaire(patient, instrument.id, taken_on=today, by=current_user)
    return redirect(url_for(".answer", questionnaire_id=questionnaire.id))


@bp.route("/my/answers/<uuid:questionnaire_id>", methods=["GET", "POST"])
def answer(questionnaire_id: UUID) -> ResponseReturnValue:
    """Answer a few questions; every step saves them."""
    questionnaire = load(Questionnaire, questionnaire_id, Permission.OWN_ANSWERS)
    instrument = load_instrument(questionnaire.instrument)
    number = rules.page_shown(instrument, questionnaire.given, request.args.get("page", type=int))
    form = AnswerForm.page(instrument, rules.pages(instrument)[number - 1], questionnaire.given)
    if form.validate_on_submit() and (form.save(questionnaire) or form.calls_for_help):
        return redirect(_after(questionnaire, form, number))
    if questionnaire.complete:
        return redirect(url_for(".done", questionnaire_id=questionnaire.id))
    if queries.lapsed(questionnaire):
        return render_template("measures/lapsed.html", questionnaire=questionnaire, instrument=instrument)
    return render_template(
        "measures/answer.html",
        questionnaire=questionnaire,
        instrument=instrument,
        form=form,
        number=number,
        last=len(rules.pages(instrument)),
        unanswered=[
            (item, rules.page_of(instrument, item)) for item in scoring.unanswered(instrument, questionnaire.given)
        ],
        flagged=scoring.safety_flag(instrument, questionnaire.given),
    )


def _after(questionnaire: Questionnaire, form: AnswerForm, number: int) -> str:
    """Where a saved page leads."""
    if questionnaire.complete:
        return url_for(".done", questionnaire_id=questionnaire.id)
    if form.calls_for_help:
        return url_for(".support", questionnaire_id=questionnaire.id, page=number)
    step = -1 if form.back.data else 1
    return url_for(".answer", questionnaire_id=questionnaire.id, page=number + step)


@bp.post("/my/answers/<uuid:questionnaire_id>/item")
def answer_item(questionnaire_id: UUID) -> ResponseReturnValue:
    """Save one answer as it is tapped, and say how far the form is and where to go if help must be shown."""
    questionnaire = load(Questionnaire, questionnaire_id, Permission.OWN_ANSWERS)
    instrument = load_instrument(questionnaire.instrument)
    form = AnswerForm.page(instrument, instrument.items, {})
    if not form.validate_on_submit():
        abort(400)
    keep_answers(questionnaire, form.answers, by=current_user)
    left = len(scoring.unanswered(instrument, questionnaire.given))
    page = request.args.get("page", type=int)
    support = url_for(".support", questionnaire_id=questionnaire.id, page=page)
    return {"answered": len(instrument.required_items) - left, "support": support if form.calls_for_help else None}


@bp.get("/my/answers/<uuid:questionnaire_id>/support")
def support(questionnaire_id: UUID) -> ResponseReturnValue:
    """Who to call now, before anything else."""
    questionnaire = load(Questionnaire, questionnaire_id, Permission.OWN_ANSWERS)
    page = request.args.get("page", type=int)
    country = crisis.lines(current_user.clinic.country)
    return render_template("measures/support.html", questionnaire=questionnaire, page=page, country=country)


@bp.get("/my/answers/<uuid:questionnaire_id>/done")
def done(questionnaire_id: UUID) -> ResponseReturnValue:
    """Thanks, and the total."""
    questionnaire = load(Questionnaire, questionnaire_id, Permission.OWN_ANSWERS)
    instrument = load_instrument(questionnaire.instrument)
    score = queries.score_of(questionnaire)
    if score is None:
        return redirect(url_for(".answer", questionnaire_id=questionnaire.id))
    total = scoring.format_score(instrument, score.value)
    country = crisis.lines(current_user.clinic.country)
    return render_template("measures/done.html", instrument=instrument, score=score, total=total, country=country)


@bp.get("/patients/<uuid:patient_id>/measures")
def choose(patient_id: UUID) -> ResponseReturnValue:
    """Choose which paper form to enter."""
    patient = load_patient(patient_id, Permission.SCORE_ENTER)
    primary, others = queries.offered(patient)
    return render_template("measures/choose.html", patient=patient, primary=primary, others=others)


@bp.route("/patients/<uuid:patient_id>/measures/<instrument_id>", methods=["GET", "POST"])
def paper(patient_id: UUID, instrument_id: str) -> ResponseReturnValue:
    """Enter what a patient answered on paper."""
    patient = load_patient(patient_id, Permission.SCORE_ENTER)
    instrument = load_instrument(instrument_id)
    form = paper_form(instrument)
    if form.validate_on_submit() and (score := form.enter(patient)):
        flash("The score is saved, and counts from now on.", "success")
        return redirect(url_for(".score", score_id=score.id))
    return render_template("measures/paper.html", patient=patient, instrument=instrument, form=form)


@bp.get("/scores/<uuid:score_id>")
def score(score_id: UUID) -> ResponseReturnValue:
    """One score: its answers, what it means, who entered it."""
    score = load(Score, score_id, Permission.SCORE_VIEW)
    instrument = queries.instrument_of(score)
    return render_template(
        "measures/score.html",
        score=score,
        instrument=instrument,
        total=scoring.format_score(instrument, score.value),
        band=scoring.band(instrument, score.value) if instrument else None,
        answers=queries.answers_of(score),
        source=Source(score.source),
        entered_by=name_of(score.entered_by),
        error_by=name_of(score.error_by),
    )


@bp.route("/scores/<uuid:score_id>/error", methods=["GET", "POST"])
def score_error(score_id: UUID) -> ResponseReturnValue:
    """Mark a score as entered in error."""
    score = load(Score, score_id, Permission.ERROR_MARK)
    instrument = queries.instrument_of(score)
    form = ErrorForm()
    if form.validate_on_submit() and form.done(mark_score_in_error, score, reason=form.reason.data, by=current_user):
        flash(MARKED, "success")
        return redirect(url_for(".score", score_id=score.id))
    return render_template(
        "measures/score_error.html",
        score=score,
        instrument=instrument,
        total=scoring.format_score(instrument, score.value),
        form=form,
    )
