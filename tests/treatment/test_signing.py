"""Signing: what it locks, what can still be said, and that nobody can change afterwards what was signed."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import WRITE, db
from kap.core.refusal import Refused, Stale
from kap.people.models import Patient, User
from kap.treatment.actions import mark_session_in_error, plan_session, record_dosing, record_preparation
from kap.treatment.content import canonical, content_of, digest_of
from kap.treatment.models import (
    Addendum,
    DosingSession,
    Part,
    PreparationSession,
    Signature,
    Status,
    TreatmentSession,
)
from kap.treatment.queries import addenda_of, intact, session_rows, signatures_of, signed_parts, unsigned
from kap.treatment.signing import LATE_AFTER, add_addendum, refuse_signed, sign_part
from tests.browser import Browser
from tests.cast import NOW, Cast
from tests.conftest import Stage

BrowserOf = Callable[[str], Browser]
DOSE = {"given": Decimal("50.00"), "route": "im"}


def session_of(cast: Cast, name: str) -> Any:
    return db.session.get_one(TreatmentSession, cast[name])


def user(cast: Cast, name: str) -> User:
    return db.session.get_one(User, cast[name])


def sign(cast: Cast, name: str, by: str = "therapist", part: Part = Part.THERAPY, **content: object) -> Signature:
    session = session_of(cast, name)
    told = content or (DOSE if isinstance(session, DosingSession) else content_of(session))
    return sign_part(session, part, content=told, version=session.version, by=user(cast, by))


def rewrite_dose(cast: Cast, **fields: Any) -> None:
    session = session_of(cast, "dosing")
    record_dosing(
        session.course,
        session=session,
        version=session.version,
        status=Status.TOOK_PLACE,
        starts_at=session.starts_at,
        by=user(cast, "therapist"),
        **fields,
    )


def test_a_therapist_reads_and_signs_a_session(browser_of: BrowserOf, cast: Cast) -> None:
    therapist, page = browser_of("therapist"), f"/sessions/{cast['integration']}"
    assert "Draft: not signed" in therapist.get(page).words
    shown = therapist.get(f"{page}/sign").words
    for words in ("canary summary", "canary practice", "ACT", "Sign as The therapist"):
        assert words in shown, words
    shown = therapist.fill(status=200).words
    assert "Signed by The therapist on" in shown
    assert "Draft" not in shown
    links = [link.get("href", "") for link in therapist.get(page).root.iter("a")]
    assert f"{page}/edit" not in links
    assert f"{page}/addendum" in links


def test_a_form_that_was_open_when_the_session_was_signed_keeps_its_text_and_changes_nothing(
    stage: Stage, browser_of: BrowserOf, cast: Cast
) -> None:
    medical, edit = browser_of("medical"), f"/sessions/{cast['integration']}/edit"
    medical.get(edit)
    with stage.app.app_context():
        sign(cast, "integration")
    page = medical.fill(narrative="What the nurse wrote", status=200)
    assert "This session is signed, and stays as it is. Please write an addendum." in page.words
    assert "What the nurse wrote" in page.text
    page = medical.get(edit)
    assert page.response.request.path == f"/sessions/{cast['integration']}"
    assert "canary summary" in page.words


def test_a_session_that_changed_while_it_was_read_is_not_signed(browser_of: BrowserOf, cast: Cast) -> None:
    therapist, medical = browser_of("therapist"), browser_of("medical")
    therapist.get(f"/sessions/{cast['integration']}/sign")
    medical.get(f"/sessions/{cast['integration']}/edit")
    medical.fill(narrative="What the nurse wrote", status=200)
    page = therapist.fill(status=200)
    assert "It was changed in the meantime, and nothing was done." in page.words
    assert "What the nurse wrote" in page.words
    assert "Signed by The therapist" in therapist.fill(status=200).words


def test_an_addendum_stands_with_what_was_signed_at_the_time_at_which_it_was_written(
    stage: Stage, browser_of: BrowserOf, cast: Cast
) -> None:
    medical, page = browser_of("medical"), f"/sessions/{cast['signed']}"
    medical.get(f"{page}/addendum")
    asked = medical.fill(kind="late_entry", reason="Forgotten", text="She called at night.", status=200)
    assert "Of which day is this late entry?" in asked.words
    assert "She called at night." in asked.text
    before = clock.now()
    shown = medical.fill(refers_to="2026-01-02", status=200).words
    assert "signed words" in shown
    assert "Late entry, about 2 January 2026 Written by The medical on" in shown
    assert "Forgotten She called at night." in shown
    with stage.app.app_context():
        (addendum,) = addenda_of(session_of(cast, "signed"))
        assert before <= addendum.created_at <= clock.now()
        assert addendum.author == cast["medical"]
        assert intact(signatures_of(session_of(cast, "signed"))[Part.THERAPY])


@pytest.mark.parametrize(("name", "field"), [("2126-01-01", "refers_to"), ("1970-01-01", "refers_to")])
def test_an_addendum_is_about_a_day_of_the_patients_life(stage: Stage, cast: Cast, name: str, field: str) -> None:
    with stage.app.app_context(), pytest.raises(Refused) as refused:
        add_addendum(
            session_of(cast, "signed"),
            Part.THERAPY,
            kind="addendum",
            reason="Why",
            text="What",
            refers_to=date.fromisoformat(name),
            by=user(cast, "therapist"),
        )
    assert refused.value.field == field


def test_what_is_not_signed_is_edited_and_takes_no_addendum(stage: Stage, browser_of: BrowserOf, cast: Cast) -> None:
    page = browser_of("therapist").get(f"/sessions/{cast['integration']}/addendum")
    assert "Nothing is signed yet" in page.words
    with stage.app.app_context(), pytest.raises(Refused, match="not signed yet"):
        add_addendum(
            session_of(cast, "dosing"), Part.THERAPY, kind="addendum", reason="W", text="T", by=user(cast, "therapist")
        )


def _waiting(patient: Patient) -> dict[UUID, list[Part]]:
    """The parts that wait to be signed, by session."""
    signed = signed_parts(patient)
    return {row.id: parts for row in session_rows(patient) if (parts := unsigned(row, signed))}


def test_the_parts_of_a_dose_are_signed_by_two_people_and_each_locks_the_form(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        patient = db.session.get_one(Patient, cast["patient"])
        waiting = _waiting(patient)
        assert waiting[cast["dosing"]] == [Part.ADMINISTRATION, Part.THERAPY]
        assert cast["signed"] not in waiting
        assert cast["planned"] not in waiting
        sign(cast, "dosing", "medical", Part.ADMINISTRATION)
        with pytest.raises(Refused, match="has begun"):
            rewrite_dose(cast, narrative="Another")
        refuse_signed(session_of(cast, "dosing"), Part.THERAPY)
        sign(cast, "dosing", "therapist", Part.THERAPY)
        signatures = signatures_of(session_of(cast, "dosing"))
        assert {part: one.signed_by for part, one in signatures.items()} == {
            Part.ADMINISTRATION: cast["medical"],
            Part.THERAPY: cast["therapist"],
        }
        assert signed_parts(patient)[cast["dosing"]] == frozenset(Part)
        assert cast["dosing"] not in _waiting(patient)
        assert session_of(cast, "dosing").narrative == "canary narrative"


def test_what_is_not_signed(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        with pytest.raises(Refused, match="is signed already"):
            sign(cast, "signed", "therapist")
        with pytest.raises(Refused, match="has no administration part"):
            sign(cast, "preparation", "medical", Part.ADMINISTRATION)
        with pytest.raises(Refused, match="took place, or was held back"):
            sign(cast, "planned")
        mark_session_in_error(session_of(cast, "preparation"), reason="Another patient", by=user(cast, "therapist"))
        with pytest.raises(Refused, match="entered in error"):
            sign(cast, "preparation")
        session = session_of(cast, "integration")
        with pytest.raises(Stale):
            sign_part(session, Part.THERAPY, content={}, version=session.version - 1, by=user(cast, "therapist"))
        assert db.session.scalar(select(func.count()).select_from(Signature)) == 2, "Those of the cast."


def test_a_signature_after_three_days_is_called_late(stage: Stage, browser_of: BrowserOf, cast: Cast) -> None:
    with stage.app.app_context():
        course = session_of(cast, "signed").course
        for minutes, late in ((0, False), (1, True)):
            with clock.at(NOW - timedelta(days=10)):
                session = record_preparation(
                    course,
                    status=Status.TOOK_PLACE,
                    starts_at=clock.now() - timedelta(hours=2),
                    ends_at=clock.now(),
                    by=user(cast, "therapist"),
                )
            cast.ids["made"] = session.id
            with clock.at(NOW - timedelta(days=10) + LATE_AFTER + timedelta(minutes=minutes)):
                assert sign(cast, "made").late is late
    assert "Signed late" in browser_of("lead").get(f"/sessions/{cast['made']}").words


def change(table: Any, where: Any, **values: Any) -> None:
    """Change a row behind the back of the app, as somebody with the database in hand would."""
    with db.engine.connect().execution_options(**WRITE) as connection:
        connection.execute(update(table).where(where).values(**values))
        connection.commit()
    db.session.rollback()


def forge(signature: Signature, text: str) -> dict[str, Any]:
    """Another content as even somebody with the keys would keep it."""
    sealed = Signature.content.closed("signature", signature.id, text)
    return {"content_sealed": sealed, "digest": digest_of(text)}


def test_a_changed_content_is_noticed(stage: Stage, browser_of: BrowserOf, cast: Cast) -> None:
    table = Signature.__table__
    with stage.app.app_context():
        signature = signatures_of(session_of(cast, "signed"))[Part.THERAPY]
        assert intact(signature)
        assert json.loads(signature.content)["narrative"] == "signed words"
        kept: dict[str, Any] = {"content_sealed": signature.content_sealed, "digest": signature.digest}
        here, forged = table.c.id == signature.id, forge(signature, signature.content.replace("signed", "forged"))
        for values in (
            {"content_sealed": forged["content_sealed"]},
            {"digest": forged["digest"]},
            {"content_sealed": bytes(kept["content_sealed"][:-1]) + bytes([kept["content_sealed"][-1] ^ 1])},
            forged,
        ):
            change(table, here, **(kept | values))
            assert not intact(signature), values
    assert "no longer what was signed" in browser_of("therapist").get(f"/sessions/{cast['signed']}").words
    with stage.app.app_context():
        change(table, here, **kept)
        assert intact(signatures_of(session_of(cast, "signed"))[Part.THERAPY])
        events = AuditEvent.__table__
        change(events, events.c.action == Action.SESSION_SIGNED, detail={"part": "therapy", "digest": "0" * 64})
        assert not intact(signatures_of(session_of(cast, "signed"))[Part.THERAPY])


def test_what_was_signed_in_error_is_retracted_and_stays_readable(browser_of: BrowserOf, cast: Cast) -> None:
    therapist, page = browser_of("therapist"), f"/sessions/{cast['signed']}"
    therapist.get(f"{page}/error")
    shown = therapist.fill(reason="Another patient's", status=200).words
    for words in ("Marked as entered in error", "Another patient's", "signed words", "Signed by The therapist on"):
        assert words in shown, words


def test_the_canonical_form_is_one_however_it_is_asked_for() -> None:
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    there = noon.astimezone(timezone(timedelta(hours=5)))
    key = UUID(int=7)
    assert canonical({"b": Decimal("50.00"), "a": [noon, key]}) == canonical({"a": [there, key], "b": Decimal("50.00")})
    text = canonical({"dose": Decimal("0.10"), "at": noon, "on": noon.date(), "words": "Ünï\n", "none": None, "n": 3})
    assert text == (
        '{"at":"2026-03-04T12:00:00+00:00","dose":"0.10","n":3,"none":null,"on":"2026-03-04","words":"Ünï\\n"}'
    )
    with pytest.raises(TypeError, match="no canonical form"):
        canonical({"a": object()})


def test_every_column_of_a_talk_session_is_signed(stage: Stage, cast: Cast) -> None:
    """A new column goes into `content_of`, or is named here as one that nobody signs."""
    unsigned = {"id", "patient_id", "course_id", "clinic_id", "created_at", "created_by", "version"}
    unsigned |= {"error_at", "error_by", "error_reason_sealed"}
    with stage.app.app_context():
        for name in ("preparation", "integration"):
            session = session_of(cast, name)
            columns = {column.key.removesuffix("_sealed") for column in type(session).__mapper__.columns}
            content = content_of(session)
            assert columns - {column.removesuffix("_sealed") for column in unsigned} <= set(content)
            assert (content["session"], content["patient"]) == (session.id, session.patient_id)


def at_once(app: Flask, *acts: Callable[[], object]) -> list[str]:
    """What came of acts that begin together: nothing, or the name of what they raised."""
    together = Barrier(len(acts))

    def do(act: Callable[[], object]) -> str:
        with app.app_context():
            together.wait(10)
            try:
                act()
            except (Refused, Stale) as said:
                return type(said).__name__
            return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def test_signing_and_editing_at_once_end_one_way_or_the_other(stage: Stage, cast: Cast) -> None:
    """Whatever comes first, nothing is signed that was not shown, and nothing changes that is signed."""
    with stage.app.app_context():
        start, course = NOW - timedelta(days=3), session_of(cast, "signed").course
        ids = [
            record_preparation(
                course, status=Status.TOOK_PLACE, starts_at=start, narrative="first", by=user(cast, "therapist")
            ).id
            for _ in range(5)
        ]
    for session_id in ids:
        cast.ids["made"] = session_id

        def edit() -> None:
            session = session_of(cast, "made")
            record_preparation(
                session.course,
                session=session,
                version=1,
                status=Status.TOOK_PLACE,
                starts_at=session.starts_at,
                narrative="second",
                by=user(cast, "medical"),
            )

        def put_down() -> None:
            session = session_of(cast, "made")
            assert isinstance(session, PreparationSession)
            content = content_of(session)
            sign_part(session, Part.THERAPY, content=content, version=1, by=user(cast, "therapist"))

        edited, signed = at_once(stage.app, edit, put_down)
        with stage.app.app_context():
            session = session_of(cast, "made")
            signature = signatures_of(session).get(Part.THERAPY)
            if signature is None:
                assert (edited, signed, session.narrative) == ("", "Stale", "second")
            else:
                assert (edited, signed, session.narrative) == ("Refused", "", "first")
                assert json.loads(signature.content)["narrative"] == "first"


def test_of_two_who_sign_one_part_at_once_one_does(stage: Stage, cast: Cast) -> None:
    acts = [lambda by=by: sign(cast, "integration", by) for by in ("therapist", "lead")]
    assert sorted(at_once(stage.app, *acts)) == ["", "Refused"]


def test_two_who_sign_two_parts_at_once_both_do(stage: Stage, cast: Cast) -> None:
    acts = [
        lambda: sign(cast, "dosing", "medical", Part.ADMINISTRATION),
        lambda: sign(cast, "dosing", "therapist", Part.THERAPY),
    ]
    assert at_once(stage.app, *acts) == ["", ""]


def test_a_signature_keeps_the_settings_that_were_in_force(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        session = session_of(cast, "dosing")
        sign_part(session, Part.ADMINISTRATION, content=DOSE, version=None, settings_number=4, by=user(cast, "medical"))
        assert signatures_of(session)[Part.ADMINISTRATION].settings_number == 4
        plan = plan_session(
            session.course, kind="dosing", starts_at=clock.now() + timedelta(days=1), by=user(cast, "medical")
        )
        assert signatures_of(plan) == {}
        assert db.session.scalar(select(func.count()).select_from(Addendum)) == 0
