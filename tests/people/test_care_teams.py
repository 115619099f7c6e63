"""Care teams in time: from a day to a day of the clinic, and a caseload that goes from one to another."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Event, Thread
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, func, select

from kap.access.roles import Role
from kap.audit.log import recording
from kap.audit.models import Action, AuditEvent
from kap.core import clock
from kap.core.db import db
from kap.core.refusal import Refused
from kap.outcomes.actions import keep_outcomes
from kap.people.actions import (
    add_patient,
    change_membership,
    change_roles,
    deactivate,
    hand_over,
    join_care_team,
    leave_care_team,
)
from kap.people.models import CareTeamMember, Patient, RoleHeld, User
from kap.people.queries import team_of, treated_by
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.conftest import Stage

BrowserOf = Callable[[str | None], Browser]
MONDAY = datetime(2026, 3, 23, 9, 0, tzinfo=UTC)
"""In the clinic, Berlin, it is 10 o'clock; the clocks go forward on Sunday the 29th."""


def user(cast: Cast, name: str) -> User:
    """One of the cast; needs an application context."""
    return db.session.get_one(User, cast[name])


def patient(cast: Cast, name: str = "patient") -> Patient:
    """A patient of the cast; needs an application context."""
    return db.session.get_one(Patient, cast[name])


def row_of(page: Page, name: str) -> str:
    """The row of somebody in the table of the team."""
    rows = [" ".join("".join(row.itertext()).split()) for row in page.root.findall(".//tbody/tr")]
    (row,) = [row for row in rows if name in row]
    return row


def test_cover_during_leave_begins_and_ends_with_the_days_of_the_clinic(cast: Cast, browser_of: BrowserOf) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    therapist, cover = browser_of("therapist"), browser_of("other")
    record, team = f"/patients/{cast['patient']}", f"/patients/{cast['patient']}/team"
    with clock.at(MONDAY):
        days: dict[str, Any] = {"since": "2026-03-28", "until": "2026-03-29"}
        number = len(therapist.get(team).forms()) - 1
        page = therapist.fill(number, user=cast["other"], status=200, **days)
        row = row_of(page, "The other")
        assert "to come" in row
        assert "28 March 2026" in row
        assert "29 March 2026" in row
        cover.get(record, 404)
    for wall, status in (
        (datetime(2026, 3, 27, 23, 59, tzinfo=berlin), 404),
        (datetime(2026, 3, 28, 0, 0, tzinfo=berlin), 200),
        (datetime(2026, 3, 29, 23, 59, tzinfo=berlin), 200),
        (datetime(2026, 3, 30, 0, 0, tzinfo=berlin), 404),
    ):
        with clock.at(wall):
            cover.get(record, status)
    with clock.at(datetime(2026, 3, 30, 0, 0, tzinfo=berlin)):
        assert "over" in row_of(therapist.get(team), "The other")


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("2026-03-22", "", "This day is over"),
        ("2026-04-02", "2026-04-01", "before it begins"),
        ("", "2026-03-22", "before it begins"),
        ("2096-01-01", "", "two years away"),
        ("", "2096-01-01", "two years away"),
        ("nonsense", "", "ot a valid date"),
    ],
)
def test_days_that_cannot_be(cast: Cast, browser_of: BrowserOf, since: str, until: str, said: str) -> None:
    browser = browser_of("lead")
    with clock.at(MONDAY):
        page = browser.get(f"/patients/{cast['patient']}/team")
        page = browser.fill(len(page.forms()) - 1, user=cast["other"], since=since, until=until, status=200)
        assert said in page.words
        assert "The other" not in row_of(page, "The therapist")


