"""The caseload: who is in it for whom, in which order, under which filters, and what it says of each on each day."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, g
from flask_migrate import downgrade, upgrade
from sqlalchemy import event, select

from kap.access.roles import Role
from kap.audit.log import recording
from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.demo.play import play
from kap.demo.stories import STORIES
from kap.durability import State, assess
from kap.measures.actions import mark_score_in_error
from kap.measures.models import Score
from kap.measures.queries import catalogue
from kap.outcomes.caseload import PAGE, Page, caseload_page
from kap.outcomes.models import CaseloadCount, CaseloadEntry
from kap.outcomes.queries import primary_histories, scale_of
from kap.outcomes.roster import URGENCY, Sort
from kap.outcomes.rules import ALL, CourseState
from kap.outcomes.wording import LABELS
from kap.people.actions import add_patient, change_clinic, change_patient, deactivate, join_care_team, leave_care_team
from kap.people.models import CareTeamMember, Clinic, Patient, RoleHeld, User
from kap.people.queries import clinics
from kap.safety.actions import act_on
from kap.safety.models import Alert
from kap.treatment.actions import end_course, mark_session_in_error, plan_session, set_status
from kap.treatment.models import Condition, Course, Kind, Status
from tests.browser import Browser
from tests.browser import Page as Shown
from tests.cast import NOW, Cast
from tests.conftest import Stage

SignIn = Callable[[str | None], Browser]
SORTS = [value for name, value in vars(Sort).items() if name.isupper()]


def tallied(page: Shown) -> int:
    """How many patients the page counts."""
    links = [
        link
        for nav in page.root.iter("nav")
        if nav.get("aria-label") == "Patients by verdict"
        for link in nav.iter("a")
    ]
    return sum(int("".join(link.itertext()).split()[-1]) for link in links)


def listed(page: Shown) -> list[str]:
    """The first word or words of each line."""
    rows = [row for row in page.root.iter("tr") if row.find("th") is not None and row.find("td") is not None]
    return ["".join(row.find("th/a").itertext()) for row in rows]  # type: ignore[union-attr]


def searched(browser: Browser, text: str) -> Shown:
    """The list after this was typed into its box."""
    browser.get("/patients")
    return browser.fill(text=text, status=200)


# Who is in it

FILTERS = [
    "",
    *(f"state={state.value}" for state in State),
    "state=none",
    *(f"course={state.value}" for state in CourseState),
    *(f"condition={condition.value}" for condition in Condition),
    "therapist=nobody",
    "therapist={therapist}",
    "therapist={other}",
    "therapist={foreign therapist}",
    *(f"sort={sort}" for sort in SORTS if sort),
    "page=2",
    "state=not_enough_data&course=under-way&sort=name",
]
SEEN = {
    "lead": {"Patient One", "P-002"},
    "therapist": {"Patient One"},
    "medical": {"Patient One"},
    "former": set(),
    "other": set(),
    "foreign lead": {"Patient Elsewhere"},
    "foreign therapist": {"Patient Elsewhere"},
}


@pytest.mark.parametrize("person", SEEN)
def test_no_filter_count_or_search_tells_of_anybody_outside_the_care(
    browser_of: SignIn, cast: Cast, person: str
) -> None:
    browser = browser_of(person)
    for query in FILTERS:
        page = browser.get(f"/patients?{query.format_map(cast.ids)}")
        assert set(listed(page)) <= SEEN[person], query
        assert tallied(page) <= len(SEEN[person]), query
    for text in ("P-00", "patient", "e", "P-001", "P-002"):
        if not SEEN[person]:
            break
        page = searched(browser, text)
        assert set(listed(page)) <= SEEN[person], text
        assert tallied(page) <= len(SEEN[person]), text
    assert set(listed(browser.get("/patients"))) == SEEN[person]


@pytest.mark.parametrize(("person", "left"), [("lead", {"P-002"}), ("therapist", set())])
def test_whoever_is_treated_where_they_work_is_on_no_list_of_their_own(
    browser_of: SignIn, stage: Stage, cast: Cast, person: str, left: set[str]
) -> None:
    with stage.app.app_context(), recording(Action.USER_CHANGED, by=None):
        own, user = db.session.get_one(Patient, cast["patient"]), db.session.get_one(User, cast[person])
        own.user_id, user.held = user.id, [*user.held, RoleHeld(role="patient")]
    browser = browser_of(person)
    browser.get(f"/patients/{cast['patient']}", 403)
    for query in FILTERS:
        page = browser.get(f"/patients?{query.format_map(cast.ids)}")
        assert set(listed(page)) <= left, query
        assert tallied(page) <= len(left), query
    page = browser.get("/patients")
    assert set(listed(page)) == left
    assert tallied(page) == len(left)
    if left:
        assert listed(searched(browser, "P-001")) == []


def test_filters_find_those_of_whom_they_hold(browser_of: SignIn, cast: Cast) -> None:
    browser = browser_of("lead")
    found = {
        "state=not_enough_data": ["Patient One"],
        "state=none": ["P-002"],
        "course=under-way": ["Patient One"],
        "course=none": ["P-002"],
        "course=ended": [],
        f"condition={Condition.DEPRESSION.value}": ["Patient One"],
        f"condition={Condition.OCD.value}": [],
        f"therapist={cast['therapist']}": ["Patient One"],
        f"therapist={cast['former']}": [],
        "therapist=nobody": ["P-002"],
    }
    assert {query: listed(browser.get(f"/patients?{query}")) for query in found} == found


def test_a_care_team_counts_as_it_stands_and_as_far_as_its_people_can_sign_in(
    browser_of: SignIn, stage: Stage, cast: Cast
) -> None:
    with stage.app.app_context():
        lead = db.session.get_one(User, cast["lead"])
        patient = db.session.get_one(Patient, cast["patient"])
        for member in db.session.scalars(
            select(CareTeamMember).where(CareTeamMember.patient_id == patient.id)
        ).unique():
            leave_care_team(member, by=lead)
        other = db.session.get_one(User, cast["other"])
        join_care_team(patient, other, by=lead)
    browser = browser_of("lead")
    assert listed(browser.get(f"/patients?therapist={cast['therapist']}")) == []
    assert listed(browser.get(f"/patients?therapist={cast['other']}")) == ["Patient One"]
    with stage.app.app_context():
        deactivate(db.session.get_one(User, cast["other"]), by=db.session.get_one(User, cast["lead"]))
    assert set(listed(browser.get("/patients?therapist=nobody"))) == {"Patient One", "P-002"}


def test_filters_are_named_and_each_can_be_cleared(browser_of: SignIn, cast: Cast) -> None:
    browser = browser_of("lead")
    page = browser.get("/patients?course=under-way&state=not_enough_data&sort=name")
    ways = {"".join(link.itertext()): link.get("href", "") for link in page.root.iter("a")}
    assert parse_qs(urlsplit(ways["Course: Under way: clear"]).query) == {
        "state": ["not_enough_data"],
        "sort": ["name"],
    }
    assert parse_qs(urlsplit(ways["Verdict: Not enough data: clear"]).query) == {
        "course": ["under-way"],
        "sort": ["name"],
    }
    assert ways["Clear all"] == "/patients"
    assert "Nobody matches" in browser.get("/patients?state=relapsed&course=ended").words


# What is typed


def test_a_search_finds_by_code_and_name_whatever_the_case_and_the_accents(
    browser_of: SignIn, stage: Stage, cast: Cast
) -> None:
    with stage.app.app_context():
        therapist = db.session.get_one(User, cast["therapist"])
        for code, name in (("Ä_1", "Jörg Müßig"), ("B%2", "Zoë  O'Neill"), ("C/3", None)):
            add_patient(code=code, name=name, by=therapist)
    browser = browser_of("therapist")
    found = {
        "MÜSSIG": ["Jörg Müßig"],
        "\N{COMBINING ACUTE ACCENT}": [],
        "muss": ["Jörg Müßig"],
        "jÖrg": ["Jörg Müßig"],
        "ZOE": ["Zoë  O'Neill"],
        "zoe o'n": [],
        "%": ["Zoë  O'Neill"],
        "_": ["Jörg Müßig"],
        "/": ["C/3"],
        "ä": ["Patient One", "Jörg Müßig"],
        "p-001": ["Patient One"],
    }
    assert {text: listed(searched(browser, text)) for text in found} == found


def test_what_is_searched_for_stands_in_no_address_and_no_log(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    browser = browser_of("therapist")
    page = searched(browser, "Patient One")
    address = page.response.request.full_path
    assert "find=" in address
    assert not re.search("one|patient%|patient\\+", address, re.IGNORECASE)
    assert page.root.find(".//input[@name='text']").get("value") == "Patient One"  # type: ignore[union-attr]
    assert listed(browser.get(address)) == ["Patient One"]
    with stage.app.app_context():
        seen = db.session.scalars(select(AuditEvent).where(AuditEvent.action == Action.LIST_VIEWED)).all()
    assert seen[-1].detail == {"name": "caseload", "patients": [str(cast["patient"])], "find": "sealed"}


def test_a_search_goes_on_with_the_filters_and_the_filters_with_the_search(browser_of: SignIn, cast: Cast) -> None:
    browser = browser_of("lead")
    browser.get("/patients?course=under-way&sort=name&page=3")
    page = browser.fill(text="P-00", status=200)
    query = parse_qs(urlsplit(page.response.request.full_path).query)
    assert {name: value for name, value in query.items() if name != "find"} == {
        "course": ["under-way"],
        "sort": ["name"],
    }
    assert listed(page) == ["Patient One"]
    form = browser.ready(1)[1]
    assert form["find"] == query["find"]
    assert "Search: P-00" in page.words


@pytest.mark.parametrize(
    "text",
    [
        "x" * 5000,
        "P-00\n" * 10_000,
        "\x00\x07",
        "a\x00b",
        "%" * 3000,
        "  ",
        "'; DROP TABLE patient",
        "ﷺ" * 80,
    ],
)
def test_whatever_is_typed_gets_a_clear_page(browser_of: SignIn, cast: Cast, text: str) -> None:
    browser = browser_of("lead")
    browser.get("/patients")
    url, sent = browser.ready()
    page = browser.send(url, sent | {"text": [text]}, status=200)
    kept = page.root.find(".//input[@name='text']").get("value", "")  # type: ignore[union-attr]
    assert len(kept) <= 80
    assert kept in " ".join(text.replace("\x00", " ").split())
    if len(text) > 80 and text.strip():
        assert "only its first 80 characters are searched for" in page.words


def test_a_token_is_for_who_sealed_it_and_as_it_was(browser_of: SignIn, cast: Cast) -> None:
    lead, therapist = browser_of("lead"), browser_of("therapist")
    address = searched(lead, "Patient One").response.request.full_path
    token = parse_qs(urlsplit(address).query)["find"][0]
    for forged in (
        token,
        token[:-2],
        token[:20] + ("A" if token[20] != "A" else "B") + token[21:],
        "x",
        "é",
        "=",
        "A" * 3000,
    ):
        page = therapist.get(f"/patients?find={forged}")
        assert "not known here" in page.words, forged
        assert listed(page) == ["Patient One"], forged


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=99999999999999999999",
        "page=x",
        "page=²",
        "state=sad",
        "condition=<script>",
        "course=",
        "sort=;drop",
        "therapist=nobody%00",
        "therapist=00000000-0000-0000-0000-000000000000",
        "state=relapsed&state=lasting&x=y",
    ],
)
def test_an_odd_address_shows_a_clear_page(browser_of: SignIn, cast: Cast, query: str) -> None:
    for person in ("lead", "therapist"):
        page = browser_of(person).get(f"/patients?{query}")
        assert "Patients" in page.words
        if not query.startswith(("page", "course", "state=relapsed")):
            assert "not known here" in page.words
            assert listed(page)
    response = browser_of("lead").client.post(f"/patients/find?{query}&_external=1&endpoint=x&_anchor=y")
    assert response.status_code in (302, 400)


# Many patients


@pytest.fixture
def many(stage: Stage, cast: Cast) -> int:
    """As many patients as need three pages, some with a session planned; the number of all of the clinic."""
    with stage.app.app_context():
        lead = db.session.get_one(User, cast["lead"])
        for number in range(2 * PAGE + 5):
            add_patient(code=f"M-{number:03}", name=f"Person {number * 7 % 100}" if number % 3 else None, by=lead)
    return 2 * PAGE + 7


def test_pages_show_everybody_once_in_every_order(browser_of: SignIn, many: int) -> None:
    browser = browser_of("lead")
    for sort in SORTS:
        shown: list[str] = []
        for number in (1, 2, 3):
            page = browser.get(f"/patients?sort={sort}&page={number}")
            assert f"of {many} patients" in page.words
            rows = [row for row in page.root.iter("tr") if row.find("th/a") is not None]
            shown += [row.find("th/a").get("href", "") for row in rows]  # type: ignore[union-attr]
        assert len(shown) == len(set(shown)) == many
        assert listed(browser.get(f"/patients?sort={sort}&page=4")) == listed(
            browser.get(f"/patients?sort={sort}&page=3")
        )


def test_names_and_codes_are_sorted_as_they_are_read(browser_of: SignIn, many: int) -> None:
    browser = browser_of("lead")
    by_name = [one for number in (1, 2, 3) for one in listed(browser.get(f"/patients?sort=name&page={number}"))]
    assert by_name == sorted(by_name, key=str.casefold)


def test_a_search_that_finds_hundreds_says_so(browser_of: SignIn, many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kap.outcomes.caseload.MOST_FOUND", 20)
    page = searched(browser_of("lead"), "M-")
    assert "More than 20 patients have this in code or name" in page.words
    assert tallied(page) == 20


def test_where_many_treat_a_name_is_typed(browser_of: SignIn, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kap.outcomes.caseload.MOST_CHOICES", 3)
    browser = browser_of("lead")
    page = browser.get("/patients")
    assert "Care team" in page.words
    # It goes into the address, and a server takes none without end: what is pasted is cut before it is sent.
    assert int(page.root.find(".//input[@name='therapist']").get("maxlength", "9999")) == 80  # type: ignore[union-attr]
    assert listed(browser.get("/patients?therapist=the+THERAPIST")) == ["Patient One"]
    assert listed(browser.get("/patients?therapist=foreign")) == []
    assert listed(browser.get("/patients?therapist=nobody")) == ["P-002"]
    assert listed(browser.get("/patients?therapist=%00")) == listed(browser.get("/patients"))


def statements_for(stage: Stage, ask: Callable[[], Any]) -> int:
    asked: list[str] = []

    def hear(connection: object, cursor: object, statement: str, *more: object) -> None:
        if statement.split()[0] not in ("BEGIN", "SET"):
            asked.append(statement)

    with stage.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", hear)
    ask()
    event.remove(engine, "before_cursor_execute", hear)
    return len(asked)


@pytest.mark.parametrize("query", ["", "state=none", "sort=next", "sort=name", "course=none", "therapist=nobody"])
def test_a_hundred_patients_take_as_many_statements_as_one(
    browser_of: SignIn, stage: Stage, cast: Cast, query: str
) -> None:
    browser = browser_of("lead")
    few = statements_for(stage, lambda: browser.get(f"/patients?{query}"))
    with stage.app.app_context():
        lead = db.session.get_one(User, cast["lead"])
        for number in range(PAGE + 20):
            add_patient(code=f"M-{number:03}", by=lead)
    assert statements_for(stage, lambda: browser.get(f"/patients?{query}")) == few <= 8


# What it says on each day


@pytest.fixture
def clinic(app: Flask, tmp_path: Path) -> Iterator[Clinic]:
    """The clinic of the demo, with patients in every state."""
    with app.app_context(), clock.at(datetime(2026, 3, 18, 12, tzinfo=UTC)):
        play(tmp_path, stories=STORIES)
        yield clinics()[0]


def lead_of(clinic: Clinic) -> User:
    users = db.session.scalars(select(User).where(User.clinic_id == clinic.id)).unique()
    return next(user for user in users if Role.LEAD in user.roles)


def therapist_of(clinic: Clinic) -> User:
    users = db.session.scalars(select(User).where(User.clinic_id == clinic.id)).unique()
    return next(user for user in users if Role.THERAPIST in user.roles)


def judged(clinic: Clinic, today: date) -> dict[str, tuple[State | None, int | None]]:
    """The verdict on the latest course of each patient, by label, worked out as on the patient's page."""
    patients = {patient.id: patient for patient in db.session.scalars(select(Patient).filter_by(clinic_id=clinic.id))}
    found: dict[str, tuple[State | None, int | None]] = {patient.label: (None, None) for patient in patients.values()}
    for course in primary_histories(list(patients), catalogue()):
        scale = scale_of(course.measure, catalogue())
        if course.latest and scale is not None:
            verdict = assess(course.history.readings, course.history.doses, as_of=today, scale=scale)
            found[patients[course.patient_id].label] = (verdict.state, verdict.weeks)
    return found


