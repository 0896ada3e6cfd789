"""ResNet-20 for 3x32x32 images, batch 128, cross entropy, SGD (lr 0.01, momentum 0.9, weight decay 5e-4).

He, Zhang, Ren, Sun 2015, arXiv:1512.03385, section 4.2, with its parameter-free shortcuts (option A):
every second pixel, new channels zero. 269,722 parameters, convolutions without bias.
"""

import torch
import torch.nn.functional as F
from torch import nn

from train import step_of


class Block(nn.Module):
    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.stride, self.new_channels = stride, channels - channels_in

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        if self.stride != 1:
            half = self.new_channels // 2
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, half))
        return F.relu(y + x)


def build(dtype=torch.float32, compiled=False):
    layers = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    channels_in = 16
    for channels, first_stride in ((16, 1), (32, 2), (64, 2)):
        for stride in (first_stride, 1, 1):
            layers.append(Block(channels_in, channels, stride))
            channels_in = channels
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    return step_of(model, optimizer, torch.randn(128, 3, 32, 32), torch.randint(10, (128,)), dtype, compiled)


def build_bf16():
    return build(torch.bfloat16)


def build_compiled():
    return build(compiled=True)
