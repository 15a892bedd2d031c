#!/usr/bin/env python3
"""Makes tests/data/adapter/: LoRA adapters as PEFT writes them, and what they do.

lora/, rslora/     adapter folders saved by PEFT for the model of
                   tests/data/training, whose first weights are in losses.safetensors
losses.safetensors the reading loss of the first golden batch without an adapter,
                   with each, and with each merged by PEFT

Needs torch, safetensors and, by hand since it brings transformers along,
`pip install peft==0.21.2`; run it from the repository's root. With a folder as its
argument it loads that adapter with PEFT and prints the loss instead:

    scripts/make_adapter_goldens.py FOLDER
"""

import json
import pathlib
import shutil
import sys

import peft
import torch
from peft_model import published, take_layers
from reference_model import OpticalModel
from safetensors.torch import load_file, save_file

DATA = pathlib.Path(__file__).parent.parent / "tests" / "data"
SEED = 11
ADAPTERS = {
    "lora": peft.LoraConfig(
        r=4,
        lora_alpha=8,
        lora_dropout=0.1,
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    ),
    "rslora": peft.LoraConfig(
        r=3,
        lora_alpha=6,
        use_rslora=True,
        target_modules=["o_proj", "lm_head", "model.projector.layers", "qkv_proj"],
    ),
}


def make_model(tensors):
    model = OpticalModel.from_config(DATA / "training" / "model" / "config.json")
    model.load_state_dict({name: tensors["model." + name] for name, _ in model.named_parameters()})
    return model.eval()


def reading_loss(model, tensors):
    after = [3 + byte for byte in b"\nRead."]
    with torch.no_grad():
        loss, _ = model.losses(tensors["pixels.0"], tensors["answers.0"], before=[0], after=after)
    return loss


def make(name, config, tensors):
    model = make_model(tensors)
    adapted = peft.get_peft_model(published(model), config)
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    folder = DATA / "adapter" / name
    shutil.rmtree(folder, ignore_errors=True)
    adapted.save_pretrained(folder)
    (folder / "README.md").unlink()
    config_file = folder / "adapter_config.json"
    content = json.loads(config_file.read_text())
    # A set, which PEFT writes in any order.
    content["target_modules"] = sorted(content["target_modules"])
    config_file.write_text(json.dumps(content, indent=2) + "\n")
    take_layers(model, adapted.base_model.model)
    adapted.eval()
    loss = reading_loss(model, tensors)
    take_layers_of = make_model(tensors)
    merged = peft.PeftModel.from_pretrained(published(take_layers_of), folder).merge_and_unload()
    take_layers(take_layers_of, merged)
    return loss, reading_loss(take_layers_of, tensors)


def main():
    torch.set_num_threads(1)
    tensors = load_file(DATA / "training" / "losses.safetensors")
    if len(sys.argv) > 1:
        model = make_model(tensors)
        adapted = peft.PeftModel.from_pretrained(published(model), sys.argv[1])
        take_layers(model, adapted.base_model.model)
        print(f"{reading_loss(model, tensors).item():.7f}")
        return
    losses = {"none": reading_loss(make_model(tensors), tensors)}
    for name, config in ADAPTERS.items():
        losses[name], losses[name + ".merged"] = make(name, config, tensors)
    print({name: loss.item() for name, loss in losses.items()})
    metadata = {
        "made_by": "scripts/make_adapter_goldens.py",
        "torch": torch.__version__,
        "peft": peft.__version__,
        "seed": str(SEED),
    }
    save_file(losses, DATA / "adapter" / "losses.safetensors", metadata)


if __name__ == "__main__":
    main()
