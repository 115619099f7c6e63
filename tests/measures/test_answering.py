"""A patient answers: nothing is lost, nothing counts twice, and an answer that must be seen is seen at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.measures.actions import complete, keep_answers, mark_score_in_error, start_questionnaire
from kap.measures.models import Questionnaire, Score, Source
from kap.measures.queries import open_questionnaires, scores_of
from kap.people.models import Patient, User
from kap.safety.models import Alert
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.conftest import Stage

BrowserOf = Callable[[str | None], Browser]
HELP = "You are not alone"


@contextmanager
def record_of(stage: Stage, cast: Cast, name: str = "patient") -> Iterator[Patient]:
    """The patient's record, to look into it."""
    with stage.app.app_context():
        yield db.session.get_one(Patient, cast[name])


def new_scores(stage: Stage, cast: Cast) -> list[tuple[str, float, int | None]]:
    """What the patient's own answers came to."""
    with record_of(stage, cast) as patient:
        query = select(Score).where(Score.patient_id == patient.id, Score.source == Source.PATIENT)
        return [(score.measure, score.value, score.flag) for score in db.session.scalars(query)]


def new_alerts(stage: Stage, cast: Cast) -> list[int]:
    """The levels of the alerts that the cast did not bring along."""
    with record_of(stage, cast) as patient:
        query = select(Alert).where(Alert.patient_id == patient.id, Alert.id != cast["alert"])
        return [alert.level for alert in db.session.scalars(query)]


@pytest.fixture
def phone(browser_of: BrowserOf) -> Browser:
    """The patient's phone."""
    return browser_of("patient account")


def begin(phone: Browser, measure: str) -> Page:
    """Start a questionnaire from the page on which it is chosen."""
    phone.get("/my/measures")
    _, sent = phone.ready(0)
    return phone.send(f"/my/measures/{measure}/start", sent, status=200)


def address(phone: Browser) -> str:
    """Where the questionnaire of the page is."""
    assert phone.page is not None
    return phone.page.response.request.path


def chosen(page: Page) -> dict[str, str]:
    """The answers that the page shows as given."""
    return {
        field.get("name", ""): field.get("value", "")
        for field in page.root.iter("input")
        if field.get("type") == "radio" and field.get("checked") is not None
    }


def test_a_whole_phq9_makes_one_score(phone: Browser, stage: Stage, cast: Cast) -> None:
    page = begin(phone, "phq-9")
    assert "Answered 0 of 9" in page.words
    page = phone.fill(q1=1, q2=2, q3=3, next="Next")
    assert "Answered 3 of 9" in page.words
    phone.fill(q4=1, q5=1, q6=1, next="Next")
    page = phone.fill(q7=1, q8=1, q9=0, finish="Finish")
    assert "Thank you" in page.words
    assert "A score is a measurement, not a diagnosis." in page.words
    assert HELP not in page.words
    assert new_scores(stage, cast) == [("phq-9", 11.0, None)]
    assert new_alerts(stage, cast) == []


def test_the_course_s_measure_is_offered_first(phone: Browser) -> None:
    page = phone.get("/my/measures")
    assert page.words.index("PHQ-9") < page.words.index("GAD-7")
    assert "The one your treatment follows" in page.words


def test_a_form_that_was_left_is_where_it_was(phone: Browser, stage: Stage, cast: Cast) -> None:
    begin(phone, "phq-9")
    phone.fill(q1=1, q2=2, q3=3, next="Next")
    url = address(phone)
    assert chosen(phone.get(f"{url}?page=1")) == {"q1": "1", "q2": "2", "q3": "3"}
    with record_of(stage, cast) as patient:
        (form,) = open_questionnaires(patient)
        assert (form.instrument, form.answered) == ("phq-9", 3)
    assert "3 answered so far" in phone.get("/my/measures").words
    page = phone.get(url)
    assert "4." in page.words, "It goes on with the first question that is unanswered."
    assert address(phone) == url


def test_starting_again_goes_on_with_the_form_of_the_day(phone: Browser) -> None:
    begin(phone, "phq-9")
    url = address(phone)
    begin(phone, "phq-9")
    assert address(phone) == url


def test_back_saves_what_was_given_and_an_answer_can_be_changed(phone: Browser) -> None:
    begin(phone, "gad-7")
    phone.fill(q1=1, next="Next")
    page = phone.fill(q4=2, back="Back")
    assert chosen(page) == {"q1": "1"}
    page = phone.fill(q1=3, next="Next")
    assert chosen(page) == {"q4": "2"}
    assert chosen(phone.get(f"{address(phone)}?page=1")) == {"q1": "3"}


