"""Programs for Keras 1.2.2 (`nb_epoch`, `Convolution2D`, `merge`). Each returns what it came to."""

import os
import tempfile

import keras.backend as K
import numpy as np
from keras.callbacks import EarlyStopping, ModelCheckpoint
from keras.layers import (
    GRU,
    LSTM,
    Activation,
    BatchNormalization,
    Bidirectional,
    Convolution1D,
    Convolution2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalMaxPooling1D,
    Highway,
    Input,
    Masking,
    MaxoutDense,
    MaxPooling2D,
    Merge,
    SimpleRNN,
    TimeDistributed,
    UpSampling2D,
    merge,
)
from keras.models import Model, Sequential, load_model
from keras.optimizers import SGD, Adam
from keras.regularizers import activity_l1l2, l2
from keras.utils.np_utils import to_categorical


def classes(count, features, kinds=4):
    draw = np.random.RandomState(7)
    label = draw.randint(0, kinds, count)
    centres = draw.randn(kinds, features)
    return centres[label] + draw.randn(count, features), label


def pictures(count, size=8, kinds=3):
    """Pictures of one channel, channels first, in which the place of a bright square says the class."""
    draw = np.random.RandomState(8)
    label = draw.randint(0, kinds, count)
    x = draw.rand(count, 1, size, size) * 0.5
    for i, k in enumerate(label):
        x[i, :, 2 * k : 2 * k + 3, 2 * k : 2 * k + 3] += 0.5
    return x, label


def history(model, *data, **options):
    return {name: list(map(float, values)) for name, values in model.fit(*data, verbose=0, **options).history.items()}


def again(model):
    """The model, saved to a file and loaded from it."""
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "model.h5")
    model.save(path)
    loaded = load_model(path)
    os.remove(path)
    os.rmdir(folder)
    return loaded


def mlp():
    """mnist_mlp, small, with the options of 1.x."""
    x, label = classes(80, 12)
    y = to_categorical(label, 4)
    model = Sequential()
    model.add(Dense(16, input_shape=(12,), init="he_uniform", W_regularizer=l2(1e-4)))
    model.add(Activation("relu"))
    model.add(Dropout(0.2))
    model.add(MaxoutDense(8, nb_feature=3))
    model.add(Highway(activation="relu"))
    model.add(Dropout(0.2))
    model.add(Dense(4, activity_regularizer=activity_l1l2(1e-4, 1e-4)))
    model.add(Activation("softmax"))
    model.compile(loss="categorical_crossentropy", optimizer=SGD(lr=0.1, momentum=0.9, nesterov=True), metrics=["accuracy", "fmeasure"])
    noted = history(model, x, y, nb_epoch=3, batch_size=16, validation_data=(x[:20], y[:20]))
    loaded = again(model)
    return dict(noted, evaluated=model.evaluate(x, y, verbose=0), predicted=model.predict(x[:4]), loaded=loaded.predict_proba(x[:4], verbose=0))


