"""The ledger: it balances whatever happened, takes what really happened, and forgets nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from kap.audit.log import recording
from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db, new_id
from kap.core.refusal import Refused
from kap.people.models import Patient
from kap.stock import actions
from kap.stock.models import Exact, Place, StockEntry
from kap.stock.queries import Unaccounted, lines_of, lots_at_hand, opening_balances, unaccounted
from kap.stock.rules import NONE, EntryKind, Line, effects, rows
from tests.cast import NOW, Cast
from tests.conftest import Stage
from tests.stock.conftest import Store

Open = Callable[..., Any]
MG = st.decimals(min_value=Decimal("0.01"), max_value=10_000, places=2)


def _line(act: int, place: str, kind: EntryKind, mg: Decimal) -> Line:
    return Line(act, "lot", place, kind, mg, effects(kind, mg)[0])


def _reversed(line: Line, act: int) -> Line:
    return line._replace(act=act, amount=-line.amount, effect=-line.effect)


LINES = st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ab"), st.sampled_from(EntryKind), MG), max_size=30)


@given(LINES, st.integers(-500, 500))
def test_each_row_adds_up_and_the_last_closes_with_the_sum_of_all_lines(lines: list[Any], opening: int) -> None:
    made = [_line(*told) for told in lines]
    found = rows(made, {("lot", "a"): Decimal(opening)})
    closing = {"a": Decimal(opening), "b": NONE}
    for row in found:
        place = str(row.lines[0].place)
        assert row.opening == closing[place]
        assert row.opening + row.received - row.drawn + row.other == row.closing
        closing[place] = row.closing
    for place, first in (("a", opening), ("b", 0)):
        assert closing[place] == first + sum(line.effect for line in made if line.place == place)


@given(LINES, st.randoms())
def test_the_balance_is_the_same_in_whatever_order_and_a_reversal_of_all_restores_it(
    lines: list[Any], random: Any
) -> None:
    made = [_line(*told) for told in lines]
    balance = sum(line.effect for line in made)
    random.shuffle(made)
    assert sum(line.effect for line in made) == balance
    back = rows([*made, *(_reversed(line, 99) for line in made)], {("lot", "a"): Decimal(7)})
    closing = {row.lines[0].place: row.closing for row in back}
    assert closing.get("a", Decimal(7)) == 7
    assert closing.get("b", NONE) == 0
    for column in ("received", "drawn", "given", "wasted", "other"):
        assert sum(getattr(row, column) for row in back) == 0


@given(st.decimals(min_value=-10_000_000, max_value=10_000_000, places=3))
def test_amounts_are_kept_exactly(mg: Decimal) -> None:
    kind = Exact()
    kept = kind.process_bind_param(mg, None)  # type: ignore[arg-type]
    assert kind.process_result_value(kept, None) == mg  # type: ignore[arg-type]


def _rests(s: Store) -> list[Unaccounted]:
    """The doses that do not add up, but for that of the cast."""
    return [rest for rest in unaccounted(s.cast["clinic"]) if rest.administration_id != s.cast["dose"]]


def test_what_is_drawn_leaves_the_balance_and_is_accounted_for_by_what_is_given_and_wasted(store: Open) -> None:
    with store() as s:
        assert s.balance() == 5000
        lines = s.give(50, 40, 10)
        assert [line.kind for line in lines] == ["drawn", "given", "wasted"]
        assert [line.effect_mg for line in lines] == [-50, 0, 0]
        assert [line.held_mg for line in lines] == [50, -40, -10]
        assert s.balance() == 4950
        assert _rests(s) == []
        (short,) = {line.administration_id for line in s.give(50, 40)}
        (rest,) = _rests(s)
        assert (rest.administration_id, rest.patient_id) == (short, s.cast["patient"])
        assert rest.held_mg == 10
        actions.waste_rest(short, amount_mg=Decimal(10), method="destroyer", witness=None, **s.told)
        assert _rests(s) == []
        assert s.balance() == 4900


def test_more_given_than_drawn_is_kept_and_shows(store: Open) -> None:
    with store() as s:
        s.give(40, 50)
        (rest,) = _rests(s)
        assert rest.held_mg == -10


def test_a_balance_below_zero_is_kept_and_shows(store: Open) -> None:
    with store() as s:
        s.give(6000, 6000)
        assert s.balance() == -1000
        *_, hand = lots_at_hand(s.cast["clinic"])
        assert hand.balance_mg == -1000
        assert hand.words == "Ketamine HCl 50 mg/mL, 10 mL vial, lot A-17, expires 30 Jun 2027, Main safe: -1000 mg"
        actions.count(s.lot, place=s.safe, counted_mg=NONE, reason="One box was never entered.", **s.told)
        assert s.balance() == 0


def test_a_lot_that_has_expired_can_still_be_given_and_wasted(store: Open) -> None:
    with store(NOW + timedelta(days=900)) as s:
        s.give(50, 50)
        s.waste(4950)
        assert s.balance() == 0


def test_what_is_moved_leaves_one_place_for_the_other(store: Open) -> None:
    with store() as s:
        moved = {"amount_mg": Decimal(500), "units": Decimal(1)} | s.told
        out, into = actions.move(s.lot, source=s.safe, target=s.cart, **moved)
        assert out.act_id == into.act_id
        assert (s.balance(), s.balance(s.cart)) == (4500, 500)
        with pytest.raises(Refused, match="another place"):
            actions.move(s.lot, source=s.safe, target=s.safe, **moved)


def test_opening_a_vial_moves_no_balance_and_a_return_does(store: Open) -> None:
    with store() as s:
        actions.open_unit(s.lot, place=s.safe, **s.told)
        assert s.balance() == 5000
        actions.return_stock(s.lot, place=s.safe, amount_mg=Decimal(1000), supplier="Supply House", **s.told)
        assert s.balance() == 4000


def test_a_count_that_differs_wants_a_reason_and_then_the_balance_is_what_was_counted(store: Open) -> None:
    with store() as s:
        counted = {"place": s.safe, "counted_mg": Decimal(4990)} | s.told
        with pytest.raises(Refused, match=r"The log says 5000 mg, so 10 mg are missing") as refused:
            actions.count(s.lot, **counted)
        assert refused.value.field == "reason"
        assert s.balance() == 5000
        lines = actions.count(s.lot, reason="A vial leaked.", **counted)
        assert [line.kind for line in lines] == ["counted", "discrepancy"]
        assert [line.effect_mg for line in lines] == [0, -10]
        assert s.balance() == 4990
        assert [line.kind for line in actions.count(s.lot, **counted)] == ["counted"]


def test_a_reversal_restores_the_balance_and_stands_beside_what_it_reverses(store: Open) -> None:
    with store() as s:
        wasted = s.waste(50)
        assert s.balance() == 4950
        back = actions.reverse(wasted, reason="The wrong lot", by=s.user("medical"))
        assert s.balance() == 5000
        assert [line.reverses_id for line in back] == [line.id for line in wasted]
        assert {line.reason for line in back} == {"The wrong lot"}
        assert b"wrong" not in (back[0].reason_sealed or b"")
        with pytest.raises(Refused, match="reversed already"):
            actions.reverse(wasted, reason="Again", by=s.user("medical"))
        with pytest.raises(Refused, match="reversed already"):
            actions.reverse(back, reason="Back again", by=s.user("medical"))
        with pytest.raises(Refused, match="say why"):
            actions.reverse(s.waste(1), reason=" ", by=s.user("medical"))


def test_a_dose_is_taken_back_whole_with_its_later_waste_and_entered_anew(store: Open) -> None:
    with store() as s:
        dose = new_id()
        lines = s.give(50, 40, administration_id=dose)
        actions.waste_rest(dose, amount_mg=Decimal(10), method="destroyer", witness=s.user("therapist"), **s.told)
        with pytest.raises(Refused, match="correct the dose"):
            actions.reverse(lines, reason="No", by=s.user("medical"))
        assert len(actions.reverse_administration(dose, reason="Another patient", by=s.user("medical"))) == 3
        assert s.balance() == 5000
        assert _rests(s) == []
        assert actions.reverse_administration(dose, reason="Again", by=s.user("medical")) == []
        with pytest.raises(Refused, match="taken back"):
            actions.waste_rest(dose, amount_mg=Decimal(10), method="destroyer", witness=None, **s.told)
        s.give(60, 60, administration_id=dose)
        assert s.balance() == 4940
        assert len(actions.reverse_administration(dose, reason="And again", by=s.user("medical"))) == 2
        assert len(lines_of(dose)) == 10
        assert s.balance() == 5000


def test_a_dose_of_nothing_known_takes_nothing_back(store: Open) -> None:
    with store() as s:
        assert actions.reverse_administration(uuid4(), reason="Never there", by=s.user("medical")) == []


def test_the_lines_of_a_dose_go_with_what_records_it_or_not_at_all(store: Open) -> None:
    with store() as s:
        patient = db.session.get_one(Patient, s.cast["patient"])

        def fail() -> None:
            with recording(Action.SESSION_RECORDED, by=s.user("medical"), patient=patient):
                s.give(50, 50)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert s.balance() == 5000
        with recording(Action.SESSION_RECORDED, by=s.user("medical"), patient=patient):
            s.give(50, 50)
        assert s.balance() == 4950


def test_nothing_is_entered_for_a_time_to_come_or_for_the_other_clinic(store: Open) -> None:
    with store() as s:
        with pytest.raises(Refused, match="future"):
            s.give(50, 50, at=NOW + timedelta(minutes=1))
        with pytest.raises(Refused, match="not of your clinic"):
            s.give(50, 50, by=s.user("foreign therapist"))
        with pytest.raises(Refused, match="clinic of the patient"):
            s.give(50, 50, to="stranger")
        with pytest.raises(Refused, match="above zero"):
            s.give(-50, 50)
        foreign = actions.add_place(name="Their safe", by=s.user("foreign therapist"))
        with pytest.raises(Refused, match="not of your clinic"):
            actions.move(s.lot, source=s.safe, target=foreign, amount_mg=Decimal(1), **s.told)
        assert s.balance() == 5000


def test_a_lot_has_one_expiry(store: Open) -> None:
    with store() as s:
        told = {"number": "A-17", "place": s.safe, "amount_mg": Decimal(500)} | s.told
        with pytest.raises(Refused, match="30 June 2027"):
            actions.receive(s.lot.product, expires_on=NOW.date(), **told)
        assert actions.receive(s.lot.product, expires_on=s.lot.expires_on, **told).lot_id == s.lot_id
        assert s.balance() == 5500


def test_a_strength_is_said_once(store: Open) -> None:
    with store() as s:
        told: dict[str, Any] = {"substance": "ketamine", "name": "Ketamine", "form": "vial", "by": s.user("medical")}
        with pytest.raises(Refused, match="it is 500 mg"):
            actions.add_product(unit_mg=Decimal(50), mg_per_ml=Decimal(50), volume_ml=Decimal(10), **told)
        with pytest.raises(Refused, match="both"):
            actions.add_product(mg_per_ml=Decimal(50), **told)
        with pytest.raises(Refused, match="one unit holds"):
            actions.add_product(**told)


def test_a_line_is_neither_changed_nor_deleted(store: Open) -> None:
    changes = (
        update(StockEntry).values(amount_mg=Decimal(1)),
        delete(StockEntry),
        text("UPDATE stock_entry SET amount_mg = 1"),
        text("DELETE FROM stock_entry"),
    )
    with store() as s:
        before = db.session.execute(select(StockEntry.id, StockEntry.amount_mg)).all()
        for change in changes:
            with pytest.raises(DBAPIError, match="never changed"), recording(Action.STOCK_SET_UP, by=s.user("medical")):
                db.session.execute(change, execution_options={"guarded": True})
        line = db.session.scalars(select(StockEntry)).first()
        assert line is not None
        with pytest.raises(DBAPIError, match="never changed"), recording(Action.STOCK_SET_UP, by=s.user("medical")):
            line.amount_mg = Decimal(1)
        with pytest.raises(DBAPIError, match="never changed"), recording(Action.STOCK_SET_UP, by=s.user("medical")):
            db.session.delete(db.session.scalars(select(StockEntry)).first())
        assert db.session.execute(select(StockEntry.id, StockEntry.amount_mg)).all() == before


def test_a_late_line_moves_the_balances_after_it(store: Open) -> None:
    with store() as s:
        s.waste(100, at=NOW - timedelta(days=1))
        s.waste(50, at=NOW - timedelta(days=2))
        opening = opening_balances(s.cast["clinic"], NOW - timedelta(days=1), product_id=None, place_id=None)
        assert opening == {(s.lot_id, s.safe_id): 4950}


def test_sums_of_small_amounts_are_exact(store: Open) -> None:
    with store() as s:
        for _ in range(10):
            s.give(0, 0, administration_id=new_id())
            s.waste(1)
            actions.waste(
                s.lot,
                place=s.safe,
                amount_mg=Decimal("0.1"),
                method="spilt",
                witness=None,
                at=NOW,
                by=s.user("medical"),
            )
        assert s.balance() == Decimal("4989")


def test_of_many_who_write_at_once_no_line_is_lost(store: Open, stage: Stage, cast: Cast) -> None:
    with store():
        pass
    together = Barrier(4)

    def work(_: int) -> None:
        with store() as s:
            together.wait(20)
            for _ in range(5):
                s.give(10, 10)
                s.waste(5)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with store() as s:
        assert s.balance() == 5000 - 4 * 5 * 15
        of_lot = select(func.count()).where(StockEntry.lot_id == s.lot_id)
        assert db.session.scalar(of_lot) == 1 + 4 * 5 * 4
        events = select(func.count()).where(AuditEvent.action.in_([Action.STOCK_GIVEN, Action.STOCK_WASTED]))
        assert db.session.scalar(events.where(AuditEvent.at == NOW)) == 4 * 5 * 2


def test_of_two_who_reverse_or_count_at_once_one_changes_the_balance(store: Open) -> None:
    with store() as s:
        act = s.waste(100)[0].act_id
    together = Barrier(2)

    def reverse(_: int) -> str:
        with store() as s:
            lines = db.session.scalars(select(StockEntry).where(StockEntry.act_id == act)).all()
            together.wait(20)
            try:
                actions.reverse(lines, reason="Wrong", by=s.user("medical"))
            except Refused as refused:
                return refused.sentence
            return ""

    def count(_: int) -> None:
        with store() as s:
            lot, safe = s.lot, db.session.get_one(Place, s.safe_id)
            together.wait(20)
            actions.count(
                lot, place=safe, counted_mg=Decimal(4000), reason="Gone", at=clock.now(), by=s.user("medical")
            )

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(reverse, range(2)))
    assert said[0] == ""
    assert "reversed already" in said[1]
    with store() as s:
        assert s.balance() == 5000
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count, range(2)))
    with store() as s:
        assert s.balance() == 4000


def test_a_dose_stands_in_the_log_of_the_clinic_about_its_patient(store: Open) -> None:
    with store() as s:
        lines = s.give(50, 50)
        events = select(AuditEvent).where(AuditEvent.action == Action.STOCK_GIVEN, AuditEvent.at == NOW)
        event = db.session.scalars(events).one()
        assert (event.patient_id, event.object_id, event.kind) == (s.cast["patient"], lines[-1].id, "stock")
