"""nsaccess against things that were not written here: kubectl, the AWS CLI, boto3, moto.

`sandbox` is a running sandbox; `home` is a sealed HOME that leads every AWS client to it.
"""

import pathlib

import pytest
from sandbox_home import (  # noqa: F401  tests take these from here
    ACCOUNT, BIN, CLUSTER, KUBECTL, NAME, NAMESPACE, REGION, VENV_BIN, Home, Sandbox,
)  # fmt: skip

DATA = pathlib.Path(__file__).parent / "data"


@pytest.fixture
def sandbox(tmp_path):
    running = Sandbox(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def home(tmp_path, sandbox):
    home = Home(tmp_path, sandbox)
    yield home
    for started in home.started:
        started.stop()


@pytest.fixture
def signed_in(home):
    """A home in which `nsaccess login idp-dev` was done."""
    home.login()
    return home
