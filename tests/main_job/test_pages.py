"""Every page of every role in Chromium: accessible in light and dark, on a desk and a phone, and self-contained."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from kap.access.roles import Role
from kap.audit.log import recording
from kap.audit.models import Action
from kap.core import clock
from kap.core.db import db, new_id
from kap.demo.accounts import Account
from kap.demo.stories import HOLDS, LEAD, MEDICAL, THERAPIST
from kap.dosing.actions.events import report
from kap.dosing.actions.giving import give
from kap.dosing.actions.phases import give_consent
from kap.dosing.actions.room import take_reading
from kap.dosing.models import GivenBy, VitalsAlert
from kap.dosing.rules.events import Told
from kap.dosing.rules.giving import Giving
from kap.dosing.rules.room import Signs
from kap.measures.actions import keep_answers, start_questionnaire
from kap.measures.models import Questionnaire
from kap.measures.queries import clinic_day, scores_of
from kap.people.account import ask_address_change, make_reset_link
from kap.people.actions import add_patient, invite
from kap.people.models import Patient, User
from kap.people.queries import patient_by_code, team_of, user_by_email
from kap.psychotherapy.actions import sign_note, start_note, write_note
from kap.safety.queries import open_alerts
from kap.stock import actions as stock
from kap.stock.queries import calls_for
from kap.treatment.actions import plan_session
from kap.treatment.agreed import practices_of
from kap.treatment.booking import add_room
from kap.treatment.models import (
    DosingSession,
    IntegrationSession,
    Kind,
    Part,
    PreparationSession,
    Status,
    TreatmentSession,
)
from kap.treatment.queries import courses_of, protocols_of, session_rows
from kap.treatment.release import hold_back
from kap.treatment.signing import add_addendum
from tests.main_job.window import PHONE, Window

pytestmark = pytest.mark.browser

PAGES = {
    "nobody": ("/sign-in", "/crisis", "/join/{token}", "/sign-in/forgotten", "/reset/{reset}", "/address/{leaving}"),
    "patient": (
        "/my",
        "/my?measure=mood&span=all",
        "/my/side-by-side",
        "/my/readers",
        "/my/readers?month=2001-01",
        "/my/sessions/{preparation}",
        "/my/sessions/{dosed}",
        "/my/practices",
        "/my/practices/{practice}",
        "/my/measures",
        "/my/answers/{form}?page=1",
        "/my/answers/{form}?page=3",
        "/my/answers/{form}/support?page=3",
        "/my/answers/{finished}/done",
        "/account",
        "/account/name",
        "/account/address",
    ),
    "therapist": (
        "/day",
        "/patients",
        "/patients/new",
        "/groups/new",
        "/patients/{patient}",
        "/patients/{newcomer}",
        "/patients/{patient}/side-by-side?span=all",
        "/patients/{patient}/doses",
        "/patients/{patient}/practices",
        "/patients/integration",
        "/courses/{course}/arc",
        "/sessions?kind=integration&theme=grief",
        "/sessions?theme=grief&kind=dosing",
        "/patients/{patient}/in-error",
        "/patients/{patient}/edit",
        "/patients/{patient}/team",
        "/patients/{patient}/team/{member}",
        "/patients/{newcomer}/invite",
        "/patients/{newcomer}/courses/new",
        "/courses/{course}/edit",
        "/courses/{course}/end",
        "/patients/{patient}/sessions/new",
        "/patients/{patient}/sessions/new?kind=preparation",
        "/patients/{patient}/sessions/new?kind=integration&status=planned&at=2026-11-26T10:00",
        "/patients/{patient}/book",
        "/patients/{patient}/sessions/new?kind=dosing",
        "/patients/{patient}/sessions/new?kind=integration",
        "/sessions/{preparation}",
        "/sessions/{dosing}",
        "/sessions/{integration}",
        "/sessions/{planned}",
        "/sessions/{integration}/sign",
        "/sessions/{integration}/psychotherapy-note",
        "/psychotherapy-notes/{note}",
        "/psychotherapy-notes/{note}/edit",
        "/psychotherapy-notes/{note}/sign",
        "/psychotherapy-notes/{signed_note}",
        "/psychotherapy-notes/{signed_note}/addendum",
        "/psychotherapy-notes/{signed_note}/supervisor",
        "/sessions/{preparation}/addendum",
        "/sessions/{preparation}/hold-back",
        "/sessions/{integration}/hold-back",
        "/sessions/{doing}/eligibility",
        "/sessions/{doing}/consent",
        "/sessions/{doing}/sheets/before",
        "/sessions/{doing}/sheets/experience",
        "/sessions/{doing}/sheets/discharge",
        "/sessions/{doing}/decision",
        "/sessions/{doing}/call",
        "/sessions/{dosing}/sign/therapy",
        "/calls",
        "/sessions/{dosing}/edit",
        "/sessions/{planned}/status",
        "/sessions/{planned}/move",
        "/sessions/{dosing}/error",
        "/sessions/{dosing}/dosing",
        "/sessions/{doing}/dosing",
        "/sessions/{doing}/room",
        "/sessions/{dosing}/room",
        "/sessions/{dosing}/room/reading/{reading}",
        "/sessions/{dosing}/room/alerts/{crossed}",
        "/sessions/{doing}/sheets/screening",
        "/sessions/{doing}/sheets/setting",
        "/sessions/{doing}/sheets/after-care",
        "/sessions/{doing}/consent/{consent}/withdraw",
        "/sessions/{doing}/administration",
        "/sessions/{dosing}/administration",
        "/sessions/{dosing}/events",
        "/administrations/{administration}/correct",
        "/administrations/{administration}/withdraw",
        "/administrations/{administration}/go-on",
        "/adverse-events/{event}",
        "/adverse-events/{event}/withdraw",
        "/events",
        "/patients/{patient}/measures",
        "/patients/{patient}/measures/phq-9",
        "/patients/{patient}/measures/mood",
        "/scores/{score}",
        "/scores/{score}/error",
        "/alerts",
        "/alerts/{alert}",
        "/stock/witness",
        "/due",
        "/clinic",
        "/rems",
        "/unsigned",
        "/held-back",
        "/sessions/{dosing}/rems",
        "/sessions/{dosing}/rems/sent",
        "/stock/witness/{call}/decline",
        "/roles",
        "/crisis",
    ),
    "lead": (
        "/day",
        "/rooms",
        "/rooms/{room}",
        "/patients",
        "/patients/{patient}",
        "/sessions/{dosing}",
        "/alerts",
        "/limits",
        "/events",
        "/users/{therapist}",
        "/log",
        "/log?patient=nobody&until=2026-01-01&since=2026-02-01",
        "/log/{look}",
        "/_parts",
        "/users/{therapist}/hand-over",
        "/protocols",
        "/protocols/new",
        "/protocols/{protocol}",
        "/due",
        "/clinic",
        "/sessions/{dosing}/rems",
    ),
    "medical": (
        "/sessions/{doing}/eligibility/pregnant/clear",
        "/sessions/{doing}/decision",
        "/sessions/{doing}/administration",
        "/sessions/{dosing}/sign/administration",
        "/stock",
        "/stock/log?since=2020-01-01",
        "/stock/log?since=2026-02-01&until=2026-01-01",
        "/stock/receive",
        "/stock/move",
        "/stock/open",
        "/stock/count?lot={lot}&place={place}",
        "/stock/waste?lot={lot}&place={place}",
        "/stock/return",
        "/stock/doses/{dose}/waste",
        "/stock/acts/{waste}",
        "/stock/acts/{waste}/reverse",
        "/stock/acts/{waste}/witness",
        "/stock/set-up",
        "/stock/places/new",
        "/stock/places/{place}",
        "/stock/products/new",
        "/stock/products/{product}",
        "/stock/lots/{lot}",
    ),
    "admin": ("/users", "/users/invite", "/settings"),
}
NEXT = "next@example.org"
WITHOUT_A_PAGE = {"home.start", "home.health", "dosing.rems_paper", "dosing.room_news", "static"} | {
    "treatment.appointment_of",
    "treatment.own_appointment",
}
"""What leads on, or is no page."""


@pytest.fixture(scope="module")
def ids(demo: Flask, accounts: dict[str, Account]) -> dict[str, Any]:
    """What stands in the addresses, by name."""
    with demo.app_context():
        lead, therapist = user_by_email(LEAD.email), user_by_email(THERAPIST.email)
        assert lead is not None
        assert therapist is not None
        patient = patient_by_code(lead.clinic_id, HOLDS.code)
        assert patient is not None
        newcomer = add_patient(code="N-01", by=therapist)
        _, token = invite(clinic=lead.clinic, roles=frozenset({Role.MEDICAL}), email="new@example.org", by=lead)
        (leaving, _), _ = ask_address_change(therapist, email=NEXT, current=accounts["therapist"]["password"])
        record = _record(patient)
        record |= {"dosed": record["dosing"]} | _given(patient, therapist)
        _add(record, therapist)
        return record | {
            "patient": patient.id,
            "form": _begun(patient),
            "newcomer": newcomer.id,
            "token": token,
            "reset": make_reset_link(therapist, by=lead),
            "leaving": leaving,
            "member": team_of(patient)[0].id,
            "therapist": therapist.id,
            "alert": open_alerts(therapist)[0].id,
            "room": add_room(name="Attic", by=lead).id,
            "look": _looked(therapist, patient),
            "protocol": protocols_of(lead.clinic_id)[0].id,
            **_stocked(patient, therapist),
            **_notes(record, therapist),
        }


def _given(patient: Patient, by: User) -> dict[str, Any]:
    """A session under way, and one in which something was given, part by part, and something was unwanted."""
    course, now = courses_of(patient)[0], clock.now()
    dose = plan_session(course, kind=Kind.DOSING, starts_at=now - timedelta(hours=3), by=by)
    assert isinstance(dose, DosingSession)
    doing = plan_session(course, kind=Kind.DOSING, starts_at=now, by=by)
    assert isinstance(doing, DosingSession)
    giving = Giving(now - timedelta(hours=2), "im", "ketamine", Decimal(50), GivenBy.REPORTED)
    administration = give(dose, giving, reason="As ordered", confirmed=True, by=by)
    for minutes, systolic in ((130, 128), (100, 190), (90, 160)):
        reading = take_reading(dose, Signs(systolic, 90, 80, 97), at=now - timedelta(minutes=minutes), by=by)
    agreed: dict[str, Any] = {
        "consent_type": "touch",
        "document_version": "3",
        "language": "en",
        "signer": "patient",
        "method": "paper",
    }
    return {
        "dosing": dose.id,
        "doing": doing.id,
        "administration": administration.id,
        "reading": reading.id,
        "crossed": db.session.scalars(select(VitalsAlert.id).where(VitalsAlert.session_id == dose.id)).first(),
        "consent": give_consent(doing, **agreed, signed_at=now, by=by).id,
        "event": report(dose, Told("nausea", severity="mild"), by=by).id,
    }


def _record(patient: Patient) -> dict[str, Any]:
    sessions = session_rows(patient)
    finished = select(Questionnaire.id).where(
        Questionnaire.patient_id == patient.id, Questionnaire.completed_at.is_not(None)
    )
    return {str(session.kind): session.id for session in sessions if session.status == Status.TOOK_PLACE} | {
        "planned": next(session.id for session in sessions if session.status == Status.PLANNED),
        "course": courses_of(patient)[0].id,
        "practice": practices_of(patient)[-1].id,
        "score": scores_of(patient, HOLDS.measure)[0].id,
        "finished": db.session.scalars(finished).first(),
    }


def _stocked(patient: Patient, therapist: User) -> dict[str, Any]:
    """A safe from which a dose was drawn and not all given, and more given than there was; a waste to witness."""
    by, dose = user_by_email(MEDICAL.email), new_id()
    assert by is not None
    place = stock.add_place(name="Test safe", by=by)
    vial = stock.add_product(substance="ketamine", name="Ketamine", form="vial", unit_mg=Decimal(500), by=by)
    told: dict[str, Any] = {"place": place, "at": clock.now(), "by": by}
    lot = stock.receive(vial, number="T-1", expires_on=date(2020, 1, 31), amount_mg=Decimal(500), **told).lot
    drawn: dict[str, Any] = {"drawn_mg": Decimal(600), "given_mg": Decimal(50), "wasted_mg": Decimal(10)}
    stock.record_given(lot, patient=patient, session_id=None, administration_id=dose, **drawn, **told)
    waste = stock.waste(lot, amount_mg=Decimal(5), method="spilt", witness=therapist, reason="It fell.", **told)
    ids = {"place": place.id, "product": vial.id, "lot": lot.id, "dose": dose, "waste": waste[0].act_id}
    return ids | {"call": calls_for(therapist)[0].id}


def _add(record: dict[str, Any], by: User) -> None:
    """A session that the patient can read, with an addendum, and one that is held back from them."""
    preparation = db.session.get_one(PreparationSession, record["preparation"])
    add_addendum(preparation, Part.THERAPY, kind="correction", reason="A slip", text="It was her aunt.", by=by)
    talk = db.session.get_one(IntegrationSession, record["integration"])
    ends = clock.now().date() + timedelta(days=10)
    hold_back(talk, ground="preventing_harm", reason="She would read it alone.", until=ends, by=by)


def _notes(record: dict[str, Any], by: User) -> dict[str, Any]:
    """A psychotherapy note that can still be written, and a signed one."""
    made = {}
    for name, kind in (("note", "preparation"), ("signed_note", "dosing")):
        note = start_note(db.session.get_one(TreatmentSession, record[kind]), by=by)
        write_note(note, text="What I make of it", version=note.version, by=by)
        made[name] = note.id
        if name == "signed_note":
            sign_note(note, version=note.version, by=by)
    return made


def _looked(therapist: User, patient: Patient) -> Any:
    """A look at a list that showed the patient."""
    with recording(Action.LIST_VIEWED, by=therapist) as look:
        look.detail = {"name": "caseload", "patients": [str(patient.id)]}
    return look.id


def _begun(patient: Patient) -> Any:
    """A form that is left unfinished with an answer that raises an alert."""
    account = db.session.get_one(User, patient.user_id)
    form = start_questionnaire(patient, HOLDS.measure, taken_on=clinic_day(patient), by=account)
    keep_answers(form, {1: 2, 2: 1, 9: 1}, by=account)
    return form.id


@pytest.fixture(scope="module")
def window_of(chromium: Browser, site: str, accounts: dict[str, Account]) -> Iterator[Callable[[str], Window]]:
    """The window of a role, the same for all pages."""
    opened: dict[str, Window] = {}

    def find(role: str) -> Window:
        if role not in opened:
            opened[role] = Window(chromium, site)
            if role in accounts:
                opened[role].sign_in(accounts[role]["email"], accounts[role]["password"])
        return opened[role]

    yield find
    for shown in opened.values():
        shown.context.close()


@pytest.mark.parametrize(("role", "address"), [(role, page) for role, pages in PAGES.items() for page in pages])
def test_a_page(role: str, address: str, ids: dict[str, Any], window_of: Callable[[str], Window]) -> None:
    window = window_of(role)
    window.open(address.format(**ids))
    assert window.refused == 0
    assert window.page.locator("h1").count() == 1
    assert window.faults() == []
    assert window.complaints == []


def test_no_page_was_forgotten(demo: Flask, ids: dict[str, Any]) -> None:
    places = demo.url_map.bind("127.0.0.1")
    addresses = {page.format(**ids).partition("?")[0] for pages in PAGES.values() for page in pages}
    seen = {places.match(address)[0] for address in addresses}
    assert {rule.endpoint for rule in demo.url_map.iter_rules() if "GET" in (rule.methods or ())} == (
        seen | WITHOUT_A_PAGE
    )


@pytest.mark.parametrize("role", ["therapist", "patient"])
def test_the_chart_is_read_by_keyboard(role: str, ids: dict[str, Any], window_of: Callable[[str], Window]) -> None:
    window = window_of(role)
    window.open("/my" if role == "patient" else f"/patients/{ids['patient']}")
    words = window.page.locator(".chart-tip:visible")
    window.page.locator("svg.chart:visible [tabindex='0']").focus()
    first = words.inner_text()
    window.page.keyboard.press("ArrowRight")
    expect(words).not_to_have_text(first)
    window.page.keyboard.press("Home")
    expect(words).to_have_text(first)


def test_the_chart_is_read_by_finger(chromium: Browser, site: str, accounts: dict[str, Account]) -> None:
    phone = Window(chromium, site, phone=True)
    phone.sign_in(accounts["patient"]["email"], accounts["patient"]["password"])
    phone.page.locator("svg.chart:visible").scroll_into_view_if_needed()
    chart = phone.page.locator("svg.chart:visible").bounding_box()
    assert chart is not None
    assert chart["x"] >= 0
    assert chart["x"] + chart["width"] <= PHONE["width"]
    phone.page.touchscreen.tap(chart["x"] + chart["width"] / 2, chart["y"] + chart["height"] / 2)
    expect(phone.page.locator(".chart-tip:visible")).to_contain_text(":")
    phone.close()
