"""Crisis lines: for everybody, signed in or not, their own country first."""

from collections.abc import Callable

import pytest
from flask import Flask

from kap.people.actions import set_up_clinic
from kap.safety import crisis
from tests.browser import Browser
from tests.cast import Cast

BrowserOf = Callable[[str | None], Browser]
WANTED = {"US", "CA", "GB", "IE", "AU", "NZ", "DE", "AT", "CH", "FR", "ES", "NL"}


def test_every_country_says_whom_to_call() -> None:
    known = {country.code: country for country in crisis.countries()}
    assert WANTED | {crisis.OTHER} == set(known)
    for code in WANTED:
        assert known[code].emergency
        assert known[code].lines
        for line in known[code].lines:
            assert line.call or line.text
            assert line.source


def test_an_unlisted_country_gets_the_way_to_find_help_anywhere() -> None:
    for code in ("ZZ", "", None):
        assert crisis.lines(code).lines[0].url == "https://findahelpline.com"
        assert crisis.countries(code)[0].code == crisis.OTHER
    assert crisis.countries("FR")[0].code == "FR"
    assert crisis.countries("FR")[-1].code == crisis.OTHER


@pytest.mark.parametrize("code", ["NZ", crisis.OTHER])
def test_what_nobody_has_confirmed_is_known_as_such(code: str) -> None:
    assert crisis.lines(code).unconfirmed == crisis.lines(code).lines
    assert crisis.lines("DE").unconfirmed == ()


def test_somebody_off_the_street_finds_every_country(cast: Cast, browser_of: BrowserOf) -> None:
    page = browser_of(None).get("/crisis")
    for country in crisis.countries():
        assert country.name in page.words
        for line in country.lines:
            if line.call:
                assert f'href="tel:{line.call.replace(" ", "")}"' in page.text
    assert "not watched round the clock" in page.words
    assert "Not confirmed" not in page.words


def test_who_is_signed_in_sees_the_country_of_their_clinic_first(cast: Cast, browser_of: BrowserOf) -> None:
    for who in ("patient account", "lead"):
        first = browser_of(who).get("/crisis").root.find(".//main//h2")
        assert first is not None
        assert first.text == "Germany"
    assert "Not confirmed yet" in browser_of("lead").get("/crisis").words


def test_the_only_clinic_of_an_installation_decides_for_who_is_not(app: Flask) -> None:
    with app.app_context():
        set_up_clinic(name="The only one", zone="Europe/Madrid", country="ES")
    first = Browser(app).get("/crisis").root.find(".//main//h2")
    assert first is not None
    assert first.text == "Spain"
