"""Dosing sessions as they are logged in the room, on phones: four routes, a dose that is held, and an emergency.

Each is gone through from the eligibility to the after-care by a nurse and a therapist, who sign one part each. The
patient reads what they were given, and nothing of what was overridden or of the drug log.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from kap.access.roles import Role
from kap.core import clock
from kap.people.actions import accept, add_patient, invite, join_care_team, set_up_clinic
from kap.people.models import Clinic, Patient, User
from kap.stock.queries import lots_at_hand, unaccounted, unwitnessed
from kap.treatment.actions import open_course
from kap.treatment.models import Condition
from tests.main_job import bedside
from tests.main_job.bedside import ESKETAMINE
from tests.main_job.days import MONDAY, PASSWORD, ZONE, Week
from tests.main_job.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("stage", ["sqlite"], indirect=True)]

TUESDAY = MONDAY + timedelta(days=1)
CODE, LOT, SAFE = "D-01", "L-4711", "Safe in room 2"
OVERRIDE = "Her usual pressure, weighed with her."
DOSED = datetime.combine(MONDAY, time(10, 30), ZoneInfo(ZONE))


@dataclass(frozen=True)
class Product:
    """What the clinic has of a drug."""

    name: str
    substance: str
    unit: str
    mg: str = ""
    strength: tuple[str, str] = ("", "")
    units: str = "10"


VIAL = Product("Ketamine 50 mg/mL", "Ketamine", "Vial", strength=("50", "10"))


@dataclass(frozen=True)
class Dose:
    """Where the routes differ: what is used and planned, for how long somebody stays, and what is told and left."""

    route: str
    product: Product
    planned: str
    minutes: int
    told: str
    left: Decimal
    consents: tuple[str, ...] = ("Treatment", "Psychotherapy")


LOZENGE = Dose(
    "Sublingual lozenge",
    Product("Ketamine lozenge", "Ketamine", "Lozenge or troche", mg="100"),
    "200",
    100,
    "200 mg of ketamine as a lozenge under the tongue",
    Decimal(800),
)
IM = Dose("IM injection", VIAL, "50", 95, "50 mg of ketamine as an injection into a muscle", Decimal(4940))
INFUSION = Dose("IV infusion", VIAL, "40", 130, "50 mg of ketamine through a drip into a vein", Decimal(4950))
SPRAY = Dose(
    ESKETAMINE,
    Product("Esketamine spray", "Esketamine", "Nasal spray device", mg="28"),
    "56",
    130,
    "56 mg of esketamine as a nasal spray",
    Decimal(224),
    ("Treatment", "Psychotherapy", "REMS"),
)


class Room:
    """A clinic with one patient, and the phones of the nurse, the therapist and the patient."""

    def __init__(self, week: Week) -> None:
        self.week = week
        week.on(MONDAY, 9)
        with week.app.app_context(), clock.at(week.now):
            self.clinic, self.record = _people()
        self.nurse, self.therapist, self.patient = (self.phone(who) for who in ("noor", "ada", "patient"))
        self.session = ""

    def phone(self, who: str) -> Window:
        """The phone of somebody who is signed in."""
        return self.week.window(phone=True).sign_in(f"{who}@example.org", PASSWORD)

    def after(self, minutes: int) -> datetime:
        """Let it be so many minutes after the dose."""
        self.week.now = DOSED + timedelta(minutes=minutes)
        return self.week.now

    def open_giving(self, dose: Dose, mg: str) -> None:
        """The page of the dose, with what every route asks."""
        nurse = self.nurse
        nurse.open(f"{self.session}/administration")
        nurse.choose("Route", dose.route)
        nurse.fill("Given at", bedside.wall(DOSED))
        nurse.fill("Amount", mg)
        nurse.fill("Weight", "80")
        nurse.pick("From the drug log", dose.product.name)

    def picture(self, window: Window, name: str) -> None:
        """A picture of a phone, where pictures are wanted."""
        self.week.picture(window, name)

    def balance(self) -> Decimal:
        """What the one lot holds by the log, in mg; nothing of it may wait for an explanation or for a witness."""
        with self.week.app.app_context():
            assert unaccounted(self.clinic) == []
            assert unwitnessed(self.clinic) == []
            (at,) = lots_at_hand(self.clinic)
            return at.balance_mg


@pytest.fixture
def room(week: Week) -> Room:
    """Before the patient comes."""
    return Room(week)


def _people() -> tuple[UUID, str]:
    clinic = set_up_clinic(name="Bay Clinic", zone=ZONE, country="GB")
    ada, noor = _joins(clinic, "Ada Moss", "ada", Role.THERAPIST), _joins(clinic, "Noor Haddad", "noor", Role.MEDICAL)
    patient = add_patient(code=CODE, by=ada)
    join_care_team(patient, noor, by=ada)
    _joins(clinic, "Wren", "patient", Role.PATIENT, patient, ada)
    open_course(patient, condition=Condition.DEPRESSION, primary_measure="phq-9", opened_on=MONDAY, by=ada)
    return clinic.id, f"/patients/{patient.id}"


def _joins(
    clinic: Clinic, name: str, who: str, role: Role, patient: Patient | None = None, by: User | None = None
) -> User:
    email = f"{who}@example.org"
    _, token = invite(clinic=clinic, roles=frozenset({role}), email=email, patient=patient, by=by)
    return accept(token, name=name, email=email, password=PASSWORD)


def stock_up(nurse: Window, product: Product) -> None:
    """A place, a product and a lot, on the pages of the drug log."""
    nurse.open("/stock")
    nurse.press("Set-up")
    nurse.press("New place")
    nurse.fill("Name", SAFE)
    nurse.press("Add the place")
    nurse.press("New product")
    nurse.fill("Name", product.name)
    nurse.pick("Substance", product.substance)
    nurse.pick("One unit is a", product.unit)
    nurse.fill("One unit holds, in mg", product.mg)
    nurse.fill("mg/mL", product.strength[0])
    nurse.fill("mL in one unit", product.strength[1])
    nurse.press("Add the product")
    nurse.open("/stock")
    nurse.press("Receive")
    nurse.pick("Product", product.name)
    nurse.pick("Into", SAFE)
    nurse.fill("Lot number", LOT)
    nurse.fill("Expires on", "2028-06-30")
    nurse.fill("Amount", product.units)
    nurse.press("Enter what came")


def prepare(room: Room, dose: Dose, *pressure: int) -> None:
    """Eligibility, consent, all that is asked before a dose, and a first reading."""
    nurse, therapist = room.nurse, room.therapist
    stock_up(nurse, dose.product)
    room.after(-40)
    room.session = bedside.begin(nurse, room.record)
    bedside.check_eligibility(nurse, room.session, dose.route, room.week.now)
    room.picture(nurse, "screening")
    bedside.agree(therapist, room.session, *dose.consents)
    bedside.make_ready(nurse, room.session, dose.route, dose.planned, room.week.now)
    room.after(-15)
    nurse.open(f"{room.session}/decision")
    assert "There is no blood pressure from before the dose." in nurse.words
    nurse.press("Take the vital signs")
    bedside.read(nurse, *pressure)


def go(room: Room) -> None:
    """A go past a raised blood pressure, which has to be explained, and on to the dose."""
    nurse = room.nurse
    bedside.answer(nurse, "Reassured")
    room.picture(nurse, "room-before")
    room.after(-5)
    nurse.press("Go or no-go")
    bedside.decide(nurse, "Go")
    assert "reason" in nurse.words
    room.picture(nurse, "reason-wanted")
    bedside.decide(nurse, "Go", OVERRIDE)
    assert nurse.path == f"{room.session}/administration"
    room.after(1)


def take_lozenges(room: Room) -> None:
    """Two lozenges, held in the mouth and swallowed, before the eyes of the nurse."""
    nurse = room.nurse
    room.open_giving(LOZENGE, "200")
    nurse.fill("Tablets or lozenges", "2")
    nurse.fill("Strength of each", "100")
    nurse.fill("Held in the mouth for", "12")
    nurse.pick("What was left in the mouth", "Swallowed")
    nurse.choose("How it was given", "Taken by the patient, observed")
    room.picture(nurse, "lozenge")
    nurse.press("Save what was given")


def inject(room: Room) -> None:
    """Into the deltoid; what was drawn up too much is wasted, and the therapist has seen it."""
    nurse = room.nurse
    room.open_giving(IM, "50")
    nurse.fill("Site", "Left deltoid")
    nurse.choose("How it was given", "Given by staff")
    nurse.pick("Second check by", "Ada")
    nurse.fill("Drawn up", "60")
    nurse.fill("Wasted", "10")
    nurse.pick("Waste seen by", "Ada")
    room.picture(nurse, "injection")
    nurse.press("Save what was given")
    nurse.open("/stock")
    assert "Waits for witness" in nurse.words
    room.picture(nurse, "waste-waits")
    room.therapist.open("/due")
    room.picture(room.therapist, "due")
    room.therapist.press("Wastes to witness")
    room.picture(room.therapist, "to-witness")
    room.therapist.press("I saw it wasted", about="10 mg")
    assert "Nothing waits for you" in room.therapist.words
    nurse.open(f"{room.session}/administration")


def infuse(room: Room) -> None:
    """The therapist types mg/kg where mg belong and is asked; the nurse writes down what it was. Then a booster."""
    nurse, therapist = room.nurse, room.therapist
    therapist.open(f"{room.session}/administration")
    therapist.choose("Route", "IV infusion")
    therapist.fill("Amount", "0.5")
    therapist.fill("Weight", "80")
    therapist.choose("How it was given", "Reported, not seen")
    therapist.press("Save what was given")
    assert "Is this the dose in mg/kg?" in therapist.words
    assert "A prescriber or nurse has to confirm this" in therapist.words
    assert therapist.field("This was really given").count() == 0
    room.picture(therapist, "wrong-unit")
    room.open_giving(INFUSION, "")
    nurse.fill("or by weight", "0.5")
    nurse.fill("Planned length", "40")
    nurse.choose("How it was given", "Given by staff")
    nurse.press("Save what was given")
    assert "Written down: 40 mg at 10:30" in nurse.words
    room.picture(nurse, "infusion")
    room.after(40)
    nurse.press("Rate, pause, end", about="of 40 mg")
    nurse.choose("What happened", "It ended")
    room.picture(nurse, "infusion-ends")
    nurse.press("Save")
    room.after(50)
    nurse.fill("Amount", "10")
    room.picture(nurse, "booster")
    nurse.press("Save what was given")
    assert "50 mg in all" in nurse.words


def spray(room: Room) -> None:
    """Two devices, five minutes apart."""
    nurse = room.nurse
    room.after(6)
    room.open_giving(SPRAY, "56")
    nurse.fill("First device", "10:30")
    nurse.fill("Second device", "10:35")
    nurse.choose("How it was given", "Taken by the patient, observed")
    nurse.press("Save what was given")
    assert "This is unusual" in nurse.words
    room.picture(nurse, "spray-reason-wanted")
    nurse.fill("Why was it given so?", OVERRIDE)
    nurse.press("Save what was given")


SCENES: dict[str, tuple[Dose, Callable[[Room], None]]] = {
    "lozenge": (LOZENGE, take_lozenges),
    "im": (IM, inject),
    "infusion": (INFUSION, infuse),
    "esketamine": (SPRAY, spray),
}


@pytest.mark.parametrize("scene", SCENES)
def test_a_dose_from_the_eligibility_to_the_after_care(room: Room, scene: str) -> None:
    dose, give = SCENES[scene]
    prepare(room, dose, 144, 88, 72, 98)
    if scene == "im":
        two_people_write_the_same(room)
    go(room)
    give(room)
    room.picture(room.nurse, "given")
    watch(room)
    left = room.after(dose.minutes)
    bedside.discharge(room.nurse, room.session, left, rems=dose is SPRAY)
    room.picture(room.nurse, "discharged")
    bedside.tell_experience(room.therapist, room.session)
    bedside.after_care(room.therapist, room.session, left + timedelta(days=2))
    sign_both(room)
    if scene == "im":
        something_is_added(room)
    room.after(25 * 60)
    bedside.call(room.therapist, CODE)
    if scene == "esketamine":
        the_form_is_sent(room)
    the_rail_is_done(room)
    the_log_balances(room, dose)
    the_patient_reads(room, dose)


def two_people_write_the_same(room: Room) -> None:
    """The second of two who save the same sheet meets both versions, and nothing of either is lost."""
    nurse, therapist = room.nurse, room.therapist
    came_from = nurse.path
    for window in (nurse, therapist):
        window.open(f"{room.session}/sheets/before")
    therapist.fill("Escort", "Her brother")
    therapist.press("Save")
    nurse.fill("Escort", "Her neighbour")
    nurse.fill("Mental state", "Calm, a little afraid.")
    nurse.press("Save")
    assert nurse.refused == 409
    for words in ("Her brother", "Her neighbour", "Calm, a little afraid.", "Yours, not saved yet", "Stored now"):
        assert words in nurse.words
    room.picture(nurse, "both-versions")
    nurse.press("Save mine instead")
    assert "and complete" in nurse.words
    assert nurse.field("Escort").input_value() == "Her neighbour"
    assert nurse.field("Mental state").input_value() == "Calm, a little afraid."
    nurse.open(came_from)


def something_is_added(room: Room) -> None:
    """What is signed is read only; the therapist adds to it, and it stands beside it with its reason."""
    therapist = room.therapist
    therapist.open(f"{room.session}/sheets/experience")
    assert "This part is signed" in therapist.words
    therapist.press("Write an addendum")
    therapist.choose("To which part?", "Therapy")
    therapist.choose("What is it?", "Addendum")
    therapist.fill("Why it is added now", "She told it at the door.")
    therapist.fill("Text", "The stone was her father's.")
    therapist.press("Save")
    for words in ("The stone was her father's.", "She told it at the door.", "The stone rolled by itself."):
        assert words in therapist.words
    room.picture(therapist, "addendum")


def the_form_is_sent(room: Room) -> None:
    """The REMS form is on the list of those that are due until somebody says that it was sent."""
    nurse = room.nurse
    nurse.open("/rems")
    assert "15 June 2026" in nurse.words
    room.picture(nurse, "forms-due")
    nurse.press(CODE, about=", session of 8 June 2026")
    for label, value in (("Dose", "56"), ("Lot numbers", LOT), ("Systolic, before", "144")):
        assert nurse.field(label).input_value() == value
    room.picture(nurse, "form")
    nurse.press("I have sent it")
    nurse.choose("How", "By fax")
    nurse.fill("Confirmation or reason", "F-12")
    nurse.press("Save")
    nurse.open("/rems")
    assert "F-12" in nurse.words


def the_rail_is_done(room: Room) -> None:
    """Nothing is missing in any phase."""
    room.therapist.open(f"{room.session}/dosing")
    assert set(room.therapist.page.locator(".phases small").all_inner_texts()) == {"Done"}


def watch(room: Room) -> None:
    """Two people write down what happens, and both see all of it."""
    nurse, therapist = room.nurse, room.therapist
    nurse.press("To the room")
    room.after(60)
    therapist.open(f"{room.session}/room")
    expect(nurse.page.locator("[data-since]")).to_have_text(re.compile(r"^1:0\d:"))
    bedside.read(nurse, 138, 86, 78, 97)
    bedside.tap(therapist, "Words", "Save", words="It is so wide here.")
    bedside.tap(therapist, "Observation", "Eyes closed, quiet")
    bedside.tap(nurse, "Dissociation", "6")
    bedside.tap(nurse, "Adverse event", "Mild", choice="Nausea")
    for window in (nurse, therapist):
        for words in ("138/86", "It is so wide here.", "Nausea"):
            expect(window.page.locator(".room-log")).to_contain_text(words)
    room.after(85)
    nurse.open(f"{room.session}/room")
    bedside.read(nurse, 126, 80, 70, 98)
    expect(nurse.page.locator(".room-log li", has_text="126/80")).to_contain_text("11:55")
    room.picture(nurse, "room")


def sign_both(room: Room) -> None:
    """The nurse signs the administration, the therapist the therapy; neither may sign for the other."""
    for window, part, other in (
        (room.nurse, "administration", "therapy"),
        (room.therapist, "therapy", "administration"),
    ):
        window.open(f"{room.session}/dosing")
        assert window.page.get_by_role("link", name=f"Read and sign the {other} part").count() == 0
        bedside.sign(window, part)
    room.picture(room.therapist, "signed")
    assert "Draft" not in room.therapist.words


def the_log_balances(room: Room, dose: Dose) -> None:
    """Opening, what came and what went, and closing; on the page and in the database."""
    assert room.balance() == dose.left
    room.nurse.open("/stock/log")
    room.picture(room.nurse, "log-by-date")
    sums = room.nurse.page.locator("#sums tbody td").all_inner_texts()
    opening, received, drawn, _, _, other, closing = (Decimal(text.replace(",", "") or 0) for text in sums)
    assert opening + received - drawn + other == closing == dose.left


def the_patient_reads(room: Room, dose: Dose) -> None:
    """When, how, how much and how the body was; nothing of what was overridden, and nothing of the drug log."""
    phone = room.patient
    phone.open(f"{room.session}/dosing")
    assert phone.refused == 403
    read_own_session(room)
    assert "8 June 2026" in phone.words
    assert dose.told in phone.words
    assert "Your blood pressure was 144/88 before, at most 138/86 afterwards and 126/80 at the end." in phone.words
    assert "Your heart beat between 70 and 78 times a minute." in phone.words
    for hidden in (OVERRIDE, LOT, SAFE, dose.product.name, "wasted", "Nausea", "sister"):
        assert hidden not in phone.page.content()


def read_own_session(room: Room) -> None:
    """The patient comes to the session from their own page."""
    phone = room.patient
    phone.open("/my")
    with phone.page.expect_navigation():
        phone.touch(phone.page.locator("a[href^='/my/sessions/']").first)
    room.picture(phone, "my-session")


def test_a_dose_that_is_held(room: Room) -> None:
    """162/98: the therapist cannot go past it, the nurse holds, and both sign; to the patient nothing was given."""
    nurse, therapist = room.nurse, room.therapist
    prepare(room, IM, 162, 98, 84, 98)
    expect(nurse.page.locator(".alarm.is-urgent")).to_contain_text("this clinic holds from 160/100 on")
    therapist.open(f"{room.session}/decision")
    assert "Blood pressure 162/98 mmHg: this clinic holds from 160/100 on." in therapist.words
    therapist.pick("Decided by", "Noor")
    bedside.decide(therapist, "Go", "She feels fine.")
    room.picture(therapist, "may-not-go")
    assert "Not decided yet" in therapist.words
    bedside.answer(nurse, "Prescriber called")
    nurse.press("Go or no-go")
    bedside.decide(nurse, "No-go: hold the dose back", "162/98 after ten minutes of rest.")
    room.picture(nurse, "held")
    assert "Held back." in nurse.words
    assert "Let the patient rest and take it again" in nurse.words
    sign_both(room)
    assert "162/98 after ten minutes of rest." in therapist.words
    assert room.balance() == 5000
    room.patient.open("/my")
    assert room.patient.page.locator("a[href^='/my/sessions/']").count() == 0


def test_an_emergency(room: Room) -> None:
    """Far too high a pressure after the dose: what was done, a serious event, and the handing over to an ambulance."""
    nurse = room.nurse
    prepare(room, IM, 128, 80, 72, 98)
    nurse.press("Go or no-go")
    bedside.decide(nurse, "Go")
    room.after(1)
    room.open_giving(IM, "50")
    nurse.choose("How it was given", "Given by staff")
    nurse.press("Save what was given")
    room.after(15)
    nurse.press("To the room")
    bedside.read(nurse, 212, 124, 118, 94)
    alarm = nurse.page.locator(".alarm.is-urgent")
    expect(alarm).to_contain_text("212/124 mmHg is very high")
    room.picture(nurse, "alarm")
    bedside.answer(nurse, "Prescriber called", "Emergency services called", words="Labetalol ready.")
    expect(alarm).to_have_count(0)
    room.after(20)
    nurse.open(f"{room.session}/room")
    bedside.read(nurse, 204, 120, 110, 95)
    bedside.answer(nurse, "Transferred")
    room.picture(nurse, "transferred")
    nurse.press("Adverse events")
    nurse.pick("What happened", "Raised blood pressure")
    nurse.choose("How bad", "Severe")
    nurse.choose("Was it serious?", "Yes")
    nurse.tick("It was serious because of", "Hospital stay, or a longer one")
    room.picture(nurse, "event")
    nurse.press("Save the event")
    assert "Serious" in nurse.words
    room.picture(nurse, "events")
    room.after(25)
    nurse.open(f"{room.session}/sheets/discharge")
    for check in bedside.CHECKS:
        nurse.choose(check, "No" if check == "Vital signs stable" else "Yes")
    nurse.choose("How it ended", "Transferred to emergency care")
    nurse.fill("Left at", "10:55")
    nurse.fill("Handed over to", "Ambulance 12")
    nurse.fill("What was handed over", "The readings, on paper.")
    nurse.pick("Stable and ready to leave, decided by", "Noor")
    nurse.press("Save")
    for words in ("Observed for 25 minutes of 60.", "Not so: Vital signs stable", "still missing: Why"):
        assert words in nurse.words
    room.picture(nurse, "falls-short")
    nurse.fill("Why, where something above falls short", "An emergency.")
    nurse.press("Save")
    assert "and complete" in nurse.words
    bedside.tell_experience(room.therapist, room.session)
    sign_both(room)
    assert "Ambulance 12" in room.therapist.words
    assert room.balance() == 4950
    read_own_session(room)
    assert IM.told in room.patient.words
    assert "Ambulance" not in room.patient.words
