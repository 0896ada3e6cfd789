"""Makes the reference values in this folder with PyTorch, in float64, and the README that lists them.

    python -m venv .venv && .venv/bin/pip install -r bench/requirements.txt
    .venv/bin/python tests/golden/make_goldens.py            writes tests/golden/*.npz and README.md

A golden is a value that somebody else's code gives. Run again with the same versions, the script writes the same
bytes. Each case draws from a stream seeded with its own name, so that adding one leaves the others as they are.
Inputs are multiples of 2^-20 below 16 in size, so float32 holds them exactly and the same file tests both dtypes.
"""

import io
import json
import pathlib
import zipfile
import zlib

import numpy
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).resolve().parent
FILES = {}  # file name -> function that yields its cases; its docstring is what the README says


def golden(function):
    """Marks a function that yields (case name, arrays) of the file of its name; its docstring goes into the README."""
    FILES[function.__name__] = function
    return function


class Draw:
    """The random inputs of one case."""

    def __init__(self, case):
        self.rng = numpy.random.Generator(numpy.random.PCG64(zlib.crc32(case.encode())))

    def normal(self, *shape, scale=1.0):
        return numpy.round(self.rng.standard_normal(shape) * scale * 2**20) / 2**20

    def uniform(self, *shape, low=0.0, high=1.0):
        return numpy.round(self.rng.uniform(low, high, shape) * 2**20) / 2**20

    def labels(self, count, classes):
        return self.rng.integers(0, classes, count, dtype=numpy.int64)


def differentiated(draw, function, inputs, **attributes):
    """Arrays of a case: `inputs`, y = function(**inputs), a random seed of y's shape, and the gradients of sum(seed * y)."""
    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in inputs.items()}
    y = function(**tensors)
    seed = draw.normal(*y.shape) if y.ndim else numpy.float64(1.0)
    gradients = torch.autograd.grad(y, list(tensors.values()), torch.tensor(seed))
    return {**attributes, **inputs, "y": y.detach().numpy(), "seed": seed,
            **{f"d_{name}": gradient.numpy() for name, gradient in zip(inputs, gradients)}}


def pair(value):
    return [value, value] if isinstance(value, int) else list(value)


# ---- convolution and pooling

@golden
def conv2d():
    """y = conv2d(x, kernel) + bias, a cross-correlation. `kernel` is [outputs, inputs / groups, height, width]; `stride`,
    `padding` and `dilation` are [vertical, horizontal]; padding is the same on both sides."""
    cases = {
        "plain": dict(x=(2, 3, 5, 6), kernel=(4, 3, 3, 3)),
        "without_bias": dict(x=(1, 2, 4, 4), kernel=(3, 2, 2, 2), bias=False),
        "one_by_one": dict(x=(2, 3, 3, 4), kernel=(4, 3, 1, 1)),
        "stride_padding": dict(x=(2, 2, 7, 6), kernel=(3, 2, 3, 3), stride=2, padding=1),
        "dilation": dict(x=(1, 2, 7, 8), kernel=(3, 2, 3, 3), dilation=2, padding=1),
        "rectangular": dict(x=(2, 2, 6, 7), kernel=(3, 2, 3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 3)),
        "groups": dict(x=(2, 4, 5, 5), kernel=(6, 2, 3, 3), padding=1, groups=2),
        "depthwise": dict(x=(2, 3, 5, 5), kernel=(6, 1, 3, 3), stride=2, padding=1, groups=3),
    }
    for case, shapes in cases.items():
        draw = Draw(f"conv2d/{case}")
        stride, padding, dilation = (pair(shapes.get(key, default)) for key, default in
                                     (("stride", 1), ("padding", 0), ("dilation", 1)))
        groups = shapes.get("groups", 1)
        inputs = {"x": draw.normal(*shapes["x"]), "kernel": draw.normal(*shapes["kernel"])}
        if shapes.get("bias", True):
            inputs["bias"] = draw.normal(shapes["kernel"][0])
        yield case, differentiated(
            draw, lambda x, kernel, bias=None: F.conv2d(x, kernel, bias, stride, padding, dilation, groups),
            inputs, stride=stride, padding=padding, dilation=dilation, groups=groups)


