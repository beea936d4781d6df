"""Exercise: from pictures to class names and confidences."""

from typing import Any

import torch

from autograder.exercise import Case, Exercise, Property, seeded
from autograder.exercises.lesson08.predict_misconceptions import MISCONCEPTIONS
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
        case("a list of 4 arrays of several sizes, temperature=0.001", 4, "arrays", temperature=0.001),
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
        Property("The confidence is the largest entry of softmax(scores / temperature).", 2, ("confidences",), (0, 2)),
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
                "gradients are recorded afterwards",
                "weights that no longer learn",
                "running statistics that moved",
            ),
            (0, 1),
        ),
        Property(
            "Every layer is afterwards in the mode in which it was found.",
            1,
            ("layers whose mode changed",),
            (0, 4),
        ),
        Property(
            "No more than `batch_size` pictures are in the model at once.",
            1,
            ("pictures in the model at once, at most",),
            (0,),
        ),
        Property(
            "The model runs in its own type, and keeps it; one without weights runs too.",
            1,
            ("names", "type of the model afterwards", "names by a model without weights"),
            (3,),
        ),
        Property(
            "A temperature out of range, a wrong number of names and scores that aren't finite are a ValueError.",
            1,
            (
                "temperature 0",
                "temperature -1",
                "temperature NaN",
                "an infinite temperature",
                "three names for five scores",
                "six names for five scores",
                "an infinite score",
                "scores that are NaN",
            ),
            (4,),
        ),
    ),
    misconceptions=MISCONCEPTIONS,
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
