"""`flask setup`, `flask reset-link` and `flask keys`."""

from difflib import get_close_matches

import click
from email_validator import EmailNotValidError, validate_email
from flask.cli import with_appcontext

from kap.access.roles import Role
from kap.config import KEYS
from kap.core.refusal import Refused
from kap.core.sealed import Ring
from kap.ops.actions import prepare_instance
from kap.ops.rotation import drop, kept_rings, rotate, sealed_with
from kap.people import letters
from kap.people.account import make_reset_link
from kap.people.actions import STAFF_LINK_LIVES, invite, set_up_clinic
from kap.people.models import Clinic
from kap.people.queries import clinic_named, clinics, joined, user_by_email
from kap.people.rules import as_address, is_country, zones

LONGEST_NAME = 200


def _name(context: click.Context, parameter: click.Parameter, value: str) -> str:
    name = " ".join(value.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise click.BadParameter(f"a clinic has a name of one line, up to {LONGEST_NAME} characters.")
    return name


def _zone(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if value in zones():
        return value
    near = get_close_matches(value, sorted(zones()), n=3)
    hint = f" Did you mean {' or '.join(near)}?" if near else " Give it like Europe/London or America/New_York."
    raise click.BadParameter(f"{value!r} is no time zone.{hint}")


def _country(context: click.Context, parameter: click.Parameter, value: str) -> str:
    code = value.strip().upper()
    if not is_country(code):
        raise click.BadParameter("give the country as two letters, such as US or GB.")
    return code


def _email(context: click.Context, parameter: click.Parameter, value: str) -> str:
    try:
        return validate_email(value.strip(), check_deliverability=False).normalized
    except EmailNotValidError as fault:
        raise click.BadParameter(f"{value!r} is no e-mail address: {fault}") from None


@click.command("setup")
@click.option("--name", prompt="Name of the clinic", callback=_name)
@click.option("--timezone", prompt="Time zone (like Europe/London)", callback=_zone, help="IANA name.")
@click.option("--country", prompt="Country, for the crisis lines (two letters)", callback=_country)
@click.option("--lead-email", prompt="E-mail address of the first clinic lead", callback=_email)
@with_appcontext
def setup(name: str, timezone: str, country: str, lead_email: str) -> None:
    """Make a clinic, and a link by which its first lead joins."""
    try:
        prepare_instance()
        clinic = _clinic(name, timezone, country)
        _, token = invite(clinic=clinic, roles=frozenset({Role.LEAD}), email=lead_email, by=None)
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    hours = int(STAFF_LINK_LIVES.total_seconds() // 3600)
    click.echo(f"{clinic.name} is set up. Once `make run` serves it, its first lead joins here,")
    click.echo(f"once and within {hours} hours (after that, run this command again for a new link):")
    click.echo(f"\n    {letters.invitation_link(token)}\n")


def _clinic(name: str, zone: str, country: str) -> Clinic:
    """The new clinic; one of that name which nobody has joined is taken up again, for its link may be lost."""
    if any(clinic.synthetic for clinic in clinics()):
        raise Refused(
            "There is a demo in this database, with passwords that were printed. Give the clinic another KAP_INSTANCE."
        )
    there = clinic_named(name)
    if there is None:
        return set_up_clinic(name=name, zone=zone, country=country)
    if joined(there):
        raise Refused(f"There is a clinic named {name} already. Its leads invite people on the page of its users.")
    if (there.zone, there.country) != (zone, country):
        raise Refused(f"{name} is set up already, in {there.zone}, {there.country}. Give the same for a new link.")
    return there


@click.command("reset-link")
@click.argument("email", callback=_email)
@with_appcontext
def reset_link(email: str) -> None:
    """Make a link by which the owner of the account EMAIL sets a new password."""
    user = user_by_email(as_address(email) or "")
    if user is None:
        raise click.ClickException("There is no account with this address.")
    try:
        token = make_reset_link(user, by=None)
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    click.echo("With this link a new password is set, once and within one hour. Hand it to its owner alone:")
    click.echo(f"\n    {letters.reset_link(token)}\n")


KEEP_A_COPY = f"Please keep a new copy of {KEYS} now, apart from the backups. Older backups need the older keys."


def _rings(context: click.Context, parameter: click.Parameter, value: str | None) -> list[Ring]:
    return [Ring[value.upper()]] if value else list(Ring)


_of_ring = click.option(
    "--ring",
    "rings",
    type=click.Choice([ring.name.lower() for ring in Ring]),
    callback=_rings,
    help="One of the key rings; without it, all.",
)


@click.group("keys", invoke_without_command=True)
@click.pass_context
@with_appcontext
def keys(context: click.Context) -> None:
    """Show how many values each key has sealed; turn the key rings."""
    if context.invoked_subcommand is None:
        _show_keys(list(Ring))


def _show_keys(rings: list[Ring]) -> None:
    kept = kept_rings()
    for ring in rings:
        used = sealed_with(ring)
        for number in sorted({*kept[ring].keys, *used}):
            said = "seals now" if number == kept[ring].active else "not needed" if not used[number] else "still needed"
            if number not in kept[ring].keys:
                said = "MISSING: what it has sealed cannot be read"
            click.echo(f"{ring.name.lower()} key {number}: {used[number]} values sealed, {said}")


@keys.command("rotate")
@_of_ring
@with_appcontext
def rotate_keys(rings: list[Ring]) -> None:
    """Make a new key for each ring, and seal all that older keys have sealed with it; run again, it goes on."""
    try:
        new = rotate(rings)
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    for ring in rings:
        if not new[ring]:
            click.echo(f"The {ring.name.lower()} ring was being turned already: gone on with that, without a new key.")
    _show_keys(rings)
    click.echo(KEEP_A_COPY)


@keys.command("drop")
@click.argument("number", type=click.IntRange(1, 255))
@_of_ring
@with_appcontext
def drop_key(number: int, rings: list[Ring]) -> None:
    """Drop key NUMBER, with which nothing is sealed any more. Backups from before still need it."""
    try:
        drop(number, rings)
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    click.echo(f"Key {number} is dropped. {KEEP_A_COPY}")


commands = (setup, reset_link, keys)
