"""From intention to a change that is kept: three courses, lived through by a therapist and patients on their phones.

One is kept, one is dropped and changed, and in one a note stands apart. All on the pages, served by several workers;
what the command line does, it does beside them.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import MetaData, text

from kap.core.db import db
from tests.bench.scene import make_app
from tests.main_job import talks
from tests.main_job.days import MONDAY
from tests.main_job.practice import NAME, Practice, practising
from tests.main_job.steps import answer_phq9, enter_on_paper
from tests.main_job.window import Window

pytestmark = pytest.mark.browser

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
NO_CAUSE = "is not evidence of cause"
CANARY = "nightingale-under-the-stairs"
ADDED = "nightingale-came-back"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Practice]:
    """The practice; its server starts once."""
    folder = tmp_path_factory.mktemp("practice") / "instance"
    with practising(make_app(folder), chromium, folder, MONDAY) as practice:
        yield practice


@pytest.fixture
def practice(served: Practice) -> Iterator[Practice]:
    """The practice, with no window open."""
    yield served
    served.close()


def test_a_course_in_which_something_is_kept(practice: Practice) -> None:
    kept = Kept(practice)
    kept.is_prepared_and_dosed()
    kept.is_booked_in_two_taps()
    kept.talks_with_the_dose_before_her()
    kept.does_what_was_agreed()
    kept.is_asked_in_the_next_session()
    kept.reads_what_was_signed()
    kept.is_asked_after_one_month_and_after_three()
    kept.leaves_an_arc()


class Kept:
    """The course of K-01."""

    code, dosed_on = "K-01", MONDAY + DAY
    intention, narrative = "To put the stone down.", "The stone rolled by itself, and she laughed."
    insight, walking, letter = "I can rest before I have earned it.", "Walk by the water", "Write to her brother"

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.record = practice.admit(self.code, MONDAY)
        self.ada, self.lead, self.phone = practice.staff("ada"), practice.staff("lead"), practice.patient(self.code)
        self.talk = self.next = ""
        self.first = self.now

    @property
    def now(self) -> datetime:
        """The hour of the clinic."""
        return self.practice.now

    def is_prepared_and_dosed(self) -> None:
        """Monday's preparation with its intention, the first score on the phone, and the dose on Tuesday."""
        start = self.practice.on(MONDAY, 10)
        self.practice.on(MONDAY, 12)
        session = talks.prepare(self.ada, self.record, start, self.intention)
        for words in ("Safe, with the door in sight.", "ACT, Somatic", "What integration is for", self.intention):
            assert words in self.ada.words, words
        talks.sign(self.ada, session)
        self.practice.picture(self.ada, "preparation")
        answer_phq9(self.phone, "More than half the days")
        start = self.practice.on(self.dosed_on, 10)
        self.practice.on(self.dosed_on, 13)
        talks.dose(self.ada, self.record, start, self.intention, self.narrative)

    def is_booked_in_two_taps(self) -> None:
        """From the day; what the patient takes to a calendar says that there is an appointment, and no more."""
        self.ada.open("/day")
        assert "custom here: 12 to 72 hours after" in talks.line(self.ada, "integrate", self.code).inner_text()
        self.practice.picture(self.ada, "day-with-a-dose")
        talks.book_in_two_taps(self.ada, self.code)
        file, self.first = talks.appointment(self.phone)
        assert [line for line in file.splitlines() if line.startswith("SUMMARY")] == ["SUMMARY:Appointment"]
        for word in ("ntegration", "etamine", NAME, "Ada", self.code, "kap"):
            assert word not in file, word
        assert timedelta(hours=12) <= self.first - self.now + timedelta(hours=3) <= timedelta(hours=72)

    def talks_with_the_dose_before_her(self) -> None:
        """The dose, what was intended and what came up stand above the form, and the score as it changed."""
        self.practice.at(self.first - timedelta(hours=1))
        answer_phq9(self.phone, "Several days")
        self.practice.at(self.first)
        self.ada.open("/day")
        line = talks.line(self.ada, "sessions", self.code)
        self.practice.looks(self.ada, "day-with-a-session")
        with self.ada.page.expect_navigation():
            line.get_by_role("link", name=re.compile("^Log")).click()
        before = self.ada.page.locator(".before")
        for words in ("Dose 1", "60 mg", self.intention, self.narrative, "None open", "PHQ-9", "suggested 12 to 72"):
            expect(before).to_contain_text(words)
        dose = self.ada.page.locator("label", has_text="Dose 1, 9 June 2026")
        expect(dose.locator("input")).to_be_checked()
        self.practice.looks(self.ada, "integration-form-before")
        self.practice.at(self.first + timedelta(minutes=55))
        ada = self.ada
        ada.fill("Length", "50")
        talks.unfold(ada, "Themes", "What was done, and what it did")
        ada.tick("Themes", "Grief and loss", "Self-worth")
        ada.fill("Insights, in the patient’s words", self.insight)
        ada.fill("What you did", "Stayed with the stone.")
        ada.choose("Suicidal thoughts", "None")
        ada.choose("Craving for ketamine, 0 to 10", "0")
        ada.choose("Next dose", "Go on")
        talks.agree(ada, (self.walking, "daily"), (self.letter, "once"))
        ada.fill("Progress note", "She came rested.")
        self.practice.picture(ada, "integration-form")
        ada.press("Save")
        self.talk = talks.saved(ada)
        for words in ("Doses it integrates", self.insight, self.walking, self.letter, "Stayed with the stone."):
            assert words in ada.words, words
        assert [" ".join(chip.split()) for chip in ada.page.locator("a.chip").all_inner_texts()] == [
            "Sessions about Grief and loss",
            "Sessions about Self-worth",
        ]
        self.practice.picture(ada, "integration")

    def does_what_was_agreed(self) -> None:
        """It is there at once, unsigned; ticked on two days, and one of them is taken back."""
        self.phone.open("/my")
        assert self.walking in self.phone.words
        talks.tick(self.phone, self.walking)
        self.practice.at(self.now + DAY)
        talks.tick(self.phone, self.walking)
        self.practice.looks(self.phone, "my-practices")
        talks.tick(self.phone, self.walking, done=False)
        self.phone.open(f"/my{self.talk}")
        assert self.phone.refused in (403, 404)

    def is_asked_in_the_next_session(self) -> None:
        """One is still done and one dropped; the intention is kept."""
        start = self.practice.at(self.first + WEEK)
        self.practice.at(start + timedelta(hours=1))
        ada = self.ada
        talks.begin_integration(ada, self.record, start)
        for words in (self.walking, "last ticked", self.letter):
            expect(ada.page.locator("form.form")).to_contain_text(words)
        talks.found(ada, self.walking, "Still doing it")
        talks.found(ada, self.letter, "Let go", "He called her first.")
        talks.found(ada, self.intention, "Kept")
        ada.fill("Insights, in the patient’s words", "It is lighter in the morning.")
        ada.fill("Progress note", "She walks.")
        ada.press("Save")
        self.next = talks.saved(ada)
        reviews = ada.page.locator(".reviews li").all_inner_texts()
        for about, became in ((self.walking, "Still doing it"), (self.letter, "Let go"), (self.intention, "Kept")):
            assert any(about in review and became in review for review in reviews), reviews
        self.phone.open("/my/practices")
        assert self.letter in self.phone.page.locator("#over").inner_text()
        self.lead.open("/patients/integration")
        assert "1 of 1 dose was followed by an integration session" in self.lead.words
        assert NO_CAUSE in self.lead.words
        self.practice.picture(self.lead, "coverage")

    def reads_what_was_signed(self) -> None:
        """What is signed is locked, and added to; the patient reads both."""
        ada = self.ada
        talks.sign(ada, self.talk)
        ada.open(f"{self.talk}/edit")
        assert ada.path == self.talk
        ada.press("Write an addendum")
        ada.fill("Why it is added now", "She told it at the door.")
        ada.fill("Text", "The stone was her father's.")
        ada.press("Save")
        assert "The stone was her father's." in ada.words
        self.practice.looks(ada, "integration-signed")
        self.phone.open("/my")
        with self.phone.page.expect_navigation():
            self.phone.touch(self.phone.page.locator(f"a[href='/my{self.talk}']").first)
        for words in (self.insight, "She came rested.", "The stone was her father's."):
            assert words in self.phone.words, words
        self.practice.picture(self.phone, "my-session")

    def is_asked_after_one_month_and_after_three(self) -> None:
        """Gently, once each; whoever treats sees what was said."""
        for days, answer in ((32, "Sometimes"), (93, "Yes")):
            self.practice.at(self.first + timedelta(days=days))
            self.phone.open("/my")
            assert "Are you still doing this?" in self.phone.words
            self.phone.press("Say how it is")
            self.practice.looks(self.phone, "still-doing-it")
            with self.phone.page.expect_navigation():
                asked = talks.practice(self.phone, self.walking).locator(".ask")
                self.phone.touch(asked.get_by_role("button", name=answer, exact=True))
            expect(talks.practice(self.phone, self.walking).locator(".ask")).to_have_count(0)
            self.phone.open("/my")
            assert "Are you still doing this?" not in self.phone.words
        self.ada.open(f"{self.record}/practices")
        for words in ("Sometimes: said by the patient after one month", "after three months", "He called her first."):
            assert words in self.ada.words, words
        self.practice.picture(self.ada, "practices")

    def leaves_an_arc(self) -> None:
        """All of it in order, with the change since the dose; told as description, to the lead as well."""
        for window in (self.ada, self.lead):
            window.open(self.record)
            window.press("The arc of this course")
            titles = window.page.locator(".arc-line h2 a").all_inner_texts()
            kinds = [re.split(r"\W", title)[0] for title in titles]
            assert kinds == ["Preparation", "Dose", "Integration", "Integration"], titles
            for words in (self.intention, self.narrative, self.insight, self.walking, self.letter, "Grief and loss"):
                assert words in window.words, words
            assert "1 of 1 dose was followed by an integration session" in window.words
            assert NO_CAUSE in window.words
            score = window.page.locator(".arc-line > li", has_text=self.insight).locator(".score")
            for words in ("Since dose 1", "16 → 8", "8 points better"):
                expect(score).to_contain_text(words)
        self.practice.looks(self.ada, "arc")


