"""Sequences that begin and go on, a static input, the hidden state as bottoms and tops, state kept between passes."""

T, N, H = 4, 3, 2
X = (T, N, 5)
CONT = ((T, N), [0, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1])
STATE = (1, N, H)


def lstm(fields, *bottoms, **more):
    return dict(text="recurrent_param { num_output: %d %s }" % (H, fields), bottoms=list(bottoms), **more)


CASES = {
    "plain": lstm("", X, CONT),
    "static": lstm("", X, CONT, (N, 6)),
    "image_input": lstm("", (T, N, 2, 3), CONT),
    "one_step": lstm("", (1, N, 5), ((1, N), [0, 1, 1])),
    # the state goes on from the first pass, though no gradient does; exposed states get none at all
    "two_passes": lstm("", X, CONT, passes=2, derivative=False),
    "expose_hidden": lstm("expose_hidden: true", X, CONT, STATE, STATE, tops=3, derivative=False),
    "expose_hidden_static": lstm("expose_hidden: true", X, CONT, (N, 6), STATE, STATE, tops=3, derivative=False),
    "test": lstm("", X, CONT, phase="TEST"),
    "filled": lstm(
        'weight_filler { type: "constant" value: 0.1 } bias_filler { type: "constant" value: 0.2 } debug_info: false',
        X,
        CONT,
        filled=True,
    ),
}
