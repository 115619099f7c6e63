"""Waste by two people: nobody witnesses their own, only whoever was asked answers, and until then it stands open."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.people.actions import deactivate
from kap.stock import actions
from kap.stock.models import StockEntry, WitnessCall, WitnessState
from kap.stock.queries import act_of, call_count, calls_for, lines_of, unwitnessed
from tests.browser import Browser
from tests.cast import NOW, Cast
from tests.conftest import Stage

BrowserOf = Callable[[str | None], Browser]
Open = Callable[..., Any]


@pytest.fixture(autouse=True)
def _now() -> Any:
    with clock.at(NOW):
        yield


def _open(cast: Cast) -> list[StockEntry]:
    """The wastes without a witness, but for that of the cast."""
    return [entry for entry in unwitnessed(cast["clinic"]) if entry.act_id != cast["waste"]]


def test_a_waste_stands_at_once_and_waits_for_whoever_was_asked(store: Open) -> None:
    with store() as s:
        entry = s.waste(30, witness=s.user("lead"))[-1]
        assert s.balance() == 4970
        assert [open_.id for open_ in _open(s.cast)] == [entry.id]
        assert call_count(s.user("lead")) == 1
        (call,) = calls_for(s.user("lead"))
        actions.confirm_waste(call, by=s.user("lead"))
        assert _open(s.cast) == []
        assert call_count(s.user("lead")) == 0
        assert call.answered_at == NOW
        with pytest.raises(Refused, match="no longer waits"):
            actions.decline_waste(call, reason="After all not", by=s.user("lead"))


@pytest.mark.parametrize("who", ["medical", "admin", "patient account", "foreign lead", "foreign therapist", "gone"])
def test_who_cannot_be_a_witness(store: Open, who: str) -> None:
    with store() as s:
        with pytest.raises(Refused) as refused:
            s.waste(30, witness=s.user(who))
        assert refused.value.field == "witness"
        with pytest.raises(Refused):
            s.give(50, 40, 10, witness=s.user(who))
        assert s.balance() == 5000


@pytest.mark.parametrize("who", ["medical", "lead", "other", "foreign lead"])
def test_nobody_but_the_one_who_was_asked_answers(store: Open, who: str) -> None:
    with store() as s:
        s.waste(30, witness=s.user("former"))
        (call,) = calls_for(s.user("former"))
        with pytest.raises(Refused, match="Only the person who was asked"):
            actions.confirm_waste(call, by=s.user(who))
        with pytest.raises(Refused, match="Only the person who was asked"):
            actions.decline_waste(call, reason="No", by=s.user(who))
        assert call.state == WitnessState.WAITING


def test_after_a_no_somebody_else_is_asked(store: Open) -> None:
    with store() as s:
        entry = s.waste(30, witness=s.user("lead"))[-1]
        (call,) = calls_for(s.user("lead"))
        with pytest.raises(Refused, match="say why"):
            actions.decline_waste(call, reason=" ", by=s.user("lead"))
        actions.decline_waste(call, reason="I was at lunch.", by=s.user("lead"))
        assert b"lunch" not in (call.reason_sealed or b"")
        assert [open_.id for open_ in _open(s.cast)] == [entry.id]
        with pytest.raises(Refused, match="cannot witness"):
            actions.ask_witness(entry, witness=s.user("medical"), by=s.user("lead"))
        first = actions.ask_witness(entry, witness=s.user("former"), by=s.user("medical"))
        second = actions.ask_witness(entry, witness=s.user("other"), by=s.user("medical"))
        assert first.state == WitnessState.WITHDRAWN
        with pytest.raises(Refused, match="no longer waits"):
            actions.confirm_waste(first, by=s.user("former"))
        actions.confirm_waste(second, by=s.user("other"))
        assert _open(s.cast) == []
        with pytest.raises(Refused, match="wants no witness"):
            actions.ask_witness(entry, witness=s.user("lead"), by=s.user("medical"))


def test_of_a_reversal_and_a_confirmation_at_once_both_stand_or_the_second_is_told(store: Open) -> None:
    with store() as s:
        act = s.waste(30, witness=s.user("lead"))[0].act_id
        call = calls_for(s.user("lead"))[0].id
    together = Barrier(2)

    def confirm() -> None:
        with store() as s:
            asked = db.session.get_one(WitnessCall, call)
            together.wait(20)
            try:
                actions.confirm_waste(asked, by=s.user("lead"))
            except Refused:
                pass

    def reverse() -> None:
        with store() as s:
            lines = act_of(s.cast["clinic"], act)
            together.wait(20)
            actions.reverse(lines, reason="Not wasted", by=s.user("medical"))

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(confirm), pool.submit(reverse)]:
            done.result(30)
    with store() as s:
        assert db.session.get_one(WitnessCall, call).state in (WitnessState.CONFIRMED, WitnessState.WITHDRAWN)
        assert _open(s.cast) == []
        assert s.balance() == 5000


def test_a_waste_without_a_witness_is_kept_and_shows(store: Open, browser_of: BrowserOf) -> None:
    with store() as s:
        s.give(50, 40, 10)
        assert len(_open(s.cast)) == 1
    assert "No witness named" in browser_of("lead").get("/stock").words


def test_a_reversed_waste_waits_for_nobody(store: Open) -> None:
    with store() as s:
        wasted = s.waste(30, witness=s.user("lead"))
        actions.reverse(wasted, reason="Not wasted", by=s.user("medical"))
        assert _open(s.cast) == []
        assert call_count(s.user("lead")) == 0
        lines = s.give(50, 40, 10, witness=s.user("lead"))
        dose = lines[0].administration_id
        actions.reverse_administration(dose, reason="Not given", by=s.user("medical"))
        assert call_count(s.user("lead")) == 0
        assert all(line.reverses_id or line.reversed_by for line in lines_of(dose))


def test_whoever_has_left_is_replaced(store: Open) -> None:
    with store() as s:
        entry = s.waste(30, witness=s.user("other"))[-1]
        deactivate(s.user("other"), by=s.user("lead"))
        assert _open(s.cast) == [entry]
        actions.ask_witness(entry, witness=s.user("lead"), by=s.user("medical"))
        assert call_count(s.user("lead")) == 1


def test_the_witness_is_told_and_confirms_from_their_own_sign_in(
    stage: Stage, cast: Cast, store: Open, browser_of: BrowserOf
) -> None:
    with store() as s:
        link = f"lot={s.lot_id}&place={s.safe_id}"
    keeper, witness = browser_of("medical"), browser_of("other")
    assert "Wastes to witness Nothing" in witness.get("/due").words
    keeper.get(f"/stock/waste?{link}")
    page = keeper.fill(amount="30", measure="mg", method="spilt", witness=cast["other"], reason="It fell.")
    assert "Waits for witness The other" in page.words
    assert "Wastes to witness 1 to do" in witness.get("/due").words
    page = witness.get("/stock/witness")
    assert "30 mg of Ketamine HCl" in page.words
    assert "It fell." in page.words
    assert "Nothing waits for you" in witness.fill(0, status=200).words
    assert "Waits for witness The other" not in keeper.get("/stock").words
    with stage.app.app_context():
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == Action.WASTE_WITNESSED)).one()
        assert event.actor_id == cast["other"]


def test_a_witness_declines_and_says_why(cast: Cast, store: Open, browser_of: BrowserOf) -> None:
    with store() as s:
        act = s.waste(30, witness=s.user("other"))[0].act_id
        (call,) = calls_for(s.user("other"))
        address = f"/stock/witness/{call.id}/decline"
    witness, keeper = browser_of("other"), browser_of("medical")
    witness.get(address)
    assert "Please fill this in" in witness.fill(reason=" ").words
    assert "You declined" in witness.fill(reason="I saw 20 mg.").words
    assert "Witness declined The other" in keeper.get("/stock").words
    assert "I saw 20 mg." in keeper.get(f"/stock/acts/{act}").words
    keeper.get(f"/stock/acts/{act}/witness")
    assert "Please choose" in keeper.fill(witness="").words
    assert "Not a valid choice" in keeper.fill(witness=cast["medical"]).words
    assert "now waits for The lead" in keeper.fill(witness=cast["lead"]).words
    witness.get(address)
    assert "no longer waits" in witness.fill(reason="Twice").words


def test_a_witness_learns_no_code_of_a_patient_outside_their_care(
    cast: Cast, store: Open, browser_of: BrowserOf
) -> None:
    with store() as s:
        s.give(50, 40, 10, witness=s.user("other"))
    page = browser_of("other").get("/stock/witness")
    assert "a patient outside your care" in page.words
    assert "P-001" not in page.text
