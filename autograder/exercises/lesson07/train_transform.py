"""Exercise: the transforms of training, in order, ending in what the backbone expects."""

import torch
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson07.transform_mistakes import With
from autograder.probes import lesson07_transforms as probes
from lib.augmentation import train_transform

_DRAWS = 24  # so that some are as bright, and some as dark, as an image can be


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    mean = (0.4 + 0.2 * torch.rand(3, generator=generator)).tolist()
    std = (0.15 + 0.2 * torch.rand(3, generator=generator)).tolist()
    halves = torch.zeros(3, 24, 30, dtype=torch.uint8)
    halves[:, :, 15:] = 255

    def case(words: str, images: Tensor, size: int, draws: int = 3, **arguments: bool | str) -> Case:
        inputs = {"images": images, "draws": draws, "size": size, "mean": mean, "std": std}
        return Case(words, inputs | arguments)

    return [
        case("an image, half black and half white, of bytes, size 20", halves, 20, _DRAWS),
        case(
            "a float image, 3 × 30 × 24, size 48, flip=False",
            torch.rand(3, 30, 24, generator=generator),
            48,
            flip=False,
        ),
        case(
            "two grey images, 1 × 24 × 30, size 16, randaugment=True",
            halves[:1].expand(2, 1, 24, 30),
            16,
            randaugment=True,
        ),
        case("a PIL image, size 20", halves, 20, draws=1, given_as="PIL image"),
        case("an array, 24 × 30 × 3, of bytes, size 20", halves, 20, draws=1, given_as="array"),
    ]


_CROP, _MIRROR = "crop: shares of the area", "mirror: probability"
_TINT = "colour jitter: brightness, contrast, saturation, hue"

