"""Programs for Lasagne 0.1, in the manner of its examples. Each returns what it came to."""

import io

import lasagne
import numpy as np
import theano
import theano.tensor as T
from lasagne import layers


def pictures(count, size=8, kinds=3):
    """Pictures of one channel in which the place of a bright square says the class."""
    draw = np.random.RandomState(8)
    label = draw.randint(0, kinds, count)
    x = draw.rand(count, 1, size, size) * 0.5
    for i, k in enumerate(label):
        x[i, :, 2 * k : 2 * k + 3, 2 * k : 2 * k + 3] += 0.5
    return x.astype(theano.config.floatX), label.astype("int32")


def train(network, seen, target, x, y, rule, epochs=3, size=12):
    """The loop of Lasagne's mnist.py: losses of batches, loss and accuracy of the whole."""
    loss = lasagne.objectives.categorical_crossentropy(layers.get_output(network), target).mean()
    parameters = layers.get_all_params(network, trainable=True)
    train_fn = theano.function([seen, target], loss, updates=rule(loss, parameters))
    test_prediction = layers.get_output(network, deterministic=True)
    test_loss = lasagne.objectives.categorical_crossentropy(test_prediction, target).mean()
    right = T.mean(T.eq(T.argmax(test_prediction, axis=1), target), dtype=theano.config.floatX)
    val_fn = theano.function([seen, target], [test_loss, right])
    losses = [train_fn(x[i : i + size], y[i : i + size]) for _ in range(epochs) for i in range(0, len(x), size)]
    return {"losses": losses, "whole": val_fn(x, y), "predicted": theano.function([seen], test_prediction)(x[:4])}


def mlp():
    """build_mlp of Lasagne's mnist.py; parameters saved and set again."""
    x, y = pictures(48)
    seen, target = T.tensor4("inputs"), T.ivector("targets")
    l_in = layers.InputLayer(shape=(None, 1, 8, 8), input_var=seen)
    h = layers.DropoutLayer(l_in, p=0.2)
    h = layers.DenseLayer(h, num_units=20, nonlinearity=lasagne.nonlinearities.rectify, W=lasagne.init.GlorotUniform())
    h = layers.DropoutLayer(h, p=0.5)
    network = layers.DenseLayer(h, num_units=3, nonlinearity=lasagne.nonlinearities.softmax)
    found = train(network, seen, target, x, y, lambda loss, p: lasagne.updates.nesterov_momentum(loss, p, learning_rate=0.01, momentum=0.9))
    file = io.BytesIO()
    np.savez(file, *layers.get_all_param_values(network))
    file.seek(0)
    with np.load(file) as stored:
        layers.set_all_param_values(network, [stored["arr_%d" % i] * 2 for i in range(len(stored.files))])
    return dict(found, twice=layers.get_output(network, deterministic=True).eval({seen: x[:3]}), count=layers.count_params(network))


def convnet():
    """build_cnn of Lasagne's mnist.py."""
    x, y = pictures(36)
    seen, target = T.tensor4("inputs"), T.ivector("targets")
    h = layers.InputLayer(shape=(None, 1, 8, 8), input_var=seen)
    h = layers.Conv2DLayer(h, num_filters=4, filter_size=(3, 3), nonlinearity=lasagne.nonlinearities.rectify, W=lasagne.init.GlorotUniform())
    h = layers.MaxPool2DLayer(h, pool_size=(2, 2))
    h = layers.Conv2DLayer(h, num_filters=5, filter_size=(2, 2), pad="same", W=lasagne.init.HeNormal())
    h = layers.MaxPool2DLayer(h, pool_size=(2, 2), ignore_border=False)
    h = layers.DenseLayer(layers.dropout(h, p=0.5), num_units=8, nonlinearity=lasagne.nonlinearities.rectify)
    network = layers.DenseLayer(layers.dropout(h, p=0.5), num_units=3, nonlinearity=lasagne.nonlinearities.softmax)
    return train(network, seen, target, x, y, lambda loss, p: lasagne.updates.adam(loss, p), epochs=2)


def recurrent():
    """recurrent.py of Lasagne's examples: the adding problem with masks, both directions; LSTM and GRU; clipped gradients."""
    draw = np.random.RandomState(5)
    x = draw.uniform(size=(12, 6, 2)).astype(theano.config.floatX)
    mask = (np.arange(6) < draw.randint(3, 7, 12)[:, None]).astype(theano.config.floatX)
    y = (x[:, :, 0] * mask).sum(1)
    found = {}
    for kind in (layers.RecurrentLayer, layers.LSTMLayer, layers.GRULayer):
        lasagne.random.set_rng(np.random.RandomState(3))
        l_in = layers.InputLayer(shape=(None, None, 2))
        l_mask = layers.InputLayer(shape=(None, None))
        forward = kind(l_in, 4, mask_input=l_mask, grad_clipping=100)
        backward = kind(l_in, 4, mask_input=l_mask, grad_clipping=100, backwards=True)
        ends = [layers.SliceLayer(forward, -1, 1), layers.SliceLayer(backward, 0, 1)]
        l_out = layers.DenseLayer(layers.ConcatLayer(ends), num_units=1, nonlinearity=lasagne.nonlinearities.tanh)
        target = T.vector("target")
        predicted = layers.get_output(l_out).flatten()
        cost = T.mean((predicted - target) ** 2)
        parameters = layers.get_all_params(l_out)
        updates = lasagne.updates.adagrad(cost, parameters, 0.1)
        step = theano.function([l_in.input_var, target, l_mask.input_var], cost, updates=updates)
        found[kind.__name__] = [step(x, y, mask) for _ in range(4)]
        found[kind.__name__ + " predicted"] = theano.function([l_in.input_var, l_mask.input_var], predicted)(x, mask)
    return found


