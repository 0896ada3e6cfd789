"""The problems in PyTorch, eager, as its users write them, in float64. make(kind, inputs) gives (objective, x), or None."""

import math

import torch

torch.set_default_dtype(torch.float64)


def flat(*parts):
    return torch.cat([torch.tensor(part).reshape(-1) for part in parts])


def gmm(inputs):
    d, k, n, gamma, m = (inputs[name] for name in ("d", "k", "n", "gamma", "m"))
    points = torch.tensor(inputs["x"])
    columns, rows = torch.triu_indices(d, d, 1)

    def objective(x):
        alpha, mu, q, lower = torch.split(x, [k, k * d, k * d, len(x) - k - 2 * k * d])
        mu, q, lower = mu.reshape(k, d), q.reshape(k, d), lower.reshape(k, -1)
        diagonal = torch.exp(q)
        factor = torch.zeros(k, d, d).index_put((torch.arange(k)[:, None], rows[None], columns[None]), lower)
        factor = factor + torch.diag_embed(diagonal)
        away = torch.matmul(points - mu[:, None], factor.transpose(1, 2))
        terms = alpha[:, None] + q.sum(1)[:, None] - 0.5 * (away**2).sum(2)
        freedom = d + m + 1
        constant = freedom * d * (math.log(gamma) - 0.5 * math.log(2))
        constant -= d * (d - 1) / 4 * math.log(math.pi) + sum(math.lgamma((freedom - j) / 2) for j in range(d))
        prior = k * constant - 0.5 * gamma**2 * ((diagonal**2).sum() + (lower**2).sum()) + m * q.sum()
        return -n * d / 2 * math.log(2 * math.pi) + torch.logsumexp(terms, 0).sum() - n * torch.logsumexp(alpha, 0) + prior

    return objective, flat(inputs["alpha"], inputs["mu"], inputs["q"], inputs["l"])


def lstm(inputs):
    gates, text = torch.tensor(inputs["main_params"]), torch.tensor(inputs["sequence"])
    state = torch.tensor(inputs["state"])
    bits, layers = text.shape[1], len(gates) // 2

    def objective(x):
        weights = x[: 8 * layers * bits].reshape(layers, 2, 4, bits)
        into, out, bias = x[8 * layers * bits :].reshape(3, bits)
        hidden, cell = list(state[0::2]), list(state[1::2])
        total = 0.0
        for seen, following in zip(text[:-1], text[1:]):
            value = seen * into
            for layer in range(layers):
                w, b = weights[layer]
                forget, outgate = torch.sigmoid(value * w[0] + b[0]), torch.sigmoid(value * w[2] + b[2])
                ingate = torch.sigmoid(hidden[layer] * w[1] + b[1])
                change = torch.tanh(hidden[layer] * w[3] + b[3])
                cell[layer] = cell[layer] * forget + ingate * change
                value = hidden[layer] = outgate * torch.tanh(cell[layer])
            output = value * out + bias
            total = total + (following * (output - torch.log(2 + torch.exp(output).sum()))).sum()
        return -total / (len(text) - 1) / bits

    return objective, flat(gates.tolist(), inputs["extra_params"])


def ode(inputs):
    steps, h = inputs["s"], 2 / inputs["s"]

    def objective(x):
        one, y = torch.ones(1), torch.zeros_like(x)
        for _ in range(steps):
            k1 = x * torch.cat([one, y[:-1]])
            k2 = x * torch.cat([one, (y + h / 2 * k1)[:-1]])
            k3 = x * torch.cat([one, (y + h / 2 * k2)[:-1]])
            k4 = x * torch.cat([one, (y + h * k3)[:-1]])
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return y[-1]

    return objective, flat(inputs["x"])


def llsq(inputs):
    n = inputs["n"]
    t = -1 + 2 * torch.arange(n, dtype=torch.float64) / (n - 1)

    def objective(x):
        powers = torch.cat([torch.ones(1, n), t.expand(len(x) - 1, n)]).cumprod(0)
        return 0.5 * ((torch.sign(t) - x @ powers) ** 2).sum()

    return objective, flat(inputs["x"])


def lse(inputs):
    def objective(x):
        top = x.max()
        return torch.log(torch.exp(x - top).sum()) + top

    return objective, flat(inputs["x"])


def kmeans(inputs):
    points = torch.tensor(inputs["points"])

    def objective(x):
        return ((points[:, None] - x.reshape(1, -1, points.shape[1])) ** 2).sum(2).min(1).values.sum()

    return objective, flat(inputs["centroids"])


def make(kind, inputs):
    made = globals().get(kind)
    return made(inputs) if made else None