def page_of(user: User, clinic: Clinic, **asked: str) -> Page:
    g.clinic_zone = clinic.zone_info
    return caseload_page(user, asked, today=clock.today(clinic.zone_info), base="/patients")


def assert_true(clinic: Clinic) -> None:
    """The list says today what the patient's page says, counts it so, and is in the order that follows."""
    today = clock.today(clinic.zone_info)
    verdicts = judged(clinic, today)
    words = {label: LABELS[state][0] if state else "" for label, (state, _) in verdicts.items()}
    for user in (lead_of(clinic), therapist_of(clinic)):
        page = page_of(user, clinic)
        assert {line.label: line.state for line in page.lines} == words
        assert {line.label: line.note for line in page.lines if line.state == "Lasting"} == {
            label: f"{weeks} weeks" for label, (state, weeks) in verdicts.items() if state is State.SUSTAINED_RESPONSE
        }
        counts = Counter(word or "No verdict" for word in words.values())
        assert {count.label: int(count.number) for count in page.counts} == counts
        for state in URGENCY:
            shown = page_of(user, clinic, state=state.value)
            assert {line.label for line in shown.lines} == {n for n, (s, _) in verdicts.items() if s is state}
        place = [(not line.alert, [LABELS[s][0] for s in URGENCY].index(line.state)) for line in page.lines]
        assert place == sorted(place)
    assert [line.label for line in page_of(lead_of(clinic), clinic).lines] == [
        line.label for line in page_of(therapist_of(clinic), clinic).lines
    ]


