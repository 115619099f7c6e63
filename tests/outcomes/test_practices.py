"""What the clinic sees of practices: on the patient's page, on the rail, and each with its days."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from kap.core import clock
from kap.core.db import db
from kap.people.models import User
from kap.treatment.actions import record_integration
from kap.treatment.models import Course, Kept, Practice, Status
from kap.treatment.practices import Agreed, Found, say_still, tick
from tests.browser import Browser
from tests.cast import Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]

DAYS = [datetime(2025, 12, day, 20, tzinfo=UTC) for day in (22, 23, 30)]
MONTH = datetime(2026, 1, 21, 20, tzinfo=UTC)
TALK = datetime(2026, 2, 2, 12, tzinfo=UTC)


@pytest.fixture
def lived(stage: Stage, cast: Cast) -> Cast:
    """The patient ticked three days and answered after a month; a session then asked, and agreed on something new."""
    with stage.app.app_context():
        practice, account = (
            db.session.get_one(Practice, cast["practice"]),
            db.session.get_one(User, cast["patient account"]),
        )
        for at in DAYS:
            with clock.at(at):
                tick(practice, on=at.date(), by=account)
        with clock.at(MONTH):
            say_still(practice, status=Kept.SOMETIMES, words="own words", month=1, by=account)
        with clock.at(TALK):
            record_integration(
                db.session.get_one(Course, cast["course"]),
                status=Status.TOOK_PLACE,
                starts_at=TALK,
                narrative="Talk",
                practices=[Agreed("Walk to the harbour", often="Most days")],
                practice_reviews={practice.id: Found(Kept.DONE, "review words")},
                by=db.session.get_one(User, cast["therapist"]),
            )
    return cast


def test_the_patients_page_tells_what_is_open_and_folds_the_rest(browser_of: SignIn, lived: Cast) -> None:
    with clock.at(TALK):
        page = browser_of("therapist").get(f"/patients/{lived['patient']}")
    card = words_of(page.root, "practices")
    assert "Walk to the harbour Most days. Since 2 February 2026." in card
    assert "Done, or let go canary practice Done: said in a session, on 2 February 2026." in card
    rail = words_of(page.root, "timeline")
    assert "Agreed: Walk to the harbour" in rail
    assert "Still doing it? After one month: sometimes" in rail
    assert "21 January 2026 · said by the patientcanary practice" in rail
    assert "23 December 2025" not in page.words, "Ticks would bury the rest."


def words_of(root: object, name: str) -> str:
    (found,) = (element for element in root.iter("section") if element.get("id") == name)  # type: ignore[attr-defined]
    return " ".join("".join(found.itertext()).split())


def test_an_open_practice_with_its_last_tick_and_what_the_patient_said(
    browser_of: SignIn, stage: Stage, cast: Cast
) -> None:
    with stage.app.app_context():
        practice, account = (
            db.session.get_one(Practice, cast["practice"]),
            db.session.get_one(User, cast["patient account"]),
        )
        with clock.at(DAYS[0]):
            tick(practice, on=DAYS[0].date(), by=account)
        with clock.at(MONTH):
            say_still(practice, status=Kept.CHANGED, month=1, by=account)
    page = browser_of("lead").get(f"/patients/{cast['patient']}")
    assert (
        "Since 21 December 2025, last ticked on 22 December 2025. "
        "Doing it another way: said by the patient after one month, on 21 January 2026."
    ) in words_of(page.root, "practices")


def test_each_practice_with_all_that_was_said_and_the_days(browser_of: SignIn, lived: Cast) -> None:
    page = browser_of("therapist").get(f"/patients/{lived['patient']}/practices")
    for words in (
        "Sometimes: said by the patient after one month, on 21 January 2026: own words",
        "Done: said in a session, on 2 February 2026: review words",
        "December 2025 22, 23, 30",
        "Walk to the harbour",
    ):
        assert words in page.words


def test_a_patient_with_nothing_agreed_has_no_card(browser_of: SignIn, cast: Cast) -> None:
    page = browser_of("lead").get(f"/patients/{cast['unseen']}")
    assert "Practices" not in page.words
    assert "No practices yet" in browser_of("lead").get(f"/patients/{cast['unseen']}/practices").words


def test_the_patient_sees_the_same_kindly(browser_of: SignIn, lived: Cast) -> None:
    phone = browser_of("patient account")
    with clock.at(TALK):
        page = phone.get("/my")
        assert "What we agreed Walk to the harbour See and tick" in page.words
        assert "Still doing it? After one month: sometimes21 January 2026canary practice" in page.words
        assert "We agreed: Walk to the harbour" in page.words
        assert "Most days. Agreed on 2 February 2026." in phone.get("/my/practices").words
