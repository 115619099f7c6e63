"""What was given is written down through the page, summed up, corrected, and never refused for being unusual."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.dosing.actions.giving import give
from kap.dosing.models import Administration, GivenBy
from kap.dosing.rules.giving import Giving
from kap.people.models import User
from kap.stock import actions as stock
from kap.stock.models import Lot, Place, WitnessCall
from kap.stock.queries import balance_of, unaccounted
from kap.treatment.models import AdverseEvent, DosingSession, Medicine, Route, Status
from tests.browser import Browser, Page
from tests.cast import Cast

BrowserOf = Callable[[str], Browser]
BERLIN = ZoneInfo("Europe/Berlin")


def wall(moment: datetime, form: str = "%Y-%m-%dT%H:%M") -> str:
    """What a clock in the clinic shows."""
    return f"{moment.astimezone(BERLIN):{form}}"


def ago(minutes: int) -> datetime:
    """So many minutes before now."""
    return (clock.now() - timedelta(minutes=minutes)).replace(second=0, microsecond=0)


def address(session_id: UUID) -> str:
    """Where it is written down what was given."""
    return f"/sessions/{session_id}/administration"


def write(browser: Browser, session_id: UUID, **fields: Any) -> Page:
    """Write a giving down; what is not said stays as the page offers it."""
    browser.get(address(session_id))
    return browser.fill(len(forms(browser)) - 1, **fields)


def forms(browser: Browser) -> list[Any]:
    """The forms of the page."""
    assert browser.page is not None
    return browser.page.forms()


def given_in(session_id: UUID) -> tuple[DosingSession, list[Administration]]:
    """The session, and the rows that count."""
    session = db.session.get_one(DosingSession, session_id)
    rows = db.session.scalars(
        select(Administration)
        .where(Administration.session_id == session_id, Administration.error_at.is_(None))
        .order_by(Administration.at)
    )
    return session, list(rows)


def test_an_injection_and_a_booster_add_up(app: Flask, come: UUID, cast: Cast, medical: Browser) -> None:
    first = ago(20)
    page = write(
        medical,
        come,
        at=wall(first),
        route="im",
        amount_mg="60",
        weight_kg="70",
        site="left deltoid",
        concentration="50",
        volume_ml="1,2",
        given_by="staff",
        giver_id=cast["medical"],
        checked_by=cast["therapist"],
        product="Ketamine 50 mg/mL",
        lot="A-17",
        expires_on="2028-01-31",
        status=200,
    )
    for words in ("60 mg at", "0.86 mg/kg at 70 kg", "left deltoid", "A-17, expires 31 January 2028", "The medical"):
        assert words in page.words, words
    with app.app_context():
        session, (row,) = given_in(come)
        assert (session.status, session.dosed_at, session.dose_mg) == (Status.TOOK_PLACE, first, Decimal(60))
        assert (session.route, session.medicine, session.weight_kg) == ("im", "ketamine", Decimal(70))
        assert row.weight_on == clock.today(BERLIN)
    page = write(medical, come, at=wall(ago(5)), amount_mg="20", status=200)
    assert "80 mg in all" in page.words
    assert "15 minutes" in page.words
    with app.app_context():
        session, rows = given_in(come)
        assert (session.dose_mg, session.dosed_at) == (Decimal(80), first)
        assert [row.booster for row in rows] == [False, True]
    assert "80 mg" in medical.get(f"/sessions/{come}").words


def test_an_infusion_changes_its_rate_is_paused_and_ends_early(app: Flask, come: UUID, medical: Browser) -> None:
    write(
        medical,
        come,
        at=wall(ago(25)),
        route="iv_infusion",
        amount_mg="35",
        weight_kg="70",
        concentration="1",
        planned_minutes="40",
        rate_ml_h="52.5",
        given_by="staff",
        status=200,
    )
    went_on: list[dict[str, Any]] = [
        {"what": "rate", "rate_ml_h": "60", "at": wall(ago(20))},
        {"what": "pause", "at": wall(ago(10)), "why": "Nausea"},
        {"what": "end", "at": wall(ago(5)), "amount_mg": "14", "why": "She wanted to stop"},
    ]
    for fields in went_on:
        medical.get(_last_link(medical, come, "go-on"))
        page = medical.fill(status=200, **fields)
    for words in ("60 mL/h", "paused (Nausea)", "14 mg at", "Earlier versions (3)", "She wanted to stop"):
        assert words in page.words, words
    with app.app_context():
        session, (row,) = given_in(come)
        assert session.dose_mg == 14
        assert row.ended_at == ago(5)
        assert [float(rate) for _, rate, _ in row.rate_changes or ()] == [60, 0]


def _last_link(browser: Browser, session_id: UUID, what: str) -> str:
    links = [a.get("href") or "" for a in browser.get(address(session_id)).root.iter("a")]
    return [link for link in links if link.endswith(what)][-1]


def test_esketamine_in_three_devices(come: UUID, medical: Browser) -> None:
    times = {f"device_{n}": wall(ago(20 - 5 * n), "%H:%M") for n in (1, 2, 3)}
    page = write(
        medical,
        come,
        at=wall(ago(15)),
        route="esketamine_nasal",
        amount_mg="84",
        given_by="self_observed",
        status=200,
        **times,
    )
    assert page.words.count("(5 min rest)") == 2
    assert "Esketamine" in page.words


def test_a_lozenge_that_was_held_and_spat_out(come: UUID, therapist: Browser) -> None:
    page = write(
        therapist,
        come,
        route="sublingual",
        amount_mg="200",
        tablets="2",
        strength_mg="100",
        hold_minutes="12",
        remainder="spat",
        status=200,
    )
    for words in ("2 of 100 mg", "12 minutes", "Spat out", "Taken by the patient, observed"):
        assert words in page.words, words


def test_a_therapist_gives_nothing(app: Flask, come: UUID, therapist: Browser) -> None:
    page = write(therapist, come, route="im", amount_mg="60")
    assert "Given by staff" not in page.words
    page = therapist.fill(given_by="staff", route="im", amount_mg="60")
    assert "Not a valid choice" in page.words
    with app.app_context():
        assert given_in(come)[1] == []


def test_a_dose_in_mg_per_kg_is_reckoned_by_the_weight(app: Flask, come: UUID, medical: Browser) -> None:
    page = write(medical, come, route="im", amount_mg="", amount_mg_kg="0,5", given_by="staff")
    assert "For this the weight is needed" in page.words
    medical.fill(weight_kg="70", status=200)
    with app.app_context():
        assert given_in(come)[0].dose_mg == 35


def test_mg_and_mg_per_kg_that_disagree_are_asked_about(come: UUID, medical: Browser) -> None:
    sent = {"route": "im", "amount_mg": "35", "amount_mg_kg": "0.7", "weight_kg": "70", "given_by": "staff"}
    page = write(medical, come, **sent)
    assert "35 mg at 70 kg is 0.5 mg/kg, and 0.7 mg/kg is typed" in page.words
    assert "35 mg at" in medical.fill(amount_mg_kg="0.5", status=200).words


def test_an_old_weight_wants_a_reason(app: Flask, come: UUID, medical: Browser) -> None:
    old = f"{clock.now() - timedelta(days=60):%Y-%m-%d}"
    sent = {"route": "im", "amount_mg_kg": "0.5", "weight_kg": "70", "weight_on": old, "given_by": "staff"}
    page = write(medical, come, **sent)
    assert "days old" in page.words
    assert "Please say why." in page.words
    page = medical.fill(reason="The scales are broken", status=200)
    assert "The scales are broken" in page.words
    with app.app_context():
        assert given_in(come)[1][0].reason == "The scales are broken"


@pytest.mark.parametrize("mg", ["0.5", "2450"])
def test_a_slip_of_the_unit_is_confirmed_by_the_medical_staff(
    app: Flask, come: UUID, medical: Browser, therapist: Browser, mg: str
) -> None:
    page = write(therapist, come, route="iv_infusion", amount_mg=mg, weight_kg="70", given_by="reported", note="Words")
    assert "A prescriber or nurse has to confirm this" in page.words
    assert "Words" in page.text
    page = therapist.fill(confirmed=f"iv_infusion ketamine {mg} mg 70 kg")
    assert "A prescriber or nurse has to confirm this" in page.words
    page = write(medical, come, route="iv_infusion", amount_mg=mg, weight_kg="70", given_by="staff")
    assert "Was this really given?" in page.words
    assert "Please check the amount" in medical.fill(amount_mg="0.6", confirmed=medical.box("confirmed")).words
    medical.fill(amount_mg=mg)
    page = medical.fill(confirmed=medical.box("confirmed"), status=200)
    assert "A medication error was opened" in page.words
    assert "Confirmed as really given by The medical" in page.words
    with app.app_context():
        session, (row,) = given_in(come)
        assert session.dose_mg == Decimal(mg)
        (event,) = db.session.scalars(select(AdverseEvent).where(AdverseEvent.session_id == come))
        assert (event.term, event.severity, event.administration_id) == ("medication_error", None, row.id)
    assert "How bad it was is not said yet" in medical.get("/events").words
    assert "Medication error" in medical.get(f"/sessions/{come}").words


def test_a_correction_stands_beside_what_it_corrects(app: Flask, come: UUID, medical: Browser) -> None:
    write(medical, come, route="im", amount_mg="60", weight_kg="70", given_by="staff", status=200)
    medical.get(_last_link(medical, come, "correct"))
    assert "Please fill this in" in medical.fill(amount_mg="50").words
    page = medical.fill(amount_mg="50", why="Misread the syringe", status=200)
    assert "50 mg at" in page.words
    assert "60 mg at" in page.words
    assert "Misread the syringe" in page.words
    with app.app_context():
        session, (row,) = given_in(come)
        was = db.session.get_one(Administration, row.corrects_id)
        assert (session.dose_mg, was.amount_mg, was.in_error) == (Decimal(50), Decimal(60), True)


def test_of_two_corrections_the_second_is_asked_to_look(come: UUID, medical: Browser, therapist: Browser) -> None:
    write(medical, come, route="sublingual", amount_mg="60", given_by="self_observed", status=200)
    link = _last_link(medical, come, "correct")
    medical.get(link)
    therapist.get(link)
    medical.fill(amount_mg="50", why="Misread", status=200)
    page = therapist.fill(amount_mg="55", why="Misread by me too")
    assert "Somebody has corrected this in the meantime" in page.words
    assert "Misread by me too" in page.text


def test_what_was_never_given_is_taken_back(app: Flask, come: UUID, medical: Browser) -> None:
    write(medical, come, route="im", amount_mg="60", given_by="staff", status=200)
    medical.get(_last_link(medical, come, "withdraw"))
    page = medical.fill(why="Typed for somebody else", status=200)
    assert "Typed for somebody else" in page.words
    with app.app_context():
        session, rows = given_in(come)
        assert (rows, session.dose_mg, session.status) == ([], None, Status.PLANNED)


def test_a_field_of_another_route_is_not_lost_silently(come: UUID, medical: Browser) -> None:
    page = write(medical, come, route="im", amount_mg="60", hold_minutes="12", given_by="staff")
    assert "does not belong to the route" in page.words


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"amount_mg": ""}, "How much was given?"),
        ({"amount_mg": "0"}, "more than 0 mg"),
        ({"amount_mg": "1,000"}, "decimal point"),
        ({"at": "2099-01-01T10:00"}, "in the future"),
        ({"route": None}, "Please choose one"),
    ],
)
def test_what_cannot_be_is_asked_for_again(
    app: Flask, come: UUID, medical: Browser, fields: dict[str, str], message: str
) -> None:
    page = write(medical, come, **({"route": "im", "amount_mg": "60", "given_by": "staff"} | fields))
    assert message in page.words
    with app.app_context():
        assert given_in(come)[1] == []


def test_detail_can_be_added_to_a_session_that_was_logged_in_one_go(cast: Cast, medical: Browser) -> None:
    page = medical.get(address(cast["dosing"]))
    assert "the session said 50 mg in all" in page.words


def test_nothing_is_given_in_a_session_in_error(app: Flask, come: UUID, medical: Browser, therapist: Browser) -> None:
    medical.get(address(come))
    url, sent = medical.ready(0, route="im", amount_mg="60", given_by="staff")
    therapist.get(f"/sessions/{come}/error")
    therapist.fill(reason="Not this patient", status=200)
    assert "entered in error" in medical.send(url, sent).words
    with app.app_context():
        assert given_in(come)[1] == []


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from(list(Route)),
    st.decimals("0.01", "999999.99", places=2),
    st.one_of(st.none(), st.decimals("0.1", "999", places=1)),
)
def test_any_amount_can_be_recorded_by_the_medical_staff(
    app: Flask, come: UUID, medical: Browser, route: Route, mg: Decimal, kg: Decimal | None
) -> None:
    sent = {"route": route.value, "amount_mg": str(mg), "weight_kg": str(kg or ""), "given_by": "staff"}
    page = write(medical, come, **sent, reason="It was so")
    if "Was this really given?" in page.words:
        page = medical.fill(len(forms(medical)) - 1, confirmed=medical.box("confirmed"), status=200)
    assert "Written down" in page.words, page.words
    with app.app_context():
        assert any(row.amount_mg == mg for row in given_in(come)[1])
    medical.get(_last_link(medical, come, "withdraw"))
    medical.fill(why="Another try", status=200)


# The drug log follows


@pytest.fixture
def vial(app: Flask, cast: Cast) -> tuple[UUID, UUID]:
    """Ten vials of 500 mg in the safe: the keys of their lot and of the safe."""
    with app.app_context():
        by = db.session.get_one(User, cast["medical"])
        product = stock.add_product(
            substance="ketamine", name="Ketamine", form="vial", mg_per_ml=Decimal(50), volume_ml=Decimal(10), by=by
        )
        safe = stock.add_place(name="The red safe", by=by)
        entry = stock.receive(
            product,
            number="K-1",
            expires_on=date(2030, 6, 30),
            place=safe,
            amount_mg=Decimal(5000),
            units=Decimal(10),
            supplier="Them",
            document="1",
            at=clock.now() - timedelta(days=1),
            by=by,
        )
        return entry.lot_id, safe.id


def left(app: Flask, vial: tuple[UUID, UUID]) -> Decimal:
    """What the log says lies in the safe."""
    with app.app_context():
        lot, place = db.session.get_one(Lot, vial[0]), db.session.get_one(Place, vial[1])
        return balance_of(lot, place, at=clock.now())


def missing(cast: Cast) -> Decimal:
    """What the log cannot account for."""
    return sum((dose.held_mg for dose in unaccounted(cast["clinic"])), Decimal(0))


def test_the_drug_log_follows_a_dose_its_waste_and_its_correction(
    app: Flask, come: UUID, cast: Cast, vial: tuple[UUID, UUID], medical: Browser
) -> None:
    before = left(app, vial)
    with app.app_context():
        before_that = missing(cast)
    page = write(
        medical,
        come,
        route="im",
        amount_mg="60",
        stock=f"{vial[0]}:{vial[1]}",
        drawn_mg="100",
        wasted_mg="40",
        waste_witness=cast["therapist"],
        given_by="staff",
        status=200,
    )
    assert "Ketamine 50 mg/mL" in page.words
    assert "K-1" in page.words
    assert left(app, vial) == before - 100
    with app.app_context():
        assert missing(cast) == before_that
        assert [call.user_id for call in db.session.scalars(select(WitnessCall))][-1] == cast["therapist"]
    medical.get(_last_link(medical, come, "correct"))
    medical.fill(amount_mg="50", wasted_mg="40", why="Ten were left in the syringe", status=200)
    assert left(app, vial) == before - 100
    with app.app_context():
        assert missing(cast) == before_that + 10
    medical.get(_last_link(medical, come, "withdraw"))
    medical.fill(why="Never given", status=200)
    assert left(app, vial) == before


def test_an_infusion_that_ends_as_planned_leaves_the_drug_log_alone(
    app: Flask, come: UUID, vial: tuple[UUID, UUID], medical: Browser
) -> None:
    stocked = f"{vial[0]}:{vial[1]}"
    write(medical, come, at=wall(ago(20)), route="iv_infusion", amount_mg="35", stock=stocked, given_by="staff")
    after = left(app, vial)
    medical.get(_last_link(medical, come, "go-on"))
    medical.fill(what="end", status=200)
    assert left(app, vial) == after
    medical.get(_last_link(medical, come, "withdraw"))
    medical.fill(why="Never given", status=200)
    assert left(app, vial) == after + 35


@pytest.mark.parametrize(
    ("given_by", "mg", "field"), [(GivenBy.STAFF, "35", "given_by"), (GivenBy.REPORTED, "0.5", "confirmed")]
)
def test_what_is_for_medical_staff_to_say_is_so_on_every_way_in(
    app: Flask, come: UUID, cast: Cast, given_by: GivenBy, mg: str, field: str
) -> None:
    giving = Giving(ago(5), Route.IV_INFUSION, Medicine.KETAMINE, Decimal(mg), given_by, weight_kg=Decimal(70))
    with app.app_context():
        session = db.session.get_one(DosingSession, come)
        with pytest.raises(Refused) as refused:
            give(session, giving, reason="As ordered", confirmed=True, by=db.session.get_one(User, cast["therapist"]))
        assert refused.value.field == field
        row = give(session, giving, reason="As ordered", confirmed=True, by=db.session.get_one(User, cast["medical"]))
        assert row.amount_mg == Decimal(mg)