def test_unanswered_questions_are_named_and_linked(phone: Browser, stage: Stage, cast: Cast) -> None:
    begin(phone, "phq-9")
    phone.fill(q1=1, q3=1, next="Next")
    phone.fill(q4=1, q5=1, q6=1, next="Next")
    page = phone.fill(q7=1, q9=0, finish="Finish")
    assert "2 still to answer" in page.words
    links = {link.get("href", ""): "".join(link.itertext()) for link in page.root.iter("a")}
    assert links["#q8-0"].startswith("8. Moving or speaking")
    assert links[f"{address(phone)}?page=1#q2-0"] == "2. Feeling down, depressed, or hopeless"
    assert chosen(page) == {"q7": "1", "q9": "0"}
    assert new_scores(stage, cast) == []


def test_the_optional_question_is_kept_and_not_counted(phone: Browser, stage: Stage, cast: Cast) -> None:
    begin(phone, "phq-9")
    phone.fill(q1=1, q2=0, q3=0, next="Next")
    phone.fill(q4=0, q5=0, q6=0, next="Next")
    phone.fill(q7=0, q8=0, q9=0, q10=3, finish="Finish")
    assert new_scores(stage, cast) == [("phq-9", 1.0, None)]


@pytest.mark.parametrize("step", ["next", "back", "finish"])
def test_item_9_shows_help_and_raises_one_alert_though_the_form_is_not_finished(
    phone: Browser, stage: Stage, cast: Cast, step: str
) -> None:
    begin(phone, "phq-9")
    url = address(phone)
    phone.get(f"{url}?page=3")
    sent: dict[str, Any] = {"q9": 1, step: "x"}
    page = phone.fill(**sent)
    assert page.words.startswith(HELP), "Help stands before anything else."
    assert any(link.get("href", "").startswith("tel:") for link in page.root.iter("a"))
    assert "Go on with the questionnaire" in page.words
    assert new_alerts(stage, cast) == [1]
    assert new_scores(stage, cast) == []
    assert HELP in phone.get(f"{url}?page=1").words, "The way to help stays on every page."
    assert HELP in phone.get(f"{url}/support").words


def test_a_rise_of_item_9_raises_the_same_alert_higher(phone: Browser, stage: Stage, cast: Cast) -> None:
    begin(phone, "phq-9")
    url = address(phone)
    for answer in (1, 3):
        phone.get(f"{url}?page=3")
        assert phone.fill(q9=answer, next="Next").words.startswith(HELP)
    phone.get(f"{url}?page=3")
    phone.fill(q9=0, next="Next")
    assert new_alerts(stage, cast) == [3], "An answer that is taken back takes no alert back."


def test_going_on_after_help_is_not_stopped_again(phone: Browser) -> None:
    begin(phone, "phq-9")
    url = address(phone)
    phone.get(f"{url}?page=3")
    phone.fill(q9=2, back="Back")
    phone.get(f"{url}?page=3")
    page = phone.fill(back="Back")
    assert not page.words.startswith(HELP)


def test_a_finished_form_with_item_9_gives_help_and_no_total(phone: Browser, stage: Stage, cast: Cast) -> None:
    begin(phone, "phq-9")
    phone.fill(q1=3, q2=3, q3=3, next="Next")
    phone.fill(q4=3, q5=3, q6=3, next="Next")
    page = phone.fill(q7=3, q8=3, q9=3, finish="Finish")
    assert "People you can talk to now" in page.words
    assert "27" not in page.words
    assert new_scores(stage, cast) == [("phq-9", 27.0, 3)]
    assert new_alerts(stage, cast) == [3]


def test_each_tap_is_saved_and_shows_help_at_once(phone: Browser, stage: Stage, cast: Cast) -> None:
    begin(phone, "phq-9")
    url = address(phone)
    token = phone.ready(0)[1]["csrf_token"]
    reply = phone.client.post(f"{url}/item?page=1", data={"csrf_token": token, "q1": "2"})
    assert reply.json == {"answered": 1, "support": None}
    reply = phone.client.post(f"{url}/item?page=3", data={"csrf_token": token, "q9": "1"})
    assert reply.json == {"answered": 2, "support": f"{url}/support?page=3"}
    assert new_alerts(stage, cast) == [1]
    assert chosen(phone.get(f"{url}?page=1")) == {"q1": "2"}


def test_a_tap_on_an_answer_that_does_not_exist_is_refused(phone: Browser) -> None:
    begin(phone, "phq-9")
    url = address(phone)
    token = phone.ready(0)[1]["csrf_token"]
    for value in ("4", "-1", "two", "1e0"):
        assert phone.client.post(f"{url}/item", data={"csrf_token": token, "q1": value}).status_code == 400
    assert chosen(phone.get(f"{url}?page=1")) == {}


def test_an_answer_that_does_not_exist_is_refused_with_the_rest_kept_on_the_page(phone: Browser) -> None:
    begin(phone, "gad-7")
    page = phone.fill(q1=9, q2=1, next="Next")
    assert "Please choose one of the answers." in page.words
    assert chosen(page) == {"q2": "1"}