def test_a_course_in_which_things_are_dropped_and_changed(practice: Practice) -> None:
    changed = Changed(practice)
    changed.is_dosed_and_not_integrated()
    changed.says_it_in_new_words()
    changed.lets_something_go()
    changed.craves_and_pauses()
    changed.is_written_by_two_at_once()
    changed.is_held_back_and_released()


class Changed:
    """The course of K-02."""

    code, opened_on = "K-02", MONDAY + 15 * WEEK
    dosed_on, talked_on, next_on = opened_on + DAY, opened_on + 3 * DAY, opened_on + 10 * DAY
    intention, changed = "To be a good son.", "To be a friend to myself."
    swimming, journal = "Swim on Sundays", "Three lines before bed"

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.record = practice.admit(self.code, self.opened_on, "ben")
        self.ada, self.phone = practice.staff("ada", phone=True), practice.patient(self.code)
        self.lead = practice.staff("lead")
        self.next = ""

    def is_dosed_and_not_integrated(self) -> None:
        """The day says so until a session was held that integrates it: a booking that was called off is none."""
        start = self.practice.on(self.opened_on, 10)
        self.practice.on(self.opened_on, 12)
        talks.prepare(self.ada, self.record, start, self.intention)
        self.ada.open(self.record)
        enter_on_paper(self.ada, "Nearly every day", self.opened_on)
        start = self.practice.on(self.dosed_on, 10)
        self.practice.on(self.dosed_on, 13)
        talks.dose(self.ada, self.record, start, "", "A long corridor, and his father's coat.")
        self.lead.open("/patients/integration")
        expect(self.lead.page.locator("#waiting")).to_contain_text(self.code)
        talks.book_in_two_taps(self.ada, self.code)
        self.ada.open(self.record)
        planned = self.ada.page.locator("#timeline .planned a[href^='/sessions/']").first
        with self.ada.page.expect_navigation():
            self.ada.touch(planned)
        self.ada.press("Held back or cancelled")
        self.ada.choose("What became of it?", "Cancelled")
        self.ada.fill("Why", "He has a cold.")
        self.ada.press("Save")
        self.ada.open("/day")
        expect(talks.line(self.ada, "integrate", self.code)).to_have_count(1)

    def says_it_in_new_words(self) -> None:
        """What is half filled in is not saved, and all rows of it stay; a draft comes back; then it is saved."""
        ada, start = self.ada, self.practice.on(self.talked_on, 10)
        self.practice.on(self.talked_on, 11)
        talks.begin_integration(ada, self.record, start)
        talks.found(ada, self.intention, "Changed")
        talks.agree(ada, (self.swimming, "weekly"), ("", "daily"))
        ada.fill("Progress note", "He speaks of the coat.")
        ada.press("Save")
        problems = ada.page.locator(".problems")
        for words in ("What is it now, in the patient’s words?", "What was agreed?"):
            expect(problems).to_contain_text(words)
        assert ada.field("What, row 1").input_value() == self.swimming
        assert ada.field("How often, row 2").input_value() == "daily"
        assert ada.field("Progress note").input_value() == "He speaks of the coat."
        self.practice.picture(ada, "half-filled-in")
        ada.fill("What, row 2", self.journal)
        talks.found(ada, self.intention, "Changed", self.changed)
        expect(ada.page.locator("[data-draft-said]")).to_contain_text("Draft saved")
        again = self.practice.staff("ada", phone=True)
        again.open(self.record)
        again.press("Log integration")
        assert "This is your draft" in again.words
        self.practice.picture(again, "draft-comes-back")
        assert again.field("What, row 2").input_value() == self.journal
        assert again.field("Progress note").input_value() == "He speaks of the coat."
        again.press("Save")
        talks.saved(again)
        for words in (self.intention, self.changed, self.swimming, self.journal):
            assert words in again.words, words
        again.open("/day")
        expect(talks.line(again, "integrate", self.code)).to_have_count(0)
        self.lead.open("/patients/integration")
        expect(self.lead.page.locator("#waiting")).to_have_count(0)

    def lets_something_go(self) -> None:
        """On the phone, in his words; whoever treats reads it before the next session."""
        self.practice.on(self.talked_on + 2 * DAY, 20)
        self.phone.open("/my/practices")
        own = talks.practice(self.phone, self.swimming)
        with self.phone.page.expect_navigation():
            self.phone.touch(own.get_by_role("link", name=re.compile("^How is it now")))
        self.phone.choose("How is it with this now?", "I let it go")
        self.phone.fill("A few words, if you like", "The pool is closed.")
        self.practice.picture(self.phone, "let-go")
        self.phone.press("Save")
        assert self.swimming in self.phone.page.locator("#over").inner_text()
        assert "The pool is closed." in self.phone.words
        self.practice.picture(self.phone, "let-go-of")

    def craves_and_pauses(self) -> None:
        """A craving is warned of on the page; the plan is to pause."""
        ada, start = self.ada, self.practice.on(self.next_on, 10)
        self.practice.on(self.next_on, 11)
        talks.begin_integration(ada, self.record, start)
        expect(ada.page.locator("form.form")).to_contain_text(self.changed)
        ada.choose("Craving for ketamine, 0 to 10", "8")
        ada.choose("Suicidal thoughts", "None")
        ada.choose("Next dose", "Pause")
        ada.fill("Progress note", "He counts the days to the next dose.")
        ada.press("Save")
        self.next = talks.saved(ada)
        assert "please weigh the next dose with the prescriber" in ada.words
        assert "Pause" in ada.words
        ada.press("The arc of this course")
        for words in (self.intention, self.changed, self.swimming, "Let go", "Next dose: pause"):
            assert words in ada.words, words
        self.practice.picture(ada, "arc-of-what-changed")

    def is_written_by_two_at_once(self) -> None:
        """Who saves second sees both versions, and nothing of either is lost."""
        ada, ben = self.ada, self.practice.staff("ben")
        for window in (ada, ben):
            window.open(f"{self.next}/edit")
        ben.fill("Progress note", "Ben: he slept badly.")
        ben.press("Save")
        ada.fill("Progress note", "Ada: he wants to wait.")
        talks.agree(ada, ("Call before the weekend", "once"))
        ada.press("Save")
        assert ada.refused == 409
        for words in ("Ben: he slept badly.", "Ada: he wants to wait.", "Call before the weekend"):
            assert words in ada.words, words
        self.practice.picture(ada, "both-versions")
        ada.press("Save mine instead")
        assert "Ada: he wants to wait." in ada.words
        assert "Call before the weekend" in ada.words

    def is_held_back_and_released(self) -> None:
        """Signed and held back, it does not open on the phone; released, it does."""
        ada = self.ada
        talks.sign(ada, self.next)
        ada.press("Hold it back from the patient for a while")
        ada.touch(ada.page.get_by_role("radiogroup", name=re.compile("On what ground")).locator("label").first)
        ada.fill("Why", "He may harm himself if he reads it alone.")
        ada.fill("Held back until", f"{self.next_on + 7 * DAY:%Y-%m-%d}")
        self.practice.picture(ada, "hold-back")
        ada.press("Hold it back")
        assert "Held back from the patient until" in ada.words
        self.phone.open("/my")
        assert self.phone.page.locator(f"a[href='/my{self.next}']").count() == 0
        self.phone.open(f"/my{self.next}")
        assert self.phone.refused == 404
        assert "wants to wait" not in self.phone.page.content()
        ada.press("Release it now")
        self.phone.open(f"/my{self.next}")
        assert "Ada: he wants to wait." in self.phone.words


