"""The DeepSeek-3B-MoE decoder in plain PyTorch; reference_model.py uses it."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class RmsNorm(nn.Module):
    def __init__(self, width, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x):
        y = x.float()
        y = y * torch.rsqrt(y.square().mean(-1, keepdim=True) + self.eps)
        return y.to(x.dtype) * self.weight


def rotate(x, theta):
    length, dim = x.shape[-2:]
    frequencies = theta ** -(torch.arange(0, dim, 2, device=x.device).float() / dim)
    angles = torch.arange(length, device=x.device).float()[:, None] * frequencies
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Attention(nn.Module):
    def __init__(self, language, qk_norm):
        super().__init__()
        width, self.heads = language["hidden_size"], language["num_attention_heads"]
        self.theta = language.get("rope_theta", 10000.0)
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            setattr(self, name, nn.Linear(width, width, bias=False))
        if qk_norm:
            self.q_norm = RmsNorm(width // self.heads, 1e-6)
            self.k_norm = RmsNorm(width // self.heads, 1e-6)
        self.qk_norm = qk_norm

    def forward(self, x):
        q, k, v = (
            f(x).unflatten(-1, (self.heads, -1)) for f in (self.q_proj, self.k_proj, self.v_proj)
        )
        if self.qk_norm:
            q, k = self.q_norm(q), self.k_norm(k)
        q, k = rotate(q.transpose(1, 2), self.theta), rotate(k.transpose(1, 2), self.theta)
        y = F.scaled_dot_product_attention(q, k, v.transpose(1, 2), is_causal=True)
        return self.o_proj(y.transpose(1, 2).flatten(2))


class GatedMlp(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Router(nn.Module):
    def __init__(self, width, experts):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(experts, width))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))


class MixtureOfExperts(nn.Module):
    def __init__(self, language):
        super().__init__()
        width, inner = language["hidden_size"], language["moe_intermediate_size"]
        self.top_k = language["num_experts_per_tok"]
        self.router = Router(width, language["n_routed_experts"])
        self.experts = nn.ModuleList(
            GatedMlp(width, inner) for _ in range(language["n_routed_experts"])
        )
        self.shared_experts = GatedMlp(width, inner * language["n_shared_experts"])
        self.balance_loss = None

    def forward(self, x):
        flat = x.flatten(0, 1)
        scores = F.linear(flat.float(), self.router.weight.float()).softmax(-1)
        weights, ids = scores.topk(self.top_k, -1)
        self.measure_balance(scores.view(*x.shape[:2], -1), ids.view(x.shape[0], -1))
        routed = torch.zeros(flat.shape, device=x.device)
        for e, expert in enumerate(self.experts):
            token, slot = (ids == e).nonzero(as_tuple=True)
            if len(token):
                output = expert(flat[token]).float() * weights[token, slot, None]
                routed = routed.index_add(0, token, output)
        return routed.to(x.dtype).view(x.shape) + self.shared_experts(x)

    def measure_balance(self, scores, ids):
        experts = scores.shape[-1]
        counts = F.one_hot(ids, experts).sum(1).float()
        load = counts * experts / ids.shape[1]
        self.balance_loss = (load * scores.mean(1)).sum(1).mean()


class DecoderLayer(nn.Module):
    def __init__(self, language, qk_norm, dense):
        super().__init__()
        width, eps = language["hidden_size"], language.get("rms_norm_eps", 1e-6)
        self.attention_norm = RmsNorm(width, eps)
        self.attention = Attention(language, qk_norm)
        self.mlp_norm = RmsNorm(width, eps)
        self.mlp = (
            GatedMlp(width, language["intermediate_size"]) if dense else MixtureOfExperts(language)
        )

    def forward(self, x):
        x = x + self.attention(self.attention_norm(x))
        return x + self.mlp(self.mlp_norm(x))


class Decoder(nn.Module):
    def __init__(self, language, qk_norm):
        super().__init__()
        width, vocabulary = language["hidden_size"], language["vocab_size"]
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.layers = nn.ModuleList(
            DecoderLayer(language, qk_norm, i < language["first_k_dense_replace"])
            for i in range(language["num_hidden_layers"])
        )
        self.norm = RmsNorm(width, language.get("rms_norm_eps", 1e-6))
        self.lm_head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)

    def balance_loss(self):
        return sum(
            layer.mlp.balance_loss
            for layer in self.layers
            if isinstance(layer.mlp, MixtureOfExperts)
        )
