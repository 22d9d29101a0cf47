"""One kubeconfig for all: kubectl, `aws eks update-kubeconfig` and nsaccess edit it in turns, and nothing is lost."""

import concurrent.futures
import subprocess

import pytest
import yaml
from conftest import CLUSTER, DATA, NAME, NAMESPACE, REGION

# Files that kubectl and `aws eks update-kubeconfig` wrote, and the one by hand that they began with.
VECTORS = sorted((DATA / "kubeconfig").glob("*.yaml"))
# Files of every shape, which the editor's own tests edit too.
SHAPES = sorted((DATA.parents[2] / "crates" / "kubeconfig-edit" / "tests" / "data").glob("*.before.yaml"))
ARN = f"arn:aws:eks:{REGION}:111122223333:cluster/{CLUSTER}"


def view(home):
    """The kubeconfig as kubectl reads it."""
    return home.kubectl("config", "view", "--raw", "-o", "json").json()


def entries(view, ours):
    """The entries by kind and name: ours, or all others."""
    return {
        (kind, entry["name"]): entry
        for kind in ("clusters", "contexts", "users")
        for entry in view.get(kind) or []
        if (entry["name"] == NAME) == ours
    }


@pytest.fixture(params=VECTORS, ids=lambda path: path.stem)
def with_vector(request, signed_in):
    """A home that is signed in, with a kubeconfig that a person and real tools wrote; ours is not in it yet."""
    # The AWS CLI took the quotes away from "yes", and since then kubectl cannot read the file.
    text = request.param.read_bytes().replace(b"value: yes\n", b'value: "yes"\n')
    signed_in.kubeconfig.write_bytes(text)
    return signed_in


def test_what_others_wrote_stays_byte_for_byte(with_vector):
    before, text = view(with_vector), with_vector.kubeconfig.read_text()
    with_vector.nsaccess("kubeconfig", NAMESPACE, "--switch")
    after = view(with_vector)
    assert entries(after, ours=False) == entries(before, ours=False)
    assert {kind for kind, _ in entries(after, ours=True)} == {"clusters", "contexts", "users"}
    with_vector.kubectl("get", "pod", "web-0")
    # In the order in which they were, every line of theirs is still there.
    lines = iter(with_vector.kubeconfig.read_text().splitlines())
    if NAME not in text:
        missing = [line for line in text.splitlines() if not line.startswith("current-context:") and line not in lines]
        assert not missing


def test_kubectl_reads_the_same_of_others_in_files_of_every_shape(signed_in):
    """What kubectl refuses before it may refuse after; what it reads before it reads after."""
    read = 0
    for shape in SHAPES:
        signed_in.kubeconfig.write_bytes(shape.read_bytes())
        done = signed_in.kubectl("config", "view", "--raw", "-o", "json", code=None)
        if done.code != 0 or signed_in.nsaccess("kubeconfig", NAMESPACE, code=None).code != 0:
            continue
        read += 1
        after = view(signed_in)
        assert entries(after, ours=False) == entries(done.json(), ours=False), shape.name
        assert {kind for kind, _ in entries(after, ours=True)} == {"clusters", "contexts", "users"}, shape.name
    print(f"{read} of {len(SHAPES)} files")
    assert read > len(SHAPES) * 3 // 4


def test_removing_gives_back_the_file_as_it_was(with_vector):
    text = with_vector.kubeconfig.read_bytes()
    if NAME.encode() in text:
        pytest.skip("the file has an entry of that name")
    with_vector.nsaccess("kubeconfig", NAMESPACE)
    assert with_vector.kubeconfig.read_bytes() != text
    with_vector.nsaccess("kubeconfig", NAMESPACE, "--remove")
    assert with_vector.kubeconfig.read_bytes() == text


def test_ours_survives_kubectl_and_what_kubectl_wrote_survives_us(with_vector):
    with_vector.nsaccess("kubeconfig", NAMESPACE, "--switch")
    ours = entries(view(with_vector), ours=True)
    with_vector.kubectl("config", "set-context", "new", "--cluster=work", "--user=me", "--namespace=team-z")
    with_vector.kubectl("config", "set-cluster", "new", "--server=https://127.0.0.1:1")
    with_vector.kubectl("config", "set-credentials", "new", "--token=t")
    foreign = entries(view(with_vector), ours=False)
    assert {("contexts", "new"), ("clusters", "new"), ("users", "new")} <= set(foreign)
    # kubectl wrote the file anew, in its own way; it says the same, so there is nothing for us to do.
    text = with_vector.kubeconfig.read_bytes()
    assert "unchanged" in with_vector.nsaccess("kubeconfig", NAMESPACE).err
    assert with_vector.kubeconfig.read_bytes() == text
    assert entries(view(with_vector), ours=True) == ours
    # And when there is: theirs stays.
    with_vector.kubectl("config", "set-context", NAME, "--namespace=elsewhere")
    with_vector.nsaccess("kubeconfig", NAMESPACE)
    assert entries(view(with_vector), ours=True) == ours
    assert entries(view(with_vector), ours=False) == foreign
    with_vector.kubectl("get", "pod", "web-0")


def test_what_pyyaml_reads_is_what_kubectl_reads(with_vector):
    with_vector.nsaccess("kubeconfig", NAMESPACE, "--switch")
    by_yaml = yaml.safe_load(with_vector.kubeconfig.read_text())
    by_kubectl = view(with_vector)
    assert by_yaml["current-context"] == by_kubectl["current-context"] == NAME
    for key, entry in entries(by_yaml, ours=True).items():
        kubectls = entries(by_kubectl, ours=True)[key]
        if key[0] == "users":
            kubectls["user"]["exec"].pop("env", None)
            entry["user"]["exec"].setdefault("provideClusterInfo", False)
        assert entry == kubectls