@golden
def conv2d_transpose():
    """The transpose of conv2d with respect to its images, plus bias. `kernel` is [inputs, outputs / groups, height,
    width]; y has (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1 rows and columns."""
    cases = {
        "plain": dict(x=(2, 3, 3, 4), kernel=(3, 2, 3, 3)),
        "stride": dict(x=(1, 2, 3, 4), kernel=(2, 3, 2, 2), stride=2),
        "output_padding": dict(x=(2, 2, 3, 3), kernel=(2, 3, 3, 3), stride=2, padding=1, output_padding=1),
        "rectangular": dict(x=(1, 2, 4, 3), kernel=(2, 3, 3, 2), stride=(1, 2), padding=(2, 0), dilation=(2, 1)),
        "groups": dict(x=(2, 4, 3, 3), kernel=(4, 1, 3, 3), stride=2, padding=1, groups=2),
    }
    for case, shapes in cases.items():
        draw = Draw(f"conv2d_transpose/{case}")
        stride, padding, output_padding, dilation = (pair(shapes.get(key, default)) for key, default in (
            ("stride", 1), ("padding", 0), ("output_padding", 0), ("dilation", 1)))
        groups = shapes.get("groups", 1)
        inputs = {"x": draw.normal(*shapes["x"]), "kernel": draw.normal(*shapes["kernel"]),
                  "bias": draw.normal(shapes["kernel"][1] * groups)}
        yield case, differentiated(
            draw, lambda x, kernel, bias: F.conv_transpose2d(
                x, kernel, bias, stride, padding, output_padding, groups, dilation),
            inputs, stride=stride, padding=padding, output_padding=output_padding, dilation=dilation, groups=groups)


@golden
def max_pool2d():
    """The largest value of each window; padding counts as minus infinity. `ceil_mode` 1 keeps windows that begin inside
    the padded image and end outside. No two values of a window are equal."""
    cases = {
        "plain": dict(x=(2, 2, 4, 6), window=2),
        "odd_size": dict(x=(1, 2, 5, 7), window=2),
        "ceil_mode": dict(x=(1, 2, 5, 7), window=2, ceil_mode=1),
        "overlapping": dict(x=(2, 2, 6, 5), window=3, stride=2, padding=1),
        "overlapping_ceil_mode": dict(x=(1, 2, 6, 8), window=3, stride=2, ceil_mode=1),
        "rectangular": dict(x=(1, 2, 6, 7), window=(2, 3), stride=(1, 2), padding=(0, 1), ceil_mode=1),
    }
    for case, shapes in cases.items():
        draw = Draw(f"max_pool2d/{case}")
        window, padding = pair(shapes["window"]), pair(shapes.get("padding", 0))
        stride, ceil_mode = pair(shapes.get("stride", shapes["window"])), shapes.get("ceil_mode", 0)
        yield case, differentiated(
            draw, lambda x: F.max_pool2d(x, window, stride, padding, ceil_mode=bool(ceil_mode)),
            {"x": draw.normal(*shapes["x"])}, window=window, stride=stride, padding=padding, ceil_mode=ceil_mode)


@golden
def avg_pool2d():
    """The mean of each window. `count_padding` 1 divides by the window's cells in the padded image, 0 by those in the
    image itself; cells that only ceil_mode adds never count."""
    cases = {
        "plain": dict(x=(2, 2, 4, 6), window=2),
        "padding_counts": dict(x=(1, 2, 5, 5), window=3, stride=2, padding=1),
        "padding_does_not_count": dict(x=(1, 2, 5, 5), window=3, stride=2, padding=1, count_padding=0),
        "ceil_mode": dict(x=(1, 2, 5, 6), window=3, stride=2, ceil_mode=1),
        "rectangular": dict(x=(1, 2, 5, 8), window=(2, 3), stride=(1, 2), padding=(1, 0), count_padding=0),
    }
    for case, shapes in cases.items():
        draw = Draw(f"avg_pool2d/{case}")
        window, padding = pair(shapes["window"]), pair(shapes.get("padding", 0))
        stride, ceil_mode = pair(shapes.get("stride", shapes["window"])), shapes.get("ceil_mode", 0)
        count_padding = shapes.get("count_padding", 1)
        yield case, differentiated(
            draw, lambda x: F.avg_pool2d(x, window, stride, padding, bool(ceil_mode), bool(count_padding)),
            {"x": draw.normal(*shapes["x"])},
            window=window, stride=stride, padding=padding, ceil_mode=ceil_mode, count_padding=count_padding)


# ---- normalisation

@golden
def layer_norm():
    """y = gain * (x - mean) / sqrt(var + epsilon) + bias over axes [axis, rank); var divides by n. In `two_axes` gain
    and bias have both axes' shape; `without_weights` has neither; `tiny_variance` has rows of variance near epsilon."""
    cases = {
        "last_axis": dict(x=(3, 2, 7), axis=2),
        "two_axes": dict(x=(2, 3, 4), axis=1),
        "without_weights": dict(x=(3, 6), axis=1, weights=False),
        "large_epsilon": dict(x=(3, 6), axis=1, epsilon=0.1),
        "tiny_variance": dict(x=(3, 6), axis=1, scale=2.0**-8),
    }
    for case, shapes in cases.items():
        draw = Draw(f"layer_norm/{case}")
        axis, epsilon = shapes["axis"], shapes.get("epsilon", 1e-5)
        normalised = shapes["x"][axis:]
        inputs = {"x": draw.normal(*shapes["x"], scale=shapes.get("scale", 1.0)) + 1.0}
        if shapes.get("weights", True):
            inputs |= {"gain": draw.normal(*normalised), "bias": draw.normal(*normalised)}
        yield case, differentiated(
            draw, lambda x, gain=None, bias=None: F.layer_norm(x, normalised, gain, bias, epsilon),
            inputs, axis=axis, epsilon=epsilon)


