"""Short verdicts on films and what they mean: a text of our own, small enough to learn in seconds, in which order matters ("not good")."""

import numpy

THINGS = "the film,this story,the music,the ending,her voice,the first half,every scene,the plot".split(",")
GOOD = "good wonderful moving clever bright warm".split()
BAD = "bad dull tedious clumsy cold silly".split()
FILLERS = ["", "quite", "really", "to be honest", "so they say", "in the end"]


def sentence(rng):
    """Words of a random sentence, and 1 if it praises, 0 if it blames."""
    praise = rng.randint(2)
    turned = int(rng.randint(4) == 0)  # "not bad at all": the opposite of the adjective
    words = THINGS[rng.randint(len(THINGS))].split() + ["is"]
    words += FILLERS[rng.randint(len(FILLERS))].split()
    words += ["not"] if turned else []
    words += FILLERS[rng.randint(3)].split()
    adjectives = GOOD if praise != turned else BAD
    words.append(adjectives[rng.randint(len(adjectives))])
    if rng.randint(3) == 0:
        words += "at all".split() if turned else "indeed".split()
    return words, praise


def load_data(count=600, seed=5):
    """Sentences as lists of numbers of words, the labels, and how many words there are; number 0 is no word."""
    rng = numpy.random.RandomState(seed)
    drawn = [sentence(rng) for _ in range(count)]
    numbers = dict((word, i + 1) for i, word in enumerate(sorted(set(word for words, _ in drawn for word in words))))
    return [[numbers[word] for word in words] for words, _ in drawn], [label for _, label in drawn], len(numbers) + 1


def prepare(sentences, labels):
    """Columns of equal length, filled up by 0, a mask that says what is a word, and the labels."""
    longest = max(len(s) for s in sentences)
    x = numpy.zeros((longest, len(sentences)), dtype="int64")
    mask = numpy.zeros((longest, len(sentences)))
    for i, s in enumerate(sentences):
        x[:len(s), i] = s
        mask[:len(s), i] = 1.0
    return x, mask, numpy.asarray(labels, dtype="int64")
