"""Similar and dissimilar pairs, within and beyond the margin, in both versions; odd shapes that Caffe takes."""

BITS = [1, 0, 0, 1, 0, 0]


def loss(text, bottom=(6, 4), similar=((6,), BITS), **more):
    return dict(text=text, bottoms=[bottom, bottom, similar], **more)


CASES = {
    # the gradient of dissimilar pairs divides by (distance + 1e-4), so it is not quite the derivative
    "default": loss("", derivative=False),
    "margin": loss("contrastive_loss_param { margin: 3 }", derivative=False),
    "wide_margin": loss("contrastive_loss_param { margin: 9 }", derivative=False),
    "one_axis": loss("contrastive_loss_param { margin: 2 }", (6,), derivative=False),
    "more_labels_than_pairs": loss("contrastive_loss_param { margin: 3 }", (5, 4), derivative=False),
    "four_axes": loss("loss_weight: 0.5", (6, 4, 1, 1), ((6, 1, 1, 1), BITS), derivative=False),
    "legacy": loss("contrastive_loss_param { legacy_version: true margin: 6 }"),
    "legacy_wide_margin": loss("contrastive_loss_param { legacy_version: true margin: 30 }"),
}
