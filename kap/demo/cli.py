"""`flask demo` and `flask demo-accounts`."""

import json
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from kap.access.roles import Role
from kap.core.refusal import Refused
from kap.demo.accounts import FILE, Account, kept_accounts
from kap.demo.load import FEWEST_SCORES, MOST_PATIENTS, load
from kap.demo.play import play
from kap.ops.actions import prepare_instance
from kap.people.queries import clinics


@click.command("demo")
@click.option(
    "--patients", type=click.IntRange(1, MOST_PATIENTS), help="Load a clinic of so many patients instead: for load."
)
@click.option("--scores", type=click.IntRange(FEWEST_SCORES), default=100, show_default=True, help="Of each of them.")
@with_appcontext
def demo(patients: int | None, scores: int) -> None:
    """Fill an empty database with a synthetic clinic, and say how to sign in."""
    try:
        prepare_instance()
        there = clinics()
        if not all(clinic.synthetic for clinic in there):
            raise Refused(
                "There is a real clinic in this database: it is left alone. Give the demo another KAP_INSTANCE."
            )
        if patients:
            load(_instance(), patients=patients, scores=scores)
        elif there:
            click.echo("The demo clinic is there already: its data are kept.")
        else:
            play(_instance())
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    _say_how_to_sign_in(_accounts())


@click.command("demo-accounts")
@with_appcontext
def demo_accounts() -> None:
    """Print the accounts of the demo as JSON."""
    click.echo(json.dumps(_accounts(), indent=1))


def _accounts() -> list[Account]:
    try:
        return kept_accounts(_instance())
    except FileNotFoundError:
        raise click.ClickException(f"{_instance()} has no {FILE}: `flask demo` makes it with the clinic.") from None


def _say_how_to_sign_in(accounts: list[Account]) -> None:
    """The first of each role; the others are many, and their passwords as long."""
    click.echo(f"\nSign in at {current_app.config['KAP_URL']} with one of these:\n")
    first = [account for account in accounts if account["role"] in set(Role)]
    rows = [(Role(account["role"]).label, account["email"], account["password"]) for account in first]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        click.echo("  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    others = sum(account["role"].partition("-")[0] != Role.PATIENT for account in accounts) - (len(first) - 1)
    if others:
        click.echo(f"\n`flask demo-accounts` lists {others} more who work there, and every patient who signs in.")
    click.echo("\nEveryone and everything in this clinic is made up; do not enter anything about real people.\n")


def _instance() -> Path:
    instance: Path = current_app.config["KAP_INSTANCE"]
    return instance


commands = (demo, demo_accounts)
