"""A DeepSeek-OCR model folder as GGUF files, for comparison with llama.cpp.

Writes decoder_bf16.gguf, decoder_q8_0.gguf and vision_f16.gguf, or what --files names. Types
are those of llama.cpp's own converter: norms, biases and routers stay f32, and in the
vision file tables and convolutions too. A file that is there already is left alone.

    python3 -m venv build/peers
    build/peers/bin/pip install gguf==0.19.0
    build/peers/bin/python benchmarks/peers/make_gguf.py build/full_size -o build/gguf

Tensors and metadata are what llama.cpp reads of architecture "deepseek2-ocr" and projector
"deepseekocr" (src/models/deepseek2ocr.cpp, tools/mtmd/clip.cpp, as in llama-cpp-python 0.3.36).
"""

import argparse
import json
import os
import pathlib
import re

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

DECODER = "deepseek2-ocr"
NUM_DECODER_TENSORS = 155
NUM_VISION_TENSORS = 476

# Part, type of its matrices, and llama.cpp's number for a file of such a type.
FILES = {
    "decoder_bf16": ("decoder", Type.BF16, gguf.LlamaFileType.MOSTLY_BF16),
    "decoder_q8_0": ("decoder", Type.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    "vision_bf16": ("vision", Type.BF16, gguf.LlamaFileType.MOSTLY_BF16),
    "vision_f16": ("vision", Type.F16, gguf.LlamaFileType.MOSTLY_F16),
    "vision_f32": ("vision", Type.F32, gguf.LlamaFileType.ALL_F32),
}


class Checkpoint:
    """The tensors of a folder's safetensors files, read when asked for."""

    def __init__(self, folder):
        self.entries = {}
        for file in sorted(folder.glob("*.safetensors")):
            with open(file, "rb") as stream:
                header_bytes = int.from_bytes(stream.read(8), "little")
                header = json.loads(stream.read(header_bytes))
            header.pop("__metadata__", None)
            data = np.memmap(file, np.uint8, mode="r", offset=8 + header_bytes)
            self.entries |= {name: (data, entry) for name, entry in header.items()}

    def shape(self, name):
        return tuple(self.entries[name][1]["shape"])

    def read(self, name):
        """The tensor in f32."""
        data, entry = self.entries[name]
        begin, end = entry["data_offsets"]
        raw = data[begin:end]
        if entry["dtype"] == "BF16":
            values = (raw.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        else:
            values = raw.view({"F16": np.float16, "F32": np.float32}[entry["dtype"]])
        return values.astype(np.float32, copy=False).reshape(entry["shape"])


# ---- the decoder


def decoder_tensors(config):
    """GGUF's names, each with the names whose tensors it holds, stacked when many."""
    tensors = {"token_embd": ["model.embed_tokens"]}
    for i in range(config["num_hidden_layers"]):
        block, layer = f"blk.{i}", f"model.layers.{i}"
        tensors[f"{block}.attn_norm"] = [f"{layer}.input_layernorm"]
        for side in "qkv":
            tensors[f"{block}.attn_{side}"] = [f"{layer}.self_attn.{side}_proj"]
        tensors[f"{block}.attn_output"] = [f"{layer}.self_attn.o_proj"]
        tensors[f"{block}.ffn_norm"] = [f"{layer}.post_attention_layernorm"]
        dense = i < config["first_k_dense_replace"]
        if not dense:
            tensors[f"{block}.ffn_gate_inp"] = [f"{layer}.mlp.gate"]
        for part in ("gate", "up", "down"):
            if dense:
                tensors[f"{block}.ffn_{part}"] = [f"{layer}.mlp.{part}_proj"]
                continue
            tensors[f"{block}.ffn_{part}_exps"] = [
                f"{layer}.mlp.experts.{expert}.{part}_proj"
                for expert in range(config["n_routed_experts"])
            ]
            tensors[f"{block}.ffn_{part}_shexp"] = [f"{layer}.mlp.shared_experts.{part}_proj"]
    tensors |= {"output_norm": ["model.norm"], "output": ["lm_head"]}
    assert len(tensors) == NUM_DECODER_TENSORS
    return {
        f"{name}.weight": [f"{source}.weight" for source in sources]
        for name, sources in tensors.items()
    }


def decoder_stays_f32(name, shape):
    return len(shape) == 1 or ".ffn_gate_inp." in name


def decoder_settings(config):
    settings = {
        "vocab_size": config["vocab_size"],
        "context_length": config["max_position_embeddings"],
        "embedding_length": config["hidden_size"],
        "block_count": config["num_hidden_layers"],
        "feed_forward_length": config["intermediate_size"],
        "attention.head_count": config["num_attention_heads"],
        "attention.head_count_kv": config["num_key_value_heads"],
        "attention.layer_norm_rms_epsilon": float(config.get("rms_norm_eps", 1e-6)),
        "rope.freq_base": float(config.get("rope_theta", 10000)),
        "rope.dimension_count": config["hidden_size"] // config["num_attention_heads"],
        "leading_dense_block_count": config["first_k_dense_replace"],
        "expert_count": config["n_routed_experts"],
        "expert_used_count": config["num_experts_per_tok"],
        "expert_shared_count": config["n_shared_experts"],
        "expert_feed_forward_length": config["moe_intermediate_size"],
    }
    return {f"{DECODER}.{name}": value for name, value in settings.items()}


def tokenizer_settings(file, num_tokens):
    definition = json.loads(file.read_text(encoding="utf-8"))
    tokens = [f"[PAD{id}]" for id in range(num_tokens)]
    types = [int(gguf.TokenType.UNUSED)] * num_tokens
    for content, id in definition["model"]["vocab"].items():
        tokens[id], types[id] = content, int(gguf.TokenType.NORMAL)
    for token in definition["added_tokens"]:
        kind = gguf.TokenType.CONTROL if token["special"] else gguf.TokenType.USER_DEFINED
        tokens[token["id"]], types[token["id"]] = token["content"], int(kind)
    merges = definition["model"]["merges"]
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "deepseek-v3",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": types,
        "tokenizer.ggml.merges": [m if isinstance(m, str) else " ".join(m) for m in merges],
        "tokenizer.ggml.bos_token_id": 0,
        "tokenizer.ggml.eos_token_id": 1,
        "tokenizer.ggml.padding_token_id": 2,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.chat_template": "{% for m in messages %}{{m['content']}}{% endfor %}",
    }


# ---- the vision part

SAM = r"model\.sam_model"
SAM_BLOCK = rf"{SAM}\.blocks\.(\d+)"
CLIP = r"model\.vision_model"
CLIP_LAYER = rf"{CLIP}\.transformer\.layers\.(\d+)"

# Patterns of names, each with what llama.cpp calls it.
VISION_NAMES = [
    (rf"{SAM}\.pos_embed", "v.sam.pos_embd.weight"),
    (rf"{SAM}\.patch_embed\.proj\.(\w+)", r"v.sam.patch_embd.\1"),
    (rf"{SAM_BLOCK}\.norm1\.(\w+)", r"v.sam.blk.\1.pre_ln.\2"),
    (rf"{SAM_BLOCK}\.norm2\.(\w+)", r"v.sam.blk.\1.post_ln.\2"),
    (rf"{SAM_BLOCK}\.attn\.rel_pos_(h|w)", r"v.sam.blk.\1.attn.pos_\2.weight"),
    (rf"{SAM_BLOCK}\.attn\.qkv\.(\w+)", r"v.sam.blk.\1.attn.qkv.\2"),
    (rf"{SAM_BLOCK}\.attn\.proj\.(\w+)", r"v.sam.blk.\1.attn.out.\2"),
    (rf"{SAM_BLOCK}\.mlp\.(lin\d)\.(\w+)", r"v.sam.blk.\1.mlp.\2.\3"),
    (rf"{SAM}\.neck\.(\d)\.(\w+)", r"v.sam.neck.\1.\2"),
    (rf"{SAM}\.net_(\d)\.weight", r"v.sam.net_\1.weight"),
    (rf"{CLIP}\.embeddings\.class_embedding", "v.class_embd"),
    (rf"{CLIP}\.embeddings\.patch_embedding\.weight", "v.patch_embd.weight"),
    (rf"{CLIP}\.embeddings\.position_embedding\.weight", "v.position_embd.weight"),
    (rf"{CLIP}\.pre_layrnorm\.(\w+)", r"v.pre_ln.\1"),
    (rf"{CLIP_LAYER}\.layer_norm(\d)\.(\w+)", r"v.blk.\1.ln\2.\3"),
    (rf"{CLIP_LAYER}\.self_attn\.qkv_proj\.(\w+)", r"v.blk.\1.attn_qkv.\2"),
    (rf"{CLIP_LAYER}\.self_attn\.out_proj\.(\w+)", r"v.blk.\1.attn_out.\2"),
    (rf"{CLIP_LAYER}\.mlp\.fc1\.(\w+)", r"v.blk.\1.ffn_up.\2"),
    (rf"{CLIP_LAYER}\.mlp\.fc2\.(\w+)", r"v.blk.\1.ffn_down.\2"),
    (r"model\.projector\.layers\.(\w+)", r"mm.model.fc.\1"),
    (r"model\.(image_newline|view_seperator)", r"v.\1"),
]


def vision_tensors(names):
    tensors = {}
    for name in names:
        for pattern, replacement in VISION_NAMES:
            if match := re.fullmatch(pattern, name):
                tensors[match.expand(replacement)] = [name]
    assert len(tensors) == NUM_VISION_TENSORS
    return tensors


def vision_stays_f32(name, shape):
    return len(shape) != 2 or "embd" in name or ".attn.pos_" in name


def vision_settings(config):
    towers = config["vision_config"]["width"]
    sam, clip = towers["sam_vit_b"], towers["clip-l-14-224"]
    settings = {
        "image_size": clip["image_size"],
        "patch_size": clip["patch_size"],
        "embedding_length": clip["width"],
        "feed_forward_length": 4 * clip["width"],
        "block_count": clip["layers"],
        "attention.head_count": clip["heads"],
        "attention.layer_norm_epsilon": 1e-5,
        "projection_dim": config["projector_config"]["n_embed"],
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
        "window_size": 14,
        "preproc_min_tiles": 2,
        "preproc_max_tiles": 9,
        "sam.block_count": sam["layers"],
        "sam.embedding_length": sam["width"],
        "sam.head_count": sam["heads"],
    }
    return {
        "clip.has_vision_encoder": True,
        "clip.projector_type": "deepseekocr",
        "clip.use_gelu": True,
        **{f"clip.vision.{name}": value for name, value in settings.items()},
    }


# ---- files


def put(writer, name, value):
    add = {
        bool: writer.add_bool,
        int: writer.add_uint32,
        float: writer.add_float32,
        str: writer.add_string,
        list: writer.add_array,
    }[type(value)]
    add(name, value)


def write_gguf(path, architecture, settings, tensors, checkpoint, type_of):
    """Writes tensor after tensor, so that no more than one is in memory."""
    temporary = path.with_name(path.name + ".tmp")
    writer = gguf.GGUFWriter(temporary, architecture)
    for name, value in settings.items():
        put(writer, name, value)
    types = {}
    for name, sources in tensors.items():
        shape = checkpoint.shape(sources[0])
        if len(sources) > 1:
            shape = (len(sources), *shape)
        types[name] = type_of(name, shape)
        byte_shape = gguf.quant_shape_to_byte_shape(shape, types[name])
        num_bytes = int(np.prod(byte_shape))
        writer.add_tensor_info(name, byte_shape, np.dtype(np.uint8), num_bytes, types[name])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for name, sources in tensors.items():
        parts = [gguf.quants.quantize(checkpoint.read(s), types[name]) for s in sources]
        values = np.stack(parts) if len(parts) > 1 else parts[0]
        writer.write_tensor_data(np.ascontiguousarray(values).view(np.uint8))
    writer.close()
    os.replace(temporary, path)


def make_file(model, checkpoint, name, path):
    part, matrix_type, file_type = FILES[name]
    config = json.loads((model / "config.json").read_text())
    settings = {
        "general.name": "DeepSeek-OCR",
        "general.file_type": int(file_type),
        "general.quantization_version": gguf.GGML_QUANT_VERSION,
    }
    if part == "decoder":
        language = config["language_config"]
        architecture, stays_f32 = DECODER, decoder_stays_f32
        tensors = decoder_tensors(language)
        settings |= decoder_settings(language)
        settings |= tokenizer_settings(model / "tokenizer.json", language["vocab_size"])
    else:
        architecture, stays_f32 = "clip", vision_stays_f32
        tensors = vision_tensors(checkpoint.entries)
        settings |= vision_settings(config)

    def type_of(name, shape):
        return Type.F32 if stays_f32(name, shape) else matrix_type

    write_gguf(path, architecture, settings, tensors, checkpoint, type_of)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=pathlib.Path, help="folder with config.json and weights")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, metavar="FOLDER")
    parser.add_argument(
        "--files",
        nargs="+",
        choices=FILES,
        default=["decoder_bf16", "decoder_q8_0", "vision_f16"],
        metavar="NAME",
        help=", ".join(FILES),
    )
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    checkpoint = Checkpoint(arguments.model)
    for name in arguments.files:
        path = arguments.output / f"{name}.gguf"
        if not path.exists():
            make_file(arguments.model, checkpoint, name, path)
        print(f"{path}: {path.stat().st_size / 1e9:.2f} GB", flush=True)


if __name__ == "__main__":
    main()
