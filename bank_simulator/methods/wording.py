"""How the bank's pages write days and the time that is left."""

import time


def day(seconds: int) -> str:
    moment = time.gmtime(seconds)
    return f"{moment.tm_mday} {time.strftime('%B %Y', moment)}"


def minutes_left(until: int, now: int) -> str:
    left = max(0, until - now)
    for length, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if left >= length:
            count = round(left / length)
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return "less than a minute"
