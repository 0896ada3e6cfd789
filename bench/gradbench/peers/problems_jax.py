"""The problems in JAX, as its users write them: vectorised, jit-compiled, float64.

Each function takes the inputs of `cotangent_gradbench PROBLEM --inputs FILE` and gives (objective, x): a jittable function
of the flat parameters in our order, and the parameters. Written from the definitions, not from the C++ beside it: the tests
compare both.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import gammaln, logsumexp

jax.config.update("jax_enable_x64", True)


def flat(*parts):
    return np.concatenate([np.asarray(part, float).ravel() for part in parts])


def gmm(inputs):
    d, k, n, gamma, m = (inputs[name] for name in ("d", "k", "n", "gamma", "m"))
    points = jnp.asarray(inputs["x"])
    rows, columns = np.triu_indices(d, 1)[::-1]  # strictly lower, column by column

    def objective(x):
        alpha, mu, q, lower = (part for part in jnp.split(x, np.cumsum([k, k * d, k * d])))
        mu, q, lower = mu.reshape(k, d), q.reshape(k, d), lower.reshape(k, -1)
        factor = jnp.zeros((k, d, d)).at[:, rows, columns].set(lower) + jax.vmap(jnp.diag)(jnp.exp(q))
        away = jnp.einsum("kij,knj->kni", factor, points[None] - mu[:, None])
        terms = alpha + q.sum(1) - 0.5 * (away**2).sum(2).T
        freedom = d + m + 1
        multigamma = d * (d - 1) / 4 * jnp.log(jnp.pi) + gammaln((freedom - jnp.arange(d)) / 2).sum()
        constant = freedom * d * (jnp.log(gamma) - 0.5 * jnp.log(2)) - multigamma
        prior = k * constant - 0.5 * gamma**2 * ((jnp.exp(q) ** 2).sum() + (lower**2).sum()) + m * q.sum()
        return -n * d / 2 * jnp.log(2 * jnp.pi) + logsumexp(terms, axis=1).sum() - n * logsumexp(alpha) + prior

    return objective, flat(inputs["alpha"], inputs["mu"], inputs["q"], inputs["l"])


def lstm(inputs):
    gates = np.asarray(inputs["main_params"])  # [2 layers, 4 bits]
    state, text = jnp.asarray(inputs["state"]), jnp.asarray(inputs["sequence"])
    bits, layers = text.shape[1], len(gates) // 2
    start = (state[0::2], state[1::2])

    def objective(x):
        weights = x[: 8 * layers * bits].reshape(layers, 2, 4, bits)
        into, out, bias = x[8 * layers * bits :].reshape(3, bits)

        def step(carry, seen):
            hidden, cell = carry
            value, new_hidden, new_cell = seen * into, [], []
            for layer in range(layers):
                w, b = weights[layer]
                forget, outgate = (jax.nn.sigmoid(value * w[g] + b[g]) for g in (0, 2))
                ingate = jax.nn.sigmoid(hidden[layer] * w[1] + b[1])
                change = jnp.tanh(hidden[layer] * w[3] + b[3])
                c = cell[layer] * forget + ingate * change
                value = outgate * jnp.tanh(c)
                new_hidden.append(value)
                new_cell.append(c)
            output = value * out + bias
            return (jnp.stack(new_hidden), jnp.stack(new_cell)), output - jnp.log(2 + jnp.exp(output).sum())

        _, predicted = jax.lax.scan(step, start, text[:-1])
        return -(text[1:] * predicted).sum() / predicted.size

    return objective, flat(gates, inputs["extra_params"])


def ode(inputs):
    steps = inputs["s"]

    def objective(x):
        h = 2 / steps

        def slope(y):
            return x * jnp.concatenate([jnp.ones(1), y[:-1]])

        def step(y, _):
            k1 = slope(y)
            k2 = slope(y + h / 2 * k1)
            k3 = slope(y + h / 2 * k2)
            k4 = slope(y + h * k3)
            return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

        return jax.lax.scan(step, jnp.zeros_like(x), None, length=steps)[0][-1]

    return objective, flat(inputs["x"])


def llsq(inputs):
    t = -1 + 2 * np.arange(inputs["n"]) / (inputs["n"] - 1)  # exactly 0 in the middle

    def objective(x):
        powers = jnp.cumprod(jnp.concatenate([jnp.ones((1, t.size)), jnp.tile(t, (x.size - 1, 1))]), axis=0)
        return 0.5 * ((jnp.sign(t) - x @ powers) ** 2).sum()

    return objective, flat(inputs["x"])


def lse(inputs):
    def objective(x):
        top = x.max()
        return jnp.log(jnp.exp(x - top).sum()) + top

    return objective, flat(inputs["x"])


def det(inputs):
    n = inputs["ell"]
    return lambda x: jnp.linalg.det(x.reshape(n, n)), flat(inputs["A"])  # not by minors: for the values only


def kmeans(inputs):
    points = jnp.asarray(inputs["points"])
    width = points.shape[1]

    def objective(x):
        return ((points[:, None] - x.reshape(1, -1, width)) ** 2).sum(2).min(1).sum()

    return objective, flat(inputs["centroids"])


def building(inputs):
    def objective(x):
        spacing, diameter, tube_thickness, resistivity = x[:4]
        _, area, slab_cp, slab_density, thickness = x[4:9]
        power, temperature, flow, density, cp = x[9:14]
        tank, volume, tank_cp, tank_density, _ = x[14:19]
        dt = 0.1

        def step(state, _):
            slab, tank, temperature = state
            power = (tank - temperature) * flow * density * cp
            tank = tank + power * dt / tank_cp / (volume * tank_density)
            temperature = temperature + power * dt / cp / (flow * dt * density)
            resistance = 10 * resistivity * tube_thickness / (area / spacing * jnp.pi * diameter)
            power = (slab - temperature) / resistance
            temperature = temperature + power * dt / cp / (flow * dt * density)
            slab = slab - power * dt / slab_cp / (area * thickness * slab_density)
            return (slab, tank, temperature), None

        (slab, _, _), _ = jax.lax.scan(step, (x[19], tank, temperature), None, length=inputs["steps"])
        return jnp.abs(slab - 27.344767)

    return objective, flat(inputs["x"])


def reprojection(x, feature):
    """Residuals of one observation: camera [11], point [3], weight."""
    rotation, centre, focal, principal, distortion, point, weight = jnp.split(x, [3, 6, 7, 9, 11, 14])
    angle = jnp.linalg.norm(rotation)
    axis, offset = rotation / angle, point - centre
    seen = (offset * jnp.cos(angle) + jnp.cross(axis, offset) * jnp.sin(angle)
            + axis * (axis @ offset) * (1 - jnp.cos(angle)))
    flat_point = seen[:2] / seen[2]
    r2 = (flat_point**2).sum()
    return weight * (flat_point * (1 + distortion[0] * r2 + distortion[1] * r2**2) * focal + principal - feature)


def ba(inputs):
    """The Jacobian in our order of values: two rows of 15 an observation, then the derivatives of the weights' errors."""
    count = inputs["p"]
    x = jnp.tile(flat(inputs["cam"], inputs["x"], inputs["w"]), (count, 1))
    feature = jnp.asarray(inputs["feat"])
    rows = jax.vmap(jax.jacfwd(lambda one: reprojection(one, feature)))

    def jacobian(x):
        return jnp.concatenate([rows(x).ravel(), -2 * x[:, 14]])

    def objective(x):
        return jnp.concatenate([jax.vmap(lambda one: reprojection(one, feature))(x).ravel(), 1 - x[:, 14] ** 2])

    return objective, jacobian, x


