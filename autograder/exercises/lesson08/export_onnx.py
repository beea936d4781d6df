"""Exercise: a network as one ONNX file, for batches of any size, whose numbers were compared."""

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson08.export_mistakes import With
from autograder.probes import lesson08_export as probes
from lib.export import export_onnx


def _cases(seed: int) -> list[Case]:
    def case(words: str, what: str) -> Case:
        images = torch.rand(5, 3, 4, 4, generator=seeded(seed)) + 0.5
        return Case(words, {"what": what, "seed": seed, "images": images})

    return [
        case("a network with dropout and batch norm in training mode, 3 images", "whole"),
        case("networks whose file would be wrong or cannot be made, and an older file", "failing"),
        case("images and facts that are no good", "refused"),
    ]


def _hard(observation: str) -> str:
    return f"{observation}, from float64 into a new folder"


EXERCISE = Exercise(
    lesson="08_implementation",
    reference=export_onnx,
    probe=probes.export,
    cases=_cases,
    properties=(
        Property(
            "The file gives the model's own scores, in evaluation mode.",
            2,
            ("scores, images: 3",),
            (0,),
            relative=1e-3,
            absolute=1e-4,
        ),
        Property(
            "It takes a batch of any size.",
            2,
            ("scores, images: 1", "scores, images: 5"),
            (0,),
            relative=1e-3,
            absolute=1e-4,
        ),
        Property("One file holds everything; folders on its way are made.", 1, ("files", _hard("files")), (0,)),
        Property(
            'Its input is "images", float32, its output "scores", its opset 18.',
            1,
            ("what it takes", "what it gives", "opset"),
            (0,),
        ),
        Property(
            "It computes in float32 whatever the model's type, which the model keeps.",
            1,
            (_hard("what it takes"), _hard("scores, images: 3"), _hard("type of the model")),
            (0,),
            relative=1e-3,
            absolute=1e-4,
        ),
        Property("The facts are in it, each as JSON.", 1, ("facts in the file",), (0,)),
        Property(
            "The model stays as it is, and nothing is printed.",
            1,
            (
                "there is a file",
                "something is printed",
                "weights that changed",
                "weights that no longer learn",
                "layers whose mode changed",
            ),
            (0,),
        ),
        Property(
            "What cannot be exported, or differs at some size, is an ExportError; the older file is still there.",
            2,
            (
                "where one image has scores twice as large",
                "where one image has a score larger by a thousandth",
                "the older file is still there",
                "files",
                "where the network cannot be exported",
            ),
            (1,),
        ),
        Property(
            "Images and facts that are no good are refused.",
            1,
            ("whole numbers", "one image", "a single picture's three axes", "a tensor among the facts"),
            (2,),
        ),
    ),
    misconceptions=(
        Misconception(
            "exported-in-training-mode",
            With(evaluation=False, compared="never"),
            "The file was made of a network in training mode: it normalises by the batch at hand, and from one image "
            "comes nonsense. Evaluation mode first.",
        ),
        Misconception(
            "batch-fixed",
            With(any_size=False, compared="never"),
            "Your file takes the number of images that it was exported with and no other. Say that the first axis is "
            "free: dynamic_shapes.",
        ),
        Misconception(
            "refused-by-your-own-comparison",
            With(evaluation=False),
            "Your comparison refuses a network that exports well. It is right: the file differs from the network. Is "
            "the copy in evaluation mode, and is the number of images left free?",
        ),
        Misconception(
            "weights-beside-it",
            With(external=True),
            "The weights lie in a second file beside it. Whoever copies the one without the other has nothing. Take "
            "the bytes of the whole model and write those.",
        ),
        Misconception(
            "not-compared",
            With(compared="never"),
            "You write the file whatever it computes. An exporter follows one path through the code; compare at two "
            "batch sizes, one of them 1, before anything is written.",
        ),
        Misconception(
            "fixed-tolerance",
            With(tolerance="absolute"),
            "A score that is off by a thousandth of the largest passes. Scores may be small or large: allowed is 1e-4 "
            "of the batch's largest, and every score's own gap counts.",
        ),
        Misconception(
            "exporter's-own-error",
            With(wraps=False),
            "Where PyTorch cannot export a network, its own error comes through. The contract promises ExportError for "
            "that as well, so that a caller has one error to expect.",
        ),
        Misconception(
            "written-first",
            With(compared="after it is written"),
            "You write first and compare then: when it fails, the good older file is gone. Compare in memory.",
        ),
        Misconception(
            "assertion",
            With(complaint=AssertionError),
            "Where numbers differ you raise AssertionError. The contract promises ExportError, which a caller can tell "
            "from a mistake in the code.",
        ),
        Misconception(
            "softmax-in-the-file",
            With(softmax=True, compared="never"),
            "Your file gives probabilities. It is to give the model's scores: who reads it divides them by the "
            "temperature, and a softmax of a softmax is nearly flat.",
        ),
        Misconception(
            "other-names",
            With(named=("input", "output")),
            'The contract names the input "images" and the output "scores": runtimes feed by name.',
        ),
        Misconception(
            "output-not-named",
            With(named=("images", "output")),
            'The input has its name; the output is to be called "scores". Else the exporter makes up a name.',
        ),
        Misconception(
            "another-opset",
            With(opset=17),
            "Your opset is 17. The exporter of today writes 18 and would have to convert, which it does not always "
            "manage. Ask for 18.",
        ),
        Misconception(
            "newest-opset",
            With(opset=20),
            "The contract asks for opset 18. A newer one is unknown to runtimes that are a few years old.",
        ),
        Misconception(
            "chatter",
            With(printed=True),
            "The exporter's progress reaches the reader. Export with verbose=False.",
        ),
        Misconception(
            "left-in-evaluation",
            With(copied=False),
            "You changed the caller's own model: its modes, and its type where it wasn't float32. Export a copy.",
        ),
        Misconception(
            "learns-no-more",
            With(learns=False),
            "After your export the caller's weights no longer require gradients. Switch off on the copy what you "
            "switch off.",
        ),
        Misconception(
            "double-stays-double",
            With(as_float=False),
            "A float64 network becomes a float64 file, which wants float64 images. The contract computes in float32.",
        ),
        Misconception(
            "no-facts",
            With(facts="none"),
            "The facts are not in the file. Whoever gets it knows neither classes nor normalisation.",
        ),
        Misconception(
            "facts-in-one",
            With(facts="in one"),
            "All facts are in one entry. Each is to be stored under its own name, its value as JSON.",
        ),
        Misconception(
            "facts-expected",
            With(facts="expected"),
            "You expect facts to be given. They may be left out, and then are None.",
        ),
        Misconception(
            "facts-as-repr",
            With(facts="str"),
            "You store Python's way to write a value, which only Python reads. JSON is read everywhere.",
        ),
        Misconception(
            "folder-expected",
            With(folders=False),
            "You expect the folder to be there. The contract makes those on the way.",
        ),
        Misconception(
            "images-not-checked",
            With(checks=False),
            "You take any images. Whole numbers are a TypeError; fewer than two images, or other axes, a ValueError: "
            "from one image nobody sees whether the size is free.",
        ),
        Misconception(
            "facts-not-checked",
            With(checks_facts=False),
            "A fact that JSON can't hold is let through, or fails in json's own words. Raise a ValueError that names "
            "the facts.",
        ),
    ),
    difficulty=3,
    minutes=35,
    hints=(
        "In this order: check; copy.deepcopy(model).cpu().float().eval(); export in memory; put the facts in; compare "
        "on all images and on the first alone; write. Nothing is written until the numbers hold, and where the "
        "exporter itself fails, that is an ExportError too.",
        'torch.onnx.export(twin, (images,), input_names=["images"], output_names=["scores"], '
        'dynamic_shapes=({0: torch.export.Dim("batch")},), opset_version=18, verbose=False) returns a program: '
        "program.model.metadata_props is a dictionary, program.model_proto.SerializeToString() the whole file, and "
        "onnxruntime.InferenceSession takes these bytes.",
    ),
)
