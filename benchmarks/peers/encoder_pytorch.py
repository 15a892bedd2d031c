"""The encoder as Python's PyTorch runs it, for comparison with ours.

Plain modules with the published algorithm: windows padded before their linear
layers, relative positions as one additive mask for
scaled_dot_product_attention. Weights are random; only time and memory are
looked at. Prints one JSON line for each run.

    encoder_pytorch.py --sides 512 640 1024 --repeat 2 --threads 2
"""

import argparse
import json
import time

import torch
from torch import nn
from torch.nn import functional as F


class SamAttention(nn.Module):
    def __init__(self, width, heads, table_side):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        shape = (2 * table_side - 1, width // heads)
        self.rel_pos_h = nn.Parameter(torch.randn(shape) * 0.02)
        self.rel_pos_w = nn.Parameter(torch.randn(shape) * 0.02)

    def offsets(self, table, side):
        length = 2 * side - 1
        if table.shape[0] != length:
            table = F.interpolate(table.T[None], size=length, mode="linear")[0].T
        axis = torch.arange(side)
        return table[axis[:, None] - axis[None, :] + side - 1]

    def forward(self, x):
        batch, side, _, width = x.shape
        qkv = self.qkv(x).view(batch, side * side, 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        grid = q.reshape(batch * self.heads, side, side, -1)
        rows = torch.einsum("bhwc,hkc->bhwk", grid, self.offsets(self.rel_pos_h, side))
        columns = torch.einsum("bhwc,wkc->bhwk", grid, self.offsets(self.rel_pos_w, side))
        count = side * side
        bias = rows[..., :, None] + columns[..., None, :]
        bias = bias.reshape(batch, self.heads, count, count)
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        out = out.transpose(1, 2).reshape(batch, side, side, width)
        return self.projection(out)


class SamBlock(nn.Module):
    def __init__(self, width, heads, table_side, window):
        super().__init__()
        self.window = window
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attention = SamAttention(width, heads, window or table_side)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def attend(self, x):
        if not self.window:
            return self.attention(x)
        batch, side, _, width = x.shape
        w = self.window
        pad = -side % w
        x = F.pad(x, (0, 0, 0, pad, 0, pad))
        across = (side + pad) // w
        x = x.view(batch, across, w, across, w, width).transpose(2, 3)
        x = self.attention(x.reshape(-1, w, w, width))
        x = x.view(batch, across, across, w, w, width).transpose(2, 3)
        x = x.reshape(batch, side + pad, side + pad, width)
        return x[:, :side, :side]

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ChannelNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=1e-6)

    def forward(self, x):
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ClipBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 4 * width)
        self.contract = nn.Linear(4 * width, width)

    def forward(self, x):
        batch, count, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, count, 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        out = F.scaled_dot_product_attention(q, k, v)
        x = x + self.projection(out.transpose(1, 2).reshape(x.shape))
        inner = self.expand(self.norm2(x))
        return x + self.contract(inner * torch.sigmoid(1.702 * inner))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 768, 16, stride=16)
        self.sam_positions = nn.Parameter(torch.randn(1, 64, 64, 768) * 0.02)
        self.sam_blocks = nn.ModuleList(
            SamBlock(768, 12, 64, 0 if i in (2, 5, 8, 11) else 14) for i in range(12))
        self.neck = nn.Sequential(
            nn.Conv2d(768, 256, 1, bias=False), ChannelNorm(256),
            nn.Conv2d(256, 256, 3, padding=1, bias=False), ChannelNorm(256))
        self.compressor = nn.Sequential(
            nn.Conv2d(256, 512, 3, stride=2, padding=1, bias=False),
            nn.Conv2d(512, 1024, 3, stride=2, padding=1, bias=False))
        self.class_embedding = nn.Parameter(torch.randn(1024) * 0.02)
        self.clip_positions = nn.Parameter(torch.randn(257, 1024) * 0.02)
        self.pre_norm = nn.LayerNorm(1024)
        self.clip_blocks = nn.ModuleList(ClipBlock(1024, 16) for _ in range(24))
        self.projector = nn.Linear(2048, 1280)

    @staticmethod
    def resize(table, side):
        """table: (S, S, C) -> (side, side, C)."""
        if table.shape[0] == side:
            return table
        resized = F.interpolate(
            table.permute(2, 0, 1)[None], size=(side, side), mode="bicubic",
            antialias=True, align_corners=False)
        return resized[0].permute(1, 2, 0)

    def forward(self, pixels):
        x = self.patches(pixels).permute(0, 2, 3, 1)
        x = x + self.resize(self.sam_positions[0], x.shape[1])
        for block in self.sam_blocks:
            x = block(x)
        sam = self.compressor(self.neck(x.permute(0, 3, 1, 2)))
        batch, _, side, _ = sam.shape
        tokens = sam.flatten(2).transpose(1, 2)
        positions = self.resize(self.clip_positions[1:].view(16, 16, -1), side)
        first = (self.class_embedding + self.clip_positions[0]).expand(batch, 1, -1)
        x = torch.cat([first, tokens + positions.flatten(0, 1)], dim=1)
        x = self.pre_norm(x)
        for block in self.clip_blocks:
            x = block(x)
        return self.projector(torch.cat([x[:, 1:], tokens], dim=-1))


def resident_bytes(field):
    """VmRSS, what is resident now, or VmHWM, the most since `forget_peak`."""
    for line in open("/proc/self/status", encoding="utf-8"):
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise ValueError(field)


def forget_peak():
    # 5 resets the peak resident size, see proc(5).
    with open("/proc/self/clear_refs", "w", encoding="utf-8") as file:
        file.write("5")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 640, 1024])
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    encoder = Encoder().eval()
    with torch.inference_mode():
        for side in arguments.sides:
            pixels = torch.rand(1, 3, side, side) * 2 - 1
            for _ in range(arguments.repeat):
                # The weights are all resident: they were drawn.
                before = resident_bytes("VmRSS")
                forget_peak()
                began, cpu = time.perf_counter(), time.process_time()
                encoder(pixels)
                line = {
                    "side_px": side,
                    "seconds": time.perf_counter() - began,
                    "cpu_seconds": time.process_time() - cpu,
                    "resident_before_bytes": before,
                    "peak_memory_bytes": resident_bytes("VmHWM"),
                }
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
