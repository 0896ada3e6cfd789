"""784-128-10 perceptron with ReLU, batch 32, cross entropy, Adam (lr 1e-3)."""

import torch
from torch import nn

from train import step_of


def build():
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return step_of(model, optimizer, torch.randn(32, 784), torch.randint(10, (32,)))
