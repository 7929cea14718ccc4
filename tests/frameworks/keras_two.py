"""Programs for Keras 2.0.9, in the manner of its examples. Each returns what it came to: losses of epochs, predictions, weights."""

import os
import tempfile

import keras.backend as K
import numpy as np
from keras import callbacks, constraints, layers, optimizers, regularizers
from keras.layers import (
    GRU,
    LSTM,
    Activation,
    BatchNormalization,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalMaxPooling1D,
    Input,
    Lambda,
    Masking,
    MaxPooling2D,
    SimpleRNN,
    TimeDistributed,
    UpSampling2D,
)
from keras.models import Model, Sequential, load_model, model_from_json, model_from_yaml
from keras.preprocessing.image import ImageDataGenerator
from keras.preprocessing.sequence import pad_sequences
from keras.utils import to_categorical


def classes(count, features, kinds=4):
    """Points in as many groups as there are kinds, and the group of each."""
    draw = np.random.RandomState(7)
    label = draw.randint(0, kinds, count)
    centres = draw.randn(kinds, features)
    return (centres[label] + draw.randn(count, features)).astype("float32"), label


def pictures(count, size=8, kinds=3):
    """Pictures of one channel, channels last, in which the place of a bright square says the class."""
    draw = np.random.RandomState(8)
    label = draw.randint(0, kinds, count)
    x = draw.rand(count, size, size, 1) * 0.5
    for i, k in enumerate(label):
        x[i, 2 * k : 2 * k + 3, 2 * k : 2 * k + 3] += 0.5
    return x.astype("float32"), label


def sentences(count, words=20, longest=7):
    """Lists of word numbers of unequal length, and whether word 3 stands in one."""
    draw = np.random.RandomState(9)
    lists = [list(draw.randint(1, words, draw.randint(2, longest + 1))) for _ in range(count)]
    return lists, np.array([3 in text or 5 in text for text in lists], dtype="float32")


def history(model, *data, **options):
    """What `fit` noted of each epoch."""
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
    """The Sequential MLP of Keras' README, with dropout; saved, loaded, trained further."""
    x, label = classes(96, 12)
    y = to_categorical(label, 4)
    model = Sequential()
    model.add(Dense(16, activation="relu", input_dim=12))
    model.add(Dropout(0.5))
    model.add(Dense(16, activation="relu"))
    model.add(Dropout(0.2))
    model.add(Dense(4, activation="softmax"))
    sgd = optimizers.SGD(lr=0.1, decay=1e-6, momentum=0.9, nesterov=True)
    model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy", "top_k_categorical_accuracy"])
    noted = history(model, x, y, epochs=3, batch_size=32, validation_split=0.25)
    loaded = again(model)
    return dict(noted, evaluated=model.evaluate(x, y, verbose=0), predicted=model.predict(x[:5]), classes=loaded.predict_classes(x[:9], verbose=0),
                loaded=loaded.predict(x[:5]), further=history(loaded, x, y, epochs=1, batch_size=32)["loss"], names=model.metrics_names,
                parameters=model.count_params())


