from smena.testing import EnvironmentContract


class TestSequences(EnvironmentContract):
    name = "sequences"
