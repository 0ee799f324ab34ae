"""`florin scripts`: the inventory of the customers' pages, and whether a server sends what stands in it."""

import sys
from dataclasses import asdict

import click
import orjson
from flask.cli import with_appcontext

from checkout import assets, inspection
from kit.http import Client, Failure, Response

SECONDS = 20.0


@click.command("scripts", short_help="What the customers' pages load, and whether that is what is served.")
@with_appcontext
@click.option("--check", "url", metavar="URL", help="Compare the page at this address with the inventory.")
def scripts(url: str | None) -> None:
    """Print every script and stylesheet of the customers' pages, with its reason and hash, as JSON.

    With --check, read an open session's page and all that it loads, and report every script, stylesheet and
    header that is not as this version of Florin sends it. Meant to be run regularly, from another machine.

    Exits with 1 where anything differs.
    """
    known = assets.inventory(assets.FOLDER)
    if url is None:
        click.echo(orjson.dumps([asdict(asset) for asset in known], option=orjson.OPT_INDENT_2))
        return
    client = Client(timeout_seconds=SECONDS)

    def fetch(address: str) -> Response | Failure:
        return client.request("GET", address, headers={"Accept-Language": "en"})

    found = list(inspection.differences(url, known, fetch))
    for sentence in found:
        click.echo(f"FOUND {sentence}")
    click.echo(f"{len(found)} differences." if found else "The page is as the inventory has it.")
    sys.exit(1 if found else 0)
