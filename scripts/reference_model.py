"""The whole model in plain Python PyTorch: what our modules are compared with.

An independent, eager implementation for goldens and for side-by-side timings,
never part of the toolkit. Parameters have the names of `model::OpticalModel`.
Sizes come from a model folder's config.json.
"""

import json
import math

import torch
import torch.nn.functional as F
from torch import nn


def resize_table(table, side):
    """(S, S, C) -> (side, side, C), bicubic with antialiasing."""
    if table.shape[0] == side:
        return table
    image = table.permute(2, 0, 1)[None].float()
    image = F.interpolate(image, size=(side, side), mode="bicubic", antialias=True)
    return image[0].permute(1, 2, 0).to(table.dtype)


class FeedForward(nn.Module):
    def __init__(self, width, inner, quick):
        super().__init__()
        self.expand = nn.Linear(width, inner)
        self.contract = nn.Linear(inner, width)
        self.quick = quick

    def forward(self, x):
        x = self.expand(x)
        x = x * torch.sigmoid(1.702 * x) if self.quick else F.gelu(x)
        return self.contract(x)


class SamAttention(nn.Module):
    def __init__(self, width, heads, table_side):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.rel_pos_h = nn.Parameter(torch.zeros(2 * table_side - 1, width // heads))
        self.rel_pos_w = nn.Parameter(torch.zeros(2 * table_side - 1, width // heads))

    @staticmethod
    def pairs(table, side):
        length = 2 * side - 1
        if table.shape[0] != length:
            table = F.interpolate(table.T[None], size=length, mode="linear")[0].T
        axis = torch.arange(side)
        index = (axis[:, None] - axis[None, :] + side - 1).to(table.device)
        return table[index]

    def forward(self, grid):
        batch, side, _, width = grid.shape
        q, k, v = self.qkv(grid).view(batch, side * side, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        plane = q.unflatten(2, (side, side))
        by_row = torch.einsum("bnhwd,hkd->bnhwk", plane, self.pairs(self.rel_pos_h, side))
        by_column = torch.einsum("bnhwd,wkd->bnhwk", plane, self.pairs(self.rel_pos_w, side))
        bias = (by_row[..., :, None] + by_column[..., None, :]).reshape(
            batch, self.heads, side * side, side * side
        )
        x = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.projection(x.transpose(1, 2).reshape(grid.shape))


class SamBlock(nn.Module):
    def __init__(self, width, heads, table_side, window, ratio):
        super().__init__()
        self.window = window
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attention = SamAttention(width, heads, window or table_side)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = FeedForward(width, ratio * width, quick=False)

    def attend(self, x):
        if not self.window:
            return self.attention(x)
        batch, side, _, width = x.shape
        w = self.window
        across = -(-side // w)
        pad = across * w - side
        x = F.pad(x, (0, 0, 0, pad, 0, pad)).view(batch, across, w, across, w, width)
        x = self.attention(x.transpose(2, 3).reshape(-1, w, w, width))
        x = x.view(batch, across, across, w, w, width).transpose(2, 3)
        return x.reshape(batch, across * w, across * w, width)[:, :side, :side]

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ChannelNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        x = F.layer_norm(x.permute(0, 2, 3, 1), self.weight.shape, self.weight, self.bias, 1e-6)
        return x.permute(0, 3, 1, 2)


class PatchEmbedding(nn.Module):
    def __init__(self, width, patch):
        super().__init__()
        self.projection = nn.Conv2d(3, width, patch, stride=patch)

    def forward(self, pixels):
        return self.projection(pixels).permute(0, 2, 3, 1)


class SamVit(nn.Module):
    def __init__(self, sam, toolkit, image_size):
        super().__init__()
        width, patch = sam["width"], toolkit["sam_patch_size"]
        side, neck = image_size // patch, toolkit["sam_neck_channels"]
        self.patch_embedding = PatchEmbedding(width, patch)
        self.position_table = nn.Parameter(0.02 * torch.randn(1, side, side, width))
        self.blocks = nn.ModuleList(
            SamBlock(
                width,
                sam["heads"],
                side,
                0 if i in sam["global_attn_indexes"] else toolkit["sam_window_size"],
                toolkit.get("sam_mlp_ratio", 4),
            )
            for i in range(sam["layers"])
        )
        self.neck = nn.Sequential(
            nn.Conv2d(width, neck, 1, bias=False),
            ChannelNorm(neck),
            nn.Conv2d(neck, neck, 3, padding=1, bias=False),
            ChannelNorm(neck),
        )

    def forward(self, pixels):
        x = self.patch_embedding(pixels)
        x = x + resize_table(self.position_table[0], x.shape[1])
        for block in self.blocks:
            x = block(x)
        return self.neck(x.permute(0, 3, 1, 2))


class TokenCompressor(nn.Module):
    def __init__(self, channels, stages):
        super().__init__()
        widths = [channels, *stages]
        self.stages = nn.Sequential(
            *(
                nn.Conv2d(a, b, 3, stride=2, padding=1, bias=False)
                for a, b in zip(widths, widths[1:])
            )
        )

    def forward(self, x):
        return self.stages(x)


class ClipBlock(nn.Module):
    def __init__(self, width, heads, ratio):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = FeedForward(width, ratio * width, quick=True)

    def forward(self, x):
        batch, count, _ = x.shape
        q, k, v = (
            self.qkv(self.norm1(x)).view(batch, count, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        )
        attended = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(x.shape)
        x = x + self.projection(attended)
        return x + self.mlp(self.norm2(x))


class ClipVit(nn.Module):
    def __init__(self, clip, toolkit):
        super().__init__()
        width = clip["width"]
        self.side = clip["image_size"] // clip["patch_size"]
        self.class_embedding = nn.Parameter(0.02 * torch.randn(width))
        self.position_table = nn.Parameter(0.02 * torch.randn(1 + self.side**2, width))
        self.pre_norm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(
            ClipBlock(width, clip["heads"], toolkit.get("clip_mlp_ratio", 4))
            for _ in range(clip["layers"])
        )

    def forward(self, map_):
        batch, width, n, _ = map_.shape
        table = self.position_table[1:].view(self.side, self.side, width)
        tokens = map_.flatten(2).transpose(1, 2) + resize_table(table, n).flatten(0, 1)
        first = (self.class_embedding + self.position_table[0]).expand(batch, 1, width)
        x = self.pre_norm(torch.cat([first, tokens], 1))
        for block in self.blocks:
            x = block(x)
        return x[:, 1:]


class Projector(nn.Module):
    def __init__(self, in_width, out_width):
        super().__init__()
        self.linear = nn.Linear(in_width, out_width)

    def forward(self, x):
        return self.linear(x)


class DeepEncoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        vision, toolkit = config["vision_config"], config["microfiche"]
        sam, clip = vision["width"]["sam_vit_b"], vision["width"]["clip-l-14-224"]
        projector = config["projector_config"]
        self.sam = SamVit(sam, toolkit, vision["image_size"])
        self.compressor = TokenCompressor(toolkit["sam_neck_channels"], sam["downsample_channels"])
        self.clip = ClipVit(clip, toolkit)
        self.projector = Projector(projector["input_dim"], projector["n_embed"])

    def forward(self, pixels):
        seen = self.compressor(self.sam(pixels))
        known = self.clip(seen)
        return self.projector(torch.cat([known, seen.flatten(2).transpose(1, 2)], -1))


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
            token, place = (ids == e).nonzero(as_tuple=True)
            if len(token):
                answer = expert(flat[token]).float() * weights[token, place, None]
                routed = routed.index_add(0, token, answer)
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


class OpticalModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        language = config["language_config"]
        width = language["hidden_size"]
        self.encoder = DeepEncoder(config)
        self.decoder = Decoder(language, config["microfiche"].get("qk_norm", False))
        self.image_newline = nn.Parameter(torch.randn(width) / math.sqrt(width))
        self.view_separator = nn.Parameter(torch.randn(width) / math.sqrt(width))
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, 0, 0.02)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)

    @staticmethod
    def from_config(path):
        with open(path, encoding="utf-8") as file:
            return OpticalModel(json.load(file))

    def assemble(self, tokens):
        """(B, n * n, D) -> (B, n * (n + 1) + 1, D): row newlines and separator."""
        batch, count, width = tokens.shape
        n = math.isqrt(count)
        rows = tokens.view(batch, n, n, width)
        newlines = self.image_newline.expand(batch, n, 1, width)
        rows = torch.cat([rows, newlines], 2).flatten(1, 2)
        return torch.cat([rows, self.view_separator.expand(batch, 1, width)], 1)

    def losses(self, pixels, answers, before, after):
        """Reading and balance loss of (B, S, S) luminances and padded answers;
        `before` and `after` are the prompt's ids around the page."""
        x = (pixels.float() / 127.5 - 1)[:, None].expand(-1, 3, -1, -1)
        page = self.assemble(self.encoder(x.to(self.image_newline.dtype)))
        batch = len(pixels)

        def embed(ids):
            ids = torch.tensor(ids, dtype=torch.long, device=pixels.device)
            return self.decoder.token_embedding(ids).expand(batch, -1, -1)

        given = self.decoder.token_embedding(answers[:, :-1].clamp_min(0))
        hidden = self.decoder(torch.cat([embed(before), page, embed(after), given], 1))
        logits = self.decoder.lm_head(hidden[:, -answers.shape[1] :]).float()
        reading = F.cross_entropy(logits.flatten(0, 1), answers.flatten(), ignore_index=-100)
        return reading, self.decoder.balance_loss()
