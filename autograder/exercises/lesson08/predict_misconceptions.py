"""What goes wrong in a prediction, and the hint that each deserves."""

from autograder.exercise import Misconception
from autograder.exercises.lesson08.predict_mistakes import With

MISCONCEPTIONS = (
    Misconception(
        "left-in-training",
        With(evaluation=False),
        "The model predicts in training mode: dropout makes the answer a matter of luck, and it depends on which "
        "other pictures are in the batch.",
    ),
    Misconception(
        "mode-not-put-back",
        With(afterwards="evaluation"),
        "You leave the model in evaluation mode. Put every layer back in the mode in which you found it.",
    ),
    Misconception(
        "not-after-an-error",
        With(protected=False),
        "Where an error is raised, the model is left in evaluation mode: whoever catches it and trains on trains "
        "wrongly. What is put back has to be put back on that way too: finally.",
    ),
    Misconception(
        "gradients-off-for-good",
        With(for_good="recording"),
        "After your prediction no gradient is recorded any more, anywhere. Switch it off for a block.",
    ),
    Misconception(
        "weights-off-for-good",
        With(for_good="requires_grad"),
        "After your prediction the model's weights no longer require gradients: it cannot be trained any more. Run "
        "it under torch.no_grad().",
    ),
    Misconception(
        "all-to-training",
        With(afterwards="training"),
        "At the end you put every layer into training mode, also those that were in evaluation mode before. Note "
        "each layer's mode, and put that back.",
    ),
    Misconception(
        "history-kept",
        With(history=True),
        "A graph for gradients is recorded with each pass, for nothing. Run it under torch.no_grad().",
    ),
    Misconception(
        "softmax-twice",
        With(probability="softmax twice"),
        "Softmax is applied twice, and the second nearly flattens what the first gave.",
    ),
    Misconception(
        "no-softmax",
        With(probability="none"),
        "Your confidence is a score. Scores have no unit and no upper end; softmax makes probabilities of them.",
    ),
    Misconception(
        "sigmoid",
        With(probability="sigmoid"),
        "A sigmoid looks at each score alone, and the classes' probabilities don't add up to 1. Exactly one class "
        "is right: softmax.",
    ),
    Misconception(
        "over-the-pictures",
        With(probability="over pictures"),
        "Your softmax runs over the pictures: each is set against the others in the batch. It belongs along the "
        "classes.",
    ),
    Misconception(
        "temperature-multiplied",
        With(temperature="multiplies scores"),
        "You multiply by the temperature: what is to lower confidence raises it. Scores are divided by T.",
    ),
    Misconception(
        "temperature-on-probabilities",
        With(temperature="divides probabilities"),
        "You divide probabilities by T, and they don't add up to 1 any more. T divides the scores, before softmax.",
    ),
    Misconception(
        "temperature-ignored",
        With(temperature="is ignored"),
        "The temperature isn't used: the confidence is the network's own, which is often too high.",
    ),
    Misconception(
        "names-sorted",
        With(names="sorted"),
        "You sort the names. They come in the order of the scores, and the score knows no alphabet.",
    ),
    Misconception(
        "numbers-for-names",
        With(names="numbers"),
        "You return the number of the class. Its name is asked for: classes[k].",
    ),
    Misconception(
        "percent",
        With(per_cent=True),
        "Your confidence is in per cent. The contract asks for a probability in [0, 1].",
    ),
    Misconception(
        "tensors-returned",
        With(tensors=True),
        "Your confidences are tensors. Make plain numbers of them.",
    ),
    Misconception(
        "pair-for-one",
        With(one_alone=True),
        "For one picture you return a bare pair. A list of one pair is promised, so that a caller need not ask.",
    ),
    Misconception(
        "all-at-once",
        With(batches="at once"),
        "All pictures go through the model at once. A thousand would not fit into memory: no more than batch_size.",
    ),
    Misconception(
        "first-batch-alone",
        With(batches="the first"),
        "Only the first batch is answered. Collect the scores of all.",
    ),
    Misconception(
        "last-batch-alone",
        With(batches="the last"),
        "Only the last batch is answered: something is overwritten where it should be added.",
    ),
    Misconception(
        "last-batch-lost",
        With(batches="whole ones"),
        "The last, smaller batch is lost. Every picture gets an answer.",
    ),
    Misconception(
        "prepared-twice",
        With(prepared=2),
        "Your pictures are prepared twice. image_batches does it already.",
    ),
    Misconception(
        "always-float32",
        With(own_type=False),
        "A network in another type than float32 can't take your batches. Move each to the type and the device of "
        "the model's weights.",
    ),
    Misconception(
        "temperature-not-checked",
        With(checks_temperature=False),
        "A temperature of 0 or below is let through: the confidences are no numbers, or the order is upside down. "
        "Raise a ValueError.",
    ),
    Misconception(
        "temperature-zero-alone",
        With(checks_temperature="<= 0"),
        "NaN is not <= 0, and infinity is above 0: both temperatures are let through, and the confidences are NaN, "
        "or all alike. It has to be finite and above 0.",
    ),
    Misconception(
        "infinity-let-through",
        With(checks_finite="no NaN"),
        "You look for NaN alone. An infinite score is no score either, and softmax makes NaN of it.",
    ),
    Misconception(
        "exponentials-overflow",
        With(probability="plain exponentials"),
        "exp(z / T) is infinite from about 89 on, which a small temperature reaches, and the confidence is NaN. "
        "softmax takes the largest score off first.",
    ),
    Misconception(
        "weights-expected",
        With(own_type="of the first weight"),
        "You ask for the type of the first weight, and a model may have none: next(model.parameters()) then fails. "
        "next takes a second argument.",
    ),
    Misconception(
        "model-converted",
        With(own_type="float32 for good"),
        "You convert the caller's model to float32, and it stays so. Convert the batches to the model's type.",
    ),
    Misconception(
        "names-not-counted",
        With(checks_names=False),
        "Too many or too few names are let through, and pictures get wrong ones. Raise a ValueError where their "
        "number isn't that of the scores.",
    ),
    Misconception(
        "nan-let-through",
        With(checks_finite=False),
        "Scores that aren't finite get a name all the same. Nothing can be read from them: raise a ValueError.",
    ),
)
