"""Staff enter what was answered on paper, look at a score, and take back what was entered in error."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from kap.core import clock
from kap.core.db import db
from kap.measures.instruments import Catalogue
from kap.measures.models import Questionnaire, Score, Source
from kap.measures.queries import scores_of
from kap.people.models import Patient
from kap.safety.models import Alert
from tests.browser import Browser
from tests.cast import Cast
from tests.conftest import Stage
from tests.measures.declared import BDI

BrowserOf = Callable[[str | None], Browser]
DAY = date(2026, 1, 20)
MILD: dict[str, Any] = dict.fromkeys((f"q{number}" for number in range(1, 9)), 1)


@pytest.fixture
def desk(browser_of: BrowserOf) -> Browser:
    """The therapist's desk."""
    return browser_of("therapist")


def on_day(stage: Stage, cast: Cast, day: date = DAY) -> list[Score]:
    """The patient's scores of one day, also those in error."""
    with stage.app.app_context():
        query = select(Score).where(Score.patient_id == cast["patient"], Score.taken_on == day)
        return list(db.session.scalars(query.order_by(Score.entered_at)))


def alerts(stage: Stage, cast: Cast) -> list[Alert]:
    """The alerts that the cast did not bring along."""
    with stage.app.app_context():
        query = select(Alert).where(Alert.patient_id == cast["patient"], Alert.id != cast["alert"])
        return list(db.session.scalars(query))


def paper(cast: Cast, measure: str = "phq-9") -> str:
    """Where a paper form of the patient is entered."""
    return f"/patients/{cast['patient']}/measures/{measure}"


def test_a_paper_form_is_dated_to_its_day(desk: Browser, stage: Stage, cast: Cast) -> None:
    desk.get(f"/patients/{cast['patient']}/measures")
    desk.get(paper(cast))
    page = desk.fill(taken_on=DAY, q9=0, **MILD)
    assert "PHQ-9 8, mild" in page.words
    assert "20 January 2026" in page.words
    assert "Entered from paper, by The therapist" in page.words
    assert "1, several days" in page.words
    (score,) = on_day(stage, cast)
    assert (score.value, score.flag, score.source, score.entered_by) == (8, None, Source.PAPER, cast["therapist"])
    assert alerts(stage, cast) == []


def test_each_answer_about_the_sessions_is_read_beside_their_mean(desk: Browser, cast: Cast) -> None:
    desk.get(f"/patients/{cast['patient']}/measures")
    desk.get(paper(cast, "reflection"))
    page = desk.fill(taken_on=DAY, q1=9, q2=5, q3=0)
    assert "Reflection 4.7" in page.words
    assert "not validated" in page.words
    answers = page.words.partition("Answers")[2]
    for question, answer in (("turned to what came up", 9), ("made sense to you", 5), ("into your daily life", 0)):
        said, _, answers = answers.partition(question)[2].partition("= Very much ")
        assert said.strip().endswith("10")
        assert answers.split()[0] == str(answer)


def test_reflection_is_drawn_once_it_is_chosen_and_nothing_is_concluded_from_it(
    desk: Browser, browser_of: BrowserOf, cast: Cast
) -> None:
    desk.get(paper(cast, "reflection"))
    desk.fill(taken_on=DAY, q1=9, q2=5, q3=0)
    page = f"/patients/{cast['patient']}"
    assert "Reflection 4.7" not in desk.get(page).words
    assert (
        "Reflection has no thresholds: it is charted, and there is no verdict."
        in desk.get(f"{page}?measure=reflection").words
    )
    own = browser_of("patient account").get("/my?measure=reflection").words
    assert "My reflection on the sessions over time" in own
    assert "nothing is concluded from it" in own


def test_sent_twice_it_makes_one_score(desk: Browser, stage: Stage, cast: Cast) -> None:
    desk.get(paper(cast))
    url, sent = desk.ready(0, taken_on=DAY, q9=0, **MILD)
    desk.send(url, sent)
    desk.send(url, sent)
    assert len(on_day(stage, cast)) == 1


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (clock.now().date() + timedelta(days=2), "This lies in the future."),
        (date(1980, 5, 16), "before the patient was born (17 May 1980)"),
        ("", "Please give the date."),
        ("2026-02-30", "Not a valid date"),
    ],
)
def test_a_day_that_cannot_be_is_refused_and_what_was_typed_stays(
    desk: Browser, stage: Stage, cast: Cast, day: object, words: str
) -> None:
    desk.get(paper(cast))
    page = desk.fill(taken_on=day, q9=1, **MILD)
    assert words in page.words
    assert "Not saved yet" in page.words
    checked = [field for field in page.root.iter("input") if field.get("checked") is not None]
    assert len(checked) == 9
    assert alerts(stage, cast) == []


@pytest.mark.parametrize("value", ["4", "-1", "x", "\x00"])
def test_an_answer_out_of_range_is_refused(desk: Browser, stage: Stage, cast: Cast, value: str) -> None:
    desk.get(paper(cast))
    page = desk.fill(**{**MILD, "taken_on": DAY, "q9": 0, "q3": value})
    assert "Please choose one of the answers." in page.words
    assert on_day(stage, cast) == []


def test_item_9_raises_an_alert_and_says_so(desk: Browser, stage: Stage, cast: Cast) -> None:
    desk.get(paper(cast))
    page = desk.fill(taken_on=DAY, q9=2, **MILD)
    assert "was answered “More than half the days”. An alert was raised for the care team." in page.words
    assert [alert.level for alert in alerts(stage, cast)] == [2]
    assert on_day(stage, cast)[0].flag == 2


