"""The day of whoever treats: what waits, a line each, with the act that settles it; what is settled disappears."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.measures.actions import enter_paper
from kap.people.actions import add_patient
from kap.people.models import Patient, User
from kap.treatment.actions import open_course, plan_session, record_dosing, record_integration
from kap.treatment.models import Condition, Course, IntegrationSession, Kind, Part, Route, Status
from kap.treatment.practices import Agreed
from kap.treatment.signing import sign_part
from tests.browser import Browser, Page
from tests.cast import NOW, Cast
from tests.conftest import Stage
from tests.home.test_due import statements

BrowserOf = Callable[[str], Browser]


@pytest.fixture(autouse=True)
def _then() -> Iterator[None]:
    with clock.at(NOW):
        yield


def user(cast: Cast, name: str) -> User:
    return db.session.get_one(User, cast[name])


def course_of(cast: Cast) -> Course:
    return db.session.get_one(Course, cast["course"])


def section(page: Page, key: str) -> str:
    """The words of one section; empty where it is not there."""
    found = page.root.find(f".//section[@id='{key}']")
    return "" if found is None else " ".join("".join(found.itertext()).split())


def acts(page: Page) -> dict[str, str]:
    """The buttons of the page: where they lead, by what they are read out as."""
    links = page.root.iter("a")
    return {" ".join("".join(a.itertext()).split()): a.get("href") or "" for a in links if a.get("class") == "btn"}


def act(page: Page, begins: str) -> str:
    (found,) = [href for words, href in acts(page).items() if words.startswith(begins)]
    return found


def phq9(patient: Patient, days: int, total: int, by: User) -> None:
    """A PHQ-9 so many days ago, of a total of up to 24."""
    answers = {item: 3 if item <= total // 3 else total % 3 if item == total // 3 + 1 else 0 for item in range(1, 10)}
    day = (NOW - timedelta(days=days)).date()
    enter_paper(patient, "phq-9", taken_on=day, answers=answers, by=by)


def faded(cast: Cast, code: str, seen: int) -> UUID:
    """A patient who got better after a dose so many days ago, and is losing it."""
    by = user(cast, "therapist")
    patient = add_patient(code=code, by=by)
    opened = (NOW - timedelta(days=90)).date()
    course = open_course(patient, condition=Condition.DEPRESSION, primary_measure="phq-9", opened_on=opened, by=by)
    phq9(patient, seen + 5, 24, by)
    record_dosing(course, by=by, status=Status.TOOK_PLACE, starts_at=NOW - timedelta(days=seen))
    phq9(patient, seen - 10, 6, by)
    phq9(patient, 1, 15, by)
    return patient.id


def test_the_day_begins_here_for_those_who_treat(cast: Cast, browser_of: BrowserOf) -> None:
    for who, where in (("therapist", "/day"), ("medical", "/day"), ("lead", "/patients"), ("patient account", "/my")):
        assert browser_of(who).get("/").response.request.path == where
    assert "All of today" in browser_of("lead").get("/due").words


def test_sessions_stand_in_order_with_room_state_and_act(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with stage.app.app_context():
        course, by = course_of(cast), user(cast, "therapist")
        at = NOW.replace(minute=30)
        team = [cast["therapist"], cast["medical"]]
        plan_session(course, kind=Kind.INTEGRATION, starts_at=at, room_id=cast["room"], team=team, by=by)
        plan_session(course, kind=Kind.DOSING, starts_at=at + timedelta(hours=2), by=by)
        plan_session(course, kind=Kind.PREPARATION, starts_at=at + timedelta(hours=5), by=by)
        plan_session(course, kind=Kind.PREPARATION, starts_at=at + timedelta(days=1), by=by)
        held = record_integration(course, by=by, status=Status.TOOK_PLACE, starts_at=NOW - timedelta(hours=3)).id
        plan_session(course, kind=Kind.PREPARATION, starts_at=NOW - timedelta(days=3), by=by)
    therapist = browser_of("therapist")
    page = therapist.get("/day")
    words = section(page, "sessions")
    order = [words.index(start) for start in ("10:00", "13:30", "15:30", "18:30")]
    assert order == sorted(order)
    assert "Integration, heron room, with The medical" in words
    assert "Not signed" in words
    assert act(page, "Log: Patient One, 13:30, Integration, heron").endswith("/edit?status=took_place")
    # What lies further ahead is looked at, not logged.
    assert act(page, "Open: Patient One, 18:30, Preparation").startswith("/sessions/")
    assert act(page, "Sign: Patient One, 10:00, Integration") == f"/sessions/{held}/sign"
    assert "Preparation planned for 15 March, 13:00: what became of it?" in section(page, "write")
    for href in acts(page).values():
        assert therapist.get(href).status == 200
    with stage.app.app_context():
        session = db.session.get_one(IntegrationSession, held)
        sign_part(session, Part.THERAPY, content={}, version=None, by=user(cast, "therapist"))
    page = therapist.get("/day")
    assert "Not signed" not in section(page, "sessions")
    assert "Sign: Patient One, 10:00, Integration" not in " ".join(acts(page))
    with stage.app.app_context():
        by = user(cast, "therapist")
        start = NOW - timedelta(minutes=40)
        record_dosing(course_of(cast), by=by, status=Status.TOOK_PLACE, starts_at=start, dosed_at=start)
    page = therapist.get("/day")
    assert "Under way" in section(page, "sessions")
    assert act(page, "Open: Patient One, 12:20, Dosing").endswith("/room")
    # The prescriber signs no talk, and logs it as well as anybody.
    assert "Sign: Patient One, 10:00, Integration" not in " ".join(acts(browser_of("medical").get("/day")))


def test_a_dose_without_integration_stands_until_one_is_booked(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with stage.app.app_context():
        by = user(cast, "therapist")
        patient = add_patient(code="P-060", by=by)
        day = NOW.date() - timedelta(days=20)
        course = open_course(patient, condition=Condition.PTSD, primary_measure="pcl-5", opened_on=day, by=by)
        for days in (2, 5):
            record_dosing(course, by=by, status=Status.TOOK_PLACE, starts_at=NOW - timedelta(days=days))
        course_id = course.id
    therapist = browser_of("therapist")
    page = therapist.get("/day")
    assert "P-060 2 doses, the last 2 days ago (custom here: 12 to 72 hours after)" in section(page, "integrate")
    for word in ("late", "overdue", "missed"):
        assert f" {word} " not in section(page, "integrate").replace("nothing is late by it", "")
    with stage.app.app_context():
        course = db.session.get_one(Course, course_id)
        plan_session(course, kind=Kind.INTEGRATION, starts_at=NOW + timedelta(days=1), by=user(cast, "therapist"))
    assert section(therapist.get("/day"), "integrate") == ""
    # A dose of the distant past is nobody's to catch up on.
    with clock.at(NOW + timedelta(days=20)):
        assert section(browser_of("therapist").get("/day"), "integrate") == ""


def test_calls_alerts_and_forms_lead_to_their_pages(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with stage.app.app_context():
        record_dosing(
            course_of(cast),
            by=user(cast, "therapist"),
            status=Status.TOOK_PLACE,
            starts_at=NOW - timedelta(days=2),
            route=Route.ESKETAMINE_NASAL,
        )
    therapist = browser_of("therapist")
    page = therapist.get("/day")
    assert act(page, "Act: Patient One") == f"/alerts/{cast['alert']}"
    assert act(page, "Answer: Patient One").endswith(f"/room/alerts/{cast['vitals alert']}")
    assert act(page, "Call: Patient One, dose 2 days ago").endswith("/call")
    assert act(page, "Fill in: Patient One, REMS form").endswith("/rems")
    assert act(page, "Look: 1 waste") == "/stock/witness"
    assert "dosing" not in section(page, "sessions")
    for href in acts(page).values():
        assert therapist.get(href).status == 200
    therapist.get(act(page, "Act: Patient One"))
    therapist.fill(action="We talked.", status=200)
    assert "Act: Patient One" not in " ".join(acts(therapist.get("/day")))
    # The lead sees the clinic's, and acts on no record.
    lead = browser_of("lead").get("/day")
    assert "REMS form" in section(lead, "reports")
    assert not [words for words in acts(lead) if words.startswith(("Call", "Fill in", "Book", "Log", "Sign"))]


def test_who_is_wearing_off_stands_until_something_is_planned(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with stage.app.app_context():
        faded(cast, "P-071", 30)
        faded(cast, "P-072", 50)
    therapist = browser_of("therapist")
    page = therapist.get("/day")
    words = section(page, "fading")
    assert "P-072 Wearing off last seen 50 days ago" in words
    assert words.index("P-072") < words.index("P-071")
    therapist.get(act(page, "Book: P-072"))
    assert therapist.page is not None
    (first, *_) = [b.get("value") for b in therapist.page.root.iter("button") if b.get("name") == "starts_at"]
    page = therapist.fill(starts_at=first, status=200)
    assert "P-072" not in section(page, "fading")
    assert "P-071" in section(page, "fading")
    # Once the last score is too old nobody knows: then a score is asked for.
    with clock.at(NOW + timedelta(days=50)):
        page = browser_of("therapist").get("/day")
        assert "P-071" not in section(page, "fading")
        assert "P-071 no PHQ-9 since 17 March; then: wearing off" in section(page, "due")


def test_practices_are_asked_about_after_a_month(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with stage.app.app_context():
        by = user(cast, "therapist")
        patient = add_patient(code="P-080", by=by)
        start = NOW - timedelta(days=35)
        course = open_course(
            patient, condition=Condition.ANXIETY, primary_measure="gad-7", opened_on=start.date(), by=by
        )
        course_id, patient_id = course.id, patient.id
        agreed = [Agreed("canary walk"), Agreed("canary breath")]
        record_integration(course, by=by, status=Status.TOOK_PLACE, starts_at=start, practices=agreed)
    therapist = browser_of("therapist")
    page = therapist.get("/day")
    told = "P-080 Practice of 11 February: still doing it, after 1 month? And 1 more."
    assert told in section(page, "due")
    # What was agreed is read where it is spoken of, not on a list; the line leads there.
    assert "canary" not in page.text
    assert f'href="/patients/{patient_id}/practices"' in page.text
    with stage.app.app_context():
        course = db.session.get_one(Course, course_id)
        at = NOW + timedelta(days=2)
        plan_session(course, kind=Kind.INTEGRATION, starts_at=at, by=user(cast, "therapist"))
    assert "P-080" not in section(therapist.get("/day"), "due")


def test_a_day_on_which_nothing_waits_says_so(cast: Cast, browser_of: BrowserOf) -> None:
    page = browser_of("other").get("/day")
    assert "Nothing waits for you" in page.words
    assert list(page.root.iter("section")) == []


def test_nobody_is_shown_whom_they_may_not_see(cast: Cast, browser_of: BrowserOf) -> None:
    for who in ("other", "former", "foreign therapist", "foreign lead"):
        page = browser_of(who).get("/day")
        assert "Patient One" not in page.text
        assert "P-002" not in page.text
    browser_of("admin").get("/day", status=403)
    browser_of("patient account").get("/day", status=403)


def test_a_look_at_the_day_is_logged_with_whom_it_showed(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    browser_of("therapist").get("/day")
    with stage.app.app_context():
        query = db.select(AuditEvent).where(
            AuditEvent.action == Action.LIST_VIEWED, AuditEvent.actor_id == cast["therapist"]
        )
        looks = [event.detail for event in db.session.scalars(query) if event.detail.get("name") == "day"]
    assert {"name": "day", "patients": [str(cast["patient"])]} in looks
    assert "looked at their day" in browser_of("lead").get("/log").words


def test_a_large_caseload_asks_no_more_of_the_database(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with stage.app.app_context():
        record_dosing(course_of(cast), by=user(cast, "therapist"), status=Status.TOOK_PLACE, starts_at=days_ago(1))
        faded(cast, "P-100", 40)
    therapist, lead = browser_of("therapist"), browser_of("lead")
    few = {}
    for name, browser in (("therapist", therapist), ("lead", lead)):
        with statements(stage) as asked:
            browser.get("/day")
        few[name] = len(asked)
    with stage.app.app_context():
        by = user(cast, "therapist")
        for number in range(60):
            patient = add_patient(code=f"Q-{number:03}", by=by)
            day = date(2026, 3, 1)
            course = open_course(patient, condition=Condition.PTSD, primary_measure="pcl-5", opened_on=day, by=by)
            record_dosing(course, by=by, status=Status.TOOK_PLACE, starts_at=days_ago(2))
            plan_session(course, kind=Kind.PREPARATION, starts_at=NOW + timedelta(hours=1), by=by, team=[by])
    for name, browser in (("therapist", therapist), ("lead", lead)):
        with statements(stage) as asked:
            page = browser.get("/day")
        assert len(asked) == few[name] <= 28
        assert "10 more; those who wait longest stand first" in section(page, "integrate")
        assert len(page.text) < 150_000


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)