def convnet():
    """mnist_cnn, small."""
    x, label = pictures(48)
    y = to_categorical(label, 3)
    model = Sequential()
    model.add(Conv2D(4, kernel_size=(3, 3), activation="relu", input_shape=(8, 8, 1)))
    model.add(Conv2D(6, (3, 3), activation="relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Dropout(0.25))
    model.add(Flatten())
    model.add(Dense(8, activation="relu"))
    model.add(Dropout(0.5))
    model.add(Dense(3, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer=optimizers.Adadelta(), metrics=["accuracy"])
    noted = history(model, x, y, batch_size=16, epochs=3, validation_data=(x[:10], y[:10]))
    return dict(noted, loaded=again(model).predict(x[:4]), kernel=model.layers[0].get_weights()[0])


def lstm():
    """imdb_lstm, small: padded sentences, a mask."""
    lists, y = sentences(40)
    x = pad_sequences(lists, maxlen=6)
    model = Sequential()
    model.add(Embedding(20, 8, mask_zero=True))
    model.add(LSTM(6))
    model.add(Dropout(0.2))
    model.add(Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    noted = history(model, x, y, batch_size=10, epochs=2, validation_data=(x[:8], y[:8]))
    return dict(noted, predicted=model.predict(x[:6]), loaded=again(model).predict(x[:6]))


def autoencoder():
    """The autoencoder of Keras' blog: one model of three that share layers."""
    x = (pictures(64)[0].reshape(64, 64) > 0.6).astype("float32")
    input_img = Input(shape=(64,))
    encoded = Dense(10, activation="relu", activity_regularizer=regularizers.l1(1e-5))(input_img)
    decoded = Dense(64, activation="sigmoid")(encoded)
    autoencoder = Model(input_img, decoded)
    encoder = Model(input_img, encoded)
    encoded_input = Input(shape=(10,))
    decoder = Model(encoded_input, autoencoder.layers[-1](encoded_input))
    autoencoder.compile(optimizer="adadelta", loss="binary_crossentropy")
    noted = history(autoencoder, x, x, epochs=3, batch_size=16, shuffle=True, validation_data=(x[:9], x[:9]))
    codes = encoder.predict(x[:3])
    return dict(noted, codes=codes, decoded=decoder.predict(codes), loaded=again(autoencoder).predict(x[:2]))


def convolutional_autoencoder():
    """Convolutions that keep the size, pooling, and its opposite."""
    x, _ = pictures(24)
    seen = Input(shape=(8, 8, 1))
    h = Conv2D(4, (3, 3), activation="relu", padding="same")(seen)
    h = MaxPooling2D((2, 2), padding="same")(h)
    h = Conv2D(3, (3, 3), activation="relu", padding="same")(h)
    h = UpSampling2D((2, 2))(h)
    h = Conv2D(1, (3, 3), activation="sigmoid", padding="same")(h)
    model = Model(seen, h)
    model.compile(optimizer="rmsprop", loss="mean_squared_error")
    return dict(history(model, x, x, epochs=2, batch_size=8), predicted=model.predict(x[:2]))


def gru():
    """A stateful network of two recurrent layers, over parts of long sequences."""
    draw = np.random.RandomState(3)
    x = draw.randn(8, 6, 3).astype("float32")
    y = x.sum(2)[:, -1:]
    model = Sequential()
    model.add(GRU(5, return_sequences=True, stateful=True, batch_input_shape=(4, 6, 3)))
    model.add(SimpleRNN(4, stateful=True, activation="tanh"))
    model.add(Dense(1))
    model.compile(loss="mse", optimizer=optimizers.RMSprop(lr=0.01, clipnorm=1.0))
    losses = []
    for _ in range(3):
        losses += history(model, x, y, batch_size=4, epochs=1, shuffle=False)["loss"]
        model.reset_states()
    return dict(losses=losses, predicted=model.predict(x, batch_size=4), second=model.predict(x, batch_size=4))


def bidirectional():
    """Sequences labelled at each step: a mask, both directions, one layer at each step."""
    draw = np.random.RandomState(4)
    x = draw.randn(16, 5, 3).astype("float32")
    x[::2, 3:] = 0
    y = (x.cumsum(1).sum(2, keepdims=True) > 0).astype("float32")
    model = Sequential()
    model.add(Masking(mask_value=0.0, input_shape=(5, 3)))
    model.add(Bidirectional(LSTM(4, return_sequences=True, implementation=2), merge_mode="concat"))
    model.add(TimeDistributed(Dense(4, activation="tanh")))
    model.add(TimeDistributed(Dropout(0.3)))
    model.add(TimeDistributed(Dense(1, activation="sigmoid")))
    model.compile(loss="binary_crossentropy", optimizer="nadam", metrics=["binary_accuracy"])
    return dict(history(model, x, y, epochs=2, batch_size=8), predicted=model.predict(x[:3]))


def batch_norm():
    """Batch normalisation of features and of channels, a residual sum, and the moving averages."""
    x, label = pictures(32)
    seen = Input(shape=(8, 8, 1))
    h = Conv2D(4, (3, 3), strides=(2, 2), padding="same", use_bias=False, kernel_initializer="he_normal")(seen)
    h = BatchNormalization(axis=-1)(h)
    h = Activation("relu")(h)
    # without a bias: its derivative is 0 but for rounding, which Adam would make steps of
    branch = Conv2D(4, (3, 3), padding="same", use_bias=False, kernel_regularizer=regularizers.l2(1e-3))(h)
    h = layers.add([h, branch])
    h = layers.GlobalAveragePooling2D()(h)
    h = BatchNormalization(momentum=0.9, epsilon=1e-4)(h)
    out = Dense(3, activation="softmax")(h)
    model = Model(seen, out)
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizers.Adam(lr=0.01), metrics=["sparse_categorical_accuracy"])
    noted = history(model, x, label[:, None], epochs=2, batch_size=16, validation_data=(x[:8], label[:8, None]))
    moving = [w for layer in model.layers if isinstance(layer, BatchNormalization) for w in layer.get_weights()]
    return dict(noted, moving=np.concatenate(moving), predicted=model.predict(x[:3]))


def functional():
    """Two inputs, two outputs, a layer used twice, weights of losses, a headline of the guide to the functional API."""
    lists, y = sentences(24)
    words = pad_sequences(lists, maxlen=6)
    more = np.random.RandomState(2).rand(24, 4).astype("float32")
    main_input = Input(shape=(6,), dtype="int32", name="main_input")
    h = Embedding(output_dim=6, input_dim=20, input_length=6)(main_input)
    shared = LSTM(5, unroll=True)
    lstm_out = layers.add([shared(h), shared(Lambda(lambda z: z[:, ::-1])(h))])
    auxiliary_output = Dense(1, activation="sigmoid", name="aux_output")(lstm_out)
    auxiliary_input = Input(shape=(4,), name="aux_input")
    h = layers.concatenate([lstm_out, auxiliary_input])
    h = Dense(8, activation="relu", kernel_constraint=constraints.max_norm(1.0))(h)
    main_output = Dense(1, activation="sigmoid", name="main_output")(h)
    model = Model(inputs=[main_input, auxiliary_input], outputs=[main_output, auxiliary_output])
    losses = {"main_output": "binary_crossentropy", "aux_output": "mse"}
    model.compile(optimizer="rmsprop", loss=losses, loss_weights={"main_output": 1.0, "aux_output": 0.2})
    weights = np.linspace(0.5, 1.5, 24)
    noted = history(model, {"main_input": words, "aux_input": more}, {"main_output": y, "aux_output": y}, epochs=2, batch_size=12,
                    sample_weight={"main_output": weights, "aux_output": weights})
    return dict(noted, predicted=np.hstack(model.predict([words[:5], more[:5]])), loaded=np.hstack(again(model).predict([words[:5], more[:5]])))


def with_callbacks():
    """Callbacks that end, save, and change the rate of learning; weights by class."""
    x, label = classes(60, 6, kinds=2)
    folder = tempfile.mkdtemp()
    best, log = os.path.join(folder, "best.h5"), os.path.join(folder, "log.csv")
    model = Sequential([Dense(5, activation="selu", input_shape=(6,)), Dense(1, activation="sigmoid")])
    model.compile("adagrad", "binary_crossentropy", metrics=["accuracy"])
    ended = []
    noted = history(model, x, label, epochs=6, batch_size=20, class_weight={0: 1.0, 1: 2.0}, validation_split=0.2, callbacks=[
        callbacks.LearningRateScheduler(lambda epoch: 0.5 if epoch < 2 else 0.1),
        callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.2, patience=0, min_lr=1e-3),
        callbacks.EarlyStopping(monitor="val_loss", patience=1, min_delta=1e-2),
        callbacks.ModelCheckpoint(best, save_best_only=True),
        callbacks.CSVLogger(log),
        callbacks.TerminateOnNaN(),
        callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ended.append(epoch)),
    ])
    rows = open(log).read().splitlines()
    return dict(noted, ended=ended, rows=len(rows), header=rows[0].split(","), best=load_model(best).predict(x[:4]))


def every_optimizer():
    """One epoch by each update rule."""
    x, label = classes(24, 5, kinds=2)
    found = {}
    for rule in (optimizers.SGD(lr=0.1, momentum=0.5, clipvalue=0.01), optimizers.RMSprop(decay=0.1), optimizers.Adagrad(), optimizers.Adadelta(),
                 optimizers.Adam(decay=0.01), optimizers.Adamax(), optimizers.Nadam(clipnorm=0.1)):
        np.random.seed(2)
        model = Sequential([Dense(3, activation="tanh", input_shape=(5,)), Dense(1)])
        model.compile(rule, "mae")
        found[type(rule).__name__] = history(model, x, label, epochs=2, batch_size=8)["loss"]
    return found


def words_and_noise():
    """Convolution along sentences, and the layers that add noise."""
    lists, y = sentences(30)
    x = pad_sequences(lists, maxlen=8)
    model = Sequential()
    model.add(Embedding(20, 6, input_length=8))
    model.add(layers.SpatialDropout1D(0.2))
    model.add(Conv1D(5, 3, padding="valid", activation="relu", strides=1, dilation_rate=2))
    model.add(layers.GaussianNoise(0.1))
    model.add(GlobalMaxPooling1D())
    model.add(Dense(6))
    model.add(layers.GaussianDropout(0.2))
    model.add(layers.PReLU())
    model.add(layers.AlphaDropout(0.1))
    model.add(Dense(1, activation="hard_sigmoid"))
    model.compile(loss="hinge", optimizer="adamax")
    return dict(history(model, x, 2 * y - 1, batch_size=10, epochs=2), predicted=model.predict(x[:6]))


def variational():
    """variational_autoencoder, small: a layer of random numbers and a loss of one's own."""
    x = (pictures(32)[0].reshape(32, 64) > 0.6).astype("float32")
    seen = Input(shape=(64,))
    h = Dense(12, activation="relu")(seen)
    mean, log_variance = Dense(2)(h), Dense(2)(h)

    def sampling(arguments):
        m, v = arguments
        return m + K.exp(v / 2) * K.random_normal(shape=(K.shape(m)[0], 2), mean=0.0, stddev=1.0)

    z = Lambda(sampling, output_shape=(2,))([mean, log_variance])
    out = Dense(64, activation="sigmoid")(Dense(12, activation="relu")(z))

    def loss(truth, decoded):
        apart = 64 * K.mean(K.binary_crossentropy(truth, decoded), axis=-1)
        return apart - 0.5 * K.sum(1 + log_variance - K.square(mean) - K.exp(log_variance), axis=-1)

    model = Model(seen, out)
    model.compile(optimizer="rmsprop", loss=loss)
    return dict(history(model, x, x, epochs=2, batch_size=16), means=Model(seen, mean).predict(x[:4]))


def generators():
    """Pictures changed on the way, and training from a generator."""
    x, label = pictures(24)
    y = to_categorical(label, 3)
    changed = ImageDataGenerator(featurewise_center=True, horizontal_flip=True, samplewise_std_normalization=True)
    changed.fit(x)
    model = Sequential([Conv2D(2, (3, 3), input_shape=(8, 8, 1)), layers.AveragePooling2D(), layers.LeakyReLU(0.1), Flatten()])
    model.add(Dense(3, activation="softmax"))
    model.compile("sgd", "kullback_leibler_divergence", metrics=["categorical_accuracy"])

    def batches():
        flow = changed.flow(x, y, batch_size=8, shuffle=False, seed=3)
        while True:
            yield next(flow)

    noted = model.fit_generator(batches(), steps_per_epoch=3, epochs=2, verbose=0, workers=1).history
    return dict({k: list(map(float, v)) for k, v in noted.items()}, predicted=model.predict_generator(batches(), 1, workers=1))


def written():
    """Models written as JSON and YAML, weights in a file, layers frozen, a model in a model."""
    x, label = classes(20, 6, kinds=2)
    inner = Sequential([Dense(4, activation="elu", input_shape=(6,), name="first"), Dense(3, activation="softplus", name="second")])
    inner.layers[0].trainable = False
    model = Sequential([inner, Dense(1, activation="sigmoid", name="last")])
    model.compile("sgd", "mse")
    noted = history(model, x, label, epochs=2, batch_size=10)
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "weights.h5")
    model.save_weights(path)
    copy = model_from_json(model.to_json())
    copy.load_weights(path)
    third = model_from_yaml(model.to_yaml())
    third.set_weights(model.get_weights())
    return dict(noted, json=copy.predict(x[:3]), yaml=third.predict(x[:3]), trainable=len(model.trainable_weights), all=len(model.weights))


