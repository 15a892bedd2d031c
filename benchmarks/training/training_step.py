#!/usr/bin/env python3
"""Times whole training steps in Python's PyTorch; prints median CPU seconds a step.

The same sizes, data shapes, losses and optimizers as training_step.cpp; in
bfloat16 float32 masters are updated by Muon in bfloat16, as there.
"""

import argparse
import fnmatch
import pathlib
import statistics
import sys
import time

import torch

ROOT = pathlib.Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from muon import Muon  # noqa: E402
from reference_model import OpticalModel  # noqa: E402

# OptimizerConfig::adam_only of modules/training/optimizer.h.
ADAM_ONLY = ["*embedding*", "*position*", "*rel_pos*", "*lm_head*", "*router*"]


def is_hidden_matrix(name, parameter):
    return parameter.dim() >= 2 and not any(fnmatch.fnmatch(name, p) for p in ADAM_ONLY)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=str(ROOT / "configs/models/nano"))
    parser.add_argument("--pages", type=int, default=16)
    parser.add_argument("--side", type=int, default=192)
    parser.add_argument("--characters", type=int, default=216)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)

    model = OpticalModel.from_config(pathlib.Path(options.model) / "config.json")
    dtype = getattr(torch, options.dtype)
    masters = [parameter.detach().clone() for parameter in model.parameters()]
    model.to(dtype)
    if dtype == torch.float32:
        masters = list(model.parameters())
    hidden, others = [], []
    for (name, parameter), master in zip(model.named_parameters(), masters):
        (hidden if is_hidden_matrix(name, parameter) else others).append(master)
    muon = Muon(hidden, lr=0.02, dtype=dtype)
    adam = torch.optim.AdamW(others, lr=3e-3, betas=(0.9, 0.95), weight_decay=0, fused=True)
    shape = (options.pages, options.side, options.side)
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8)
    answers = torch.randint(3, 259, (options.pages, options.characters))

    seconds = []
    warm_up = 2
    for step in range(options.steps + warm_up):
        start = time.process_time()
        model.zero_grad()
        reading, balance = model.losses(pixels, answers, before=[0], after=[])
        (reading + 0.01 * balance).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if dtype != torch.float32:
            for master, parameter in zip(masters, model.parameters()):
                master.grad = parameter.grad.float()
        muon.step()
        adam.step()
        if dtype != torch.float32:
            with torch.no_grad():
                torch._foreach_copy_(list(model.parameters()), masters)
        if step >= warm_up:
            seconds.append(time.process_time() - start)
    print(f"{statistics.median(seconds):.6f}")


if __name__ == "__main__":
    main()
