"""One training step as a PyTorch user writes it: forward, cross entropy, backward, optimizer. In another dtype than float32,
the forward pass runs under autocast; compiled, the model and with it its backward pass go through torch.compile."""

import torch
import torch.nn.functional as F


def step_of(model, optimizer, inputs, labels, dtype=torch.float32, compiled=False):
    if compiled:
        model = torch.compile(model)

    def step():
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=dtype, enabled=dtype != torch.float32):
            scores = model(inputs)
            loss = F.cross_entropy(scores.reshape(-1, scores.shape[-1]), labels.reshape(-1))
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step