def convnet():
    """mnist_cnn of 1.x, small; Theano's order of dimensions."""
    K.set_image_dim_ordering("th")
    x, label = pictures(32)
    y = to_categorical(label, 3)
    model = Sequential()
    model.add(Convolution2D(4, 3, 3, border_mode="valid", input_shape=(1, 8, 8)))
    model.add(Activation("relu"))
    model.add(Convolution2D(4, 3, 3, border_mode="same", subsample=(2, 2)))
    model.add(BatchNormalization(axis=1))
    model.add(Activation("relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Dropout(0.25))
    model.add(Flatten())
    model.add(Dense(3))
    model.add(Activation("softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adadelta", metrics=["accuracy"])
    return dict(history(model, x, y, batch_size=16, nb_epoch=2), predicted=model.predict(x[:4]), loaded=again(model).predict(x[:4]))


def recurrent():
    """imdb_lstm of 1.x, small: LSTM, GRU and SimpleRNN, each way of computing."""
    draw = np.random.RandomState(9)
    x = draw.randint(1, 20, (24, 6))
    x[::3, :2] = 0
    y = (x == 3).any(1)
    found = {}
    for kind, how in ((LSTM, "cpu"), (GRU, "mem"), (SimpleRNN, "gpu")):
        np.random.seed(3)
        model = Sequential()
        model.add(Embedding(20, 6, mask_zero=True, dropout=0.2))
        model.add(kind(5, consume_less=how, dropout_W=0.2, dropout_U=0.2))
        model.add(Dense(1, activation="sigmoid"))
        model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
        found[kind.__name__] = history(model, x, y, batch_size=8, nb_epoch=2)["loss"]
        found[kind.__name__ + " predicted"] = model.predict(x[:4])
    return found


def sequences():
    """A mask, both directions, a layer at each step."""
    draw = np.random.RandomState(4)
    x = draw.randn(12, 5, 3)
    x[::2, 3:] = 0
    y = (x.cumsum(1).sum(2, keepdims=True) > 0) * 1.0
    model = Sequential()
    model.add(Masking(input_shape=(5, 3)))
    model.add(Bidirectional(GRU(4, return_sequences=True), merge_mode="sum"))
    model.add(TimeDistributed(Dense(1, activation="sigmoid")))
    model.compile(loss="binary_crossentropy", optimizer="rmsprop", sample_weight_mode="temporal")
    weights = np.linspace(0.5, 1.5, 60).reshape(12, 5)
    return dict(history(model, x, y, nb_epoch=2, batch_size=6, sample_weight=weights), predicted=model.predict(x[:3]))


def autoencoder():
    """Convolutions and their opposite, in the functional manner."""
    K.set_image_dim_ordering("th")
    x, _ = pictures(16)
    seen = Input(shape=(1, 8, 8))
    h = Convolution2D(4, 3, 3, activation="relu", border_mode="same")(seen)
    code = MaxPooling2D((2, 2), border_mode="same")(h)
    h = UpSampling2D((2, 2))(code)
    out = Convolution2D(1, 3, 3, activation="sigmoid", border_mode="same")(h)
    model = Model(seen, out)
    model.compile("adadelta", "binary_crossentropy")
    return dict(history(model, x, x, nb_epoch=2, batch_size=8), codes=Model(seen, code).predict(x[:2]))


def merged():
    """Both manners of joining models: the layer Merge and the function merge."""
    x, label = classes(20, 6, kinds=2)
    left, right = Sequential([Dense(4, input_dim=6, activation="tanh")]), Sequential([Dense(4, input_dim=6)])
    model = Sequential([Merge([left, right], mode="concat"), Dense(1, activation="sigmoid")])
    model.compile("rmsprop", "binary_crossentropy")
    first = history(model, [x, x[::-1]], label, nb_epoch=2, batch_size=10)["loss"]
    a, b = Input((6,)), Input((6,))
    shared = Dense(5, activation="relu")
    u, v = shared(a), shared(b)
    joined = merge([merge([u, v], mode=how) for how in ("sum", "mul", "max", "ave")], mode="concat")
    second = Model([a, b], [Dense(1)(joined), merge([u, v], mode=lambda p: abs(p[0] - p[1]), output_shape=(5,))])
    second.compile("adam", ["mse", "mae"], loss_weights=[1.0, 0.3])
    noted = history(second, [x, x[::-1]], [label, np.zeros((20, 5))], nb_epoch=2, batch_size=10)
    return dict(noted, first=first, predicted=np.hstack(second.predict([x[:3], x[3:6]])))


def words():
    """Convolution along sentences, and callbacks."""
    draw = np.random.RandomState(9)
    x = draw.randint(0, 20, (30, 8))
    y = (x == 3).any(1)
    folder = tempfile.mkdtemp()
    model = Sequential()
    model.add(Embedding(20, 6, input_length=8))
    model.add(Convolution1D(nb_filter=5, filter_length=3, border_mode="valid", activation="relu"))
    model.add(GlobalMaxPooling1D())
    model.add(Dense(1, activation="sigmoid"))
    model.compile("nadam", "binary_crossentropy", metrics=["accuracy"])
    path = os.path.join(folder, "best.h5")
    noted = history(model, x, y, nb_epoch=4, batch_size=10, validation_split=0.3, callbacks=[EarlyStopping(patience=0), ModelCheckpoint(path)])
    return dict(noted, predicted=load_model(path).predict(x[:4]))


def normalised():
    """Both modes of batch normalisation that 1.x has for features."""
    x, label = classes(24, 5, kinds=2)
    found = {}
    for mode in (0, 1, 2):
        np.random.seed(2)
        model = Sequential([Dense(4, input_dim=5), BatchNormalization(mode=mode), Activation("relu"), Dense(1)])
        model.compile(Adam(lr=0.05), "mse")
        found["mode %d" % mode] = history(model, x, label, nb_epoch=2, batch_size=8)["loss"]
        found["predicted %d" % mode] = model.predict(x[:3])
    return found


PROGRAMS = (mlp, convnet, recurrent, sequences, autoencoder, merged, words, normalised)


def prepare():
    """As in a fresh process: seeds, and the counters in the names of layers."""
    np.random.seed(1)
    K.common.reset_uids()
