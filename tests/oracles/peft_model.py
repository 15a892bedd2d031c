"""The reference model under published names, so that PEFT finds its layers.

PEFT derives the names of its weights from those of the modules. `published` is a module
tree that shares the layers of `reference_model.OpticalModel` and has the names of
published checkpoints; `take_layers` copies the layers that PEFT changed back into the model.
"""

import re

from torch import nn

# Modules of reference_model.OpticalModel and their names in checkpoints; the rest of a name
# is the same.
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
        parent = root
        for part in path:
            if part not in parent._modules:
                parent.add_module(part, nn.Module())
            parent = parent._modules[part]
        parent.add_module(last, module)
    root.forward = lambda *arguments: None
    return root


def take_layers(model, root):
    """Replaces the model's layers by those of the tree."""
    for name, module in list(model.named_modules()):
        target = published_name(name) if isinstance(module, nn.Linear) else None
        if target is not None:
            parent, _, last = name.rpartition(".")
            setattr(model.get_submodule(parent), last, root.get_submodule(target))