def hand(inputs):
    """The Jacobian in our order: a row of 2 + 26 for each residual."""
    points, triangles = jnp.asarray(inputs["points"]), np.asarray(inputs["triangles"])[inputs["correspondences"]]
    bones, n_vertices = inputs["bones"], len(inputs["vertices"])
    weighted = np.zeros((n_vertices, len(bones), 4))
    for v, influences in enumerate(inputs["vertices"]):
        for influence in influences:
            weighted[v, influence["bone"]] = influence["weighted"]
    used, corner = np.unique(triangles, return_inverse=True)
    weighted, corner = jnp.asarray(weighted[used]), corner.reshape(triangles.shape)

    def square(upper):
        return jnp.concatenate([jnp.asarray(upper), jnp.array([[0.0, 0, 0, 1]])])

    def turn(axis, angle):
        c, s = jnp.cos(angle), jnp.sin(angle)
        i, j = {"x": (1, 2), "z": (0, 1)}[axis]
        return jnp.eye(4).at[i, i].set(c).at[j, j].set(c).at[i, j].set(-s).at[j, i].set(s)

    def surface(theta):
        absolute = []
        for b, bone in enumerate(bones):
            finger, joint = divmod(b - 1, 4)
            local = square(bone["relative"])
            if b > 0 and finger < 5 and joint > 0:
                angle = 6 + 4 * finger
                if joint == 1:
                    local = local @ turn("z", theta[angle + 1]) @ turn("x", theta[angle])
                else:
                    local = local @ turn("x", theta[angle + joint])
            absolute.append(local if bone["parent"] < 0 else absolute[bone["parent"]] @ local)
        transforms = jnp.stack([a @ square(bone["inverse_absolute"]) for a, bone in zip(absolute, bones)])
        rested = jnp.einsum("bij,vbj->vi", transforms[:, :3], weighted)
        angle = jnp.linalg.norm(theta[:3])
        x, y, z = theta[:3] / angle
        cross = jnp.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        rotation = jnp.eye(3) + jnp.sin(angle) * cross + (1 - jnp.cos(angle)) * cross @ cross
        return rested @ rotation.T + theta[3:6]

    def residuals(x):
        theta, places = x[:26], x[26:].reshape(-1, 2)
        a, b, c = (surface(theta)[corner[:, k]] for k in range(3))
        u, v = places[:, :1], places[:, 1:]
        return (points - (u * a + v * b + (1 - u - v) * c)).ravel()

    def jacobian(x):
        def along(seed):
            return jax.jvp(residuals, (x,), (seed,))[1]

        seeds = jnp.zeros((28, x.size)).at[0, 26::2].set(1).at[1, 27::2].set(1)  # all places share two directions
        return jax.vmap(along)(seeds.at[2:, :26].set(jnp.eye(26))).T.ravel()

    return residuals, jacobian, flat(inputs["theta"], inputs["us"])


def make(kind, inputs):
    """(objective, gradient, x), not yet compiled."""
    made = globals()[kind](inputs)
    if len(made) == 3:
        return made
    objective, x = made
    return objective, jax.grad(objective), x
