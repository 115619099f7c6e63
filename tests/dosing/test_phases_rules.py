"""What a dosing session asks for, and what speaks against a dose: the pure part."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kap.dosing.rules.consents import LABELS, wanted
from kap.dosing.rules.eligibility import CHECKLIST, Level
from kap.dosing.rules.limits import DEFAULTS
from kap.dosing.rules.phases import Phase
from kap.dosing.rules.readiness import Readiness, open_warnings
from kap.dosing.rules.sheets import CHECKS, ROUTES, SHEETS
from kap.dosing.rules.standing import Known, Standing, missing_of, shortfalls, standing
from kap.treatment.asked import Kind, grouped, kept, read
from kap.treatment.models import Route
from kap.treatment.rules import Reading

NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)
ALLOWED = {
    Kind.WHOLE: 5,
    Kind.AMOUNT: "35.5",
    Kind.MOMENT: (NOW - timedelta(hours=9)).isoformat(),
    Kind.CLOCK: NOW.isoformat(),
    Kind.DAY: "2026-03-18",
}
BEFORE: dict[str, Any] = {
    "identity": ["name", "birth_date"],
    "consent_again": "yes",
    "escort": "His brother",
    "ride": "escort_drives",
    "last_food": (NOW - timedelta(hours=9)).isoformat(),
    "last_drink": (NOW - timedelta(hours=3)).isoformat(),
    "substances": ["none"],
    "suicide_risk": "none",
    "orientation": "fully",
}
FINE = Readiness(BEFORE, NOW, "im", last_reading=Reading(NOW, 128, 82))


def whole(name: str) -> dict[str, Any]:
    """A sheet with every field answered by what goes on."""
    answers: dict[str, Any] = {}
    for field in SHEETS[name].fields:
        first = field.options[0][0] if field.options else "Something"
        ticked: Any = [value for value, _ in field.options][: field.least]
        answers[field.name] = ticked if field.kind is Kind.TICKS else ALLOWED.get(field.kind, first)
    return answers


def full(**changes: Any) -> Known:
    """A session of which nothing is missing."""
    return Known(
        answers={name: whole(name) for name in SHEETS},
        route="im",
        eligibility_begun=True,
        consents_given=True,
        decided=True,
        readings_before=1,
        readings_after=2,
        given=True,
        reached=True,
        tries=1,
    )._replace(**changes)


def at(phase: Phase, known: Known) -> Standing:
    """Where one phase stands."""
    return next(one for one in standing(known) if one.phase is phase)


def test_every_field_is_named_once_and_asks_what_can_be_answered() -> None:
    for sheet in SHEETS.values():
        names = [field.name for field in sheet.fields]
        assert len(names) == len(set(names))
        for field in sheet.fields:
            assert bool(field.choices) == (field.kind in (Kind.CHOICE, Kind.TICKS)), field.name
            if field.when:
                asker = next(other for other in sheet.fields if other.name == field.when[0])
                assert field.when[1] <= {value for value, _ in asker.options}, field.name


def test_the_routes_are_those_of_the_record() -> None:
    assert {value for value, _ in ROUTES} == {route.value for route in Route}
    asked = {route for sheet in SHEETS.values() for field in sheet.fields for route in field.routes}
    assert asked <= {route.value for route in Route}


def test_headings_do_not_come_twice_on_a_sheet() -> None:
    for sheet in SHEETS.values():
        groups = [group for group, _ in grouped(sheet.fields)]
        assert len(groups) == len(set(groups)), sheet.name


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.MOMENT, NOW),
        (Kind.DAY, date(2026, 3, 18)),
        (Kind.AMOUNT, Decimal("37.5")),
        (Kind.TICKS, ["alcohol", "cannabis"]),
        (Kind.LINE, "His brother"),
        (Kind.WHOLE, 0),
    ],
)
def test_an_answer_comes_back_as_it_was_given(kind: Kind, value: Any) -> None:
    assert read(kind, kept(value)) == value


def test_nothing_typed_is_no_answer() -> None:
    assert (kept(""), kept([]), kept(None)) == (None, None, None)


def test_a_session_without_a_word_begins_with_eligibility() -> None:
    found = standing(Known(answers={}, unanswered=["Liver"], consents_missing=["Treatment"]))
    assert [one.phase for one in found] == list(Phase)
    assert not any(one.done or one.begun for one in found)
    assert [one.phase for one in found if one.next] == [Phase.ELIGIBILITY]
    assert {one.words for one in found} == {"To do"}


def test_a_session_that_is_complete_wants_nothing() -> None:
    found = standing(full())
    assert [one.missing for one in found] == [()] * len(Phase)
    assert all(one.done for one in found)
    assert not any(one.next for one in found)


def test_the_next_is_the_first_that_is_not_done_whatever_was_filled_in_after_it() -> None:
    known = full(consents_missing=["Touch"])
    assert [one.phase for one in standing(known) if one.next] == [Phase.CONSENT]
    assert at(Phase.CONSENT, known).words == "1 missing"


@pytest.mark.parametrize("name", SHEETS)
def test_each_required_field_is_missed(name: str) -> None:
    sheet = SHEETS[name]
    for one in missing_of(sheet, {}, None, None):
        answers = {field: answer for field, answer in whole(name).items() if field != one.field}
        assert one in missing_of(sheet, answers, None, None), one.field


def test_two_identifiers_are_asked_for() -> None:
    answers = whole("before") | {"identity": ["name"]}
    assert [one.field for one in missing_of(SHEETS["before"], answers, "im", "clinic")] == ["identity"]


def test_what_is_asked_depends_on_route_and_place() -> None:
    def names(route: str | None, place: str | None) -> set[str]:
        return {field.name for field in SHEETS["before"].offered(route, place)}

    assert "nasal_used" in names("esketamine_nasal", "clinic")
    assert "nasal_used" not in names("im", "clinic")
    assert {"chaperone", "address"} <= names("sublingual", "home")
    assert not {"chaperone", "address"} & names("im", "clinic")
    assert "equipment" not in names("sublingual", "home")
    assert {"nasal_used", "chaperone", "equipment"} <= names(None, None), "What is not known excludes nothing."


def test_what_depends_on_another_answer_is_missed_only_with_it() -> None:
    def missed(answers: Mapping[str, Any]) -> set[str | None]:
        return {one.field for one in missing_of(SHEETS["before"], answers, "im", "clinic")}

    assert "suicide_action" in missed({"suicide_risk": "thoughts"})
    assert "suicide_action" not in missed({"suicide_risk": "none"})


def test_of_a_dose_that_was_held_back_nothing_is_asked_that_comes_with_a_dose() -> None:
    found = {one.phase: one for one in standing(full(held=True, given=False, readings_after=0, reached=False))}
    for phase in (Phase.ADMINISTRATION, Phase.MONITORING, Phase.EXPERIENCE, Phase.DISCHARGE, Phase.AFTERCARE):
        assert found[phase].words == "Not asked"
    assert found[Phase.BEFORE].done


def test_a_shortfall_wants_a_reason() -> None:
    short = full(shortfalls=["Observed for 45 minutes of 120."])
    assert at(Phase.DISCHARGE, short).done, "A reason is given already."
    unexplained = {field: answer for field, answer in whole("discharge").items() if field != "shortfall_reason"}
    (missing,) = at(Phase.DISCHARGE, short._replace(answers={**short.answers, "discharge": unexplained})).missing
    assert missing.field == "shortfall_reason"


def test_shortfalls_are_time_a_no_and_an_end_before_the_plan() -> None:
    fine = {check.name: "yes" for check in CHECKS} | {"outcome": "home"}
    assert shortfalls(fine, observed=120, least=120) == []
    assert shortfalls(fine, observed=119, least=120) == ["Observed for 119 minutes of 120."]
    assert shortfalls(fine, observed=None, least=120) == [], "Whoever is still here has not left too early."
    (said,) = shortfalls(fine | {"adult": "no"}, observed=130, least=120)
    assert "responsible adult" in said
    assert shortfalls(fine | {"outcome": "against_advice"}, observed=130, least=120) == ["Left against advice."]


def test_an_esketamine_patient_is_observed_for_two_hours() -> None:
    assert DEFAULTS.observe("esketamine_nasal") == 120


def test_nothing_speaks_against_a_dose_where_all_is_in_order() -> None:
    assert open_warnings(FINE) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"identity": ["name"]}, "two identifiers"),
        ({"consent_again": "no"}, "not agreed again"),
        ({"escort": "None"}, "no escort"),
        ({"escort": ""}, "no escort"),
        ({"ride": "none"}, "way home"),
        ({"place": "home"}, "No chaperone"),
        ({"prescriber_there": "no"}, "No prescriber"),
        ({"last_food": (NOW - timedelta(hours=3, minutes=50)).isoformat()}, "Food less than 4 h ago"),
        ({"last_drink": (NOW - timedelta(hours=1)).isoformat()}, "A drink less than 2 h ago"),
        ({"last_food": None}, "not known when"),
        ({"substances": ["alcohol", "other"]}, "Alcohol, Something else"),
        ({"suicide_risk": None}, "Nobody has asked"),
        ({"suicide_risk": "plan"}, "With a plan or intent"),
        ({"orientation": "partly"}, "not fully oriented"),
    ],
)
def test_what_speaks_against_a_dose_is_said_with_what_to_arrange(change: dict[str, Any], said: str) -> None:
    (warned,) = open_warnings(FINE._replace(answers=BEFORE | change))
    assert said in warned.sentence
    assert warned.arrange


def test_the_limits_of_fasting_are_those_of_the_route() -> None:
    drank = BEFORE | {"last_drink": (NOW - timedelta(minutes=40)).isoformat()}
    assert open_warnings(FINE._replace(answers=drank, route="esketamine_nasal")) == []
    (warned,) = open_warnings(FINE._replace(answers=drank, route="sublingual"))
    assert warned.arrange == "Wait 80 minutes"


def test_a_decongestant_within_the_hour_is_said() -> None:
    sprayed = BEFORE | {"nasal_used": "yes", "nasal_at": (NOW - timedelta(minutes=15)).isoformat()}
    (warned,) = open_warnings(FINE._replace(answers=sprayed, route="esketamine_nasal"))
    assert warned.arrange == "Wait 45 minutes"


@pytest.mark.parametrize(
    ("reading", "warns"),
    [
        (Reading(NOW, 139, 89), False),
        (Reading(NOW, 140, 80), True),
        (Reading(NOW, 120, 90), True),
        (Reading(NOW, None, 95), True),
        (None, True),
    ],
)
def test_the_last_blood_pressure_is_looked_at(reading: Reading | None, warns: bool) -> None:
    assert bool(open_warnings(FINE._replace(last_reading=reading))) is warns


def test_what_is_not_cleared_asked_or_agreed_stands_first() -> None:
    ready = FINE._replace(
        answers=BEFORE | {"escort": "none"},
        uncleared=["Aneurysm"],
        unanswered=["Liver"],
        ask_again=["Pregnant"],
        consents_missing=["Treatment"],
    )
    words = [warned.sentence for warned in open_warnings(ready)]
    expected = ("Aneurysm", "on the checklist: 1", "Pregnant", "Treatment", "no escort")
    assert all(said in sentence for said, sentence in zip(expected, words, strict=True)), words


def test_only_what_a_label_calls_a_contraindication_is_absolute() -> None:
    for item in CHECKLIST:
        assert "label" in item.source or "leaflet" in item.source or item.level is not Level.ABSOLUTE, item.name
    again = {item.name for item in CHECKLIST if item.again}
    assert again == {"pressure", "pregnant", "new_medicines", "psychosis", "mania", "substance_use", "suicide_intent"}


def test_consents_follow_what_is_planned() -> None:
    assert wanted(route="im", place="clinic", touch="none") == ["treatment", "psychotherapy"]
    all_of_them = wanted(route="esketamine_nasal", place="home", touch="hand_or_shoulder")
    assert set(all_of_them) == {"treatment", "psychotherapy", "rems", "telehealth", "touch"} <= set(LABELS)
