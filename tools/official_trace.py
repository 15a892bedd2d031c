"""A trace, in the format of `microfiche trace`, of the official Python code.

Runs inside the environment of tools/compare_with_official. The model's own code, which is
in the folder beside the weights, does everything: `infer` prepares page and prompt, hooks
record the stages of the first forward pass, and the ids are the largest logits of each
step, without its rule against repetition. It runs on the CPU.
"""

import contextlib
import pathlib
import tempfile

import torch
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer

# Arguments of `infer`: base_size, image_size, crop_mode.
MODES = {
    "DeepseekOCRForCausalLM": {
        "tiny": (512, 512, False),
        "small": (640, 640, False),
        "base": (1024, 1024, False),
        "large": (1280, 1280, False),
        "gundam": (1024, 640, True),
    },
    "DeepseekOCR2ForCausalLM": {
        "dynamic": (1024, 768, True),
        "base": (1024, 1024, False),
        "768": (1024, 768, False),
    },
    "UnlimitedOCRForCausalLM": {
        "base": (1024, 1024, False),
        "gundam": (1024, 640, True),
    },
}
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


class Prepared(Exception):
    """Leaves `infer` with what it would have given to `generate`."""

    def __init__(self, input_ids, inputs):
        super().__init__("prepared")
        self.input_ids = input_ids
        self.inputs = inputs


@contextlib.contextmanager
def on_cpu(dtype):
    """`infer` moves tensors to a GPU, and rounds pixels to bf16; in f32 neither happens here."""
    cuda, to = torch.Tensor.cuda, torch.Tensor.to

    def keep_dtype(tensor, *arguments, **options):
        if dtype == torch.float32 and arguments == (torch.bfloat16,) and not options:
            return tensor
        return to(tensor, *arguments, **options)

    torch.Tensor.cuda = lambda tensor, *arguments, **options: tensor
    torch.Tensor.to = keep_dtype
    try:
        yield
    finally:
        torch.Tensor.cuda, torch.Tensor.to = cuda, to


def load(folder, dtype):
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    model = AutoModel.from_pretrained(
        folder,
        trust_remote_code=True,
        use_safetensors=True,
        torch_dtype=dtype,
        attn_implementation="eager",
        low_cpu_mem_usage=True,
    )
    return model.eval(), tokenizer


def prepare(model, tokenizer, page, prompt, mode, dtype):
    """Ids, pixels and masks that `infer` makes of a page.

    The `infer` of Unlimited-OCR also sets the window of its attention before it calls
    `generate`, and resets it after; here it stays.
    """
    base_size, image_size, crop_mode = MODES[type(model).__name__][mode]

    def stop(input_ids, **inputs):
        raise Prepared(input_ids, inputs)

    model.generate = stop
    try:
        with tempfile.TemporaryDirectory() as output, on_cpu(dtype):
            model.infer(
                tokenizer,
                prompt=prompt,
                image_file=str(page),
                output_path=output,
                base_size=base_size,
                image_size=image_size,
                crop_mode=crop_mode,
                eval_mode=True,
            )
    except Prepared as prepared:
        return prepared
    finally:
        del model.generate
    raise RuntimeError(f"{page}: the official infer ended without a call of generate")


class Recorder:
    """Outputs of the encoder's parts and the input of the decoder, in one forward pass."""

    def __init__(self, model):
        core = model.model
        self.outputs = {"sam": [], "second": [], "tokens": []}
        self.decoder_input = None
        self.second_name = "flow" if hasattr(core, "qwen2_model") else "clip"
        second = core.qwen2_model if self.second_name == "flow" else core.vision_model
        self.handles = [
            part.register_forward_hook(
                lambda _, inputs, output, name=name: self.outputs[name].append(output)
            )
            for name, part in (("sam", core.sam_model), ("second", second), ("tokens", core.projector))
        ]
        self.handles.append(
            core.layers[0].register_forward_pre_hook(self.keep_decoder_input, with_kwargs=True)
        )

    def keep_decoder_input(self, _, arguments, options):
        self.decoder_input = arguments[0] if arguments else options["hidden_states"]

    def close(self):
        for handle in self.handles:
            handle.remove()

    def stages(self):
        """The official code encodes the tiles, if there are any, before the global view."""
        found = {}
        for name, outputs in self.outputs.items():
            views = ("global",) if len(outputs) == 1 else ("tiles", "global")
            if len(outputs) != len(views):
                raise RuntimeError(f"{name} ran {len(outputs)} times, expected once or twice")
            for view, output in zip(views, outputs):
                key = self.second_name if name == "second" else name
                # CLIP's first output is the class token, which the projector does not get.
                found[f"{key}.{view}"] = output[:, 1:] if key == "clip" else output
        return found


@torch.no_grad()
def trace(model, tokenizer, page, prompt, mode, steps, dtype):
    """The tensors of `microfiche trace`, all of them f32 or int64."""
    prepared = prepare(model, tokenizer, page, prompt, mode, dtype)
    inputs = {
        name: prepared.inputs[name] for name in ("images", "images_seq_mask", "images_spatial_crop")
    }
    (tiles, global_view), = inputs["images"]
    recorder = Recorder(model)
    logits, generated = [], []
    ids = prepared.input_ids
    length = ids.shape[1]
    # Absolute positions: the cache of a window does not tell them.
    positions = torch.arange(length)[None]
    cache = None
    with on_cpu(dtype):
        for step in range(steps):
            output = model(
                input_ids=ids,
                attention_mask=torch.ones(1, length + step, dtype=torch.long),
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                return_dict=True,
                **inputs,
            )
            if step == 0:
                recorder.close()
            cache = output.past_key_values
            logits.append(output.logits[0, -1].float())
            generated.append(int(logits[-1].argmax()))
            ids = torch.tensor([[generated[-1]]])
            positions = torch.tensor([[length + step]])

    tensors = {"pixels.global": global_view}
    if tiles.any():
        tensors["pixels.tiles"] = tiles
    tensors |= recorder.stages()
    tensors["sequence"] = recorder.decoder_input[0][prepared.inputs["images_seq_mask"][0]]
    tensors = {name: tensor.float().contiguous().clone() for name, tensor in tensors.items()}
    tensors["input_ids"] = prepared.input_ids[0].clone()
    tensors["logits"] = torch.stack(logits)
    tensors["generated_ids"] = torch.tensor(generated)
    return tensors


def write_traces(folder, pages, output, prompt, mode, steps, dtype):
    """Traces pages to `output`/official-N.safetensors, N from 1."""
    model, tokenizer = load(folder, DTYPES[dtype])
    for number, page in enumerate(pages, start=1):
        tensors = trace(model, tokenizer, page, prompt, mode, steps, DTYPES[dtype])
        save_file(tensors, pathlib.Path(output) / f"official-{number}.safetensors")
