"""The instruments as data, and the measures that a clinic declares."""

import re
from pathlib import Path

import pytest

from kap.durability import Scale
from kap.measures.instruments import (
    BadMeasure,
    Catalogue,
    Instrument,
    UnknownInstrument,
    declared,
    instrument,
    shipped,
)
from kap.treatment.models import Condition
from tests.measures.declared import BDI

WITH_ITEMS = pytest.mark.parametrize("measure", shipped(), ids=lambda measure: measure.id)


def passes_mod_10(code: str) -> bool:
    """Whether the check digit after the hyphen of a LOINC code is right (Luhn)."""
    digits, check = code.split("-")
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return -sum(sum(divmod(number, 10)) for number in doubled) % 10 == int(check)


def codes_of(measure: Instrument) -> list[str]:
    codes = [measure.loinc_panel, measure.loinc_total, *(item.loinc for item in measure.items)]
    return [code for code in codes if code is not None]


def words_of(measure: Instrument) -> list[str]:
    words = [measure.name, measure.title, measure.plain, measure.stem]
    words += [band.label for band in measure.bands]
    for item in measure.items:
        words += [item.text, *(item.anchors or ()), *(option.label for option in item.options)]
    return words


def declare(folder: Path, text: str, name: str = "bdi.toml") -> Path:
    (folder / "measures").mkdir(exist_ok=True)
    path = folder / "measures" / name
    path.write_text(text, "utf-8")
    return path


def bdi_with(field: str, value: str) -> str:
    return re.sub(rf"(?m)^{field} = .*$", lambda _: f"{field} = {value}", BDI)


@pytest.mark.parametrize(
    ("measure_id", "scale"),
    [
        ("phq-9", Scale(0, 27, True, 10, 4, 6, 5, 10, 0.50, 7)),
        ("gad-7", Scale(0, 21, True, 10, 4, 6, 4, 10, 0.50, 7)),
        ("pcl-5", Scale(0, 80, True, 31, 28, 15, 10, 31, 0, 15)),
        ("peg", Scale(0, 10, True, 4, 1, 3, 1, 4, 0.30, 4)),
    ],
)
def test_thresholds_are_those_of_the_rules_and_say_where_they_come_from(measure_id: str, scale: Scale) -> None:
    measure = instrument(measure_id)
    assert measure.scale == scale
    assert measure.validated
    assert set(measure.sources) == {
        "case",
        "remission",
        "reliable_change",
        "mcid",
        "relapse",
        "response_fraction",
        "settle_days",
    }
    assert all(measure.sources.values())


@pytest.mark.parametrize("measure_id", ["mood", "ocd", "reflection"])
def test_our_own_measures_have_no_thresholds(measure_id: str) -> None:
    measure = instrument(measure_id)
    assert measure.scale is None
    assert not measure.validated
    assert not measure.bands
    assert not codes_of(measure)


def test_only_our_own_ask_for_what_is_good() -> None:
    assert [measure.id for measure in shipped() if not measure.higher_is_worse] == ["mood", "reflection"]


@pytest.mark.parametrize(
    ("measure_id", "items", "values", "minimum", "maximum"),
    [
        ("phq-9", 9, range(4), 0, 27),
        ("gad-7", 7, range(4), 0, 21),
        ("pcl-5", 20, range(5), 0, 80),
        ("peg", 3, range(11), 0, 10),
        ("mood", 1, range(11), 0, 10),
        ("ocd", 1, range(11), 0, 10),
        ("reflection", 3, range(11), 0, 10),
    ],
)
def test_items_and_answers(measure_id: str, items: int, values: range, minimum: int, maximum: int) -> None:
    measure = instrument(measure_id)
    assert len(measure.scored_items) == items
    for item in measure.scored_items:
        assert [option.value for option in item.options] == list(values)
    assert (measure.minimum, measure.maximum) == (minimum, maximum)


def test_answers_of_the_phq_9_and_the_gad_7_are_the_original_ones() -> None:
    for measure in (instrument("phq-9"), instrument("gad-7")):
        assert measure.stem == (
            "Over the last 2 weeks, how often have you been bothered by any of the following problems?"
        )
        for item in measure.scored_items:
            assert [(option.label, option.loinc) for option in item.options] == [
                ("Not at all", "LA6568-5"),
                ("Several days", "LA6569-3"),
                ("More than half the days", "LA6570-1"),
                ("Nearly every day", "LA6571-9"),
            ]


def test_the_phq_9_asks_for_thoughts_of_death_as_item_9() -> None:
    measure = instrument("phq-9")
    (item,) = measure.safety_items
    assert (item.number, item.id, item.loinc, item.alert_from) == (9, "q9", "44260-8", 1)
    assert item.text == "Thoughts that you would be better off dead, or of hurting yourself in some way"


def test_no_other_instrument_has_a_safety_item() -> None:
    assert [measure.id for measure in shipped() if measure.safety_items] == ["phq-9"]


