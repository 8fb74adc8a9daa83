"""stub for now"""


def remove(*, now=None):
    raise NotImplementedError
