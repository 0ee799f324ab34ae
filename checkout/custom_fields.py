"""The fields of the merchant's own: text, digits or a choice, three at most."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, StringField, ValidationError

from checkout.i18n import ngettext
from checkout.messages import MESSAGES
from checkout.words import control_characters, trimmed
from payments.charging.card_brands import hides_card_number
from payments.hosted.collection_rules import DROPDOWN, LONGEST_ANSWER, NUMERIC


@dataclass(frozen=True, slots=True)
class Question:
    """One field of the merchant's own, with the rules for its answer; lengths in characters."""

    key: str
    label: str
    type: str
    optional: bool
    default: str
    least: int = 1
    most: int = LONGEST_ANSWER
    options: tuple[tuple[str, str], ...] = field(default=())  # value and label

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> "Question":
        """Return the question that a parameter describes."""
        rules = asked.get(asked["type"]) or {}
        return cls(
            key=asked["key"],
            label=asked["label"]["custom"],
            type=asked["type"],
            optional=asked.get("optional", False),
            default=rules.get("default_value") or "",
            least=rules.get("minimum_length") or 1,
            most=rules.get("maximum_length") or LONGEST_ANSWER,
            options=tuple((option["value"], option["label"]) for option in rules.get("options", ())),
        )

    def problem_of(self, text: str) -> str | None:
        """Return what is wrong with an answer, None where it will do."""
        if not text:
            missing = "choice_missing" if self.type == DROPDOWN else "answer_missing"
            return None if self.optional else str(MESSAGES[missing])
        if self.type == DROPDOWN:
            return None if text in dict(self.options) else str(MESSAGES["choice_missing"])
        if self.type == NUMERIC and not re.fullmatch("[0-9]+", text):
            return str(MESSAGES["digits_only"])
        if len(text) < self.least:
            return self._too_short()
        if len(text) > self.most:
            return self._too_long()
        spoiled = control_characters(text) or hides_card_number(text)
        return str(MESSAGES["characters"]) if spoiled else None

    def as_attributes(self) -> dict[str, str | int | None]:
        """Return the rules as the field brings them along for `static/checkout/fields.js`."""
        if self.type == DROPDOWN:
            return {"data-type": self.type, "data-optional": "" if self.optional else None}
        return {
            "data-type": self.type,
            "data-least": self.least,
            "data-most": self.most,
            "data-short": self._too_short(),
            "data-long": self._too_long(),
        }

    def _too_short(self) -> str:
        return ngettext(
            "Enter at least %(count)s character.", "Enter at least %(count)s characters.", self.least
        )

    def _too_long(self) -> str:
        return ngettext(
            "Enter at most %(count)s character.", "Enter at most %(count)s characters.", self.most
        )


class CustomFields(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    """Up to three fields by their places; what each is for stands in `questions`."""

    custom_field_1 = StringField(name="customField1", filters=[trimmed])
    custom_field_2 = StringField(name="customField2", filters=[trimmed])
    custom_field_3 = StringField(name="customField3", filters=[trimmed])

    questions: Sequence[Question] = ()

    def ask_custom(self, asks: Mapping[str, Any], *, fresh: bool) -> None:
        """Set the questions; on a fresh page the merchant's defaults are their answers."""
        self.questions = [Question.of(asked) for asked in asks.get("custom_fields") or ()]
        for question, answer in self.custom_fields():
            answer.label.text = question.label
            if fresh and not answer.data:
                answer.data = question.default

    def custom_fields(self) -> list[tuple[Question, Field]]:
        """Return each question with the field of its answer, in the merchant's order."""
        places = (self.custom_field_1, self.custom_field_2, self.custom_field_3)
        return list(zip(self.questions, places, strict=False))

    def validate_custom_field_1(self, field: Field) -> None:
        self._check_answer(field)

    def validate_custom_field_2(self, field: Field) -> None:
        self._check_answer(field)

    def validate_custom_field_3(self, field: Field) -> None:
        self._check_answer(field)

    def _check_answer(self, field: Field) -> None:
        for question, answer in self.custom_fields():
            problem = question.problem_of(field.data) if answer is field else None
            if problem:
                raise ValidationError(problem)

    def custom_answers(self) -> dict[str, str | None]:
        """Return the answers by the merchant's keys."""
        return {question.key: answer.data or None for question, answer in self.custom_fields()}
