#!/usr/bin/env python3
"""Trains a small model with the program and reads what it saved with PyPI's safetensors.

    check_saved_model.py MICROFICHE SOURCE_DIR

The model folder must hold the last checkpoint's weights, rounded to bf16, under the names of
the published checkpoint, with the metadata that transformers asks for.
"""

import json
import pathlib
import re
import sys
import tempfile

import numpy
from safetensors import deserialize, safe_open

# The names of deepseek-ai/DeepSeek-OCR's model.safetensors.index.json, numbers aside.
PUBLISHED = [
    r"lm_head\.weight",
    r"model\.embed_tokens\.weight",
    r"model\.norm\.weight",
    r"model\.image_newline",
    r"model\.view_seperator",
    r"model\.projector\.layers\.(weight|bias)",
    r"model\.layers\.\d+\.(input|post_attention)_layernorm\.weight",
    r"model\.layers\.\d+\.self_attn\.[qkvo]_proj\.weight",
    r"model\.layers\.\d+\.mlp\.(shared_experts\.|experts\.\d+\.)?(gate|up|down)_proj\.weight",
    r"model\.layers\.\d+\.mlp\.gate\.weight",
    r"model\.sam_model\.(pos_embed|patch_embed\.proj\.(weight|bias)|net_[23]\.weight)",
    r"model\.sam_model\.neck\.[0-3]\.(weight|bias)",
    r"model\.sam_model\.blocks\.\d+\.(norm[12]\.(weight|bias)|attn\.rel_pos_[hw]"
    r"|attn\.(qkv|proj)\.(weight|bias)|mlp\.lin[12]\.(weight|bias))",
    r"model\.vision_model\.(pre_layrnorm\.(weight|bias)"
    r"|embeddings\.(class_embedding|patch_embedding\.weight|position_embedding\.weight))",
    r"model\.vision_model\.transformer\.layers\.\d+\.(layer_norm[12]\.(weight|bias)"
    r"|self_attn\.(qkv|out)_proj\.(weight|bias)|mlp\.fc[12]\.(weight|bias))",
]


def train(program, folder):
    config = small_run.write_config(folder, 3, {"keep": 1, "best": ""})
    training = small_run.Training(program, config, folder / "run")
    assert training.wait() == 0, training.lines
    return folder / "run"


def check_names(names):
    for name in names:
        assert any(re.fullmatch(pattern, name) for pattern in PUBLISHED), f"not published: {name}"
    for pattern in PUBLISHED:
        assert any(re.fullmatch(pattern, name) for name in names), f"missing: {pattern}"


def load(file):
    """Tensors by name; those of bf16 as the upper halves of their float32."""
    tensors = {}
    for name, info in deserialize(file.read_bytes()):
        kind = {"F32": "<f4", "BF16": "<u2", "I64": "<i8"}[info["dtype"]]
        tensors[name] = numpy.frombuffer(info["data"], kind).reshape(info["shape"])
    return tensors


def to_bf16(values):
    """Rounded to the nearest, of two the even one."""
    bits = values.astype("<f4").view("<u4").astype("<u8")
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2")


def check_values(saved, masters):
    """Each tensor is one of the masters, rounded, and no master is left over."""
    left = {}
    for master in masters:
        left.setdefault(master.shape, []).append(to_bf16(master))
    for name, tensor in saved.items():
        assert tensor.dtype == numpy.uint16, (name, tensor.dtype)
        same = [i for i, master in enumerate(left[tensor.shape])
                if numpy.array_equal(master, tensor)]
        assert same, f"{name}: no weight of the checkpoint has these values"
        left[tensor.shape].pop(same[0])
    assert not any(left.values()), "weights of the checkpoint that are not in the model folder"


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        run = train(program, pathlib.Path(folder))
        file = run / "model" / "model.safetensors"
        saved = load(file)
        with safe_open(file, "numpy") as opened:
            assert opened.metadata()["format"] == "pt", opened.metadata()
        [checkpoint] = small_run.checkpoints_of(run)
        masters = [tensor for part in sorted(checkpoint.glob("*.safetensors"))
                   for name, tensor in load(part).items() if name.startswith("model.")]
        config = json.loads((run / "model" / "config.json").read_text())
        assert config["language_config"]["hidden_size"] == saved["model.norm.weight"].size
        check_names(saved)
        check_values(saved, masters)
    print(f"{len(saved)} tensors: the names are the published ones, the values the checkpoint's")


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[2] + "/scripts")
    import small_run
    main()
