"""Sequences that begin and go on, a static input, the hidden state as bottom and top, state kept between passes."""

T, N, H = 4, 3, 2
X = (T, N, 5)
CONT = ((T, N), [0, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1])
STATE = (1, N, H)


def rnn(fields, *bottoms, **more):
    return dict(text="recurrent_param { num_output: %d %s }" % (H, fields), bottoms=list(bottoms), **more)


CASES = {
    "plain": rnn("", X, CONT),
    "static": rnn("", X, CONT, (N, 6)),
    "image_input": rnn("", (T, N, 2, 3), CONT),
    "one_step": rnn("", (1, N, 5), ((1, N), [0, 1, 1])),
    # the state goes on from the first pass, though no gradient does; exposed states get none at all
    "two_passes": rnn("", X, CONT, passes=2, derivative=False),
    "expose_hidden": rnn("expose_hidden: true", X, CONT, STATE, tops=2, derivative=False),
    "expose_hidden_static": rnn("expose_hidden: true", X, CONT, (N, 6), STATE, tops=2, derivative=False),
    "filled": rnn(
        'weight_filler { type: "constant" value: 0.1 } bias_filler { type: "constant" value: 0.2 }',
        X,
        CONT,
        filled=True,
    ),
}