def backend():
    """Functions of the backend: gradients of activations, as programs that look into a network take them."""
    x, _ = pictures(4)
    model = Sequential([Conv2D(3, (3, 3), activation="relu", input_shape=(8, 8, 1)), MaxPooling2D(), Flatten(), Dense(4, activation="softmax")])
    loss = K.mean(model.layers[0].output[:, :, :, 1])
    slope = K.gradients(loss, model.input)[0]
    slope /= K.sqrt(K.mean(K.square(slope))) + 1e-5
    iterate = K.function([model.input, K.learning_phase()], [loss, slope])
    value, step = iterate([x[:1], 0])
    w = K.variable(np.arange(6.0).reshape(2, 3))
    a, b = K.placeholder((2, 3)), K.placeholder((None, 3))
    both = K.function([a, b], [K.dot(a, K.transpose(b)), K.l2_normalize(w, 1) * a, K.concatenate([a, b], 0), K.logsumexp(b, 1), K.argmax(b),
                                K.batch_dot(K.expand_dims(a, 1), K.expand_dims(a, 2)), K.one_hot(K.cast(b[:, 0], "int32"), 4),
                                K.in_top_k(a, K.argmax(a), 1),
                                K.switch(K.greater(K.sum(a), 0), a, -a), K.foldl(lambda s, r: s + r, b), K.map_fn(K.square, b), K.cumsum(b, 1)])
    got = both([np.arange(6.0).reshape(2, 3), np.ones((3, 3))])
    return dict({"value %d" % i: v for i, v in enumerate(got)}, loss=value, step=step)


