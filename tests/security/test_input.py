"""Attacks by what is typed and sent: nothing of it fails, nothing is dropped without a word."""

import re
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from tests.browser import Browser
from tests.cast import Cast

SignIn = Callable[[str | None], Browser]

LONG_NUMBER = "9" * 5000
"""More digits than Python reads as a number."""


@pytest.fixture
def therapist(browser_of: SignIn) -> Browser:
    """The therapist of the patient, signed in."""
    return browser_of("therapist")


@pytest.fixture
def patient_page(cast: Cast) -> str:
    """The page of the patient."""
    return f"/patients/{cast['patient']}"


def sent_to(browser: Browser, url: str, typed: dict[str, str]) -> int:
    """What the form of this page answers to what is typed into it."""
    browser.get(url)
    url, sent = browser.ready(**typed)
    # A field of the form is called `status`, as what `ready` is not asked for.
    return browser.client.post(url, data=sent).status_code


@pytest.mark.parametrize("kind", ["dosing", "preparation", "integration"])
def test_times_at_the_ends_of_the_calendar(therapist: Browser, patient_page: str, kind: str) -> None:
    typed = {
        "dosing": {"dosed_at": "12:00", "vital_signs-0-at": "23:59", "vital_signs-0-systolic": "120"},
    }.get(kind, {"minutes": "1440"})
    for when in (
        "0001-01-01T00:00",
        "0001-01-01T00:30",
        "1850-01-01T00:00",
        "2026-03-29T02:30",
        "2300-01-01T00:00",
        "9999-12-30T00:00",
        "9999-12-31T23:59",
    ):
        for status in ("took_place", "planned", "cancelled"):
            url = f"{patient_page}/sessions/new?kind={kind}&status={status}"
            assert sent_to(therapist, url, {"starts_at": when, **typed}) == 200, (when, status)


def test_days_at_the_ends_of_the_calendar(therapist: Browser, cast: Cast) -> None:
    therapist.get("/patients/new")
    url, sent = therapist.ready(code="Q")
    new = therapist.client.post(url, data=sent).headers["Location"]
    answers = {f"q{number}": "1" for number in range(1, 11)}
    for day in ("0001-01-01", "0001-01-02", "1582-10-10", "1899-12-31", "9999-12-31", "10000-01-01", "2026-02-30", "x"):
        for url, typed in (
            ("/patients/new", {"code": "X", "birth_date": day}),
            (f"/courses/{cast['course']}/end", {"ended_on": day}),
            (f"{new}/courses/new", {"opened_on": day}),
            (f"{new}/measures/phq-9", {"taken_on": day, **answers}),
        ):
            assert sent_to(therapist, url, typed) == 200, (url, day)


@pytest.mark.parametrize("rows", ["vital_signs-{}-at", "adverse_events-{}-words"])
def test_rows_that_no_page_numbers(therapist: Browser, patient_page: str, rows: str) -> None:
    for index in ("999999", LONG_NUMBER, "²", "٣", "-1", "1e3", "", "0-0", "__i__"):
        therapist.get(f"{patient_page}/sessions/new?kind=dosing")
        url, sent = therapist.ready()
        sent[rows.format(index)] = ["12:00"]
        assert therapist.client.post(url, data=sent).status_code in (200, 302), index


@pytest.mark.parametrize(("number", "kept"), [(95, True), (96, True), (97, False), (100, False), (1000, False)])
def test_of_too_many_events_none_is_dropped(therapist: Browser, patient_page: str, number: int, kept: bool) -> None:
    therapist.get(f"{patient_page}/sessions/new?kind=dosing")
    url, sent = therapist.ready(starts_at="2026-03-17T10:00")
    for n in range(number):
        sent[f"adverse_events-{n + 4}-words"] = [f"event {n}"]
        sent[f"adverse_events-{n + 4}-severity"] = ["mild"]
        sent[f"adverse_events-{n + 4}-term"] = ["other"]
    answer = therapist.client.post(url, data=sent)
    assert answer.status_code == (302 if kept else 200)
    if kept:
        shown = therapist.get(answer.headers["Location"]).text
        assert len(set(re.findall("event [0-9]+", shown))) == number
        therapist.get(answer.headers["Location"] + "/edit")


@pytest.mark.parametrize(("number", "kept"), [(199, True), (200, True), (201, False)])
def test_of_too_many_readings_none_is_dropped(therapist: Browser, patient_page: str, number: int, kept: bool) -> None:
    therapist.get(f"{patient_page}/sessions/new?kind=dosing")
    url, sent = therapist.ready(starts_at="2026-03-17T10:00")
    for n in range(number):
        sent[f"vital_signs-{n}-at"] = [f"{11 + n // 60}:{n % 60:02}"]
        sent[f"vital_signs-{n}-systolic"] = ["120"]
    sent["status"] = ["planned"]
    answer = therapist.client.post(url, data=sent)
    assert answer.status_code == (302 if kept else 200)
    if kept:
        assert therapist.get(answer.headers["Location"]).text.count("120/–") == number
        therapist.get(answer.headers["Location"] + "/edit")


