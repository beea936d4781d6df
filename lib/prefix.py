"""A network cut in two where learning begins: the frozen prefix, whose output can be computed once, and the rest.

A frozen stage is a fixed function, so what it makes of a fixed image is the same in every epoch. The cut is found in
the graph of the network (torch.fx; Reed et al., 2022): a value is fixed if it comes from the images alone, by layers
that stand still. It is found for any network whose own forward can be traced, whatever its stages are called.
"""

from dataclasses import dataclass

from torch import Tensor, fx, nn
from torchvision.ops import StochasticDepth

from lib.features import extract_features
from lib.freezing import is_pinned
from lib.stages import stages


@dataclass(frozen=True)
class Cut:
    """A network in two parts that share its layers: rest(prefix(images)) is what the network puts out.

    prefix: stands still, takes images. rest: all that learns, takes what the prefix gives; train and evaluate it as
    the network itself. Made for the freezing of the moment: cut again after anything is unfrozen.

    Example:
        >>> model = nn.Sequential(lib.freezing.freeze(nn.Linear(4, 3)), nn.ReLU(), nn.Linear(3, 2))
        >>> cut, images = cut_where_learning_begins(model), torch.ones(5, 4)
        >>> cut.rest(cut.cache(images)).allclose(model(images))
        True
    """

    prefix: nn.Module
    rest: nn.Module

    def cache(self, images: Tensor, batch_size: int = 256) -> Tensor:
        """What the prefix makes of all images, shape (N, …), without history."""
        return extract_features(self.prefix, images, batch_size)


def cut_where_learning_begins(model: nn.Module) -> Cut | None:
    """The frozen prefix of `model` and the rest, or None where nothing can be cut off.

    A layer stands still if it is pinned (`lib.freezing.freeze`), or has no parameters, no buffers and no randomness.
    There is nothing to cut off where the first layer learns, where the forward cannot be traced (it branches on
    values), or where more than one value, or one that is not a batch of tensors, crosses the cut. The model is left
    as it is; both parts hold its very layers, so what is trained in `rest` is trained in the model.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
        >>> cut_where_learning_begins(model) is None
        True
        >>> _ = lib.freezing.freeze(model[0])
        >>> cut_where_learning_begins(model).cache(torch.ones(5, 4)).shape
        torch.Size([5, 3])
    """
    tracer = _Tracer({layer for stage in stages(model).values() for layer in stage.modules})
    try:
        graph = tracer.trace(model)
    except (fx.proxy.TraceError, TypeError):  # what fx raises where Python needs a value that is not there yet
        return None
    fixed = _fixed(graph, model)
    crossing = [node for node in graph.nodes if node in fixed and any(user not in fixed for user in node.users)]
    if len(crossing) != 1 or crossing[0].op in ("placeholder", "get_attr"):
        return None
    prefix = _part(model, graph, fixed, None, crossing[0])
    return Cut(prefix, _part(model, graph, set(graph.nodes) - fixed, crossing[0], None))


class _Tracer(fx.Tracer):
    """Looks into the network, but not into what is frozen or trained as one."""

    def __init__(self, whole: set[nn.Module]) -> None:
        super().__init__()
        self.whole = whole

    def is_leaf_module(self, module: nn.Module, qualified_name: str) -> bool:
        return module in self.whole or super().is_leaf_module(module, qualified_name)


def _fixed(graph: fx.Graph, model: nn.Module) -> set[fx.Node]:
    """The nodes whose values depend on nothing but the images and layers that stand still."""
    fixed = set[fx.Node]()
    for node in graph.nodes:
        if node.op != "output" and all(source in fixed for source in node.all_input_nodes) and _still(node, model):
            fixed.add(node)
    return fixed


def _still(node: fx.Node, model: nn.Module) -> bool:
    if node.op == "get_attr":
        value = _attribute(model, str(node.target))
        return isinstance(value, nn.Parameter) and not value.requires_grad
    if node.op == "call_module":
        return all(map(_stands_still, model.get_submodule(str(node.target)).modules()))
    return True


def _attribute(model: nn.Module, path: str) -> object:
    owner, _, name = path.rpartition(".")
    return getattr(model.get_submodule(owner), name)


def _stands_still(layer: nn.Module) -> bool:
    """Whether the layer itself, its children apart, is the same function in training and in evaluation."""
    if is_pinned(layer):
        return not any(parameter.requires_grad for parameter in layer.parameters(recurse=False))
    random = isinstance(layer, nn.modules.dropout._DropoutNd | nn.RReLU | StochasticDepth)
    known = type(layer).__module__.startswith("torch.nn.modules")
    holds = [*layer.parameters(recurse=False), *layer.buffers(recurse=False)]
    return known and not random and not holds


def _part(
    model: nn.Module, graph: fx.Graph, nodes: set[fx.Node], begins: fx.Node | None, ends: fx.Node | None
) -> fx.GraphModule:
    """The graph of `nodes` alone: `begins` becomes its input, and `ends` its output."""
    part, copies = fx.Graph(), dict[fx.Node, fx.Node]()
    if begins is not None:
        copies[begins] = part.placeholder("features")
    for node in graph.nodes:
        if node in nodes:
            copies[node] = part.node_copy(node, copies.__getitem__)
    if ends is not None:
        part.output(copies[ends])
    module = fx.GraphModule(model, part)
    module.training = model.training
    return module
