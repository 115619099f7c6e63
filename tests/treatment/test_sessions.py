"""Sessions as a therapist writes them down, through the pages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.people.models import Patient
from kap.treatment.models import IntegrationSession
from kap.treatment.queries import doses_of, session_rows, suggested_doses
from tests.browser import Browser, Page
from tests.cast import Cast

BrowserOf = Callable[[str], Browser]


@pytest.fixture
def therapist(browser_of: BrowserOf) -> Browser:
    """The therapist of the patient, signed in."""
    return browser_of("therapist")


@pytest.fixture
def new_dose(cast: Cast) -> str:
    """Where a new dose of the patient is written down."""
    return f"/patients/{cast['patient']}/sessions/new?kind=dosing"


def log_dose(browser: Browser, url: str, **fields: object) -> Page:
    """Write a dose down; what is not given stays as the page offers it."""
    browser.get(url)
    # A field of the form is called `status`, as what `fill` expects of the answer is.
    status = fields.pop("status", None)
    url, sent = browser.ready(**{"starts_at": "2026-03-17T10:00", "route": "im", **fields})
    return browser.send(url, sent | ({"status": [str(status)]} if status else {}), status=200)


def count(app: Flask, cast: Cast) -> int:
    """How many sessions the patient has, those in error too."""
    with app.app_context():
        patient = db.session.get_one(Patient, cast["patient"])
        return len(session_rows(patient)) + len(session_rows(patient, in_error=True))


def last(page: Page) -> UUID:
    """The session that a page shows."""
    return UUID(page.response.request.path.split("/")[2])


def test_a_dose_is_written_down_and_shown(therapist: Browser, new_dose: str, cast: Cast) -> None:
    page = log_dose(
        therapist,
        new_dose,
        **{
            "dosed_at": "10:15",
            "ends_at": "12:05",
            "route": "iv_infusion",
            "dose_mg": "37,5",
            "weight_kg": "75",
            "intention": "To rest.",
            "narrative": "First line\nsecond line <b>not bold</b> 🌱",
            "vital_signs-0-at": "10:10",
            "vital_signs-0-systolic": "128",
            "vital_signs-0-diastolic": "82",
            "vital_signs-0-heart_rate": "66",
            "vital_signs-0-spo2": "98",
            "vital_signs-3-at": "10:55",
            "vital_signs-3-systolic": "141",
            "vital_signs-3-diastolic": "88",
            "adverse_events-1-severity": "mild",
            "adverse_events-4-words": "Felt cold",
            "adverse_events-4-severity": "moderate",
            "adverse_events-4-onset_at": "10:30",
            "discharged_at": "12:00",
            "left_with": "Her sister",
            "discharge": "Steady on her feet.",
        },
    )
    for words in (
        "Dose 2 of 3",
        "37.5 mg",
        "0.5 mg/kg at 75 kg",
        "IV infusion",
        "Ketamine (racemic)",
        "10:10 −5 128/82 66 98",
        "10:55 +40 141/88 – –",
        "Nausea Mild",
        "Felt cold Moderate since 10:30",
        "To rest.",
        "second line <b>not bold</b> 🌱",
        "Her sister",
        "Steady on her feet.",
        "The therapist",
        "125 minutes",
    ):
        assert words in page.words, words


def test_the_medicine_follows_the_route(therapist: Browser, new_dose: str) -> None:
    page = log_dose(therapist, new_dose, route="esketamine_nasal", dose_mg="56")
    assert "56 mg" in page.words
    assert page.words.count("Esketamine") > 1, "The route, and the medicine."


def test_few_things_are_required(therapist: Browser, new_dose: str) -> None:
    page = log_dose(therapist, new_dose, route=None, team=None, weight_kg="")
    assert "Took place" in page.words


def test_the_form_offers_what_is_likely(therapist: Browser, new_dose: str, cast: Cast) -> None:
    log_dose(therapist, new_dose, starts_at=f"{clock.now():%Y-%m-%dT00:00}", dose_mg="50", weight_kg="71.5")
    _, sent = therapist_ready(therapist, new_dose)
    assert sent["route"] == ["im"]
    assert sent["weight_kg"] == ["71.5"]
    assert sent["team"] == [str(cast["therapist"])]
    assert sent["status"] == ["took_place"]


def therapist_ready(browser: Browser, url: str) -> tuple[str, dict[str, list[str]]]:
    """What an untouched form would send."""
    browser.get(url)
    return browser.ready()


def test_a_dose_that_looks_like_a_slip_is_asked_about_and_then_kept(
    app: Flask, browser_of: BrowserOf, new_dose: str, cast: Cast
) -> None:
    before, medical = count(app, cast), browser_of("medical")
    page = log_dose(medical, new_dose, route="iv_infusion", dose_mg="0.5", weight_kg="70", narrative="My words")
    assert "Is this the dose in mg/kg?" in page.words
    assert "My words" in page.text
    assert count(app, cast) == before
    page = medical.fill(confirmed=medical.box("confirmed"), status=200)
    assert "0.5 mg" in page.words
    assert "Medication error" in page.words
    assert count(app, cast) == before + 1


def test_what_was_confirmed_of_one_dose_is_asked_again_of_another(
    app: Flask, browser_of: BrowserOf, new_dose: str, cast: Cast
) -> None:
    before, medical = count(app, cast), browser_of("medical")
    log_dose(medical, new_dose, route="iv_infusion", dose_mg="0.5", weight_kg="70")
    page = medical.fill(confirmed=medical.box("confirmed"), dose_mg="900")
    assert "far above what is usual" in page.words
    assert "confirmed" not in medical.ready()[1], "The new amount has not been ticked."
    assert count(app, cast) == before
    page = medical.fill(confirmed=medical.box("confirmed"), status=200)
    assert "900 mg" in page.words


def test_a_therapist_cannot_confirm_a_slip_and_loses_nothing(
    app: Flask, therapist: Browser, new_dose: str, cast: Cast
) -> None:
    before = count(app, cast)
    page = log_dose(therapist, new_dose, route="iv_infusion", dose_mg="0.5", weight_kg="70", narrative="My words")
    assert "A prescriber or nurse has to confirm this" in page.words
    assert "My words" in page.text
    page = therapist.fill(confirmed="iv_infusion ketamine 0.5 mg 70 kg")
    assert "A prescriber or nurse has to confirm this" in page.words
    assert count(app, cast) == before
    assert "35 mg" in therapist.fill(dose_mg="35", status=200).words


def test_a_dose_far_from_usual_is_kept_with_its_reason(therapist: Browser, new_dose: str) -> None:
    page = log_dose(therapist, new_dose, route="iv_infusion", dose_mg="160", weight_kg="70", narrative="My words")
    assert "Please say why." in page.words
    page = therapist.fill(explained="Less did nothing", status=200)
    assert "My words On the dose: Less did nothing" in page.words


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"weight_kg": "700"}, "looks like a typing error"),
        ({"weight_kg": "seventy"}, "Please give a number"),
        ({"dose_mg": "1,000"}, "Is the comma a decimal point?"),
        ({"dose_mg": "-5"}, "Please give a number"),
        ({"dose_mg": "NaN"}, "Please give a number"),
        ({"dose_mg": "0"}, "more than 0 mg"),
        ({"dosed_at": "09:00"}, "before the session starts"),
        ({"ends_at": "09:30"}, "before the session starts"),
        ({"dosed_at": "10:30", "discharged_at": "10:05"}, "before the dose was given"),
        ({"starts_at": "2126-01-01T10:00"}, "lies in the future"),
        ({"starts_at": "2126-01-01T10:00", "status": "planned"}, "two years away"),
        ({"starts_at": "1970-01-01T10:00"}, "before the patient was born"),
        ({"starts_at": "0001-01-01T00:00"}, "before"),
        ({"starts_at": "yesterday"}, "Not a valid"),
        ({"starts_at": "2025-03-30T02:30"}, "clocks are put forward"),
        ({"starts_at": "2025-03-30T01:30", "dosed_at": "02:30"}, "clocks are put forward"),
        ({"status": "unheard"}, "Not a valid choice"),
        ({"team": "nobody"}, "could not be coerced"),
        ({"left_with": "x" * 201}, "At most 200"),
        ({"vital_signs-0-at": "10:00", "vital_signs-0-systolic": "12o"}, "whole number"),
        ({"vital_signs-0-at": "10:00", "vital_signs-0-systolic": "500"}, "looks like a typing error"),
        ({"vital_signs-0-systolic": "120"}, "When was this?"),
        ({"vital_signs-0-at": "10:00"}, "give a reading"),
        ({"adverse_events-4-words": "Cold"}, "how bad it was"),
        ({"adverse_events-4-severity": "mild"}, "say what happened"),
    ],
)
def test_what_cannot_be_is_said_on_the_page_and_nothing_typed_is_lost(
    app: Flask, therapist: Browser, new_dose: str, cast: Cast, fields: dict[str, str], message: str
) -> None:
    before = count(app, cast)
    page = log_dose(therapist, new_dose, **{"intention": "Kept words 🌊", **fields})
    assert message in page.words
    assert "Kept words 🌊" in page.text
    for value in fields.values():
        assert value in page.text or value in ("unheard", "nobody")
    assert count(app, cast) == before


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("dosing", {"ends_at": "{later}"}),
        ("dosing", {"dosed_at": "{later}"}),
        ("dosing", {"discharged_at": "{later}"}),
        ("dosing", {"vital_signs-0-at": "{later}", "vital_signs-0-spo2": "97"}),
        ("dosing", {"adverse_events-0-onset_at": "{later}", "adverse_events-0-severity": "mild"}),
        ("preparation", {"minutes": "120"}),
        ("integration", {"minutes": "120"}),
    ],
)
@pytest.mark.parametrize("status", ["took_place", "held"])
def test_nothing_of_a_session_that_took_place_lies_in_the_future(
    app: Flask, therapist: Browser, new_dose: str, cast: Cast, kind: str, fields: dict[str, str], status: str
) -> None:
    before, zone = count(app, cast), ZoneInfo("Europe/Berlin")
    start = clock.now().astimezone(zone) - timedelta(minutes=30)
    later = f"{start + timedelta(hours=2):%H:%M}"
    typed = {name: value.format(later=later) for name, value in fields.items()}
    page = log_dose(
        therapist,
        new_dose.replace("dosing", kind),
        **{"starts_at": f"{start:%Y-%m-%dT%H:%M}", "status": status, "narrative": "Kept words", **typed},
    )
    assert "in the future" in page.words
    assert "Kept words" in page.text
    assert count(app, cast) == before


def test_a_start_in_the_future_is_said_with_all_else(therapist: Browser, new_dose: str) -> None:
    page = log_dose(therapist, new_dose, starts_at=f"{clock.now() + timedelta(days=1):%Y-%m-%dT10:00}", dose_mg="0")
    assert "Is it planned?" in page.words
    assert "more than 0 mg" in page.words


def test_a_text_with_a_nul_byte_is_not_kept(app: Flask, therapist: Browser, new_dose: str, cast: Cast) -> None:
    before = count(app, cast)
    page = log_dose(therapist, new_dose, narrative="before\x00after")
    assert "a character that cannot be saved" in page.words
    assert "before" in page.text
    assert "after" in page.text
    assert count(app, cast) == before


def test_a_hundred_thousand_letters_of_any_script_are_kept(therapist: Browser, new_dose: str) -> None:
    narrative = ("Ünïcödé 漢字 עברית 👩‍🚀 " * 10_000)[:99_999] + "!"
    page = log_dose(therapist, new_dose, narrative=narrative)
    assert narrative in page.text


def test_a_form_sent_twice_makes_one_session(app: Flask, therapist: Browser, new_dose: str, cast: Cast) -> None:
    before = count(app, cast)
    url, sent = therapist_ready(therapist, new_dose)
    sent["starts_at"] = ["2026-03-17T10:00"]
    therapist.send(url, sent)
    therapist.send(url, sent)
    assert count(app, cast) == before + 1


def test_a_stale_form_shows_both_texts(therapist: Browser, browser_of: BrowserOf, cast: Cast) -> None:
    edit = f"/sessions/{cast['integration']}/edit"
    medical = browser_of("medical")
    medical.get(edit)
    therapist.get(edit)
    therapist.fill(narrative="What the therapist wrote", status=200)
    page = medical.fill(narrative="What the nurse wrote", status=409)
    assert "What the therapist wrote" in page.words
    assert "What the nurse wrote" in page.words
    page = medical.fill(status=200)
    assert "What the nurse wrote" in page.words


def test_a_change_of_the_doses_alone_makes_other_forms_stale(
    therapist: Browser, browser_of: BrowserOf, cast: Cast
) -> None:
    edit = f"/sessions/{cast['integration']}/edit"
    medical = browser_of("medical")
    medical.get(edit)
    therapist.get(edit)
    therapist.fill(status=200, integrates=[])
    assert "Dose 1" in medical.fill(status=409).words


def test_an_edit_that_changes_nothing_keeps_every_row(app: Flask, therapist: Browser, cast: Cast) -> None:
    edit = f"/sessions/{cast['integration']}/edit"

    def rows() -> list[UUID]:
        with app.app_context():
            session = db.session.get_one(IntegrationSession, cast["integration"])
            return [row.id for rows in ("integrates", "team") for row in getattr(session, rows)]

    therapist.get(edit)
    therapist.fill(status=200, team=[str(cast["therapist"]), str(cast["medical"])])
    before = rows()
    assert len(before) == 3
    therapist.get(edit)
    therapist.fill(status=200)
    assert rows() == before


def test_a_dose_that_has_begun_is_opened_instead_of_overwritten(therapist: Browser, new_dose: str) -> None:
    made = last(log_dose(therapist, new_dose, dose_mg="50"))
    page = therapist.get(f"/sessions/{made}/edit")
    assert page.response.request.path.endswith("/dosing")


def test_an_integration_offers_the_doses_since_the_last_one(
    app: Flask, therapist: Browser, new_dose: str, cast: Cast
) -> None:
    new = log_dose(therapist, new_dose, dose_mg="50")
    _, sent = therapist_ready(therapist, new_dose.replace("dosing", "integration"))
    assert sent["integrates"] == [str(last(new))]
    assert str(cast["dosing"]) in therapist.page.text  # type: ignore[union-attr]
    fields: dict[str, Any] = {"starts_at": "2026-03-17T15:00", "minutes": "50", "themes": "Grief"}
    page = therapist.fill(**fields | {"agreed-0-words": "Write in the morning"}, status=200)
    for words in ("Dose 2, 17 March 2026, 50 mg", "50 minutes", "Write in the morning", "Grief"):
        assert words in page.words
    page = therapist.get(f"/sessions/{last(new)}")
    assert "Integration session, 17 March 2026, 15:00" in page.words
    with app.app_context():
        assert suggested_doses(db.session.get_one(Patient, cast["patient"]), clock.now()) == []


def test_an_integration_before_its_dose_is_refused(therapist: Browser, new_dose: str) -> None:
    log_dose(therapist, new_dose, dose_mg="50")
    therapist.get(new_dose.replace("dosing", "integration"))
    page = therapist.fill(starts_at="2026-03-17T09:00", narrative="Kept")
    assert "doses that were given before it" in page.words
    assert "Kept" in page.text


def test_a_dose_of_somebody_else_cannot_be_tied(therapist: Browser, new_dose: str, cast: Cast) -> None:
    therapist.get(new_dose.replace("dosing", "integration"))
    page = therapist.fill(starts_at="2026-03-17T15:00", integrates=[str(cast["foreign dosing"])])
    assert "not a valid choice" in page.words


def test_a_preparation_is_written_down(therapist: Browser, new_dose: str) -> None:
    therapist.get(new_dose.replace("dosing", "preparation"))
    page = therapist.fill(
        starts_at="2026-03-16T09:00",
        minutes="60",
        modalities=["act"],
        intention="To sleep",
        narrative="Agreed on a stop sign",
    )
    for words in ("Preparation session", "60 minutes", "ACT", "To sleep", "Agreed on a stop sign"):
        assert words in page.words


def actions_on(session: UUID) -> list[str]:
    """What was done with a session, in order."""
    done = select(AuditEvent.action).where(AuditEvent.object_id == session, AuditEvent.action.like("session:%"))
    return list(db.session.scalars(done.order_by(AuditEvent.at)))


def test_a_planned_session_is_written_down_later(app: Flask, therapist: Browser, new_dose: str, cast: Cast) -> None:
    start = (clock.now() + timedelta(days=7)).replace(hour=9, minute=0)
    therapist.get(f"{new_dose}&status=planned")
    page = therapist.fill(starts_at=f"{start:%Y-%m-%dT%H:%M}", ends_at="11:00", status=200)
    assert "Planned" in page.words
    made = last(page)
    with app.app_context():
        assert actions_on(made) == [Action.SESSION_PLANNED]
    therapist.get(f"/sessions/{made}/edit?status=took_place")
    assert therapist.ready()[1]["status"] == ["took_place"]
    therapist.fill(starts_at="2026-03-17T10:00", ends_at="11:00", route="im", dose_mg="50")
    assert "Dose 2" in therapist.get(f"/sessions/{made}").words


def test_a_planned_session_that_is_overdue_asks_what_became_of_it(therapist: Browser, new_dose: str) -> None:
    page = log_dose(therapist, new_dose, status="planned")
    assert "What became of it?" in page.words


def test_a_planned_session_is_cancelled_with_a_reason(therapist: Browser, new_dose: str) -> None:
    therapist.get(f"{new_dose}&status=planned")
    made = last(therapist.fill(starts_at=f"{clock.now() + timedelta(days=7):%Y-%m-%dT10:00}"))
    therapist.get(f"/sessions/{made}/status")
    url, sent = therapist.ready()
    page = therapist.send(url, sent | {"status": ["cancelled"], "status_reason": ["A cold"]}, status=200)
    assert "Cancelled" in page.words
    assert "A cold" in page.words


def test_entered_in_error_leaves_the_lists_and_stays_in_the_record(app: Flask, therapist: Browser, cast: Cast) -> None:
    therapist.get(f"/sessions/{cast['dosing']}/error")
    assert "fill this in" in therapist.fill(reason="").words
    page = therapist.fill(reason="Written on the wrong patient", status=200)
    assert "by The therapist. It no longer counts. Written on the wrong patient" in page.words
    assert "canary narrative" in page.words
    with app.app_context():
        patient = db.session.get_one(Patient, cast["patient"])
        assert cast["dosing"] not in {row.id for row in session_rows(patient)}
        assert doses_of(patient) == []
        assert [(row.id, row.number) for row in session_rows(patient, in_error=True)] == [(cast["dosing"], None)]
    therapist.get(f"/sessions/{cast['integration']}/edit")
    # An edit does not cut the tie to the dose that was marked.
    assert "no longer counts" in therapist.fill(narrative="Changed", status=200).words


def test_a_raised_blood_pressure_before_the_dose_is_noted(therapist: Browser, new_dose: str) -> None:
    page = log_dose(
        therapist,
        new_dose,
        **{
            "dosed_at": "10:15",
            "vital_signs-0-at": "10:10",
            "vital_signs-0-systolic": "144",
            "vital_signs-0-diastolic": "85",
        },
    )
    assert "before the dose was 144/85" in page.words


def test_times_after_midnight_belong_to_the_night_of_the_session(therapist: Browser, new_dose: str) -> None:
    page = log_dose(
        therapist,
        new_dose,
        **{
            "starts_at": "2026-03-16T22:30",
            "dosed_at": "23:50",
            "ends_at": "01:30",
            "vital_signs-0-at": "00:30",
            "vital_signs-0-spo2": "97",
        },
    )
    assert "180 minutes" in page.words
    assert "00:30 +40" in page.words


@pytest.mark.parametrize("name", ["lead", "patient account"])
def test_who_does_not_treat_does_not_write(browser_of: BrowserOf, cast: Cast, new_dose: str, name: str) -> None:
    browser = browser_of(name)
    for url in (new_dose, f"/sessions/{cast['dosing']}/edit", f"/sessions/{cast['dosing']}/error"):
        browser.get(url, status=403)
    browser.get(f"/sessions/{cast['dosing']}", status=200 if name == "lead" else 403)


def test_the_lead_sees_the_session_without_ways_to_change_it(browser_of: BrowserOf, cast: Cast) -> None:
    page = browser_of("lead").get(f"/sessions/{cast['dosing']}")
    assert "canary narrative" in page.words
    assert "/edit" not in page.text
    assert "/error" not in page.text


def test_without_a_kind_the_page_asks_for_one(therapist: Browser, cast: Cast) -> None:
    page = therapist.get(f"/patients/{cast['patient']}/sessions/new")
    for kind in ("preparation", "dosing", "integration"):
        assert f"kind={kind}" in page.text
    assert "kind=" in therapist.get(f"/patients/{cast['patient']}/sessions/new?kind=nonsense").text