@golden
def batch_norm():
    """Normalises each channel (axis 1) as layer_norm() does a slice: in training (`training` 1) by the batch's mean and
    variance, which divides by n; otherwise by `state_mean` and `state_variance`. `next_mean` and `next_variance` are the
    state afterwards, (1 - momentum) * state + momentum * batch, where the batch's variance divides by n - 1."""
    for case, shape, training, epsilon, momentum in (
        ("training", (4, 3, 2, 3), 1, 1e-5, 0.1), ("evaluation", (2, 3, 2, 3), 0, 1e-5, 0.1),
        ("training_rows", (6, 4), 1, 1e-3, 0.25), ("evaluation_rows", (3, 4), 0, 1e-3, 0.25),
    ):
        draw = Draw(f"batch_norm/{case}")
        channels = shape[1]
        mean, variance = draw.normal(channels), draw.uniform(channels, low=0.5, high=2.0)
        next_mean, next_variance = torch.tensor(mean), torch.tensor(variance)
        arrays = differentiated(
            draw, lambda x, gain, bias: F.batch_norm(
                x, next_mean, next_variance, gain, bias, bool(training), momentum, epsilon),
            {"x": draw.normal(*shape, scale=2.0) + 1.0, "gain": draw.normal(channels), "bias": draw.normal(channels)},
            training=training, epsilon=epsilon, momentum=momentum)
        yield case, arrays | {"state_mean": mean, "state_variance": variance,
                              "next_mean": next_mean.numpy(), "next_variance": next_variance.numpy()}


@golden
def group_norm():
    """Normalises each of `groups` runs of neighbouring channels, together with their pixels, for each image alone; gain
    and bias are [channels]. `instance` is the case of a group a channel, `one_group` that of one group."""
    for case, shape, groups in (
        ("two_groups", (2, 4, 2, 3), 2), ("instance", (2, 3, 2, 3), 3), ("one_group", (2, 3, 2, 2), 1),
    ):
        draw = Draw(f"group_norm/{case}")
        yield case, differentiated(
            draw, lambda x, gain, bias: F.group_norm(x, groups, gain, bias, 1e-5),
            {"x": draw.normal(*shape) + 1.0, "gain": draw.normal(shape[1]), "bias": draw.normal(shape[1])},
            groups=groups, epsilon=1e-5)


# ---- attention

@golden
def attention():
    """y = softmax(query key^T / sqrt(width) + mask) value on [batch, heads, tokens, width]. `causal` 1: query i sees keys
    0..i. `mask` is added to the scores and may hold minus infinity."""
    def shapes(draw, keys):
        return {"query": draw.normal(2, 2, 4, 3), "key": draw.normal(2, 2, keys, 3), "value": draw.normal(2, 2, keys, 3)}

    draw = Draw("attention/plain")
    yield "plain", differentiated(draw, F.scaled_dot_product_attention, shapes(draw, 4), causal=0)
    draw = Draw("attention/more_keys")
    yield "more_keys", differentiated(draw, F.scaled_dot_product_attention, shapes(draw, 6), causal=0)
    draw = Draw("attention/causal")
    yield "causal", differentiated(
        draw, lambda query, key, value: F.scaled_dot_product_attention(query, key, value, is_causal=True),
        shapes(draw, 4), causal=1)
    draw = Draw("attention/masked")
    mask = draw.normal(4, 5)
    mask[draw.rng.uniform(size=mask.shape) < 0.3] = -numpy.inf
    mask[:, 0] = 0.0  # every query sees some key
    yield "masked", differentiated(
        draw, lambda query, key, value: F.scaled_dot_product_attention(query, key, value, torch.tensor(mask)),
        shapes(draw, 5), causal=0, mask=mask)


@golden
def multi_head_attention():
    """Attention with projections: queries from `x`, keys and values from `context` (absent: from x too); each of
    query_weight, key_weight, value_weight, out_weight is [inputs, outputs] and multiplies from the right, x W + b. Head h
    takes columns [h * width / heads, (h + 1) * width / heads)."""
    names = ("query", "key", "value", "out")
    for case, heads, causal, context in (("plain", 2, 0, None), ("causal", 3, 1, None), ("context", 2, 0, (2, 5, 6))):
        draw = Draw(f"multi_head_attention/{case}")
        inputs = {"x": draw.normal(2, 4, 6)}
        if context:
            inputs["context"] = draw.normal(*context)
        for name in names:
            inputs |= {f"{name}_weight": draw.normal(6, 6, scale=0.5), f"{name}_bias": draw.normal(6, scale=0.5)}

        def forward(x, context=None, **weights):
            source, length = (x if context is None else context), x.shape[1]
            y, _ = F.multi_head_attention_forward(
                x.transpose(0, 1), source.transpose(0, 1), source.transpose(0, 1), x.shape[2], heads, None,
                torch.cat([weights[f"{name}_bias"] for name in names[:3]]), None, None, False, 0.0,
                weights["out_weight"].T, weights["out_bias"],
                attn_mask=torch.triu(torch.full((length, length), -torch.inf, dtype=x.dtype), 1) if causal else None,
                need_weights=False, use_separate_proj_weight=True, q_proj_weight=weights["query_weight"].T,
                k_proj_weight=weights["key_weight"].T, v_proj_weight=weights["value_weight"].T)
            return y.transpose(0, 1)

        yield case, differentiated(draw, forward, inputs, heads=heads, causal=causal)


