"""Published numbers: those that LESSON.md holds, and torchvision's beside them."""

from torchvision import models

from lib.architectures import classifier_table
from lib.milestones import PUBLISHED, TITLES, error_rates


def test_published_numbers_are_the_lessons_and_say_of_how_many_networks():
    found = {(one.network, one.networks > 1, one.error) for one in PUBLISHED}
    assert {("alexnet", True, 0.164), ("alexnet", True, 0.153), ("vgg16", True, 0.073)} <= found
    assert ("resnet50", True, 0.0357) in found and ("efficientnet_b7", False, 0.029) in found
    assert 0.013 not in {error for _, _, error in found}


def test_error_rates_are_published_ones_and_what_torchvisions_weights_miss():
    rates = error_rates(classifier_table(every_weights=True))
    assert list(rates) == list(TITLES)
    assert rates["alexnet"]["several networks"] == [0.153, 0.164]
    for name, kinds in rates.items():
        weights = models.get_model_weights(name)
        metrics = [one.meta["_metrics"]["ImageNet-1K"]["acc@5"] for one in weights]
        known = [round(100 - 100 * error, 3) for error in kinds["one network, torchvision's weights"]]
        assert set(known) <= {round(value, 3) for value in metrics}


def test_error_rates_keep_to_the_table():
    table = [row for row in classifier_table() if row.name == "resnet50"]
    rates = error_rates(table)
    assert len(rates["resnet50"]["one network, torchvision's weights"]) == 1
    assert "one network, torchvision's weights" not in rates["vgg16"]
