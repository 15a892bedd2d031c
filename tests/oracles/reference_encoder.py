"""DeepEncoder in plain PyTorch; reference_model.py uses it."""

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
        sam = self.compressor(self.sam(pixels))
        clip = self.clip(sam)
        return self.projector(torch.cat([clip, sam.flatten(2).transpose(1, 2)], -1))
