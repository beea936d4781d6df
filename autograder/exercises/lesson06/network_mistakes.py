"""What people write instead of a domain-adversarial network, each with the hint it deserves."""

from autograder.exercise import Misconception
from autograder.exercises.lesson06.network_parts import Made, network

MISTAKES = (
    Misconception(
        "width-by-heart",
        network(Made(width=2048)),
        "You expect 2,048 features, as a ResNet-50 has. Other backbones have other widths: read it off the layer "
        "that is taken off. remove_head returns it.",
    ),
    Misconception(
        "head-left-on",
        network(Made(head_left=True)),
        "The backbone still has its output layer: your features are its class scores. remove_head takes it off.",
    ),
    Misconception(
        "no-reversal",
        network(Made(reverses="nothing")),
        "There is no reversal on the way to the discriminator: the features would help it.",
    ),
    Misconception(
        "everything-reversed",
        network(Made(reverses="everything")),
        "Your reversal stands before the fork, so the classifier's gradient is turned round as well: the features "
        "would unlearn the task.",
    ),
    Misconception(
        "reversed-too-late",
        network(Made(reverses="after the discriminator")),
        "Your reversal stands behind the discriminator, so the discriminator's own gradient is reversed too: it "
        "unlearns to tell the domains apart, and there is no game.",
    ),
    Misconception(
        "features-cut-off",
        network(Made(detached=True)),
        "The discriminator gets detached features: nothing comes back to them.",
    ),
    Misconception(
        "not-squeezed",
        network(Made(squeezed="nothing")),
        "Your domain logits have the shape (N, 1); (N,) is asked. Against targets of shape (N,) they would be "
        "broadcast to (N, N) without a word.",
    ),
    Misconception(
        "two-domain-logits",
        network(Made(domains=2, squeezed="nothing")),
        "You have one logit for each domain. One number is enough: above 0 for the target, else the source.",
    ),
    Misconception(
        "sigmoid",
        network(Made(ends=lambda classes, domains: (classes, domains.sigmoid()))),
        "Your domain logits are probabilities. The loss applies the sigmoid itself, and does it more precisely.",
    ),
    Misconception(
        "one-hidden-layer",
        network(Made(layers=1)),
        "Your discriminator has one hidden layer; the contract gives it two.",
    ),
    Misconception(
        "torchs-own-defaults",
        network(Made(dtype_followed=False, mode_followed=False)),
        "Your new layers are in single precision and in training mode, whatever the backbone is. They are to "
        "follow it.",
    ),
    Misconception(
        "dtype-not-followed",
        network(Made(dtype_followed=False)),
        "Your new layers are in single precision, whatever the backbone is: a backbone in double precision gives "
        "them features that they cannot take. They are to follow the layer that was taken off.",
    ),
    Misconception(
        "mode-not-followed",
        network(Made(mode_followed=False)),
        "Your network and its new layers are in training mode, whatever the backbone is. They are to follow it: "
        ".train(backbone.training).",
    ),
    Misconception(
        "features-twice",
        network(Made(features_twice=True)),
        "The images pass through the backbone once for each branch: twice the work, and batch norm counts them "
        "twice. Compute the features once and hand them to both.",
    ),
    Misconception(
        "squeezed-too-far",
        network(Made(squeezed="everything")),
        "Of one image, your domain logits have no dimension at all: .squeeze() takes off every dimension of size "
        "1, the images' too. .squeeze(1) takes off the one that is meant.",
    ),
    Misconception(
        "evaluates",
        network(Made(evaluates="everything")),
        "Your forward pass puts the network into evaluation mode, so that it never trains as it should. The mode "
        "is the caller's to choose.",
    ),
    Misconception(
        "features-evaluated",
        network(Made(evaluates="features")),
        "Your forward pass puts the features into evaluation mode, so that batch norm never learns the new domains. "
        "The mode is the caller's to choose.",
    ),
    Misconception(
        "dropout",
        network(Made(dropout=True)),
        "There is dropout in a branch of yours: in training mode it gives other logits for the same features each "
        "time. The contract names the layers, and has none.",
    ),
    Misconception(
        "softmax",
        network(Made(ends=lambda classes, domains: (classes.softmax(1), domains))),
        "Your class logits are probabilities. Cross-entropy applies the softmax itself: leave them as they are.",
    ),
    Misconception(
        "outputs-swapped",
        network(Made(ends=lambda classes, domains: (domains, classes))),
        "You return the domain logits first. The contract has the class logits first.",
    ),
    Misconception(
        "hidden-ignored",
        network(Made(hidden=256)),
        "Your discriminator is 256 wide, whatever is asked. Its width is the argument `hidden`.",
    ),
    Misconception(
        "width-of-resnet18-by-heart",
        network(Made(width=512)),
        "You expect 512 features, as a ResNet-18 has. Other backbones have other widths: read it off the layer "
        "that is taken off. remove_head returns it.",
    ),
    Misconception(
        "predictor-without-classifier",
        network(Made(predicts="features")),
        "Your predictor gives features. To use the network, one wants class logits.",
    ),
)