# ---- activations and losses

@golden
def softmax():
    """softmax and log_softmax over `axis`; `large` has scores of several hundred, which must neither overflow nor lose
    the small probabilities' logarithms."""
    for case, shape, scale in (("last_axis", (3, 5), 1.0), ("middle_axis", (2, 4, 3), 1.0), ("large", (2, 5), 256.0)):
        for name, function in (("softmax", torch.softmax), ("log_softmax", torch.log_softmax)):
            draw = Draw(f"softmax/{case}")  # both see the same x
            yield f"{name}_{case}", differentiated(
                draw, lambda x: function(x, 1), {"x": draw.normal(*shape) * scale}, axis=1)


@golden
def activations():
    """Functions of one number at fixed points `x`: the value y, and the first and second derivatives d_x and dd_x.
    `gelu` is the exact x Phi(x), by way of erfc; `gelu_tanh` its tanh approximation; `softplus` is log(1 + exp(x)) without
    PyTorch's cut at 20; `leaky_relu` has slope 0.01, `elu` alpha 1. Points stay away from kinks. Compare to an
    absolute 2e-15: against 60 digits PyTorch is within that everywhere, but in the tails (`gelu_tanh` below -5,
    1 - tanh^2) it has no relative precision left."""
    points = [-40.0, -20.5, -8.0, -5.5, -3.25, -2.0, -1.25, -0.75, -0.25, -0.015625, -2.0**-20,
              2.0**-20, 0.015625, 0.25, 0.75, 1.25, 2.0, 3.25, 5.5, 8.0, 20.5, 40.0]
    functions = {
        "gelu": lambda x: x * torch.special.ndtr(x),
        "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
        "silu": F.silu,
        "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
        "sigmoid": torch.sigmoid,
        "log_sigmoid": F.logsigmoid,
        "tanh": torch.tanh,
        "elu": F.elu,
        "selu": F.selu,
        "leaky_relu": F.leaky_relu,
        "mish": F.mish,
        "hard_swish": F.hardswish,
    }
    for case, function in functions.items():
        x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
        y = function(x)
        (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        second = torch.autograd.grad(first.sum(), x)[0] if first.requires_grad else torch.zeros_like(x)
        yield case, {"x": numpy.array(points), "y": y.detach().numpy(),
                     "d_x": first.detach().numpy(), "dd_x": second.numpy()}


@golden
def cross_entropy():
    """The mean over rows of -log softmax(scores)[label]. With `label_smoothing` e the target is (1 - e) on the label plus
    e / classes everywhere. `weights` are per class and the mean is weighted by the labels' weights; labels of -100 are left
    out; `targets` are probabilities instead of labels. `per_row` is not averaged (seed: random)."""
    rows, classes = 5, 4
    for case, smoothing in (("plain", 0.0), ("smoothed", 0.1), ("per_row", 0.0)):
        draw = Draw(f"cross_entropy/{case}")
        labels = draw.labels(rows, classes)
        reduction = "none" if case == "per_row" else "mean"
        yield case, differentiated(
            draw, lambda scores: F.cross_entropy(
                scores, torch.tensor(labels), label_smoothing=smoothing, reduction=reduction),
            {"scores": draw.normal(rows, classes, scale=2.0)}, labels=labels, label_smoothing=smoothing)
    draw = Draw("cross_entropy/weighted")
    labels, weights = draw.labels(rows, classes), draw.uniform(classes, low=0.25, high=2.0)
    yield "weighted", differentiated(
        draw, lambda scores: F.cross_entropy(scores, torch.tensor(labels), torch.tensor(weights)),
        {"scores": draw.normal(rows, classes)}, labels=labels, weights=weights, label_smoothing=0.0)
    draw = Draw("cross_entropy/ignored")
    labels = draw.labels(rows, classes)
    labels[1] = labels[3] = -100
    yield "ignored", differentiated(
        draw, lambda scores: F.cross_entropy(scores, torch.tensor(labels)),
        {"scores": draw.normal(rows, classes)}, labels=labels, label_smoothing=0.0)
    draw = Draw("cross_entropy/probabilities")
    targets = draw.rng.dirichlet(numpy.ones(classes), rows)
    yield "probabilities", differentiated(
        draw, lambda scores: F.cross_entropy(scores, torch.tensor(targets)),
        {"scores": draw.normal(rows, classes)}, targets=targets, label_smoothing=0.0)


@golden
def losses():
    """Means over all elements, differentiated with respect to their first argument. `binary_cross_entropy` takes
    probabilities, `..._scores` scores before the sigmoid (two of them of size 40); `positive_weight` multiplies the term of
    target 1. huber(d) = d^2 / 2 below `delta`, delta * (|d| - delta / 2) above. `kl_divergence` is
    sum(targets * (log targets - x)) / rows, x log probabilities."""
    draw = Draw("losses/binary_cross_entropy")
    targets = draw.rng.integers(0, 2, (3, 4)).astype(numpy.float64)
    yield "binary_cross_entropy", differentiated(
        draw, lambda x: F.binary_cross_entropy(x, torch.tensor(targets)),
        {"x": draw.uniform(3, 4, low=0.02, high=0.98)}, targets=targets)
    scores = draw.normal(3, 4, scale=3.0)
    scores[0, 0], scores[1, 1] = 40.0, -40.0
    soft = draw.uniform(3, 4)
    yield "binary_cross_entropy_scores", differentiated(
        draw, lambda x: F.binary_cross_entropy_with_logits(x, torch.tensor(soft)), {"x": scores}, targets=soft)
    weight = numpy.float64(2.5)
    yield "binary_cross_entropy_positive_weight", differentiated(
        draw, lambda x: F.binary_cross_entropy_with_logits(x, torch.tensor(targets), pos_weight=torch.tensor(weight)),
        {"x": draw.normal(3, 4)}, targets=targets, positive_weight=weight)
    for case, delta in (("huber", 1.0), ("huber_narrow", 0.25)):
        draw = Draw(f"losses/{case}")
        targets = draw.normal(3, 4)
        yield case, differentiated(
            draw, lambda x: F.huber_loss(x, torch.tensor(targets), delta=delta), {"x": draw.normal(3, 4)},
            targets=targets, delta=delta)
    for case, function in (("mean_squared_error", F.mse_loss), ("mean_absolute_error", F.l1_loss)):
        draw = Draw(f"losses/{case}")
        targets = draw.normal(3, 4)
        yield case, differentiated(
            draw, lambda x: function(x, torch.tensor(targets)), {"x": draw.normal(3, 4)}, targets=targets)
    draw = Draw("losses/kl_divergence")
    targets = draw.rng.dirichlet(numpy.ones(4), 3)
    yield "kl_divergence", differentiated(
        draw, lambda x: F.kl_div(x, torch.tensor(targets), reduction="batchmean"),
        {"x": numpy.log(draw.rng.dirichlet(numpy.ones(4), 3))}, targets=targets)


# ---- optimizers and schedules

@golden
def optimizers():
    """Five steps on loss(p) = sum(curvature * (p - target)^2) / 2 from p = start, which the case `problem` gives:
    `trajectory` is [5, 4], p after each step; `gradients` are those the steps were given. The options stand beside them:
    `adam` with weight_decay adds it to the gradient, `adamw` shrinks p by lr * weight_decay first; `rmsprop` divides by
    sqrt(v) + epsilon, and its momentum gathers that quotient; `nesterov` is PyTorch's form, p -= lr * (g + momentum * v);
    the momentum buffer begins as the first gradient."""
    start = numpy.array([1.0, -2.0, 0.5, 3.0])
    curvature = numpy.array([1.0, 0.25, 4.0, 0.0625])
    target = numpy.array([0.0, 1.0, 0.75, -1.0])
    yield "problem", {"start": start, "curvature": curvature, "target": target}
    optim = torch.optim
    cases = {
        "sgd": (optim.SGD, dict(lr=0.1)),
        "sgd_weight_decay": (optim.SGD, dict(lr=0.1, weight_decay=0.05)),
        "momentum": (optim.SGD, dict(lr=0.1, momentum=0.9)),
        "momentum_weight_decay": (optim.SGD, dict(lr=0.1, momentum=0.9, weight_decay=0.05)),
        "nesterov": (optim.SGD, dict(lr=0.1, momentum=0.9, nesterov=True)),
        "adam": (optim.Adam, dict(lr=0.05, betas=(0.9, 0.999), eps=1e-8)),
        "adam_weight_decay": (optim.Adam, dict(lr=0.05, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.05)),
        "adam_other_betas": (optim.Adam, dict(lr=0.05, betas=(0.5, 0.9), eps=1e-3)),
        "amsgrad": (optim.Adam, dict(lr=0.05, betas=(0.9, 0.5), eps=1e-8, amsgrad=True)),
        "adamw": (optim.AdamW, dict(lr=0.05, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.05)),
        "rmsprop": (optim.RMSprop, dict(lr=0.05, alpha=0.99, eps=1e-8)),
        "rmsprop_momentum": (optim.RMSprop, dict(lr=0.05, alpha=0.9, eps=1e-8, momentum=0.9)),
        "rmsprop_centered": (optim.RMSprop, dict(lr=0.05, alpha=0.9, eps=1e-8, centered=True)),
        "adagrad": (optim.Adagrad, dict(lr=0.1, eps=1e-10)),
    }
    names = {"eps": "epsilon", "alpha": "decay"}
    for case, (kind, options) in cases.items():
        p = torch.tensor(start, requires_grad=True)
        optimizer = kind([p], foreach=False, **options)
        trajectory, gradients = [], []
        for _ in range(5):
            optimizer.zero_grad()
            (torch.tensor(curvature) * (p - torch.tensor(target)) ** 2).sum().div(2).backward()
            gradients.append(p.grad.numpy().copy())
            optimizer.step()
            trajectory.append(p.detach().numpy().copy())
        stored = {names.get(name, name): float(value) for name, value in options.items() if name != "betas"}
        if "betas" in options:
            stored |= dict(zip(("beta1", "beta2"), map(float, options["betas"])))
        yield case, stored | {"gradients": numpy.stack(gradients), "trajectory": numpy.stack(trajectory)}


@golden
def clip_by_norm():
    """Gradients `a` and `b` scaled together so that the norm of both is at most `max_norm`: `clipped_a`, `clipped_b`, and
    `norm`, that before. PyTorch divides by norm + 1e-6, so compare to a relative 1e-6."""
    for case, max_norm in (("shrinks", 1.0), ("leaves", 100.0)):
        draw = Draw(f"clip_by_norm/{case}")
        a, b = draw.normal(3), draw.normal(2, 2)
        parameters = [torch.zeros(value.shape, dtype=torch.float64) for value in (a, b)]
        for parameter, value in zip(parameters, (a, b)):
            parameter.grad = torch.tensor(value)
        norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
        yield case, {"max_norm": max_norm, "a": a, "b": b, "norm": norm.numpy(),
                     "clipped_a": parameters[0].grad.numpy(), "clipped_b": parameters[1].grad.numpy()}


@golden
def schedules():
    """`rates`: the learning rate of steps 0, 1, 2, ... for a base rate `lr`. Other names are the schedule's own numbers, in
    steps: `every`, `milestones`, `factor`, `total`, `warmup` (linear from `start_factor` * lr), `period` and its
    multiplier, `lowest` (rate). `one_cycle` rises along a half cosine from lr / 25 to lr over 30% of the steps and falls
    along another to lr / 25 / 10000."""
    s = torch.optim.lr_scheduler
    lr = 0.5

    def constant(optimizer):
        return s.LambdaLR(optimizer, lambda step: 1.0)

    def warmup_cosine(optimizer):
        return s.SequentialLR(optimizer, [
            s.LinearLR(optimizer, start_factor=0.125, end_factor=1.0, total_iters=4),
            s.CosineAnnealingLR(optimizer, T_max=8, eta_min=0.0)], milestones=[4])

    cases = {
        "constant": (constant, {}),
        "step": (lambda o: s.StepLR(o, 3, 0.5), dict(every=3, factor=0.5)),
        "milestones": (lambda o: s.MultiStepLR(o, [2, 5, 6], 0.25), dict(milestones=[2, 5, 6], factor=0.25)),
        "exponential": (lambda o: s.ExponentialLR(o, 0.9), dict(factor=0.9)),
        "cosine": (lambda o: s.CosineAnnealingLR(o, 11, 0.01), dict(total=11, lowest=0.01)),
        "cosine_restarts": (lambda o: s.CosineAnnealingWarmRestarts(o, 3, 2, 0.01),
                            dict(period=3, multiplier=2, lowest=0.01)),
        "linear_warmup": (lambda o: s.LinearLR(o, 0.125, 1.0, 4), dict(warmup=4, start_factor=0.125)),
        "warmup_cosine": (warmup_cosine, dict(warmup=4, start_factor=0.125, total=12)),
        "polynomial": (lambda o: s.PolynomialLR(o, 10, 2.0), dict(total=10, power=2.0)),
        "one_cycle": (lambda o: s.OneCycleLR(o, lr, 12, cycle_momentum=False), dict(total=12)),
    }
    for case, (make, numbers) in cases.items():
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
        schedule = make(optimizer)
        rates = []
        for step in range(12):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if step < 11:
                schedule.step()
        yield case, {"lr": lr, **numbers, "rates": numpy.array(rates)}


# ---- linear algebra and Fourier transforms

def definite(draw, *shape):
    """Symmetric positive definite matrices that float32 holds exactly."""
    x = draw.normal(*shape)
    return numpy.round((x @ x.swapaxes(-1, -2) + shape[-1] * numpy.eye(shape[-1])) * 2**16) / 2**16


def symmetric(x):
    return (x + x.mT) / 2


@golden
def linear_algebra():
    """One case an op, and its shapes in the inputs'. `cholesky` and `eigh` see (a + a^T) / 2. `qr` has a positive
    diagonal in r. Where vectors are of either sign y does not depend on it: `eigh_function` is V exp(w / 4) V^T, `svd_function`
    U diag(sin s) V^T. `triangular_solve` has `lower`, `transpose`, `unit`. `lstsq_deficient` has rank 2: y is pinv(a) b.
    `vector_norm` is over axis 1 and has its `order`."""
    linalg = torch.linalg

    def case(name, function, inputs, **attributes):
        draw = Draw(f"linear_algebra/{name}")
        return name, differentiated(draw, function, {key: make(draw) for key, make in inputs.items()}, **attributes)

    def normal(*shape):
        return lambda draw: draw.normal(*shape)

    yield case("cholesky", lambda a: linalg.cholesky(symmetric(a)), {"a": lambda draw: definite(draw, 2, 4, 4) + 0.25 * draw.normal(2, 4, 4)})
    for name, lower, transpose, unit in (("lower", 1, 0, 0), ("upper", 0, 0, 0), ("lower_transposed", 1, 1, 0), ("upper_unit", 0, 0, 1)):
        def triangular(a, b):
            a = a.tril() if lower else a.triu()
            return linalg.solve_triangular(a.mT if transpose else a, b, upper=bool(lower) == bool(transpose), unitriangular=bool(unit))
        yield case(f"triangular_solve_{name}", triangular,
                   {"a": lambda draw: draw.normal(2, 4, 4) + 4 * numpy.eye(4), "b": normal(2, 4, 3)}, lower=lower, transpose=transpose, unit=unit)
    yield case("solve", lambda a, b: linalg.solve(a, b), {"a": normal(2, 4, 4), "b": normal(2, 4, 3)})
    yield case("solve_vector", lambda a, b: linalg.solve(a, b), {"a": normal(5, 5), "b": normal(5)})
    yield case("inverse", lambda a: linalg.inv(a), {"a": normal(2, 4, 4)})
    yield case("det", lambda a: linalg.det(a), {"a": normal(3, 4, 4)})
    yield case("slogdet", lambda a: linalg.slogdet(a)[1], {"a": normal(3, 4, 4)})
    for name, shape in (("square", (4, 4)), ("tall", (2, 5, 3)), ("wide", (3, 5))):
        def positive(a, output):
            q, r = linalg.qr(a)
            signs = torch.sign(torch.diagonal(r, dim1=-2, dim2=-1)).detach()
            return q * signs[..., None, :] if output == "q" else r * signs[..., :, None]
        for output in "qr":
            yield case(f"qr_{name}_{output}", lambda a: positive(a, output), {"a": normal(*shape)})
        yield case(f"svd_{name}_values", lambda a: linalg.svdvals(a), {"a": normal(*shape)})
        def function(a):
            u, s, vt = linalg.svd(a, full_matrices=False)
            return (u * torch.sin(s)[..., None, :]) @ vt
        yield case(f"svd_{name}_function", function, {"a": normal(*shape)})
    yield case("eigh_values", lambda a: linalg.eigvalsh(symmetric(a)), {"a": normal(2, 5, 5)})

    def exponential(a):
        w, v = linalg.eigh(symmetric(a))
        return (v * torch.exp(w / 4)[..., None, :]) @ v.mT
    yield case("eigh_function", exponential, {"a": normal(2, 5, 5)})
    yield case("lstsq_tall", lambda a, b: linalg.lstsq(a, b).solution, {"a": normal(2, 5, 3), "b": normal(2, 5, 2)})
    yield case("lstsq_wide", lambda a, b: linalg.lstsq(a, b).solution, {"a": normal(3, 5), "b": normal(3, 2)})
    yield case("lstsq_deficient", lambda a, b: linalg.pinv(a, rtol=1e-6) @ b,
               {"a": lambda draw: draw.labels(10, 7).reshape(5, 2) @ (draw.labels(8, 7).reshape(2, 4) - 3.0), "b": normal(5, 2)})
    for name, scale in (("small", 2.0**-7), ("middle", 0.25), ("large", 4.0)):
        yield case(f"matrix_exp_{name}", lambda a: linalg.matrix_exp(a), {"a": lambda draw: scale * draw.normal(2, 4, 4)})
    yield case("kron", lambda a, b: torch.kron(a, b), {"a": normal(2, 3), "b": normal(3, 2)})
    yield case("trace", lambda a: torch.trace(a), {"a": normal(4, 4)})
    for order in (2.0, 1.0, 3.0, 0.5, -1.5, numpy.inf, -numpy.inf):
        yield case(f"vector_norm_{order:g}", lambda a: linalg.vector_norm(a, order, dim=1), {"a": normal(3, 5)}, order=float(order))
    for name, order in (("frobenius", "fro"), ("nuclear", "nuc"), ("spectral", 2), ("one", 1), ("infinity", numpy.inf)):
        yield case(f"matrix_norm_{name}", lambda a: linalg.matrix_norm(a, order), {"a": normal(2, 4, 3)})


@golden
def fft():
    """Complex numbers are pairs in a last axis of 2. Lengths: powers of two, products of 3, 5 and 7, a prime with a radix
    of its own (11) and one without (59); `n` is what irfft is told."""
    def pairs(function):
        return lambda x: torch.view_as_real(function(torch.view_as_complex(x)))

    for n in (1, 2, 3, 5, 8, 11, 12, 16, 35, 59):
        draw = Draw(f"fft/{n}")
        yield f"fft_{n}", differentiated(draw, pairs(torch.fft.fft), {"x": draw.normal(2, n, 2)})
        yield f"ifft_{n}", differentiated(draw, pairs(torch.fft.ifft), {"x": draw.normal(2, n, 2)})
        yield f"rfft_{n}", differentiated(draw, lambda x: torch.view_as_real(torch.fft.rfft(x)), {"x": draw.normal(2, n)})
        yield f"irfft_{n}", differentiated(
            draw, lambda x: torch.fft.irfft(torch.view_as_complex(x), n), {"x": draw.normal(2, n // 2 + 1, 2)}, n=n)
    draw = Draw("fft/two_axes")
    yield "fft2", differentiated(draw, pairs(torch.fft.fft2), {"x": draw.normal(2, 6, 5, 2)})
    yield "ifft2", differentiated(draw, pairs(torch.fft.ifft2), {"x": draw.normal(2, 6, 5, 2)})
    yield "rfft2", differentiated(draw, lambda x: torch.view_as_real(torch.fft.rfft2(x)), {"x": draw.normal(2, 6, 5)})
    yield "irfft2", differentiated(draw, lambda x: torch.fft.irfft2(torch.view_as_complex(x), (6, 5)), {"x": draw.normal(2, 6, 3, 2)}, n=5)


# ---- writing

def as_array(value):
    array = numpy.asarray(value)
    assert array.dtype in (numpy.float64, numpy.int64), array.dtype
    return numpy.ascontiguousarray(array) if array.ndim else array


def write_npz(path, arrays):
    """numpy.savez_compressed with nothing that changes from run to run: a fixed date, no ZIP64 records."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            numpy.lib.format.write_array(content, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), zipfile.ZIP_DEFLATED, 9)


README = """# Golden values

Reference values that PyTorch computed in float64, for tests to compare with. `make_goldens.py` writes the files and
this page; run it again after a change to it (`pip install -r bench/requirements.txt` has what it needs). Made with
{versions}.

Each `.npz` is a ZIP of `.npy` files, deflated as numpy.savez_compressed does, little-endian, row-major, float64 or
int64. An array is called `case/name`, so its entry is `case/name.npy`. `about` is the odd one out: UTF-8 JSON as
uint8, with the seed and the versions. Attributes are scalars of shape [] or short vectors; switches are 0 or 1.

Wherever a case has `y` and `seed`, `d_NAME` is the gradient of sum(seed * y) with respect to the input NAME; a loss that
is one number has seed 1. Inputs are multiples of 2^-20 that float32 holds exactly (probabilities excepted), so that
the same values test float32.
"""


def shape_text(array):
    return "[" + ", ".join(map(str, array.shape)) + "]"


def describe(array):
    """An attribute by its value, other arrays by their shape."""
    if array.ndim == 0:
        return f" = {array.item():g}"
    if array.dtype == numpy.int64 and array.ndim == 1 and array.size <= 3:
        return f" = {array.tolist()}"
    return " " + shape_text(array) + (" int64" if array.dtype == numpy.int64 else "")


def main():
    torch.set_num_threads(1)
    versions = {"torch": torch.__version__, "numpy": numpy.__version__}
    about = json.dumps({"made_by": "tests/golden/make_goldens.py", "seed": "crc32 of file/case", **versions})
    text = [README.format(versions=", ".join(f"{name} {version}" for name, version in versions.items()))]
    total = 0
    for name, cases in FILES.items():
        arrays = {"about": numpy.frombuffer(about.encode(), dtype=numpy.uint8)}
        text.append(f"## {name}.npz\n\n" + "\n".join(line.strip() for line in cases.__doc__.splitlines()) + "\n")
        for case, content in cases():
            content = {key: as_array(value) for key, value in content.items()}
            arrays |= {f"{case}/{key}": array for key, array in content.items()}
            text.append(f"* `{case}`: " + ", ".join(f"`{key}`{describe(array)}" for key, array in content.items()))
        text.append("")
        path = HERE / f"{name}.npz"
        write_npz(path, arrays)
        total += path.stat().st_size
        print(f"{path.name:28} {path.stat().st_size / 1024:6.1f} KiB, {len(arrays) - 1} arrays")
    (HERE / "README.md").write_text("\n".join(text).rstrip() + "\n")
    print(f"{'total':28} {total / 1024:6.1f} KiB")


if __name__ == "__main__":
    main()
