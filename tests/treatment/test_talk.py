"""Preparation and integration whole: what is asked, what became of earlier things, and what is read before."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from kap.core import clock
from kap.core.db import db
from kap.people.models import Patient, User
from kap.treatment.actions import mark_session_in_error, plan_session, record_dosing, record_integration
from kap.treatment.agreed import MOST_ASKED, practices_of
from kap.treatment.asked import Asked, Kind
from kap.treatment.content import canonical, content_of
from kap.treatment.models import (
    Course,
    IntegrationSession,
    IntentionReview,
    Part,
    Practice,
    PracticeTick,
    Status,
    TreatmentSession,
)
from kap.treatment.practices import Agreed, Found, tick
from kap.treatment.signing import sign_part
from kap.treatment.talk import ASKED, INTEGRATION, PREPARATION, warnings
from kap.treatment.window import Place, Window, interval
from tests.browser import Browser, Page
from tests.cast import NOW, Cast
from tests.conftest import Stage

BrowserOf = Callable[[str], Browser]
DOSED = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
HELD = "2026-03-12T10:00"


@pytest.fixture
def therapist(browser_of: BrowserOf) -> Browser:
    """The therapist of the patient, signed in."""
    return browser_of("therapist")


def new(cast: Cast, kind: str = "integration") -> str:
    return f"/patients/{cast['patient']}/sessions/new?kind={kind}"


def made(page: Page) -> UUID:
    """The session that a page shows."""
    return UUID(page.response.request.path.split("/")[2])


def value_of(field: Asked) -> Any:
    """Something to answer."""
    match field.kind:
        case Kind.TICKS:
            return [value for value, _ in field.choices[:2]]
        case Kind.CHOICE | Kind.YES_NO | Kind.SCALE:
            return field.options[-1][0]
        case Kind.WHOLE:
            return "6"
        case Kind.DAY:
            return "2026-04-02"
    return f"What was said of {field.name}"


def told_of(field: Asked) -> str:
    """How it is read."""
    value = value_of(field)
    return "2 April 2026" if field.kind is Kind.DAY else field.told(value)


def dose(cast: Cast, at: datetime = DOSED, intention: str = "To look at the old house") -> UUID:
    """A dose in the course of the cast."""
    by = db.session.get_one(User, cast["therapist"])
    course = db.session.get_one(Course, cast["course"])
    told: dict[str, Any] = {"dosed_at": at, "route": "im", "intention": intention}
    return record_dosing(course, by=by, status=Status.TOOK_PLACE, starts_at=at, **told).id


def found(page: Page, words: str, kind: str) -> str:
    """The name of the row that asks what became of these words."""
    (about,) = [
        field.get("name") or ""
        for field in page.root.iter("input")
        if (field.get("name") or "").startswith(kind)
        and (field.get("name") or "").endswith("-about")
        and words in ids_told(page)[field.get("value") or ""]
    ]
    return about.removesuffix("about")


def ids_told(page: Page) -> dict[str, str]:
    """The words over each row by what it is about."""
    return {
        field.get("value") or "": " ".join(" ".join(box.itertext()).split())
        for box in page.root.iter("fieldset")
        for field in box.iter("input")
        if (field.get("name") or "").endswith("-about")
    }


@pytest.mark.parametrize(("kind", "table"), ASKED.items())
def test_every_field_is_kept_shown_signed_and_given_back(
    stage: Stage, therapist: Browser, cast: Cast, kind: str, table: tuple[Asked, ...]
) -> None:
    therapist.get(new(cast, kind))
    answers = {field.name: value_of(field) for field in table}
    page = therapist.fill(**answers, modalities=["act", "somatic"], starts_at=HELD, minutes="50", status_reason="")
    session_id = made(page)
    for field in table:
        assert field.label in page.words, field.name
        assert told_of(field) in page.words, field.name
    assert "ACT, Somatic" in page.words
    signing = therapist.get(f"/sessions/{session_id}/sign")
    with stage.app.app_context():
        signed = canonical(content_of(db.session.get_one(TreatmentSession, session_id)))  # type: ignore[arg-type]
    for field in table:
        assert told_of(field) in signing.words, field.name
        assert json.dumps({field.name: value_of(field)})[1:-1].replace(": ", ":").replace(", ", ",") in signed.replace(
            '"present":6', '"present":"6"'
        )
    therapist.get(f"/sessions/{session_id}/edit")
    _, sent = therapist.ready()
    for name, value in answers.items():
        assert sent[name] == (value if isinstance(value, list) else [value]), name
    therapist.fill(status=200)
    with stage.app.app_context():
        again = canonical(content_of(db.session.get_one(TreatmentSession, session_id)))  # type: ignore[arg-type]
    assert again == signed


def test_what_was_typed_stays_where_something_is_wrong(therapist: Browser, cast: Cast) -> None:
    therapist.get(new(cast))
    typed: dict[str, Any] = {field.name: value_of(field) for field in INTEGRATION} | {
        "coded_themes": ["grief", "joy"],
        "modalities": ["cbt", "act"],
        "agreed-0-often": "Every evening",
        "agreed-0-due_on": "2026-05-01",
        "practice_reviews-0-words": "Now and then",
        "intention_reviews-0-status": "changed",
        "present": "one",
        "starts_at": HELD,
    }
    page = therapist.fill(**typed)
    for sentence in (
        "What was agreed?",
        "Please choose what became of it.",
        "What is it now, in the patient’s words?",
        "Please give a whole number.",
    ):
        assert sentence in page.words
    _, sent = therapist.ready()
    for name, value in typed.items():
        assert sorted(sent[name]) == (sorted(value) if isinstance(value, list) else [value]), name


def test_a_group_is_two_and_more(therapist: Browser, cast: Cast) -> None:
    therapist.get(new(cast))
    assert "between 2 and 100" in therapist.fill(present="1", starts_at=HELD).words


def test_practices_keep_their_ids_so_that_their_ticks_stay(
    stage: Stage, therapist: Browser, browser_of: BrowserOf, cast: Cast
) -> None:
    therapist.get(new(cast))
    rows: dict[str, Any] = {
        "agreed-0-words": "Write in the morning",
        "agreed-0-often": "Ten minutes",
        "agreed-0-kind": "journaling",
        "agreed-0-due_on": "2026-04-30",
        "agreed-3-words": "Walk",
    }
    page = therapist.fill(**rows, starts_at=HELD, status=200)
    session_id = made(page)
    assert "Write in the morning Ten minutes · Journaling · until 30 April 2026" in page.words
    with stage.app.app_context(), clock.at(datetime(2026, 3, 14, 12, 0, tzinfo=UTC)):
        before = {row.words: row.id for row in practices_of(db.session.get_one(Patient, cast["patient"]))}
        practice = db.session.get_one(Practice, before["Write in the morning"])
        tick(practice, on=date(2026, 3, 13), by=db.session.get_one(User, cast["patient account"]))
    therapist.get(f"/sessions/{session_id}/edit")
    changed: dict[str, Any] = {"agreed-0-words": "Write at noon", "agreed-1-words": "", "agreed-2-words": "Swim"}
    page = therapist.fill(**changed, status=200)
    assert "Write at noon" in page.words
    assert "Walk" not in page.words
    with stage.app.app_context():
        after = {row.words: row for row in practices_of(db.session.get_one(Patient, cast["patient"]))}
        assert after["Write at noon"].id == before["Write in the morning"]
        assert after["Write at noon"].ticked == [date(2026, 3, 13)]
        assert "Swim" in after
        assert db.session.get_one(Practice, before["Walk"]).in_error
        assert db.session.scalars(select(PracticeTick.practice_id)).all() == [after["Write at noon"].id]


def test_a_row_of_another_patients_practice_makes_a_new_one(stage: Stage, therapist: Browser, cast: Cast) -> None:
    with stage.app.app_context():
        foreign = db.session.scalars(select(Practice).where(Practice.session_id == cast["foreign integration"])).one()
        foreign_id, words = foreign.id, foreign.words
    therapist.get(new(cast))
    rows: dict[str, Any] = {"agreed-0-id": str(foreign_id), "agreed-0-words": "Taken over"}
    therapist.fill(**rows, starts_at=HELD, status=200)
    with stage.app.app_context():
        assert db.session.get_one(Practice, foreign_id).words == words


def test_earlier_intentions_are_reviewed_and_carried_over(stage: Stage, therapist: Browser, cast: Cast) -> None:
    with stage.app.app_context():
        dose(cast)
        dose(cast, DOSED + timedelta(hours=3), intention="To sleep")
    page = therapist.get(new(cast))
    house, sleep = (found(page, words, "intention_reviews-") for words in ("To look at the old house", "To sleep"))
    third = found(page, "canary intention", "intention_reviews-")
    reviews: dict[str, Any] = {
        f"{house}status": "changed",
        f"{house}words": "To visit it",
        f"{sleep}status": "dropped",
        "intention": "To ask for help",
    }
    page = therapist.fill(**reviews, starts_at=HELD, status=200)
    assert "“To look at the old house” Changed" in page.words
    assert "“To sleep” Let go" in page.words
    assert "To visit it" in page.words
    assert "To ask for help" in page.words
    with stage.app.app_context():
        assert len(db.session.scalars(select(IntentionReview)).all()) == 2, "What nobody asked about has no row."
    therapist.get(f"/sessions/{made(page)}/edit")
    again = therapist.ready()[1]
    assert {again[f"{name}status"][0] for name in (house, sleep, third)} == {"changed", "dropped", ""}
    page = therapist.get(new(cast))
    told = " ".join(ids_told(page).values())
    assert "To visit it" in told
    assert "To ask for help" in told
    assert "To sleep" not in told


def test_an_intention_in_the_same_words_is_asked_about_once(stage: Stage, therapist: Browser, cast: Cast) -> None:
    with stage.app.app_context():
        dose(cast)
        dose(cast, DOSED + timedelta(hours=3))
    told = list(ids_told(therapist.get(new(cast))).values())
    assert sum("To look at the old house" in words for words in told) == 1


def test_practices_are_reviewed_until_they_are_dropped(therapist: Browser, cast: Cast) -> None:
    page = therapist.get(new(cast))
    row = found(page, "canary practice", "practice_reviews-")
    page = therapist.fill(**{f"{row}status": "kept", f"{row}words": "Most days"}, starts_at=HELD, status=200)  # type: ignore[arg-type]
    assert "Still doing it" in page.words
    assert "Most days" in page.words
    page = therapist.get(new(cast))
    row = found(page, "canary practice", "practice_reviews-")
    assert "said last: still doing it, “Most days”" in page.words
    dropped: dict[str, Any] = {f"{row}status": "dropped", "starts_at": "2026-03-13T10:00"}
    second = made(therapist.fill(**dropped, status=200))
    assert "canary practice" not in therapist.get(new(cast)).text
    assert "canary practice" in therapist.get(f"/sessions/{second}/edit").text, "What it found stays on its own form."


def test_rows_of_somebody_else_are_refused(therapist: Browser, cast: Cast) -> None:
    therapist.get(new(cast))
    foreign: dict[str, Any] = {
        "intention_reviews-9-about": str(cast["foreign dosing"]),
        "intention_reviews-9-status": "kept",
    }
    page = therapist.fill(**foreign, starts_at=HELD, narrative="Kept words")
    assert "not of one of this patient’s earlier sessions" in page.words.replace("'", "’")
    assert "Kept words" in page.text


@pytest.mark.parametrize("kind", ["practice", "intention"])
def test_what_came_later_or_does_not_count_is_no_earlier_thing(
    stage: Stage, therapist: Browser, cast: Cast, kind: str
) -> None:
    """By the ids that a page sends; what a session found already stays with it."""
    with stage.app.app_context():
        by, course = db.session.get_one(User, cast["therapist"]), db.session.get_one(Course, cast["course"])
        told: dict[str, Any] = {"status": Status.TOOK_PLACE, "by": by, "intention": "To rest"}
        late, wrong = (
            record_integration(course, starts_at=at, practices=[Agreed("Rest")], **told)
            for at in (DOSED + timedelta(days=4), DOSED - timedelta(days=2))
        )
        ids = [one.practices[0].id if kind == "practice" else one.id for one in (late, wrong)]
        mark_session_in_error(wrong, reason="Another patient's", by=by)
    for about in ids:
        therapist.get(new(cast))
        row: dict[str, Any] = {f"{kind}_reviews-9-about": str(about), f"{kind}_reviews-9-status": "kept"}
        page = therapist.fill(**row, starts_at=HELD, narrative="Kept words")
        assert "one of this patient’s earlier" in page.words.replace("'", "’")
        assert "Kept words" in page.text
    with stage.app.app_context():
        by = db.session.get_one(User, cast["therapist"])
        about = cast["practice"] if kind == "practice" else cast["dosing"]
        reviews: dict[str, Any] = {f"{kind}_reviews": {about: Found("kept")}}
        session = record_integration(
            db.session.get_one(Course, cast["course"]),
            starts_at=DOSED,
            status=Status.TOOK_PLACE,
            by=by,
            **reviews,
        )
        origin = cast["integration"] if kind == "practice" else cast["dosing"]
        mark_session_in_error(db.session.get_one(TreatmentSession, origin), reason="A slip", by=by)
        session_id = session.id
    therapist.get(f"/sessions/{session_id}/edit")
    words = therapist.fill(narrative="More", status=200).words
    assert "Something that no longer counts" in words


def test_two_who_write_meet_answers_and_rows_of_both(
    stage: Stage, therapist: Browser, browser_of: BrowserOf, cast: Cast
) -> None:
    edit, medical = f"/sessions/{cast['integration']}/edit", browser_of("medical")
    medical.get(edit)
    therapist.get(edit)
    mine: dict[str, Any] = {"insights": "The therapist heard this", "agreed-1-words": "Walk", "sleep": "Nine hours"}
    therapist.fill(**mine, status=200)
    page = medical.fill(insights="The nurse heard that", coded_themes=["joy"], status=409)
    for words in ("The nurse heard that", "The therapist heard this", "Joy and connection", "Walk", "Nine hours"):
        assert words in page.words, words
    page = medical.fill(status=200)
    assert "The nurse heard that" in page.words
    assert "Walk" not in page.words


def test_the_same_sent_twice_is_one_session(stage: Stage, therapist: Browser, cast: Cast) -> None:
    therapist.get(new(cast))
    rows: dict[str, Any] = {"agreed-0-words": "Walk", "starts_at": HELD}
    url, sent = therapist.ready(**rows)
    therapist.send(url, sent)
    therapist.send(url, sent)
    with stage.app.app_context():
        practices = practices_of(db.session.get_one(Patient, cast["patient"]))
        assert [row.words for row in practices].count("Walk") == 1


def test_a_signature_locks_answers_and_rows(
    stage: Stage, therapist: Browser, browser_of: BrowserOf, cast: Cast
) -> None:
    edit, medical = f"/sessions/{cast['integration']}/edit", browser_of("medical")
    medical.get(edit)
    therapist.get(f"/sessions/{cast['integration']}/sign")
    therapist.fill(status=200)
    changed: dict[str, Any] = {"insights": "Too late", "agreed-0-words": "Changed"}
    page = medical.fill(**changed)
    assert "This session is signed, and stays as it is." in page.words
    assert "Too late" in page.text
    page = therapist.get(f"/sessions/{cast['integration']}")
    assert "canary practice" in page.words
    assert "Too late" not in page.words


def test_a_draft_keeps_answers_and_rows(therapist: Browser, cast: Cast) -> None:
    page = therapist.get(new(cast))
    row = found(page, "canary practice", "practice_reviews-")
    typed: dict[str, Any] = {
        "insights": "Half a",
        "agreed-2-words": "Walk",
        f"{row}status": "sometimes",
        f"{row}words": "Less",
    }
    number = next(n for n, form in enumerate(page.forms()) if form.get("data-draft"))
    _, sent = therapist.ready(number, **typed)
    href = page.forms()[number].get("data-draft") or ""
    assert therapist.client.post(href, data=sent).status_code == 200
    page = therapist.get(new(cast))
    number = next(n for n, form in enumerate(page.forms()) if form.get("data-draft"))
    again = therapist.ready(number)[1]
    assert again["insights"] == ["Half a"]
    assert ["Walk"] in [value for name, value in again.items() if name.startswith("agreed-")]
    row = found(page, "canary practice", "practice_reviews-")
    assert (again[f"{row}status"], again[f"{row}words"]) == (["sometimes"], ["Less"])


def test_the_patient_reads_what_they_said_and_nothing_of_the_risk(
    stage: Stage, therapist: Browser, browser_of: BrowserOf, cast: Cast
) -> None:
    therapist.get(new(cast))
    answers = {field.name: value_of(field) for field in INTEGRATION}
    rows: dict[str, Any] = {"agreed-0-words": "Walk", "agreed-0-often": "At noon", "practice_reviews-0-status": "kept"}
    session_id = made(therapist.fill(**answers, **rows, narrative="The note", starts_at=HELD))
    patient = browser_of("patient account")
    patient.get(f"/my/sessions/{session_id}", status=404)
    therapist.get(f"/sessions/{session_id}/sign")
    therapist.fill(status=200)
    page = patient.get(f"/my/sessions/{session_id}")
    for words in (
        "What was said of insights",
        "“canary practice”: still doing it",
        "No further dose is planned.",
        "What was said of next_dose_why",
        "Your next session was meant to be on 2 April 2026.",
        "Walk, At noon",
        "The note",
    ):
        assert words in page.words, words
    told = {"insights", "next_dose_why", "referrals"}
    for field in INTEGRATION:
        if field.kind in (Kind.TEXT, Kind.LINE) and field.name not in told:
            assert f"What was said of {field.name}" not in page.words.replace("next_dose_why", ""), field.name
    for words in ("Suicid", "suicid", "Craving", "craving", "Attempt"):
        assert words not in page.words


def test_before_an_integration_stands_what_came_before_it(stage: Stage, therapist: Browser, cast: Cast) -> None:
    page = therapist.get(new(cast))
    for words in (
        "Before you begin",
        "Dose 1, IM injection, 50 mg",
        "canary intention",
        "“canary words”",
        "canary narrative",
        "canary practice",
        "PHQ-9",
        "points better than on",
        "long after the suggested 12 to 72 hours",
        "evidence for any particular window is limited",
    ):
        assert words in page.words, words
    with stage.app.app_context():
        course = db.session.get_one(Course, cast["course"])
        by = db.session.get_one(User, cast["therapist"])
        planned = plan_session(course, kind="integration", starts_at=NOW + timedelta(days=1), by=by).id
    assert "Before you begin" in therapist.get(f"/sessions/{planned}").words
    assert "Before you begin" in therapist.get(f"/sessions/{planned}/edit").words
    assert "Before you begin" not in therapist.get(f"/sessions/{cast['integration']}").words
    assert "Before you begin" not in therapist.get(new(cast, "preparation")).words


def test_a_first_integration_without_a_dose_says_so(stage: Stage, therapist: Browser, cast: Cast) -> None:
    with stage.app.app_context():
        by = db.session.get_one(User, cast["therapist"])
        course = db.session.get_one(Course, cast["course"])
        early = record_integration(course, by=by, status=Status.PLANNED, starts_at=NOW - timedelta(days=90)).id
    page = therapist.get(f"/sessions/{early}")
    assert "None before this session" in page.words
    assert "canary" not in page.words, "What came later is not what came before."


def test_the_hours_since_the_dose_stand_on_form_and_page(stage: Stage, therapist: Browser, cast: Cast) -> None:
    with stage.app.app_context():
        dose(cast, datetime(2026, 3, 10, 9, 0, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC))
    therapist.get(new(cast))
    said = {
        HELD: "49 hours after it, within the suggested 12 to 72 hours",
        "2026-03-10T18:00": "9 hours after it, sooner than the suggested 12 to 72 hours",
        "2026-03-16T10:00": "6 days after it, later than the suggested 12 to 72 hours",
    }
    for at, words in said.items():
        page = therapist.fill(starts_at=at, minutes="x")
        assert words.split(", ", 1)[1] in page.words
    page = therapist.fill(starts_at=HELD, minutes="50")
    assert "within the suggested 12 to 72 hours. Many programs suggest" in page.words


@pytest.mark.parametrize(
    ("after", "place"),
    [
        (timedelta(hours=12) - timedelta(seconds=1), Place.SOONER),
        (timedelta(hours=12), Place.WITHIN),
        (timedelta(hours=72), Place.WITHIN),
        (timedelta(hours=72, seconds=1), Place.LATER),
        (timedelta(days=14), Place.LATER),
        (timedelta(days=14, seconds=1), Place.LATE),
    ],
)
def test_the_ends_of_the_window_are_within_it(after: timedelta, place: Place) -> None:
    assert interval(DOSED, DOSED + after, Window(12, 72)).place is place


def test_hours_are_those_that_passed_not_those_on_the_wall() -> None:
    zone = ZoneInfo("Europe/Berlin")
    spring = interval(datetime(2026, 3, 28, 20, tzinfo=zone), datetime(2026, 3, 29, 8, tzinfo=zone), Window(12, 72))
    autumn = interval(datetime(2026, 10, 24, 20, tzinfo=zone), datetime(2026, 10, 25, 7, tzinfo=zone), Window(12, 72))
    assert (spring.long, spring.place) == ("11 hours", Place.SOONER)
    assert (autumn.long, autumn.place) == ("12 hours", Place.WITHIN)


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"suicidality": "plan", "suicidality_done": "Rang the prescriber"}, "emergency plan"),
        ({"suicidality": "passive"}, "not written down yet"),
        ({"psychosis": "possible"}, "before another dose"),
        ({"craving": "7"}, "weigh the next dose"),
        ({"ketamine_outside": "yes"}, "weigh the next dose"),
        ({"harm_others": "yes"}, "harming somebody else"),
        ({"abuse": "yes", "mandated": "to_make"}, "report owed"),
    ],
)
def test_answers_on_risk_are_remarked_on(answers: dict[str, str], sentence: str) -> None:
    (found,) = warnings(answers)
    assert sentence in found


def test_what_is_no_risk_is_not_remarked_on() -> None:
    assert warnings({"suicidality": "none", "craving": "6", "abuse": "yes", "mandated": "made"}) == []


def test_a_warning_stands_on_the_page(therapist: Browser, cast: Cast) -> None:
    therapist.get(new(cast))
    page = therapist.fill(suicidality="active", suicidality_done="Safety plan", starts_at=HELD)
    assert "follow the clinic’s own emergency plan" in page.words
    assert "Nobody is told of this by the record." in page.words


@pytest.mark.parametrize("table", [PREPARATION, INTEGRATION])
def test_names_of_fields_are_their_own(table: tuple[Asked, ...]) -> None:
    names = [field.name for field in table]
    assert len(set(names)) == len(names)
    columns = {column.key for column in IntegrationSession.__mapper__.attrs}
    assert not columns & set(names), "A field would hide what stands in a column."


def test_signed_content_has_every_row(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        session = db.session.get_one(IntegrationSession, cast["integration"])
        by = db.session.get_one(User, cast["therapist"])
        signature = sign_part(session, Part.THERAPY, content=content_of(session), version=None, by=by)
        content = json.loads(signature.content)
    assert content["practices"][0]["words"] == "canary practice"
    assert content["coded_themes"] == ["grief"]


def test_more_than_there_is_room_for_is_asked_about_the_latest_first(
    stage: Stage, therapist: Browser, cast: Cast
) -> None:
    """And what a session found already keeps its row, however much was agreed since."""
    with stage.app.app_context():
        by, course = db.session.get_one(User, cast["therapist"]), db.session.get_one(Course, cast["course"])
        told: dict[str, Any] = {"status": Status.TOOK_PLACE, "by": by}
        for days in range(6):
            at = DOSED - timedelta(days=6 - days)
            agreed = [Agreed(f"Agreed {days} {number}") for number in range(40)]
            record_integration(course, starts_at=at, practices=agreed, intention=f"Intended {days}", **told)
        reviews = {cast["practice"]: Found("kept")}
        session_id = record_integration(course, starts_at=DOSED, practice_reviews=reviews, **told).id
    assert "Agreed 5 39" in therapist.get(new(cast)).text
    therapist.fill(starts_at=HELD, status=200)
    page = therapist.get(f"/sessions/{session_id}/edit")
    asked = [name for name in ids_told(page).values() if "Agreed" in name or "canary practice" in name]
    assert len(asked) == MOST_ASKED
    assert any("canary practice" in name for name in asked)
    assert any("Agreed 5 39" in name for name in asked)
    assert "canary practice" in therapist.fill(narrative="More", status=200).words
