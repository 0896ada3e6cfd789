"""200 multiplications of one-element tensors, one after the other: what a single op costs beyond its arithmetic."""

import torch

LENGTH = 200


def chain(x, factor):
    y = x
    for _ in range(LENGTH):
        y = y * factor
    return y


def forward():
    x, factor = torch.ones(1), torch.full((1,), 1.01)
    return lambda: chain(x, factor)


def forward_and_backward():
    x, factor, one = torch.ones(1, requires_grad=True), torch.full((1,), 1.01), torch.ones(1)
    return lambda: torch.autograd.grad(chain(x, factor), x, one)[0]
