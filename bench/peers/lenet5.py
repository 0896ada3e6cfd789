"""LeNet-5 with ReLU and max pooling on 1x28x28 images, batch 128, cross entropy, SGD (lr 0.01, momentum 0.9).

LeCun, Bottou, Bengio, Haffner 1998, with the activations in use today.
"""

import torch
from torch import nn

from train import step_of


def build():
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return step_of(model, optimizer, torch.randn(128, 1, 28, 28), torch.randint(10, (128,)))