def more_layers():
    """Layers of which few programs have more than one."""
    x = np.random.RandomState(6).rand(8, 6, 6, 2).astype("float32")
    y = x.mean((1, 2))
    found = {}
    films = x[:, None] * np.linspace(1, 2, 3, dtype="float32")[None, :, None, None, None]
    boxes = np.repeat(x[:, :, :, None], 4, 3)
    for name, seen, stack in (
        ("deconvolution", x, [layers.Conv2DTranspose(3, (3, 3), strides=(2, 2), padding="same", input_shape=(6, 6, 2)), layers.GlobalMaxPooling2D()]),
        ("dilated", x, [Conv2D(3, (2, 2), dilation_rate=(2, 2), input_shape=(6, 6, 2)), layers.Cropping2D(1), layers.ZeroPadding2D(1), Flatten()]),
        ("local", x, [layers.LocallyConnected2D(2, (3, 3), input_shape=(6, 6, 2)), layers.Permute((3, 1, 2)), layers.Reshape((-1,))]),
        ("films", films, [layers.ConvLSTM2D(2, (3, 3), padding="same", input_shape=(3, 6, 6, 2)), Flatten()]),
        ("boxes", boxes, [layers.Conv3D(2, (2, 2, 2), input_shape=(6, 6, 4, 2)), layers.MaxPooling3D(), Flatten()]),
        ("repeated", y, [layers.RepeatVector(3, input_shape=(2,)), layers.Conv1D(2, 2, padding="causal"), layers.AveragePooling1D(2), Flatten()]),
    ):
        np.random.seed(5)
        model = Sequential([*stack, Dense(2, kernel_initializer="orthogonal")])
        model.compile("adam", "logcosh")
        found[name] = history(model, seen, y, epochs=2, batch_size=4)["loss"]
        found[name + " predicted"] = model.predict(seen[:2])
    return found


PROGRAMS = (mlp, convnet, lstm, autoencoder, convolutional_autoencoder, gru, bidirectional, batch_norm, functional, with_callbacks,
            every_optimizer, words_and_noise, variational, generators, written, backend, more_layers)


def prepare():
    """As in a fresh process: seeds, and the counters in the names of layers."""
    np.random.seed(1)
    K.reset_uids()

