from tests.lab.plugin import lab

__all__ = ["lab"]
