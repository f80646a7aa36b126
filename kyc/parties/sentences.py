"""How a sentence ends. Without Django, for the arithmetic too."""


def one_stop(sentence: str) -> str:
    """The sentence with one full stop at its end, also where a name such as "Foo Ltd." stands last."""
    return f"{sentence[:-2]}." if sentence.endswith("..") else sentence
