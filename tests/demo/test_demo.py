"""The demo: it plays through, tells the stories that it means to tell, and can be taken for nothing but a demo."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select

from kap.access.roles import Role
from kap.audit.models import AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.demo.accounts import FILE, kept_accounts
from kap.demo.clinic import STAFF, patients
from kap.demo.play import play
from kap.demo.stories import STORIES, ZONE
from kap.dosing.models import Administration, Decision, GivenBy, GoNoGo, Sheet, VitalsAlert
from kap.durability import State, assess
from kap.measures.instruments import instrument
from kap.measures.models import Answer, Score, Source
from kap.measures.queries import catalogue
from kap.outcomes.models import CaseloadEntry
from kap.outcomes.queries import primary_histories
from kap.outcomes.rules import state_on
from kap.people.actions import set_up_clinic
from kap.people.load import asking, visible
from kap.people.models import CareTeamMember, Clinic, Patient, User
from kap.people.rules import TREATING
from kap.safety.models import Alert
from kap.safety.queries import open_alerts
from kap.stock.models import StockEntry, WitnessState
from kap.stock.queries import lots_at_hand
from kap.treatment.models import (
    PARTS,
    Addendum,
    AdverseEvent,
    Condition,
    Course,
    DosingSession,
    EndReason,
    EventTerm,
    IntegratedDose,
    IntegrationSession,
    Kind,
    Route,
    Signature,
    Status,
    TreatmentSession,
    VitalSign,
)
from kap.treatment.queries import intact
from tests.browser import Browser
from tests.conftest import Stage

TOLD = {
    "H-01": (State.SUSTAINED_RESPONSE, "response"),
    "H-02": (State.SUSTAINED_RESPONSE, "remission"),
    "H-03": (State.WEARING_OFF, "possible_relapse_unconfirmed"),
    "H-04": (State.RELAPSED, "two_consecutive_relapse_level_scores"),
    "H-05": (State.NO_RESPONSE_YET, ""),
    "H-06": (State.WORSENING, "reliably_worse_than_baseline"),
    "H-07": (State.PARTIAL_IMPROVEMENT, "reliable_but_below_response"),
    "H-08": (State.NOT_ENOUGH_DATA, "stale"),
    "H-09": (State.RESPONDING, "gap_too_long"),
    "H-10": (State.WEARING_OFF, "brief_response_not_confirmed"),
    "H-11": (State.NOT_ENOUGH_DATA, "too_early"),
    "H-12": (State.BASELINE_TOO_LOW, "percent_change_not_meaningful"),
}
"""How each story stands today."""
WAITING = ("H-06", "H-07")
"""Whose last session nobody has signed yet."""


@pytest.fixture
def played(stage: Stage) -> Flask:
    """The app with the demo in its database."""
    stage.play_demo()
    return stage.app


@pytest.fixture
def inside(played: Flask) -> Iterator[Flask]:
    """The same, inside an application context."""
    with played.app_context():
        yield played


def _run(app: Flask, *args: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=args)
    return result.exit_code, result.output


def _instance(app: Flask) -> Path:
    folder: Path = app.config["KAP_INSTANCE"]
    return folder


def _in_sight(key: str) -> set[str]:
    """The codes of the patients whom one of the staff sees."""
    user = _user(key)
    return set(db.session.scalars(select(Patient.code).where(visible(user.roles)), asking(user)))


def _user(key: str) -> User:
    return db.session.scalars(select(User).where(User.email == f"{key}@example.org")).unique().one()


def _today() -> date:
    return clock.today(ZoneInfo(ZONE))


def _codes() -> dict[Any, str]:
    return {patient.id: patient.code for patient in db.session.scalars(select(Patient))}


def _verdicts(today: date) -> dict[str, tuple[State, str]]:
    codes = _codes()
    verdicts = {}
    for found in primary_histories(list(codes), catalogue()):
        scale = instrument(found.measure).scale
        if scale is None:
            continue
        verdict = assess(found.history.readings, found.history.doses, as_of=today, scale=scale)
        verdicts[codes[found.patient_id]] = (verdict.state, verdict.reason)
    return verdicts


def test_each_story_stands_as_it_is_meant_to(inside: Flask) -> None:
    verdicts = _verdicts(_today())
    assert {code: verdicts[code] for code in TOLD} == TOLD
    assert len(STORIES) == len(TOLD) == 12


@pytest.mark.parametrize(
    "moment",
    [datetime(2028, 2, 29, 0, 5, tzinfo=UTC), datetime(2026, 3, 29, 23, 30, tzinfo=UTC)],
    ids=["leap day", "summer time begins"],
)
def test_stories_stand_the_same_whenever_they_are_played(app: Flask, tmp_path: Path, moment: datetime) -> None:
    with app.app_context(), clock.at(moment):
        play(tmp_path, stories=[*STORIES, *patients()[12:60:6]])
        verdicts = _verdicts(_today())
        assert {code: verdicts[code] for code in TOLD} == TOLD
        at_weekends = [
            session.starts_at
            for session in db.session.scalars(select(TreatmentSession))
            if session.patient.code not in TOLD and session.starts_at.astimezone(ZoneInfo(ZONE)).weekday() > 4
        ]
        assert not at_weekends


def test_the_caseload_shows_everyone_in_every_state(inside: Flask) -> None:
    shown = {
        row.code: state_on(_today(), State(row.state) if row.state else None, row.reason, row.stale_on)
        for row in db.session.scalars(select(CaseloadEntry))
    }
    assert {code: shown[code] for code in TOLD} == TOLD
    assert sorted(shown) == [f"H-{number:02}" for number in range(1, 61)]
    states = Counter(state for state, _ in shown.values())
    assert set(states) == {*State, None}
    assert max(states.values()) < 30


def test_half_of_the_courses_are_under_way_and_the_others_ended_in_every_way(inside: Flask) -> None:
    courses = db.session.scalars(select(Course)).all()
    assert 25 <= sum(course.open for course in courses) <= 37
    assert {course.end_reason for course in courses} == {None, *EndReason}
    assert {course.condition for course in courses} == set(Condition)
    returned = Counter(course.patient_id for course in courses)
    assert sorted(Counter(returned.values()).items()) == [(1, 57), (2, 3)]


def test_each_therapist_has_a_caseload_and_one_patient_has_nobody(inside: Flask) -> None:
    sizes = {key: len(_in_sight(key)) for key in ("therapist", "therapist-2", "therapist-3", "therapist-4")}
    assert all(10 < size < 30 for size in sizes.values()), sizes
    assert _in_sight("therapist") > set(TOLD)
    gone = _user("therapist-5")
    assert not gone.active
    assert not _in_sight("therapist-5")
    treated = {code for person in STAFF if person.role in TREATING for code in _in_sight(person.key)}
    (forgotten,) = _in_sight("lead") - treated
    query = select(CareTeamMember.user_id).join(Patient, Patient.id == CareTeamMember.patient_id)
    members = set(db.session.scalars(query.where(Patient.code == forgotten)))
    assert gone.id in members, "It was the patient of the one who left."


def test_one_transaction_leaves_one_event_for_each_act(inside: Flask) -> None:
    counted = dict(
        db.session.execute(select(AuditEvent.action, func.count()).group_by(AuditEvent.action)).tuples().all()
    )
    assert counted["demo:played"] == counted["clinic:set-up"] == counted["user:deactivated"] == 1
    assert counted["patient:added"] == 60
    assert counted["course:opened"] == db.session.scalar(select(func.count(Course.id)))
    assert counted["user:joined"] == db.session.scalar(select(func.count(User.id)))
    assert counted["session:recorded"] > 500
    assert counted["score:entered"] == db.session.scalar(select(func.count(Score.id)))
    clinic = db.session.scalars(select(Clinic)).one()
    assert db.session.scalar(select(func.count(AuditEvent.id)).where(AuditEvent.clinic_id != clinic.id)) == 0


def test_fourteen_months_are_lived_through_in_order(inside: Flask) -> None:
    now = clock.now()
    first, last = db.session.execute(select(func.min(AuditEvent.at), func.max(AuditEvent.at))).one()
    assert timedelta(days=425) < now - first < timedelta(days=431)
    assert last <= now
    for session in db.session.scalars(select(TreatmentSession)):
        assert session.created_at < now
        if session.status == Status.PLANNED:
            assert 0 <= (session.starts_at.astimezone(ZoneInfo(ZONE)).date() - _today()).days < 16
        elif session.status == Status.TOOK_PLACE:
            assert session.ends_at is not None
            begun = session.ends_at if session.created_at >= session.ends_at else session.starts_at
            booked = session.booking is not None and session.created_at < session.starts_at
            assert booked or timedelta() <= session.created_at - begun < timedelta(hours=1), (
                "Logged then, or soon after."
            )
    for score in db.session.scalars(select(Score)):
        assert score.entered_at.astimezone(ZoneInfo(ZONE)).date() == score.taken_on


def test_nobody_is_planned_to_be_in_two_places(inside: Flask) -> None:
    planned = db.session.scalars(select(TreatmentSession).where(TreatmentSession.status == Status.PLANNED)).all()
    places = [(session.created_by, session.starts_at) for session in planned]
    assert len(set(places)) == len(places)
    today = [session for session in planned if session.starts_at.astimezone(ZoneInfo(ZONE)).date() == _today()]
    assert len(today) >= 3


def test_everything_that_a_visitor_should_meet_is_there(inside: Flask) -> None:
    codes = _codes()
    doses = db.session.scalars(select(DosingSession)).all()
    given = [dose for dose in doses if dose.status == Status.TOOK_PLACE and not dose.in_error]
    assert {dose.route for dose in given} == set(Route)
    assert all(dose.narrative and dose.intention and dose.mg_per_kg for dose in given)
    (transferred,) = [dose for dose in given if not dose.left_with]
    assert codes[transferred.patient_id] == "H-08"
    held = {codes[dose.patient_id]: dose for dose in doses if dose.status == Status.HELD}
    assert (held["H-09"].vital_signs[0].systolic, held["H-09"].vital_signs[0].diastolic) == (162, 98)
    assert len(held) > 2
    assert all(dose.status_reason for dose in doses if dose.status in (Status.HELD, Status.CANCELLED))
    assert [dose.error_reason != "" for dose in doses if dose.in_error] == [True]

    integrated = set(db.session.scalars(select(IntegratedDose.dosing_id)))
    of_whom = {codes[dose.patient_id] for dose in given}
    assert "H-08" in {codes[dose.patient_id] for dose in given if dose.id not in integrated}
    assert len(of_whom - {codes[dose.patient_id] for dose in given if dose.id in integrated}) > 2, "Some never are."
    talks = db.session.scalars(select(IntegrationSession).where(IntegrationSession.status == Status.TOOK_PLACE)).all()
    assert all(talk.narrative and talk.themes for talk in talks)
    assert sum(bool(talk.practices) for talk in talks) > 0.75 * len(talks), "Now and then nothing new is agreed."
    notes = [session.narrative for session in (*given, *talks)]
    assert len(set(notes)) > 0.97 * len(notes)

    assert set(db.session.scalars(select(AdverseEvent.term))) == {*EventTerm, "chest_pain"}
    planned = db.session.scalars(select(TreatmentSession.kind).where(TreatmentSession.status == Status.PLANNED))
    assert set(planned) >= {Kind.DOSING, Kind.INTEGRATION}
    assert set(db.session.scalars(select(Score.measure))) == {
        "phq-9",
        "gad-7",
        "pcl-5",
        "peg",
        "ocd",
        "mood",
        "reflection",
    }
    assert set(db.session.scalars(select(Score.source))) == {Source.PATIENT, Source.PAPER}
    names = [patient.name for patient in db.session.scalars(select(Patient))]
    assert 25 <= sum(name is None for name in names) <= 35


def test_each_way_that_a_dose_can_go_is_there(inside: Flask) -> None:
    codes = _codes()
    givings = db.session.scalars(select(Administration).order_by(Administration.at)).all()
    slips = [giving for giving in givings if giving.in_error and not giving.ended_at and giving.route == Route.IM]
    assert [codes[slip.patient_id] for slip in slips] == ["H-03"]
    (right,) = [giving for giving in givings if giving.corrects_id == slips[0].id]
    assert right.amount_mg == 10 * slips[0].amount_mg
    assert [codes[giving.patient_id] for giving in givings if giving.booster] == ["H-04"]
    assert {giving.given_by for giving in givings} == {GivenBy.STAFF, GivenBy.SELF_OBSERVED}
    serious = db.session.scalars(select(AdverseEvent).where(AdverseEvent.serious.is_(True))).all()
    assert [codes[event.patient_id] for event in serious] == ["H-08"]
    twice = select(Sheet.session_id).where(Sheet.name == "experience", Sheet.number == 2)
    (by_two,) = db.session.scalars(twice).all()
    assert codes[db.session.get_one(DosingSession, by_two).patient_id] == "H-11"
    assert [codes[added.patient_id] for added in db.session.scalars(select(Addendum))] == ["H-01"]
    decisions = db.session.scalars(select(Decision).where(Decision.decision == GoNoGo.HOLD)).all()
    assert [codes[decision.patient_id] for decision in decisions] == ["H-09"]
    assert all(alert.answered_at and alert.action for alert in db.session.scalars(select(VitalsAlert)))


def test_the_safe_holds_what_the_log_says(inside: Flask) -> None:
    lines = db.session.scalars(select(StockEntry)).all()
    assert {line.kind for line in lines} == {"received", "drawn", "given", "wasted"}
    at_hand = lots_at_hand(_user("medical").clinic_id)
    for held in at_hand:
        assert held.balance_mg > 0
        assert held.balance_mg == sum(line.effect_mg for line in lines if line.lot_id == held.lot.id)
    assert sum(line.held_mg for line in lines) == 0, "What was drawn was given or wasted."
    wastes = [line for line in lines if line.kind == "wasted"]
    assert wastes
    for line in wastes:
        if line.reverses_id is None and line.reversed_by is None:
            assert [call.state for call in line.calls] == [WitnessState.CONFIRMED]


def test_what_took_place_is_signed_by_those_who_did_it(inside: Flask) -> None:
    signed = {(row.session_id, row.part): row for row in db.session.scalars(select(Signature))}
    for session in db.session.scalars(select(TreatmentSession)):
        if session.status != Status.TOOK_PLACE or session.in_error:
            continue
        if session.patient.code in WAITING and session.starts_at > clock.now() - timedelta(days=2):
            continue
        for part in PARTS[Kind(session.kind)]:
            assert intact(signed[session.id, part])


def test_vital_signs_rise_after_the_dose_and_fall_again(inside: Flask) -> None:
    given = select(DosingSession).where(DosingSession.status == Status.TOOK_PLACE)
    for dose in db.session.scalars(given):
        pressure = [sign.systolic or 0 for sign in dose.vital_signs]
        assert max(pressure) in pressure[1:-1]
        assert pressure[0] < max(pressure) > pressure[-1]
    assert all((sign.spo2 or 0) >= 95 for sign in db.session.scalars(select(VitalSign)))


def test_few_alerts_are_open_and_the_others_were_acted_on(inside: Flask) -> None:
    (waiting,) = open_alerts(_user("therapist"))
    assert waiting.patient.code == "H-06"
    still_open = db.session.scalars(select(Alert).where(Alert.acted_at.is_(None))).all()
    assert len(still_open) == 3
    assert all(clock.now() - alert.raised_at < timedelta(days=9) for alert in still_open)
    acted = db.session.scalars(select(Alert).where(Alert.acted_at.is_not(None))).all()
    assert len(acted) > 10
    for alert in acted:
        assert alert.action
        assert alert.acted_at
        assert timedelta() < alert.acted_at - alert.raised_at < timedelta(hours=8)


def test_answers_make_the_scores(inside: Flask) -> None:
    for score in db.session.scalars(select(Score).where(Score.measure == "phq-9")):
        answers = dict(
            db.session.execute(
                select(Answer.item, Answer.value).where(Answer.questionnaire_id == score.questionnaire_id)
            )
            .tuples()
            .all()
        )
        assert sorted(answers) == list(range(1, 10))
        assert sum(answers.values()) == score.value
        assert answers[9] == (score.flag or 0)


def test_patient_with_an_account_answered_themselves_and_may_answer_again(inside: Flask) -> None:
    patient = db.session.scalars(select(Patient).where(Patient.user_id == _user("patient").id)).one()
    own = db.session.scalars(select(Score).where(Score.patient_id == patient.id)).all()
    assert {score.source for score in own} == {Source.PATIENT}
    last = max(score.taken_on for score in own if score.measure == "phq-9")
    assert timedelta(days=7) <= _today() - last <= timedelta(days=28)


def _contents() -> list[tuple[Any, ...]]:
    """What the clinic holds, without ids."""
    codes = _codes()
    sessions = [
        (codes[row.patient_id], row.kind, row.status, row.starts_at, row.ends_at, row.intention, row.narrative)
        for row in db.session.scalars(select(TreatmentSession))
    ]
    signs = [
        (codes[row.patient_id], "sign", row.at, row.systolic, row.diastolic, row.heart_rate, row.spo2)
        for row in db.session.scalars(select(VitalSign))
    ]
    answers = [
        (codes[score.patient_id], score.measure, score.taken_on, score.entered_at, answer.item, answer.value)
        for score, answer in db.session.execute(
            select(Score, Answer).join(Answer, Answer.questionnaire_id == Score.questionnaire_id)
        )
    ]
    return sorted((*sessions, *signs, *answers), key=repr)


def test_same_seed_makes_the_same_clinic_with_new_passwords(stage: Stage, tmp_path: Path) -> None:
    passwords: list[str] = []

    def contents(seed: str) -> list[tuple[Any, ...]]:
        stage.restore("empty")
        told = patients(seed)
        # A story, one who came back, one who was forgotten, one who is covered: it is the same code for all.
        back = next(story.code for story in told if story.again)
        changed = {story.handed_over.stays: story for story in told if story.handed_over}
        few = [told[5], *(story for story in told if story.code == back), *changed.values()]
        with stage.app.app_context(), clock.at(datetime(2026, 5, 5, 12, tzinfo=UTC)):
            play(tmp_path, seed=seed, stories=few)
            passwords.extend(account["password"] for account in kept_accounts(tmp_path))
            return _contents()

    first = contents("one")
    assert contents("one") == first
    assert contents("another") != first
    assert len(set(passwords)) == len(passwords)


def test_second_start_keeps_the_clinic_and_says_so(played: Flask) -> None:
    with played.app_context():
        before = db.session.scalar(select(func.count(AuditEvent.id)))
    code, said = _run(played, "demo")
    assert code == 0
    assert "kept" in said
    with played.app_context():
        assert db.session.scalar(select(func.count(AuditEvent.id))) == before
    first = [account for account in kept_accounts(_instance(played)) if account["role"] in set(Role)]
    assert len(first) == 5
    for account in first:
        assert account["email"] in said
        assert account["password"] in said
    assert len(said.splitlines()) < 15


def test_real_clinic_is_left_alone(app: Flask) -> None:
    (_instance(app) / FILE).unlink(missing_ok=True)
    with app.app_context():
        set_up_clinic(name="A real one", zone="Europe/Berlin", country="DE")
    code, said = _run(app, "demo")
    assert code == 1
    assert "real clinic" in said
    assert not (_instance(app) / FILE).exists()
    with app.app_context():
        assert [clinic.name for clinic in db.session.scalars(select(Clinic))] == ["A real one"]


def test_accounts_are_printed_as_json_and_kept_from_others(played: Flask) -> None:
    code, said = _run(played, "demo-accounts")
    assert code == 0
    accounts = json.loads(said)
    roles = [account["role"] for account in accounts]
    assert set(roles[:5]) == {"therapist", "medical", "lead", "patient", "admin"}
    assert {"therapist-2", "therapist-3", "therapist-4", "medical-2", "patient-2"} < set(roles)
    assert "therapist-5" not in roles, "He has left."
    assert len(set(roles)) == len({account["password"] for account in accounts}) == len(accounts)
    assert all(account["email"] == f"{account['role']}@example.org" for account in accounts)
    assert all(set(account) == {"role", "email", "password"} for account in accounts)
    assert (_instance(played) / FILE).stat().st_mode & 0o777 == 0o600


def test_accounts_without_a_demo_are_asked_for_in_vain(app: Flask) -> None:
    (_instance(app) / FILE).unlink(missing_ok=True)
    code, said = _run(app, "demo-accounts")
    assert code == 1
    assert FILE in said


@pytest.fixture
def browser_as(played: Flask) -> Callable[[str], Browser]:
    """Signs in with what the command printed for a role."""

    def sign_in(role: str) -> Browser:
        account = next(account for account in kept_accounts(_instance(played)) if account["role"] == role)
        browser = Browser(played)
        browser.sign_in(account["email"], account["password"])
        return browser

    return sign_in


@pytest.mark.parametrize("role", ["therapist", "medical", "lead", "admin", "patient", "therapist-4", "patient-2"])
def test_every_role_signs_in_and_reads_that_all_is_synthetic(browser_as: Callable[[str], Browser], role: str) -> None:
    browser = browser_as(role)
    links = {link.get("href") for link in browser.get("/").root.iter("a")}
    own = sorted(link for link in links if link and link.startswith("/") and not link.startswith("/static"))
    pages = [link for link in own if not link.endswith(".ics")]
    assert pages
    for page in ["/", *pages]:
        assert "Everyone in this clinic is made up" in browser.get(page).text, page
