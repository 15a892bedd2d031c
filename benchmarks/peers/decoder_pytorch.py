"""The decoder as Python's PyTorch runs it, for comparison with ours.

    decoder_pytorch.py build/full_size --threads 2

Plain modules with the published algorithm, as the model's remote code has it: a loop over
the experts that have tokens, keys and values appended with torch.cat, and
scaled_dot_product_attention. Reads a folder with bf16 weights. Prints JSON lines like
model_llama_cpp.py: "prefill" of a prompt and "decode" of one sequence, greedily.
"""

import argparse
import json
import pathlib

import torch
from measure import add_arguments, measure_decoder
from torch.nn import functional as F

EPSILON = 1e-6
ROPE_BASE = 10000.0


def load_weights(folder, dtype):
    weights = {}
    for file in sorted(folder.glob("*.safetensors")):
        with open(file, "rb") as stream:
            begin = 8 + int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(begin - 8))
            for name, entry in header.items():
                if not name.startswith(("lm_head", "model.embed", "model.norm", "model.layers")):
                    continue
                if entry["dtype"] != "BF16":
                    raise SystemExit(f"decoder_pytorch: {file}: {name}: expected bf16 weights")
                tensor = torch.empty(entry["shape"], dtype=torch.bfloat16)
                stream.seek(begin + entry["data_offsets"][0])
                stream.readinto(tensor.view(torch.uint8).numpy())
                weights[name.removesuffix(".weight")] = tensor.to(dtype)
    return weights


class Decoder:
    def __init__(self, folder, dtype):
        config = json.loads((folder / "config.json").read_text())["language_config"]
        self.num_layers = config["num_hidden_layers"]
        self.num_dense_layers = config["first_k_dense_replace"]
        self.num_heads = config["num_attention_heads"]
        self.top_k = config["num_experts_per_tok"]
        self.head_dim = config["hidden_size"] // self.num_heads
        self.weights = load_weights(folder, dtype)
        self.clear()

    def clear(self):
        self.cache = [None] * self.num_layers
        self.position = 0

    def linear(self, x, name):
        return F.linear(x, self.weights[name])

    def norm(self, x, name):
        return F.rms_norm(x, x.shape[-1:], self.weights[name], EPSILON)

    def feed_forward(self, x, name):
        gate = F.silu(self.linear(x, f"{name}.gate_proj"))
        return self.linear(gate * self.linear(x, f"{name}.up_proj"), f"{name}.down_proj")

    def rotations(self, count):
        exponents = torch.arange(0, self.head_dim, 2) / self.head_dim
        positions = torch.arange(self.position, self.position + count)
        angles = torch.outer(positions, ROPE_BASE**-exponents)
        angles = torch.cat([angles, angles], dim=-1)
        dtype = self.weights["model.norm"].dtype
        return angles.cos().to(dtype), angles.sin().to(dtype)

    @staticmethod
    def rotate(x, rotations):
        cosines, sines = rotations
        first, second = x.chunk(2, dim=-1)
        return x * cosines + torch.cat([-second, first], dim=-1) * sines

    def attend(self, x, i, rotations):
        name = f"model.layers.{i}.self_attn"
        q, k, v = (
            self.linear(x, f"{name}.{side}_proj").view(1, -1, self.num_heads, self.head_dim)
            for side in "qkv"
        )
        q, k, v = (y.transpose(1, 2) for y in (q, k, v))
        q, k = self.rotate(q, rotations), self.rotate(k, rotations)
        if self.cache[i] is not None:
            k = torch.cat([self.cache[i][0], k], dim=2)
            v = torch.cat([self.cache[i][1], v], dim=2)
        self.cache[i] = k, v
        # A prompt comes as a whole, so that a mask is either causal or not needed.
        out = F.scaled_dot_product_attention(q, k, v, is_causal=len(x) > 1)
        return self.linear(out.transpose(1, 2).reshape(x.shape), f"{name}.o_proj")

    def mix_experts(self, x, name):
        logits = F.linear(x.float(), self.weights[f"{name}.gate"].float())
        scores, chosen = logits.softmax(-1).topk(self.top_k, sorted=False)
        out = torch.zeros(x.shape)
        for expert in chosen.unique().tolist():
            rows, slots = torch.where(chosen == expert)
            part = self.feed_forward(x[rows], f"{name}.experts.{expert}")
            out.index_add_(0, rows, part * scores[rows, slots, None])
        return out.to(x.dtype) + self.feed_forward(x, f"{name}.shared_experts")

    @torch.inference_mode()
    def forward(self, ids):
        x = F.embedding(torch.tensor(ids), self.weights["model.embed_tokens"])
        rotations = self.rotations(len(ids))
        for i in range(self.num_layers):
            name = f"model.layers.{i}"
            x = x + self.attend(self.norm(x, f"{name}.input_layernorm"), i, rotations)
            inner = self.norm(x, f"{name}.post_attention_layernorm")
            dense = i < self.num_dense_layers
            x = x + (self.feed_forward if dense else self.mix_experts)(inner, f"{name}.mlp")
        self.position += len(ids)
        return int(self.linear(self.norm(x[-1:], "model.norm"), "lm_head").argmax())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=pathlib.Path, help="folder with config.json and weights")
    parser.add_argument("--dtype", choices=["bf16", "f32"], default="bf16")
    add_arguments(parser)
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    dtype = {"bf16": torch.bfloat16, "f32": torch.float32}[arguments.dtype]
    about = {
        "torch": torch.__version__,
        "dtype": arguments.dtype,
        "threads": arguments.threads,
    }
    print(json.dumps(about), flush=True)
    decoder = Decoder(arguments.model, dtype)
    measure_decoder(decoder, arguments)


if __name__ == "__main__":
    main()
