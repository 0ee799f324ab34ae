"""The one way in which the launcher says no: a single clear line, and exit code 2."""


class Refusal(Exception):
    """Something about this machine or its settings that a person has to change; the message is that line."""
