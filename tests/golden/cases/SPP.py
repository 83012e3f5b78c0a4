"""Pyramids of 1 to 3 levels over images that do and do not divide evenly."""

X = (2, 3, 8, 5)


def spp(fields, bottom=X):
    return {"text": "spp_param { %s }" % fields, "bottoms": [bottom]}


CASES = {
    "one_level": spp("pyramid_height: 1"),
    "two_levels": spp("pyramid_height: 2 pool: MAX"),
    "three_levels": spp("pyramid_height: 3", (2, 3, 9, 7)),
    "ave_two_levels": spp("pyramid_height: 2 pool: AVE"),
    "ave_three_levels": spp("pyramid_height: 3 pool: AVE engine: CAFFE", (2, 3, 9, 7)),
    "ave_one_level": spp("pyramid_height: 1 pool: AVE"),
}
