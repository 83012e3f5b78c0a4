"""Constant tops, shapes in both spellings. Random fillers are looked at by their statistics elsewhere."""


def dummy(fields, tops=1):
    return {"text": "dummy_data_param { %s }" % fields, "tops": tops}


FILLER = 'data_filler { type: "constant" value: %s }'

CASES = {
    "zeros": dummy("shape { dim: 2 dim: 3 }"),
    "constant": dummy("shape { dim: 2 dim: 3 dim: 4 } " + FILLER % 1.5),
    "one_filler_for_all": dummy("shape { dim: 2 } shape { dim: 3 dim: 4 } " + FILLER % -2, 2),
    "a_filler_each": dummy("shape { dim: 2 dim: 3 } " + FILLER % 1 + FILLER % 2, 2),
    "legacy": dummy("num: 2 channels: 3 height: 4 width: 5 " + FILLER % 7),
    "legacy_each": dummy("num: 2 num: 3 channels: 1 height: 4 height: 5 width: 2 " + FILLER % 1, 2),
}