def test_the_difficulty_question_of_the_phq_9_is_optional_and_never_scored() -> None:
    item = instrument("phq-9").item(10)
    assert (item.scored, item.optional, item.loinc) == (False, True, "69722-7")
    assert [(option.label, option.loinc) for option in item.options] == [
        ("Not difficult at all", "LA6572-7"),
        ("Somewhat difficult", "LA6573-5"),
        ("Very difficult", "LA6575-0"),
        ("Extremely difficult", "LA6574-3"),
    ]


def test_the_pcl_5_asks_about_the_past_month() -> None:
    measure = instrument("pcl-5")
    assert measure.stem == "In the past month, how much were you bothered by:"
    assert measure.recall_days == 30
    assert not measure.bands
    assert all(item.loinc is None for item in measure.items)
    assert [option.label for option in measure.items[0].options] == [
        "Not at all",
        "A little bit",
        "Moderately",
        "Quite a bit",
        "Extremely",
    ]
    assert measure.items[16].text == 'Being "superalert" or watchful or on guard?'
    assert all(item.text.endswith("?") for item in measure.items)


def test_the_peg_is_answered_on_lines_from_0_to_10() -> None:
    assert [item.anchors for item in instrument("peg").items] == [
        ("No pain", "Pain as bad as you can imagine"),
        ("Does not interfere", "Completely interferes"),
        ("Does not interfere", "Completely interferes"),
    ]


@WITH_ITEMS
def test_items_are_numbered_in_order_and_worded_each_for_itself(measure: Instrument) -> None:
    assert [item.number for item in measure.items] == list(range(1, len(measure.items) + 1))
    assert len({item.text for item in measure.items}) == len(measure.items)
    assert [measure.item(item.number) for item in measure.items] == list(measure.items)


@WITH_ITEMS
def test_words_are_clean(measure: Instrument) -> None:
    for words in words_of(measure):
        assert words == words.strip()
        assert not re.search(r"[\u00a0\u2018\u2019\u201c\u201d\u2026\ufffd\ufb00-\ufb06]|  |\bsure\b", words), words
        assert words.isprintable()
    assert measure.plain


@WITH_ITEMS
def test_bands_cover_the_range_without_hole_or_overlap(measure: Instrument) -> None:
    if measure.bands:
        covered = [score for band in measure.bands for score in range(band.low, band.high + 1)]
        assert covered == list(range(int(measure.minimum), int(measure.maximum) + 1))


def test_only_instruments_with_published_severity_ranges_have_bands() -> None:
    bands = {measure.id: [band.label for band in measure.bands] for measure in shipped() if measure.bands}
    assert bands == {
        "phq-9": ["minimal", "mild", "moderate", "moderately severe", "severe"],
        "gad-7": ["minimal", "mild", "moderate", "severe"],
    }


def test_loinc_codes_are_well_formed_and_used_once() -> None:
    codes = [code for measure in shipped() for code in codes_of(measure)]
    assert len(codes) == len(set(codes)) == 10 + 7 + 3 + 4 * 2
    assert [code for code in codes if not passes_mod_10(code)] == []


def test_the_check_digit_is_seen_to_fail() -> None:
    assert passes_mod_10("44260-8")
    assert not passes_mod_10("44260-9")
    assert not passes_mod_10("44620-8")


@WITH_ITEMS
def test_everything_shipped_may_be_passed_on(measure: Instrument) -> None:
    assert measure.redistributable
    assert measure.licence
    assert measure.licence_source
    assert not measure.scores_only


def test_the_notice_carries_the_lines_that_the_licences_ask_for() -> None:
    notice = " ".join(Path("NOTICE").read_text("utf-8").split())
    assert instrument("phq-9").attribution in notice
    assert "LOINC® is copyright © 1995 Regenstrief Institute, Inc. and the LOINC Committee" in notice


def test_every_condition_has_a_measure() -> None:
    recommended = [condition for measure in shipped() for condition in measure.conditions]
    assert sorted(recommended) == sorted(set(Condition) - {Condition.NOT_RECORDED})


def test_the_who_5_is_not_shipped() -> None:
    with pytest.raises(UnknownInstrument, match="who-5"):
        instrument("who-5")


def test_a_declared_measure_is_known_by_its_scores(tmp_path: Path) -> None:
    declare(tmp_path, BDI)
    bdi = declared(tmp_path)["bdi"]
    assert (bdi.id, bdi.name, bdi.plain) == ("bdi", "BDI", "BDI")
    assert bdi.scale == Scale(0, 63, True, 14, 13, 9, 5, 20, 0.5, 7)
    assert (bdi.minimum, bdi.maximum, bdi.higher_is_worse) == (0, 63, True)
    assert bdi.scores_only


def test_a_declared_measure_may_set_its_own_days(tmp_path: Path) -> None:
    declare(tmp_path, BDI + "stale_days = 60\n")
    scale = declared(tmp_path)["bdi"].scale
    assert scale is not None
    assert (scale.stale_days, scale.max_gap_days) == (60, 45)


