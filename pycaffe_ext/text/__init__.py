"""Lossless prototxt: text to fields with places, edits as spans. Knows no schema and needs no library.

document = Document.read("train_val.prototxt")
for layer in document.root.messages("layer"):
    print(document.position(layer.start), layer.text_of("name"))
"""

from .document import Document
from .edits import Edit
from .nodes import Field, Message, Scalar, walk

__all__ = ["Document", "Edit", "Field", "Message", "Scalar", "walk"]
