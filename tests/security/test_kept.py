"""Attacks on what is kept: forms sent again, two who write at once, changes that break off half-way."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask import request
from sqlalchemy import func, select

from kap.audit.log import recording
from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.dosing.actions.giving import give
from kap.dosing.models import GivenBy, Sheet
from kap.dosing.rules.giving import Giving
from kap.measures.models import Score
from kap.outcomes.actions import keep_outcomes
from kap.outcomes.models import CourseOutcome
from kap.people.actions import add_patient
from kap.people.models import CareTeamMember, Clinic, Patient, User
from kap.treatment.actions import plan_session
from kap.treatment.models import Course, DosingSession, IntegrationSession, Kind, Medicine, Route, Status
from tests.browser import Browser
from tests.cast import Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]

EDITED = ["/sessions/{integration}/edit", "/courses/{course}/edit", "/patients/{patient}/edit"]
"""Forms of rows that two may change at once. A dose that has begun has none: see tests/dosing."""


def count(stage: Stage, kind: Any, *where: Any) -> int:
    """How many rows there are."""
    with stage.app.app_context():
        return db.session.scalar(select(func.count()).select_from(kind).where(*where)) or 0


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What these give when they are begun at the same moment."""
    ready, given = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        ready.wait(10)
        given[place] = act()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return given