def test_the_catalogue_holds_what_is_shipped_and_what_is_declared(tmp_path: Path) -> None:
    declare(tmp_path, BDI)
    catalogue = Catalogue.read(tmp_path)
    assert [measure.id for measure in catalogue] == [
        "phq-9",
        "gad-7",
        "pcl-5",
        "peg",
        "mood",
        "ocd",
        "reflection",
        "bdi",
    ]
    assert len(catalogue) == 8
    assert "bdi" in catalogue
    assert "madrs" not in catalogue
    assert catalogue.get("phq-9") is instrument("phq-9")
    assert catalogue.get("bdi").name == "BDI"
    with pytest.raises(UnknownInstrument, match=r"'madrs'; there are phq-9, .*bdi"):
        catalogue.get("madrs")


def test_a_clinic_need_not_declare_anything(tmp_path: Path) -> None:
    assert declared(tmp_path) == {}
    assert tuple(Catalogue.read(tmp_path)) == shipped()


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("name", '""', "one line of text"),
        ("name", "7", "one line of text"),
        ("name", '"two\\nlines"', "one line of text"),
        ("name", f'"{"x" * 81}"', "at most 80"),
        ("minimum", "63", "below maximum"),
        ("minimum", "70", "below maximum"),
        ("minimum", '"0"', "a number"),
        ("maximum", "inf", "a number"),
        ("maximum", "nan", "a number"),
        ("maximum", "1" + "0" * 400, "a number"),
        ("higher_is_worse", '"yes"', "true or false"),
        ("higher_is_worse", "1", "true or false"),
        ("case", "-1", "from 0 to 63"),
        ("case", "true", "a number"),
        ("remission", "64", "from 0 to 63"),
        ("remission", "20", "below relapse"),
        ("reliable_change", "0", "above 0"),
        ("reliable_change", "-9", "above 0"),
        ("mcid", "0", "above 0"),
        ("mcid", "64", "at most 63"),
        ("relapse", "[20]", "a number"),
        ("response_fraction", "50", "from 0 to 1"),
        ("settle_days", "7.5", "whole number of days"),
        ("settle_days", "-1", "whole number of days"),
    ],
)
def test_a_bad_value_is_refused_with_file_and_field(tmp_path: Path, field: str, value: str, fault: str) -> None:
    path = declare(tmp_path, bdi_with(field, value))
    with pytest.raises(BadMeasure) as refused:
        Catalogue.read(tmp_path)
    assert refused.value.field == field
    assert str(refused.value).startswith(f"{path}: {field}: ")
    assert fault in str(refused.value)


@pytest.mark.parametrize("field", re.findall(r"(?m)^\w+", BDI))
def test_a_missing_field_is_named(tmp_path: Path, field: str) -> None:
    path = declare(tmp_path, re.sub(rf"(?m)^{field} = .*$", "", BDI))
    with pytest.raises(BadMeasure, match=re.escape(f"{path}: {field}: missing.")):
        declared(tmp_path)


@pytest.mark.parametrize("line", ["reliable_chance = 9", "items = []", 'id = "bdi"', "[scale]"])
def test_an_unknown_field_is_named(tmp_path: Path, line: str) -> None:
    path = declare(tmp_path, BDI + line)
    field = re.findall(r"\w+", line)[0]
    with pytest.raises(BadMeasure, match=re.escape(f"{path}: {field}: unknown")):
        declared(tmp_path)


@pytest.mark.parametrize("days", ["stale_days = 0", "confirm_days = 5.0", "max_gap_days = true"])
def test_optional_days_are_checked_too(tmp_path: Path, days: str) -> None:
    declare(tmp_path, BDI + days)
    with pytest.raises(BadMeasure, match=days.split()[0]):
        declared(tmp_path)


@pytest.mark.parametrize("name", ["BDI.toml", "b d i.toml", "bdi_2.toml", "-bdi.toml", f"{'b' * 41}.toml", "bdí.toml"])
def test_a_bad_file_name_is_refused(tmp_path: Path, name: str) -> None:
    declare(tmp_path, BDI, name)
    with pytest.raises(BadMeasure, match="name of the file"):
        declared(tmp_path)


def test_a_shipped_measure_cannot_be_declared_anew(tmp_path: Path) -> None:
    declare(tmp_path, BDI, "phq-9.toml")
    with pytest.raises(BadMeasure, match=r"phq-9\.toml: phq-9 is shipped"):
        declared(tmp_path)


@pytest.mark.parametrize("content", [b"name = BDI", b"name = 'B\xff'", b"\x00"])
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, content: bytes) -> None:
    path = declare(tmp_path, "")
    path.write_bytes(content)
    with pytest.raises(BadMeasure, match=re.escape(f"{path}: this is not TOML")):
        declared(tmp_path)
