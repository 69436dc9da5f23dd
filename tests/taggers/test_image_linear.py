import numpy as np
from sklearn.linear_model import Ridge

from tagkit.taggers.image_linear import ridge


def test_held_out_predictions_are_those_of_fits_without_the_row():
    random = np.random.default_rng(0)
    x = random.normal(size=(30, 5)).astype(np.float32)
    y = (x[:, :2] + random.normal(size=(30, 2)) > 0).astype(np.float32)
    mean, middle = x.mean(axis=0), y.mean(axis=0)
    weights, penalty, held_out = ridge(x - mean, y - middle, [0.1, 3.0, 1000.0])
    assert penalty == 3.0
    assert np.allclose(weights.T, Ridge(3.0).fit(x, y).coef_, atol=1e-4)
    for row in (0, 7, 29):
        others = np.arange(30) != row
        found = Ridge(3.0).fit(x[others], y[others]).predict(x[[row]])[0]
        assert np.allclose(held_out[row] + middle, found, atol=2e-2)
