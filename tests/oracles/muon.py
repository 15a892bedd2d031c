"""Muon in plain PyTorch, the oracle of the C++ optimizer."""

import torch


def newton_schulz(matrix, steps=5):
    """Approximates the orthogonal matrix nearest to a matrix (Jordan's Muon)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        factor = torch.addmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.addmm(x, factor, x, beta=a)
    return x.T if matrix.shape[0] > matrix.shape[1] else x


class Muon(torch.optim.Optimizer):
    """Muon, one matrix at a time, orthogonalised in `dtype`."""

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.0, dtype=torch.float32):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "decay": weight_decay})
        self.dtype = dtype

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                grad = p.grad.flatten(1)
                state = self.state[p]
                momentum = state.setdefault("momentum", torch.zeros_like(grad))
                momentum.lerp_(grad, 1 - group["momentum"])
                nesterov = grad.lerp(momentum, group["momentum"]).to(self.dtype)
                update = newton_schulz(nesterov).to(p.dtype)
                scale = max(1, update.shape[0] / update.shape[1]) ** 0.5
                p.mul_(1 - group["lr"] * group["decay"])
                p.add_(update.view(p.shape), alpha=-group["lr"] * scale)
