"""Per channel and across channels, with and without the variance."""

X = (2, 3, 7, 5)


def mvn(fields, bottom=X, **more):
    return dict(text="mvn_param { %s }" % fields, bottoms=[bottom], **more)


CASES = {
    "default": {"bottoms": [X]},
    "mean_only": mvn("normalize_variance: false"),
    "across": mvn("across_channels: true"),
    "across_mean_only": mvn("across_channels: true normalize_variance: false"),
    # the gradient leaves eps out
    "eps": mvn("eps: 0.3", derivative=False),
    "matrix": mvn("across_channels: true", (4, 6)),
}
