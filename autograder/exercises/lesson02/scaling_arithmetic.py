"""Exercise: what it costs to make a network larger, and what it saves to take a convolution apart."""

from autograder.questions import Question, concept_questions


def scaling_arithmetic() -> dict[str, float]:
    """The arithmetic of two ideas, with the numbers of the EfficientNet paper: α = 1.2, β = 1.1, γ = 1.15.

    Batch norm and biases are left out. In a network of convolutions, parameters grow with depth · width², operations
    with depth · width² · resolution².

    a: φ = 2. How many times the operations of φ = 0 does the network need, by these α, β and γ, not by the rounded 2^φ?
    b: φ = 2. How many times the parameters of φ = 0 does it hold?
    c: How many parameters has an ordinary 3×3 convolution from 64 channels to 64, without bias?
    d: And the pair that takes its place: a depthwise 3×3 convolution of 64 channels, then a 1×1 convolution from 64 to
       64?

    Returns {"a": …, "b": …, "c": …, "d": …}, numbers, a and b to within 1 %.
    """
    depth, width, resolution = 1.2**2, 1.1**2, 1.15**2
    return {
        "a": depth * width**2 * resolution**2,
        "b": depth * width**2,
        "c": 3 * 3 * 64 * 64,
        "d": 3 * 3 * 64 + 64 * 64,
    }


EXERCISE = concept_questions(
    "02_pretrained_models",
    scaling_arithmetic,
    [
        Question(
            "a",
            "φ = 2: how many times the operations?",
            {
                4: "This is 2^φ, the rule of thumb. α · β² · γ² is not quite 2: multiply it out.",
                (1.2 * 1.1 * 1.15) ** 2: "You count every factor once. Twice the width is twice the channels in and "
                "twice the channels out; twice the resolution is twice the height and twice the width of the picture.",
                (1.2 * 1.1 * 1.15) ** 4: "You square depth as well. Twice as many layers are twice the work, no more.",
                1.2 * 1.1**2 * 1.15**2: "This is one step, φ = 1. Two steps multiply.",
                2 * 1.2 * 1.1**2 * 1.15**2: "φ is an exponent, not a factor.",
            },
            relative=0.01,
        ),
        Question(
            "b",
            "φ = 2: how many times the parameters?",
            {
                (1.2 * 1.1**2 * 1.15**2) ** 2: "This is the growth of the operations. A larger picture passes through "
                "the same weights.",
                (1.2 * 1.1) ** 2: "A layer that is wider has more channels in and more channels out: width counts "
                "twice.",
                1.2 * 1.1**2: "This is one step, φ = 1. Two steps multiply.",
            },
            relative=0.01,
        ),
        Question(
            "c",
            "Parameters of the ordinary convolution.",
            {
                576: "This would be one filter for each channel, each seeing its own channel alone. An ordinary "
                "filter sees all 64 channels.",
                4096: "The window is missing: each pair of channels has 3 × 3 weights.",
                36928: "The biases are included. This layer has none: batch norm would take them out again.",
            },
        ),
        Question(
            "d",
            "Parameters of the pair that takes its place.",
            {
                576: "This is the depthwise half. Something has to mix the channels.",
                4096: "This is the 1×1 half. The windows have weights too.",
                40960: "Depthwise means that each channel has one 3×3 window of its own, and sees no other channel.",
                36864: "This is the ordinary convolution. Taken apart, windows and mixing add up.",
            },
        ),
    ],
    difficulty=2,
    minutes=10,
    hints=(
        "Write each cost as a product of depth, width and resolution with their exponents first, then put in α^φ, β^φ "
        "and γ^φ. A convolution has one window for each pair of channels it connects.",
        "a: (α · β² · γ²)^φ. b: the same without what belongs to the picture. c: 3 · 3 · in · out. d: 3 · 3 · channels "
        "for the windows, plus in · out for the mixing. Python may do the multiplication.",
    ),
)