def test_a_note_that_stands_apart(practice: Practice) -> None:
    apart = Apart(practice)
    apart.is_written_and_signed()
    apart.is_found_by_nobody_else()
    apart.is_found_in_no_file()
    apart.is_read_by_a_supervisor_who_is_named()
    apart.is_read_while_and_after_the_keys_are_turned()


class Apart:
    """The course of K-03, on whose care team are a second therapist and a nurse."""

    code, opened_on = "K-03", MONDAY + 20 * WEEK
    narrative, insight = "She stood in a wide field.", "Nobody was waiting for me to fail."

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.record = practice.admit(self.code, self.opened_on, "ben", "noor")
        self.ada = practice.staff("ada")
        self.dose = self.talk = self.note = ""
        self.others: dict[str, Window] = {}

    def is_written_and_signed(self) -> None:
        """From its session, on purpose; the session itself is signed as always."""
        ada, start = self.ada, self.practice.on(self.opened_on, 10)
        self.practice.on(self.opened_on, 13)
        self.dose = talks.dose(ada, self.record, start, "To be still.", self.narrative)
        start = self.practice.on(self.opened_on + DAY, 10)
        self.practice.on(self.opened_on + DAY, 12)
        talks.begin_integration(ada, self.record, start)
        talks.unfold(ada, "Themes")
        ada.tick("Themes", "Forgiveness")
        ada.fill("Insights, in the patient’s words", self.insight)
        ada.fill("Progress note", "Quiet, and longer than planned.")
        ada.press("Save")
        self.talk = talks.saved(ada)
        talks.sign(ada, self.talk)
        ada.press("Psychotherapy note")
        assert "What may never go in" in ada.words
        self.practice.picture(ada, "note-is-started")
        ada.press("Start a psychotherapy note")
        ada.fill("Note", f"What I make of it: {CANARY}.")
        ada.press("Save")
        self.note = ada.path
        ada.press("Read and sign")
        ada.press("Sign as Ada Moss")
        ada.press("Write an addendum")
        ada.fill("Why it is added now", "It came to me at night.")
        ada.fill("Text", f"{ADDED} in the second hour.")
        ada.press("Save")
        for words in (CANARY, ADDED):
            assert words in ada.words
        self.practice.picture(ada, "note")

    def is_found_by_nobody_else(self) -> None:
        """Not by the lead, the medical colleague, the second therapist or the patient, nor by a search or the log."""
        self.others = {who: self.practice.staff(who) for who in ("lead", "noor", "ben")}
        self.others["patient"] = self.practice.patient(self.code)
        for who, window in self.others.items():
            window.open(self.note)
            assert window.refused == 404, who
            hidden(window)
            for path in ("/my", f"/my{self.talk}") if who == "patient" else (self.record, self.talk, "/sessions"):
                window.open(path)
                hidden(window)
        ada, lead = self.ada, self.others["lead"]
        ada.open("/sessions")
        ada.pick("Theme", "Forgiveness")
        ada.press("Find")
        assert self.code in ada.words
        hidden(ada)
        for path in (self.talk, self.record, "/day"):
            ada.open(path)
            hidden(ada)
        ada.open(self.talk)
        ada.press("The arc of this course")
        hidden(ada)
        lead.open(f"/log?patient={self.code}")
        assert "psychotherapy note" in lead.words
        hidden(lead)
        self.practice.picture(lead, "log-of-a-note")
        for words in (["verdicts", "--measure", "phq-9", "--csv", "--clinic", NAME], ["keys"]):
            assert "nightingale" not in self.practice.flask(*words)

    def is_found_in_no_file(self) -> None:
        """Nor in any file of the instance, nor in any column of its database."""
        looked = [file for file in sorted(self.practice.folder.rglob("*")) if file.is_file()]
        assert len(looked) > 1
        for file in looked:
            assert b"nightingale" not in file.read_bytes(), file
        with self.practice.app.app_context(), db.engine.connect() as connection:
            there = MetaData()
            there.reflect(connection)
            dumped = 0
            for table in there.sorted_tables:
                columns = ", ".join(f'"{column.name}"' for column in table.columns)
                for row in connection.execute(text(f'SELECT {columns} FROM "{table.name}"')):
                    dumped += 1
                    for value in row:
                        raw = bytes(value) if isinstance(value, bytes) else str(value).encode()
                        assert b"nightingale" not in raw, table.name
            assert dumped > 50

    def is_read_by_a_supervisor_who_is_named(self) -> None:
        """A therapist who is not on the care team, from the moment on at which the author names them."""
        sol = self.practice.staff("sol")
        sol.open(self.note)
        assert sol.refused == 404
        self.ada.open(self.note)
        self.ada.press("Name a supervisor")
        self.ada.pick("Supervisor", "Sol")
        self.ada.press("Save")
        sol.open(self.note)
        assert CANARY in sol.words
        assert ADDED in sol.words
        self.practice.picture(sol, "note-for-a-supervisor")
        sol.open(self.record)
        assert sol.refused == 404
        self.others["sol"] = sol

    def is_read_while_and_after_the_keys_are_turned(self) -> None:
        """New keys while the workers go on: all is read, and signed as it was; then the old one goes."""
        assert "record key 1" in self.practice.flask("keys")
        told = self.practice.flask("keys", "rotate")
        self.everything_is_read()
        left = re.findall(r"^(\w+) key 1: (\d+) values sealed, not needed$", told, re.MULTILINE)
        assert {ring for ring, _ in left} == {"record", "psychotherapy"}, told
        assert {count for _, count in left} == {"0"}, told
        ada = self.ada
        ada.open(self.note)
        ada.press("Write an addendum")
        ada.fill("Why it is added now", "After the turn.")
        ada.fill("Text", f"{ADDED} again.")
        ada.press("Save")
        start = self.practice.on(self.opened_on + 8 * DAY, 10)
        self.practice.on(self.opened_on + 8 * DAY, 12)
        talks.begin_integration(ada, self.record, start)
        ada.fill("Insights, in the patient’s words", "New words under a new key.")
        ada.press("Save")
        written = talks.saved(ada)
        later = datetime.now(UTC) + timedelta(hours=2)
        for ring in ("record", "psychotherapy"):
            assert "dropped" in self.practice.flask("keys", "drop", "1", "--ring", ring, at=later)
        assert "key 1:" not in self.practice.flask("keys")
        self.everything_is_read()
        ada.open(written)
        assert "New words under a new key." in ada.words
        ada.open(self.note)
        assert f"{ADDED} again." in ada.words
        self.is_found_in_no_file()

    def everything_is_read(self) -> None:
        """By its author, its supervisor, the team and the patient; what was signed is what was signed."""
        ada, sol, patient = self.ada, self.others["sol"], self.others["patient"]
        for window in (ada, sol):
            window.open(self.note)
            assert CANARY in window.words
            assert "no longer what was signed" not in window.words
        for window in (ada, self.others["ben"]):
            window.open(self.talk)
            assert self.insight in window.words
            assert "no longer what was signed" not in window.words
            window.open(f"{self.dose}/dosing")
            assert self.narrative in window.words
        patient.open(f"/my{self.talk}")
        assert self.insight in patient.words


