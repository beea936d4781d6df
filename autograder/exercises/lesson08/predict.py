"""Exercise: from pictures to class names and confidences."""

from typing import Any

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson08.predict_mistakes import With
from autograder.probes import lesson08_predict as probes
from lib.inference import predict


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, count: int, form: str, **options: Any) -> Case:
        pictures = torch.randint(256, (count, 3, 8, 8), generator=generator).to(torch.uint8)
        return Case(words, {"seed": seed, "form": form, "pictures": pictures} | options)

    return [
        case("a batch of 7 pictures, batch_size=3, temperature=2.5", 7, "a batch", batch_size=3, temperature=2.5),
        case("one picture, temperature as it is by default", 1, "one picture"),
        case("a list of 4 arrays of several sizes, temperature=0.5", 4, "arrays", temperature=0.5),
        case("a network in float64, 3 pictures, temperature=2", 3, "a batch", dtype="float64", temperature=2.0),
        case("a temperature, names or scores that are no good", 2, "refused"),
    ]


EXERCISE = Exercise(
    lesson="08_implementation",
    reference=predict,
    probe=probes.prediction,
    cases=_cases,
    properties=(
        Property("Each picture gets the name of its highest score.", 2, ("names",), (0,)),
        Property("The confidence is the largest entry of softmax(scores / temperature).", 2, ("confidences",), (0,)),
        Property(
            "A picture alone and a list of arrays give a list of pairs, a name and a plain number each.",
            1,
            ("what it returns", "names"),
            (1, 2),
        ),
        Property(
            "The model runs in evaluation mode and without history.",
            1,
            (
                "layers in training mode during a pass",
                "the scores carry a history",
                "running statistics that moved",
            ),
            (0, 1),
        ),
        Property(
            "Every layer is afterwards in the mode in which it was found.",
            1,
            ("names", "layers whose mode changed"),
            (0,),
        ),
        Property(
            "No more than `batch_size` pictures are in the model at once.",
            1,
            ("pictures in the model at once, at most",),
            (0,),
        ),
        Property("The model runs in its own type.", 1, ("names",), (3,)),
        Property(
            "A temperature that isn't above 0, a wrong number of names and scores that aren't finite are a ValueError.",
            1,
            (
                "temperature 0",
                "temperature -1",
                "three names for five scores",
                "six names for five scores",
                "scores that are not finite",
            ),
            (4,),
        ),
    ),
    misconceptions=(
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
    ),
    difficulty=2,
    minutes=20,
    hints=(
        "Three steps: image_batches makes prepared batches of whatever came; the model makes scores, in evaluation "
        "mode and without gradients; softmax and the names make pairs. Note the modes of all layers before .eval().",
        "like = next(model.parameters(), torch.empty(0)); model(batch.to(like)) runs on its device and in its "
        "type. (scores / temperature).softmax(1).max(1) gives confidences and class numbers; .tolist() makes plain "
        "numbers. "
        "Put the modes back in a finally block, so that an error leaves them right too.",
    ),
)
