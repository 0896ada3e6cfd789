"""A small GPT: 4 pre-norm layers, 4 heads, width 128, 16 texts of 64 tokens or 4 of 256, vocabulary 256, no dropout;
the next token's cross entropy, AdamW (lr 3e-4, weight decay 0.01).
"""

import torch
import torch.nn.functional as F
from torch import nn

from train import step_of

LAYERS, HEADS, WIDTH, VOCABULARY = 4, 4, 128, 256


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        batch, tokens, width = x.shape
        query, key, value = (
            part.view(batch, tokens, HEADS, width // HEADS).transpose(1, 2)
            for part in self.query_key_value(x).split(width, dim=2)
        )
        y = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(batch, tokens, width))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(WIDTH), Attention()
        self.norm2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Gpt(nn.Module):
    def __init__(self, context):
        super().__init__()
        self.token, self.position = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(context, WIDTH)
        self.layers = nn.Sequential(*(Layer() for _ in range(LAYERS)))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, tokens):
        x = self.token(tokens) + self.position(torch.arange(tokens.shape[1]))
        return self.head(self.norm(self.layers(x)))


def build(compiled=False, texts=16, tokens=64):
    model = Gpt(tokens)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.01)
    text = torch.randint(VOCABULARY, (texts, tokens + 1))
    return step_of(model, optimizer, text[:, :-1].contiguous(), text[:, 1:].contiguous(), compiled=compiled)


def build_compiled():
    return build(compiled=True)


def build_long(compiled=False):
    return build(compiled, texts=4, tokens=256)


def build_long_compiled():
    return build_long(compiled=True)
