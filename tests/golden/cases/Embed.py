"""Indices of any shape; with and without bias; rows that are used more than once, or never."""


def embed(fields, bottom, **more):
    fields = "embed_param { num_output: 4 input_dim: 6 %s } loss_weight: 1" % fields
    # Caffe refuses to propagate to indices: the weights alone are what learns
    return dict(text=fields, bottoms=[(bottom, ("labels", 6))], force_backward=False, **more)


CASES = {
    "vector": embed("", (5,)),
    "matrix": embed("", (3, 7)),
    "no_bias": embed("bias_term: false", (3, 2, 4)),
    "two_passes_accumulate": embed("", (5,), passes=2),
    "filled": embed(
        'weight_filler { type: "constant" value: 0.5 } bias_filler { type: "constant" value: 1 }', (5,), filled=True
    ),
}