def test_item_9_of_an_incomplete_form_raises_one_alert_and_the_form_can_be_completed(
    desk: Browser, stage: Stage, cast: Cast
) -> None:
    desk.get(paper(cast))
    page = desk.fill(**{**MILD, "taken_on": DAY, "q9": 1, "q4": None})
    assert "Question 4 still needs an answer" in page.words
    assert on_day(stage, cast) == [], "There is no total with an unanswered question."
    assert [alert.level for alert in alerts(stage, cast)] == [1]
    page = desk.fill(q4=3)
    assert "PHQ-9 11" in page.words
    assert len(on_day(stage, cast)) == 1
    assert len(alerts(stage, cast)) == 1
    with stage.app.app_context():
        kept = db.session.scalars(select(Questionnaire).where(Questionnaire.taken_on == DAY)).all()
        assert len(kept) == 1


def test_an_answer_taken_back_on_an_incomplete_form_does_not_complete_it(
    desk: Browser, stage: Stage, cast: Cast
) -> None:
    desk.get(paper(cast))
    desk.fill(**{**MILD, "taken_on": DAY, "q9": 0, "q4": None})
    page = desk.fill(q4=1, q5=None)
    assert "Question 5 still needs an answer" in page.words
    assert on_day(stage, cast) == []


def test_an_unknown_measure_does_not_exist(desk: Browser, cast: Cast) -> None:
    desk.get(paper(cast, "nothing"), status=404)


@pytest.fixture
def bdi(stage: Stage, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clinic that declares a measure whose questions are not here."""
    (tmp_path / "measures").mkdir()
    (tmp_path / "measures" / "bdi.toml").write_text(BDI)
    monkeypatch.setitem(stage.app.extensions, "kap_catalogue", Catalogue.read(tmp_path))


@pytest.mark.usefixtures("bdi")
def test_of_a_measure_known_by_its_totals_the_total_is_entered(desk: Browser, stage: Stage, cast: Cast) -> None:
    page = desk.get(paper(cast, "bdi"))
    assert not [field for field in page.root.iter("input") if field.get("type") == "radio"]
    assert "BDI 31" in desk.fill(taken_on=DAY, value="31").words
    assert [(score.measure, score.value) for score in on_day(stage, cast)] == [("bdi", 31)]


@pytest.mark.usefixtures("bdi")
def test_a_score_of_a_measure_declared_no_longer_is_shown_and_can_be_marked(
    desk: Browser, stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.get(paper(cast, "bdi"))
    desk.fill(taken_on=DAY, value="31")
    (score,) = on_day(stage, cast)
    monkeypatch.setitem(stage.app.extensions, "kap_catalogue", Catalogue())
    page = desk.get(f"/scores/{score.id}")
    assert "bdi 31" in page.words
    assert "not declared here any more" in page.words
    desk.get(f"/scores/{score.id}/error")
    assert "It no longer counts. Not ours" in desk.fill(reason="Not ours", status=200).words


@pytest.mark.usefixtures("bdi")
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("64", "BDI runs from 0 to 63: 64 is outside."),
        ("-1", "outside"),
        ("nan", "outside"),
        ("inf", "outside"),
        ("many", "Please give a number"),
        ("", "Please give the total."),
    ],
)
def test_a_total_out_of_range_is_refused_and_stays_on_the_page(
    desk: Browser, stage: Stage, cast: Cast, value: str, words: str
) -> None:
    desk.get(paper(cast, "bdi"))
    page = desk.fill(taken_on=DAY, value=value)
    assert words in page.words
    assert desk.ready(0)[1]["value"] == [value]
    assert on_day(stage, cast) == []


@pytest.mark.usefixtures("bdi")
def test_a_patient_is_not_asked_for_a_total(browser_of: BrowserOf) -> None:
    assert "BDI" not in browser_of("patient account").get("/my/measures").words


def test_a_score_in_error_leaves_the_lists_and_stays_in_the_record(desk: Browser, stage: Stage, cast: Cast) -> None:
    url = f"/scores/{cast['score']}"
    desk.get(f"{url}/error")
    assert "Please fill this in." in desk.fill(reason=" ").words
    page = desk.fill(reason="The form of another patient")
    assert "It no longer counts, and stays in the record." in page.text
    assert "by The therapist. It no longer counts. The form of another patient" in page.words
    with stage.app.app_context():
        patient = db.session.get_one(Patient, cast["patient"])
        assert cast["score"] not in [row.id for row in scores_of(patient)]
        assert [row.id for row in scores_of(patient, in_error=True)] == [cast["score"]]
        assert db.session.get_one(Score, cast["score"]).error_by == cast["therapist"]
    desk.get(f"{url}/error")
    assert "marked as entered in error already" in desk.fill(reason="Again").words


def test_a_lead_reads_a_score_and_does_not_change_it(browser_of: BrowserOf, cast: Cast) -> None:
    lead = browser_of("lead")
    page = lead.get(f"/scores/{cast['score']}")
    assert "Mark as entered in error" not in page.words
    lead.get(f"/scores/{cast['score']}/error", status=403)
    lead.get(paper(cast), status=403)


def test_a_score_outside_one_s_care_does_not_exist(browser_of: BrowserOf, cast: Cast) -> None:
    for name in ("other", "former", "foreign therapist"):
        desk = browser_of(name)
        desk.get(f"/scores/{cast['score']}", status=404)
        desk.get(f"/scores/{cast['score']}/error", status=404)
        desk.get(paper(cast), status=404)
