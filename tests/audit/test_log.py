"""The log: no change and no read without its event, no event without what it tells."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, event, func, insert, select, text, update
from sqlalchemy.exc import OperationalError

from kap.audit.log import recording
from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db, new_id
from kap.people.actions import add_patient, change_clinic
from kap.people.models import Clinic, Patient, User
from kap.treatment.actions import plan_session
from kap.treatment.models import Course, Kind, TreatmentSession
from tests.browser import Browser
from tests.cast import PASSWORD, Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]


def _events(app: Flask, *actions: Action) -> list[AuditEvent]:
    """The events in the log, of these actions where some are named, in order."""
    with app.app_context():
        query = select(AuditEvent).order_by(AuditEvent.at, AuditEvent.id)
        return list(db.session.scalars(query.where(AuditEvent.action.in_(actions)) if actions else query))


def _clinic(cast: Cast) -> Clinic:
    return db.session.get_one(Clinic, cast["clinic"])


def _user(cast: Cast, name: str) -> User:
    return db.session.get_one(User, cast[name])


def _change(cast: Cast) -> None:
    _clinic(cast).name = "A new name"


def _add(cast: Cast) -> None:
    db.session.add(Patient(clinic_id=cast["clinic"], code="P-100"))


def _delete(cast: Cast) -> None:
    db.session.delete(db.session.get_one(Patient, cast["unseen"]))


@pytest.mark.parametrize("act", [_change, _add, _delete])
def test_a_change_outside_recording_is_refused(act: Callable[[Cast], None], stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        act(cast)
        with pytest.raises(RuntimeError, match="outside recording"):
            db.session.commit()


@pytest.mark.parametrize("statement", [update(Patient).values(code="P-100"), delete(Patient)])
def test_a_bulk_change_is_refused(statement: Any, stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        with pytest.raises(RuntimeError, match="bulk"):
            db.session.execute(statement)
        with pytest.raises(RuntimeError, match="bulk"):
            db.session.execute(statement, execution_options={"guarded": True})
        with pytest.raises(RuntimeError, match="bulk"), recording(Action.PATIENT_CHANGED, by=None):
            db.session.execute(statement)
        assert db.session.scalar(select(func.count()).where(Patient.code != "P-100")) == 3


def test_a_bulk_addition_outside_recording_is_refused(stage: Stage, cast: Cast) -> None:
    """The next recording would commit it without a trace."""
    row = {"id": new_id(), "clinic_id": cast["clinic"], "code": "P-100", "version": 1}
    with stage.app.app_context(), pytest.raises(RuntimeError, match="outside recording"):
        db.session.execute(insert(Patient), [row])


def test_a_change_is_kept_with_its_event(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        clinic, lead = _clinic(cast), _user(cast, "lead")
        change_clinic(clinic, name="A new name", zone="Europe/Paris", country="FR", version=clinic.version, by=lead)
    *_, told = _events(stage.app, Action.CLINIC_CHANGED)
    assert (told.actor_id, told.clinic_id) == (cast["lead"], cast["clinic"])
    assert (told.object_type, told.object_id) == ("clinic", cast["clinic"])


def _change_and_fail(cast: Cast) -> None:
    _clinic(cast).name = "A new name"
    add_patient(code="P-100", by=_user(cast, "lead"))
    raise ZeroDivisionError


def test_what_fails_leaves_neither_change_nor_event(stage: Stage, cast: Cast) -> None:
    before = len(_events(stage.app))
    with stage.app.app_context():
        with pytest.raises(ZeroDivisionError), recording(Action.CLINIC_CHANGED, by=None):
            _change_and_fail(cast)
        assert _clinic(cast).name == "Test clinic"
    assert len(_events(stage.app)) == before


def test_recordings_inside_one_another_are_one_transaction(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        commits = 0

        def count(connection: object) -> None:
            nonlocal commits
            commits += 1

        lead = _user(cast, "lead")
        db.session.commit()
        event.listen(db.engine, "commit", count)
        try:
            with recording(Action.SCORES_IMPORTED, by=lead):
                for number in range(3):
                    add_patient(code=f"P-10{number}", by=lead)
                    with stage.app.app_context():
                        assert db.session.scalar(select(func.count()).where(Patient.code == f"P-10{number}")) == 0
        finally:
            event.remove(db.engine, "commit", count)
    assert commits == 1
    assert len(_events(stage.app, Action.SCORES_IMPORTED)) == 1
    assert len(_events(stage.app, Action.PATIENT_ADDED)) == 3 + 3


def test_an_outer_failure_takes_the_inner_changes_with_it(stage: Stage, cast: Cast) -> None:
    before = len(_events(stage.app))
    with stage.app.app_context():
        lead = _user(cast, "lead")
        with pytest.raises(ZeroDivisionError), recording(Action.SCORES_IMPORTED, by=lead):
            _change_and_fail(cast)
        assert db.session.scalar(select(Patient).where(Patient.code == "P-100")) is None
        add_patient(code="P-101", by=_user(cast, "lead"))
    assert len(_events(stage.app)) == before + 1


def test_every_act_inside_another_is_told(stage: Stage, cast: Cast) -> None:
    """A therapist who adds a patient joins the care team: two acts."""
    with stage.app.app_context():
        patient_id = add_patient(code="P-100", by=_user(cast, "therapist")).id
    told = [found.action for found in _events(stage.app) if found.patient_id == patient_id]
    assert sorted(told) == [Action.CARE_TEAM_CHANGED, Action.PATIENT_ADDED]


def test_what_was_read_before_a_change_is_read_again_inside_it(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        clinic = _clinic(cast)
        assert clinic.name == "Test clinic"
        with stage.app.app_context(), recording(Action.CLINIC_CHANGED, by=None):
            _clinic(cast).name = "Changed by somebody else"
        with recording(Action.CLINIC_CHANGED, by=None):
            assert clinic.name == "Changed by somebody else"


@pytest.mark.parametrize("path", ["/patients/{patient}", "/sessions/{dosing}", "/scores/{score}", "/alerts/{alert}"])
def test_a_page_of_a_record_is_told(path: str, stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("medical")
    browser.get(path.format(**cast.ids))
    (told,) = _events(stage.app, Action.RECORD_VIEWED)
    assert (told.actor_id, told.patient_id, told.clinic_id) == (cast["medical"], cast["patient"], cast["clinic"])
    assert told.object_id in cast.ids.values()


def test_a_list_tells_whom_it_showed(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser_of("therapist").get("/alerts")
    told = _events(stage.app, Action.LIST_VIEWED)[-1]
    assert told.actor_id == cast["therapist"]
    assert told.detail == {"name": "alerts", "patients": [str(cast["patient"])]}


def test_a_patient_reading_their_own_record_is_told(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser_of("patient account").get("/my")
    told = _events(stage.app, Action.RECORD_VIEWED)[-1]
    assert (told.actor_id, told.patient_id) == (cast["patient account"], cast["patient"])


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        ("other", "/patients/{patient}", 404),
        ("lead", "/sessions/{dosing}/edit", 403),
        ("patient account", "/patients/{patient}", 403),
        (None, "/patients/{patient}", 302),
    ],
)
def test_who_was_shown_nothing_has_read_nothing(
    person: str | None, path: str, status: int, stage: Stage, cast: Cast, browser_of: SignIn
) -> None:
    client = browser_of(person).client
    before = len(_events(stage.app, Action.RECORD_VIEWED))
    assert client.get(path.format(**cast.ids)).status_code == status
    assert len(_events(stage.app, Action.RECORD_VIEWED)) == before


def test_a_change_that_leads_on_is_no_read(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    browser.get(f"/patients/{cast['patient']}/edit")
    browser.fill(name="Another name", follow=False)
    assert len(_events(stage.app, Action.RECORD_VIEWED)) == 1
    assert len(_events(stage.app, Action.PATIENT_CHANGED)) == 1


def test_a_page_whose_read_cannot_be_told_is_not_sent(
    stage: Stage, cast: Cast, browser_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser_of("therapist").client
    monkeypatch.setitem(stage.app.config, "TESTING", False)
    with stage.app.app_context():
        engine = db.engine

    def fail(connection: object, cursor: object, statement: str, *more: object) -> None:
        if statement.startswith("INSERT INTO audit_event"):
            raise OperationalError("INSERT", {}, Exception("disk full"))

    event.listen(engine, "before_cursor_execute", fail)
    try:
        response = client.get(f"/patients/{cast['patient']}")
    finally:
        event.remove(engine, "before_cursor_execute", fail)
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert "Patient One" not in response.get_data(as_text=True)
    assert client.get(f"/patients/{cast['patient']}").status_code == 200


def test_sign_in_and_out_and_failure_are_told(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    browser.get("/patients")
    browser.send("/sign-out", {"csrf_token": _token_of(browser)})
    stranger = browser_of(None)
    stranger.get("/sign-in")
    stranger.fill(email=cast.email("therapist"), password="not the password")
    told = _events(stage.app, Action.SIGNED_IN, Action.SIGNED_OUT, Action.SIGN_IN_FAILED)
    assert [found.action for found in told] == [Action.SIGNED_IN, Action.SIGNED_OUT, Action.SIGN_IN_FAILED]
    assert PASSWORD not in repr([found.detail for found in told])


def _token_of(browser: Browser) -> list[str]:
    assert browser.page is not None
    tokens = [found.get("value", "") for found in browser.page.root.iter("input") if found.get("name") == "csrf_token"]
    return tokens[:1]


def test_the_log_holds_no_text_of_the_record(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser_of("therapist").get(f"/sessions/{cast['dosing']}")
    with stage.app.app_context(), db.engine.connect() as connection:
        rows = repr(connection.execute(text("SELECT * FROM audit_event")).all())
    for word in ("canary", "Patient One", "P-001", "@example.org"):
        assert word not in rows


READERS, PAGES, WRITES = 8, 5, 15


def test_many_read_while_somebody_writes(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    """Nobody meets a locked database, and every read is told."""
    clients = [browser_of("therapist" if n % 2 else "medical").client for n in range(READERS)]
    before = len(_events(stage.app, Action.RECORD_VIEWED))
    wrong: list[object] = []
    start = threading.Barrier(READERS + 1)

    def read(client: Any) -> None:
        start.wait()
        for _ in range(PAGES):
            status = client.get(f"/patients/{cast['patient']}").status_code
            if status != 200:
                wrong.append(status)

    def write() -> None:
        start.wait()
        with stage.app.app_context():
            for day in range(WRITES):
                course, by = db.session.get_one(Course, cast["course"]), _user(cast, "therapist")
                plan_session(course, kind=Kind.INTEGRATION, starts_at=clock.now() + timedelta(days=day), by=by)

    _run_together([*(lambda client=client: read(client) for client in clients), write], wrong)
    assert not wrong
    assert len(_events(stage.app, Action.RECORD_VIEWED)) == before + READERS * PAGES
    with stage.app.app_context():
        planned = select(func.count()).where(TreatmentSession.starts_at >= clock.now() - timedelta(minutes=5))
        assert db.session.scalar(planned) == WRITES


def test_a_form_sent_twice_at_once_makes_one_record(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    browser = browser_of("therapist")
    browser.get("/patients/new")
    url, sent = browser.ready(code="P-100")
    cookie = browser.client.get_cookie("kap")
    assert cookie is not None
    start, answers, wrong = threading.Barrier(2), [], []  # type: ignore[var-annotated]

    def send() -> None:
        client = stage.app.test_client()
        client.set_cookie("kap", cookie.value)
        start.wait()
        answers.append(client.post(url, data=sent).status_code)

    _run_together([send, send], wrong)
    assert not wrong
    assert answers == [302, 302]
    assert len(_events(stage.app, Action.PATIENT_ADDED)) == 3 + 1
    with stage.app.app_context():
        assert db.session.scalar(select(func.count()).where(Patient.code == "P-100")) == 1


def _run_together(works: list[Callable[[], None]], wrong: list[object]) -> None:
    """Run all in threads of their own; what one of them raises is noted."""

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as problem:  # noqa: BLE001
            wrong.append(problem)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
