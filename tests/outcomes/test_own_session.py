"""What the patient reads of a session: nothing before it is signed, and then what happened and what was agreed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from kap.core import clock
from kap.core.db import db
from kap.outcomes.own_session import body_words
from kap.people.models import User
from kap.treatment.actions import mark_session_in_error, record_dosing, record_integration
from kap.treatment.content import content_of
from kap.treatment.models import Kept, Part, Route, Status, TreatmentSession
from kap.treatment.practices import Agreed, Found
from kap.treatment.release import hold_back
from kap.treatment.rules import Reading, Unwanted
from kap.treatment.signing import add_addendum, sign_part
from tests.browser import Browser
from tests.cast import Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]
GIVEN = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def session_of(cast: Cast, name: str) -> Any:
    return db.session.get_one(TreatmentSession, cast[name])


def user(cast: Cast, name: str) -> User:
    return db.session.get_one(User, cast[name])


def sign(stage: Stage, cast: Cast, name: str, part: Part = Part.THERAPY) -> None:
    with stage.app.app_context():
        session = session_of(cast, name)
        content = content_of(session) if name != "dosing" else {"dose": session.dose_mg}
        by = user(cast, "medical" if part is Part.ADMINISTRATION else "therapist")
        sign_part(session, part, content=content, version=None, by=by)


def write_dose(stage: Stage, cast: Cast) -> UUID:
    """A dose, the day before that of the cast, with all that can be written of it."""
    with stage.app.app_context():
        session = session_of(cast, "dosing")
        start = session.starts_at - timedelta(days=1)
        return record_dosing(
            session.course,
            status=Status.TOOK_PLACE,
            starts_at=start,
            dosed_at=start + timedelta(minutes=10),
            route=Route.SUBLINGUAL,
            dose_mg=Decimal("500"),
            weight_kg=Decimal(70),
            narrative="Why so much: the override",
            vital_signs=[
                Reading(start, 128, 82, 66, 98),
                Reading(start + timedelta(minutes=50), 150, 94, 92, 96),
                Reading(start + timedelta(minutes=100), 130, 84, 70, 99),
            ],
            adverse_events=[Unwanted("other", "mild", "Staff words")],
            discharged_at=start + timedelta(minutes=110),
            left_with="Her sister",
            discharge="Staff note",
            by=user(cast, "therapist"),
        ).id


def test_nothing_is_read_before_it_is_signed(stage: Stage, browser_of: SignIn, cast: Cast) -> None:
    patient = browser_of("patient account")
    for name in ("dosing", "integration", "preparation", "planned"):
        patient.get(f"/my/sessions/{cast[name]}", status=404)
        assert str(cast[name]) not in patient.get("/my").text
    sign(stage, cast, "dosing", Part.THERAPY)
    patient.get(f"/my/sessions/{cast['dosing']}", status=404)


def test_a_dose_in_plain_words_without_what_is_for_the_clinic(stage: Stage, browser_of: SignIn, cast: Cast) -> None:
    cast = replace(cast, ids=cast.ids | {"dosing": write_dose(stage, cast)})
    sign(stage, cast, "dosing", Part.ADMINISTRATION)
    patient = browser_of("patient account")
    assert f"/my/sessions/{cast['dosing']}" in patient.get("/my").text
    page = patient.get(f"/my/sessions/{cast['dosing']}")
    for words in (
        "dose 1 of 3 planned",
        "You were given 500 mg of ketamine as a lozenge under the tongue, at ",
        "Your blood pressure was 128/82 before, at most 150/94 afterwards and 130/84 at the end.",
        "Your heart beat between 66 and 92 times a minute.",
        "The oxygen in your blood was between 96 and 99 %.",
        "Signed by The medical on",
    ):
        assert words in page.words, words
    for hidden in ("override", "Staff", "sister", "well above", "usual by this route", "canary", "140/90"):
        assert hidden not in page.text, hidden
    assert "What was agreed" not in page.words, "The integration is not signed yet."


def test_what_was_agreed_is_read_once_its_session_is_signed(stage: Stage, browser_of: SignIn, cast: Cast) -> None:
    sign(stage, cast, "dosing", Part.ADMINISTRATION)
    sign(stage, cast, "integration")
    patient = browser_of("patient account")
    page = patient.get(f"/my/sessions/{cast['dosing']}")
    assert "What was agreed canary practice" in page.words
    assert "canary summary" not in page.words
    page = patient.get(f"/my/sessions/{cast['integration']}")
    for words in ("What was agreed canary practice", "canary summary", "Signed by The therapist on"):
        assert words in page.words, words


def test_what_was_added_is_read_with_a_talk_and_only_named_with_a_dose(
    stage: Stage, browser_of: SignIn, cast: Cast
) -> None:
    sign(stage, cast, "dosing", Part.ADMINISTRATION)
    sign(stage, cast, "dosing", Part.THERAPY)
    with stage.app.app_context():
        said: dict[str, Any] = {"kind": "correction", "reason": "A slip", "by": user(cast, "medical")}
        add_addendum(session_of(cast, "signed"), Part.THERAPY, text="It was her aunt.", **said)
        add_addendum(session_of(cast, "dosing"), Part.ADMINISTRATION, text="Of lot 17.", **said)
        add_addendum(session_of(cast, "dosing"), Part.THERAPY, text="About the music.", **said)
    patient = browser_of("patient account")
    talk, dose = (patient.get(f"/my/sessions/{cast[name]}") for name in ("signed", "dosing"))
    assert "Put right later, on" in talk.words
    assert "It was her aunt." in talk.words
    assert dose.words.count("Put right later") == 1
    assert "Your care team can tell you what." in dose.words
    for hidden in ("lot 17", "music", "A slip"):
        assert hidden not in dose.text + talk.text


def hold(stage: Stage, cast: Cast, name: str) -> None:
    with stage.app.app_context():
        hold_back(
            session_of(cast, name),
            ground="preventing_harm",
            reason="Why it is kept",
            until=(clock.now() + timedelta(days=30)).date(),
            by=user(cast, "medical" if name == "dosing" else "therapist"),
        )


def test_what_is_held_back_is_as_if_it_were_not_signed(stage: Stage, browser_of: SignIn, cast: Cast) -> None:
    patient = browser_of("patient account")
    for name in ("dosing", "integration"):
        hold(stage, cast, name)
    unsigned = patient.get("/my").words
    sign(stage, cast, "dosing", Part.ADMINISTRATION)
    sign(stage, cast, "integration")
    for name in ("dosing", "integration"):
        patient.get(f"/my/sessions/{cast[name]}", status=404)
        assert str(cast[name]) not in patient.get("/my").text
    assert patient.get("/my").words == unsigned
    assert "A session opens once it is signed and released to you." in unsigned
    log = patient.get("/my/readers").words
    assert "wrote in your record" in log
    for hidden in ("held", "kept", "released"):
        assert hidden not in log.lower()


def test_what_was_written_in_a_session_that_is_held_back_stands_nowhere(
    stage: Stage, browser_of: SignIn, cast: Cast
) -> None:
    """What the patient agreed to do is their own, and stays on their list; nothing leads from there to the session."""
    sign(stage, cast, "dosing", Part.ADMINISTRATION)
    sign(stage, cast, "integration")
    with stage.app.app_context():
        said: dict[str, Any] = {"kind": "addendum", "reason": "A slip", "by": user(cast, "therapist")}
        add_addendum(session_of(cast, "integration"), Part.THERAPY, text="canary addendum", **said)
    patient = browser_of("patient account")
    for address in (f"/my/sessions/{cast['dosing']}", "/my", "/my/practices", f"/my/practices/{cast['practice']}"):
        assert "canary practice" in patient.get(address).words, address
    hold(stage, cast, "integration")
    page = patient.get(f"/my/sessions/{cast['dosing']}")
    assert "You were given 50 mg" in page.words
    assert "What was agreed" not in page.words
    own = ("/my", "/my?whole=1", "/my/readers", "/my/side-by-side", "/my/practices")
    for address in (f"/my/sessions/{cast['dosing']}", *own):
        assert "canary" not in patient.get(address).text.replace("canary practice", ""), address
        assert str(cast["integration"]) not in patient.get(address).text, address
    assert "canary practice" in patient.get("/my/practices").words


def test_no_later_session_tells_the_words_of_one_that_is_held_back(
    stage: Stage, browser_of: SignIn, cast: Cast
) -> None:
    """An intention set or changed in it, and what was agreed, though a session that can be read looked again."""
    with stage.app.app_context():
        course, by = session_of(cast, "integration").course, user(cast, "therapist")
        told: dict[str, Any] = {"status": Status.TOOK_PLACE, "by": by}
        set_in, changed_in, later = (GIVEN + timedelta(days=days) for days in (1, 2, 3))
        first = record_integration(
            course, starts_at=set_in, intention="First words", practices=[Agreed("Agreed words")], **told
        )
        (practice,) = first.practices
        changed = {first.id: Found(Kept.CHANGED, "Other words")}
        second = record_integration(course, starts_at=changed_in, intention_reviews=changed, **told)
        third = record_integration(
            course,
            starts_at=later,
            intention_reviews={first.id: Found(Kept.KEPT)},
            practice_reviews={practice.id: Found(Kept.KEPT)},
            **told,
        )
        cast = replace(cast, ids=cast.ids | {"first": first.id, "second": second.id, "third": third.id})
    for name in ("first", "second", "third"):
        sign(stage, cast, name)
    patient = browser_of("patient account")
    page = patient.get(f"/my/sessions/{cast['third']}").words
    assert "“Other words”: kept" in page
    assert "“Agreed words”: still doing it" in page
    hold(stage, cast, "second")
    page = patient.get(f"/my/sessions/{cast['third']}").words
    assert "Other words" not in page
    assert "“Agreed words”: still doing it" in page
    hold(stage, cast, "first")
    for name in ("third", "second"):
        page = patient.get(f"/my/sessions/{cast[name]}", status=404 if name == "second" else 200).words
        for words in ("First words", "Other words", "Agreed words"):
            assert words not in page, words


def test_a_session_that_was_taken_back_is_read_no_more(stage: Stage, browser_of: SignIn, cast: Cast) -> None:
    patient = browser_of("patient account")
    assert "signed words" in patient.get(f"/my/sessions/{cast['signed']}").words
    with stage.app.app_context():
        mark_session_in_error(session_of(cast, "signed"), reason="Another patient's", by=user(cast, "therapist"))
    patient.get(f"/my/sessions/{cast['signed']}", status=404)
    assert str(cast["signed"]) not in patient.get("/my").text


def test_the_clinic_is_told_quietly_what_is_not_signed(stage: Stage, browser_of: SignIn, cast: Cast) -> None:
    therapist, page = browser_of("therapist"), f"/patients/{cast['patient']}"
    assert therapist.get(page).words.count("not signed") == 3, "Not of the planned one, nor of the signed one."
    sign(stage, cast, "dosing", Part.ADMINISTRATION)
    assert "therapy not signed" in therapist.get(page).words
    for name in ("preparation", "integration", "dosing"):
        sign(stage, cast, name)
    assert "not signed" not in therapist.get(page).words


@pytest.mark.parametrize(
    ("readings", "sentences"),
    [
        ([], []),
        ([(-5, 120, 80, None, None)], ["Your blood pressure was 120/80 before."]),
        (
            [(0, 120, 80, None, None), (0, None, None, 60, None)],
            ["Your blood pressure was 120/80 before.", "Your heart beat 60 times a minute."],
        ),
        ([(30, 120, 80, None, None)], ["Your blood pressure was 120/80 at the end."]),
        (
            [(0, 120, 80, 60, None), (30, 125, 85, 60, None)],
            ["Your blood pressure was 120/80 before and 125/85 at the end.", "Your heart beat 60 times a minute."],
        ),
        (
            [(60, 118, 70, None, 97), (30, 160, 95, None, None), (-20, 119, 71, None, None), (-5, 120, None, None, 98)],
            [
                "Your blood pressure was 119/71 before, at most 160/95 afterwards and 118/70 at the end.",
                "The oxygen in your blood was between 97 and 98 %.",
            ],
        ),
    ],
)
def test_vital_signs_are_said_as_far_as_they_are_known(readings: list[Any], sentences: list[str]) -> None:
    taken = [Reading(GIVEN + timedelta(minutes=minutes), *numbers) for minutes, *numbers in readings]
    assert body_words(taken, GIVEN) == sentences
