"""The pages of the drug log: who sees what, what is loud, what is printed, and what a form keeps."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.stock import actions
from kap.stock.models import Place, StockEntry
from kap.stock.queries import balance_of
from tests.browser import Browser, Page
from tests.cast import NOW, Cast
from tests.conftest import Stage

BrowserOf = Callable[[str | None], Browser]
Open = Callable[..., Any]


@pytest.fixture(autouse=True)
def _now() -> Any:
    with clock.at(NOW):
        yield


def _rows(page: Page, card: str) -> list[list[str]]:
    """The cells of the table in a card."""
    found = page.root.find(f".//*[@id='{card}']")
    assert found is not None
    return [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in found.iter("tr")][1:]


def test_the_balances_say_what_lies_where(store: Open, browser_of: BrowserOf) -> None:
    with store() as s:
        s.give(50, 40, 10)
    row = next(row for row in _rows(browser_of("lead").get("/stock"), "balances") if row[1] == "A-17")
    assert row == ["Ketamine HCl 50 mg/mL, 10 mL vial", "A-17", "30 June 2027", "Main safe", "4950 mg"]


def test_receiving_makes_one_entry_however_often_it_is_sent(
    stage: Stage, cast: Cast, store: Open, browser_of: BrowserOf
) -> None:
    with store() as s:
        product, safe = s.lot.product_id, s.safe_id
    browser = browser_of("medical")
    browser.get("/stock/receive")
    url, sent = browser.ready(
        chosen=product, number="B-1", expires_on="2027-01-31", place=safe, amount="3", supplier="Supply House"
    )
    browser.send(url, sent, status=200)
    assert "Received from" not in browser.send(url, sent).words
    with stage.app.app_context():
        lines = db.session.scalars(select(StockEntry).where(StockEntry.supplier == "Supply House")).all()
        assert sorted(line.amount_mg for line in lines) == [1500, 5000]
        assert sorted(line.units for line in lines if line.units) == [3, 10]


def test_a_form_with_errors_keeps_what_was_typed(store: Open, browser_of: BrowserOf) -> None:
    with store() as s:
        lot, safe = s.lot_id, s.safe_id
    browser = browser_of("medical")
    browser.get(f"/stock/count?lot={lot}&place={safe}")
    page = browser.fill(amount="ten", reason="We looked twice.", measure="mg")
    assert "Please give a number" in page.words
    page = browser.fill(amount="4990,5", reason="", measure="mg")
    assert "The log says 5000 mg, so 9.5 mg are missing." in page.words
    _, sent = browser.ready()
    assert (sent["amount"], sent["measure"], sent["lot"], sent["place"]) == (
        ["4990,5"],
        ["mg"],
        [str(lot)],
        [str(safe)],
    )
    page = browser.fill(reason="A vial leaked.")
    assert "The count is in the drug log" in page.words
    assert "4990.5 mg" in page.words


@pytest.mark.parametrize("address", ["receive", "count", "move", "open", "waste", "return"])
def test_an_empty_form_is_handed_back(browser_of: BrowserOf, address: str) -> None:
    browser = browser_of("medical")
    browser.get(f"/stock/{address}")
    page = browser.fill(amount="")
    assert "Not saved yet" in page.words
    assert "Please give an amount." in page.words


def test_units_and_milligrams_mean_the_same(store: Open, browser_of: BrowserOf) -> None:
    with store() as s:
        link = f"lot={s.lot_id}&place={s.safe_id}"
        lot, safe, cart = s.lot_id, s.safe_id, s.cart_id
    browser = browser_of("medical")
    browser.get(f"/stock/move?{link}")
    browser.fill(target=cart, amount="2", status=200)
    browser.get(f"/stock/return?{link}")
    browser.fill(amount="500", measure="mg", supplier="Supply House", status=200)
    with store() as s:
        assert s.balance() == 3500
        assert s.balance(s.cart) == 1000
    browser.get(f"/stock/move?lot={lot}&place={safe}")
    assert "Please choose another place" in browser.fill(target=safe, amount="1").words


def test_below_zero_and_expired_are_loud(store: Open, browser_of: BrowserOf) -> None:
    with store() as s:
        s.give(5100, 5100)
        link = f"lot={s.lot_id}&place={s.safe_id}"
        lot = s.lot.product
        actions.receive(
            lot, number="OLD", expires_on=NOW.date() - timedelta(days=1), place=s.cart, amount_mg=lot.unit_mg, **s.told
        )
    page = browser_of("lead").get("/stock")
    assert "Below zero: by the log Main safe holds -100 mg" in page.words
    assert "Expired on 17 March 2026: 500 mg" in page.words
    keeper = browser_of("medical")
    keeper.get(f"/stock/waste?{link}")
    assert "Main safe now holds -105 mg of lot A-17" in keeper.fill(amount="5", measure="mg").words


def test_patients_are_shown_by_code_to_those_who_may_know_of_them(
    stage: Stage, cast: Cast, store: Open, browser_of: BrowserOf
) -> None:
    with store() as s:
        act = s.give(50, 40, 10, to="unseen")[0].act_id
    for address in ("/stock", "/stock/log", f"/stock/acts/{act}"):
        assert "P-002" in browser_of("lead").get(address).text, address
        page = browser_of("medical").get(address)
        assert "P-002" not in page.text
        assert "a patient outside your care" in page.words
        assert "Patient One" not in page.text
    assert "P-001" in browser_of("medical").get("/stock/log").text
    with stage.app.app_context():
        looks = select(AuditEvent).where(AuditEvent.action == Action.LIST_VIEWED).order_by(AuditEvent.id.desc())
        look = db.session.scalars(looks).first()
        assert look is not None
        assert look.detail == {"name": "stock", "patients": [str(cast["patient"])]}


def test_the_log_of_a_time_adds_up_line_by_line(store: Open, browser_of: BrowserOf) -> None:
    with store() as s:
        s.give(50, 40, 10, at=NOW - timedelta(days=1), witness=s.user("therapist"))
        wasted = s.waste(20, at=NOW - timedelta(hours=5))
        actions.move(s.lot, source=s.safe, target=s.cart, amount_mg=s.lot.product.unit_mg, **s.told)
        actions.reverse(wasted, reason="Not wasted after all", by=s.user("medical"))
        actions.count(s.lot, place=s.safe, counted_mg=s.balance() - 5, reason="Nobody knows", **s.told)
        product = s.lot.product_id
        balance = s.balance()
    browser = browser_of("lead")
    page = browser.get(f"/stock/log?since=2026-03-16&until=2026-03-18&product={product}&place=")
    rows = _rows(page, "lines")
    assert len(rows) == 6
    last: dict[str, float] = {}
    for _, _, where, *amounts, _, _ in rows:
        opening, received, drawn, _, _, other, closing = (float(amount or 0) for amount in amounts)
        assert opening + received - drawn + other == closing
        assert opening == last.get(where, 5000 if "safe" in where else 0)
        last[where] = closing
    assert sorted(last.values()) == [500, float(balance)]
    (dose,) = [row for row in rows if "P-001" in row]
    assert dose[3:] == ["5000", "", "50", "40", "10", "", "4950", "The medical", "Waits for witness: The therapist"]
    assert "entered late, on 18 March 2026" in dose[0]
    sums = {row[0]: row[1:] for row in _rows(page, "sums")}
    safe = next(amounts for where, amounts in sums.items() if "safe" in where)
    assert safe == ["5000", "", "50", "40", "10", "-505", f"{balance:g}"]
    before = browser.get(f"/stock/log?since=2026-03-01&until=2026-03-15&product={product}&place=")
    assert "Received from Supply House 4711" in before.words


def test_the_printed_log_says_what_it_is_of(cast: Cast, store: Open, browser_of: BrowserOf) -> None:
    with store() as s:
        product, cart = s.lot.product_id, s.cart_id
    page = browser_of("lead").get(f"/stock/log?since=2026-03-01&until=2026-03-18&product={product}&place={cart}")
    assert (
        "Test clinic, 1 March 2026 to 18 March 2026. Product: Ketamine HCl 50 mg/mL, 10 mL vial. Place: Cart. "
        "Printed by The lead, 18 March 2026, 13:00."
    ) in page.words
    assert "Nothing in this time" in page.words
    assert "lies before the first" in browser_of("lead").get("/stock/log?since=2026-03-10&until=2026-03-01").words


def test_what_was_entered_is_reversed_with_a_reason_and_once(store: Open, browser_of: BrowserOf) -> None:
    with store() as s:
        act, dose = s.waste(20)[0].act_id, s.give(50, 50)[0].act_id
    browser = browser_of("medical")
    browser.get(f"/stock/acts/{act}/reverse")
    assert "Please fill this in" in browser.fill(reason="").words
    assert "It is reversed" in browser.fill(reason="The wrong lot").words
    browser.get(f"/stock/acts/{act}/reverse")
    assert "reversed already" in browser.fill(reason="The wrong lot").words
    page = browser.get(f"/stock/acts/{act}")
    assert "Reversed on 18 March 2026" in page.words
    assert "/reverse" not in page.text
    page = browser.get(f"/stock/acts/{dose}")
    assert "corrected in the session" in page.words
    assert "/reverse" not in page.text
    with store() as s:
        assert s.balance() == 4950
        reversals = select(func.count()).where(StockEntry.reverses_id.is_not(None))
        assert db.session.scalar(reversals) == 2


def test_places_products_and_lots_are_set_up(stage: Stage, cast: Cast, store: Open, browser_of: BrowserOf) -> None:
    with store() as s:
        safe, lot = s.safe_id, s.lot_id
    browser = browser_of("medical")
    browser.get("/stock/places/new")
    assert "There is a place of this name already" in browser.fill(name="main SAFE").words
    assert "The place is added" in browser.fill(name="Cabinet").words
    browser.get(f"/stock/places/{safe}")
    url, sent = browser.ready(name="Big safe")
    assert "Big safe" in browser.send(url, sent, status=200).words
    assert browser.send(url, sent | {"name": ["Other safe"]}).status == 409
    browser.get("/stock/products/new")
    page = browser.fill(name="Spravato", substance="esketamine", form="device", unit_mg="")
    assert "Please say what one unit holds" in page.words
    assert "28 mg device" in browser.fill(unit_mg="28").words
    browser.get(f"/stock/lots/{lot}")
    assert "31 May 2027" in browser.fill(expires_on="2027-05-31").words
    with stage.app.app_context():
        assert balance_of(db.session.get_one(StockEntry, _first(lot)).lot, db.session.get_one(Place, safe), at=NOW)


def _first(lot: Any) -> Any:
    return db.session.scalar(select(StockEntry.id).where(StockEntry.lot_id == lot))


def test_the_way_to_the_drug_log_is_there_for_those_who_may_see_it(cast: Cast, browser_of: BrowserOf) -> None:
    for who, sees in {
        "medical": True,
        "lead": True,
        "therapist": False,
        "admin": False,
        "patient account": False,
    }.items():
        page = browser_of(who).get("/account")
        assert bool(re.search('href="/stock"', page.text)) is sees, who


def test_no_stock_is_no_dead_end(cast: Cast, browser_of: BrowserOf) -> None:
    page = browser_of("foreign lead").get("/stock/set-up")
    assert "foreign heron safe" in page.words
    assert "/stock/places/" not in page.text
