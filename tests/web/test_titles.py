"""The title of each page: what the page is, and the clinic; never a patient's name, for titles stay in histories."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from flask import url_for

from kap.core import clock
from tests.access.oracle import ORACLE, Whose
from tests.browser import Browser, Page
from tests.cast import NOW, Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]
NO_PAGES = {"static", "home.health", "security.login", "dosing.room_news", "dosing.rems_paper"} | {
    "treatment.appointment_of",
    "treatment.own_appointment",
}
"""What has no title, or a title for those alone who are not signed in."""
OF_A_TABLE = {"therapist", "lead", "admin", "patient account"}


def _titles(stage: Stage, cast: Cast, browser_of: SignIn) -> dict[str, set[str]]:
    """The endpoints by the titles of their pages, as whoever may see them gets them."""
    found: dict[str, set[str]] = defaultdict(set)
    for person in sorted(OF_A_TABLE):
        browser = browser_of(person)
        for endpoint, rule in ORACLE.items():
            if person not in rule.get or endpoint in NO_PAGES:
                continue
            for target in rule.targets:
                named: dict[str, Any] = {
                    name: cast.tokens.get(value) or cast.ids.get(value, value)
                    for name, value in target.arguments.items()
                }
                with stage.app.test_request_context():
                    address = url_for(endpoint, **named | dict(rule.query))
                response = browser.client.get(address)
                if response.status_code == 200:
                    found[Page(response).root.findtext(".//title") or ""].add(endpoint)
    return found


def test_each_page_has_a_title_of_its_own(stage: Stage, cast: Cast, browser_of: SignIn) -> None:
    with clock.at(NOW):
        titles = _titles(stage, cast, browser_of)
    assert not {title: shared for title, shared in titles.items() if len(shared) > 1}
    assert not [title for title in titles if not title.endswith(" · Test clinic")]
    assert not [title for title in titles if "Patient One" in title]
    assert set().union(*titles.values()) >= {
        endpoint
        for endpoint, rule in ORACLE.items()
        if rule.get & OF_A_TABLE
        and endpoint not in NO_PAGES
        and rule.whose is not Whose.PUBLIC
        and any(target.status == 200 for target in rule.targets)
    }
