"""Damaged model folders: safetensors, the index, config.json, saved vision tokens."""

import json
import struct

from case import NANO, Case, written

READ = ["read", "page.png", "--model", "model", "--max-new-tokens", "1", "--quiet"]
MOST_HEADER = 100_000_000


def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(begin, end, dtype="U8", shape=None):
    shape = [end - begin] if shape is None else shape
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def repeated(key, value, times=2):
    """A JSON object that repeats a key."""
    return "{" + ",".join([f'"{key}":{json.dumps(value)}'] * times) + "}"


def many_tensors(count):
    """A header of `count` tensors over the same bytes."""
    entries = (f'"{i}":{{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}' for i in range(count))
    return b"{" + ",".join(entries).encode() + b"}"


def safetensors_cases():
    good = entry(0, 4)
    files = {
        "empty file": (b"", "0 bytes"),
        "header length cut": (b"1234567", "7 bytes"),
        "header longer than the file": (struct.pack("<Q", 9) + b"{}", "incomplete download"),
        "header of 100,000,001 bytes": (struct.pack("<Q", MOST_HEADER + 1) + b"{}", "limit"),
        "header of 2^63 bytes": (struct.pack("<Q", 1 << 63) + b"{}", "limit"),
        "header that is no JSON": (safetensors(b"{]"), "not JSON"),
        "header with a byte order mark": (safetensors(b"\xef\xbb\xbf{}"), "byte order mark"),
        "header padded with NUL": (safetensors(b"{}\0\0"), "NUL"),
        "header that is a list": (safetensors([]), "must be an object"),
        "20,000 nested lists": (safetensors(b"[" * 20000), "nests deeper"),
        "10^6 nested lists in a shape": (
            safetensors(b'{"a":{"shape":' + b"[" * 10**6), "nests deeper"),
        "one byte short": (safetensors({"a": good}, bytes(3)), "incomplete download"),
        "trailing byte": (safetensors({"a": good}, bytes(5)), "follow the last tensor"),
        "polyglot that ends in a zip": (
            safetensors({"a": good}, bytes(4) + b"PK\5\6" + bytes(18)), "follow the last"),
        "overlap": (safetensors({"a": good, "b": entry(3, 7)}, bytes(8)), "overlaps"),
        "hole": (safetensors({"a": good, "b": entry(5, 9)}, bytes(9)), "unused"),
        "end before begin": (safetensors({"a": entry(4, 0, shape=[0])}), "and ends at 0"),
        "tensor twice": (safetensors(repeated("a", good).encode(), bytes(4)), "given twice"),
        "metadata key twice": (
            safetensors(f'{{"__metadata__":{repeated("k", "v")}}}'.encode()), "given twice"),
        "metadata that is a number": (
            safetensors({"__metadata__": {"k": 1}}), "must be a string"),
        "extra field": (safetensors({"a": good | {"extra": 1}}, bytes(4)), "unknown field"),
        "negative dimension": (
            safetensors({"a": entry(0, 4, shape=[-4])}, bytes(4)), "got -4"),
        "fractional dimension": (
            safetensors({"a": entry(0, 4, shape=[4.0])}, bytes(4)), "got 4.0"),
        "dimension of 2^63": (
            safetensors({"a": entry(0, 4, shape=[1 << 63])}, bytes(4)), "from 0 to 2^63-1"),
        "product of dimensions that overflows": (
            safetensors({"a": entry(0, 4, shape=[1 << 32] * 3)}, bytes(4)), "without a valid size"),
        "overflow after a zero": (
            safetensors({"a": entry(0, 0, shape=[0] + [(1 << 63) - 1] * 2)}), "without a valid size"),
        "rank 65": (safetensors({"a": entry(0, 1, shape=[1] * 65)}, bytes(1)), "64 dimensions"),
        "offset of 2^64-1": (
            safetensors({"a": entry(0, (1 << 64) - 1, shape=[4])}, bytes(4)), "bytes"),
        "three offsets": (
            safetensors({"a": good | {"data_offsets": [0, 4, 4]}}, bytes(4)), "data_offsets"),
        "unknown dtype": (safetensors({"a": entry(0, 4, "F33")}, bytes(4)), "unknown dtype"),
        "empty name": (safetensors({"": good}, bytes(4)), "empty name"),
        "NUL in a name": (safetensors({"a\0b": good}, bytes(4)), "NUL"),
        "100,000 tensors over the same bytes": (
            lambda: safetensors(many_tensors(100_000), bytes(4)), "overlaps"),
        "1,300,000 tensors over the same bytes": (
            lambda: safetensors(many_tensors(1_300_000), bytes(4)), "tensors"),
    }
    for name, (content, rule) in files.items():
        yield Case("safetensors: " + name, ["inspect", "bad.safetensors"],
                   ["bad.safetensors", rule], written("bad.safetensors", content))


