"""The reference model under published names, so that PEFT finds its layers.

PEFT names what it adds after the modules that it finds. `published` is a shell
around `reference_model.OpticalModel` whose module tree has the names of published
checkpoints and shares the layers; `take_layers` puts back what PEFT made of them.
"""

import re

from torch import nn

# Modules of reference_model.OpticalModel, and what checkpoints call them; the
# rest of a name is the same on both sides.
NAMES = [
    (r"decoder\.layers\.(\d+)\.attention\.(q|k|v|o)_proj", r"model.layers.\1.self_attn.\2_proj"),
    (r"decoder\.layers\.(\d+)\.mlp\.(.*_proj)", r"model.layers.\1.mlp.\2"),
    (r"decoder\.lm_head", r"lm_head"),
    (r"encoder\.projector\.linear", r"model.projector.layers"),
    (r"encoder\.clip\.blocks\.(\d+)\.qkv", r"model.vision_model.transformer.layers.\1.self_attn.qkv_proj"),
]


def published_name(name):
    for ours, published in NAMES:
        if re.fullmatch(ours, name):
            return re.sub(ours, published, name)
    return None


def published(model):
    """A module tree of the model's linear layers by their published names."""
    root = nn.Module()
    for name, module in model.named_modules():
        target = published_name(name) if isinstance(module, nn.Linear) else None
        if target is None:
            continue
        *path, last = target.split(".")
        place = root
        for part in path:
            if part not in place._modules:
                place.add_module(part, nn.Module())
            place = place._modules[part]
        place.add_module(last, module)
    root.forward = lambda *arguments: None
    return root


def take_layers(model, root):
    """Lets the model run with the layers that now stand in the tree."""
    for name, module in list(model.named_modules()):
        target = published_name(name) if isinstance(module, nn.Linear) else None
        if target is not None:
            parent, _, last = name.rpartition(".")
            setattr(model.get_submodule(parent), last, root.get_submodule(target))
