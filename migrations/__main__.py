"""`python -m migrations`: bring the database of DATABASE_URL to the newest revision."""

import sys

from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

import config
from migrations import upgrade


def main() -> int:
    """Return 0, or 2 with one line on standard error where the settings or the database are at fault."""
    try:
        database_url = config.load().database_url
    except config.BadSetting as problem:
        sys.stderr.write(f"florin: {problem}\n")
        return 2
    try:
        upgrade(database_url)
    except OperationalError as problem:
        where = make_url(database_url).render_as_string(hide_password=True)
        reason = str(problem.orig).strip().partition("\n")[0]
        sys.stderr.write(f"florin: the database {where} can't be reached ({reason})\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
