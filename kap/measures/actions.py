"""Answering, entering and correcting. An answer that must be seen raises its alert in the same transaction."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from kap.audit.log import not_all_yet, recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, hold
from kap.core.refusal import Refused
from kap.measures import scoring
from kap.measures.instruments import Instrument
from kap.measures.models import Answer, Questionnaire, Score, Source
from kap.measures.queries import catalogue, lapsed
from kap.people.actions import refuse_day
from kap.people.models import Patient, User
from kap.safety.actions import raise_alert
from kap.safety.models import AlertKind
from kap.web.filters import written


def start_questionnaire(patient: Patient, instrument_id: str, *, taken_on: date, by: User | None) -> Questionnaire:
    """The form to answer: the unfinished one that `by` began for that day, else a new one.

    Raises Refused, and UnknownInstrument where no measure has this id.
    """
    instrument = catalogue().get(instrument_id)
    with recording(Action.ANSWERS_KEPT, by=by, patient=patient) as event:
        questionnaire = _begin(patient, instrument, taken_on, by)
        event.about(questionnaire)
    return questionnaire


def keep_answers(questionnaire: Questionnaire, answers: Mapping[int, int], *, by: User | None) -> None:
    """Keep answers by the number of their item, each replacing an earlier one. Raises Refused.

    An answer that must be seen raises an alert, also on a form that is never finished.
    """
    with recording(Action.ANSWERS_KEPT, by=by, patient=questionnaire.patient, about=questionnaire):
        _keep(questionnaire, answers, by)


def complete(questionnaire: Questionnaire, *, by: User | None, source: Source) -> Score:
    """Finish a form: its total becomes a score of the day that the form is about. Raises Refused."""
    with recording(Action.SCORE_ENTERED, by=by, patient=questionnaire.patient) as event:
        _hold(questionnaire)
        if refusal := _not_yet(questionnaire, source):
            raise Refused(refusal)
        score = _finish(questionnaire, by, source)
        event.about(score)
    return score


def keep_and_complete(
    questionnaire: Questionnaire, answers: Mapping[int, int], *, by: User | None, source: Source
) -> Score:
    """Keep the last answers and finish the form, as one change.

    Where it cannot be finished it is Refused, and what was answered is kept all the same.
    """
    with recording(Action.SCORE_ENTERED, by=by, patient=questionnaire.patient) as event:
        _keep(questionnaire, answers, by)
        refusal = _not_yet(questionnaire, source)
        if not refusal:
            score = _finish(questionnaire, by, source)
            event.about(score)
            return score
        event.action = Action.ANSWERS_KEPT
        event.about(questionnaire)
    raise Refused(refusal)


def enter_paper(
    patient: Patient, instrument_id: str, *, taken_on: date, answers: Mapping[int, int], by: User | None
) -> Score:
    """Enter a form that was filled in on paper on the day `taken_on`.

    Where answers are missing it is Refused, yet what was given is kept: an answer that must be seen is not lost.
    """
    instrument = catalogue().get(instrument_id)
    with recording(Action.SCORE_ENTERED, by=by, patient=patient) as event:
        questionnaire = _begin(patient, instrument, taken_on, by)
        # What was taken back since an earlier, incomplete entry must not complete this one.
        questionnaire.answers = [answer for answer in questionnaire.answers if answer.item in answers]
        _keep(questionnaire, answers, by)
        if not scoring.unanswered(instrument, answers):
            score = _finish(questionnaire, by, Source.PAPER)
            event.about(score)
            return score
        event.action = Action.ANSWERS_KEPT
        event.about(questionnaire)
        not_all_yet()
    raise Refused(_still_to_answer(instrument, answers))


def enter_total(
    patient: Patient,
    measure: str,
    *,
    taken_on: date,
    value: float,
    by: User | None,
    source: Source = Source.PAPER,
) -> Score:
    """Enter a total whose questions are not here. Raises Refused, and UnknownInstrument."""
    instrument = catalogue().get(measure)
    with recording(Action.SCORE_ENTERED, by=by, patient=patient) as event:
        refuse_day(patient, taken_on, field="taken_on")
        try:
            kept = scoring.entered_score(instrument, value)
        except ValueError as outside:
            raise Refused(str(outside), field="value") from None
        score = Score.of(
            patient,
            measure=measure,
            taken_on=taken_on,
            value=kept,
            source=source,
            entered_by=by.id if by else None,
        )
        db.session.add(score)
        event.about(score)
    return score


def mark_score_in_error(score: Score, *, reason: str, by: User | None) -> None:
    """Take a score out of verdict and lists, and say why; it stays in the record. Raises Refused."""
    with recording(Action.SCORE_IN_ERROR, by=by, patient=score.patient, about=score):
        db.session.refresh(score, with_for_update=True)
        if score.in_error:
            raise Refused("This score is marked as entered in error already.")
        if not reason.strip():
            raise Refused("Please say why it was entered in error.", field="reason")
        # Read first: reading in between would write a mark that is not whole.
        marked_by = by.id if by else None
        score.error_at, score.error_by, score.error_reason = clock.now(), marked_by, reason.strip()


def _begin(patient: Patient, instrument: Instrument, taken_on: date, by: User | None) -> Questionnaire:
    if instrument.scores_only:
        raise Refused(f"The questions of {instrument.name} are not here: only its totals can be entered.")
    refuse_day(patient, taken_on, field="taken_on")
    starter = by.id if by else None
    hold(patient)
    query = select(Questionnaire).where(
        Questionnaire.clinic_id == patient.clinic_id,
        Questionnaire.patient_id == patient.id,
        Questionnaire.instrument == instrument.id,
        Questionnaire.taken_on == taken_on,
        Questionnaire.started_by == starter,
        Questionnaire.completed_at.is_(None),
    )
    questionnaire = db.session.scalars(query.order_by(Questionnaire.started_at)).first()
    if questionnaire is None:
        questionnaire = Questionnaire.of(patient, instrument=instrument.id, taken_on=taken_on, started_by=starter)
        db.session.add(questionnaire)
        db.session.flush()
    return questionnaire


def _keep(questionnaire: Questionnaire, answers: Mapping[int, int], by: User | None) -> None:
    instrument = catalogue().get(questionnaire.instrument)
    _check_answers(instrument, answers)
    _hold(questionnaire)
    kept = {answer.item: answer for answer in questionnaire.answers}
    changed = {item: value for item, value in answers.items() if item not in kept or kept[item].value != value}
    for item, value in changed.items():
        if item in kept:
            kept[item].value = value
        else:
            questionnaire.answers.append(Answer.of(questionnaire.patient, item=item, value=value))
    level = scoring.safety_flag(instrument, changed)
    if level is not None:
        raise_alert(
            questionnaire.patient, kind=AlertKind.SUICIDAL_THOUGHTS, source_id=questionnaire.id, level=level, by=by
        )


def _not_yet(questionnaire: Questionnaire, source: Source) -> str:
    """Why the form cannot be finished, in a sentence; empty where it can."""
    instrument = catalogue().get(questionnaire.instrument)
    given = questionnaire.given
    if scoring.unanswered(instrument, given):
        return _still_to_answer(instrument, given)
    if source is Source.PATIENT and lapsed(questionnaire):
        return f"This form was for {written(questionnaire.taken_on)}. Please begin a new one for today."
    return ""


def _finish(questionnaire: Questionnaire, by: User | None, source: Source) -> Score:
    """The score of a form that is held, and that has all its answers."""
    instrument = catalogue().get(questionnaire.instrument)
    given = questionnaire.given
    questionnaire.completed_at = clock.now()
    score = Score.of(
        questionnaire.patient,
        measure=instrument.id,
        taken_on=questionnaire.taken_on,
        value=scoring.score(instrument, given),
        flag=scoring.safety_flag(instrument, given),
        source=source,
        questionnaire_id=questionnaire.id,
        entered_by=by.id if by else None,
    )
    db.session.add(score)
    return score


def _hold(questionnaire: Questionnaire) -> None:
    """Keep others off an unfinished form until this is written: two taps may arrive at once."""
    # A refresh forgets rows below it that have not been written yet.
    db.session.flush()
    db.session.refresh(questionnaire, with_for_update=True)
    if questionnaire.complete:
        raise Refused("This form is finished and takes no more answers.")


def _check_answers(instrument: Instrument, answers: Mapping[int, int]) -> None:
    try:
        scoring.score(instrument, answers)
    except ValueError as unknown:
        raise Refused(str(unknown)) from None


def _still_to_answer(instrument: Instrument, answers: Mapping[int, int]) -> str:
    numbers = [str(item.number) for item in scoring.unanswered(instrument, answers)]
    if len(numbers) == 1:
        return f"Question {numbers[0]} still needs an answer: without it there is no total."
    listed = f"{', '.join(numbers[:-1])} and {numbers[-1]}"
    return f"Questions {listed} still need an answer: without them there is no total."