def test_finishing_twice_makes_one_score(phone: Browser, stage: Stage, cast: Cast) -> None:
    begin(phone, "mood")
    url, sent = phone.ready(0, q1=7, finish="Finish")
    for _ in range(2):
        assert "Thank you" in phone.send(url, sent, status=200).words
    assert new_scores(stage, cast) == [("mood", 7.0, None)]


def test_a_finished_form_takes_no_more_answers(phone: Browser, stage: Stage, cast: Cast) -> None:
    begin(phone, "mood")
    url, sent = phone.ready(0, q1=7, finish="Finish")
    phone.send(url, sent)
    phone.send(url, {**sent, "q1": ["2"]}, status=200)
    assert new_scores(stage, cast) == [("mood", 7.0, None)]
    with stage.app.app_context():
        form = db.session.scalars(select(Questionnaire).where(Questionnaire.instrument == "mood")).one()
        with pytest.raises(Refused, match="finished"):
            keep_answers(form, {1: 2}, by=None)
        with pytest.raises(Refused, match="finished"):
            complete(form, by=None, source=Source.PATIENT)


@pytest.mark.parametrize(
    ("measure", "pages", "total"),
    [
        ("gad-7", [(3, 3, 3), (1, 0, 0, 0)], 10.0),
        ("pcl-5", [(4,) * 5, (0,) * 5, (1,) * 5, (2,) * 5], 35.0),
        ("peg", [(4, 5, 5)], 4.7),
        ("ocd", [(6,)], 6.0),
        ("reflection", [(7, 4, 6)], 5.7),
    ],
)
def test_every_measure_can_be_answered(
    phone: Browser, stage: Stage, cast: Cast, measure: str, pages: list[tuple[int, ...]], total: float
) -> None:
    begin(phone, measure)
    number = 0
    for index, values in enumerate(pages):
        answers: dict[str, Any] = {f"q{number + place}": value for place, value in enumerate(values, start=1)}
        number += len(values)
        answers["finish" if index == len(pages) - 1 else "next"] = "x"
        page = phone.fill(**answers)
    assert "Thank you" in page.words
    assert new_scores(stage, cast) == [(measure, total, None)]


def test_a_form_of_the_week_before_cannot_be_finished(phone: Browser, stage: Stage, cast: Cast) -> None:
    begin(phone, "mood")
    url, sent = phone.ready(0, q1=7, finish="Finish")
    with clock.at(clock.now() + timedelta(days=3)):
        assert "This form was for another day" in phone.get(url).words
        assert "This form was for another day" in phone.send(url, sent, status=200).words
        assert "Begun and not finished" not in phone.get("/my/measures").words
    assert new_scores(stage, cast) == []


def test_a_form_of_somebody_else_does_not_exist(phone: Browser, cast: Cast) -> None:
    theirs = f"/my/answers/{cast['foreign questionnaire']}"
    begin(phone, "mood")
    _, sent = phone.ready(0, q1=1, next="Next")
    for url in (theirs, f"{theirs}/support", f"{theirs}/done"):
        phone.get(url, status=404)
    for url in (theirs, f"{theirs}/item"):
        phone.send(url, sent, status=404)


def test_staff_do_not_answer_for_a_patient(browser_of: BrowserOf, cast: Cast) -> None:
    for name in ("therapist", "lead"):
        browser_of(name).get(f"/my/answers/{cast['questionnaire']}", status=403)
    browser_of("other").get(f"/my/answers/{cast['questionnaire']}", status=404)


def test_an_unknown_measure_does_not_exist(phone: Browser) -> None:
    phone.get("/my/measures")
    _, sent = phone.ready(0)
    phone.send("/my/measures/nothing/start", sent, status=404)


def test_a_form_unanswered_for_a_day_to_come_or_before_birth_is_refused(stage: Stage, cast: Cast) -> None:
    with record_of(stage, cast) as patient:
        user = db.session.get_one(User, cast["patient account"])
        assert patient.birth_date is not None
        for day in (clock.now().date() + timedelta(days=2), patient.birth_date - timedelta(days=1)):
            with pytest.raises(Refused) as refused:
                start_questionnaire(patient, "phq-9", taken_on=day, by=user)
            assert refused.value.field == "taken_on"


def test_scores_come_in_order_without_those_in_error(stage: Stage, cast: Cast) -> None:
    with record_of(stage, cast) as patient:
        scores = scores_of(patient, "phq-9")
        assert [score.value for score in scores] == [20, 7, 5]
        assert [score.flag for score in scores] == [1, None, None]
        score = db.session.get_one(Score, scores[1].id)
        mark_score_in_error(score, reason="another patient's form", by=None)
        assert [row.value for row in scores_of(patient)] == [20, 5]


def test_addresses_say_nothing_about_the_patient(stage: Stage) -> None:
    app: Flask = stage.app
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("measures.")]
    assert {name for rule in rules for name in rule.arguments} == {
        "patient_id",
        "questionnaire_id",
        "score_id",
        "instrument_id",
    }
