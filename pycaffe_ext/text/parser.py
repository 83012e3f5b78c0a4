"""Builds the tree of fields from tokens, as protobuf's text format reads them; knows no schema."""

from __future__ import annotations

from typing import NoReturn

from .nodes import Field, Message, Scalar
from .scanner import Token, error_at, position, problem_of

_CLOSING = {"{": "}", "<": ">"}
_END = "the end of the file"


def parse(text: str, tokens: list[Token], file: str) -> Message:
    """The root message of `text`. Raises PrototxtError. Depth costs no recursion, time is linear."""
    return _Parser(text, tokens, file).parse()


class _Parser:
    def __init__(self, text: str, tokens: list[Token], file: str) -> None:
        self.text, self.file = text, file
        self.tokens = [token for token in tokens if token.kind not in ("space", "comment")]
        self.tokens.append(Token("end", "", len(text)))
        self.index = 0
        self.open: list[tuple[Field, Message]] = []  # messages around the current place, outermost first
        self.root = Message(0)

    def parse(self) -> Message:
        while (token := self.tokens[self.index]).kind != "end":
            if token.text in ("}", ">"):
                self.close_message()
            else:
                self.read_field()
        if self.open:
            field, message = self.open[-1]
            line, _ = position(self.text, field.start)
            opening = self.text[message.start]
            closing = _CLOSING[opening]
            self.fail(
                message.start, f"'{field.name} {opening}' of line {line} is never closed: a '{closing}' is missing"
            )
        self.root.end = len(self.text)
        return self.root

    @property
    def current(self) -> Token:
        return self.tokens[self.index]

    def take(self, *texts: str) -> bool:
        """Goes past the current token if it is one of these marks."""
        if self.current.kind == "mark" and self.current.text in texts:
            self.index += 1
            return True
        return False

    def fail(self, offset: int, problem: str) -> NoReturn:
        if self.current.kind == "other":
            offset, problem = self.current.start, problem_of(self.current, self.text)
        raise error_at(self.text, offset, problem, self.file)

    def shown(self) -> str:
        return f"'{self.current.text[:40]}'" if self.current.kind != "end" else _END

    def read_field(self) -> None:
        start = self.current.start
        field = Field(self.read_name(), start)
        siblings = self.open[-1][1].fields if self.open else self.root.fields
        siblings.append(field)
        has_colon = self.take(":")
        if self.current.text in ("{", "<"):
            self.open_message(field)
        elif self.take("["):
            field.is_list = True
            if self.take("]"):
                self.end_field(field)
            else:
                self.read_item(field)
        elif has_colon:
            field.values.append(self.read_scalar(field))
            self.end_field(field)
        else:
            self.fail_without_colon(field)

    def read_name(self) -> str:
        """A field's name; [a.b.c] and [host/a.b.c] name extensions."""
        token = self.current
        if token.kind == "name":
            self.index += 1
            return token.text
        if token.text != "[":
            hint = "; comments start with #" if token.text == "/" else ""
            self.fail(token.start, f"the name of a field is expected here, not {self.shown()}{hint}")
        first = self.index
        while self.current.text != "]":
            self.index += 1
            if self.current.kind != "name" and self.current.text not in (".", "/", "-", "]"):
                self.fail(token.start, f"this [ is not closed before {self.shown()}")
        self.index += 1
        return "".join(part.text for part in self.tokens[first : self.index])

    def fail_without_colon(self, field: Field) -> NoReturn:
        siblings = self.open[-1][1].fields if self.open else self.root.fields
        before = siblings[-2] if len(siblings) > 1 else None
        token = self.current
        value = before.values[-1] if before and before.values else None
        if isinstance(value, Scalar) and value.pieces[-1].end == field.start and value.pieces[0].kind == "number":
            self.fail(value.start, f"'{value.text}{field.name}' is no number")
        self.fail(token.start, f"':' or '{{' is expected after '{field.name}', not {self.shown()}")

    def open_message(self, field: Field) -> None:
        message = Message(self.current.start)
        field.values.append(message)
        self.open.append((field, message))
        self.index += 1

    def close_message(self) -> None:
        token = self.current
        if not self.open:
            self.fail(token.start, f"'{token.text}' closes nothing; there is one too many before or here")
        field, message = self.open.pop()
        opening = self.text[message.start]
        if token.text != _CLOSING[opening]:
            line, _ = position(self.text, message.start)
            self.fail(token.start, f"'{token.text}' cannot close the '{field.name} {opening}' of line {line}")
        self.index += 1
        message.end = token.end
        if field.is_list:
            self.after_item(field)
        else:
            self.end_field(field)

    def read_item(self, field: Field) -> None:
        if self.current.text in ("{", "<"):
            self.open_message(field)  # its end comes back to after_item
            return
        while True:
            field.values.append(self.read_scalar(field))
            if not self.take(","):
                break
            if self.current.text in ("{", "<"):
                self.open_message(field)
                return
        self.end_list(field)

    def after_item(self, field: Field) -> None:
        if self.take(","):
            self.read_item(field)
        else:
            self.end_list(field)

    def end_list(self, field: Field) -> None:
        if not self.take("]"):
            self.fail(self.current.start, f"',' or ']' is expected in the list of '{field.name}', not {self.shown()}")
        self.end_field(field)

    def end_field(self, field: Field) -> None:
        field.end = self.tokens[self.index - 1].end
        self.take(",", ";")
        field.stop = self.tokens[self.index - 1].end

    def read_scalar(self, field: Field) -> Scalar:
        first = self.index
        if self.current.kind == "string":
            while self.current.kind == "string":
                self.index += 1
        else:
            self.take("-")
            if self.current.kind not in ("name", "number"):
                self.fail(self.current.start, f"the value of '{field.name}' is missing before {self.shown()}")
            if self.current.kind == "name" and self.tokens[self.index + 1].text == ":":
                self.fail(field.start, f"the value of '{field.name}' is missing before '{self.current.text}:'")
            self.index += 1
        return Scalar(self.tokens[first : self.index])
