"""The whole model in plain PyTorch: an independent eager implementation.

Makers of golden files and benchmarks compare our modules with it. Parameters have the
names of `model::OpticalModel`. Sizes come from a model folder's config.json.
"""

import json
import math

import torch
import torch.nn.functional as F
from reference_decoder import Decoder
from reference_encoder import DeepEncoder
from torch import nn


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
        """Reading and balance loss of (B, S, S) luminances and padded answers.

        `before` and `after` are the prompt's ids before and after the page.
        """
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