def hidden(window: Window) -> None:
    """No word of the note is anywhere on the page."""
    assert "nightingale" not in window.page.content()


def test_a_group_and_a_room(practice: Practice) -> None:
    """Two patients in one room are logged once; the theme is found in one's own care alone; a room is taken."""
    day = MONDAY + 24 * WEEK
    for code in ("K-04", "K-05"):
        practice.admit(code, day)
    start = practice.on(day, 10)
    practice.on(day, 12)
    ada, ben, lead = (practice.staff(who) for who in ("ada", "ben", "lead"))
    ada.open("/patients")
    ada.press("Log a group session")
    ada.tick("Who was there", "K-04", "K-05")
    ada.fill("Start", talks.wall(start))
    ada.fill("Length", "90")
    ada.tick("Topic", "Shame")
    ada.fill("Shared note", "We sat in a circle and spoke of being seen.")
    practice.picture(ada, "group")
    ada.press("Save for each")
    for window, number in ((ada, 2), (ben, 0), (lead, 2)):
        window.open("/sessions")
        window.pick("Theme", "Shame")
        window.press("Find")
        assert window.page.locator("tbody tr").count() == number
    practice.picture(ada, "found-by-theme")
    ada.open("/sessions?theme=shame")
    with ada.page.expect_navigation():
        ada.page.locator("tbody th a").first.click()
    assert "spoke of being seen" in ada.words
    assert sum(code in ada.page.content() for code in ("K-04", "K-05")) == 1
    a_room_is_taken(practice, lead, ada, day)