def test_days_are_changed_and_a_time_is_called_off(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    browser, cover = browser_of("lead"), browser_of("other")
    record = f"/patients/{cast['patient']}"
    with clock.at(MONDAY):
        with stage.app.app_context():
            lead, other = user(cast, "lead"), user(cast, "other")
            member = join_care_team(patient(cast), other, since=date(2026, 4, 1), by=lead).id
        browser.get(f"{record}/team/{member}")
        page = browser.fill(since="2026-03-23", until="2026-03-24", status=200)
        assert "24 March 2026" in row_of(page, "The other")
        cover.get(record)
        page = browser.get(f"{record}/team/{member}")
        assert page.root.find(".//input[@name='since']") is None, "It has begun."
        browser.fill(until="", status=200)
    with clock.at(MONDAY + timedelta(days=30)):
        cover.get(record)
        with stage.app.app_context():
            lead = user(cast, "lead")
            leave_care_team(db.session.get_one(CareTeamMember, member), by=lead)
            with pytest.raises(Refused, match="over"):
                change_membership(db.session.get_one(CareTeamMember, member), since=None, until=None, by=lead)
            later = clock.today(ZoneInfo("Europe/Berlin")) + timedelta(days=7)
            upcoming = join_care_team(patient(cast), user(cast, "other"), since=later, by=lead)
            with pytest.raises(Refused, match="in that time already"):
                join_care_team(patient(cast), user(cast, "other"), by=lead)
            leave_care_team(upcoming, by=lead)
        cover.get(record, 404)
        assert "called off" in browser.get(f"{record}/team").words
    with clock.at(MONDAY + timedelta(days=60)):
        cover.get(record, 404)


def test_a_caseload_is_handed_over_from_a_day_on(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    lead, therapist, other = (browser_of(name) for name in ("lead", "therapist", "other"))
    with clock.at(MONDAY):
        with stage.app.app_context():
            second = add_patient(code="P-050", name="Second Patient", by=user(cast, "therapist")).id
        page = lead.get(f"/users/{cast['therapist']}")
        assert "is on the care team of 2 patients" in page.words
        assert "1 patient has nobody but The therapist" in page.words
        page = lead.get(f"/users/{cast['therapist']}/hand-over")
        assert "P-001, Patient One" in page.words
        assert "P-050, Second Patient" in page.words
        assert "Planned sessions with The therapist" not in page.words
        assert "choose somebody" in lead.fill(status=200).words
        page = lead.fill(taker=cast["other"], since="2026-03-25", status=200)
        assert "Handed over to The other, from 25 March 2026 on" in page.words
        other.get(f"/patients/{second}", 404)
        therapist.get(f"/patients/{second}")
    with clock.at(datetime(2026, 3, 25, 0, 0, tzinfo=ZoneInfo("Europe/Berlin"))):
        for id_ in (cast["patient"], second):
            other.get(f"/patients/{id_}")
            therapist.get(f"/patients/{id_}", 404)
        assert "is on no care team" in lead.get(f"/users/{cast['therapist']}/hand-over").words
        other.get(f"/sessions/{cast['dosing']}")
    with stage.app.app_context():
        written = db.session.execute(
            select(AuditEvent.action, AuditEvent.patient_id, AuditEvent.actor_id).where(
                AuditEvent.action.in_([Action.CARE_TEAM_HANDED_OVER, Action.CASELOAD_HANDED_OVER])
            )
        ).all()
    assert sorted((row.action, str(row.patient_id)) for row in written) == sorted(
        [
            (Action.CARE_TEAM_HANDED_OVER, str(cast["patient"])),
            (Action.CARE_TEAM_HANDED_OVER, str(second)),
            (Action.CASELOAD_HANDED_OVER, "None"),
        ]
    )
    assert {row.actor_id for row in written} == {cast["lead"]}


def test_only_the_ticked_go_and_whoever_treats_already_stays(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    lead, medical = browser_of("lead"), browser_of("medical")
    with stage.app.app_context():
        second = add_patient(code="P-051", by=user(cast, "therapist")).id
    lead.get(f"/users/{cast['therapist']}/hand-over")
    lead.fill(taker=cast["medical"], patients=[cast["patient"]], status=200)
    medical.get(f"/patients/{cast['patient']}")
    medical.get(f"/patients/{second}", 404)
    with stage.app.app_context():
        standing = [member.user_id for member in team_of(patient(cast)) if not member.over]
        assert standing == [cast["medical"]]
        assert [row.code for row in treated_by(user(cast, "therapist"))] == ["P-051"]


def test_a_list_that_has_changed_is_handed_over_as_a_whole_or_not_at_all(
    stage: Stage, cast: Cast, browser_of: BrowserOf
) -> None:
    lead = browser_of("lead")
    with stage.app.app_context():
        second = add_patient(code="P-052", by=user(cast, "therapist"))
        (member,) = team_of(second)
        lead.get(f"/users/{cast['therapist']}/hand-over")
        url, sent = lead.ready(taker=cast["other"])
        patients = [patient(cast), second]
        leave_care_team(member, by=user(cast, "lead"))
        with pytest.raises(Refused, match="no longer on all"):
            hand_over(
                user(cast, "therapist"),
                user(cast, "other"),
                patients,
                from_day=clock.today(ZoneInfo("Europe/Berlin")),
                by=user(cast, "lead"),
            )
        assert [row.code for row in treated_by(user(cast, "therapist"))] == ["P-001"]
        assert treated_by(user(cast, "other")) == []
    assert "Not saved yet" in lead.send(url, sent, status=200).words


def test_who_hands_over_to_whom(stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        lead, therapist = user(cast, "lead"), user(cast, "therapist")
        today = clock.today(ZoneInfo("Europe/Berlin"))
        for by, taker, day, said in (
            ("therapist", "other", today, "by a clinic lead"),
            ("foreign lead", "other", today, "by a clinic lead"),
            ("lead", "therapist", today, "somebody else"),
            ("lead", "admin", today, "therapists, prescribers"),
            ("lead", "gone", today, "therapists, prescribers"),
            ("lead", "foreign therapist", today, "therapists, prescribers"),
            ("lead", "other", today - timedelta(days=1), "day is over"),
        ):
            with pytest.raises(Refused, match=said):
                hand_over(therapist, user(cast, taker), [patient(cast)], from_day=day, by=user(cast, by))
        with pytest.raises(Refused, match="at least one"):
            hand_over(therapist, user(cast, "other"), [], from_day=today, by=lead)


def test_a_lead_who_is_treated_here_does_not_hand_themselves_over(
    stage: Stage, cast: Cast, browser_of: BrowserOf
) -> None:
    with stage.app.app_context():
        own = add_patient(code="P-053", by=user(cast, "therapist"))
        with recording(Action.USER_CHANGED, by=None):
            lead = user(cast, "lead")
            own.user_id, lead.held = lead.id, [*lead.held, RoleHeld(role="patient")]
        own_id = own.id
        therapist, taker = user(cast, "therapist"), user(cast, "other")
        today = clock.today(ZoneInfo("Europe/Berlin"))
        with pytest.raises(Refused, match="own care team"):
            hand_over(therapist, taker, [patient(cast), own], from_day=today, by=user(cast, "lead"))
    browser = browser_of("lead")
    browser.get(f"/patients/{own_id}/team", 403)
    assert "P-053" not in browser.get(f"/users/{cast['therapist']}/hand-over").words
    browser.fill(taker=cast["other"], status=200)
    with stage.app.app_context():
        assert [row.id for row in treated_by(user(cast, "therapist"))] == [own_id]


def test_shutting_out_says_whom_it_leaves_with_nobody(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    lead = browser_of("lead")
    with stage.app.app_context():
        leave_care_team(db.session.get_one(CareTeamMember, cast["membership"]), by=user(cast, "lead"))
    page = lead.get(f"/users/{cast['therapist']}")
    assert "hand over first" in page.words
    number = [form.get("action") for form in page.forms()].index(f"/users/{cast['therapist']}/deactivate")
    page = lead.fill(number, status=200)
    assert "1 of their patients has nobody on the care team now" in page.words
    page = lead.get(f"/users/{cast['therapist']}/hand-over")
    page = lead.fill(taker=cast["medical"], status=200)
    browser_of("medical").get(f"/patients/{cast['patient']}")


def test_taking_the_role_of_whoever_treats_alone_says_so_too(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    lead = browser_of("lead")
    with stage.app.app_context():
        leave_care_team(db.session.get_one(CareTeamMember, cast["membership"]), by=user(cast, "lead"))
    lead.get(f"/users/{cast['therapist']}")
    page = lead.fill(0, roles=["admin"], status=200)
    assert "The roles of The therapist are saved" in page.words
    assert "1 of their patients has nobody on the care team now" in page.words


def test_planned_sessions_of_whoever_leaves_are_named(stage: Stage, cast: Cast, browser_of: BrowserOf) -> None:
    with clock.at(datetime(2026, 3, 18, 12, 0, tzinfo=UTC)):
        therapist, lead = browser_of("therapist"), browser_of("lead")
        therapist.get(f"/sessions/{cast['planned']}/edit")
        therapist.fill(team=[cast["therapist"]], status=200)
        page = lead.get(f"/users/{cast['therapist']}/hand-over")
        assert "Planned sessions with The therapist" in page.words
        assert "25 March 2026, 12:00" in page.words
        assert "They are not moved" in page.words


@pytest.mark.parametrize("way", ["deactivate", "roles"])
def test_of_two_leads_who_put_each_other_out_at_once_one_stays(way: str, stage: Stage, cast: Cast) -> None:
    with stage.app.app_context():
        other = user(cast, "other")
        change_roles(other, frozenset({Role.LEAD}), version=other.version, by=user(cast, "lead"))
    start, outcomes = Barrier(2), []

    def put_out(whom: str, by: str) -> None:
        with stage.app.app_context():
            target, actor = user(cast, whom), user(cast, by)
            version = target.version
            start.wait()
            try:
                if way == "deactivate":
                    deactivate(target, by=actor)
                else:
                    change_roles(target, frozenset({Role.THERAPIST}), version=version, by=actor)
                outcomes.append("done")
            except Refused as refused:
                outcomes.append(refused.sentence)

    pairs = (("lead", "other"), ("other", "lead"))
    racers: list[Any] = [Thread(target=put_out, args=pair) for pair in pairs]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(outcomes) == 2
    assert outcomes.count("done") == 1, outcomes
    with stage.app.app_context():
        leads = [name for name in ("lead", "other") if user(cast, name).active and Role.LEAD in user(cast, name).roles]
        assert len(leads) == 1


def test_an_overlap_of_two_who_add_the_same_person_at_once(stage: Stage, cast: Cast) -> None:
    start = Barrier(2)

    def add() -> None:
        with stage.app.app_context():
            whom, lead, member = patient(cast), user(cast, "lead"), user(cast, "other")
            start.wait()
            join_care_team(whom, member, by=lead)

    racers = [Thread(target=add) for _ in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    with stage.app.app_context():
        query = select(func.count()).select_from(CareTeamMember).where(CareTeamMember.user_id == cast["other"])
        assert db.session.scalar(query) == 1


def test_a_time_is_ended_while_somebody_changes_its_days(
    stage: Stage, cast: Cast, browser_of: BrowserOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both write the same row and then look at the patient: in one order, or each waits for the other."""
    team, member = f"/patients/{cast['patient']}/team", cast["membership"]
    lead, therapist = browser_of("lead"), browser_of("therapist")
    lead.get(f"{team}/{member}")
    url, sent = lead.ready(until=str(clock.today(ZoneInfo("Europe/Berlin")) + timedelta(days=7)))
    page = therapist.get(team)
    number = [form.get("action") for form in page.forms()].index(f"{team}/{member}/end")
    end, token = therapist.ready(number)
    ended, answers = Event(), []

    def keep_late(patients: frozenset[UUID]) -> None:
        ended.set()
        time.sleep(0.5)
        keep_outcomes(patients)

    monkeypatch.setitem(stage.app.extensions, "kap_followers", [keep_late])
    ending = Thread(target=lambda: answers.append(therapist.client.post(end, data=token).status_code))
    ending.start()
    assert ended.wait(10)
    changed = lead.client.post(url, data=sent)
    ending.join()
    assert answers == [302]
    assert changed.status_code == 200
    assert "is over" in changed.text


def test_a_lead_is_shut_out_while_their_roles_are_changed(stage: Stage, cast: Cast) -> None:
    """Both look at the user and at the clinic, in one order."""
    with stage.app.app_context():
        other = user(cast, "other")
        change_roles(other, frozenset({Role.LEAD}), version=other.version, by=user(cast, "lead"))
        engine = db.engine
    held, outcomes = Event(), []

    def wait(connection: object, cursor: object, statement: str, *more: object) -> None:
        if "FROM clinic" in statement and "FOR UPDATE" in statement and not held.is_set():
            held.set()
            time.sleep(0.5)

    def change() -> None:
        with stage.app.app_context():
            other = user(cast, "other")
            change_roles(other, frozenset({Role.MEDICAL}), version=other.version, by=user(cast, "lead"))
            outcomes.append("changed")

    event.listen(engine, "before_cursor_execute", wait)
    changing = Thread(target=change)
    changing.start()
    held.wait(1)
    with stage.app.app_context():
        deactivate(user(cast, "other"), by=user(cast, "lead"))
    changing.join()
    event.remove(engine, "before_cursor_execute", wait)
    assert outcomes == ["changed"]
    with stage.app.app_context():
        assert user(cast, "other").roles == {Role.MEDICAL}
        assert not user(cast, "other").active