def test_numbers_that_are_none(therapist: Browser, cast: Cast, patient_page: str) -> None:
    for number in ("nan", "inf", "-inf", "Infinity", "1e400", "1e5", "-1", LONG_NUMBER, "1_000", "²", "0x10", "1.999"):
        answers = {f"q{item}": number for item in range(1, 11)}
        for url, typed in (
            (
                f"{patient_page}/sessions/new?kind=dosing",
                {"dose_mg": number, "weight_kg": number, "vital_signs-0-systolic": number, "vital_signs-0-at": "11:00"},
            ),
            (f"/courses/{cast['course']}/edit", {"planned_doses": number}),
            (f"{patient_page}/measures/phq-9", {"taken_on": "2026-03-10", **answers}),
        ):
            assert sent_to(therapist, url, typed) == 200, (url, number)
        assert sent_to(therapist, f"/courses/{cast['course']}/edit", {"version": number}) in (200, 302, 409), number


def test_questions_in_the_address(therapist: Browser, browser_of: SignIn, cast: Cast, patient_page: str) -> None:
    patient = browser_of("patient account")
    for value in ("-1", "0", LONG_NUMBER, "x", "²", "1&page=2", "%00", "1e9"):
        for browser, path in (
            (therapist, "/patients?page={0}"),
            (patient, f"/my/answers/{cast['begun']}?page={{0}}"),
            (patient, f"/my/answers/{cast['begun']}/support?page={{0}}"),
            (patient, "/my?measure={0}&course={0}&span={0}"),
            (therapist, patient_page + "?measure={0}&course={0}&span={0}"),
            (therapist, patient_page + "/sessions/new?kind={0}"),
            (therapist, patient_page + "/sessions/new?kind=dosing&status={0}"),
            (therapist, f"/sessions/{cast['dosing']}/edit?status={{0}}"),
        ):
            browser.get(path.format(value))


HTML = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"


@pytest.mark.parametrize(
    "text",
    ["x" * 100_000, "\U0001f9e0\u202eRTL\u200b\ufeff" * 100, HTML, "a\0b", "\x1b[31m", "a\u0308" * 30_000, " ", "\r\n"],
)
@pytest.mark.parametrize("kind", ["dosing", "integration"])
def test_texts_are_shown_as_they_are(therapist: Browser, patient_page: str, kind: str, text: str) -> None:
    """On the page of the session, and in the form of a talk session; a dose that has begun has none."""
    therapist.get(f"{patient_page}/sessions/new?kind={kind}")
    url, sent = therapist.ready(starts_at="2026-03-17T10:00")
    lines = ["status_reason", *(["left_with", "adverse_events-4-words"] if kind == "dosing" else ["themes"])]
    sent |= {name: [text] for name in ("intention", "narrative")} | {name: [text[:150]] for name in lines}
    sent |= {"discharge": [text], "adverse_events-4-severity": ["mild"]} if kind == "dosing" else {}
    page = therapist.send(url, sent, status=200)
    path = page.response.request.path
    kept = not path.endswith("/new")
    assert kept or text in ("a\0b", "\x1b[31m") or not text.strip()
    for shown in (page, therapist.get(path.removesuffix("/dosing") + "/edit")) if kept else (page,):
        assert "<script>alert" not in shown.text
        assert "<img src=x" not in shown.text
        assert "{{7*7}}" in shown.text or "{{" not in text
    assert "x" * 100_000 in page.text or text[0] != "x"


def test_a_text_that_is_too_long_stays_on_the_page(therapist: Browser, patient_page: str) -> None:
    therapist.get(f"{patient_page}/sessions/new?kind=dosing")
    assert "x" * 100_001 in therapist.fill(narrative="x" * 100_001, status=200).text


def test_far_too_many_fields_take_no_time(therapist: Browser, patient_page: str) -> None:
    therapist.get(f"{patient_page}/sessions/new?kind=dosing")
    url, sent = therapist.ready()
    sent |= {f"vital_signs-{n}-at": ["x"] for n in range(50_000)}
    began = time.process_time()
    assert therapist.client.post(url, data=sent).status_code == 200
    assert time.process_time() - began < 10


@pytest.mark.parametrize("json", [{"code": 5}, ["x"], {"code": {"a": 1}}])
def test_json_is_no_form(therapist: Browser, json: Any) -> None:
    therapist.get("/patients/new")
    _, sent = therapist.ready()
    headers = {"X-CSRFToken": sent["csrf_token"][0]}
    assert therapist.client.post("/patients/new", json=json, headers=headers).status_code == 415


def test_a_file_is_no_text(therapist: Browser) -> None:
    therapist.get("/patients/new")
    _, sent = therapist.ready()
    data = {"csrf_token": sent["csrf_token"][0], "code": (BytesIO(b"x"), "x.txt")}
    answer = therapist.client.post("/patients/new", data=data, content_type="multipart/form-data")
    assert answer.status_code == 415


def test_broken_bodies_are_no_forms(therapist: Browser) -> None:
    therapist.get("/patients/new")
    _, sent = therapist.ready()
    token = b"&name=N&csrf_token=" + sent["csrf_token"][0].encode()
    for data in (b"\xff\xfe=%", b"%zz=%00&;&=&", b"code=\xed\xa0\x80", b"code=%ED%A0%80"):
        typed = therapist.client.post(
            "/patients/new", data=data + token, content_type="application/x-www-form-urlencoded"
        )
        assert typed.status_code < 500
    for data in (b"--x\r\n", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n', b"", b"junk"):
        answer = therapist.client.post("/patients/new", data=data, content_type="multipart/form-data; boundary=x")
        assert answer.status_code == 400