def test_the_list_says_what_the_page_says_on_every_day(clinic: Clinic) -> None:
    now = clock.now()
    for days in (0, 5, 18, 31, 38, 43, 44, 45, 46, 60, 400):
        with clock.at(now + timedelta(days=days)):
            assert_true(clinic)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York"])
def test_and_after_a_change_of_the_time_zone(clinic: Clinic, zone: str) -> None:
    change_clinic(
        clinic, name=clinic.name, zone=zone, country=clinic.country, version=clinic.version, by=lead_of(clinic)
    )
    now = clock.now()
    for hours in (0, 10, 12, 14, 24 * 20 + 11, 24 * 40 + 23):
        with clock.at(now + timedelta(hours=hours)):
            assert_true(clinic)
    assert_counted(clinic)


def test_it_goes_stale_at_midnight_where_the_clinic_is(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        entry = db.session.scalars(select(CaseloadEntry).where(CaseloadEntry.patient_id == cast["patient"])).one()
        midnight = datetime.combine(entry.stale_on, datetime.min.time(), ZoneInfo("Europe/Berlin"))
    assert midnight.astimezone(UTC).date() < midnight.date()
    for moment, words in ((midnight - timedelta(minutes=1), "Lasting"), (midnight, "was: lasting")):
        with clock.at(moment):
            for person in ("lead", "therapist"):
                assert words in browser_of(person).get("/patients").words
            assert ("Patient One" in listed(browser_of("lead").get("/patients?state=sustained_response"))) == (
                moment < midnight
            )


def test_the_next_session_is_the_earliest_from_now_on(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    planned = NOW + timedelta(days=7, hours=-1)
    with stage.app.app_context(), clock.at(NOW):
        therapist, course = db.session.get_one(User, cast["therapist"]), db.session.get_one(Course, cast["course"])
        later = plan_session(course, kind=Kind.DOSING, starts_at=NOW + timedelta(days=9), by=therapist)
        wrong = plan_session(course, kind=Kind.DOSING, starts_at=NOW + timedelta(days=1), by=therapist)
        mark_session_in_error(wrong, reason="Somebody else's", by=therapist)
        off = plan_session(course, kind=Kind.PREPARATION, starts_at=NOW + timedelta(days=2), by=therapist)
        set_status(off, version=off.version, status=Status.CANCELLED, reason="Ill", by=therapist)
        assert later.status == Status.PLANNED
    for moment, words in (
        (NOW, "25 March 2026 Integration"),
        (planned, "25 March 2026 Integration"),
        (planned + timedelta(seconds=1), "27 March 2026 Dosing"),
        (NOW + timedelta(days=9, seconds=1), "none planned"),
    ):
        with clock.at(moment):
            page = browser_of("lead").get("/patients?sort=next")
            assert words in page.words
            assert listed(page)[0] == ("Patient One" if words != "none planned" else "P-002") or words == "none planned"


# What is kept ready


def assert_counted(clinic: Clinic) -> None:
    """The counts that are kept are those of the entries, and the entries are as they would be made anew."""
    db.session.expire_all()
    entries = db.session.scalars(select(CaseloadEntry)).all()
    counts = {
        (row.clinic_id, row.stale_on, row.state, row.alerted): row.number
        for row in db.session.scalars(select(CaseloadCount))
        if row.number
    }
    alike = Counter((one.clinic_id, one.stale_on, one.state, one.alerted) for one in entries)
    everybody = Counter((one.clinic_id, date.max, ALL, one.alerted) for one in entries)
    assert counts == alike + everybody
    assert len(entries) == len(db.session.scalars(select(Patient.id)).all())


def kept(entry: CaseloadEntry) -> dict[str, Any]:
    return {column.name: getattr(entry, column.name) for column in entry.__table__.columns if column.name != "id"}


def test_every_change_is_in_the_list_at_once(browser_of: SignIn, stage: Stage, cast: Cast) -> None:
    browser = browser_of("lead")

    def words() -> str:
        return browser.get("/patients").words

    with stage.app.app_context():
        lead, therapist = db.session.get_one(User, cast["lead"]), db.session.get_one(User, cast["therapist"])
        assert "Open alert" in words()
        act_on(db.session.get_one(Alert, cast["alert"]), action="We talked.", by=therapist)
        assert "Open alert" not in words()
        patient = db.session.get_one(Patient, cast["patient"])
        change_patient(
            patient, version=patient.version, code="Q-9", name=None, birth_date=None, email=None, by=therapist
        )
        assert "Q-9" in words()
        assert "Patient One" not in words()
        mark_score_in_error(db.session.get_one(Score, cast["score"]), reason="Wrong", by=therapist)
        assert "7 PHQ-9" in words()
        course = db.session.get_one(Course, cast["course"])
        end_course(course, version=course.version, ended_on=NOW.date(), reason="completed", by=therapist)
        assert "ended 18 March 2026" in words()
        add_patient(code="P-555", by=lead)
        assert "P-555" in words()
        assert "no course yet" in words()
        assert_counted(db.session.get_one(Clinic, cast["clinic"]))


def test_the_upgrade_that_brings_the_list_fills_it(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        before = {entry.patient_id: kept(entry) for entry in db.session.scalars(select(CaseloadEntry))}
        db.session.remove()
        downgrade(revision="0001")
        upgrade()
        after = {entry.patient_id: kept(entry) for entry in db.session.scalars(select(CaseloadEntry))}
        assert after == before
        assert len(after) == 3
        assert_counted(db.session.get_one(Clinic, cast["clinic"]))
        upgrade()
        filled = db.session.scalars(select(AuditEvent).where(AuditEvent.action == Action.CASELOAD_FILLED)).all()
        assert [event.detail for event in filled] == [{"patients": 3}]


def test_a_walk_and_a_sort_give_one_order(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = [
        {"course": "under-way"},
        {"course": "ended"},
        {"condition": Condition.DEPRESSION.value},
        {"course": "under-way", "condition": Condition.DEPRESSION.value, "state": "not_enough_data"},
    ]
    for days in (0, 50):
        with clock.at(clock.now() + timedelta(days=days)):
            orders = []
            for common in (0, 10**9):
                monkeypatch.setattr("kap.outcomes.roster.COMMON", common)
                orders.append([[line.label for line in page_of(lead_of(clinic), clinic, **one).lines] for one in asked])
            assert orders[0] == orders[1]
            assert all(orders[0][:3])