EXERCISE = Exercise(
    lesson="07_data_augmentation",
    reference=train_transform,
    probe=probes.transform,
    cases=_cases,
    properties=(
        Property(
            "A view is float32, of shape (..., 3, size, size), from bytes or floats, colour or grey; views differ, "
            "and the image stays as it is.",
            1,
            ("shape and type of a view", "views differ", "images are as they were"),
        ),
        Property(
            "It is normalised by mean and std: so black and white become what the backbone knows them as.",
            2,
            ("lowest value of each channel", "highest value of each channel"),
            cases=(0,),
            relative=1e-3,
            absolute=1e-3,
        ),
        Property("The steps stand in the contract's order.", 1, ("steps, in this order",), cases=(0, 2)),
        Property(
            "Cropped and rotated as far as the contract says; mirrored only where flip=True.",
            1,
            (_CROP, _MIRROR, "rotation: degrees"),
            cases=(0, 1),
        ),
        Property(
            "Tinted, made grey and blurred by the contract's numbers.",
            1,
            (_TINT, "grey: probability", "blur: probability, width in pixels, σ"),
            cases=(0, 1),
        ),
        Property(
            "Erased by the contract's numbers; RandAugment where it is asked for, and only there.",
            1,
            ("erasing: probability, shares of the area", "RandAugment: operations and magnitude"),
            cases=(0, 2),
        ),
    ),
    misconceptions=(
        Misconception(
            "one-half",
            With(statistics=(0.5, 0.5)),
            "You normalise by 0.5 and 0.5, whatever `mean` and `std` say. The weights were fitted to images normalised "
            "by the source's statistics.",
        ),
        Misconception(
            "not-scaled",
            With(scaled=False),
            "Your bytes become floats from 0 to 255: ToDtype brings them to 0 to 1 only with scale=True. mean and std "
            "are those of channels in [0, 1].",
        ),
        Misconception(
            "colour-after-normalising",
            With(colour_last=True),
            "You tint after normalising. Brightness and contrast are made for values from 0 to 1 and cut off all "
            "others.",
        ),
        Misconception(
            "jitter-after-normalising",
            With(jitter_last=True),
            "You change brightness and contrast after normalising. They are made for values from 0 to 1 and cut off "
            "all others.",
        ),
        Misconception(
            "not-normalised",
            With(normalised=False),
            "You never normalise. The backbone expects numbers around 0, and gets 0 to 1.",
        ),
        Misconception(
            "imagenets-numbers",
            With(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
            "You normalise by ImageNet's numbers, whatever `mean` and `std` say. Another backbone has others.",
        ),
        Misconception(
            "mean-and-std-swapped",
            With(exchanged=True),
            "`mean` and `std` have changed places: Normalize takes the mean first.",
        ),
        Misconception(
            "erased-before-normalising",
            With(erased_first=True),
            "You erase to 0 before normalising: that is black. After it, 0 is the source's mean, which says nothing.",
        ),
        Misconception(
            "always-mirrored",
            With(mirrored=True),
            "You mirror whatever `flip` says. A mirrored digit is none, and whoever asks for flip=False knows.",
        ),
        Misconception("never-mirrored", With(mirrored=False), "You never mirror, not even with flip=True."),
        Misconception(
            "crop-of-8-per-cent",
            With(scale=(0.08, 1.0)),
            "Your crop keeps as little as 8 % of the area, torchvision's default. It was made for ImageNet; a digit "
            "would often be cut away. See `scale`.",
        ),
        Misconception(
            "not-cropped",
            With(cropped=False),
            "You resize the whole image. The contract crops 80 to 100 % of the area, at random, and resizes that.",
        ),
        Misconception(
            "one-way",
            With(degrees=(0, 15)),
            "You turn one way only. Either way means −15° to 15°, which a single 15 stands for.",
        ),
        Misconception(
            "too-far",
            With(degrees=(-30, 30)),
            "You turn by up to 30°. The contract: up to 15° either way.",
        ),
        Misconception(
            "hue-forgotten", With(hue=0.0), "Your colours keep their hue. The contract turns it by up to 5 %."
        ),
        Misconception(
            "hue-like-the-rest",
            With(hue=0.2),
            "You turn the hue by up to a fifth of its circle: red becomes yellow or purple. The contract: 5 %.",
        ),
        Misconception("always-grey", With(grey=1.0), "Every view of yours is grey. The contract: one in ten, p = 0.1."),
        Misconception(
            "always-blurred",
            With(blurred=1.0),
            "You blur every view. GaussianBlur has no p of its own: RandomApply gives it one.",
        ),
        Misconception(
            "blurred-width-fixed",
            With(width=23),
            "Your blur is 23 pixels wide, whatever the size. That was a tenth of 224; see `blur_width`.",
        ),
        Misconception(
            "blurred-by-three-pixels",
            With(width=3),
            "Your blur is 3 pixels wide, whatever the size. A tenth of the image's side is meant; see `blur_width`.",
        ),
        Misconception(
            "erasing-by-default",
            With(erased=0.5, area=(0.02, 0.33)),
            "You erase by torchvision's defaults: every second view, up to a third of it. The contract: p = 0.2, 2 to "
            "15 %.",
        ),
        Misconception(
            "erasing-too-often",
            With(erased=0.5),
            "You erase in every second view: RandomErasing's own p. The contract: p = 0.2.",
        ),
        Misconception(
            "erasing-area-by-default",
            With(area=(0.02, 0.33)),
            "Your box takes up to a third of the view, torchvision's default. The contract: 2 to 15 %; see `scale`.",
        ),
        Misconception("never-erased", With(erased=0.0), "You never erase: RandomErasing comes at the very end."),
        Misconception(
            "always-randaugment",
            With(more=True),
            "You use RandAugment though nobody asked for it: randaugment is False by default.",
        ),
        Misconception(
            "randaugment-late",
            With(more_late=True),
            "RandAugment stands too late: the contract has it right after the rotation, before colours and blur.",
        ),
        Misconception(
            "mirrored-every-time",
            With(mirror=1.0),
            "You mirror every view, or none. A flip with p = 0.5 leaves half of them as they are.",
        ),
        Misconception(
            "images-not-made-tensors",
            With(to_image=False),
            "A PIL image or an array passes through your steps as it is, until one of them cannot take it. "
            "v2.ToImage() makes a tensor of either; tensors it leaves alone.",
        ),
        Misconception("never-randaugment", With(more=False), "With randaugment=True nothing is added."),
    ),
    difficulty=2,
    minutes=20,
    hints=(
        "Every step is one transform of torchvision.transforms.v2; mind the numbers, for the contract's are often "
        "not the defaults. Begin with v2.RGB() and v2.ToImage(), put steps that depend on a flag into the list with "
        "*([...] if flag else []), and give the list to v2.Compose.",
        "RandomResizedCrop(size, scale=…), RandomHorizontalFlip, RandomRotation, RandAugment(num_ops=…, magnitude=…), "
        "ColorJitter, RandomGrayscale, RandomApply([GaussianBlur(…)], p=…), ToDtype(torch.float32, scale=True), "
        "Normalize, ToPureTensor, RandomErasing(p, scale=…).",
    ),
)