def test_a_paper_form_corrected_by_the_back_button_is_kept(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    """The page before holds the key that the incomplete form was sent with."""
    browser = browser_of("therapist")
    browser.get(f"/patients/{cast['patient']}/measures/gad-7")
    url, sent = browser.ready(taken_on="2026-03-16", q1="1", q2="1")
    before = count(stage, Score)
    assert "still need an answer" in browser.send(url, sent, status=200).words
    page = browser.send(url, sent | {f"q{number}": ["1"] for number in range(1, 9)}, status=200)
    assert "saved already" not in page.words
    assert count(stage, Score) == before + 1


def test_what_is_added_after_going_back_is_not_called_saved(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    browser.get(f"/sessions/{cast['integration']}/edit")
    url, sent = browser.ready(narrative="First I wrote this.")
    browser.send(url, sent, status=200)
    sent["narrative"] = ["First I wrote this. Then I went back and wrote more."]
    answer = browser.client.post(url, data=sent, follow_redirects=True)
    with stage.app.app_context():
        kept = db.session.get_one(IntegrationSession, cast["integration"]).narrative
    assert "wrote more" in answer.text or "wrote more" in kept


def test_a_new_session_changed_after_going_back_is_not_called_saved(
    stage: Stage, cast: Cast, browser_of: SignIn
) -> None:
    browser = browser_of("therapist")
    browser.get(f"/patients/{cast['patient']}/sessions/new?kind=preparation")
    url, sent = browser.ready(starts_at="2026-03-17T10:00", narrative="First I wrote this.")
    browser.send(url, sent, status=200)
    sent["narrative"] = ["First I wrote this. Then I went back and wrote more."]
    answer = browser.client.post(url, data=sent, follow_redirects=True)
    assert "wrote more" in answer.text


@pytest.mark.parametrize("path", EDITED)
def test_an_edit_sent_twice_is_said_to_be_saved(stage: Stage, cast: Cast, browser_of: SignIn, path: str) -> None:
    browser = browser_of("therapist")
    browser.get(path.format(**{name: cast[name] for name in ("integration", "course", "patient")}))
    url, sent = browser.ready(narrative="A text.", planned_doses="9", name="Another Name")
    browser.send(url, sent, status=200)
    assert "saved already" in browser.send(url, sent, status=200).words


def test_the_key_of_somebody_else_stops_nobody(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    one, other = browser_of("therapist"), browser_of("medical")
    for browser, code in ((one, "K-1"), (other, "K-2")):
        browser.get("/patients/new")
        url, sent = browser.ready(code=code, form_key="11111111-1111-1111-1111-111111111111")
        assert "saved already" not in browser.send(url, sent, status=200).words
    assert count(stage, Patient, Patient.code.in_(["K-1", "K-2"])) == 2


def test_mine_instead_of_theirs_is_saved_with_all_rows(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    late, quick = browser_of("therapist"), browser_of("medical")
    late.get(f"/patients/{cast['patient']}/sessions/new?kind=dosing&status=planned")
    late.fill(starts_at="2026-03-17T13:00", status=200)
    with stage.app.app_context():
        planned = db.session.scalars(select(DosingSession.id).where(DosingSession.status == Status.PLANNED)).one()
    for browser in (late, quick):
        browser.get(f"/sessions/{planned}/edit")
    quick.fill(narrative="Quick <b>text</b>", status=200)
    typed: dict[str, Any] = {
        "narrative": "<script>alert(1)</script> late",
        "intention": "late intention",
        "vital_signs-0-at": "13:05",
        "vital_signs-0-systolic": "123",
        "team": [cast["therapist"], cast["medical"]],
    }
    page = late.fill(status=409, **typed)
    assert "<script>alert" not in page.text
    assert "<b>text" not in page.text
    late.fill(status=200)
    with stage.app.app_context():
        kept = db.session.get_one(DosingSession, planned)
        assert kept.narrative == "<script>alert(1)</script> late"
        assert kept.intention == "late intention"
        assert [sign.systolic for sign in kept.vital_signs] == [123]
        assert {member.user_id for member in kept.team} == {cast["therapist"], cast["medical"]}


def test_a_stale_form_that_shows_the_record_is_logged_as_a_read(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    """Else whoever sends an old version on purpose reads the record past the log."""
    browser = browser_of("therapist")
    browser.get(f"/sessions/{cast['integration']}/edit")
    of_talk = (AuditEvent.action == Action.RECORD_VIEWED, AuditEvent.object_id == cast["integration"])
    before = count(stage, AuditEvent, *of_talk)
    page = browser.fill(narrative="nothing", version="0", status=409)
    assert "canary summary" in page.text
    assert count(stage, AuditEvent, *of_talk) == before + 1


@pytest.mark.parametrize("path", EDITED)
def test_of_two_who_save_at_once_the_later_sees_both_texts(
    stage: Stage, cast: Cast, browser_of: SignIn, path: str
) -> None:
    path = path.format(**{name: cast[name] for name in ("integration", "course", "patient")})
    name, words = {
        "sessions": ("narrative", ["one text", "another text"]),
        "courses": ("planned_doses", ["1", "2"]),
        "patients": ("name", ["One Text", "Another Text"]),
    }[path.split("/")[1]]
    for turn in range(6):
        values = [f"{word}{turn}" for word in words]
        browsers = [browser_of("therapist"), browser_of("medical")]
        sends = []
        for browser, value in zip(browsers, values, strict=True):
            browser.get(path)
            url, sent = browser.ready(**{name: value})
            sends.append(lambda b=browser, u=url, s=sent: b.client.post(u, data=s))
        answers = at_once(*sends)
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [302, 409]
        lost = values[[answer.status_code for answer in answers].index(409)]
        late = answers[[answer.status_code for answer in answers].index(409)]
        assert lost in late.text, "The text of the later one is not on the page."


def test_a_patient_has_one_open_course_whoever_opens_it(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    for turn in range(5):
        browser.get("/patients/new")
        url, sent = browser.ready(code=f"C-{turn}")
        new = browser.client.post(url, data=sent).headers["Location"]
        sends = []
        for _ in range(2):
            twin = browser_of("therapist")
            twin.get(f"{new}/courses/new")
            url, sent = twin.ready()
            sends.append(lambda b=twin, u=url, s=sent: b.client.post(u, data=s).status_code)
        assert sorted(at_once(*sends)) == [200, 302]
        assert count(stage, Course, Course.patient_id == UUID(new.rsplit("/", 1)[1])) == 1


def test_nobody_joins_a_care_team_twice(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    sends = []
    for name in ("therapist", "medical", "lead"):
        browser = browser_of(name)
        last = len(browser.get(f"/patients/{cast['patient']}/team").forms()) - 1
        url, sent = browser.ready(last, user=cast["other"])
        sends.append(lambda b=browser, u=url, s=sent: b.client.post(u, data=s).status_code)
    assert at_once(*sends) == [302, 302, 302]
    assert count(stage, CareTeamMember, CareTeamMember.user_id == cast["other"]) == 1


def test_the_stored_outcome_knows_both_of_two_doses(
    stage: Stage, cast: Cast, browser_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, reckoned = threading.Barrier(2), threading.Barrier(2)

    def keep_late(patients: frozenset[UUID]) -> None:
        """Reckon once both doses are written, neither seen by the other yet; the earlier dose is committed last."""
        with suppress(threading.BrokenBarrierError):
            written.wait(1)
        keep_outcomes(patients)
        with suppress(threading.BrokenBarrierError):
            reckoned.wait(1)
        if request.form["starts_at"].startswith("2026-03-16"):
            time.sleep(0.5)

    sends = []
    for name, day in (("therapist", 16), ("medical", 17)):
        browser = browser_of(name)
        browser.get(f"/patients/{cast['patient']}/sessions/new?kind=dosing")
        url, sent = browser.ready(starts_at=f"2026-03-{day}T10:00")
        sends.append(lambda b=browser, u=url, s=sent: b.client.post(u, data=s).status_code)
    monkeypatch.setitem(stage.app.extensions, "kap_followers", [keep_late])
    assert at_once(*sends) == [302, 302]
    with stage.app.app_context():
        last = db.session.scalar(select(CourseOutcome.last_dose_on).where(CourseOutcome.course_id == cast["course"]))
    assert last == date(2026, 3, 17)


def test_first_scores_of_two_at_once_are_both_kept(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    """The stored verdict of a course is written for the first time by both."""
    for turn in range(4):
        maker = browser_of("therapist")
        maker.get("/patients/new")
        url, sent = maker.ready(code=f"V-{turn}")
        new = maker.client.post(url, data=sent).headers["Location"]
        sends = []
        for page, typed in (
            ("courses/new", {}),
            ("measures/phq-9", {"taken_on": "2026-03-10", **{f"q{n}": "1" for n in range(1, 11)}, "q9": "0"}),
            ("measures/gad-7", {"taken_on": "2026-03-10", **{f"q{n}": "1" for n in range(1, 9)}}),
        ):
            browser = browser_of("therapist")
            browser.get(f"{new}/{page}")
            url, sent = browser.ready(**typed)
            sends.append(lambda b=browser, u=url, s=sent: b.client.post(u, data=s).status_code)
        assert at_once(*sends) == [302, 302, 302]


def test_a_failure_inside_spoils_the_whole_even_if_it_is_caught(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        clinic = db.session.get_one(Clinic, cast["clinic"])
        lead = db.session.get_one(User, cast["lead"])

        def half() -> None:
            with recording(Action.PATIENT_ADDED, by=lead) as event:
                row = Patient(clinic_id=clinic.id, code="HALF")
                db.session.add(row)
                event.about(row)
                raise Refused("No.")

        def whole() -> None:
            with recording(Action.CLINIC_CHANGED, by=lead, about=clinic), suppress(Refused):
                half()

        with pytest.raises(RuntimeError):
            whole()
    assert count(stage, Patient, Patient.code == "HALF") == 0


def test_after_a_refusal_nothing_of_it_is_left(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        lead = db.session.get_one(User, cast["lead"])
        with pytest.raises(Refused):
            add_patient(code="LEFT", first_member=db.session.get_one(User, cast["admin"]), by=lead)
        add_patient(code="NEXT", by=lead)
    assert count(stage, Patient, Patient.code == "LEFT") == 0
    assert count(stage, Patient, Patient.code == "NEXT") == 1


def test_a_follower_that_fails_takes_the_change_with_it(
    stage: Stage, cast: Cast, browser_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(patients: frozenset[UUID]) -> None:
        raise ValueError("A follower fails.")

    browser = browser_of("therapist")
    browser.get("/patients/new")
    url, sent = browser.ready(code="F-1")
    monkeypatch.setitem(stage.app.extensions, "kap_followers", [fail])
    monkeypatch.setitem(stage.app.config, "PROPAGATE_EXCEPTIONS", False)
    assert browser.client.post(url, data=sent).status_code == 500
    monkeypatch.undo()
    assert count(stage, Patient, Patient.code == "F-1") == 0
    browser.send(url, sent, status=200)
    assert count(stage, Patient, Patient.code == "F-1") == 1


def test_a_code_is_changed_while_a_session_is_written(
    stage: Stage, cast: Cast, browser_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows point at patients by their key: a change of what is unique waits for those that are on their way."""
    browser, editor = browser_of("therapist"), browser_of("medical")
    browser.get(f"/patients/{cast['patient']}/sessions/new?kind=dosing")
    session = browser.ready(starts_at="2026-03-16T10:00")
    editor.get(f"/patients/{cast['patient']}/edit")
    url, sent = editor.ready(code="P-009")
    entered, answers = threading.Event(), []

    def keep_late(patients: frozenset[UUID]) -> None:
        entered.set()
        time.sleep(0.5)
        keep_outcomes(patients)

    monkeypatch.setitem(stage.app.extensions, "kap_followers", [keep_late])
    entering = threading.Thread(
        target=lambda: answers.append(browser.client.post(session[0], data=session[1]).status_code)
    )
    entering.start()
    assert entered.wait(10)
    answers.append(editor.client.post(url, data=sent).status_code)
    entering.join()
    assert answers == [302, 302]


def test_what_was_typed_for_a_route_that_became_another_is_kept(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    """The fields of a sheet follow the route; what stood in one that is gone stays in the record."""
    browser = browser_of("therapist")
    with stage.app.app_context():
        course, by = db.session.get_one(Course, cast["course"]), db.session.get_one(User, cast["medical"])
        session_id = plan_session(course, kind=Kind.DOSING, starts_at=clock.now(), by=by).id
    sheet = f"/sessions/{session_id}/sheets/screening"
    browser.get(sheet)
    url, sent = browser.ready(rems_number="R-77")
    with stage.app.app_context():
        session, by = db.session.get_one(DosingSession, session_id), db.session.get_one(User, cast["medical"])
        given = Giving(clock.now(), Route.IM, Medicine.KETAMINE, Decimal(50), GivenBy.STAFF, weight_kg=Decimal(70))
        give(session, given, reason="As ordered.", by=by)
    browser.send(url, sent, status=200)
    assert 'name="rems_number"' not in browser.get(sheet).text
    browser.fill(exposure="None.", status=200)
    with stage.app.app_context():
        rows = db.session.scalars(select(Sheet).where(Sheet.session_id == session_id).order_by(Sheet.number))
        assert [row.answers.get("rems_number") for row in rows] == ["R-77", "R-77"]
    assert "R-77" in browser.get(f"/sessions/{session_id}/dosing").words
