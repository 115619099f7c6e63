"""The drawing of the vital signs of a session."""

from kap.charts.vitals import Dose, Signs, vitals

READ = [Signs(-10, 124, 77, 69), Signs(12, 163, 99, 88), Signs(40, None, None, 80)]


def test_one_reading_makes_no_drawing() -> None:
    assert vitals(READ[:1], [Dose(0, "50 mg")], width=340) is None
    assert vitals([READ[0], Signs(5, None, None, None)], [], width=340) is None


def test_what_was_read_before_stands_left_of_the_dose() -> None:
    drawn = vitals(READ, [Dose(0, "50 mg")], width=760)
    assert drawn is not None
    (dose,) = drawn.doses
    before, during, after = (dot.x for dot in drawn.heart_dots)
    assert before < dose.x < during < after < drawn.right
    assert len(drawn.pressure_dots) == 4
    assert "0" in [minute.text for minute in drawn.minutes]


def test_a_label_without_room_is_left_out() -> None:
    drawn = vitals(READ, [Dose(0, "40 mg"), Dose(1, "10 mg")], width=340)
    assert drawn is not None
    assert len(drawn.doses) == 2
    assert [label.text for label in drawn.labels] == ["10 mg"]


def test_a_session_without_a_dose_is_drawn_too() -> None:
    drawn = vitals(READ, [], width=340)
    assert drawn is not None
    assert (drawn.doses, drawn.labels) == ((), ())