def test_kubectl_deletes_our_context_and_we_write_it_again(signed_in):
    for kind in ("context", "cluster", "user"):
        signed_in.kubectl("config", f"delete-{kind}", NAME)
    signed_in.nsaccess("kubeconfig", NAMESPACE, "--switch")
    signed_in.kubectl("get", "pod", "web-0")


@pytest.mark.parametrize("first", ["nsaccess", "aws"])
def test_aws_eks_update_kubeconfig_and_we_share_a_file(signed_in, first):
    def update_kubeconfig():
        signed_in.aws("eks", "update-kubeconfig", "--name", CLUSTER, "--region", REGION, "--profile", NAME)

    if first == "aws":
        signed_in.kubeconfig.unlink()
        update_kubeconfig()
        signed_in.nsaccess("login", NAMESPACE)
    else:
        update_kubeconfig()
    for namespace in (NAMESPACE, "idp-test"):
        signed_in.login(namespace)
    # The AWS CLI would put the endpoint of the environment into its token, which no cluster accepts.
    signed_in.kubectl("--context", ARN, "-n", NAMESPACE, "get", "pod", "web-0", env={"AWS_ENDPOINT_URL_STS": None})
    signed_in.kubectl("--context", NAME, "get", "pod", "web-0")
    signed_in.kubectl("--context", "idp-ns-idp-test", "get", "pod", "web-0")
    update_kubeconfig()
    assert {context["name"] for context in view(signed_in)["contexts"]} == {ARN, NAME, "idp-ns-idp-test"}
    signed_in.kubectl("--context", NAME, "get", "pod", "web-0")


def test_a_list_of_files_as_kubectl_merges_it(signed_in):
    """KUBECONFIG names three files, the first of which does not exist: what is new goes where kubectl would put it."""
    folder = signed_in.path / "many"
    folder.mkdir()
    files = [folder / name for name in ("missing.yaml", "mine.yaml", "work.yaml")]
    variables = {"KUBECONFIG": ":".join(map(str, files))}
    for file, name in zip(files[1:], ("mine", "work"), strict=True):
        signed_in.kubectl("config", "set-context", name, "--cluster=c", "--user=u", env={"KUBECONFIG": str(file)})
    signed_in.kubectl("config", "set-context", "kubectls", "--cluster=c", env=variables)
    signed_in.nsaccess("kubeconfig", NAMESPACE, "--switch", env=variables)
    holders = {name: [file.name for file in files if file.exists() and f"name: {name}\n" in file.read_text()]
               for name in ("kubectls", NAME)}  # fmt: skip
    assert holders["kubectls"] == holders[NAME]
    merged = signed_in.kubectl("config", "view", "--raw", "-o", "json", env=variables).json()
    assert merged["current-context"] == NAME
    assert {context["name"] for context in merged["contexts"]} == {"mine", "work", "kubectls", NAME}
    signed_in.kubectl("get", "pod", "web-0", env=variables)


def test_use_switches_as_kubectl_does(signed_in):
    signed_in.login("idp-test")
    signed_in.kubectl("config", "set-context", "other", "--cluster=c")
    signed_in.kubectl("config", "use-context", "other")
    signed_in.nsaccess("use", NAMESPACE)
    assert signed_in.kubectl("config", "current-context").out.strip() == NAME
    signed_in.nsaccess("use", "-")
    assert signed_in.kubectl("config", "current-context").out.strip() == "other"


WRITERS = 20


def test_many_writers_beside_kubectl(signed_in):
    names = [f"many-{number:02}" for number in range(WRITERS)]
    signed_in.sandbox.control("account", id="111122223333", name="idp-nonprod",
                              permission_sets=[NAME, *(f"idp-ns-{name}" for name in names)])  # fmt: skip
    words = ("--cluster", CLUSTER, "--region", REGION)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: signed_in.nsaccess("kubeconfig", name, *words), names))
    assert len(view(signed_in)["contexts"]) == WRITERS + 1
    signed_in.kubeconfig.unlink()

    writers = []
    kubectls, refused = [], 0
    for number in range(1000):
        if number % 2 == 0 and names:
            name = names.pop()
            writers.append(subprocess.Popen(
                [signed_in.commands / "nsaccess", "kubeconfig", name, *words], env=signed_in.env, cwd=signed_in.path,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True))  # fmt: skip
        elif not names and all(writer.poll() is not None for writer in writers):
            break
        # kubectl does not wait for the lock: it fails, and says so.
        done = signed_in.kubectl("config", "set-context", f"kubectl-{number}", "--cluster=c", "--user=u", code=None)
        if done.code == 0:
            kubectls.append(f"kubectl-{number}")
        else:
            assert "config.lock: file exists" in done.err
            refused += 1
    for writer in writers:
        message = writer.communicate()[1]
        assert writer.returncode == 0, message
    contexts = {context["name"] for context in view(signed_in)["contexts"]}
    print(f"kubectl wrote {len(kubectls)} contexts and was refused {refused} times")
    assert kubectls
    assert contexts == {*kubectls, *(f"idp-ns-many-{number:02}" for number in range(WRITERS))}
    assert not list(signed_in.kubeconfig.parent.glob("*.lock"))
