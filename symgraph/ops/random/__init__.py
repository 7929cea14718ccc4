"""Random numbers: the cipher and its keys, noise, samplers with parameters, and the generators that Theano had."""
