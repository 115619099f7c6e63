"""Which doses an integration session has followed: the rules, and what is asked of the record."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from kap.core import clock
from kap.core.db import db
from kap.outcomes.coverage import doses_in_sight, unintegrated
from kap.outcomes.followed import Coverage, Dose, Follow, Talk, coverage, followed, told
from kap.people.models import User
from kap.treatment.actions import record_dosing, record_integration
from kap.treatment.models import Course, Status
from kap.treatment.window import Place, Window
from tests.browser import Browser
from tests.cast import NOW, Cast
from tests.conftest import Stage


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(*args: Any) -> None:
        asked.append(args[2])

    event.listen(db.engine, "before_cursor_execute", note)
    yield asked
    event.remove(db.engine, "before_cursor_execute", note)


START = datetime(2026, 1, 5, 10, tzinfo=UTC)


def _after(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def _how(after: list[float], *, now: float) -> Follow:
    (found,) = followed([Dose(1, START)], [Talk(n, _after(hours)) for n, hours in enumerate(after)], _after(now))
    return found.how


def test_the_window_decides_what_a_session_after_a_dose_is() -> None:
    edges = {3: "sooner", 11.9: "sooner", 12: "within", 72: "within", 72.1: "later", 336: "later", 336.1: "late"}
    assert {hours: _how([hours], now=9999).value for hours in edges} == edges


def test_a_session_in_the_window_counts_before_one_that_came_sooner() -> None:
    assert _how([3, 30], now=9999) is Follow.WITHIN
    assert _how([3, 300], now=9999) is Follow.SOONER


def test_a_dose_is_open_for_fourteen_days_and_then_followed_by_none() -> None:
    assert _how([], now=336) is Follow.OPEN
    assert _how([], now=336.1) is Follow.NONE


def test_a_session_that_names_its_doses_counts_for_these_alone() -> None:
    doses = [Dose("a", START), Dose("b", _after(100))]
    named = followed(doses, [Talk("t", _after(130), ["b"])], _after(9999))
    assert [one.talk and one.talk.id for one in named] == [None, "t"]
    unnamed = followed(doses, [Talk("t", _after(130))], _after(9999))
    assert [one.talk and one.talk.id for one in unnamed] == ["t", "t"]


hours = st.floats(min_value=0, max_value=2000, allow_nan=False)
windows = st.tuples(st.integers(0, 100), st.integers(0, 600)).map(lambda pair: Window(min(pair), max(pair)))
days = st.lists(st.tuples(hours, windows), max_size=8)


@st.composite
def records(draw: st.DrawFn) -> tuple[list[Dose], list[Talk], datetime]:
    """Some doses and sessions, which name some of the doses, and a moment."""
    doses = [Dose(n, _after(at), window) for n, (at, window) in enumerate(draw(days))]
    ids = st.lists(st.sampled_from(range(len(doses))), max_size=3) if doses else st.just([])
    talks = [Talk(n, _after(at), draw(ids)) for n, at in enumerate(draw(st.lists(hours, max_size=8)))]
    return doses, talks, _after(draw(st.floats(min_value=0, max_value=4000, allow_nan=False)))


@given(records())
def test_every_dose_up_to_now_is_counted_once(record: tuple[list[Dose], list[Talk], datetime]) -> None:
    doses, talks, now = record
    counts = coverage(followed(doses, talks, now))
    assert sum(counts) == sum(dose.at <= now for dose in doses)
    assert 0 <= counts.within <= counts.settled <= sum(counts)
    assert counts.share is None or 0 <= counts.share <= 1
    assert (counts.share is None) == (counts.settled == 0)


@given(records())
def test_what_counts_for_a_dose_came_after_it_and_does_not_name_others(
    record: tuple[list[Dose], list[Talk], datetime],
) -> None:
    for found in followed(*record):
        if found.talk is not None:
            assert found.dose.at <= found.talk.at <= record[2]
            assert not found.talk.doses or found.dose.id in found.talk.doses
            assert found.how not in (Follow.OPEN, Follow.NONE)


@given(records(), hours)
def test_another_session_never_takes_a_dose_out_of_the_window(
    record: tuple[list[Dose], list[Talk], datetime], at: float
) -> None:
    doses, talks, now = record
    before, after = (
        coverage(followed(doses, talks, now)),
        coverage(followed(doses, [*talks, Talk("x", _after(at))], now)),
    )
    assert after.within >= before.within
    assert after.none <= before.none
    assert after.open <= before.open


@given(records(), st.floats(min_value=0, max_value=2000, allow_nan=False))
def test_time_settles_what_is_open_and_changes_nothing_else_by_itself(
    record: tuple[list[Dose], list[Talk], datetime], later: float
) -> None:
    doses, talks, now = record
    known = [dose for dose in doses if dose.at <= now]
    held = [talk for talk in talks if talk.at <= now]
    for was, is_ in zip(followed(known, held, now), followed(known, held, now + timedelta(hours=later)), strict=True):
        assert is_.how is was.how or (was.how, is_.how) == (Follow.OPEN, Follow.NONE)


@given(records())
def test_the_sentence_names_every_count(record: tuple[list[Dose], list[Talk], datetime]) -> None:
    counts = coverage(followed(*record))
    sentence = " ".join(told(counts))
    assert bool(sentence.strip()) == bool(sum(counts))
    for number in (counts.within if counts.settled else 0, counts.sooner, counts.later, counts.late, counts.open):
        assert not number or str(number) in sentence


def test_the_words_say_what_was_seen_and_no_more() -> None:
    assert told(Coverage(within=7, later=1, none=1, open=1), Window()) == (
        "7 of 9 doses were followed by an integration session within 12–72 hours; 1 still open.",
        "Of the others: 1 later, within 14 days, 1 by none.",
    )
    assert told(Coverage(open=1)) == ("No dose to count yet; 1 still open.", "")
    assert told(Coverage()) == ("", "")


def test_a_dose_without_integration_is_listed_until_a_session_was_held(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context(), clock.at(NOW):
        course, therapist = db.session.get_one(Course, cast["course"]), db.session.get_one(User, cast["therapist"])
        assert unintegrated(therapist, NOW) == []
        dose = record_dosing(course, by=therapist, status=Status.TOOK_PLACE, starts_at=NOW - timedelta(hours=30))
        db.session.refresh(therapist)
        with statements() as asked:
            (row,) = unintegrated(therapist, NOW)
        assert len([one for one in asked if "treatment_session" in one]) == len(asked) - asked.count("BEGIN") == 2
        assert (row.patient_id, row.code, row.label, row.session_id) == (
            cast["patient"],
            "P-001",
            "Patient One",
            dose.id,
        )
        assert (row.hours, row.window, row.place) == (30, Window(12, 72), Place.WITHIN)
        assert row.planned is not None
        assert row.planned.id == cast["planned"]
        talk = record_integration(course, by=therapist, status=Status.TOOK_PLACE, starts_at=NOW, integrates=[dose.id])
        assert unintegrated(therapist, NOW) == []
        assert talk.integrates


def test_only_doses_in_sight_are_listed(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context(), clock.at(NOW):
        course, therapist = db.session.get_one(Course, cast["course"]), db.session.get_one(User, cast["therapist"])
        record_dosing(course, by=therapist, status=Status.TOOK_PLACE, starts_at=NOW - timedelta(days=20))
        seen = {
            name: len(unintegrated(db.session.get_one(User, cast[name]), NOW))
            for name in ("therapist", "medical", "lead", "other", "former", "admin", "patient account", "foreign lead")
        }
    assert seen == {
        "therapist": 1,
        "medical": 1,
        "lead": 1,
        "other": 0,
        "former": 0,
        "admin": 0,
        "patient account": 0,
        "foreign lead": 0,
    }


def test_the_page_counts_the_doses_in_sight_and_leads_to_the_arcs_that_wait(
    browser_of: Callable[[str | None], Browser], stage: Stage, cast: Cast
) -> None:
    with stage.app.app_context(), clock.at(NOW):
        course, therapist = db.session.get_one(Course, cast["course"]), db.session.get_one(User, cast["therapist"])
        for days, followed_after in ((60, 40), (50, 200), (40, None), (2, None)):
            dose = record_dosing(course, by=therapist, status=Status.TOOK_PLACE, starts_at=NOW - timedelta(days=days))
            if followed_after:
                talked = dose.starts_at + timedelta(hours=followed_after)
                record_integration(
                    course, by=therapist, status=Status.TOOK_PLACE, starts_at=talked, integrates=[dose.id]
                )
    with clock.at(NOW):
        pages = [browser_of(who).get("/patients/integration") for who in ("therapist", "lead")]
        nothing = browser_of("other").get("/patients/integration")
    for page in pages:
        assert "2 of 4 doses were followed by an integration session within 12–72 hours; 1 still open." in page.words
        assert "Of the others: 1 later, within 14 days, 1 by none." in page.words
        assert "not evidence of cause" in page.words
        assert f"/courses/{cast['course']}/arc" in page.text
        assert "2 of 5 doses 1 still open" in page.words
    assert "No dose in this time" in nothing.words


def test_the_database_finds_the_same_doses_as_the_rules(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context(), clock.at(NOW):
        course, therapist = db.session.get_one(Course, cast["course"]), db.session.get_one(User, cast["therapist"])
        told: dict[str, Any] = {"by": therapist, "status": Status.TOOK_PLACE}
        doses = [record_dosing(course, starts_at=NOW - timedelta(days=days), **told) for days in (80, 60, 59, 20, 3, 2)]
        record_integration(course, starts_at=NOW - timedelta(days=79), integrates=[doses[0].id], **told)
        record_integration(course, starts_at=NOW - timedelta(days=58), integrates=[doses[2].id], **told)
        record_integration(course, starts_at=NOW - timedelta(days=2, hours=12), **told)
        found = {one.session_id for one in unintegrated(therapist, NOW)}
        ruled = [one for one in doses_in_sight(therapist, NOW) if one.found.talk is None]
        assert len(found) == len(ruled) == 1
        assert found == {doses[5].id}
