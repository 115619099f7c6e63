"""All courses of a patient, measures side by side, and scores before and after each dose, as the pages show them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from kap.core import clock
from kap.core.db import db
from kap.measures.actions import enter_total, mark_score_in_error
from kap.measures.models import Score
from kap.people.models import Patient, User
from kap.treatment.actions import end_course, mark_session_in_error, open_course, record_dosing, record_integration
from kap.treatment.models import Condition, Course, EndReason, Modality, Route, Status, TreatmentSession
from tests.browser import Browser, Page
from tests.cast import NOW, Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]
SVG = "{http://www.w3.org/2000/svg}"


def page_of(cast: Cast, name: str = "", query: str = "") -> str:
    return f"/patients/{cast['patient']}{name}{query}"


def card(page: Page, part: str) -> str:
    """The words of the card with this id."""
    (found,) = [section for section in page.root.iter("section") if section.get("id") == part]
    return " ".join("".join(found.itertext()).split())


def lines(page: Page, dose: int) -> dict[str, list[str]]:
    """The cells of the table of a dose, by measure."""
    (found,) = [section for section in page.root.iter("section") if section.get("id") == f"dose-{dose}"]
    rows = {}
    for row in found.iter("tr"):
        cells = [" ".join("".join(cell.itertext()).split()) for cell in row if cell.tag == "td"]
        if cells:
            rows["".join(row[0].itertext()).split()[0]] = cells
    return rows


def charts(page: Page) -> list[str]:
    """The names of the wide drawings."""
    drawings = [div for div in page.root.iter("div") if div.get("class") == "drawing wide"]
    return [svg.get("aria-label", "") for div in drawings for svg in div.iter(f"{SVG}svg")]


class Writing:
    """What the therapist adds to the record of the patient."""

    def __init__(self, cast: Cast) -> None:
        self.by = db.session.get_one(User, cast["therapist"])
        self.patient = db.session.get_one(Patient, cast["patient"])
        self.course = db.session.get_one(Course, cast["course"])

    def score(self, measure: str, on: date, value: float) -> UUID:
        return enter_total(self.patient, measure, taken_on=on, value=value, by=self.by).id

    def dose(self, at: datetime, mg: int = 60) -> UUID:
        return record_dosing(
            self.course,
            status=Status.TOOK_PLACE,
            starts_at=at,
            route=Route.IM,
            dose_mg=Decimal(mg),
            weight_kg=Decimal(70),
            team=[self.by],
            narrative="As before.",
            by=self.by,
        ).id

    def talk(self, at: datetime, dose: UUID) -> None:
        record_integration(
            self.course,
            status=Status.TOOK_PLACE,
            starts_at=at,
            modalities=[Modality.ACT],
            narrative="Talked.",
            integrates=[dose],
            by=self.by,
        )

    def second_course(self) -> None:
        """End the course, and open another on 10 March 2026."""
        ended = date(2026, 3, 9)
        end_course(self.course, version=self.course.version, ended_on=ended, reason=EndReason.COMPLETED, by=self.by)
        self.course = open_course(
            self.patient, condition=Condition.ANXIETY, primary_measure="gad-7", opened_on=date(2026, 3, 10), by=self.by
        )


@pytest.fixture
def writing(stage: Stage, cast: Cast) -> Callable[[Callable[[Writing], object]], None]:
    """Change the record, in a context that ends before a browser asks."""

    def write(change: Callable[[Writing], object]) -> None:
        with stage.app.app_context(), clock.at(NOW):
            change(Writing(cast))

    return write


Write = Callable[[Callable[[Writing], object]], None]


# The doses of the cast: one of 50 mg at 70 kg on 20 December 2025, PHQ-9 20 on the 18th, 7 and 5 on 3 and 27 January.


def test_one_course_is_told_by_the_page_itself(browser_of: SignIn, cast: Cast) -> None:
    page = browser_of("therapist").get(page_of(cast))
    assert "All courses" not in page.words
    assert "A course begins" not in page.words


def test_every_course_stands_with_what_came_of_it_and_leads_to_its_chart(
    browser_of: SignIn, cast: Cast, writing: Write
) -> None:
    writing(lambda record: record.second_course())
    browser = browser_of("therapist")
    with clock.at(NOW):
        page = browser.get(page_of(cast))
        words = card(page, "courses")
        assert (
            "Course 2: Anxiety 10 March 2026 under way GAD-7 0 0 the arc of course 2 Not enough data as of today"
        ) in words
        assert (
            "Course 1: Treatment-resistant depression 18 December 2025 – 9 March 2026 Completed PHQ-9 1 1 "
            "the arc of course 1 Lasting: 5 weeks as of 27 January 2026"
        ) in words
        (first,) = [a.get("href", "") for a in page.root.iter("a") if "Course 1" in "".join(a.itertext())]
        assert "At that score: lasting, 5 weeks" in browser.get(first).words


def test_the_chart_of_all_courses_says_where_each_begins(browser_of: SignIn, cast: Cast, writing: Write) -> None:
    writing(lambda record: record.second_course())
    page = browser_of("therapist").get(page_of(cast, query="?span=all&measure=phq-9"))
    titles = {title.text for title in page.root.iter(f"{SVG}title")}
    assert "18 December 2025: course 1 begins, Treatment-resistant depression" in titles
    assert "10 March 2026: course 2 begins, Anxiety" in titles
    own = browser_of("patient account").get("/my?span=all&measure=phq-9")
    assert "10 March 2026: course 2 begins" in {title.text for title in own.root.iter(f"{SVG}title")}


def add_measures(record: Writing) -> None:
    for measure, first, last in (("gad-7", 14, 12), ("pcl-5", 50, 48), ("peg", 6, 2)):
        record.score(measure, date(2025, 12, 19), first)
        record.score(measure, date(2026, 1, 27), last)


def test_three_measures_stand_on_one_axis_the_primary_first(browser_of: SignIn, cast: Cast, writing: Write) -> None:
    writing(add_measures)
    browser = browser_of("therapist")
    with clock.at(NOW - timedelta(days=40)):
        (link,) = [
            a.get("href", "") for a in browser.get(page_of(cast)).root.iter("a") if a.text == "Measures side by side"
        ]
        page = browser.get(link)
    assert charts(page) == ["PHQ-9 over time", "GAD-7 over time", "PCL-5 over time"]
    assert (
        "Lasting: 5 weeks 20 before the first dose, 5 on 27 January 2026: 15 points better (reliable change: 6)"
        in page.words
    )
    assert (
        "No response yet 50 before the first dose, 48 on 27 January 2026: 2 points better (reliable change: 15)"
        in page.words
    )
    stems = {
        path.get("d", "").split("V")[0].split()[0]
        for path in page.root.iter(f"{SVG}path")
        if path.get("class") == "stems"
    }
    assert len(stems) == 2  # one place on the wide drawings, one on the narrow


def test_the_numbers_stand_in_one_row_for_each_day(browser_of: SignIn, cast: Cast, writing: Write) -> None:
    writing(add_measures)
    writing(lambda record: record.score("gad-7", date(2026, 1, 27), 11))
    page = browser_of("therapist").get(page_of(cast, "/side-by-side", "?beside=phq-9,gad-7,pcl-5"))
    rows = ["|".join("".join(cell.itertext()) for cell in row) for row in page.root.iter("tr")]
    assert rows == [
        "Date|PHQ-9|GAD-7|PCL-5",
        "27 January 2026|5|12, then 11|48",
        "3 January 2026|7|–|–",
        "19 December 2025|–|14|50",
        "18 December 2025|20|–|–",
    ]


@pytest.mark.parametrize(
    ("query", "shown", "said"),
    [
        ("?beside=peg,gad-7", ["PEG", "GAD-7"], ""),
        ("?beside=peg&beside=gad-7&span=all", ["PEG", "GAD-7"], ""),
        ("?beside=peg,peg", ["PEG"], ""),
        ("?beside=peg,gad-7,pcl-5,phq-9", ["PEG", "GAD-7", "PCL-5"], "Left out: PHQ-9."),
        ("?beside=peg,nonsense", ["PEG"], "There is no score on one measure that the address asks for."),
        ("?beside=nonsense,%3Cb%3E", ["PHQ-9", "GAD-7", "PCL-5"], "There is no score on 2 measures"),
        ("?beside=&span=9w&course=abc", ["PHQ-9", "GAD-7", "PCL-5"], ""),
        ("?beside=" + "peg," * 1500, ["PEG"], ""),
    ],
)
def test_which_measures_stands_in_the_address(
    browser_of: SignIn, cast: Cast, writing: Write, query: str, shown: list[str], said: str
) -> None:
    writing(add_measures)
    page = browser_of("therapist").get(page_of(cast, "/side-by-side", query))
    assert charts(page) == [f"{name} over time" for name in shown]
    assert said in page.words
    boxes = {field.get("value") for field in page.root.iter("input") if field.get("checked") is not None}
    assert boxes == {name.lower() for name in shown}
    assert ("Left out" in page.words or "There is no score" in page.words) is bool(said)


def test_a_patient_without_scores_is_told_so(browser_of: SignIn, cast: Cast) -> None:
    browser = browser_of("lead")
    assert "No scores yet" in browser.get(f"/patients/{cast['unseen']}/side-by-side").words
    assert "No dose yet" in browser.get(f"/patients/{cast['unseen']}/doses").words


def test_scores_without_a_course_are_drawn_and_not_judged(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    with stage.app.app_context(), clock.at(NOW):
        lead, unseen = db.session.get_one(User, cast["lead"]), db.session.get_one(Patient, cast["unseen"])
        enter_total(unseen, "gad-7", taken_on=date(2026, 3, 1), value=12, by=lead)
    browser = browser_of("lead")
    with clock.at(NOW):
        page = browser.get(f"/patients/{cast['unseen']}/side-by-side")
    assert charts(page) == ["GAD-7 over time"]
    assert "before the first dose" not in page.words
    assert "No dose yet" in browser.get(f"/patients/{cast['unseen']}/doses").words


def test_the_patient_sees_measures_side_by_side_in_plain_words(browser_of: SignIn, cast: Cast, writing: Write) -> None:
    writing(add_measures)
    browser = browser_of("patient account")
    with clock.at(NOW - timedelta(days=40)):
        assert "/my/side-by-side" in browser.get("/my").text
        page = browser.get("/my/side-by-side")
    assert charts(page) == ["PHQ-9 over time", "GAD-7 over time", "PCL-5 over time"]
    assert "Low mood (PHQ-9) The change is lasting: 5 weeks" in page.words
    for hidden in ("50 mg", "IM injection", "canary", "Item 9", "item 9", "reliable", "Remission", str(cast["dosing"])):
        assert hidden not in page.text


def test_before_and_after_a_dose_with_what_was_given_and_talked_about(browser_of: SignIn, cast: Cast) -> None:
    browser = browser_of("therapist")
    (link,) = [
        a.get("href", "") for a in browser.get(page_of(cast)).root.iter("a") if a.text == "Before and after each dose"
    ]
    page = browser.get(link)
    words = card(page, "dose-1")
    assert "Dose 1, 20 December 2025 Dosing session 1 IM injection, 50 mg, 0.71 mg/kg" in words
    assert "Integration since: 21 December 2025. No later dose." in words
    assert lines(page, 1)["PHQ-9"][:3] == [
        "20 18 December 2025, 2 days before",
        "7 reliably better 13 points better 3 January 2026, 14 days after",
        "5 reliably better 15 points better 27 January 2026, 38 days after",
    ]
    assert "A change after a dose is not shown to be caused by it" in page.words


def test_two_doses_close_together_are_not_told_apart(browser_of: SignIn, cast: Cast, writing: Write) -> None:
    def close(record: Writing) -> None:
        record.talk(NOW - timedelta(days=70), record.dose(NOW - timedelta(days=85)))

    writing(close)
    page = browser_of("therapist").get(page_of(cast, "/doses"))
    assert lines(page, 1)["PHQ-9"][1].endswith("3 January 2026, 14 days after; 2 doses between the two scores")
    assert lines(page, 1)["PHQ-9"][2] == "The next dose came before a score could tell of this one."
    assert lines(page, 2)["PHQ-9"][1].endswith("3 January 2026, 11 days after; 2 doses between the two scores")
    assert "Integration since: 21 December 2025. Next dose: 23 December 2025." in card(page, "dose-1")
    assert "Integration since: 7 January 2026. No later dose." in card(page, "dose-2")


def test_where_there_is_no_score_the_page_says_so(browser_of: SignIn, cast: Cast, writing: Write) -> None:
    def late(record: Writing) -> None:
        record.dose(NOW - timedelta(days=3))
        record.score("gad-7", date(2026, 2, 1), 9)

    writing(late)
    with clock.at(NOW):
        page = browser_of("therapist").get(page_of(cast, "/doses"))
    assert lines(page, 2)["PHQ-9"][:3] == [
        "No score from 15 February 2026 to 15 March 2026.",
        "Not yet: a score counts from 22 March 2026.",
        "–",
    ]
    assert lines(page, 1)["GAD-7"][:2] == [
        "No score from 22 November 2025 to 20 December 2025.",
        "9 nothing to compare it with 1 February 2026, 43 days after",
    ]
    with clock.at(NOW + timedelta(days=10)):
        page = browser_of("therapist").get(page_of(cast, "/doses"))
    assert lines(page, 2)["PHQ-9"][1] == "No score yet; one counts to 29 April 2026."
    with clock.at(NOW + timedelta(days=60)):
        page = browser_of("therapist").get(page_of(cast, "/doses"))
    assert lines(page, 2)["PHQ-9"][1] == "No score from 22 March 2026 to 29 April 2026."


def test_what_was_entered_in_error_is_not_compared(
    browser_of: SignIn, stage: Stage, cast: Cast, writing: Write
) -> None:
    added: list[UUID] = []
    writing(lambda record: added.append(record.dose(NOW - timedelta(days=60))))
    assert "Dose 2, 17 January 2026" in browser_of("therapist").get(page_of(cast, "/doses")).words

    def mark(record: Writing) -> None:
        mark_session_in_error(db.session.get_one(TreatmentSession, added[0]), reason="Somebody else's", by=record.by)
        mark_score_in_error(db.session.get_one(Score, cast["score"]), reason="Wrong patient", by=record.by)

    writing(mark)
    page = browser_of("therapist").get(page_of(cast, "/doses"))
    assert "Dose 2" not in page.words
    assert lines(page, 1)["PHQ-9"][1].startswith("7 reliably better")
    assert lines(page, 1)["PHQ-9"][2] == "No later score up to 3 February 2026."


def test_the_day_of_a_dose_is_that_of_the_clinic(browser_of: SignIn, cast: Cast, writing: Write) -> None:
    # 23:30 on the 17th in UTC is the 18th in Berlin: a score of that day is one before the dose.
    def at_night(record: Writing) -> None:
        record.dose(datetime(2026, 1, 17, 23, 30, tzinfo=UTC))
        record.score("phq-9", date(2026, 1, 18), 11)

    writing(at_night)
    page = browser_of("therapist").get(page_of(cast, "/doses"))
    assert "Dose 2, 18 January 2026" in page.words
    assert lines(page, 2)["PHQ-9"][0] == "11 18 January 2026, the day of the dose"
    assert lines(page, 1)["PHQ-9"][2].startswith("11 reliably better 9 points better 18 January 2026, 29 days after")


def test_two_doses_on_one_day_stand_together(browser_of: SignIn, cast: Cast, writing: Write) -> None:
    writing(lambda record: [record.dose(NOW - timedelta(days=60)), record.dose(NOW - timedelta(days=60, hours=-2), 30)])
    page = browser_of("therapist").get(page_of(cast, "/doses"))
    assert "Doses 2 and 3, 17 January 2026" in page.words
    assert "Dosing session 2 IM injection, 60 mg, 0.86 mg/kg" in card(page, "dose-2")
    assert "Dosing session 3 IM injection, 30 mg, 0.43 mg/kg" in card(page, "dose-2")


def test_a_measure_without_thresholds_is_compared_and_nothing_is_called_reliable(
    browser_of: SignIn, cast: Cast, writing: Write
) -> None:
    writing(lambda record: [record.score("mood", date(2025, 12, day), value) for day, value in ((20, 3), (21, 6))])
    page = browser_of("therapist").get(page_of(cast, "/doses"))
    assert lines(page, 1)["Daily"][:2] == [
        "3 20 December 2025, the day of the dose",
        "6 3 points better 21 December 2025, 1 day after",
    ]
    assert "1 day on Daily mood" in page.words
    assert "no thresholds" in card(page, "dose-1")


def test_the_doses_of_each_course_are_chosen_by_its_link(browser_of: SignIn, cast: Cast, writing: Write) -> None:
    def another(record: Writing) -> None:
        record.second_course()
        record.dose(NOW - timedelta(days=2))

    writing(another)
    browser = browser_of("therapist")
    page = browser.get(page_of(cast, "/doses"))
    assert "Dose 1, 16 March 2026" in page.words
    (older,) = [a.get("href", "") for a in page.root.iter("a") if a.text == "From 18 December 2025"]
    assert "Dose 1, 20 December 2025" in browser.get(older).words
    assert "Next dose: 16 March 2026." in browser.get(older).words


def test_the_patient_has_no_comparison_by_dose(browser_of: SignIn, cast: Cast) -> None:
    browser = browser_of("patient account")
    assert "/doses" not in browser.get("/my").text
    browser.get(page_of(cast, "/doses"), status=403)
