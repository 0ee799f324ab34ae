"""What a customer types beside the means of payment."""

from dataclasses import dataclass, field, replace
from typing import Any

from payments.hosted.collected import Answers


@dataclass(frozen=True, slots=True)
class Billing:
    """Who pays, where they live, where the order goes to, and what else the page asked."""

    email: str
    name: str | None = None
    country: str | None = None
    postal_code: str | None = None
    shipping: dict[str, Any] | None = None  # `name` and `address`, where the order is to be delivered
    city: str | None = None
    line1: str | None = None
    line2: str | None = None
    state: str | None = None
    answers: Answers = field(default_factory=Answers)

    def address(self) -> dict[str, str | None]:
        """Return the address as the wire has it."""
        return {
            "city": self.city, "country": self.country, "line1": self.line1, "line2": self.line2,
            "postal_code": self.postal_code, "state": self.state,
        }  # fmt: skip

    def completed_by(self, known: dict[str, Any]) -> "Billing":
        """Return this with name and address of a method that is known already, where none were asked."""
        address = known.get("address") or {}
        where: dict[str, Any] = {} if self.country else {name: address.get(name) for name in self.address()}
        return replace(self, name=self.name or known.get("name"), **where)

    def details(self) -> dict[str, Any]:
        """Return the billing details of a payment method."""
        phone = self.answers.phone
        return {"email": self.email, "name": self.name, "phone": phone, "address": self.address()}

    def customer_details(self) -> dict[str, Any]:
        """Return what the session knows of its customer by this."""
        return {"address": self.address(), "email": self.email, "name": self.name, "phone": None}
