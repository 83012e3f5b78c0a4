"""A document as Caffe's own message, as far as its schema goes."""

from __future__ import annotations

from google.protobuf import text_format

from ..errors import PrototxtError
from ..proto.caffe_pb2 import NetParameter
from ..text import Document


def read_net(document: Document) -> NetParameter:
    """The net in a document; fields that only forks have are left out.

    Raises PrototxtError where a value does not fit its field, such as a layer type that V1 does not have, and where
    a field is given twice that can be given once.
    """
    text = document.to_bytes().decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        return text_format.Parse(text, NetParameter(), allow_unknown_field=True)
    except text_format.ParseError as error:
        line, column = error.GetLine() or 0, error.GetColumn() or 0
        problem = str(error).removeprefix(f"{line}:{column} : ")
        raise PrototxtError(problem, file=document.file, line=line, column=column) from error