def a_room_is_taken(practice: Practice, lead: Window, ada: Window, day: date) -> None:
    """Booked twice for the same hour, therapist and room are told of; it is booked once that was seen."""
    lead.open("/rooms")
    lead.fill("Name", "Room by the garden")
    lead.press("Add it")
    at = datetime.combine(day + DAY, datetime.min.time()).replace(hour=10)
    for code, taken in (("K-04", False), ("K-05", True)):
        ada.open("/patients")
        with ada.page.expect_navigation():
            ada.page.get_by_role("link", name=re.compile(code)).first.click()
        ada.press("Book a session")
        ada.fill("Start", talks.wall(at))
        ada.pick("Room", "Room by the garden")
        ada.press("Book it")
        if taken:
            assert "Room by the garden is taken by somebody else from 10:00 to 10:50." in ada.words
            assert "You have another session from 10:00 to 10:50." in ada.words
            assert "K-04" not in ada.words
            practice.picture(ada, "room-is-taken")
            ada.field("Book it all the same").check()
            ada.press("Book it")
        assert "Booked: integration session on" in ada.page.inner_text("body")
    practice.on(day + DAY, 9)
    ada.open("/day")
    expect(talks.line(ada, "sessions", "K-05")).to_contain_text("Overlaps")
    practice.picture(ada, "day-overlaps")