def autoencoder():
    """Layers that undo layers, and noise."""
    x, _ = pictures(20)
    seen = T.tensor4("inputs")
    l_in = layers.InputLayer(shape=(20, 1, 8, 8), input_var=seen)
    noisy = layers.GaussianNoiseLayer(l_in, sigma=0.1)
    hidden = layers.DenseLayer(noisy, 10, nonlinearity=lasagne.nonlinearities.leaky_rectify)
    opened = layers.DenseLayer(hidden, 64, nonlinearity=lasagne.nonlinearities.sigmoid)
    out = layers.ReshapeLayer(opened, ([0], 1, 8, 8))
    loss = lasagne.objectives.binary_crossentropy(layers.get_output(out), seen).mean()
    loss += 1e-3 * lasagne.regularization.regularize_layer_params(hidden, lasagne.regularization.l2)
    updates = lasagne.updates.momentum(loss, layers.get_all_params(out, trainable=True), 0.5)
    step = theano.function([seen], loss, updates=updates)
    return {"losses": [step(x) for _ in range(4)], "opened": theano.function([seen], layers.get_output(out, deterministic=True))(x)[:2]}


def every_update():
    """Four steps by each update rule, with norms bounded."""
    start = np.array([[1.0, -2.0], [0.5, 3.0]], theano.config.floatX)
    found = {}
    for name, options in (("sgd", {"learning_rate": 0.1}), ("momentum", {"learning_rate": 0.1}), ("nesterov_momentum", {"learning_rate": 0.1}),
                          ("adagrad", {}), ("rmsprop", {}), ("adadelta", {}), ("adam", {})):
        w = theano.shared(start)
        loss = lasagne.objectives.squared_error(T.tanh(w), 0.5).sum()
        gradients, norm = lasagne.updates.total_norm_constraint(T.grad(loss, [w]), 0.9, return_norm=True)
        updates = getattr(lasagne.updates, name)(gradients, [w], **options)
        updates[w] = lasagne.updates.norm_constraint(updates[w], 3.0)
        step = theano.function([], [loss, norm], updates=updates)
        found[name] = [step() for _ in range(4)]
        found[name + " values"] = w.get_value()
    return found


def every_layer():
    """Layers of which few programs have more than one, read once."""
    x, _ = pictures(4)
    x = x * np.linspace(0.5, 1.5, 4)[None, :, None, None].astype(theano.config.floatX)
    l_in = layers.InputLayer(x.shape)
    chains = {
        "local": layers.LocalResponseNormalization2DLayer(l_in),
        "global": layers.GlobalPoolLayer(l_in),
        "feature pool": layers.FeaturePoolLayer(l_in, 2),
        "feature winners": layers.FeatureWTALayer(l_in, 2),
        "padded": layers.PadLayer(l_in, 1, 0.5),
        "shuffled": layers.DimshuffleLayer(l_in, (0, 2, 3, 1)),
        "mean": layers.Pool2DLayer(l_in, 2, mode="average_inc_pad"),
        "sum": layers.ElemwiseSumLayer([l_in, l_in], coeffs=[1, -0.5]),
        "nin": layers.NINLayer(l_in, 3),
        "line": layers.Conv1DLayer(layers.ReshapeLayer(l_in, (16, 8, 8)), 3, 3, stride=2, pad="full"),
    }
    words = layers.InputLayer((3, 4))
    found = {name: layers.get_output(layer, x).eval() for name, layer in chains.items()}
    found["embedded"] = layers.get_output(layers.EmbeddingLayer(words, 5, 2), np.arange(12).reshape(3, 4) % 5).eval()
    return found


def objectives():
    """Losses and their aggregates."""
    draw = np.random.RandomState(2)
    p = draw.dirichlet(np.ones(3), 5).astype(theano.config.floatX)
    t = np.array([0, 2, 1, 1, 0], "int32")
    a, b = T.matrix("a"), T.ivector("b")
    values = [lasagne.objectives.categorical_crossentropy(a, b), lasagne.objectives.binary_crossentropy(a, 0.5),
              lasagne.objectives.squared_error(a, 0.3),
              lasagne.objectives.aggregate(a, weights=T.arange(5)[:, None], mode="normalized_sum")]
    return {"values": np.concatenate([np.ravel(v) for v in theano.function([a, b], values)(p, t)])}


PROGRAMS = (mlp, convnet, recurrent, autoencoder, every_update, every_layer, objectives)


def prepare():
    """As in a fresh process: the seeds of weights and of dropout."""
    lasagne.random.set_rng(np.random.RandomState(1))
