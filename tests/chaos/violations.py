"""What a checker has to say: a rule that was broken, by what, and how it shows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    rule: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}: {self.detail}"
