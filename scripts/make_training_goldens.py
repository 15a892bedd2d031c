#!/usr/bin/env python3
"""Makes tests/data/training/: what training the same model in Python gives.

losses.safetensors   first weights, ten batches, and the loss before each of ten
                     AdamW steps with clipping and weight decay
muon.safetensors     matrices, gradients of three steps, and what Muon makes of
                     them, one matrix after the other

Needs torch and safetensors (third_party/requirements.txt has the versions);
run it from the repository's root.
"""

import pathlib

import torch
from muon import Muon
from reference_model import OpticalModel
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent.parent / "tests" / "data" / "training"
SEED = 7
STEPS = 10


def make_batch(generator, step):
    """Pages of one mode, answers of uneven lengths that end with id 1."""
    side, pages, longest = (128, 2, 14) if step % 2 == 0 else (64, 3, 9)
    pixels = torch.randint(0, 256, (pages, side, side), generator=generator, dtype=torch.uint8)
    answers = torch.randint(3, 259, (pages, longest), generator=generator)
    for row in range(pages):
        length = longest - 3 * row
        answers[row, length - 1] = 1
        answers[row, length:] = -100
    return pixels, answers


def make_losses(metadata):
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    model = OpticalModel.from_config(FOLDER / "model" / "config.json")
    # Otherwise relative positions and biases start at zero and hide mistakes.
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn(parameter.shape))
    tensors = {"model." + name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=3e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1
    )
    # "<image>\nRead." in bytes: bos before the page, the rest behind it.
    after = [3 + byte for byte in b"\nRead."]
    losses = []
    for step in range(STEPS):
        pixels, answers = make_batch(generator, step)
        reading, balance = model.losses(pixels, answers, before=[0], after=after)
        loss = reading + 0.01 * balance
        losses.append(loss.detach())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        tensors[f"pixels.{step}"] = pixels
        tensors[f"answers.{step}"] = answers
    tensors["losses"] = torch.stack(losses)
    save_file(tensors, FOLDER / "losses.safetensors", metadata)


def make_muon(metadata):
    generator = torch.Generator().manual_seed(SEED)
    shapes = {"tall": (12, 5), "wide": (5, 12), "twin": (5, 12), "kernel": (6, 4, 3, 3)}
    parameters = {
        name: torch.nn.Parameter(torch.randn(shape, generator=generator))
        for name, shape in shapes.items()
    }
    tensors = {"before." + name: p.detach().clone() for name, p in parameters.items()}
    muon = Muon(parameters.values(), lr=0.02, momentum=0.95, weight_decay=0.1)
    for step in range(3):
        for name, parameter in parameters.items():
            parameter.grad = torch.randn(parameter.shape, generator=generator)
            tensors[f"gradient.{step}.{name}"] = parameter.grad.clone()
        muon.step()
    tensors |= {"after." + name: p.detach().clone() for name, p in parameters.items()}
    save_file(tensors, FOLDER / "muon.safetensors", metadata)


def main():
    torch.set_num_threads(1)
    metadata = {
        "made_by": "scripts/make_training_goldens.py",
        "torch": torch.__version__,
        "seed": str(SEED),
    }
    make_losses(metadata)
    make_muon(metadata)


if __name__ == "__main__":
    main()
