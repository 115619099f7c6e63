"""The REMS form: filled in from the record, completed by hand, printed, and marked as sent by whoever has sent it."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.dosing.actions.events import report
from kap.dosing.actions.giving import give, withdraw
from kap.dosing.actions.phases import save_sheet
from kap.dosing.actions.room import note, take_reading
from kap.dosing.models import Administration, GivenBy, RemsForm
from kap.dosing.queries.rems import rems_due, split
from kap.dosing.rules.events import Told
from kap.dosing.rules.giving import Giving
from kap.dosing.rules.room import Signs
from kap.dosing.rules.sheets import SHEETS
from kap.people.models import User
from kap.treatment.actions import mark_session_in_error, record_dosing
from kap.treatment.models import Course, DosingSession, Medicine, Part, Route, Status
from kap.treatment.signing import sign_part
from tests.browser import Browser, Page, values_of
from tests.cast import NOW, Cast
from tests.conftest import Stage

BrowserOf = Callable[[str], Browser]
GIVEN = NOW - timedelta(hours=4)
"""09:00 on 18 March 2026 where the clinic is."""


@pytest.fixture
def at(stage: Stage, cast: Cast) -> Callable[..., Any]:
    """A stretch in the app at a moment, with what is named of the cast."""

    @contextmanager
    def stretch(moment: Any = NOW) -> Iterator[Any]:
        with stage.app.app_context(), clock.at(moment):
            yield SimpleNamespace(
                by=db.session.get_one(User, cast["medical"]), course=db.session.get_one(Course, cast["course"])
            )

    return stretch


@pytest.fixture
def here(at: Callable[..., Any]) -> str:
    """Where an esketamine session stands that was gone through whole: two devices, watched for 130 minutes."""
    minutes = [GIVEN + timedelta(minutes=n) for n in (0, 5)]
    with at(GIVEN + timedelta(minutes=150)) as s:
        session = record_dosing(
            s.course, by=s.by, status=Status.PLANNED, starts_at=GIVEN - timedelta(minutes=30), team=[s.by]
        )
        fill(session, s.by, "screening", concomitant=["benzodiazepine"], rems_enrolled="yes")
        take_reading(session, Signs(128, 78), at=GIVEN - timedelta(minutes=5), by=s.by)
        give(
            session,
            Giving(
                GIVEN,
                Route.ESKETAMINE_NASAL,
                Medicine.ESKETAMINE,
                Decimal(56),
                GivenBy.SELF_OBSERVED,
                lot="ESK-7",
                device_times=[moment.isoformat() for moment in minutes],
                observed_by=s.by.id,
            ),
            by=s.by,
        )
        for after, systolic in ((20, 150), (41, 144), (125, 126)):
            take_reading(session, Signs(systolic, 80), at=GIVEN + timedelta(minutes=after), by=s.by)
        note(session, kind="sedation", value=4, words="canary drowsy", at=GIVEN + timedelta(minutes=30), by=s.by)
        note(session, kind="dissociation", value=0, at=GIVEN + timedelta(minutes=30), by=s.by)
        report(session, Told("nausea", severity="mild", serious=False), by=s.by)
        left = GIVEN + timedelta(minutes=130)
        fill(
            session,
            s.by,
            "discharge",
            vitals="yes",
            outcome="home",
            discharged_at=left,
            ready_after=95,
            stable_by=str(s.by.id),
        )
        return f"/sessions/{session.id}"


def fill(session: DosingSession, by: User, name: str, **answers: Any) -> None:
    """Save a sheet for the first time."""
    save_sheet(session, SHEETS[name], answers=answers, version=0, by=by)


def own_form(page: Page) -> int:
    return next(n for n, form in enumerate(page.forms()) if form.get("data-draft"))


def stands(browser: Browser, here: str) -> dict[str, str]:
    """What stands on the form of the page, by the names of its fields."""
    page = browser.get(f"{here}/rems")
    return dict(values_of(page.forms()[own_form(page)]))


def type_in(browser: Browser, here: str, *, status: int = 200, **fields: Any) -> Page:
    browser.get(f"{here}/rems")
    assert browser.page is not None
    return browser.fill(own_form(browser.page), status=status, **fields)


def send(browser: Browser, here: str, how: str = "fax", **fields: Any) -> Page:
    browser.get(f"{here}/rems/sent")
    return browser.fill(status=200, how=how, **fields)


def id_of(here: str) -> UUID:
    return UUID(here.rpartition("/")[2])


def due(at: Callable[..., Any], cast: Cast, name: str = "medical", moment: Any = NOW) -> tuple[list[UUID], list[UUID]]:
    """The sessions whose forms wait, and those whose were sent, in order."""
    with at(moment):
        waiting, sent = rems_due(db.session.get_one(User, cast[name]))
        return [one.session_id for one in waiting], [one.session_id for one in sent]


def test_what_the_record_knows_stands_on_the_form(browser_of: BrowserOf, here: str) -> None:
    with clock.at(NOW):
        medical = browser_of("medical")
        found = stands(medical, here)
        page = medical.page
    assert page is not None
    known = {
        "first_name": "Patient",
        "last_name": "One",
        "birth_date": "1980-05-17",
        "first_treatment": "yes",
        "enrolled": "yes",
        "benzodiazepines": "yes",
        "opioids": "no",
        "monitored_by": "The medical",
        "monitor_email": "medical@example.org",
        "setting_name": "Test clinic",
        "treated_on": "2026-03-18",
        "dose_mg": "56",
        "lots": "ESK-7",
        "total_minutes": "130",
        "ready_after_minutes": "95",
        "vitals_acceptable_at_end": "yes",
        "systolic_before": "128",
        "at_before": "08:55",
        "systolic_at_40": "144",
        "systolic_at_end": "126",
        "sedation": "yes",
        "sedation_told": "09:30 MOAA/S 4, canary drowsy",
        "dissociation": "no",
        "serious_event": "no",
    }
    assert {name: found.get(name) for name in known} == known
    assert found.get("respiratory_depression") is None
    assert found["sex"] == ""
    assert "Devices at 09:00, 09:05; left at 11:10" in page.words
    assert "To be sent by 25 March 2026" in page.words
    assert "Nothing is sent from here" in page.words
    assert "Blank: 8" in page.words
    assert [text for text in ("Sex", "Telephone", "Respiratory depression") if text not in page.words] == []


def test_what_is_typed_goes_first_and_the_rest_follows_the_record(
    at: Callable[..., Any], browser_of: BrowserOf, here: str
) -> None:
    with clock.at(NOW):
        medical = browser_of("medical")
        type_in(medical, here, sex="Female", lots="ESK-8", birth_date="", setting_city="Portland")
        found = stands(medical, here)
        assert (found["sex"], found["lots"], found["birth_date"]) == ("Female", "ESK-8", "")
        assert "Typed here; the record says otherwise" in (medical.page.words if medical.page else "")
    with at() as s:
        session = db.session.get_one(DosingSession, id_of(here))
        take_reading(session, Signs(134, 82), at=GIVEN + timedelta(minutes=128), by=s.by)
        row = db.session.scalars(select(RemsForm)).one()
        assert b"Female" not in (row.answers_sealed or b"")
        assert row.setting is not None
        assert row.setting["setting_city"] == "Portland"
        assert not {"sex", "lots", "birth_date"} & set(row.setting)
    with clock.at(NOW):
        found = stands(medical, here)
    assert (found["systolic_at_end"], found["lots"]) == ("134", "ESK-8")


def test_a_form_is_saved_as_blank_as_it_is(at: Callable[..., Any], browser_of: BrowserOf, here: str) -> None:
    with clock.at(NOW):
        medical = browser_of("medical")
        blank: dict[str, Any] = dict.fromkeys(stands(medical, here).keys() - {"csrf_token", "version", "form_key"}, "")
        for radio in ("first_treatment", "benzodiazepines", "sedation", "dissociation", "serious_event"):
            blank[radio] = None
        page = type_in(medical, here, **blank)
        assert "The REMS form is saved" in page.words
        assert medical.client.get(f"{here}/rems.pdf").status_code == 200
        assert "is saved" not in type_in(medical, here, total_minutes="two hours").words


def test_two_who_fill_it_in_meet_both_versions(browser_of: BrowserOf, here: str) -> None:
    with clock.at(NOW):
        one, other = browser_of("medical"), browser_of("therapist")
        one.get(f"{here}/rems")
        type_in(other, here, sex="Male", setting_city="Portland")
        assert one.page is not None
        page = one.fill(own_form(one.page), status=409, sex="Female")
        assert "Male" in page.words
        assert "Female" in page.words
        one.fill(status=200)
        assert stands(other, here)["sex"] == "Female"


def test_what_was_typed_and_not_saved_is_kept_as_a_draft(browser_of: BrowserOf, here: str) -> None:
    with clock.at(NOW):
        medical = browser_of("medical")
        page = medical.get(f"{here}/rems")
        _, sent = medical.ready(own_form(page), setting_address="1 Quay")
        href = page.forms()[own_form(page)].get("data-draft") or ""
        assert medical.client.post(href, data=sent).status_code == 200
        assert stands(medical, here)["setting_address"] == "1 Quay"
        assert stands(browser_of("therapist"), here)["setting_address"] == ""


def test_the_paper_says_it_all_and_its_file_names_nobody(
    at: Callable[..., Any], browser_of: BrowserOf, here: str, cast: Cast
) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (Debian: poppler-utils)")
    with clock.at(NOW):
        lead = browser_of("lead")
        type_in(browser_of("medical"), here, sex="Female")
        answer = lead.client.get(f"{here}/rems.pdf")
    assert answer.headers["Content-Disposition"] == "attachment; filename=rems-form-2026-03-18.pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    read = subprocess.run(["pdftotext", "-layout", "-", "-"], input=answer.data, capture_output=True, check=True)
    words = " ".join(read.stdout.decode().split())
    for text in ("Patient One", "17 May 1980", "Female", "X 56 mg", "ESK-7", "144 / 80", "at 08:55", "canary drowsy"):
        assert text in words
    with at():
        query = select(AuditEvent).where(AuditEvent.object_id == id_of(here), AuditEvent.actor_id == cast["lead"])
        assert [event.action for event in db.session.scalars(query)] == [Action.RECORD_VIEWED]


def test_a_form_that_was_sent_stays_as_it_was_and_is_due_no_more(
    at: Callable[..., Any], browser_of: BrowserOf, here: str, cast: Cast
) -> None:
    assert due(at, cast) == ([id_of(here)], [])
    with clock.at(NOW):
        medical = browser_of("medical")
        assert "Correct how it was sent" in send(medical, here, "online", reference="R-17").words
        assert "R-17" in medical.get("/rems").words
    assert due(at, cast) == ([], [id_of(here)])
    with at() as s:
        (row,) = db.session.scalars(select(Administration).where(Administration.session_id == id_of(here)))
        withdraw(row, why="Another patient’s", by=s.by)
    with clock.at(NOW):
        page = medical.get(f"{here}/rems")
        assert "Online, at the REMS" in page.words
        assert "R-17" in page.words
        assert "ESK-7" in page.words
        assert not [form for form in page.forms() if form.get("data-draft")]


def test_one_that_was_not_sent_after_all_is_due_again(
    at: Callable[..., Any], browser_of: BrowserOf, here: str, cast: Cast
) -> None:
    with clock.at(NOW):
        medical = browser_of("medical")
        type_in(medical, here, sex="Female")
        send(medical, here)
        send(medical, here, "phone", reference="By telephone")
        assert "By telephone" in medical.get(f"{here}/rems").words
        send(medical, here, "not_sent")
        assert stands(medical, here)["sex"] == "Female"
    assert due(at, cast) == ([id_of(here)], [])
    with at() as s:
        # It follows the record again.
        take_reading(
            db.session.get_one(DosingSession, id_of(here)), Signs(134), at=GIVEN + timedelta(minutes=128), by=s.by
        )
        actions = (Action.REMS_FORM_SAVED, Action.REMS_FORM_FILED, Action.REMS_FORM_UNFILED)
        query = select(AuditEvent.action).where(AuditEvent.action.in_(actions)).order_by(AuditEvent.id)
        assert list(db.session.scalars(query)) == [actions[0], actions[1], actions[1], actions[2]]
    with clock.at(NOW):
        assert stands(medical, here)["systolic_at_end"] == "134"


def test_a_form_is_not_sent_before_its_session_nor_changed_after(browser_of: BrowserOf, here: str) -> None:
    with clock.at(NOW):
        medical, therapist = browser_of("medical"), browser_of("therapist")
        assert "This is before the session" in send(medical, here, sent_at="2026-03-17T10:00").words
        assert "lies in the future" in send(medical, here, sent_at="2026-03-19T10:00").words
        therapist.get(f"{here}/rems")
        send(medical, here)
        assert therapist.page is not None
        page = therapist.fill(own_form(therapist.page), sex="Male")
        assert page.status == 409


def test_a_signed_session_still_takes_its_form(at: Callable[..., Any], browser_of: BrowserOf, here: str) -> None:
    with at() as s:
        session = db.session.get_one(DosingSession, id_of(here))
        sign_part(session, Part.ADMINISTRATION, content={}, version=None, by=s.by)
    with clock.at(NOW):
        medical = browser_of("medical")
        assert "is saved" in type_in(medical, here, sex="Female").words
        assert "Sent" in send(medical, here).words


def test_the_next_form_takes_over_what_is_the_clinics(
    at: Callable[..., Any], browser_of: BrowserOf, here: str, cast: Cast
) -> None:
    with clock.at(NOW):
        medical = browser_of("medical")
        type_in(medical, here, sex="Female", monitor_phone="+1 555 0100", setting_city="Portland", setting_zip="04101")
    later = NOW + timedelta(days=3)
    with at(later) as s:
        made = [paper(s, later), paper(s, later)]
        fill(made[0], s.by, "discharge", stable_by=str(cast["medical"]))
        fill(made[1], s.by, "discharge", stable_by=str(cast["therapist"]))
        there, elsewhere = (f"/sessions/{session.id}" for session in made)
    with clock.at(later):
        found = stands(medical, there)
        taken = ("sex", "monitor_phone", "setting_city", "setting_zip", "first_treatment")
        assert [found[name] for name in taken] == ["Female", "+1 555 0100", "Portland", "04101", "no"]
        # The telephone is that of another.
        found = stands(medical, elsewhere)
        assert (found["monitored_by"], found["monitor_phone"]) == ("The therapist", "")


def paper(s: Any, moment: Any) -> DosingSession:
    """An esketamine session of which only the sum is written down."""
    return record_dosing(
        s.course,
        by=s.by,
        status=Status.TOOK_PLACE,
        starts_at=moment - timedelta(minutes=10),
        route=Route.ESKETAMINE_NASAL,
        dose_mg=Decimal(84),
    )


def test_what_is_due_is_asked_of_the_sessions(at: Callable[..., Any], cast: Cast, browser_of: BrowserOf) -> None:
    with at() as s:
        days = (2, 9, 40, 96, 98)
        made = {n: paper(s, NOW - timedelta(days=n)).id for n in days}
        wrong = paper(s, NOW - timedelta(days=1))
        mark_session_in_error(wrong, reason="Somebody else’s", by=s.by)
    assert due(at, cast)[0] == [made[n] for n in (96, 40, 9, 2)]
    assert due(at, cast, "lead") == due(at, cast, "therapist") == due(at, cast)
    for nobody in ("other", "former", "admin", "foreign lead", "foreign therapist"):
        assert due(at, cast, nobody) == ([], [])
    with clock.at(NOW):
        page = browser_of("medical").get("/rems")
        assert page.words.count("Overdue") == 3
        assert "REMS forms 4 to do 3 late" in browser_of("lead").get("/due").words
    with at():
        query = select(AuditEvent).where(AuditEvent.action == Action.LIST_VIEWED)
        looks = [event.detail for event in db.session.scalars(query.where(AuditEvent.actor_id == cast["medical"]))]
        assert {"name": "rems", "patients": [str(cast["patient"])]} in looks


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (None, (None, None, None)),
        ("Nora", ("Nora", None, None)),
        ("Nora Quill", ("Nora", None, "Quill")),
        ("Nora E. Quill", ("Nora", "E", "Quill")),
        ("Nora E Quill Marsh", ("Nora", "E", "Quill Marsh")),
        ("Ana de la Cruz", ("Ana", None, "de la Cruz")),
    ],
)
def test_a_name_is_split_with_care(name: str | None, parts: tuple[str | None, ...]) -> None:
    assert split(name) == parts