def nano_tensors():
    data = (NANO / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return header, data[8 + length:]


def link_nano(folder, *names):
    """A model folder with these files of the nano model's."""
    model = folder / "model"
    model.mkdir()
    for name in names:
        (model / name).symlink_to(NANO / name)
    return model


def shard_names(header):
    names = sorted(header)
    return names[:len(names) // 2], names[len(names) // 2:]


def write_shard(path, names, header, data):
    content, entries = b"", {}
    for name in names:
        begin, end = header[name]["data_offsets"]
        entries[name] = header[name] | {"data_offsets": [len(content), len(content) + end - begin]}
        content += data[begin:end]
    path.write_bytes(safetensors(entries, content))


def index_case(name, rule, change):
    """The nano model in two shards; `change(model, index, names)` makes it lie."""
    def make(folder):
        model = link_nano(folder, "config.json", "tokenizer.json")
        header, data = nano_tensors()
        shards = shard_names(header)
        for number, names in enumerate(shards, 1):
            write_shard(model / f"{number}.safetensors", names, header, data)
        index = {"metadata": {"total_size": len(data)},
                 "weight_map": {n: f"{i}.safetensors" for i, s in enumerate(shards, 1) for n in s}}
        text = change(model, index, shards) or json.dumps(index)
        (model / "model.safetensors.index.json").write_text(text)
    return Case("index: " + name, READ, ["model", rule], make)


def index_cases():
    def moved(to):
        def change(model, index, shards):
            index["weight_map"][shards[0][0]] = to
        return change

    def without_shard(model, index, shards):
        (model / "2.safetensors").unlink()

    def device_link(model, index, shards):
        (model / "2.safetensors").unlink()
        (model / "2.safetensors").symlink_to("/dev/zero")

    def in_two_shards(model, index, shards):
        header, data = nano_tensors()
        write_shard(model / "2.safetensors", [shards[0][0], *shards[1]], header, data)

    def other_shape(model, index, shards):
        header, data = nano_tensors()
        bias = next(n for n in shards[0] if len(header[n]["shape"]) == 2)
        header[bias]["shape"].reverse()
        header[bias]["shape"] += [1]
        write_shard(model / "1.safetensors", shards[0], header, data)

    def key_twice(model, index, shards):
        return '{"weight_map":' + repeated(shards[0][0], "1.safetensors") + "}"

    def many(model, index, shards):
        entries = ",".join(f'"{i}":"{i}.safetensors"' for i in range(3_000_000))
        return '{"weight_map":{' + entries + "}}"

    yield index_case("a shard that is missing", "does not exist", without_shard)
    yield index_case("a path with ..", "not inside this folder", moved("../1.safetensors"))
    yield index_case("an absolute path", "not inside this folder", moved("/etc/passwd"))
    yield index_case("a path with a NUL", "not inside this folder", moved("1\0.safetensors"))
    yield index_case("a folder for a shard", "regular file", moved("."))
    yield index_case("a symlink to a device", "regular file", device_link)
    yield index_case("a tensor in two shards", "does not list", in_two_shards)
    yield index_case("a shape unlike config.json", "of another shape", other_shape)
    yield index_case("a tensor twice", "given twice", key_twice)
    yield index_case("3,000,000 shards", "index.json", many)


def config_case(name, rule, text_of):
    """The nano model with another config.json, of which `text_of(config)` gives the text."""
    def make(folder):
        model = link_nano(folder, "model.safetensors", "tokenizer.json")
        config = json.loads((NANO / "config.json").read_text())
        (model / "config.json").write_text(text_of(config))
    return Case("config: " + name, READ, ["config.json", rule], make)


def config_cases():
    def with_value(path, value):
        def text_of(config):
            *parents, last = path.split(".")
            place = config
            for parent in parents:
                place = place[parent]
            place[last] = value
            return json.dumps(config)
        return text_of

    def nested(config):
        return '{"note":' + "[" * 10**6 + "]" * 10**6 + "}"

    def flow(sizes):
        """The second stage of DeepSeek-OCR 2 with these sizes."""
        def text_of(config):
            config["architectures"] = ["DeepseekOCR2ForCausalLM"]
            vision = config["vision_config"]
            vision["model_name"] = "deepencoderv2"
            vision["width"].pop("clip-l-14-224")
            vision["width"]["qwen2-0-5b"] = sizes
            return json.dumps(config)
        return text_of

    def many_layers(config):
        config["language_config"] |= {"num_hidden_layers": 1 << 24, "n_routed_experts": 1 << 24}
        return json.dumps(config)

    sizes = {
        "language_config.num_hidden_layers": "num_hidden_layers",
        "language_config.n_routed_experts": "n_routed_experts",
        "language_config.first_k_dense_replace": "first_k_dense_replace",
        "language_config.hidden_size": "hidden_size",
        "language_config.vocab_size": "vocab_size",
        "vision_config.width.sam_vit_b.layers": "layers",
        "vision_config.width.clip-l-14-224.layers": "layers",
        "vision_config.width.clip-l-14-224.image_size": "image_size",
        "vision_config.image_size": "image_size",
        "microfiche.sam_window_size": "sam_window_size",
        "microfiche.sam_patch_size": "sam_patch_size",
    }
    for path, field in sizes.items():
        short = path.split(".", 1)[1]
        yield config_case(f"{short} of 2^24", "", with_value(path, 1 << 24))
        yield config_case(f"{short} of 2^62", field, with_value(path, 1 << 62))
        yield config_case(f"{short} of 0 or -1", "",
                          with_value(path, -1 if field == "first_k_dense_replace" else 0))
    for field in ("dim", "layers", "heads", "kv_heads", "intermediate_size", "squares_per_query"):
        for value in (0, 1 << 62):
            yield config_case(f"a causal flow with {field} {value}", field, flow({field: value}))
    for sides in ([], [0], [100], [1 << 62]):
        yield config_case(
            f"a causal flow for views of {sides}", "view_sides_px", flow({"view_sides_px": sides}))
    yield config_case("2^48 experts in all", "", many_layers)
    yield config_case("a size that is 1e30", "whole number",
                      with_value("language_config.hidden_size", 1e30))
    yield config_case("a mode of 2^31 px", "base_size_px", with_value(
        "microfiche.modes", [{"name": "nano-9", "base_size_px": 1 << 31, "fit": "pad"}]))
    yield config_case("a mode of 0 px", "base_size_px", with_value(
        "microfiche.modes", [{"name": "nano-9", "base_size_px": 0, "fit": "pad"}]))
    yield config_case("a field twice", "given twice",
                      lambda config: repeated("language_config", config["language_config"]))
    yield config_case("10^6 nested lists", "nests deeper", nested)
    yield config_case("5,000,000 numbers", "", lambda _: '{"note":[' + "0," * 5_000_000 + "0]}")
    yield config_case("a string of 200 MB", "", lambda _: '{"note":"' + "a" * 200_000_000 + '"}')
    yield config_case("half of it", "not JSON", lambda config: json.dumps(config)[:700])


def vision_token_case(name, rule, change):
    """Saved tokens of 13 positions, 256 wide; `change(header, metadata)` makes them lie."""
    def content():
        metadata = {"mode": "nano-9", "image_size": "192x192", "tiles": "1x1", "nominal": "9",
                    "valid": "9", "positions": "13", "model_hash": "0" * 64}
        header = {"vision_tokens": entry(0, 13 * 256 * 4, "F32", [13, 256])}
        change(header["vision_tokens"], metadata)
        tensor = header["vision_tokens"]
        return safetensors(header | {"__metadata__": metadata}, bytes(tensor["data_offsets"][1]))
    arguments = ["read", "bad.safetensors", "--model", str(NANO), "--max-new-tokens", "1"]
    return Case("vision tokens: " + name, arguments, ["bad.safetensors", rule],
                written("bad.safetensors", content))


def vision_token_cases():
    def metadata(**values):
        return lambda tensor, data: data.update(values)

    def tensor(**values):
        return lambda tensor, data: tensor.update(values)

    yield vision_token_case("no mode", "mode", lambda tensor, data: data.pop("mode"))
    yield vision_token_case("positions unlike rows", "14 positions", metadata(positions="14"))
    yield vision_token_case("negative positions", "whole number", metadata(positions="-13"))
    yield vision_token_case("2^64 positions", "whole number", metadata(positions=str(1 << 64)))
    yield vision_token_case("nominal of 2^60", "nominal", metadata(nominal=str(1 << 60)))
    yield vision_token_case("more valid tokens than nominal ones", "valid", metadata(valid="10"))
    yield vision_token_case("an image of 0 px", "image_size", metadata(image_size="0x192"))
    yield vision_token_case("an image of 2^40 px", "image_size",
                            metadata(image_size=f"{1 << 40}x{1 << 40}"))
    yield vision_token_case("tiles of 2^40", "tiles", metadata(tiles=f"{1 << 40}x{1 << 40}"))
    yield vision_token_case("tiles that are a word", "tiles", metadata(tiles="many"))
    yield vision_token_case("tokens of another width", "wide",
                            tensor(shape=[13, 128], data_offsets=[0, 13 * 128 * 4]))
    yield vision_token_case("tokens of another type", "f32",
                            tensor(dtype="I32"))
    yield vision_token_case("one dimension", "two dimensions", tensor(shape=[13 * 256]))
    yield vision_token_case("more positions than the model has", "positions", long_tokens)
    yield vision_token_case("no positions at all", "", empty_tokens)


def long_tokens(tensor, metadata):
    tensor |= {"shape": [5000, 256], "data_offsets": [0, 5000 * 256 * 4]}
    metadata["positions"] = "5000"


def empty_tokens(tensor, metadata):
    tensor |= {"shape": [0, 256], "data_offsets": [0, 0]}
    metadata["positions"] = "0"


def cases():
    yield from safetensors_cases()
    yield from index_cases()
    yield from config_cases()
    yield from vision_token_cases()
